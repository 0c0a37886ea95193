/// @file
/// The ways of calls while there are faults on edges: a message may be late, lost and sent again,
/// or answered by somebody else.
#include <algorithm>
#include <utility>

#include "sim/traffic/request_engine.h"
#include "sim/traffic/traffic_events.h"

namespace orrery::sim {

std::uint32_t RequestEngine::add_edge_fault(EdgeFault fault) {
  impaired_ = true;
  note_features();
  return edge_faults_.add(std::move(fault));
}

std::uint64_t RequestEngine::remove_edge_fault(std::uint32_t handle) {
  const std::uint64_t hits = edge_faults_.remove(handle);
  impaired_ = edge_faults_.any();
  note_features();
  return hits;
}

RequestEngine::Passage& RequestEngine::passage_of(std::uint32_t index) {
  if (passages_.size() <= index) passages_.resize(calls_.slot_count());
  Passage& passage = passages_[index];
  const Call& call = calls_[index];
  const bool answers = call.phase == CallPhase::Answering;
  if (passage.key != call.key) {
    passage = {.key = call.key, .answers = answers};
  } else if (passage.answers != answers) {
    passage.answers = answers;
    passage.resends = 0;
    passage.cause = 0;
  }
  return passage;
}

RecordId RequestEngine::held_up_by(std::uint32_t index) const {
  if (index >= passages_.size()) return 0;
  const Call& call = calls_[index];
  if (call.phase != CallPhase::Outbound && call.phase != CallPhase::Answering) return 0;
  return passages_[index].key == call.key ? passages_[index].cause : 0;
}

bool RequestEngine::is_reset(std::uint32_t index) const {
  return index < passages_.size() && passages_[index].key == calls_[index].key &&
         passages_[index].reset_at <= now_;
}

RecordId RequestEngine::given_up_by(std::uint32_t index) const {
  const bool told = index < passages_.size() && passages_[index].key == calls_[index].key &&
                    passages_[index].given_up_at <= now_;
  return told ? passages_[index].given_up_cause : 0;
}

bool RequestEngine::closes_slowly(std::uint32_t index, RequestOutcome outcome) {
  const Call& call = calls_[index];
  const Try& its = tries_[index];
  const bool answered = outcome == RequestOutcome::Ok || outcome == RequestOutcome::Error ||
                        outcome == RequestOutcome::Upstream;
  if (!answered || call.instance == kNone || !routes_[its.route].may_close(its.host)) return false;
  const std::uint32_t caller = caller_of(index);
  const auto closing = edge_faults_.close(
      {.caller = caller, .callee = call.instance, .answers = true, .key = call.key}, specs_,
      draws_);
  if (!closing) return false;
  auto at = static_cast<std::uint32_t>(closing_.size());
  if (free_closing_.empty()) {
    closing_.emplace_back();
  } else {
    at = free_closing_.back();
    free_closing_.pop_back();
  }
  closing_[at] = {its.route, caller, its.host, closing->cause};
  kernel_.schedule(now_ + closing->takes, EventClass::Ordinary, {kCloseConnection, at});
  return true;
}

void RequestEngine::end_closing(std::uint32_t at) {
  const Closing closed = std::exchange(closing_[at], Closing{});
  free_closing_.push_back(at);
  // A process that ended has no calls that wait for a connection.
  if (is_gone(closed.caller)) return;
  serve_waiting(closed.route, closed.host, routes_[closed.route].close(closed.host));
}

bool RequestEngine::gets_on_its_way(std::uint32_t index, bool& answers, Duration& way) {
  Call& call = calls_[index];
  Passage& passage = passage_of(index);
  const MessageFate fate =
      edge_faults_.meet({caller_of(index), call.instance, answers, call.outcome, passage.resends,
                         call.key, payload_of(call, answers), is_replication(index)},
                        specs_, draws_, now_);
  // What has already failed keeps its own reason.
  if (fate.cause != 0 && (!answers || call.outcome == RequestOutcome::Ok)) {
    passage.cause = call.cause = fate.cause;
  }
  way = way + fate.delay;
  if (fate.answer && call.probe) [[unlikely]] {
    const auto check = host_checks_.find(index);
    if (check != host_checks_.end()) check->second.status = fate.status;
  }
  const auto hears = [&](RequestOutcome outcome, Duration after) {
    call.phase = CallPhase::Answering;
    call.outcome = outcome;
    answers = true;
    way = after;
    return true;
  };
  if (fate.reset_after && *fate.reset_after == Duration{}) {
    return hears(RequestOutcome::Reset, Duration{});
  }
  if (fate.given_up_after && passage.resends == 0) {
    const Instant gives_up = now_ + *fate.given_up_after;
    if (gives_up < give_up_at(index)) {
      passage.given_up_at = gives_up;
      passage.given_up_cause = fate.cause;
      arm_timer(index, gives_up);
    }
  }
  if (fate.reset_after && passage.resends == 0) {
    passage.reset_at = now_ + *fate.reset_after;
    const Instant gives_up = give_up_at(index);
    if (passage.reset_at < gives_up) arm_timer(index, passage.reset_at);
  }
  if (fate.at_caller) return hears(*fate.answer, fate.delay);
  if (fate.lost) {
    if (passage.resends == kResendsMax) {
      call.phase = CallPhase::Hanging;
      if (is_replication(index)) await_connection(index);
      return false;
    }
    const Duration wait = retransmission_timeout(passage.resends++);
    kernel_.schedule(now_ + wait, EventClass::Ordinary, {kSendAgain, index});
    return false;
  }
  if (fate.answer && answers) {
    call.outcome = *fate.answer;
  } else if (fate.answer && instances_[call.instance].state == InstanceState::Listening) {
    return hears(*fate.answer, way + latency_[call.distance]);
  }
  return true;
}

void RequestEngine::send_again(std::uint32_t index) {
  Call& call = calls_[index];
  if (call.abandoned || is_cancelled(index)) {
    if (opening_ > 0 && tries_[index].opening == Opening::Handshake) connection_opened(index);
    discard(index);
    return;
  }
  if (goes_on_shaking(index)) return;
  const bool listens = instances_[call.instance].state == InstanceState::Listening;
  if (opening_ > 0 && listens && !is_opened(index)) return;
  const bool answers = call.phase == CallPhase::Answering;
  if (is_replication(index) && is_gone(replications_.at(index).leader)) {
    replications_.erase(index);
    discard(index);
    return;
  }
  if (answers && instances_[call.instance].state == InstanceState::Silent) {
    call.phase = CallPhase::Hanging;
    if (is_replication(index)) await_connection(index);
    return;
  }
  if (!answers && guarded_ && is_replication(index) && is_held_back(index)) return;
  travel(index, answers);
}

}  // namespace orrery::sim
