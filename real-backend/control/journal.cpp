#include "real-backend/control/journal.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>

#include "models/api/reading.h"
#include "real-backend/loop/event_loop.h"

namespace orrery::control {
namespace {

/// Differs from boot to boot. Source: Linux Documentation/admin-guide/sysctl/kernel.rst.
std::string boot_id() {
  std::ifstream file{"/proc/sys/kernel/random/boot_id"};
  std::string id;
  file >> id;
  return id;
}

template <class Integer>
Integer number_of(const std::string& text) {
  Integer number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string column_text(sqlite3_stmt* row, int column) {
  // SQLite hands texts out as unsigned bytes.
  const void* text = sqlite3_column_blob(row, column);
  const int size = sqlite3_column_bytes(row, column);
  return text == nullptr
             ? std::string{}
             : std::string{static_cast<const char*>(text), static_cast<std::size_t>(size)};
}

/// `text` must stay as it is until the statement was stepped.
void bind_text(sqlite3_stmt* statement, int index, const std::string& text) {
  sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(const std::string& path, std::uint64_t seed) {
  std::unique_ptr<Journal> journal{new Journal};
  Result<void> done = journal->prepare(path);
  if (done) done = journal->read_all(seed);
  if (!done) {
    return failure(fmt::format("cannot use the store {}: {}", path, done.error().what),
                   "is another control plane running on it?");
  }
  return journal;
}

Journal::~Journal() {
  for (sqlite3_stmt* statement : {put_, erase_, put_fact_}) sqlite3_finalize(statement);
  sqlite3_close(db_);
}

Result<void> Journal::run(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return failure(fmt::format("{}: {}", sql, sqlite3_errmsg(db_)));
}

Result<void> Journal::step(sqlite3_stmt* statement) {
  const int code = sqlite3_step(statement);
  sqlite3_reset(statement);
  if (code == SQLITE_DONE) return {};
  return failure(sqlite3_errmsg(db_));
}

Result<void> Journal::prepare(const std::string& path) {
  if (sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr) !=
      SQLITE_OK) {
    return failure(db_ == nullptr ? "out of memory" : sqlite3_errmsg(db_));
  }
  for (const char* sql : {
           // One process owns the file: a second control plane must not get this far.
           "PRAGMA locking_mode=EXCLUSIVE",
           "PRAGMA journal_mode=WAL",
           "PRAGMA synchronous=FULL",
           "BEGIN EXCLUSIVE",
           "CREATE TABLE IF NOT EXISTS fact(name TEXT PRIMARY KEY, value TEXT NOT NULL)"
           " WITHOUT ROWID",
           "CREATE TABLE IF NOT EXISTS object(kind INTEGER, namespace TEXT, name TEXT,"
           " json TEXT NOT NULL, PRIMARY KEY(kind, namespace, name)) WITHOUT ROWID",
           "COMMIT",
       }) {
    if (Result<void> done = run(sql); !done) return done;
  }
  const auto compile = [&](const char* sql, sqlite3_stmt** statement) {
    return sqlite3_prepare_v2(db_, sql, -1, statement, nullptr) == SQLITE_OK;
  };
  if (!compile("INSERT INTO object VALUES(?,?,?,?) ON CONFLICT DO UPDATE SET json=excluded.json",
               &put_) ||
      !compile("DELETE FROM object WHERE kind=? AND namespace=? AND name=?", &erase_) ||
      !compile("INSERT INTO fact VALUES(?,?) ON CONFLICT DO UPDATE SET value=excluded.value",
               &put_fact_)) {
    return failure(sqlite3_errmsg(db_));
  }
  return {};
}

Result<void> Journal::set_fact(const char* name, const std::string& value) {
  const std::string key = name;
  bind_text(put_fact_, 1, key);
  bind_text(put_fact_, 2, value);
  return step(put_fact_);
}

Result<void> Journal::read_all(std::uint64_t seed) {
  std::map<std::string, std::string> facts;
  sqlite3_stmt* rows = nullptr;
  sqlite3_prepare_v2(db_, "SELECT name, value FROM fact", -1, &rows, nullptr);
  while (sqlite3_step(rows) == SQLITE_ROW) facts[column_text(rows, 0)] = column_text(rows, 1);
  sqlite3_finalize(rows);

  sqlite3_prepare_v2(db_, "SELECT json FROM object ORDER BY kind, namespace, name", -1, &rows,
                     nullptr);
  Result<void> read;
  while (read && sqlite3_step(rows) == SQLITE_ROW) {
    Result<api::Object> object = api::from_json_text(column_text(rows, 0));
    if (object) {
      restored_.objects.push_back(std::make_shared<const api::Object>(std::move(*object)));
    } else {
      read = tl::unexpected{object.error()};
    }
  }
  sqlite3_finalize(rows);
  if (!read) return read;

  const std::string boot = boot_id();
  RunIdentity& run_identity = restored_.run;
  if (facts.empty()) {
    run_identity = {seed, loop::monotonic_ns()};
  } else {
    run_identity = {number_of<std::uint64_t>(facts["seed"]),
                    number_of<std::int64_t>(facts["epochNs"])};
    restored_.resource_version = number_of<std::uint64_t>(facts["resourceVersion"]);
    if (facts["bootId"] != boot) {
      run_identity.epoch_ns =
          loop::monotonic_ns() - number_of<std::int64_t>(facts["lastInstantNs"]);
    }
  }
  if (Result<void> begun = run("BEGIN"); !begun) return begun;
  for (const auto& [name, value] :
       {std::pair{"seed", std::to_string(run_identity.seed)},
        std::pair{"epochNs", std::to_string(run_identity.epoch_ns)}, std::pair{"bootId", boot}}) {
    if (Result<void> set = set_fact(name, value); !set) return set;
  }
  return run("COMMIT");
}

Result<void> Journal::commit(const std::vector<store::Write>& writes, Instant now) {
  if (writes.empty()) return {};
  Result<void> done = run("BEGIN");
  for (const store::Write& write : writes) {
    if (!done) break;
    const api::ObjectKey key = api::key_of(*write.after);
    const bool deleted = write.kind == ports::DeltaKind::Deleted;
    const std::string json = deleted ? std::string{} : api::to_json_text(*write.after);
    sqlite3_stmt* statement = deleted ? erase_ : put_;
    sqlite3_bind_int(statement, 1, static_cast<int>(key.kind));
    bind_text(statement, 2, key.namespace_name);
    bind_text(statement, 3, key.name);
    if (!deleted) bind_text(statement, 4, json);
    done = step(statement);
  }
  if (done) {
    done = set_fact("resourceVersion", std::to_string(writes.back().resource_version));
  }
  if (done) done = set_fact("lastInstantNs", std::to_string(now.count_ns()));
  if (done) done = run("COMMIT");
  if (!done) {
    // The message of the first failure is the one that tells; a failing rollback adds nothing.
    (void)run("ROLLBACK");
    return failure("cannot commit to the store: " + done.error().what,
                   "free some space and start again; nobody was told of these changes");
  }
  return {};
}

}  // namespace orrery::control
