#include "real-backend/control/store_service.h"

#include <utility>

#include "real-backend/control/authorisation.h"

namespace orrery::control {

StoreService::StoreService(loop::EventLoop& loop, store::ApiServer& server, Journal& journal,
                           recording::RecordSink& record)
    : loop_{loop}, server_{server}, journal_{journal}, record_{record}, recorded_{server, record} {
  loop_.at_end_of_turn([this] { carry_out_requests(); });
}

void StoreService::send_to_sessions(
    std::function<void(store::ClientId, const ports::Event&)> send) {
  send_to_session_ = std::move(send);
}

void StoreService::call(ports::OwnerId owner, ports::CallId id, ports::ApiCall call) {
  take({kLocalClient, {}, owner, id, std::move(call)});
}

void StoreService::call_from(store::ClientId client, std::string common_name, ports::OwnerId owner,
                             ports::CallId id, ports::ApiCall call) {
  take({client, std::move(common_name), owner, id, std::move(call)});
}

void StoreService::disconnect(store::ClientId client) { take({client, {}, {}, 0, std::nullopt}); }

void StoreService::take(Request request) {
  requests_.push_back(std::move(request));
  loop_.request_turn();
}

void StoreService::fail(Failure why) {
  if (!failed_) failed_ = std::move(why);
  loop_.stop();
}

void StoreService::carry_out_requests() {
  if (requests_.empty() || failed_) return;
  loop_.refresh_now();
  const Instant now = loop_.now();
  std::vector<store::Write> writes;
  std::vector<store::Delivery> deliveries;
  for (Request& request : std::exchange(requests_, {})) {
    if (!request.call) {
      recorded_.disconnect(request.client);
      continue;
    }
    const ports::ApiCall& call = *request.call;
    if (request.client != kLocalClient && !may_call(request.common_name, call, server_)) {
      const bool watch = call.verb == ports::Verb::Watch;
      deliveries.push_back(
          {request.client,
           {.owner = request.owner,
            .kind = watch ? ports::EventKind::WatchClosed : ports::EventKind::ApiReply,
            .outcome = ports::Outcome::Refused,
            .id = request.id,
            .body = nullptr}});
      continue;
    }
    store::Handled handled = recorded_.handle(request.client, request.owner, request.id, call, now);
    std::move(handled.writes.begin(), handled.writes.end(), std::back_inserter(writes));
    std::move(handled.deliveries.begin(), handled.deliveries.end(), std::back_inserter(deliveries));
  }
  if (!record_.before_effect()) {
    fail({"the record could not be written", "free some space and start again"});
    return;
  }
  if (Result<void> committed = journal_.commit(writes, now); !committed) {
    fail(committed.error());
    return;
  }
  for (store::Delivery& delivery : deliveries) deliver(std::move(delivery));
}

void StoreService::deliver(store::Delivery delivery) {
  if (delivery.client == kLocalClient) {
    loop_.deliver(std::move(delivery.event));
  } else if (send_to_session_) {
    send_to_session_(delivery.client, delivery.event);
  }
}

}  // namespace orrery::control
