/// @file
/// A virtual clock with timers and event delivery: the executor of every test, working in full.
///
/// Everything that is due (timers, posted events, steps of other fakes) stands in one queue,
/// ordered by date and then by arming, so that a test is a function of its inputs.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <variant>
#include <vector>

#include "models/ports/executor.h"

namespace orrery::testing {

class FakeExecutor : public ports::Executor {
 public:
  /// Events of `owner` go to `component`, which must outlive the attachment.
  void attach(ports::OwnerId owner, ports::Component& component);
  /// What is on its way to `owner` is lost, as when a process dies.
  void detach(ports::OwnerId owner);

  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] ports::TimerId create_timer(ports::OwnerId owner, std::uint64_t id) override;
  void arm(ports::TimerId timer, Instant when) override;
  void disarm(ports::TimerId timer) override;
  void destroy_timer(ports::TimerId timer) override;

  /// Delivers `event` after `delay`.
  void post(Duration delay, ports::Event event);
  /// Runs `step` after `delay`: for other fakes, and for the events of a test's script.
  void call_later(Duration delay, std::function<void()> step);

  /// Takes the next thing that is due and moves the clock to it. False: nothing is due, ever.
  bool step();
  /// Takes everything due up to `until`, and moves the clock there.
  void run_until(Instant until);
  void run_for(Duration duration) { run_until(now_ + duration); }

  /// Things taken so far, and things due.
  [[nodiscard]] std::uint64_t step_count() const { return step_count_; }
  [[nodiscard]] std::size_t pending_count() const { return queue_.size(); }
  /// The date of the next one, or never.
  [[nodiscard]] Instant next_time() const;

 private:
  using Place = std::pair<Instant, std::uint64_t>;
  using Item = std::variant<ports::TimerId, ports::Event, std::function<void()>>;
  struct TimerState {
    ports::OwnerId owner{};
    std::uint64_t id = 0;
    bool armed = false;
    Place place;
  };
  void deliver(const ports::Event& event);

  Instant now_;
  std::uint64_t next_sequence_ = 0;
  std::uint64_t step_count_ = 0;
  std::uint32_t next_timer_ = 0;
  std::map<Place, Item> queue_;
  std::map<ports::TimerId, TimerState> timers_;
  std::map<ports::OwnerId, ports::Component*> components_;
};

}  // namespace orrery::testing
