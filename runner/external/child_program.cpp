#include "runner/external/child_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace orrery::external {
namespace {

constexpr std::size_t kErrorsKept = 2048;
constexpr std::size_t kLastWordsMax = 600;
constexpr auto kEndPatience = std::chrono::seconds{1};
constexpr auto kEndStep = std::chrono::milliseconds{2};

struct PipeEnds {
  int read = -1;
  int write = -1;
};

std::optional<PipeEnds> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  return PipeEnds{ends[0], ends[1]};
}

void close_end(int& end) {
  if (end >= 0) close(end);
  end = -1;
}

/// A program that has gone must not take this one with it.
class WithoutPipeSignal {
 public:
  WithoutPipeSignal() { before_ = std::signal(SIGPIPE, SIG_IGN); }
  ~WithoutPipeSignal() { std::signal(SIGPIPE, before_); }
  WithoutPipeSignal(const WithoutPipeSignal&) = delete;
  WithoutPipeSignal& operator=(const WithoutPipeSignal&) = delete;

 private:
  void (*before_)(int) = nullptr;
};

/// The environment of this process, but for what would make runs of one seed differ.
std::vector<std::string> environment_of_program() {
  static constexpr std::array<std::string_view, 5> kOwn{
      "LC_ALL=C.UTF-8", "TZ=UTC", "PYTHONHASHSEED=0", "PYTHONDONTWRITEBYTECODE=1",
      "PYTHONUNBUFFERED=1"};
  std::vector<std::string> all{kOwn.begin(), kOwn.end()};
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    const std::string_view name = text.substr(0, text.find('=') + 1);
    const bool taken = std::any_of(kOwn.begin(), kOwn.end(), [&](std::string_view own) {
      return !name.empty() && own.starts_with(name);
    });
    if (!taken) all.emplace_back(text);
  }
  return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// In the new process, where only calls are made that are safe after a fork. Does not return.
[[noreturn]] void become(const char* path, const char* folder, char* const* arguments,
                         char* const* environment, pid_t parent, const PipeEnds& input,
                         const PipeEnds& output, const PipeEnds& errors, int told) {
  const auto give_up = [&] {
    const int why = errno;
    (void)!write(told, &why, sizeof why);
    _exit(127);
  };
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  std::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // Whatever else this process has open is not the program's.
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  if (dup2(input.read, 0) < 0 || dup2(output.write, 1) < 0 || dup2(errors.write, 2) < 0) give_up();
  if (*folder != '\0' && chdir(folder) != 0) give_up();
  execve(path, arguments, environment);
  give_up();
  _exit(127);
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return fmt::format("was ended by signal {}", WTERMSIG(status));
  return fmt::format("ended with exit status {}", WEXITSTATUS(status));
}

}  // namespace

Result<std::unique_ptr<ChildProgram>> ChildProgram::start(const scenario::Program& program) {
  std::unique_ptr<ChildProgram> child{new ChildProgram};
  child->name_ = fmt::format("{}", fmt::join(program.exec, " "));
  child->timeout_ = program.timeout;
  std::array<std::optional<PipeEnds>, 4> pipes{make_pipe(), make_pipe(), make_pipe(), make_pipe()};
  const auto close_all = [&] {
    for (auto& ends : pipes) {
      if (!ends) continue;
      close_end(ends->read);
      close_end(ends->write);
    }
  };
  if (std::any_of(pipes.begin(), pipes.end(), [](const auto& ends) { return !ends; })) {
    close_all();
    return failure(child->name_ + ": cannot make a pipe for it");
  }
  auto& [input, output, errors, told] = pipes;
  std::vector<std::string> arguments = program.exec;
  std::vector<std::string> environment = environment_of_program();
  const std::vector<char*> argument_pointers = pointers_to(arguments);
  const std::vector<char*> environment_pointers = pointers_to(environment);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) {
    become(program.path.c_str(), program.folder.c_str(), argument_pointers.data(),
           environment_pointers.data(), parent, *input, *output, *errors, told->write);
  }
  if (pid < 0) {
    close_all();
    return failure(child->name_ + ": cannot start a process for it");
  }
  child->pid_ = pid;
  child->input_ = std::exchange(input->write, -1);
  child->output_ = std::exchange(output->read, -1);
  child->errors_ = std::exchange(errors->read, -1);
  close_end(told->write);
  int why = 0;
  ssize_t count = 0;
  do {
    count = read(told->read, &why, sizeof why);
  } while (count < 0 && errno == EINTR);
  close_all();
  if (count > 0) {
    return failure(fmt::format("{} cannot be run: {}", child->name_, std::strerror(why)));
  }
  for (const int end : {child->input_, child->output_, child->errors_}) {
    fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK);
  }
  return child;
}

ChildProgram::~ChildProgram() { end(false); }

void ChildProgram::end(bool at_once) {
  if (pid_ == 0) return;
  close_end(input_);
  // The process stays a zombie while it is looked at, so that its group keeps its number.
  const auto has_ended = [&] {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           info.si_pid != 0;
  };
  const auto deadline = Clock::now() + kEndPatience;
  while (!at_once && !has_ended() && Clock::now() < deadline) {
    read_errors();
    std::this_thread::sleep_for(kEndStep);
  }
  kill(-pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  close_end(output_);
  close_end(errors_);
}

void ChildProgram::read_errors() {
  char buffer[4096];
  while (errors_ >= 0) {
    const ssize_t count = read(errors_, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) close_end(errors_);
    if (count <= 0) return;
    error_text_.append(buffer, static_cast<std::size_t>(count));
    if (error_text_.size() > kErrorsKept) {
      error_text_.erase(0, error_text_.size() - kErrorsKept);
    }
  }
}

bool ChildProgram::exchange(std::string& line, Clock::time_point deadline) {
  std::array<pollfd, 3> ends{{{output_, POLLIN, 0}, {errors_, POLLIN, 0}, {-1, POLLOUT, 0}}};
  if (!line.empty()) ends[2].fd = input_;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  const auto wait = std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max());
  const int ready = poll(ends.data(), ends.size(), static_cast<int>(wait));
  if (ready < 0) return errno == EINTR;
  if (ready == 0) return false;
  if (ends[1].revents != 0) read_errors();
  if (ends[2].revents != 0) {
    const WithoutPipeSignal quiet;
    const ssize_t count = write(input_, line.data(), line.size());
    if (count > 0) line.erase(0, static_cast<std::size_t>(count));
    // Who does not read any more may still have answered; its output tells.
    if (count < 0 && errno == EPIPE) line.clear();
  }
  if (ends[0].revents != 0) {
    char buffer[1 << 16];
    const ssize_t count = read(output_, buffer, sizeof buffer);
    if (count > 0) read_.append(buffer, static_cast<std::size_t>(count));
    if (count == 0) output_ended_ = true;
  }
  return true;
}

Failure ChildProgram::ended() {
  const auto deadline = Clock::now() + kEndPatience;
  close_end(input_);
  int status = 0;
  pid_t waited = 0;
  while (true) {
    read_errors();
    siginfo_t info{};
    if (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0) break;
    if (info.si_pid != 0) {
      kill(-pid_, SIGKILL);
      waited = waitpid(pid_, &status, 0);
      break;
    }
    if (Clock::now() >= deadline) break;
    std::this_thread::sleep_for(kEndStep);
  }
  read_errors();
  if (waited != pid_) {
    end(true);
    return {"closed its output and did not end", ""};
  }
  pid_ = 0;
  close_end(output_);
  close_end(errors_);
  return {how_it_ended(status), ""};
}

Result<std::string> ChildProgram::ask(const std::string& line) {
  if (pid_ == 0) return failure("has ended before");
  const auto deadline = Clock::now() + std::chrono::nanoseconds{timeout_.count_ns()};
  std::string rest = line + "\n";
  while (true) {
    const auto newline = read_.find('\n');
    if (newline != std::string::npos && newline <= kLineMax) {
      // An answer before the question was read whole is one to something else.
      if (!rest.empty()) {
        end(true);
        return failure("answered before it was asked");
      }
      std::string answer = read_.substr(0, newline);
      read_.erase(0, newline + 1);
      if (!answer.empty() && answer.back() == '\r') answer.pop_back();
      return answer;
    }
    if (read_.size() > kLineMax) {
      end(true);
      return failure(fmt::format("answered with a line of more than {} bytes", kLineMax));
    }
    if (output_ended_) return tl::unexpected{ended()};
    if (!exchange(rest, deadline)) {
      read_errors();
      end(true);
      return failure(fmt::format("has not answered within {}", to_string(timeout_)));
    }
  }
}

std::string ChildProgram::last_words() const {
  std::string text = error_text_;
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.size() <= kLastWordsMax) return text;
  const auto line = text.find('\n', text.size() - kLastWordsMax);
  return line == std::string::npos ? text.substr(text.size() - kLastWordsMax)
                                   : text.substr(line + 1);
}

}  // namespace orrery::external
