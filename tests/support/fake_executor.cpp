#include "tests/support/fake_executor.h"

#include <algorithm>

namespace orrery::testing {

void FakeExecutor::attach(ports::OwnerId owner, ports::Component& component) {
  components_[owner] = &component;
}

void FakeExecutor::detach(ports::OwnerId owner) { components_.erase(owner); }

ports::TimerId FakeExecutor::create_timer(ports::OwnerId owner, std::uint64_t id) {
  const ports::TimerId timer{next_timer_++};
  timers_[timer] = {.owner = owner, .id = id, .armed = false, .place = {}};
  return timer;
}

void FakeExecutor::arm(ports::TimerId timer, Instant when) {
  disarm(timer);
  TimerState& state = timers_.at(timer);
  state.armed = true;
  state.place = {std::max(when, now_), next_sequence_++};
  queue_.emplace(state.place, timer);
}

void FakeExecutor::disarm(ports::TimerId timer) {
  TimerState& state = timers_.at(timer);
  if (state.armed) queue_.erase(state.place);
  state.armed = false;
}

void FakeExecutor::destroy_timer(ports::TimerId timer) {
  disarm(timer);
  timers_.erase(timer);
}

void FakeExecutor::post(Duration delay, ports::Event event) {
  queue_.emplace(Place{now_ + delay, next_sequence_++}, std::move(event));
}

void FakeExecutor::call_later(Duration delay, std::function<void()> step) {
  queue_.emplace(Place{now_ + delay, next_sequence_++}, std::move(step));
}

Instant FakeExecutor::next_time() const {
  return queue_.empty() ? Instant::never() : queue_.begin()->first.first;
}

void FakeExecutor::deliver(const ports::Event& event) {
  const auto component = components_.find(event.owner);
  if (component != components_.end()) component->second->on_event(event);
}

bool FakeExecutor::step() {
  if (queue_.empty()) return false;
  auto entry = queue_.extract(queue_.begin());
  now_ = entry.key().first;
  ++step_count_;
  if (const auto* timer = std::get_if<ports::TimerId>(&entry.mapped())) {
    TimerState& state = timers_.at(*timer);
    state.armed = false;
    deliver({.owner = state.owner, .kind = ports::EventKind::Timer, .id = state.id, .body = {}});
  } else if (const auto* event = std::get_if<ports::Event>(&entry.mapped())) {
    deliver(*event);
  } else {
    std::get<std::function<void()>>(entry.mapped())();
  }
  return true;
}

void FakeExecutor::run_until(Instant until) {
  while (next_time() <= until) step();
  now_ = std::max(now_, until);
}

}  // namespace orrery::testing
