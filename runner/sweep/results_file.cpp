#include "runner/sweep/results_file.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>
#include <map>

namespace orrery::sweep {
namespace {

constexpr const char* kTables = R"(
  CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS point(id INTEGER PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS parameter(point INTEGER NOT NULL, position INTEGER NOT NULL,
    path TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(point, position));
  CREATE TABLE IF NOT EXISTS run(point INTEGER NOT NULL, seed INTEGER NOT NULL,
    fingerprint TEXT NOT NULL, events INTEGER NOT NULL, PRIMARY KEY(point, seed));
  CREATE TABLE IF NOT EXISTS figure(point INTEGER NOT NULL, seed INTEGER NOT NULL,
    name TEXT NOT NULL, unit TEXT NOT NULL, value REAL NOT NULL);
  CREATE TABLE IF NOT EXISTS expectation(point INTEGER NOT NULL, seed INTEGER NOT NULL,
    id TEXT NOT NULL, verdict TEXT NOT NULL, observed REAL);
  CREATE INDEX IF NOT EXISTS figure_run ON figure(point, seed);
)";

}  // namespace

/// A connection; every call that fails leaves its words in `error`.
struct ResultsFile::Database {
  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() { sqlite3_close(db); }

  sqlite3* db = nullptr;
  std::string path;

  [[nodiscard]] tl::unexpected<Failure> broken() const {
    return failure(fmt::format("{}: {}", path, sqlite3_errmsg(db)),
                   "is it a file of orrery sweep, and is the disk full?");
  }

  Result<void> run(const char* sql) {
    if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
    return broken();
  }
};

namespace {

/// One prepared statement. Finalized when destroyed.
class Statement {
 public:
  Statement(sqlite3* db, const char* sql) { sqlite3_prepare_v2(db, sql, -1, &statement_, nullptr); }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// Texts must stay until the step.
  Statement& bind(std::uint64_t value) {
    sqlite3_bind_int64(statement_, ++bound_, static_cast<sqlite3_int64>(value));
    return *this;
  }
  Statement& bind(double value) {
    sqlite3_bind_double(statement_, ++bound_, value);
    return *this;
  }
  Statement& bind(const std::string& value) {
    sqlite3_bind_text64(statement_, ++bound_, value.data(), value.size(), SQLITE_STATIC,
                        SQLITE_UTF8);
    return *this;
  }
  Statement& bind(const std::optional<double>& value) {
    if (value) return bind(*value);
    sqlite3_bind_null(statement_, ++bound_);
    return *this;
  }

  /// A row is there.
  bool row() {
    status_ = sqlite3_step(statement_);
    return status_ == SQLITE_ROW;
  }
  /// Carries it out; false when it failed. Ready for the next values.
  bool done() {
    const bool ok = sqlite3_step(statement_) == SQLITE_DONE;
    sqlite3_reset(statement_);
    bound_ = 0;
    return ok;
  }
  /// All rows were read.
  [[nodiscard]] bool complete() const { return status_ == SQLITE_DONE; }

  [[nodiscard]] std::uint64_t number(int column) const {
    return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column));
  }
  [[nodiscard]] double real(int column) const { return sqlite3_column_double(statement_, column); }
  [[nodiscard]] bool null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
  }
  [[nodiscard]] std::string text(int column) const {
    const void* bytes = sqlite3_column_blob(statement_, column);
    const int size = sqlite3_column_bytes(statement_, column);
    return bytes == nullptr
               ? std::string{}
               : std::string{static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
  }

 private:
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
  int status_ = SQLITE_OK;
};

}  // namespace

ResultsFile::ResultsFile() = default;
ResultsFile::~ResultsFile() = default;
ResultsFile::ResultsFile(ResultsFile&& other) noexcept = default;
ResultsFile& ResultsFile::operator=(ResultsFile&& other) noexcept = default;

Result<ResultsFile> ResultsFile::open(const std::string& path, const std::string& name,
                                      const std::string& digest, const std::vector<Point>& points) {
  ResultsFile file;
  file.database_ = std::make_unique<Database>();
  Database& database = *file.database_;
  database.path = path;
  if (sqlite3_open(path.c_str(), &database.db) != SQLITE_OK) return database.broken();
  sqlite3_busy_timeout(database.db, 5000);
  if (auto made = database.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL"); !made) {
    return tl::unexpected{made.error()};
  }
  if (auto made = database.run(kTables); !made) return tl::unexpected{made.error()};
  std::map<std::string, std::string> meta;
  {
    Statement query{database.db, "SELECT key, value FROM meta"};
    while (query.row()) meta[query.text(0)] = query.text(1);
    if (!query.complete()) return database.broken();
  }
  if (!meta.empty()) {
    if (meta["digest"] == digest) return file;
    return failure(fmt::format("{} holds the sweep of something else: {}", path, meta["scenario"]),
                   "the scenario, its manifests or its parameters have changed; name another file");
  }
  if (auto begun = database.run("BEGIN"); !begun) return tl::unexpected{begun.error()};
  Statement fact{database.db, "INSERT INTO meta VALUES(?, ?)"};
  for (const auto& [key, value] : std::map<std::string, std::string>{
           {"format", "1"}, {"scenario", name}, {"digest", digest}}) {
    if (!fact.bind(key).bind(value).done()) return database.broken();
  }
  Statement point{database.db, "INSERT INTO point VALUES(?)"};
  Statement parameter{database.db, "INSERT INTO parameter VALUES(?, ?, ?, ?)"};
  for (std::uint64_t id = 0; id < points.size(); ++id) {
    if (!point.bind(id).done()) return database.broken();
    std::uint64_t position = 0;
    for (const auto& [key, value] : points[id]) {
      if (!parameter.bind(id).bind(position++).bind(key).bind(value).done()) {
        return database.broken();
      }
    }
  }
  if (auto ended = database.run("COMMIT"); !ended) return tl::unexpected{ended.error()};
  return file;
}

Result<ResultsFile> ResultsFile::read(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return failure(path + " does not exist", "orrery sweep makes it");
  }
  ResultsFile file;
  file.database_ = std::make_unique<Database>();
  Database& database = *file.database_;
  database.path = path;
  if (sqlite3_open_v2(path.c_str(), &database.db, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK) {
    return database.broken();
  }
  Statement query{database.db, "SELECT value FROM meta WHERE key = 'format'"};
  if (!query.row() || query.text(0) != "1") {
    return failure(path + " holds no sweep", "orrery sweep makes such a file");
  }
  return file;
}

Result<std::set<std::pair<std::uint64_t, std::uint64_t>>> ResultsFile::runs() {
  std::set<std::pair<std::uint64_t, std::uint64_t>> runs;
  Statement query{database_->db, "SELECT point, seed FROM run"};
  while (query.row()) runs.emplace(query.number(0), query.number(1));
  if (!query.complete()) return database_->broken();
  return runs;
}

Result<std::vector<Point>> ResultsFile::points() {
  std::vector<Point> points;
  Statement count{database_->db, "SELECT count(*) FROM point"};
  if (!count.row()) return database_->broken();
  points.resize(count.number(0));
  Statement query{database_->db,
                  "SELECT point, path, value FROM parameter ORDER BY point, position"};
  while (query.row()) {
    const std::uint64_t point = query.number(0);
    if (point < points.size()) points[point].emplace_back(query.text(1), query.text(2));
  }
  if (!query.complete()) return database_->broken();
  return points;
}

Result<std::vector<RunRows>> ResultsFile::rows() {
  std::vector<RunRows> all;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::size_t> index;
  Statement runs{database_->db,
                 "SELECT point, seed, fingerprint, events FROM run ORDER BY point, seed"};
  while (runs.row()) {
    index[{runs.number(0), runs.number(1)}] = all.size();
    all.push_back({runs.number(0), runs.number(1), runs.text(2), runs.number(3), {}, {}});
  }
  Statement figures{database_->db,
                    "SELECT point, seed, name, unit, value FROM figure ORDER BY rowid"};
  while (figures.row()) {
    const auto run = index.find({figures.number(0), figures.number(1)});
    if (run == index.end()) continue;
    all[run->second].figures.push_back({figures.text(2), figures.text(3), figures.real(4)});
  }
  Statement expected{database_->db,
                     "SELECT point, seed, id, verdict, observed FROM expectation ORDER BY rowid"};
  while (expected.row()) {
    const auto run = index.find({expected.number(0), expected.number(1)});
    if (run == index.end()) continue;
    all[run->second].expectations.push_back(
        {expected.text(2), expected.text(3),
         expected.null(4) ? std::nullopt : std::optional{expected.real(4)}});
  }
  if (!runs.complete() || !figures.complete() || !expected.complete()) return database_->broken();
  return all;
}

Result<void> ResultsFile::add(const RunRows& rows) {
  Database& database = *database_;
  if (auto begun = database.run("BEGIN IMMEDIATE"); !begun) return begun;
  Statement run{database.db, "INSERT INTO run VALUES(?, ?, ?, ?)"};
  bool ok = run.bind(rows.point).bind(rows.seed).bind(rows.fingerprint).bind(rows.events).done();
  Statement figure{database.db, "INSERT INTO figure VALUES(?, ?, ?, ?, ?)"};
  for (const FigureRow& row : rows.figures) {
    ok = ok && figure.bind(rows.point)
                   .bind(rows.seed)
                   .bind(row.name)
                   .bind(row.unit)
                   .bind(row.value)
                   .done();
  }
  Statement expectation{database.db, "INSERT INTO expectation VALUES(?, ?, ?, ?, ?)"};
  for (const ExpectationRow& row : rows.expectations) {
    ok = ok && expectation.bind(rows.point)
                   .bind(rows.seed)
                   .bind(row.id)
                   .bind(row.verdict)
                   .bind(row.observed)
                   .done();
  }
  if (!ok) {
    const auto why = database.broken();
    (void)database.run("ROLLBACK");
    return why;
  }
  return database.run("COMMIT");
}

}  // namespace orrery::sweep
