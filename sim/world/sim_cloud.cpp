#include "sim/world/sim_cloud.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "models/controllers/cluster_autoscaler_config.h"

namespace orrery::sim {

using ports::Outcome;

void SimCloud::add_host(std::size_t host, const std::string& name, const std::string& group,
                        bool is_on) {
  Host added;
  added.index = host;
  added.name = name;
  added.group = group;
  added.state = is_on ? State::On : State::Off;
  hosts_.push_back(std::move(added));
}

api::ObjectPtr SimCloud::machine_of(const Host& host) {
  api::Node machine;
  machine.meta.name = host.name;
  machine.meta.labels[controllers::kNodeGroupLabel] = host.group;
  machine.meta.creation = host.asked_for;
  return std::make_shared<const api::Object>(std::move(machine));
}

Outcome SimCloud::create(const ports::ApiCall& call, api::ObjectPtr& out) {
  const auto& labels = api::meta_of(*call.object).labels;
  const auto label = labels.find(controllers::kNodeGroupLabel);
  const auto group = std::find_if(groups_.begin(), groups_.end(), [&](const MachineGroup& g) {
    return label != labels.end() && g.name == label->second;
  });
  if (group == groups_.end()) return Outcome::Invalid;
  Host* free = nullptr;
  for (Host& host : hosts_) {
    if (host.group != group->name || host.state != State::Off) continue;
    if (free == nullptr || host.off_since < free->off_since) free = &host;
  }
  if (free == nullptr) return Outcome::Refused;
  const Instant now = dispatcher_.now();
  const std::string key = "machine/" + free->name;
  free->state = State::Starting;
  free->asked_for = now;
  free->due = now + group->start_time.draw(draws_, Purpose::AppStart,
                                           key_of(key.data(), key.size()), ++free->started);
  reminders_.remind(free->due, kFirstReminder + static_cast<std::uint32_t>(free - hosts_.data()));
  out = machine_of(*free);
  return Outcome::Ok;
}

Outcome SimCloud::remove(const std::string& name) {
  const auto host =
      std::find_if(hosts_.begin(), hosts_.end(), [&](const Host& h) { return h.name == name; });
  if (host == hosts_.end() || host->state == State::Off || host->state == State::Stopping) {
    return Outcome::NotFound;
  }
  host->state = State::Stopping;
  host->due = dispatcher_.now() + latency_;
  reminders_.remind(host->due, kFirstReminder + static_cast<std::uint32_t>(host - hosts_.begin()));
  return Outcome::Ok;
}

void SimCloud::call(ports::OwnerId owner, ports::CallId id, const ports::ApiCall& call) {
  Outcome outcome = Outcome::Invalid;
  std::shared_ptr<const ports::EventBody> body;
  if (call.verb == ports::Verb::List) {
    ports::ApiList list;
    for (const Host& host : hosts_) {
      if (host.state == State::Starting || host.state == State::On) {
        list.objects.push_back(machine_of(host));
      }
    }
    outcome = Outcome::Ok;
    body = std::make_shared<const ports::EventBody>(std::move(list));
  } else if (call.verb == ports::Verb::Create && call.object != nullptr) {
    api::ObjectPtr machine;
    outcome = create(call, machine);
    body = std::make_shared<const ports::EventBody>(ports::ApiObject{std::move(machine)});
  } else if (call.verb == ports::Verb::Delete) {
    outcome = remove(call.key.name);
  }
  dispatcher_.deliver(dispatcher_.now() + latency_ * 2, {.owner = owner,
                                                         .kind = ports::EventKind::ApiReply,
                                                         .outcome = outcome,
                                                         .id = id,
                                                         .cause = dispatcher_.cause(),
                                                         .body = std::move(body)});
}

bool SimCloud::is_on(std::size_t host) const {
  return std::none_of(hosts_.begin(), hosts_.end(),
                      [&](const Host& h) { return h.index == host && h.state != State::On; });
}

std::optional<SimCloud::Switch> SimCloud::take_due(std::uint32_t reminder) {
  Host& host = hosts_.at(reminder - kFirstReminder);
  const Instant now = dispatcher_.now();
  if (host.due != now) return std::nullopt;
  if (host.state == State::Starting) {
    host.state = State::On;
    return Switch{host.index, true};
  }
  if (host.state != State::Stopping) return std::nullopt;
  host.state = State::Off;
  host.off_since = now;
  return Switch{host.index, false};
}

}  // namespace orrery::sim
