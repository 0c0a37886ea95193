/// @file
/// The API server of a live run: one store, its journal, its record, its clients.
///
/// Requests of clients in this process and of sessions wait for the end of the loop's turn. Then
/// all of them are carried out in order, recorded, committed at once, and only then answered.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/ports/api_client.h"
#include "models/recording/port_record.h"
#include "models/store/api_server.h"
#include "real-backend/control/journal.h"
#include "real-backend/loop/event_loop.h"

namespace orrery::control {

/// The client that is the control plane's own process.
inline constexpr store::ClientId kLocalClient{1};
/// Sessions are numbered from here.
inline constexpr std::uint32_t kFirstSession = 2;

class StoreService final : public ports::ApiClient {
 public:
  /// Everything referred to must outlive it, and `server` hold what `journal` restored.
  StoreService(loop::EventLoop& loop, store::ApiServer& server, Journal& journal,
               recording::RecordSink& record);

  /// Where events of clients other than kLocalClient go. Called once, before the loop runs.
  void send_to_sessions(std::function<void(store::ClientId, const ports::Event&)> send);

  /// A call of this process's own components: its events come through the loop.
  void call(ports::OwnerId owner, ports::CallId id, ports::ApiCall call) override;

  /// A call of a session whose certificate says `common_name`.
  void call_from(store::ClientId client, std::string common_name, ports::OwnerId owner,
                 ports::CallId id, ports::ApiCall call);
  /// A session is gone: its watches end, its calls that wait are still carried out.
  void disconnect(store::ClientId client);

  /// Why the service stopped the loop, if it did: nothing is answered any more.
  [[nodiscard]] const std::optional<Failure>& failed() const { return failed_; }
  void fail(Failure why);

 private:
  struct Request {
    store::ClientId client{};
    std::string common_name;  ///< Sessions only.
    ports::OwnerId owner{};
    ports::CallId id = 0;
    std::optional<ports::ApiCall> call;  ///< Nothing: the client is gone.
  };

  void take(Request request);
  void carry_out_requests();
  void deliver(store::Delivery delivery);

  loop::EventLoop& loop_;
  store::ApiServer& server_;
  Journal& journal_;
  recording::RecordSink& record_;
  recording::RecordedApiServer recorded_;
  std::function<void(store::ClientId, const ports::Event&)> send_to_session_;
  std::vector<Request> requests_;
  std::optional<Failure> failed_;
};

}  // namespace orrery::control
