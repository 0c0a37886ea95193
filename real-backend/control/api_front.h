/// @file
/// The control plane's network side: sessions of authenticated clients over gRPC with mTLS.
///
/// Knows nothing of the store. gRPC's threads only post; everything else is done on the loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "models/base/result.h"
#include "models/ports/api_client.h"
#include "models/store/api_server.h"
#include "real-backend/control/tls_files.h"
#include "real-backend/loop/event_loop.h"

namespace orrery::control {

struct FrontConfig {
  std::string listen_address;  ///< "10.90.0.254:7443"; port 0: any free one.
  TlsTexts tls;
  loop::Epoch epoch{};
  std::uint64_t seed = 0;
  Duration silence_max = Duration::seconds(20);  ///< A client not heard of for longer is gone.
  std::size_t backlog_max = 20'000;  ///< Lines not yet taken by a client; beyond, it is ended.
};

/// What the front tells its owner, on the loop's thread.
struct FrontHooks {
  std::function<void(store::ClientId, ports::OwnerId, ports::CallId, ports::ApiCall)> called;
  std::function<void(store::ClientId)> closed;  ///< The last word about this client.
};

class ApiFront {
 public:
  /// Starts to listen. Clients get ids from `first_client` on, never the same twice.
  [[nodiscard]] static Result<std::unique_ptr<ApiFront>> listen(loop::EventLoop& loop,
                                                                FrontConfig config,
                                                                std::uint32_t first_client,
                                                                FrontHooks hooks);
  /// Requires: `stop` was called.
  ~ApiFront();
  ApiFront(const ApiFront&) = delete;
  ApiFront& operator=(const ApiFront&) = delete;

  [[nodiscard]] int port() const;

  /// The CN of the client's certificate; empty if the client is gone.
  [[nodiscard]] std::string common_name(store::ClientId client) const;

  /// Sends to the client unless it is gone: then nobody is there who could be told.
  void send(store::ClientId client, const ports::Event& event);

  /// Ends all sessions and stops to listen. Call it when the loop does not run.
  void stop();

 private:
  class Impl;
  explicit ApiFront(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace orrery::control
