/// @file
/// Instances that something from outside slows: their waits, their share of the CPU, or all of it
/// for a while; and those some of whose requests fail, for a full disk or by what they run.
#include "sim/traffic/request_engine.h"
#include "sim/traffic/traffic_events.h"

namespace orrery::sim {

void RequestEngine::slow_waits(InstanceId id, Duration by, ports::CauseId cause) {
  expects(by >= Duration{}, "a wait does not get shorter");
  Strain& strain = strains_[index_of(id)];
  strain.waits = by;
  strain.waits_cause = static_cast<RecordId>(cause);
  instances_[index_of(id)].strained = strain.is_any();
}

bool RequestEngine::stress_cpu(InstanceId id, std::uint32_t threads, ports::CauseId cause) {
  enter();
  const std::uint32_t index = index_of(id);
  const std::uint32_t group = instances_[index].cpu_group;
  if (group == kNone) return false;
  Strain& strain = strains_[index];
  strain.threads = threads;
  strain.threads_cause = static_cast<RecordId>(cause);
  instances_[index].strained = strain.is_any();
  if (threads > 0) blame_work(index, strain.threads_cause);
  stress_cpu_group(group, threads, strain.threads_cause);
  return true;
}

void RequestEngine::hold_up_work(InstanceId id, Duration by, ports::CauseId cause) {
  enter();
  const std::uint32_t index = index_of(id);
  blame_work(index, static_cast<RecordId>(cause));
  for (const std::uint32_t call : work_at(index)) {
    HeldUp& held = held_up_[call];
    const bool again = held.key == calls_[call].key;
    held = {calls_[call].key, again ? held.by + by : by};
  }
  note_features();
}

void RequestEngine::set_disk_full(InstanceId id, bool full, ports::CauseId cause) {
  const std::uint32_t index = index_of(id);
  Flaw& flaw = flaws_[index];
  flaw.disk_full = full;
  flaw.disk_cause = static_cast<RecordId>(cause);
  instances_[index].flawed = full || flaw.fails_below > 0;
}

bool RequestEngine::meets_flaw(std::uint32_t index) {
  /// Of Purpose::CallError, beside those of routed_calls.cpp.
  constexpr std::uint64_t kFlawDraw = 3;
  Call& call = calls_[index];
  const Flaw& flaw = flaws_.at(call.instance);
  if (flaw.disk_full && program_.operations[program_.sites[call.site].operation].writes) {
    if (flaw.disk_cause != 0) call.cause = flaw.disk_cause;
    return true;
  }
  if (flaw.fails_below == 0) return false;
  const bool always = flaw.fails_below == ~0ULL;
  if (!always && draws_.bits(Purpose::CallError, call.key, kFlawDraw) >= flaw.fails_below) {
    return false;
  }
  if (ledger_ != nullptr) {
    const RecordId started_by =
        std::max(instance_causes_[call.instance].state, sent_there_by(index));
    call.cause =
        started_by != 0 ? started_by : ledger_->own_errors(instances_[call.instance].service, now_);
  }
  return true;
}

Duration RequestEngine::begin_strained(std::uint32_t index) {
  Call& call = calls_[index];
  const Strain& strain = strains_.at(call.instance);
  if (call.cause == 0) {
    call.cause = strain.threads > 0            ? strain.threads_cause
                 : strain.leading > Duration{} ? strain.leading_cause
                                               : strain.waits_cause;
  }
  return strain.waits + strain.leading;
}

bool RequestEngine::is_held_up(std::uint32_t index) {
  const auto found = held_up_.find(index);
  if (found == held_up_.end()) return false;
  const HeldUp held = found->second;
  held_up_.erase(found);
  if (held.key != calls_[index].key) return false;  // Of a call that is over.
  kernel_.schedule(now_ + held.by, EventClass::Ordinary, {kEndService, index});
  return true;
}

void RequestEngine::blame_work(std::uint32_t instance, RecordId cause) {
  holders_at_ = Instant::never();
  for (const std::uint32_t call : work_at(instance)) {
    if (calls_[call].cause == 0) calls_[call].cause = cause;
  }
}

/// Faults are rare, so the slab is searched.
std::vector<std::uint32_t> RequestEngine::work_at(std::uint32_t instance) const {
  std::vector<std::uint32_t> work;
  for (std::uint32_t i = 0; i < calls_.slot_count(); ++i) {
    const Call& call = calls_[i];
    if (call.phase == CallPhase::InService && call.instance == instance && !call.held) {
      work.push_back(i);
    }
  }
  return work;
}

}  // namespace orrery::sim
