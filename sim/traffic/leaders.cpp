/// @file
/// Services of which one pod leads, as the primary of a replicated database does: writes are its
/// alone, followers acknowledge them, and while there is no leader nobody writes.
#include <algorithm>
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
  const std::uint32_t address = instances_[leads].address;
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
  Call& call = calls_[index];
  if (call.probe || !is_write(program_.sites[call.site])) return true;
  const Instance& leader = instances_[call.instance];
  const LeaderModel& model = *model_.services[leader.service].leader;
  if (model.acks == 1) return true;
  const auto waiting = replicating_.find(index);
  if (waiting != replicating_.end()) {
    const bool this_one = waiting->second == call.key;
    replicating_.erase(waiting);
    if (this_one) return true;
  }
  std::vector<Duration> acks;
  RecordId absent = 0;
  for (std::uint32_t i = 0; i < instances_.size(); ++i) {
    const Instance& follower = instances_[i];
    if (follower.service != leader.service || i == call.instance) continue;
    if (follower.state != InstanceState::Listening) {
      absent = std::max(absent, instance_causes_[i].state);
      continue;
    }
    acks.push_back(latency_[distance(call.instance, follower)] * 2 +
                   model.replicate.draw(draws_, Purpose::ServiceTime, call.key,
                                        kReplication + follower.address));
  }
  const std::size_t needed = model.acks - 1;
  if (acks.size() < needed) {
    call.phase = CallPhase::Calling;
    if (call.cause == 0) call.cause = absent;
    finish(index, RequestOutcome::Error);
    return false;
  }
  // Worked example: of followers that take 3, 9 and 4 ms, two are needed: 4 ms.
  std::nth_element(acks.begin(), acks.begin() + static_cast<std::ptrdiff_t>(needed) - 1,
                   acks.end());
  replicating_[index] = call.key;
  kernel_.schedule(now_ + acks[needed - 1], EventClass::Ordinary, {kEndService, index});
  return false;
}

}  // namespace orrery::sim
