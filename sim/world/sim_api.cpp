#include "sim/world/sim_api.h"

#include <algorithm>
#include <utility>

namespace orrery::sim {
namespace {

bool writes(ports::Verb verb) {
  switch (verb) {
    case ports::Verb::Create:
    case ports::Verb::Update:
    case ports::Verb::UpdateStatus:
    case ports::Verb::Delete:
    case ports::Verb::Bind:
    case ports::Verb::Evict:
      return true;
    case ports::Verb::Get:
    case ports::Verb::List:
    case ports::Verb::Watch:
    case ports::Verb::Unwatch:
      return false;
  }
  contract_violation("a verb has one of the known values");
}

ApiFault both(ApiFault a, const ApiFault& b) {
  a.slow += b.slow;
  a.stale += b.stale;
  a.refuses = a.refuses || b.refuses;
  a.unreachable = a.unreachable || b.unreachable;
  a.cut = a.cut || b.cut;
  return a;
}

}  // namespace

SimApi::SimApi(Kernel& kernel, Dispatcher& dispatcher, recording::EventLog& log, std::uint64_t seed,
               WriteObserver* observer, const SimApiConfig& config)
    : kernel_{kernel},
      dispatcher_{dispatcher},
      log_{log},
      observer_{observer},
      config_{config},
      server_{seed, config.server},
      store_{config.store, Draws{seed}} {
  clients_.push_back({});  // Client 0 is the person at the keyboard.
}

store::ClientId SimApi::connect(ApiLatency latency, std::string name) {
  Client client;
  client.latency = latency;
  client.name = std::move(name);
  // Who comes up cut off has no connection that could break.
  client.cut_noticed = fault_of(client).cut;
  clients_.push_back(std::move(client));
  const auto id = static_cast<store::ClientId>(clients_.size() - 1);
  note_service(id);
  return id;
}

void SimApi::disconnect(store::ClientId client) {
  Client& gone = clients_[static_cast<std::size_t>(client)];
  gone.connected = false;
  gone.held_requests.clear();
  gone.held_events.clear();
  server_.disconnect(client);
}

void SimApi::call(store::ClientId client, ports::OwnerId owner, ports::CallId id,
                  ports::ApiCall call) {
  const Client& from = clients_[static_cast<std::size_t>(client)];
  const ApiFault fault = fault_of(from);
  const bool sent = up_ && !fault.unreachable;
  ports::CauseId cause = dispatcher_.cause();
  if (cause == 0 && call.key.kind == api::Kind::Node) {
    const auto silence = silences_.find(call.key.name);
    if (silence != silences_.end()) cause = silence->second;
  }
  kernel_.schedule(kernel_.now() + from.latency.request + fault.slow, EventClass::Ordinary,
                   {kind_of(WorldEvent::ApiRequest),
                    requests_.put({client, owner, id, std::move(call), cause, sent,
                                   /*durable=*/false})});
}

ports::Outcome SimApi::call_now(const ports::ApiCall& call, ports::CauseId cause) {
  const ApiFault fault = fault_of(clients_[0]);
  if (!up_ || fault.unreachable || fault.cut) return ports::Outcome::Unreachable;
  if (fault.refuses || (writes(call.verb) && !store_.has_quorum())) return ports::Outcome::Refused;
  return carry_out({store::ClientId{0}, ports::OwnerId{0}, 0, call, cause});
}

bool SimApi::dispatch(KernelEvent event) {
  if (event.kind != kind_of(WorldEvent::ApiRequest)) return false;
  Request request = requests_.take(event.index);
  if (request.what == What::CutNoticed) {
    notice_cut(request.client);
    return true;
  }
  if (request.what == What::Reminder) {
    reminders_.push_back(request.number);
    return true;
  }
  if (request.what == What::Silence) {
    const Client& client = clients_[static_cast<std::size_t>(request.client)];
    const bool lasted = client.connected && client.unserved_since &&
                        kernel_.now() - *client.unserved_since >= client.silence->first;
    if (lasted) reminders_.push_back(request.number);
    return true;
  }
  if (!request.durable) {
    dispatcher_.fingerprint().add(kernel_.now(),
                                  (static_cast<std::uint64_t>(request.owner) << 16) |
                                      (std::uint64_t{0xa0} << 8) |
                                      static_cast<std::uint64_t>(request.call.verb),
                                  request.id);
  }
  arrive(std::move(request));
  return true;
}

void SimApi::arrive(Request request) {
  Client& client = clients_[static_cast<std::size_t>(request.client)];
  const ApiFault fault = fault_of(client);
  if (fault.cut) {
    if (!client.cut_noticed) {
      client.held_requests.push_back(std::move(request));
    } else {
      fail(request, ports::Outcome::Unreachable, config_.cut_noticed);
    }
    return;
  }
  if (!up_ || !request.sent || fault.unreachable) {
    const bool watch = request.call.verb == ports::Verb::Watch;
    fail(request, request.sent && !watch ? ports::Outcome::Unknown : ports::Outcome::Unreachable);
    return;
  }
  if (fault.refuses) {
    fail(request, ports::Outcome::Refused);
    return;
  }
  if (writes(request.call.verb) && !request.durable) {
    const std::optional<Instant> durable = store_.durable_at(kernel_.now());
    if (!durable) {
      fail(request, ports::Outcome::Refused);
      return;
    }
    if (*durable > kernel_.now()) {
      request.durable = true;
      kernel_.schedule(*durable, EventClass::Ordinary,
                       {kind_of(WorldEvent::ApiRequest), requests_.put(std::move(request))});
      return;
    }
  }
  carry_out(request);
}

void SimApi::fail(const Request& request, ports::Outcome outcome, Duration after) {
  Client& client = clients_[static_cast<std::size_t>(request.client)];
  if (request.call.verb == ports::Verb::Unwatch || !client.connected) return;
  const bool watch = request.call.verb == ports::Verb::Watch;
  travel_back(client,
              {.owner = request.owner,
               .kind = watch ? ports::EventKind::WatchClosed : ports::EventKind::ApiReply,
               .outcome = outcome,
               .id = request.id,
               .cause = request.cause,
               .body = nullptr},
              after, Duration{});
}

void SimApi::go_down() {
  up_ = false;
  for (store::Delivery& delivery : server_.close_all_watches().deliveries) {
    delivery.event.outcome = ports::Outcome::Unreachable;
    deliver(delivery.client, std::move(delivery.event));
  }
}

void SimApi::come_up() {
  if (!std::exchange(up_, true)) server_.forget_history();
}

// --- faults --------------------------------------------------------------------------------------

ApiFault SimApi::fault_of(const Client& client) const {
  ApiFault fault;
  if (faults_.empty()) return fault;
  if (const auto all = faults_.find(""); all != faults_.end()) fault = all->second;
  if (client.name.empty()) return fault;
  const auto own = faults_.find(client.name);
  return own == faults_.end() ? fault : both(fault, own->second);
}

template <class Visit>
void SimApi::each_client(const std::string& name, Visit visit) {
  for (std::size_t i = 1; i < clients_.size(); ++i) {
    const bool meant = name.empty() || clients_[i].name == name;
    if (clients_[i].connected && meant) visit(static_cast<store::ClientId>(i), clients_[i]);
  }
}

bool SimApi::is_connected(const std::string& name) const {
  return std::any_of(clients_.begin() + 1, clients_.end(), [&](const Client& client) {
    return client.connected && (name.empty() || client.name == name);
  });
}

void SimApi::set_fault(const std::string& name, const ApiFault& fault) {
  faults_[name] = fault;
  each_client(name, [&](store::ClientId id, Client& client) {
    note_service(id);
    if (fault.unreachable) end_watches(id, ports::Outcome::Unreachable);
    if (!fault.cut || client.cut_noticed) return;
    Request notice;
    notice.client = id;
    notice.what = What::CutNoticed;
    kernel_.schedule(kernel_.now() + config_.cut_noticed, EventClass::Ordinary,
                     {kind_of(WorldEvent::ApiRequest), requests_.put(std::move(notice))});
  });
}

void SimApi::clear_fault(const std::string& name) {
  faults_.erase(name);
  each_client(name, [&](store::ClientId id, Client& client) {
    note_service(id);
    if (fault_of(client).cut) return;
    client.cut_noticed = false;
    for (Request& request : std::exchange(client.held_requests, {})) arrive(std::move(request));
    for (ports::Event& event : std::exchange(client.held_events, {})) deliver(id, std::move(event));
  });
}

/// Whoever notices has lost what was on its way: an answer that did not come may have been one.
void SimApi::notice_cut(store::ClientId id) {
  Client& client = clients_[static_cast<std::size_t>(id)];
  if (!client.connected || client.cut_noticed || !fault_of(client).cut) return;
  client.cut_noticed = true;
  for (const Request& request : std::exchange(client.held_requests, {})) {
    fail(request, ports::Outcome::Unknown);
  }
  for (ports::Event& event : std::exchange(client.held_events, {})) {
    if (event.kind != ports::EventKind::ApiReply) continue;
    event.outcome = ports::Outcome::Unknown;
    event.body = nullptr;
    travel_back(client, std::move(event), Duration{}, Duration{});
  }
  end_watches(id, ports::Outcome::Unreachable);
}

void SimApi::end_watches(store::ClientId id, ports::Outcome why) {
  Client& client = clients_[static_cast<std::size_t>(id)];
  for (store::Delivery& delivery : server_.close_watches_of(id).deliveries) {
    delivery.event.outcome = why;
    travel_back(client, std::move(delivery.event), Duration{}, Duration{});
  }
  client.late_watches.clear();
}

void SimApi::expire_watches(const std::string& name) {
  each_client(name, [&](store::ClientId id, Client&) { end_watches(id, ports::Outcome::Expired); });
}

void SimApi::note_service(store::ClientId id) {
  Client& client = clients_[static_cast<std::size_t>(id)];
  const ApiFault fault = fault_of(client);
  if (!fault.unreachable && !fault.cut && !fault.refuses) {
    client.unserved_since.reset();
  } else if (!client.unserved_since) {
    client.unserved_since = kernel_.now();
    await_silence(id);
  }
}

void SimApi::await_silence(store::ClientId id) {
  const Client& client = clients_[static_cast<std::size_t>(id)];
  if (!client.silence || !client.unserved_since) return;
  Request silence;
  silence.client = id;
  silence.what = What::Silence;
  silence.number = client.silence->second;
  kernel_.schedule(*client.unserved_since + client.silence->first, EventClass::Ordinary,
                   {kind_of(WorldEvent::ApiRequest), requests_.put(std::move(silence))});
}

void SimApi::remind_of_silence(store::ClientId client, Duration lasting, std::uint32_t what) {
  clients_[static_cast<std::size_t>(client)].silence = {lasting, what};
  await_silence(client);
}

void SimApi::remind(Instant when, std::uint32_t what) {
  Request reminder;
  reminder.what = What::Reminder;
  reminder.number = what;
  kernel_.schedule(when, EventClass::Ordinary,
                   {kind_of(WorldEvent::ApiRequest), requests_.put(std::move(reminder))});
}

bool SimApi::take_event_fault(const std::string& name) {
  bool happened = false;
  if (const auto drop = drops_.find(name); drop != drops_.end()) {
    happened = !drop->second;
    drops_.erase(drop);
  }
  if (const auto hold = holds_.find(name); hold != holds_.end()) {
    happened = happened || hold->second == Duration{};
    holds_.erase(hold);
  }
  return happened;
}

// --- the way back --------------------------------------------------------------------------------

void SimApi::deliver(store::ClientId to, ports::Event event) {
  Client& client = clients_[static_cast<std::size_t>(to)];
  if (to == store::ClientId{0} || !client.connected) return;
  const ApiFault fault = fault_of(client);
  if (fault.cut) {
    if (!client.cut_noticed) client.held_events.push_back(std::move(event));
    return;
  }
  if (event.kind == ports::EventKind::WatchEvent) {
    const auto& delta = std::get<ports::WatchDelta>(*event.body);
    const bool tells = delta.kind != ports::DeltaKind::Bookmark;
    const auto drop = tells ? drops_.find(client.name) : drops_.end();
    if (drop != drops_.end() && drop->second) {
      drop->second = false;
      return;
    }
    const auto hold = tells ? holds_.find(client.name) : holds_.end();
    if (hold != holds_.end() && hold->second > Duration{}) {
      client.late_watches[{event.owner, event.id}] =
          kernel_.now() + std::exchange(hold->second, Duration{});
    }
  }
  travel_back(client, std::move(event), fault.slow, fault.stale);
}

void SimApi::travel_back(Client& client, ports::Event event, Duration slow, Duration stale) {
  const bool reply = event.kind == ports::EventKind::ApiReply;
  Instant when = kernel_.now() + client.latency.reply + slow;
  if (!reply) {
    when = when + stale;
    const auto late = client.late_watches.find({event.owner, event.id});
    if (late != client.late_watches.end()) {
      when = std::max(when, late->second);
      // Only this watch waits; the order of its events is that of their dates.
      if (late->second <= kernel_.now()) client.late_watches.erase(late);
      dispatcher_.deliver(when, std::move(event));
      return;
    }
  }
  Instant& last = reply ? client.last_reply : client.last_event;
  last = std::max(last, when);
  dispatcher_.deliver(last, std::move(event));
}

/// What an admission or a quota keeps out.
void SimApi::log_refusal(const Request& request, const ports::Event& reply) {
  if (reply.outcome != ports::Outcome::Refused || request.call.verb != ports::Verb::Create) return;
  const api::ObjectMeta& meta = api::meta_of(*request.call.object);
  api::ObjectKey key = api::key_of(*request.call.object);
  if (key.name.empty()) key.name = meta.generate_name;
  const auto* body = reply.body == nullptr ? nullptr : std::get_if<ports::ApiObject>(&*reply.body);
  log_.append(kernel_.now(), request.cause, "refused", to_string(key),
              body == nullptr ? std::string{} : body->message);
}

ports::Outcome SimApi::carry_out(const Request& request) {
  // A client that has died sent the call, but nobody is left to watch.
  const Client& client = clients_[static_cast<std::size_t>(request.client)];
  if (!client.connected && request.call.verb == ports::Verb::Watch) {
    return ports::Outcome::Unreachable;
  }
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
  if (!handled.writes.empty() && client.connected) {
    const auto crash = crashes_.find(client.name);
    if (crash != crashes_.end() && --crash->second == 0) {
      crashes_.erase(crash);
      crashed_.push_back(request.client);
    }
  }
  ports::Outcome outcome = ports::Outcome::Ok;
  for (store::Delivery& delivery : handled.deliveries) {
    if (delivery.client == request.client && delivery.event.kind == ports::EventKind::ApiReply) {
      outcome = delivery.event.outcome;
      log_refusal(request, delivery.event);
    }
    delivery.event.cause = cause;
    deliver(delivery.client, std::move(delivery.event));
  }
  return outcome;
}

}  // namespace orrery::sim
