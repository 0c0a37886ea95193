/// @file
/// The store on disk: one SQLite file, written before anybody is told of a change.
///
/// WAL with synchronous=FULL: an acknowledged write survives the end of the process and of the
/// machine, as with etcd. NORMAL would spare one fsync per commit, and lose the last commits with
/// the power. The caller commits a burst of changes at once, so the price is paid per turn of the
/// loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/store/api_server.h"

struct sqlite3;
struct sqlite3_stmt;

namespace orrery::control {

/// What identifies a run; made when its file is made.
struct RunIdentity {
  std::uint64_t seed = 0;
  std::int64_t epoch_ns = 0;  ///< CLOCK_MONOTONIC at Instant 0, in the current boot of the machine.
};

struct RestoredStore {
  RunIdentity run;
  std::vector<api::ObjectPtr> objects;  ///< By kind, namespace, name.
  std::uint64_t resource_version = 0;
};

class Journal {
 public:
  /// Opens or creates `path`. A new file gets `seed`, and an epoch of now.
  ///
  /// The monotonic clock starts again with the machine. After a reboot the epoch is moved so that
  /// the run continues at the Instant of its last commit: time never goes back.
  [[nodiscard]] static Result<std::unique_ptr<Journal>> open(const std::string& path,
                                                             std::uint64_t seed);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  [[nodiscard]] const RestoredStore& restored() const { return restored_; }

  /// Makes all of `writes` durable, or none. After a Failure the process must stop: the tables in
  /// memory are ahead of the disk.
  [[nodiscard]] Result<void> commit(const std::vector<store::Write>& writes, Instant now);

 private:
  Journal() = default;
  [[nodiscard]] Result<void> prepare(const std::string& path);
  [[nodiscard]] Result<void> read_all(std::uint64_t seed);
  [[nodiscard]] Result<void> run(const char* sql);
  [[nodiscard]] Result<void> step(sqlite3_stmt* statement);
  [[nodiscard]] Result<void> set_fact(const char* name, const std::string& value);

  sqlite3* db_ = nullptr;
  sqlite3_stmt* put_ = nullptr;
  sqlite3_stmt* erase_ = nullptr;
  sqlite3_stmt* put_fact_ = nullptr;
  RestoredStore restored_;
};

}  // namespace orrery::control
