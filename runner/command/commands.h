/// @file
/// What each subcommand of `orrery` does. Every function returns the exit status.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace orrery::command {

inline constexpr int kExitBadInput = 2;

struct RunOptions {
  std::string scenario;
  std::string seeds;  ///< "A..B" or "A"; empty: the scenario's.
  std::string world = "sim";
  std::string out = "out";
  unsigned jobs = 0;  ///< 0: one per processor.
};

[[nodiscard]] int run(const RunOptions& options);
[[nodiscard]] int check(const std::vector<std::string>& files);
[[nodiscard]] int init(std::vector<std::string> files, const std::string& out);
[[nodiscard]] int replay(const std::vector<std::string>& records);

/// Adds the processes of the live world, `control` and `node`; without containerd support, adds
/// nothing. `status` gets the exit status of the one that is called.
void add_live_commands(CLI::App& app, int& status);

}  // namespace orrery::command
