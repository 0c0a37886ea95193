/// @file
/// A local socket on which one program at a time gives commands, a line each.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "models/base/result.h"

namespace orrery::control {

/// Longer lines are refused, and so is whoever sends them.
inline constexpr std::size_t kLineMax = 64 * 1024;

class ControlSocket {
 public:
  /// Makes the socket, for its owner alone (mode 0600). A Failure if something is there already, or
  /// the path is longer than sockets can have.
  [[nodiscard]] static Result<std::unique_ptr<ControlSocket>> create(const std::string& path);
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;
  /// Takes the socket away.
  ~ControlSocket();

  /// Waits until there is something new, but no longer than so many milliseconds; -1: for ever.
  void wait(int milliseconds);
  /// The next line, without its end. Nothing: there is none yet.
  [[nodiscard]] std::optional<std::string> take_line();
  /// To whoever is there, with a line's end behind it. Who does not read what it is sent is let go.
  void send(std::string_view line);

  [[nodiscard]] bool is_connected() const { return client_ >= 0; }
  /// How many have been there so far.
  [[nodiscard]] unsigned connections() const { return connections_; }

 private:
  ControlSocket(std::string path, int listener) : path_{std::move(path)}, listener_{listener} {}
  void admit();
  void receive();
  void let_go();

  std::string path_;
  int listener_;
  int client_ = -1;
  bool ended_ = false;  ///< The client says no more; what it said is still to be taken.
  unsigned connections_ = 0;
  std::string received_;
};

}  // namespace orrery::control
