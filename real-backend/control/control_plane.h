/// @file
/// The control-plane process of a live run: store, API server, controllers and scheduler.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "real-backend/control/tls_files.h"

namespace orrery::control {

struct ControlPlaneOptions {
  std::string state_directory;  ///< Exists; `store.sqlite` is kept there. One process at a time.
  std::string listen_address;   ///< "10.90.0.254:7443"; port 0: any free one.
  TlsFiles tls;
  std::string record_directory;  ///< Exists; one record per process incarnation is made there.
  std::uint64_t seed = 0;        ///< Of a new run; an old one keeps its own.
  std::string profile = "kubernetes-1.30";
  /// Told once clients are served. May be empty.
  std::function<void(int port)> on_listening;
};

/// Runs until SIGTERM or SIGINT and returns the process's exit code: 0 after a clean stop, 2 for
/// options that cannot work, 74 (EX_IOERR) when store or record could not be written. What went
/// wrong is on standard error.
///
/// Nothing is acknowledged before it is on disk, so it may also be killed at any time and started
/// again: clients then see broken sessions and come back.
[[nodiscard]] int run_control_plane(const ControlPlaneOptions& options);

}  // namespace orrery::control
