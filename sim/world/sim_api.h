/// @file
/// The simulated API server and the ApiClient port of simulated processes.
///
/// A call travels to the server, waits its turn nowhere (the server is not a bottleneck here),
/// takes effect there, and its deliveries travel back in order per client, as on one connection.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/base/time_types.h"
#include "models/ports/api_client.h"
#include "models/recording/event_log.h"
#include "models/store/api_server.h"
#include "sim/world/dispatcher.h"

namespace orrery::sim {

struct ApiLatency {
  Duration request;  ///< From the client's call to its effect.
  Duration reply;    ///< From the effect to the client, replies and watch events alike.
};

/// Told of every write, after it is in the store and in the log.
class WriteObserver {
 public:
  virtual ~WriteObserver() = default;
  virtual void on_write(Instant now, const store::Write& write, ports::CauseId cause) = 0;
};

class SimApi {
 public:
  /// All arguments must outlive it. `observer` may be null.
  SimApi(Kernel& kernel, Dispatcher& dispatcher, recording::EventLog& log, std::uint64_t seed,
         WriteObserver* observer, const store::StoreConfig& store = {});

  /// A new client; its calls take `latency`.
  [[nodiscard]] store::ClientId connect(ApiLatency latency);
  /// Ends the client's watches. Calls it has sent still take effect; nobody hears of them.
  void disconnect(store::ClientId client);

  void call(store::ClientId client, ports::OwnerId owner, ports::CallId id, ports::ApiCall call);

  /// The server's process has ended: watches close, calls on their way have an unknown outcome, and
  /// later ones find nobody. What was written is not lost.
  void go_down();
  void come_up() { up_ = true; }

  /// Carries out a call at once, as the person at the keyboard; returns the outcome, Unreachable
  /// while the server is down.
  ports::Outcome call_now(const ports::ApiCall& call, ports::CauseId cause);

  /// Handles ApiRequest events; returns false for all others.
  bool dispatch(KernelEvent event);

  [[nodiscard]] const store::ApiServer& server() const { return server_; }

 private:
  struct Client {
    ApiLatency latency;
    Instant last_delivery;
    bool connected = true;
  };
  struct Request {
    store::ClientId client{};
    ports::OwnerId owner{};
    ports::CallId id = 0;
    ports::ApiCall call;
    ports::CauseId cause = 0;
    bool sent = true;  ///< The server was up when the call was made.
  };

  ports::Outcome carry_out(const Request& request);
  void deliver(store::ClientId client, ports::Event event);

  Kernel& kernel_;
  Dispatcher& dispatcher_;
  recording::EventLog& log_;
  WriteObserver* observer_;
  store::ApiServer server_;
  bool up_ = true;
  std::vector<Client> clients_;
  Slab<Request> requests_;
};

/// The ApiClient port of one process.
class SimApiClient final : public ports::ApiClient {
 public:
  SimApiClient(SimApi& api, store::ClientId client) : api_{api}, client_{client} {}

  void call(ports::OwnerId owner, ports::CallId id, ports::ApiCall call) override {
    api_.call(client_, owner, id, std::move(call));
  }
  [[nodiscard]] store::ClientId client() const { return client_; }

 private:
  SimApi& api_;
  store::ClientId client_;
};

}  // namespace orrery::sim
