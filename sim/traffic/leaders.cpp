/// @file
/// Services of which one pod leads, as the primary of a replicated database does: writes are its
/// alone, followers acknowledge them, and while there is no leader nobody writes.
#include <algorithm>
#include <utility>
#include <vector>

#include "sim/traffic/request_engine.h"
#include "sim/traffic/traffic_events.h"

namespace orrery::sim {
namespace {

/// In the attempts of a call's draws of service times, behind its own work and wait.
constexpr std::uint64_t kReplication = std::uint64_t{1} << 32;

}  // namespace

void RequestEngine::add_leaders() {
  for (const ServiceModel& service : model_.services) {
    has_leaders_ = has_leaders_ || service.leader.has_value();
  }
  if (!has_leaders_) return;
  for (ServiceIndex i = 0; i < model_.services.size(); ++i) {
    leaderships_.emplace_back();
    if (!model_.services[i].leader) continue;
    expects(model_.services[i].leader->acks >= 1, "the leader itself has what is written");
    leaderships_[i].timer = kernel_.create_timer({kElection, i});
  }
}

std::optional<InstanceId> RequestEngine::leader(ServiceIndex service) const {
  expects(model_.services.at(service).leader.has_value(), "the service has leaders");
  const std::uint32_t leads = leaderships_[service].leader;
  return leads == kNone ? std::nullopt : std::optional{InstanceId{leads}};
}

void RequestEngine::stand_for_election(std::uint32_t instance) {
  const ServiceIndex service = instances_[instance].service;
  const auto& model = model_.services[service].leader;
  if (!model) return;
  Leadership& leadership = leaderships_[service];
  if (leadership.leader != kNone || leadership.electing) return;
  leadership.electing = true;
  const Duration takes = model->election.draw(
      draws_, Purpose::ServiceTime, mix64(kReplication + service), leadership.elections++);
  kernel_.arm(leadership.timer, now_ + takes, EventClass::Ordinary);
}

void RequestEngine::end_lead(std::uint32_t instance) {
  const ServiceIndex service = instances_[instance].service;
  if (!model_.services[service].leader || leaderships_[service].leader != instance) return;
  Leadership& leadership = leaderships_[service];
  leadership.leader = kNone;
  if (ledger_ != nullptr) {
    leadership.cause =
        ledger_->tell(service, now_, instance_causes_[instance].state, "no-leader",
                      specs_[instance].address + " does not lead any more, and an election is on");
  }
  stand_for_election(instance);
}

/// Of those that listen, the one that has been there longest.
void RequestEngine::elect(ServiceIndex service) {
  Leadership& leadership = leaderships_[service];
  leadership.electing = false;
  const auto next = std::find_if(instances_.begin(), instances_.end(), [&](const Instance& one) {
    return one.service == service && one.state == InstanceState::Listening;
  });
  if (next == instances_.end()) return;  // Whoever listens first stands again.
  leadership.leader = static_cast<std::uint32_t>(next - instances_.begin());
  if (ledger_ != nullptr) {
    (void)ledger_->tell(service, now_, leadership.cause, "leader",
                        specs_[leadership.leader].address + " leads");
  }
  show_lead(service);
}

void RequestEngine::slow_leader(ServiceIndex service, Duration by, ports::CauseId cause) {
  expects(model_.services.at(service).leader.has_value(), "the service has leaders");
  expects(by >= Duration{}, "a wait does not get shorter");
  Leadership& leadership = leaderships_[service];
  leadership.slow = by;
  leadership.slow_cause = static_cast<RecordId>(cause);
  show_lead(service);
}

/// The slowness of the leader is that of whoever leads.
void RequestEngine::show_lead(ServiceIndex service) {
  const Leadership& leadership = leaderships_[service];
  if (leadership.leader == kNone) return;
  if (leadership.slow == Duration{} && !strains_.contains(leadership.leader)) return;
  Strain& strain = strains_[leadership.leader];
  strain.leading = leadership.slow;
  strain.leading_cause = leadership.slow_cause;
  instances_[leadership.leader].strained = strain.is_any();
}

std::optional<std::uint32_t> RequestEngine::leader_in(const Endpoints& endpoints,
                                                      ServiceIndex service) const {
  const std::uint32_t leads = leaderships_[service].leader;
  if (leads == kNone) return std::nullopt;
  const std::uint32_t address = instance_addresses_[leads];
  const std::vector<std::uint32_t>& known = endpoints.addresses;
  const bool has = std::find(known.begin(), known.end(), address) != known.end();
  return has ? std::optional{address} : std::nullopt;
}

RecordId RequestEngine::cause_of_no_leader(ServiceIndex service) {
  Leadership& leadership = leaderships_[service];
  if (leadership.cause == 0) {
    leadership.cause = ledger_->tell(service, now_, 0, "no-leader", "nobody has led yet");
  }
  return leadership.cause;
}

bool RequestEngine::accepts(std::uint32_t index) {
  Call& call = calls_[index];
  if (call.probe || !is_write(program_.sites[call.site])) return true;
  const ServiceIndex service = instances_[call.instance].service;
  if (leaderships_[service].leader == call.instance) return true;
  if (ledger_ != nullptr) call.cause = cause_of_no_leader(service);
  answer(index, RequestOutcome::Error);
  return false;
}

bool RequestEngine::is_replicated(std::uint32_t index) {
  if (calls_[index].probe) {
    if (!is_replication(index)) return true;
    const bool fails = instances_[calls_[index].instance].failing;
    answer(index, fails ? RequestOutcome::Error : RequestOutcome::Ok);
    return false;
  }
  Call& call = calls_[index];
  if (!is_write(program_.sites[call.site])) return true;
  const auto waiting = replicated_.find(index);
  if (waiting != replicated_.end()) {
    const bool this_one = waiting->second.key == call.key;
    replicated_.erase(waiting);
    if (this_one) return true;
  }
  const std::uint32_t leader = call.instance;
  const ServiceIndex service = instances_[leader].service;
  const std::size_t needed = model_.services[service].leader->acks - 1;
  std::vector<std::uint32_t> followers;
  RecordId absent = 0;
  for (std::uint32_t i = 0; i < instances_.size(); ++i) {
    if (instances_[i].service != service || i == leader) continue;
    if (instances_[i].state == InstanceState::Listening) {
      followers.push_back(i);
    } else {
      absent = std::max(absent, instance_causes_[i].state);
    }
  }
  if (followers.size() < needed) {
    call.phase = CallPhase::Calling;
    if (call.cause == 0) call.cause = absent;
    finish(index, RequestOutcome::Error);
    return false;
  }
  for (std::uint32_t& follower : followers) follower = send_replication(index, follower);
  if (needed == 0) return true;
  calls_[index].phase = CallPhase::Calling;
  replicated_[index] = {calls_[index].key, needed, std::move(followers)};
  return false;
}

std::uint32_t RequestEngine::send_replication(std::uint32_t write, std::uint32_t follower) {
  const std::uint32_t index = allocate_call();  // Before any reference into the slab.
  const Call& of = calls_[write];
  Call& call = calls_[index];
  call.key = mix64(of.key ^ mix64(kReplication + instance_addresses_[follower]));
  call.start_ns = now_.count_ns();
  call.site = program_.replication_sites[program_.sites[of.site].operation];
  call.instance = follower;
  call.distance = distance(of.instance, instances_[follower]) & 3U;
  call.phase = CallPhase::Outbound;
  call.probe = true;
  replications_[index] = {of.instance, write, of.key};
  if (!guarded_ || !is_held_back(index)) travel(index, false);
  return index;
}

/// As one that a cut way has lost. The leader connects to its follower where that serves.
bool RequestEngine::is_held_back(std::uint32_t index) {
  if (is_let_through(index)) return false;
  Passage& passage = passage_of(index);
  if (passage.resends == kResendsMax) {
    await_connection(index);
  } else {
    kernel_.schedule(now_ + retransmission_timeout(passage.resends++), EventClass::Ordinary,
                     {kSendAgain, index});
  }
  return true;
}

/// By a thread for that alone: it needs none of those that serve calls.
void RequestEngine::begin_replication(std::uint32_t index) {
  Call& call = calls_[index];
  call.phase = CallPhase::InService;
  if (instances_[call.instance].hanging) {
    call.held = true;
  } else {
    begin_work(index);
  }
}

bool RequestEngine::end_replication(std::uint32_t index, RequestOutcome outcome) {
  if (!has_leaders_) return false;
  const auto found = replications_.find(index);
  if (found == replications_.end()) return false;
  const Replication of = found->second;
  replications_.erase(found);
  const auto waiting = replicated_.find(of.write);
  if (waiting == replicated_.end() || waiting->second.key != of.key) return true;
  Replicated& write = waiting->second;
  std::erase(write.followers, index);
  if (write.needed == 0) return true;  // It has them all, and goes on soon.
  // Worked example: of followers that take 3, 9 and 4 ms, two are needed: 4 ms.
  if (outcome == RequestOutcome::Ok) {
    if (--write.needed > 0) return true;
    calls_[of.write].phase = CallPhase::InService;
    end_service(of.write);
  } else if (write.followers.size() < write.needed) {
    replicated_.erase(waiting);
    if (calls_[of.write].cause == 0) calls_[of.write].cause = calls_[index].cause;
    finish(of.write, RequestOutcome::Error);
  }
  return true;
}

void RequestEngine::forget_writes(std::uint32_t leader) {
  std::erase_if(replicated_,
                [&](const auto& write) { return calls_[write.first].instance == leader; });
}

RecordId RequestEngine::held_up_followers(std::uint32_t index) const {
  const auto waiting = replicated_.find(index);
  if (waiting == replicated_.end() || waiting->second.key != calls_[index].key) return 0;
  for (const std::uint32_t follower : waiting->second.followers) {
    if (calls_[follower].cause != 0) return calls_[follower].cause;
  }
  return 0;
}

}  // namespace orrery::sim
