#include "runner/session/process_pool.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <vector>

#include "models/base/contract.h"

namespace orrery::session {
namespace {

/// Exit status of a task that ended with a Failure, which is then in its text.
constexpr int kFailed = 3;

struct Child {
  pid_t pid = 0;
  int pipe = -1;
  std::uint64_t task = 0;
  std::string text;
};

void write_all(int pipe, const std::string& text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = write(pipe, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) _exit(kExitOurBug);
    written += static_cast<std::size_t>(count);
  }
}

/// Starts a process that writes what the task gives into a pipe.
Result<Child> start(const Pool& pool, std::uint64_t task) {
  int ends[2];
  if (pipe(ends) != 0) return failure("cannot make a pipe for a run");
  std::fflush(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) {
    close(ends[0]);
    close(ends[1]);
    return failure("cannot start a process for a run");
  }
  if (pid > 0) {
    close(ends[1]);
    return Child{pid, ends[0], task, {}};
  }
  close(ends[0]);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kExitOurBug);
  const Result<std::string> text = pool.work(task);
  write_all(ends[1], text ? *text : text.error().what + '\0' + text.error().hint);
  _exit(text ? 0 : kFailed);
}

/// Reads what is there; true at the end of the child's output.
bool read_some(Child& child) {
  char buffer[1 << 16];
  const ssize_t count = read(child.pipe, buffer, sizeof buffer);
  if (count > 0) child.text.append(buffer, static_cast<std::size_t>(count));
  return count == 0 || (count < 0 && errno != EINTR);
}

Result<void> finish(const Pool& pool, Child& child) {
  close(child.pipe);
  int status = 0;
  while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == kFailed) {
    const auto end = child.text.find('\0');
    return failure(fmt::format("{}: {}", pool.name(child.task), child.text.substr(0, end)),
                   end == std::string::npos ? "" : child.text.substr(end + 1));
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return failure(
        fmt::format("{} died ({})", pool.name(child.task),
                    WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                                        : fmt::format("exit status {}", WEXITSTATUS(status))),
        "this is a defect in Orrery; the message above says where");
  }
  return pool.done(child.task, std::move(child.text));
}

void stop_all(std::vector<Child>& running) {
  for (Child& child : running) {
    close(child.pipe);
    kill(child.pid, SIGKILL);
    waitpid(child.pid, nullptr, 0);
  }
  running.clear();
}

/// Waits for output of any child, and takes away the one that has ended, if one has.
Result<void> attend(const Pool& pool, std::vector<Child>& running) {
  std::vector<pollfd> pipes;
  for (const Child& child : running) pipes.push_back({child.pipe, POLLIN, 0});
  while (poll(pipes.data(), pipes.size(), -1) < 0) {
    if (errno != EINTR) return failure("cannot wait for runs");
  }
  for (std::size_t i = 0; i < pipes.size(); ++i) {
    if (pipes[i].revents == 0 || !read_some(running[i])) continue;
    Child child = std::move(running[i]);
    running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
    return finish(pool, child);
  }
  return {};
}

}  // namespace

Result<void> run_pool(const Pool& pool) {
  expects(pool.parallel >= 1, "at least one run at a time");
  std::vector<Child> running;
  std::uint64_t next = 0;
  while (next < pool.tasks || !running.empty()) {
    Result<void> step;
    if (next < pool.tasks && running.size() < pool.parallel) {
      auto child = start(pool, next++);
      if (child) {
        running.push_back(*std::move(child));
      } else {
        step = tl::unexpected{child.error()};
      }
    } else {
      step = attend(pool, running);
    }
    if (!step) {
      stop_all(running);
      return step;
    }
  }
  return {};
}

}  // namespace orrery::session
