#include "real-backend/loop/event_loop.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

namespace orrery::loop {

std::int64_t monotonic_ns() {
  // libstdc++'s steady_clock is CLOCK_MONOTONIC.
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::int64_t calendar_start_ns(Epoch epoch) {
  const std::int64_t calendar_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                                       std::chrono::system_clock::now().time_since_epoch())
                                       .count();
  return calendar_ns - monotonic_ns() + static_cast<std::int64_t>(epoch);
}

EventLoop::EventLoop(Epoch epoch) : epoch_ns_{static_cast<std::int64_t>(epoch)} { refresh_now(); }

EventLoop::~EventLoop() { const std::lock_guard lock{posting_}; }

void EventLoop::refresh_now() {
  const Instant clock = Instant::at(Duration::nanoseconds(monotonic_ns() - epoch_ns_));
  now_ = std::max(now_, clock);
}

void EventLoop::attach(ports::OwnerId owner, ports::Component& component) {
  const bool added = components_.emplace(owner, &component).second;
  expects(added, "an owner is attached once");
}

void EventLoop::deliver(ports::Event event) {
  inbox_.push_back(std::move(event));
  request_turn();
}

void EventLoop::at_end_of_turn(std::function<void()> step) {
  end_of_turn_.push_back(std::move(step));
}

void EventLoop::request_turn() {
  if (std::exchange(turn_requested_, true)) return;
  boost::asio::post(io_, [this] { turn(); });
}

void EventLoop::run() {
  const auto work = boost::asio::make_work_guard(io_);
  turns_allowed_ = true;
  io_.restart();
  request_turn();
  io_.run();
}

void EventLoop::stop() {
  boost::asio::post(io_, [this] {
    turns_allowed_ = false;
    io_.stop();
  });
}

void EventLoop::drain(const std::function<bool()>& done) {
  const auto work = boost::asio::make_work_guard(io_);
  turns_allowed_ = false;
  while (!done()) {
    if (io_.stopped()) io_.restart();  // A stop that was asked for is for `run` alone.
    io_.run_one();
  }
}

void EventLoop::turn() {
  turn_requested_ = false;
  if (!turns_allowed_) return;
  refresh_now();
  // Timers that are due, then the events that were there: what these cause belongs to later turns.
  // A timer armed for the past by one of them carries a later sequence number than `armed_before`.
  const Instant begin = now_;
  const std::uint64_t armed_before = next_sequence_;
  while (!heap_.empty()) {
    TimerSlot& first = slots_[heap_.front()];
    if (first.when > begin || first.sequence >= armed_before) break;
    const ports::Event event{
        first.owner, ports::EventKind::Timer, ports::Outcome::Ok, 0, first.id, 0, nullptr};
    disarm(ports::TimerId{heap_.front()});
    dispatch(event);
  }
  for (std::size_t left = inbox_.size(); left > 0; --left) {
    const ports::Event event = std::move(inbox_.front());
    inbox_.pop_front();
    dispatch(event);
  }
  for (const auto& step : end_of_turn_) step();
  wake_for_first_timer();
}

void EventLoop::dispatch(const ports::Event& event) {
  refresh_now();
  const auto component = components_.find(event.owner);
  if (component != components_.end()) component->second->on_event(event);
}

void EventLoop::wake_for_first_timer() {
  const Instant first = heap_.empty() ? Instant::never() : slots_[heap_.front()].when;
  if (first <= now_) {
    request_turn();
    return;
  }
  if (first == wake_at_) return;
  wake_at_ = first;
  if (first == Instant::never()) {
    wake_.cancel();
    return;
  }
  wake_.expires_at(std::chrono::steady_clock::time_point{
      std::chrono::nanoseconds{first.count_ns() + epoch_ns_}});
  wake_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    wake_at_ = Instant::never();
    request_turn();
  });
}

ports::TimerId EventLoop::create_timer(ports::OwnerId owner, std::uint64_t id) {
  std::uint32_t slot = 0;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
    heap_.reserve(slots_.capacity());
    free_slots_.reserve(slots_.capacity());
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  slots_[slot] = TimerSlot{owner, id, Instant{}, 0, kNotArmed};
  return ports::TimerId{slot};
}

EventLoop::TimerSlot& EventLoop::slot_of(ports::TimerId timer) {
  expects(static_cast<std::size_t>(timer) < slots_.size(), "a timer was created before it is used");
  return slots_[static_cast<std::size_t>(timer)];
}

void EventLoop::arm(ports::TimerId timer, Instant when) {
  TimerSlot& slot = slot_of(timer);
  slot.when = when;
  slot.sequence = next_sequence_++;
  if (slot.heap_index == kNotArmed) {
    slot.heap_index = static_cast<std::uint32_t>(heap_.size());
    heap_.push_back(static_cast<std::uint32_t>(timer));
  }
  sift_up(slot.heap_index);
  sift_down(slot.heap_index);
  // Inside a turn its end looks at the heap; outside one nobody would.
  if (heap_.front() == static_cast<std::uint32_t>(timer)) request_turn();
}

void EventLoop::disarm(ports::TimerId timer) {
  TimerSlot& slot = slot_of(timer);
  if (slot.heap_index == kNotArmed) return;
  const std::uint32_t hole = std::exchange(slot.heap_index, kNotArmed);
  const std::uint32_t last = heap_.back();
  heap_.pop_back();
  if (hole == heap_.size()) return;
  place(hole, last);
  sift_up(hole);
  sift_down(slots_[last].heap_index);
}

void EventLoop::destroy_timer(ports::TimerId timer) {
  disarm(timer);
  free_slots_.push_back(static_cast<std::uint32_t>(timer));
}

bool EventLoop::earlier(std::uint32_t a, std::uint32_t b) const {
  const TimerSlot& x = slots_[a];
  const TimerSlot& y = slots_[b];
  return x.when != y.when ? x.when < y.when : x.sequence < y.sequence;
}

void EventLoop::place(std::uint32_t index, std::uint32_t slot) {
  heap_[index] = slot;
  slots_[slot].heap_index = index;
}

void EventLoop::sift_up(std::uint32_t index) {
  const std::uint32_t moving = heap_[index];
  while (index > 0 && earlier(moving, heap_[(index - 1) / 2])) {
    place(index, heap_[(index - 1) / 2]);
    index = (index - 1) / 2;
  }
  place(index, moving);
}

void EventLoop::sift_down(std::uint32_t index) {
  const std::uint32_t moving = heap_[index];
  const auto size = static_cast<std::uint32_t>(heap_.size());
  for (std::uint32_t child = 2 * index + 1; child < size; child = 2 * index + 1) {
    if (child + 1 < size && earlier(heap_[child + 1], heap_[child])) ++child;
    if (!earlier(heap_[child], moving)) break;
    place(index, heap_[child]);
    index = child;
  }
  place(index, moving);
}

}  // namespace orrery::loop
