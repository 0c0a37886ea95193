/// @file
/// The processes of a live run: the test bed, the control plane, node agents and load generators.
/// Started by argument list, never through a shell; ended by process id.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "models/base/result.h"

namespace orrery::session {

/// A host of the test bed, as `testbed status --json` tells it.
struct BedHost {
  std::string name;
  std::string address;
  std::string netns;
  std::string socket;
  std::string cgroup_parent;
  std::string pod_log_dir;
  std::string certificate;
  std::string key;
};

struct BedStatus {
  std::string dir;
  std::string ca;
  std::vector<BedHost> hosts;
};

/// A child process whose output goes to a file. Killed when destroyed.
class ChildProcess {
 public:
  ChildProcess() = default;
  /// Starts `arguments[0]`, appending its output to `log`.
  [[nodiscard]] static Result<ChildProcess> start(const std::vector<std::string>& arguments,
                                                  const std::string& log);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  /// Whether it was started, and nobody has waited for its end.
  [[nodiscard]] bool running() const { return pid_ > 0; }
  /// Whether it has ended, or was never started. Its exit status stays to be waited for.
  [[nodiscard]] bool over() const;
  void kill();  ///< KILL, and waits for its end.
  /// TERM, and waits; KILL after `patience_seconds`. Returns the exit status, or -1 after a signal.
  int terminate(int patience_seconds);
  /// Waits for its end by itself, at most so long; nothing if it still runs then.
  std::optional<int> wait(int patience_seconds);

 private:
  pid_t pid_ = 0;
};

/// Runs a program to its end and returns what it printed; a Failure with its words otherwise.
[[nodiscard]] Result<std::string> run_program(const std::vector<std::string>& arguments);

/// The bed's program, this program, and the workload, found beside this program.
struct ProgramPaths {
  std::string testbed;
  std::string orrery;
  std::string workload;
};
[[nodiscard]] Result<ProgramPaths> find_programs();

/// The bed that is up; no hosts if none is.
[[nodiscard]] Result<BedStatus> bed_status(const ProgramPaths& paths);

/// KILL to the first process of a container, found through its cgroup. False: no such process.
[[nodiscard]] bool kill_first_process(const BedHost& host, const std::string& container_id);

}  // namespace orrery::session
