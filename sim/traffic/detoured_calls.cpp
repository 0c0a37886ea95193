/// @file
/// Calls that do not go straight to their service: those that wait for a thread of their caller's,
/// those that first ask for a limit which callers share, and those that another service is called
/// in place of.
#include <algorithm>
#include <utility>

#include "sim/traffic/http_status.h"
#include "sim/traffic/request_engine.h"

namespace orrery::sim {

// --- Threads ------------------------------------------------------------------------------------

bool RequestEngine::takes_thread(std::uint32_t index) {
  Try& its = tries_[index];
  Route& route = routes_[its.route];
  switch (route.take_thread(now_)) {
    case resilience::BulkheadAnswer::Run:
      its.on_thread = true;
      return true;
    case resilience::BulkheadAnswer::Wait:
      calls_[index].phase = CallPhase::Unthreaded;
      calls_.append(route.waiting_for_thread(), index);
      arm_give_up(index);
      return false;
    case resilience::BulkheadAnswer::Reject:
      turn_away(index, TurnedAwayBy::Bulkhead, RequestOutcome::Overflow);
      return false;
  }
  contract_violation("a pool's answer is one of those listed");
}

void RequestEngine::stop_waiting_for_thread(std::uint32_t index) {
  Route& route = routes_[tries_[index].route];
  calls_.remove(route.waiting_for_thread(), index);
  route.stop_waiting_for_thread();
}

/// resilience4j's TimeLimiter ends the caller's wait alone, so the queue keeps the call and runs
/// it.
std::uint32_t RequestEngine::leave_behind(std::uint32_t index) {
  const std::uint32_t goes_on = allocate_call();  // Both before any reference into the slab.
  const std::uint32_t root = allocate_call();
  Call& left = calls_[index];
  Call& call = calls_[goes_on];
  call.key = left.key;
  call.take_call_of(left);
  call.cause = left.cause;
  stand_for(goes_on, index);
  call.phase = CallPhase::Hanging;
  tries_[goes_on] = tries_[index];
  if (hedged_of(index) != kNone) move_hedged(index, goes_on);

  const Call& caller = calls_[call.parent];
  Call& aside = calls_[root];
  aside.stand_aside(caller.key, now_, caller.site, caller.instance);
  left.parent = root;
  left.parent_generation = aside.generation;
  left.followed = false;
  Try& its = tries_[index];
  its.unheard = true;
  its.call_begun = its.try_begun = false;
  its.retries = {};
  its.deadline = its.passed = Instant::never();
  return goes_on;
}

void RequestEngine::end_unheard(std::uint32_t index, RequestOutcome outcome, bool answered) {
  (void)end_try<Features::All>(index, calls_[index], outcome);
  const std::uint32_t root = calls_[index].parent;
  if (answered) {
    discard(index);
  } else {
    leave(index);
  }
  discard(root);
}

void RequestEngine::return_thread(std::uint32_t index) {
  tries_[index].on_thread = false;
  Route& route = routes_[tries_[index].route];
  if (!route.has_threads() || !route.return_thread(now_)) return;
  const std::uint32_t next = calls_.take_first(route.waiting_for_thread());
  tries_[next].on_thread = true;
  if (tries_[next].unheard) tries_[next].sent_at = now_;  // What it waited is nobody's timeout.
  run_try(next);
}

void RequestEngine::forget_threads(std::uint32_t instance) {
  const std::uint32_t first = instances_[instance].first_route;
  const std::size_t count = program_.routes_from(instances_[instance].service).size();
  for (std::size_t i = 0; i < count; ++i) routes_[first + i].forget_threads();
  for (const auto& [route, caller] : retired_callers_) {
    if (caller == instance) routes_[route].forget_threads();
  }
}

// --- Limits that are shared ---------------------------------------------------------------------

void RequestEngine::ask_limit(std::uint32_t index) {
  Call& call = calls_[index];
  Try& its = tries_[index];
  call.phase = CallPhase::Asking;
  call.instance = calls_[call.parent].instance;  // Where the question comes from.
  if (its.deadline != Instant::never()) arm_timer(index, std::max(its.deadline, now_));
  const std::uint32_t question =
      launch(index, program_.questions[program_.sites[call.site].route], 0);
  tries_[index].question = question;
}

/// Whether or not whoever asks hears the answer.
void RequestEngine::count_question(std::uint32_t index) {
  const Call& call = calls_[index];
  const std::uint32_t limit = program_.question_limits[call.site - program_.first_question];
  const resilience::RateLimitReply reply = shared_limits_[limit].ask(now_);
  if (!call.abandoned) tries_[call.parent].limit_reply = reply;
}

void RequestEngine::hear_limit(const Return& answer) {
  using resilience::RateLimitReply;
  const std::uint32_t index = answer.caller;
  Call& call = calls_[index];
  Try& its = tries_[index];
  const resilience::RoutePolicy& policy = routes_[its.route].policy();
  disarm_timer(call);
  call.instance = kNone;
  its.question = kNone;
  const RateLimitReply reply =
      answer.outcome == RequestOutcome::Ok ? its.limit_reply : RateLimitReply::Error;
  const auto status = rejected_with(policy.shared_limit->question, reply);
  // Why it is let in, or is not.
  if (answer.failure != 0) call.cause = answer.failure;
  if (!status) {
    begin_tries(index);
    return;
  }
  its.turned_away = true;
  turn_away(index, TurnedAwayBy::RateLimit, outcome_of_status(*status));
}

void RequestEngine::drop_question(std::uint32_t index) {
  const std::uint32_t question = std::exchange(tries_[index].question, kNone);
  forget_call(question);
  disarm_timer(calls_[question]);
  abandon(question);
}

// --- Fallbacks to another service ---------------------------------------------------------------

void RequestEngine::call_in_place_of(const FailedCall& call, const FirstFailure& failure) {
  first_failures_.emplace(call, failure);
  launch(call.caller, program_.sites[call.site].fallback, call.repetition, failure.record);
}

RequestEngine::Return RequestEngine::end_fallback(const Return& result) {
  const std::uint32_t of = program_.sites[result.site].stands_for;
  const CallSite& site = program_.sites[of];
  const auto kept = first_failures_.find({result.caller, of, result.repetition});
  const FirstFailure first = kept->second;
  first_failures_.erase(kept);
  routes_[first.route].fallback_over();
  Return heard{result.caller, of, result.repetition, RequestOutcome::Ok, 0};
  if (result.outcome != RequestOutcome::Ok) {
    heard.outcome = first.outcome;
    heard.failure = first.record;
    if (first.record != 0) count_failure(first.start_ns, first.record);
  }
  if (site.journey != kNone) {
    journey_steps_[site.journey].ended({first.start_ns, now_.count_ns()}, heard.outcome);
  }
  return heard;
}

}  // namespace orrery::sim
