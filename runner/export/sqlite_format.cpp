/// @file
/// A recording as an SQLite file: tables `run`, `calls`, `failure`, `cluster`, `consumer_group`,
/// `policy`, `kept_out`, `event`, `trace` and `span`.
#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "runner/export/export.h"
#include "runner/export/run_passes.h"

namespace orrery::exporting {
namespace {

using recording::CallField;
using recording::ClusterField;
using recording::RunReader;

constexpr const char* kTables = R"(
  PRAGMA journal_mode = MEMORY;
  PRAGMA synchronous = OFF;
  BEGIN;
  CREATE TABLE run(key TEXT PRIMARY KEY, value TEXT NOT NULL);
  CREATE TABLE calls(second INTEGER NOT NULL, kind TEXT NOT NULL, caller TEXT NOT NULL,
    name TEXT NOT NULL, started INTEGER NOT NULL, ok INTEGER NOT NULL, failed INTEGER NOT NULL,
    retries INTEGER NOT NULL, in_flight INTEGER NOT NULL, p50 REAL, p95 REAL, p99 REAL,
    busy INTEGER NOT NULL, queued INTEGER NOT NULL, breakers_open INTEGER NOT NULL);
  CREATE TABLE failure(second INTEGER NOT NULL, kind TEXT NOT NULL, caller TEXT NOT NULL,
    name TEXT NOT NULL, outcome TEXT NOT NULL, count INTEGER NOT NULL);
  CREATE TABLE cluster(second INTEGER PRIMARY KEY, pods INTEGER NOT NULL,
    pods_ready INTEGER NOT NULL, pods_pending INTEGER NOT NULL, nodes INTEGER NOT NULL,
    nodes_ready INTEGER NOT NULL);
  CREATE TABLE consumer_group(second INTEGER NOT NULL, topic TEXT NOT NULL, name TEXT NOT NULL,
    published INTEGER NOT NULL, finished INTEGER NOT NULL, dead INTEGER NOT NULL,
    redelivered INTEGER NOT NULL, lag INTEGER NOT NULL, oldest_age REAL NOT NULL);
  CREATE TABLE policy(second INTEGER NOT NULL, caller TEXT NOT NULL, name TEXT NOT NULL,
    calls INTEGER NOT NULL, tries INTEGER NOT NULL, retries INTEGER NOT NULL,
    hedges INTEGER NOT NULL, fallbacks INTEGER NOT NULL, openings INTEGER NOT NULL,
    ejections INTEGER NOT NULL, breaker_rejections INTEGER NOT NULL,
    rate_limit_rejections INTEGER NOT NULL, admission_rejections INTEGER NOT NULL,
    bulkhead_rejections INTEGER NOT NULL, pool_rejections INTEGER NOT NULL,
    retry_limit_rejections INTEGER NOT NULL, kept_out INTEGER NOT NULL);
  CREATE TABLE kept_out(second INTEGER NOT NULL, pod TEXT NOT NULL, callers INTEGER NOT NULL);
  CREATE TABLE event(id INTEGER PRIMARY KEY, cause INTEGER, at REAL NOT NULL, what TEXT NOT NULL,
    subject TEXT NOT NULL, detail TEXT NOT NULL);
  CREATE TABLE trace(key TEXT PRIMARY KEY, journey TEXT NOT NULL, at REAL NOT NULL,
    seconds REAL NOT NULL, outcome TEXT NOT NULL);
  CREATE TABLE span(trace TEXT NOT NULL, position INTEGER NOT NULL, parent INTEGER,
    service TEXT NOT NULL, operation TEXT NOT NULL, pod TEXT NOT NULL, at REAL NOT NULL,
    wait REAL, seconds REAL NOT NULL, outcome TEXT NOT NULL, attempt INTEGER NOT NULL,
    PRIMARY KEY(trace, position));
)";

using Value = std::variant<std::monostate, std::int64_t, double, std::string_view>;

class Database {
 public:
  explicit Database(const std::string& path) : path_{path} { sqlite3_open(path.c_str(), &db_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() { sqlite3_close(db_); }

  bool run(const char* sql) {
    return sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
  }
  /// A row is not written, and full() says so, when the file would become larger.
  void set_limit(std::uint64_t bytes) {
    constexpr std::uint64_t kPage = 4096;
    constexpr std::uint64_t kPagesMax = 0x7fff'fffe;
    const std::uint64_t pages = std::min(bytes / kPage, kPagesMax);
    (void)run(
        fmt::format("PRAGMA page_size = {}; PRAGMA max_page_count = {}", kPage, pages).c_str());
  }
  /// Keeps why the last call failed.
  void note_error() { error_ = sqlite3_errcode(db_); }
  [[nodiscard]] bool full() const { return error_ == SQLITE_FULL; }
  [[nodiscard]] Failure broken() const {
    return {fmt::format("{}: {}", path_, sqlite3_errmsg(db_)), "is the disk full?"};
  }
  [[nodiscard]] sqlite3* get() const { return db_; }

 private:
  std::string path_;
  sqlite3* db_ = nullptr;
  int error_ = SQLITE_OK;
};

/// An INSERT with so many values.
class Insert {
 public:
  Insert(Database& db, const char* table, int values) : db_{db} {
    std::string sql = fmt::format("INSERT INTO {} VALUES(?", table);
    for (int i = 1; i < values; ++i) sql += ",?";
    sqlite3_prepare_v2(db.get(), (sql + ")").c_str(), -1, &statement_, nullptr);
  }
  Insert(const Insert&) = delete;
  Insert& operator=(const Insert&) = delete;
  ~Insert() { sqlite3_finalize(statement_); }

  bool operator()(std::initializer_list<Value> values) {
    return (*this)(std::span{values.begin(), values.size()});
  }
  bool operator()(std::span<const Value> values) {
    int at = 0;
    for (const Value& value : values) {
      ++at;
      if (const auto* n = std::get_if<std::int64_t>(&value)) {
        sqlite3_bind_int64(statement_, at, *n);
      } else if (const auto* real = std::get_if<double>(&value)) {
        sqlite3_bind_double(statement_, at, *real);
      } else if (const auto* text = std::get_if<std::string_view>(&value)) {
        // No text at all would be NULL.
        const char* bytes = text->data() == nullptr ? "" : text->data();
        sqlite3_bind_text64(statement_, at, bytes, text->size(), SQLITE_STATIC, SQLITE_UTF8);
      } else {
        sqlite3_bind_null(statement_, at);
      }
    }
    const bool done = sqlite3_step(statement_) == SQLITE_DONE;
    if (!done) db_.note_error();
    sqlite3_reset(statement_);
    return done;
  }

 private:
  Database& db_;
  sqlite3_stmt* statement_ = nullptr;
};

Value latency(std::int64_t value) {
  if (value == 0) return {};
  return to_seconds(recording::latency_of(value));
}

Result<void> fill(RunReader& run, const ExportOrder& order, Database& db, bool& ok) {
  const recording::Scene& scene = run.scene();
  const recording::ColumnMap& map = run.columns();
  Insert about{db, "run", 2};
  const std::string seed = std::to_string(run.info().seed);
  const std::string started_at = std::to_string(run.info().started_at);
  ok = about({"scenario", run.info().scenario}) && about({"world", run.info().world}) &&
       about({"seed", seed}) && about({"engine", run.info().engine}) &&
       about({"digest", run.info().digest}) && about({"started_at", started_at});
  Insert event{db, "event", 6};
  if (!ok) return {};
  auto done = each_event(run, [&](const recording::RunEvent& e) {
    Value cause;
    if (e.cause != 0) cause = static_cast<std::int64_t>(e.cause);
    return ok = event({static_cast<std::int64_t>(e.id), cause, to_seconds(e.at.since_start()),
                       run.text(e.what), run.text(e.subject), run.text(e.detail)});
  });
  if (!done || !ok) return done;
  Insert trace{db, "trace", 5};
  Insert span{db, "span", 11};
  done = each_trace(run, order.traces, [&](const recording::Trace& t) {
    const std::string key = fmt::format("{:016x}", t.key);
    const std::string journey = t.journey < scene.journeys.size() ? scene.journeys[t.journey] : "";
    ok = trace({key, journey, to_seconds(t.start.since_start()), to_seconds(t.length),
                recording::outcome_name(t.outcome)});
    for (std::size_t i = 0; ok && i < t.spans.size(); ++i) {
      const recording::Span& s = t.spans[i];
      Value parent;
      if (s.parent != recording::Span::kJourney) parent = std::int64_t{s.parent};
      Value wait;
      if (s.wait >= Duration{}) wait = to_seconds(s.wait);
      const std::string_view service =
          s.edge < scene.edges.size() ? std::string_view{scene.services[scene.edges[s.edge].to]}
                                      : std::string_view{};
      ok = span({key, static_cast<std::int64_t>(i), parent, service, run.text(s.operation),
                 run.text(s.pod), to_seconds(s.start), wait, to_seconds(s.length),
                 recording::outcome_name(s.outcome), std::int64_t{s.attempt}});
    }
    return ok;
  });
  if (!done || !ok) return done;
  Insert cluster{db, "cluster", 6};
  Insert calls{db, "calls", 15};
  Insert failed{db, "failure", 6};
  Insert group{db, "consumer_group", 3 + static_cast<int>(recording::kGroupFieldCount)};
  Insert policy{db, "policy", 3 + static_cast<int>(recording::kPolicyFieldCount)};
  Insert kept_out{db, "kept_out", 3};
  const auto rows = call_rows(scene);
  const auto others = figure_rows(run);
  Result<void> read;
  std::vector<Value> figures;
  const auto passed = each_second(run, [&](const Second& second) {
    const auto of = [&](ClusterField field) { return second.values[map.of(field)]; };
    ok = cluster({second.at, of(ClusterField::Pods), of(ClusterField::PodsReady),
                  of(ClusterField::PodsPending), of(ClusterField::Nodes),
                  of(ClusterField::NodesReady)});
    for (std::size_t r = 0; ok && r < rows.size(); ++r) {
      const CallRow& row = rows[r];
      const auto value = [&](CallField field) {
        return second.values[map.of(row.kind, row.index, field)];
      };
      std::int64_t failures = 0;
      for (std::uint32_t outcome = 1; ok && outcome < recording::kOutcomeCount; ++outcome) {
        const std::int64_t count = value(recording::outcome_field(outcome));
        failures += count;
        if (count == 0) continue;
        ok = failed({second.at, to_string(row.kind), row.from, row.name,
                     recording::outcome_name(outcome), count});
      }
      ok = ok && calls({second.at, to_string(row.kind), row.from, row.name,
                        value(CallField::Started), value(CallField::Ok), failures,
                        value(CallField::Retries), value(CallField::InFlight),
                        latency(value(CallField::P50)), latency(value(CallField::P95)),
                        latency(value(CallField::P99)), value(CallField::Busy),
                        value(CallField::Queued), value(CallField::BreakersOpen)});
    }
    for (const FigureRow& row : others) {
      if (!ok) break;
      figures = {second.at, row.from, row.name};
      for (const FigureRow::Figure& figure : row.figures) {
        const std::int64_t value = second.values[figure.column];
        if (map.is_age(figure.column)) {
          figures.emplace_back(static_cast<double>(value) / 1e6);
        } else {
          figures.emplace_back(value);
        }
      }
      ok = (std::string_view{row.of} == "group" ? group : policy)(figures);
    }
    const auto pods = kept_out_pods(run, second);
    if (!pods) read = tl::unexpected{pods.error()};
    for (std::size_t p = 0; ok && pods && p < pods->size(); ++p) {
      ok = kept_out({second.at, (*pods)[p].name, std::int64_t{(*pods)[p].callers}});
    }
    return ok && pods;
  });
  return passed ? read : passed;
}

}  // namespace

Result<Exported> export_sqlite(RunReader& run, const ExportOrder& order, const std::string& path) {
  if (std::filesystem::exists(path)) {
    return failure(path + " exists and is left as it is", "choose another name with -o");
  }
  Database db{path};
  db.set_limit(order.max_bytes);
  bool ok = db.run(kTables);
  if (!ok) return tl::unexpected{db.broken()};
  const auto filled = fill(run, order, db, ok);
  if (!filled) return tl::unexpected{filled.error()};
  // A row that does not fit is undone; if that undid more, what there is is not whole.
  const bool cut = !ok && db.full() && sqlite3_get_autocommit(db.get()) == 0;
  if (!ok && !cut) return tl::unexpected{db.broken()};
  if (!db.run("COMMIT")) return tl::unexpected{db.broken()};
  return Exported{cut};
}

}  // namespace orrery::exporting
