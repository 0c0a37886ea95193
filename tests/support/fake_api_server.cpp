#include "tests/support/fake_api_server.h"

#include <memory>
#include <utility>

namespace orrery::testing {
namespace {

constexpr ports::OwnerId kUser{0xffffffff};

store::ClientId client_of(ports::OwnerId owner) {
  return store::ClientId{static_cast<std::uint32_t>(owner)};
}

}  // namespace

void FakeApiServer::send(store::Handled handled) {
  for (store::Delivery& delivery : handled.deliveries) {
    if (delivery.event.owner != kUser) executor_.post(latency, std::move(delivery.event));
  }
}

void FakeApiServer::call(ports::OwnerId owner, ports::CallId id, ports::ApiCall call) {
  std::optional<Verdict> verdict;
  if (interposer_) verdict = interposer_(call);
  if (!reachable_) verdict = Verdict{ports::Outcome::Unreachable, false};
  const std::size_t logged = log_.size();
  log_.push_back({executor_.now(), call, verdict ? verdict->outcome : ports::Outcome::Ok});
  executor_.call_later(latency, [this, owner, id, verdict, logged, call = std::move(call)] {
    const bool watch = call.verb == ports::Verb::Watch;
    if (!verdict || verdict->done) {
      store::Handled handled = store_.handle(client_of(owner), owner, id, call, executor_.now(), 0);
      const bool replied = !watch && call.verb != ports::Verb::Unwatch;
      if (replied && !verdict) log_[logged].outcome = handled.deliveries.front().event.outcome;
      if (replied && verdict) handled.deliveries.front().event.outcome = verdict->outcome;
      if (replied && verdict) handled.deliveries.front().event.body = nullptr;
      send(std::move(handled));
    } else if (call.verb != ports::Verb::Unwatch) {
      executor_.post(latency,
                     {.owner = owner,
                      .kind = watch ? ports::EventKind::WatchClosed : ports::EventKind::ApiReply,
                      .outcome = verdict->outcome,
                      .id = id,
                      .body = nullptr});
    }
  });
}

void FakeApiServer::set_reachable(bool reachable) {
  if (reachable_ && !reachable) close_watches();
  reachable_ = reachable;
}

void FakeApiServer::close_watches() { send(store_.close_all_watches()); }

api::ObjectPtr FakeApiServer::write(ports::ApiCall call) {
  store::Handled handled = store_.handle(client_of(kUser), kUser, 0, call, executor_.now(), 0);
  const ports::Event reply = handled.deliveries.front().event;
  expects(reply.outcome == ports::Outcome::Ok, "what a test writes is accepted by the store");
  send(std::move(handled));
  return reply.body ? std::get<ports::ApiObject>(*reply.body).object : nullptr;
}

api::ObjectPtr FakeApiServer::create(api::Object object) {
  ports::ApiCall call;
  call.verb = ports::Verb::Create;
  call.key = api::key_of(object);
  call.object = std::make_shared<const api::Object>(std::move(object));
  return write(std::move(call));
}

api::ObjectPtr FakeApiServer::update(const api::Object& object) {
  ports::ApiCall call;
  call.verb = ports::Verb::Update;
  call.key = api::key_of(object);
  call.object = std::make_shared<const api::Object>(object);
  return write(std::move(call));
}

api::ObjectPtr FakeApiServer::update_status(const api::Object& object) {
  ports::ApiCall call;
  call.verb = ports::Verb::UpdateStatus;
  call.key = api::key_of(object);
  call.object = std::make_shared<const api::Object>(object);
  return write(std::move(call));
}

void FakeApiServer::remove(const api::ObjectKey& key, std::optional<Duration> grace) {
  ports::ApiCall call;
  call.verb = ports::Verb::Delete;
  call.key = key;
  call.grace = grace;
  (void)write(std::move(call));
}

const api::Pod* FakeApiServer::pod(const std::string& name) const {
  const api::ObjectPtr found = store_.find({api::Kind::Pod, "default", name});
  return found == nullptr ? nullptr : &std::get<api::Pod>(*found);
}

}  // namespace orrery::testing
