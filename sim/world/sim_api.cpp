#include "sim/world/sim_api.h"

#include <algorithm>
#include <utility>

namespace orrery::sim {

SimApi::SimApi(Kernel& kernel, Dispatcher& dispatcher, recording::EventLog& log, std::uint64_t seed,
               WriteObserver* observer, const store::StoreConfig& store)
    : kernel_{kernel},
      dispatcher_{dispatcher},
      log_{log},
      observer_{observer},
      server_{seed, store} {
  clients_.push_back({});  // Client 0 is the person at the keyboard.
}

store::ClientId SimApi::connect(ApiLatency latency) {
  clients_.push_back({latency, Instant{}, true});
  return static_cast<store::ClientId>(clients_.size() - 1);
}

void SimApi::disconnect(store::ClientId client) {
  clients_[static_cast<std::size_t>(client)].connected = false;
  server_.disconnect(client);
}

void SimApi::call(store::ClientId client, ports::OwnerId owner, ports::CallId id,
                  ports::ApiCall call) {
  const Duration travel = clients_[static_cast<std::size_t>(client)].latency.request;
  kernel_.schedule(kernel_.now() + travel, EventClass::Ordinary,
                   {kind_of(WorldEvent::ApiRequest),
                    requests_.put({client, owner, id, std::move(call), dispatcher_.cause(), up_})});
}

ports::Outcome SimApi::call_now(const ports::ApiCall& call, ports::CauseId cause) {
  if (!up_) return ports::Outcome::Unreachable;
  return carry_out({store::ClientId{0}, ports::OwnerId{0}, 0, call, cause});
}

bool SimApi::dispatch(KernelEvent event) {
  if (event.kind != kind_of(WorldEvent::ApiRequest)) return false;
  const Request request = requests_.take(event.index);
  dispatcher_.fingerprint().add(kernel_.now(),
                                (static_cast<std::uint64_t>(request.owner) << 16) |
                                    (std::uint64_t{0xa0} << 8) |
                                    static_cast<std::uint64_t>(request.call.verb),
                                request.id);
  if (up_ && request.sent) {
    carry_out(request);
    return true;
  }
  if (request.call.verb == ports::Verb::Unwatch) return true;
  const bool watch = request.call.verb == ports::Verb::Watch;
  deliver(
      request.client,
      {.owner = request.owner,
       .kind = watch ? ports::EventKind::WatchClosed : ports::EventKind::ApiReply,
       .outcome = request.sent && !watch ? ports::Outcome::Unknown : ports::Outcome::Unreachable,
       .id = request.id,
       .cause = request.cause,
       .body = nullptr});
  return true;
}

void SimApi::go_down() {
  up_ = false;
  for (store::Delivery& delivery : server_.close_all_watches().deliveries) {
    delivery.event.outcome = ports::Outcome::Unreachable;
    deliver(delivery.client, std::move(delivery.event));
  }
}

void SimApi::deliver(store::ClientId to, ports::Event event) {
  Client& client = clients_[static_cast<std::size_t>(to)];
  if (to == store::ClientId{0} || !client.connected) return;
  client.last_delivery = std::max(client.last_delivery, kernel_.now() + client.latency.reply);
  dispatcher_.deliver(client.last_delivery, std::move(event));
}

ports::Outcome SimApi::carry_out(const Request& request) {
  // A client that has died sent the call, but nobody is left to watch.
  const bool connected = clients_[static_cast<std::size_t>(request.client)].connected;
  if (!connected && request.call.verb == ports::Verb::Watch) return ports::Outcome::Unreachable;
  store::Handled handled = server_.handle(request.client, request.owner, request.id, request.call,
                                          kernel_.now(), request.cause);
  ports::CauseId cause = request.cause;
  for (const store::Write& write : handled.writes) {
    const api::Object* after =
        write.kind == ports::DeltaKind::Deleted ? nullptr : write.after.get();
    const api::Object* before = write.before != nullptr ? write.before.get() : nullptr;
    cause = log_.append_write(kernel_.now(), cause, before, after);
    if (observer_ != nullptr) observer_->on_write(kernel_.now(), write, cause);
  }
  ports::Outcome outcome = ports::Outcome::Ok;
  for (store::Delivery& delivery : handled.deliveries) {
    if (delivery.client == request.client && delivery.event.kind == ports::EventKind::ApiReply) {
      outcome = delivery.event.outcome;
    }
    delivery.event.cause = cause;
    deliver(delivery.client, std::move(delivery.event));
  }
  return outcome;
}

}  // namespace orrery::sim
