/// @file
/// What the observer is told of the calls that it follows; their places are their slots.
#include "sim/traffic/request_engine.h"

namespace orrery::sim {

void RequestEngine::follow(std::uint32_t index, std::uint32_t caller) {
  calls_[index].followed = true;
  observer_->try_began(index, caller);
}

void RequestEngine::stand_for(std::uint32_t index, std::uint32_t other) {
  calls_[index].followed = calls_[other].followed;
  if (calls_[index].followed) observer_->stands_for(index, other);
}

void RequestEngine::report_try(std::uint32_t index, RequestOutcome outcome) {
  const Call& call = calls_[index];
  const CallSite& site = program_.sites[call.site];
  TryReport report;
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
  observer_->try_ended(index, report);
}

}  // namespace orrery::sim
