/// @file
/// A program of the user's, running beside a run and asked one line at a time.
///
/// It is started without a shell, in a process group of its own, and does not outlive this process:
/// whatever happens, it and what it started are ended with it.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "models/base/result.h"
#include "runner/scenario/scenario.h"

namespace orrery::external {

/// The longest line that a program may answer with [bytes].
inline constexpr std::size_t kLineMax = std::size_t{1} << 20;

class ChildProgram {
 public:
  /// Starts it in its folder. A Failure says why it cannot run.
  [[nodiscard]] static Result<std::unique_ptr<ChildProgram>> start(
      const scenario::Program& program);

  /// Ends it: its input is closed, and what is still there a second later is killed.
  ~ChildProgram();
  ChildProgram(const ChildProgram&) = delete;
  ChildProgram& operator=(const ChildProgram&) = delete;

  /// Sends a line and waits for the line that it answers with, both without their newline. A
  /// Failure says how it ended, or what was wrong with its answer; then it is gone.
  [[nodiscard]] Result<std::string> ask(const std::string& line);

  /// The last lines that it wrote to its standard error, at most some hundred bytes; or empty.
  [[nodiscard]] std::string last_words() const;

  /// Its arguments, as somebody would type them.
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  using Clock = std::chrono::steady_clock;

  ChildProgram() = default;

  /// Writes what is left of `line`, and reads what is there. False: nothing happened in time.
  bool exchange(std::string& line, Clock::time_point deadline);
  void read_errors();
  [[nodiscard]] Failure ended();
  void end(bool at_once);

  std::string name_;
  Duration timeout_;
  int pid_ = 0;
  int input_ = -1;
  int output_ = -1;
  int errors_ = -1;
  bool output_ended_ = false;
  std::string read_;
  std::string error_text_;
};

}  // namespace orrery::external
