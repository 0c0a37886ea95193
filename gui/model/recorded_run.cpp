#include "gui/model/recorded_run.h"

#include <algorithm>
#include <utility>

namespace orrery::gui {
namespace {

constexpr Duration kStretch = Duration::seconds(5);
constexpr std::uint64_t kEnoughCalls = 10;
constexpr std::size_t kFewCallsSeconds = 5;
constexpr std::size_t kRecoveringSeconds = 10;
constexpr Duration kMicrosecond = Duration::microseconds(1);

Instant end_of(std::size_t second) {
  return Instant::at(Duration::seconds(static_cast<std::int64_t>(second) + 1));
}

}  // namespace

State state_of_errors(const CallSum& calls) {
  if (calls.failed * 10 >= calls.ended && calls.failed > 0) return State::Failing;
  if (calls.failed * 100 >= calls.ended && calls.failed > 0) return State::Degraded;
  return State::Healthy;
}

RecordedRun::RecordedRun(std::unique_ptr<recording::RunReader> reader)
    : reader_{std::move(reader)},
      names_{reader_->scene().services},
      history_{reader_->scene()},
      events_{reader_->scene()},
      states_(reader_->scene().services.size()) {}

Result<std::unique_ptr<RecordedRun>> RecordedRun::open(const std::string& path) {
  auto reader = recording::RunReader::open(path);
  if (!reader) return tl::unexpected{reader.error()};
  return std::unique_ptr<RecordedRun>{new RecordedRun{*std::move(reader)}};
}

Result<bool> RecordedRun::take_more() {
  const auto last = reader_->last();
  if (!last || *last < taken_) return false;
  const Instant to = std::min(taken_ + kStretch, *last + kMicrosecond);
  // What happens at the instant of a sample, but after it, is recorded with the next one.
  const Instant from = taken_ == Instant{} ? taken_ : taken_ - kMicrosecond;
  auto events = reader_->events(from, to);
  if (!events) return tl::unexpected{events.error()};
  auto samples = reader_->samples(taken_, to);
  if (!samples) return tl::unexpected{samples.error()};
  events_.take(*reader_, *events);
  history_.take(*samples, reader_->columns());
  taken_ = to;
  keep_states();
  return true;
}

CallSum RecordedRun::judged_calls(std::uint32_t service, std::size_t second) const {
  CallSum calls;
  for (std::size_t length = 1; length <= kFewCallsSeconds; ++length) {
    calls = history_.service_sum(service, second, length);
    if (calls.ended >= kEnoughCalls) break;
  }
  return calls;
}

void RecordedRun::keep_states() {
  for (std::uint32_t service = 0; service < states_.size(); ++service) {
    std::vector<State>& states = states_[service];
    while (states.size() < history_.seconds() && end_of(states.size()) < taken_) {
      states.push_back(find_state(service, states.size()));
    }
  }
}

State RecordedRun::state_by_calls(std::uint32_t service, std::size_t second) const {
  const std::vector<State>& states = states_[service];
  return second < states.size() ? states[second] : find_state(service, second);
}

State RecordedRun::find_state(std::uint32_t service, std::size_t second) const {
  const auto ready = events_.ready(service, end_of(second));
  if (ready == 0) return State::Lost;
  // Before its first pod is ready nobody counts on it.
  if (!ready && events_.starting(service, end_of(second)) > 0) return State::Starting;
  return state_of_errors(judged_calls(service, second));
}

State RecordedRun::state_in(std::uint32_t service, std::size_t second) const {
  const State now = state_by_calls(service, second);
  if (now != State::Healthy) return now;
  for (std::size_t back = 1; back <= kRecoveringSeconds && back <= second; ++back) {
    if (is_bad(state_by_calls(service, second - back))) return State::Recovering;
  }
  return events_.starting(service, end_of(second)) > 0 ? State::Starting : State::Healthy;
}

}  // namespace orrery::gui
