#include "sim/world/dispatcher.h"

#include <algorithm>
#include <utility>

namespace orrery::sim {

ProcessId Dispatcher::start_process() {
  process_alive_.push_back(true);
  return static_cast<ProcessId>(process_alive_.size() - 1);
}

void Dispatcher::kill_process(ProcessId process) {
  const auto index = static_cast<std::size_t>(process);
  expects(index < process_alive_.size() && process_alive_[index], "a process is killed once");
  process_alive_[index] = false;
  for (Owner& owner : owners_) {
    if (owner.process == process) owner.component = nullptr;
  }
}

ports::OwnerId Dispatcher::add_owner(ProcessId process) {
  owners_.push_back({process, nullptr});
  return static_cast<ports::OwnerId>(owners_.size() - 1);
}

void Dispatcher::attach(ports::OwnerId owner, ports::Component& component) {
  owners_[static_cast<std::size_t>(owner)].component = &component;
}

bool Dispatcher::alive(ports::OwnerId owner) const {
  return process_alive_[static_cast<std::size_t>(process_of(owner))];
}

ProcessId Dispatcher::process_of(ports::OwnerId owner) const {
  return owners_[static_cast<std::size_t>(owner)].process;
}

void Dispatcher::deliver(Instant when, ports::Event event) {
  if (event.cause == 0) event.cause = cause_;
  kernel_.schedule(std::max(when, kernel_.now()), EventClass::Ordinary,
                   {kind_of(WorldEvent::Deliver), deliveries_.put(std::move(event))});
}

bool Dispatcher::dispatch(KernelEvent event) {
  if (event.kind == kind_of(WorldEvent::Deliver)) {
    hand_over(deliveries_.take(event.index));
    return true;
  }
  if (event.kind == kind_of(WorldEvent::Timer)) {
    const TimerRecord& timer = timers_[event.index];
    hand_over({.owner = timer.owner,
               .kind = ports::EventKind::Timer,
               .id = timer.id,
               .cause = timer.cause,
               .body = nullptr});
    return true;
  }
  return false;
}

void Dispatcher::hand_over(const ports::Event& event) {
  ports::Component* component = owners_[static_cast<std::size_t>(event.owner)].component;
  if (component == nullptr) return;
  fingerprint_.add(now(),
                   (static_cast<std::uint64_t>(event.owner) << 16) |
                       (static_cast<std::uint64_t>(event.kind) << 8) |
                       static_cast<std::uint64_t>(event.outcome),
                   event.id);
  cause_ = event.cause;
  component->on_event(event);
  cause_ = 0;
}

ports::TimerId Dispatcher::create_timer(ports::OwnerId owner, std::uint64_t id) {
  std::uint32_t index = 0;
  if (free_timers_.empty()) {
    index = static_cast<std::uint32_t>(timers_.size());
    timers_.push_back({});
  } else {
    index = free_timers_.back();
    free_timers_.pop_back();
  }
  TimerRecord& timer = timers_[index];
  if (!timer.has_kernel_timer) {
    timer.timer = kernel_.create_timer({kind_of(WorldEvent::Timer), index});
    timer.has_kernel_timer = true;
  }
  timer.owner = owner;
  timer.id = id;
  timer.cause = 0;
  return static_cast<ports::TimerId>(index);
}

void Dispatcher::arm(ports::TimerId timer, Instant when) {
  TimerRecord& record = timers_[static_cast<std::size_t>(timer)];
  record.cause = cause_;
  kernel_.arm(record.timer, std::max(when, now()), EventClass::Ordinary);
}

void Dispatcher::disarm(ports::TimerId timer) {
  kernel_.disarm(timers_[static_cast<std::size_t>(timer)].timer);
}

void Dispatcher::destroy_timer(ports::TimerId timer) {
  disarm(timer);
  free_timers_.push_back(static_cast<std::uint32_t>(timer));
}

}  // namespace orrery::sim
