/// @file
/// Small programs for tests, and a look at which processes there are.
#pragma once

#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runner/scenario/scenario.h"

namespace orrery::external {

/// A script of the shell, with `arguments` as $0, $1 and so on.
inline scenario::Program script(const std::string& text, std::vector<std::string> arguments = {},
                                Duration timeout = Duration::seconds(30)) {
  scenario::Program program;
  program.exec = {"sh", "-c", text};
  for (std::string& argument : arguments) program.exec.push_back(std::move(argument));
  program.path = "/bin/sh";
  program.timeout = timeout;
  return program;
}

/// Whether this process has a child, dead or alive.
inline bool has_children() { return waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD; }

/// Whether the process is gone, or dead and waits to be reaped by somebody else. Waits a little.
inline bool is_gone(const std::string& pid) {
  for (int i = 0; i < 200; ++i) {
    std::ifstream stat{"/proc/" + pid + "/stat"};
    std::string text{std::istreambuf_iterator<char>{stat}, std::istreambuf_iterator<char>{}};
    const auto state = text.rfind(')');
    if (state == std::string::npos || text[state + 2] == 'Z') return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return false;
}

}  // namespace orrery::external
