/// @file
/// Tasks in processes of their own, some at a time.
///
/// A run is a process: SimGrid allows one engine in each, and what breaks in one breaks no other.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "models/base/result.h"

namespace orrery::session {

struct Pool {
  std::uint64_t tasks = 0;
  unsigned parallel = 1;
  /// Runs in the task's process; its text, or its Failure, comes back.
  std::function<Result<std::string>(std::uint64_t task)> work;
  /// Told of each task that ended well, in whatever order they end. A Failure ends the pool.
  std::function<Result<void>(std::uint64_t task, std::string text)> done;
  /// What a task is called in a Failure: "the run of seed 7".
  std::function<std::string(std::uint64_t task)> name;
};

/// Runs all tasks. At the first Failure the tasks that still run are ended, and it is returned.
/// They end as well when this process does, however that happens. Requires: parallel >= 1.
[[nodiscard]] Result<void> run_pool(const Pool& pool);

}  // namespace orrery::session
