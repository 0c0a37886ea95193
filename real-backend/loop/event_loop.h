/// @file
/// The one thread of a live process: its clock, its timers, and the delivery of events to its
/// components, over one Boost.Asio io_context.
///
/// Other threads (gRPC's) only post. What happens is done in turns: a turn handles the events and
/// timers that were due when it began, then runs the end-of-turn steps, where a process makes
/// durable and sends what the turn produced. So a burst of events costs one commit.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "models/ports/event.h"
#include "models/ports/executor.h"

namespace orrery::loop {

/// The start of a run on CLOCK_MONOTONIC [ns]: Instant 0. Processes of one machine that share it
/// agree on every Instant.
enum class Epoch : std::int64_t {};

/// CLOCK_MONOTONIC [ns].
[[nodiscard]] std::int64_t monotonic_ns();

/// What the calendar showed at Instant 0, by one look at both clocks: ns since 1970 UTC.
[[nodiscard]] std::int64_t calendar_start_ns(Epoch epoch);

class EventLoop final : public ports::Executor {
 public:
  explicit EventLoop(Epoch epoch);
  /// Waits for whoever is still inside `post`: what was posted may have ended the loop already.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  [[nodiscard]] boost::asio::io_context& io() { return io_; }

  /// Runs `work` on the loop, with `now` moved to the clock. From any thread.
  template <class Work>
  void post(Work work) {
    const std::lock_guard lock{posting_};
    boost::asio::post(io_, [this, work = std::move(work)]() mutable {
      refresh_now();
      work();
    });
  }

  /// Events of `owner` go to `component`, which must outlive the loop's last turn.
  void attach(ports::OwnerId owner, ports::Component& component);

  /// Queues `event` for a later turn. Loop thread only. Events of an owner that nobody attached are
  /// dropped: its component has ended.
  void deliver(ports::Event event);

  /// Runs `step` at the end of every turn, in the order of registration.
  void at_end_of_turn(std::function<void()> step);

  /// Makes sure that a turn follows, for work that has no event.
  void request_turn();

  /// Handles events until `stop`. Everything runs on the calling thread.
  void run();
  /// Ends `run` after the current turn. Loop thread, or before `run`.
  void stop();
  /// Takes what other threads posted, but makes no turns, until `done`: for putting away what lives
  /// on the loop. Call it when the loop does not run.
  void drain(const std::function<bool()>& done);

  // Executor. `now` follows the clock between turns and stands still while an event is handled.
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] ports::TimerId create_timer(ports::OwnerId owner, std::uint64_t id) override;
  void arm(ports::TimerId timer, Instant when) override;
  void disarm(ports::TimerId timer) override;
  void destroy_timer(ports::TimerId timer) override;

  /// Moves `now` to the clock: for what arrives outside a turn.
  void refresh_now();

 private:
  static constexpr std::uint32_t kNotArmed = UINT32_MAX;
  struct TimerSlot {
    ports::OwnerId owner{};
    std::uint64_t id = 0;
    Instant when;
    std::uint64_t sequence = 0;
    std::uint32_t heap_index = kNotArmed;
  };

  void turn();
  void dispatch(const ports::Event& event);
  void wake_for_first_timer();
  [[nodiscard]] bool earlier(std::uint32_t a, std::uint32_t b) const;
  void sift_up(std::uint32_t index);
  void sift_down(std::uint32_t index);
  void place(std::uint32_t index, std::uint32_t slot);
  TimerSlot& slot_of(ports::TimerId timer);

  std::mutex posting_;
  boost::asio::io_context io_{1};
  boost::asio::steady_timer wake_{io_};
  std::int64_t epoch_ns_;
  Instant now_;
  Instant wake_at_ = Instant::never();
  bool turn_requested_ = false;
  bool turns_allowed_ = false;
  std::map<ports::OwnerId, ports::Component*> components_;
  std::deque<ports::Event> inbox_;
  std::vector<std::function<void()>> end_of_turn_;
  std::vector<TimerSlot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::uint32_t> heap_;  ///< Slots; binary heap by (when, sequence).
  std::uint64_t next_sequence_ = 0;
};

}  // namespace orrery::loop
