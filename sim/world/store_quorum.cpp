#include "sim/world/store_quorum.h"

#include <algorithm>

#include "models/base/contract.h"

namespace orrery::sim {
namespace {

constexpr std::uint64_t kElectionKey = 0x656c6563;  // Beside the ids of timeline entries.

}  // namespace

StoreQuorum::StoreQuorum(const StoreQuorumConfig& config, Draws draws)
    : config_{config}, draws_{draws}, members_(config.members, Member{true, config.fsync}) {
  expects(config.members >= 1, "a store has at least one member");
}

bool StoreQuorum::has_quorum() const {
  const auto up = std::count_if(members_.begin(), members_.end(),
                                [](const Member& member) { return member.up; });
  return 2 * up > std::ssize(members_);
}

void StoreQuorum::elect(Instant now) {
  const auto next = std::find_if(members_.begin(), members_.end(),
                                 [](const Member& member) { return member.up; });
  leader_ = static_cast<std::size_t>(next - members_.begin());
  const double stretch = 1.0 + draws_.uniform(Purpose::FaultTarget, kElectionKey, ++elections_);
  leads_from_ = now + ceil_from_seconds(to_seconds(config_.election_timeout) * stretch);
}

std::uint32_t StoreQuorum::kill(std::uint32_t count, Instant now) {
  std::uint32_t killed = 0;
  const bool had_quorum = has_quorum();
  bool lost_leader = false;
  for (; killed < count; ++killed) {
    auto victim = members_.begin() + static_cast<std::ptrdiff_t>(leader_);
    if (!victim->up) {
      victim = std::find_if(members_.begin(), members_.end(),
                            [](const Member& member) { return member.up; });
    } else {
      lost_leader = true;
    }
    if (victim == members_.end()) break;
    victim->up = false;
  }
  if (had_quorum && has_quorum() && lost_leader) elect(now);
  return killed;
}

std::uint32_t StoreQuorum::start(std::uint32_t count, Instant now) {
  std::uint32_t started = 0;
  const bool had_quorum = has_quorum();
  for (Member& member : members_) {
    if (started == count || member.up) continue;
    member.up = true;
    ++started;
  }
  if (!had_quorum && has_quorum()) elect(now);
  return started;
}

std::uint32_t StoreQuorum::slow_down(std::uint32_t count, Duration more) {
  std::uint32_t slowed = 0;
  for (std::size_t i = 0; i < members_.size() && slowed < count; ++i) {
    members_[(leader_ + i) % members_.size()].fsync = config_.fsync + more;
    ++slowed;
  }
  return slowed;
}

Duration StoreQuorum::majority_fsync() const {
  std::vector<Duration> times;
  for (const Member& member : members_) {
    if (member.up) times.push_back(member.fsync);
  }
  std::sort(times.begin(), times.end());
  return times[members_.size() / 2];
}

std::optional<Instant> StoreQuorum::durable_at(Instant now) {
  if (!has_quorum()) return std::nullopt;
  const Instant begun = std::max(now, leads_from_);
  last_durable_ = std::max(begun + majority_fsync(), last_durable_);
  return last_durable_;
}

}  // namespace orrery::sim
