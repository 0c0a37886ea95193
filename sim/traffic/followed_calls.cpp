/// @file
/// What the observer is told of the calls that it follows.
#include "sim/traffic/request_engine.h"

namespace orrery::sim {

void RequestEngine::follow(std::uint32_t index, std::uint32_t caller) {
  set_followed(index, observer_->try_began(calls_[index].key, followed(caller)));
}

void RequestEngine::set_followed(std::uint32_t index, std::uint32_t place) {
  calls_[index].followed = place != Followed::kNot;
  if (!calls_[index].followed) return;
  if (followed_.size() < calls_.slot_count()) followed_.resize(calls_.slot_count());
  followed_[index] = place;
}

Followed RequestEngine::followed(std::uint32_t index) const {
  const Call& call = calls_[index];
  return {call.key, call.followed ? followed_[index] : Followed::kNot};
}

void RequestEngine::report_try(std::uint32_t index, RequestOutcome outcome) {
  const Call& call = calls_[index];
  const CallSite& site = program_.sites[call.site];
  TryReport report;
  report.key = call.key;
  report.edge = site.edge;
  report.operation = site.operation;
  report.instance = call.instance;
  report.start = Instant::at(Duration::nanoseconds(call.start_ns));
  if (site.route != kNone) {
    report.attempt = tries_[index].retries.count;
    if (report.attempt > 0) report.start = tries_[index].sent_at;
  }
  report.end = now_;
  report.outcome = outcome;
  observer_->try_ended(followed(index).place, report);
}

}  // namespace orrery::sim
