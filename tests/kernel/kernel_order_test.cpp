// The kernel against a sorted set that keeps every event and forgets a timer at once: whatever is
// scheduled, armed, disarmed and destroyed, and whichever structure is in use, both must hand out
// the same events at the same dates.

#include <gtest/gtest.h>

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "models/base/random.h"
#include "sim/kernel/kernel.h"

namespace orrery::sim {
namespace {

constexpr std::size_t kHeapOnly = std::numeric_limits<std::size_t>::max();

/// The total order, written down in the plainest way.
class ReferenceKernel {
 public:
  struct Pending {
    Instant when;
    EventClass event_class = EventClass::Ordinary;
    std::uint64_t sequence = 0;
    std::uint32_t index = 0;

    friend auto operator<=>(const Pending& a, const Pending& b) {
      return std::tuple{a.when, a.event_class, a.sequence} <=>
             std::tuple{b.when, b.event_class, b.sequence};
    }
  };

  Pending add(Instant when, EventClass event_class, std::uint32_t index) {
    const Pending pending{when, event_class, ++sequence_, index};
    pending_.insert(pending);
    return pending;
  }
  void remove(const Pending& pending) { pending_.erase(pending); }
  [[nodiscard]] Instant next_time() const {
    return pending_.empty() ? Instant::never() : pending_.begin()->when;
  }
  [[nodiscard]] std::size_t size() const { return pending_.size(); }
  Pending take() { return pending_.extract(pending_.begin()).value(); }

 private:
  std::set<Pending> pending_;
  std::uint64_t sequence_ = 0;
};

/// How far ahead events are scheduled.
enum class Delays { Mixed, Near, Ties, Far };

class Workload {
 public:
  Workload(std::uint64_t seed, Delays delays, std::size_t buckets_above)
      : draws_{seed}, delays_{delays}, kernel_{KernelOptions{.buckets_above = buckets_above}} {}

  /// Performs `steps` random operations while about `pending` events are pending; returns a hash
  /// of everything that was taken.
  std::uint64_t run(int steps, std::size_t pending) {
    for (int step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
      // Grows, breathes and shrinks, so that the structures change while events are pending.
      const std::size_t wanted = pending * (1 + draw(3)) / 2;
      const std::uint64_t choice = draw(100);
      if (choice < 35 || (reference_.size() < wanted && choice < 60)) {
        schedule();
      } else if (choice < 60) {
        take(draw(4) == 0 ? kernel_.now() + delay() : Instant::never());
      } else if (choice < 75) {
        arm();
      } else if (choice < 85) {
        disarm();
      } else if (choice < 89) {
        timers_.push_back({kernel_.create_timer({2, next_index_}), next_index_, {}});
        next_index_ = (next_index_ + 1) % (1U << 27);
      } else if (choice < 92) {
        destroy();
      } else if (choice < 94) {
        advance();
      } else {
        for (std::uint64_t i = draw(40); i-- > 0;) take(Instant::never());
      }
      if (draw(8) == 0) {
        EXPECT_EQ(kernel_.next_time(), reference_.next_time());
      }
    }
    while (reference_.size() > 0 && !testing::Test::HasFailure()) take(Instant::never());
    KernelEvent event;
    EXPECT_FALSE(kernel_.pop(Instant::never(), event));
    EXPECT_EQ(kernel_.dispatched(), taken_);
    return hash_;
  }

 private:
  struct Timer {
    KernelTimer id;
    std::uint32_t index;
    std::optional<ReferenceKernel::Pending> pending;
  };

  std::uint64_t draw(std::uint64_t count) { return draws_.index(Purpose::Arrival, count, key_++); }

  Duration up_to(Duration most) {
    return Duration::nanoseconds(
        static_cast<std::int64_t>(draw(static_cast<std::uint64_t>(most.count_ns()) + 1)));
  }

  Duration delay() {
    switch (delays_) {
      case Delays::Near:
        return up_to(2_ms);
      case Delays::Ties:
        return 500_us * static_cast<std::int64_t>(draw(4));
      case Delays::Far:
        return up_to(240_min);
      case Delays::Mixed:
        break;
    }
    switch (draw(8)) {
      case 0:
        return 0_ns;
      case 1:
        return up_to(20_ns);
      case 2:
      case 3:
        return up_to(100_us);
      case 4:
      case 5:
        return up_to(10_ms);
      case 6:
        return up_to(3_s);
      default:
        return up_to(60_min);
    }
  }

  EventClass event_class() { return static_cast<EventClass>(draw(3)); }

  void schedule() {
    const Instant when = kernel_.now() + delay();
    const EventClass chosen = event_class();
    kernel_.schedule(when, chosen, {1, next_index_});
    reference_.add(when, chosen, next_index_);
    next_index_ = (next_index_ + 1) % (1U << 27);
  }

  void arm() {
    if (timers_.empty()) return;
    Timer& timer = timers_[draw(timers_.size())];
    const Instant when = kernel_.now() + delay();
    const EventClass chosen = event_class();
    EXPECT_EQ(kernel_.armed(timer.id), timer.pending.has_value());
    if (timer.pending) reference_.remove(*timer.pending);
    timer.pending = reference_.add(when, chosen, timer.index);
    kernel_.arm(timer.id, when, chosen);
  }

  void disarm() {
    if (timers_.empty()) return;
    Timer& timer = timers_[draw(timers_.size())];
    if (timer.pending) reference_.remove(*timer.pending);
    timer.pending.reset();
    kernel_.disarm(timer.id);
  }

  void destroy() {
    if (timers_.empty()) return;
    Timer& timer = timers_[draw(timers_.size())];
    if (timer.pending) reference_.remove(*timer.pending);
    kernel_.destroy_timer(timer.id);
    timer = timers_.back();
    timers_.pop_back();
  }

  void advance() {
    const Instant next = reference_.next_time();
    const Instant wanted = kernel_.now() + delay();
    kernel_.advance_to(std::min(next, wanted));
  }

  void take(Instant limit) {
    KernelEvent event;
    const bool due = reference_.size() > 0 && reference_.next_time() <= limit;
    ASSERT_EQ(kernel_.pop(limit, event), due);
    if (!due) return;
    const ReferenceKernel::Pending expected = reference_.take();
    ++taken_;
    ASSERT_EQ(event.index, expected.index);
    ASSERT_EQ(kernel_.now(), expected.when);
    if (event.kind == 2) {
      for (Timer& timer : timers_) {
        if (timer.index == event.index) timer.pending.reset();
      }
    }
    hash_ = mix64(hash_ ^ event.index) + static_cast<std::uint64_t>(kernel_.now().count_ns());
  }

  Draws draws_;
  std::uint64_t key_ = 0;
  Delays delays_;
  Kernel kernel_;
  ReferenceKernel reference_;
  std::vector<Timer> timers_;
  std::uint32_t next_index_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t hash_ = 0;
};

struct OrderCase {
  const char* name;
  Delays delays;
  std::size_t pending;
  int steps;
};

class KernelOrderTest : public testing::TestWithParam<OrderCase> {};

INSTANTIATE_TEST_SUITE_P(Workloads, KernelOrderTest,
                         testing::Values(OrderCase{"MixedFew", Delays::Mixed, 20, 20'000},
                                         OrderCase{"MixedMany", Delays::Mixed, 3'000, 60'000},
                                         OrderCase{"NearMany", Delays::Near, 2'000, 40'000},
                                         OrderCase{"Ties", Delays::Ties, 500, 20'000},
                                         OrderCase{"FarFew", Delays::Far, 10, 10'000},
                                         OrderCase{"FarMany", Delays::Far, 3'000, 40'000}),
                         [](const testing::TestParamInfo<OrderCase>& param) {
                           return std::string{param.param.name};
                         });

TEST_P(KernelOrderTest, EqualsASortedSetWhateverStructureIsInUse) {
  const OrderCase& chosen = GetParam();
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::optional<std::uint64_t> heap_only;
    for (const std::size_t buckets_above :
         {kHeapOnly, std::size_t{0}, std::size_t{1}, std::size_t{40}, std::size_t{700}}) {
      SCOPED_TRACE("buckets above " + std::to_string(buckets_above));
      Workload workload{seed, chosen.delays, buckets_above};
      const std::uint64_t hash = workload.run(chosen.steps, chosen.pending);
      if (HasFailure()) return;
      if (!heap_only) heap_only = hash;
      EXPECT_EQ(hash, *heap_only);
    }
  }
}

// Every way to arm three timers at three dates and disarm one, around the border of a wheel tick:
// the cases that random ones meet too rarely.
TEST(KernelSmallWorlds, ThreeTimersFireInOrderAroundTheBorderOfATick) {
  const Instant border = Instant::at(Duration::nanoseconds(std::int64_t{1} << 26));
  const std::vector<Instant> dates = {border - 1_ns, border, border + 1_ns};
  for (const std::size_t buckets_above : {kHeapOnly, std::size_t{0}}) {
    for (std::uint32_t world = 0; world < 27 * 4; ++world) {
      SCOPED_TRACE("world " + std::to_string(world));
      Kernel kernel{KernelOptions{.buckets_above = buckets_above}};
      ReferenceKernel reference;
      std::uint32_t rest = world;
      std::vector<std::pair<KernelTimer, ReferenceKernel::Pending>> timers;
      for (std::uint32_t i = 0; i < 3; ++i, rest /= 3) {
        const KernelTimer timer = kernel.create_timer({0, i});
        kernel.arm(timer, dates[rest % 3], EventClass::Timeout);
        timers.emplace_back(timer, reference.add(dates[rest % 3], EventClass::Timeout, i));
      }
      if (rest < 3) {
        kernel.disarm(timers[rest].first);
        reference.remove(timers[rest].second);
      }
      while (reference.size() > 0) {
        ASSERT_EQ(kernel.next_time(), reference.next_time());
        KernelEvent event;
        ASSERT_TRUE(kernel.pop(Instant::never(), event));
        ASSERT_EQ(event.index, reference.take().index);
      }
      ASSERT_EQ(kernel.next_time(), Instant::never());
    }
  }
}

}  // namespace
}  // namespace orrery::sim
