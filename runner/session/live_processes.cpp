#include "runner/session/live_processes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

namespace orrery::session {
namespace {

std::vector<char*> argument_vector(const std::vector<std::string>& arguments) {
  std::vector<char*> out;
  for (const std::string& argument : arguments) out.push_back(const_cast<char*>(argument.c_str()));
  out.push_back(nullptr);
  return out;
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments,
                                         const std::string& log) {
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (output < 0) return failure("cannot write " + log);
  std::fflush(nullptr);
  const pid_t pid = fork();
  if (pid < 0) {
    close(output);
    return failure("cannot start " + arguments.front());
  }
  if (pid == 0) {
    // A group of its own: an interrupt at the terminal reaches the session, which ends them in
    // order.
    setpgid(0, 0);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(nothing, STDIN_FILENO);
    execvp(arguments.front().c_str(), argument_vector(arguments).data());
    _exit(127);
  }
  close(output);
  ChildProcess child;
  child.pid_ = pid;
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept : pid_{std::exchange(other.pid_, 0)} {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    kill();
    pid_ = std::exchange(other.pid_, 0);
  }
  return *this;
}

ChildProcess::~ChildProcess() { kill(); }

void ChildProcess::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
}

std::optional<int> ChildProcess::wait(int patience_seconds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{patience_seconds};
  while (pid_ > 0) {
    int status = 0;
    const pid_t ended = waitpid(pid_, &status, WNOHANG);
    if (ended == pid_) {
      pid_ = 0;
      return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    if (std::chrono::steady_clock::now() >= until) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return -1;
}

bool ChildProcess::over() const {
  if (pid_ <= 0) return true;
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
         info.si_pid == pid_;
}

int ChildProcess::terminate(int patience_seconds) {
  if (pid_ <= 0) return -1;
  ::kill(pid_, SIGTERM);
  if (const auto status = wait(patience_seconds)) return *status;
  kill();
  return -1;
}

Result<std::string> run_program(const std::vector<std::string>& arguments) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return failure("cannot make a pipe");
  std::fflush(nullptr);
  const pid_t pid = fork();
  if (pid < 0) return failure("cannot start " + arguments.front());
  if (pid == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    execvp(arguments.front().c_str(), argument_vector(arguments).data());
    _exit(127);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  while (true) {
    const ssize_t count = read(ends[0], buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(buffer, static_cast<std::size_t>(count));
  }
  close(ends[0]);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return failure(fmt::format("{} failed: {}", arguments.front(), text));
  }
  return text;
}

Result<ProgramPaths> find_programs() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return failure("cannot tell where this program stands: " + error.message());
  ProgramPaths paths;
  paths.orrery = self;
  paths.workload = self.parent_path() / "orrery-workload";
  // build/PRESET/bin/orrery -> the repository's testbed.
  paths.testbed = self.parent_path().parent_path().parent_path().parent_path() / "real-backend" /
                  "testbed" / "testbed";
  for (const std::string& path : {paths.workload, paths.testbed}) {
    if (std::filesystem::exists(path)) continue;
    return failure("a live run needs " + path, "./dev build makes all programs");
  }
  return paths;
}

Result<BedStatus> bed_status(const ProgramPaths& paths) {
  const auto text = run_program({paths.testbed, "status", "--json"});
  if (!text) return tl::unexpected{text.error()};
  try {
    const auto json = nlohmann::json::parse(*text);
    BedStatus status;
    status.dir = json.at("dir").get<std::string>();
    status.ca = json.at("ca").get<std::string>();
    if (json.at("onlyRemains").get<bool>()) return status;
    for (const auto& host : json.at("hosts")) {
      if (!host.at("answering").get<bool>()) {
        return failure("host " + host.at("name").get<std::string>() + " does not answer",
                       "./dev live down, then try again");
      }
      status.hosts.push_back({.name = host.at("name").get<std::string>(),
                              .address = host.at("address").get<std::string>(),
                              .netns = host.at("netns").get<std::string>(),
                              .socket = host.at("socket").get<std::string>(),
                              .cgroup_parent = host.at("cgroupParent").get<std::string>(),
                              .pod_log_dir = host.at("podLogDir").get<std::string>(),
                              .certificate = host.at("certificate").get<std::string>(),
                              .key = host.at("key").get<std::string>()});
    }
    return status;
  } catch (const nlohmann::json::exception& problem) {
    return failure(std::string{"the test bed's status cannot be read: "} + problem.what());
  }
}

bool kill_first_process(const BedHost& host, const std::string& container_id) {
  // cgroup v1 has one tree per controller, v2 a single one.
  for (const char* tree : {"/sys/fs/cgroup/pids", "/sys/fs/cgroup"}) {
    const std::filesystem::path folder{tree + host.cgroup_parent + "/" + container_id};
    std::ifstream file{folder / "cgroup.procs"};
    pid_t first = 0;
    if (file >> first && first > 1) return ::kill(first, SIGKILL) == 0;
  }
  return false;
}

}  // namespace orrery::session
