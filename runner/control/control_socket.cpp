#include "runner/control/control_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace orrery::control {
namespace {

constexpr std::string_view kBusy = "{\"refused\":\"somebody else has the run in hand\"}\n";
constexpr std::string_view kTooLong = "{\"refused\":\"a line is longer than 65536 bytes\"}";

tl::unexpected<Failure> refused(const std::string& path, const char* why,
                                const std::string& hint = {}) {
  return failure("--control: cannot listen at " + path + ": " + why, hint);
}

/// Whether it is the socket of a run that was killed: nobody listens there any more.
bool is_left_behind(const sockaddr_un& address) {
  struct stat there {};
  if (::lstat(address.sun_path, &there) < 0 || !S_ISSOCK(there.st_mode)) return false;
  const int caller = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (caller < 0) return false;
  const bool nobody =
      ::connect(caller, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 &&
      errno == ECONNREFUSED;
  ::close(caller);
  return nobody;
}

}  // namespace

Result<std::unique_ptr<ControlSocket>> ControlSocket::create(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return refused(path, "the path is longer than 107 bytes", "choose a shorter one");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) return refused(path, std::strerror(errno));
  if (is_left_behind(address)) ::unlink(path.c_str());
  // From its first moment on it is its owner's alone.
  const mode_t mask = ::umask(0177);
  const int bound = ::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int wrong = errno;
  ::umask(mask);
  if (bound < 0) {
    ::close(listener);
    return refused(path, std::strerror(wrong),
                   wrong == EADDRINUSE ? "choose a path at which nothing is" : "");
  }
  if (::listen(listener, 4) < 0) {
    const int failed = errno;
    ::close(listener);
    ::unlink(path.c_str());
    return refused(path, std::strerror(failed));
  }
  return std::unique_ptr<ControlSocket>{new ControlSocket{path, listener}};
}

ControlSocket::~ControlSocket() {
  let_go();
  ::close(listener_);
  ::unlink(path_.c_str());
}

void ControlSocket::wait(int milliseconds) {
  const bool listens = client_ >= 0 && !ended_ && received_.size() <= kLineMax;
  std::array<pollfd, 2> on{{{listener_, POLLIN, 0}, {client_, POLLIN, 0}}};
  if (::poll(on.data(), listens ? 2 : 1, milliseconds) <= 0) return;
  if (listens && on[1].revents != 0) receive();
  if (on[0].revents != 0) admit();
}

void ControlSocket::admit() {
  const int came = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (came < 0) return;
  if (client_ >= 0) {
    (void)::send(came, kBusy.data(), kBusy.size(), MSG_NOSIGNAL);
    ::close(came);
    return;
  }
  client_ = came;
  ended_ = false;
  received_.clear();
  ++connections_;
}

void ControlSocket::receive() {
  std::array<char, 4096> bytes{};
  // A little more than a line: that it is too long is seen.
  while (received_.size() <= kLineMax) {
    const ssize_t count = ::recv(client_, bytes.data(), bytes.size(), 0);
    if (count > 0) {
      received_.append(bytes.data(), static_cast<std::size_t>(count));
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) ended_ = true;
    break;
  }
}

std::optional<std::string> ControlSocket::take_line() {
  const auto end = received_.find('\n');
  if (end != std::string::npos && end <= kLineMax) {
    std::string line = received_.substr(0, end);
    received_.erase(0, end + 1);
    return line;
  }
  if (received_.size() > kLineMax) {
    send(kTooLong);
    let_go();
  } else if (ended_) {
    let_go();
  }
  return std::nullopt;
}

void ControlSocket::send(std::string_view line) {
  if (client_ < 0) return;
  const std::string text = std::string{line} + "\n";
  const ssize_t sent = ::send(client_, text.data(), text.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(text.size())) let_go();
}

void ControlSocket::let_go() {
  if (client_ >= 0) ::close(client_);
  client_ = -1;
  ended_ = false;
  received_.clear();
}

}  // namespace orrery::control
