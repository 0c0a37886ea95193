/// @file
/// The API port of a process on another host: one gRPC session over mTLS, opened again until it is
/// there.
///
/// What a broken session means for its open calls is what the port says: a call that was never
/// handed to the network is Unreachable, any other perhaps done (Unknown); watches close with
/// Unreachable. Whether the other side lives is told by lines of our own within a deadline, never
/// by HTTP/2 pings, which servers answer with GOAWAY when they come often.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "models/base/result.h"
#include "models/ports/api_client.h"
#include "real-backend/control/tls_files.h"
#include "real-backend/loop/event_loop.h"

namespace orrery::control {

struct RemoteApiConfig {
  std::string address;  ///< "10.90.0.254:7443"
  TlsTexts tls;
  Duration connect_deadline = Duration::seconds(3);
  Duration beat_period = Duration::seconds(3);
  Duration silence_max =
      Duration::seconds(10);  ///< Nothing heard for so long: the session is lost.
  Duration retry_initial = Duration::milliseconds(200);  ///< Doubles up to…
  Duration retry_max = Duration::seconds(5);
};

class RemoteApiClient final : public ports::ApiClient {
 public:
  /// Starts to connect. `loop` must outlive it.
  RemoteApiClient(loop::EventLoop& loop, RemoteApiConfig config);
  /// Requires: `stop` was called.
  ~RemoteApiClient() override;

  /// While a connection attempt runs the call waits for it; between attempts it is Unreachable.
  void call(ports::OwnerId owner, ports::CallId id, ports::ApiCall call) override;

  [[nodiscard]] bool connected() const;

  /// Ends the session; open calls get no answer. Call it when the loop does not run.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// What all processes of a run share.
struct RunFacts {
  loop::Epoch epoch{};
  std::uint64_t seed = 0;
};

/// Asks the control plane, waiting for it up to `deadline`. Blocks: for use before the loop runs.
[[nodiscard]] Result<RunFacts> ask_run_facts(const std::string& address, const TlsTexts& tls,
                                             Duration deadline);

}  // namespace orrery::control
