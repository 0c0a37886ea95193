// How many events per second does the kernel take, and is it faster than std::priority_queue at
// every size?
//
// Hold model: with n events pending, take the first and schedule one after a random delay.
// Cancelled timeouts: with n requests in flight, take a completion, cancel the timeout of its
// request, start another request with its own completion and timeout. Every program of one case
// must take the same events in the same order.
//
// kernel_bench           each case once
// kernel_bench --check   interleaved, medians of three; exit 1 if the kernel is slower anywhere
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <queue>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "models/base/random.h"
#include "sim/kernel/kernel.h"

namespace orrery::sim {
namespace {

/// The textbook record: fields side by side, compared one after the other.
struct PlainRecord {
  std::int64_t time = 0;
  std::uint64_t class_and_sequence = 0;
  std::uint32_t payload = 0;
  bool is_timer = false;

  PlainRecord(std::uint64_t when, std::uint64_t event_class, std::uint64_t sequence, bool timer,
              std::uint32_t carried)
      : time{static_cast<std::int64_t>(when)},
        class_and_sequence{event_class << PackedEvent::kSequenceBits | sequence},
        payload{carried},
        is_timer{timer} {}
};

std::int64_t time_of(const PlainRecord& record) { return record.time; }
std::int64_t time_of(PackedEvent record) { return static_cast<std::int64_t>(record.time()); }
std::uint32_t payload_of(const PlainRecord& record) { return record.payload; }
std::uint32_t payload_of(PackedEvent record) { return record.payload(); }
std::uint64_t sequence_of(const PlainRecord& record) {
  return record.class_and_sequence & ((std::uint64_t{1} << PackedEvent::kSequenceBits) - 1);
}
std::uint64_t sequence_of(PackedEvent record) { return record.sequence(); }
bool timer_in(const PlainRecord& record) { return record.is_timer; }
bool timer_in(PackedEvent record) { return record.is_timer(); }

struct Later {
  bool operator()(const PlainRecord& a, const PlainRecord& b) const {
    return a.time != b.time ? a.time > b.time : a.class_and_sequence > b.class_and_sequence;
  }
  bool operator()(PackedEvent a, PackedEvent b) const { return b < a; }
};

/// std::priority_queue with the kernel's order; a cancelled timer stays inside as a tombstone.
template <class Record>
class PriorityQueueKernel {
 public:
  [[nodiscard]] Instant now() const { return now_; }

  void schedule(Instant when, EventClass event_class, KernelEvent event) {
    queue_.emplace(static_cast<std::uint64_t>(when.count_ns()),
                   static_cast<std::uint64_t>(event_class), ++sequence_, false, event.index);
  }
  KernelTimer create_timer(KernelEvent event) {
    timers_.push_back({0, event.index});
    return KernelTimer{static_cast<std::uint32_t>(timers_.size() - 1)};
  }
  void arm(KernelTimer timer, Instant when, EventClass event_class) {
    timers_[static_cast<std::uint32_t>(timer)].armed_with = ++sequence_;
    queue_.emplace(static_cast<std::uint64_t>(when.count_ns()),
                   static_cast<std::uint64_t>(event_class), sequence_, true,
                   static_cast<std::uint32_t>(timer));
  }
  void disarm(KernelTimer timer) { timers_[static_cast<std::uint32_t>(timer)].armed_with = 0; }

  bool pop(Instant limit, KernelEvent& event) {
    while (!queue_.empty() && time_of(queue_.top()) <= limit.count_ns()) {
      const Record record = queue_.top();
      queue_.pop();
      event.index = payload_of(record);
      if (timer_in(record)) {
        Timer& timer = timers_[payload_of(record)];
        if (timer.armed_with != sequence_of(record)) continue;
        timer.armed_with = 0;
        event.index = timer.index;
      }
      now_ = Instant::at(Duration::nanoseconds(time_of(record)));
      return true;
    }
    return false;
  }

 private:
  struct Timer {
    std::uint64_t armed_with = 0;
    std::uint32_t index = 0;
  };

  Instant now_;
  std::uint64_t sequence_ = 0;
  std::priority_queue<Record, std::vector<Record>, Later> queue_;
  std::vector<Timer> timers_;
};

enum class Delays { Exponential, Mixed };

/// Delays drawn beforehand, so that drawing them is not what is measured.
std::vector<Duration> drawn(Delays delays) {
  const Draws draws{42};
  std::vector<Duration> table;
  for (std::uint64_t i = 0; i < (1U << 14); ++i) {
    if (delays == Delays::Exponential) {
      table.push_back(draws.exponential(Purpose::Arrival, 10_ms, i));
      continue;
    }
    // 60 % about 50 us (network), 30 % 10 ms (service), 9 % 1 s, 1 % 10 s (timeouts, probes).
    const std::uint64_t share = draws.index(Purpose::JourneyChoice, 100, i);
    const Duration mean = share < 60 ? 50_us : share < 90 ? 10_ms : share < 99 ? 1_s : 10_s;
    table.push_back(draws.exponential(Purpose::Arrival, mean, i));
  }
  return table;
}

/// One checksum for each case; the first program that runs it sets what the others must reach.
bool same_order(const std::string& name, std::uint64_t checksum) {
  static std::map<std::string, std::uint64_t> expected;
  return expected.emplace(name, checksum).first->second == checksum;
}

template <class Subject>
void hold(benchmark::State& state, const std::string& name, std::uint32_t pending, Delays delays) {
  const std::vector<Duration> table = drawn(delays);
  std::size_t draw = 0;
  const auto next_delay = [&] { return table[draw++ & (table.size() - 1)]; };
  Subject subject;
  for (std::uint32_t i = 0; i < pending; ++i) {
    subject.schedule(Instant::at(next_delay()), EventClass::Ordinary, {0, i});
  }
  std::uint64_t checksum = 0;
  KernelEvent event;
  const auto step = [&] {
    if (!subject.pop(Instant::never(), event)) return;
    checksum = (checksum ^ event.index) * 0x9e3779b97f4a7c15ULL;
    subject.schedule(subject.now() + next_delay(), EventClass::Ordinary, event);
  };
  for (std::uint32_t i = 0; i < pending; ++i) step();
  for ([[maybe_unused]] auto _ : state) step();
  if (!same_order(name, checksum)) state.SkipWithError("took events in another order");
}

template <class Subject>
void cancelled_timeouts(benchmark::State& state, const std::string& name, std::uint32_t in_flight) {
  const std::vector<Duration> table = drawn(Delays::Exponential);
  std::size_t draw = 0;
  Subject subject;
  std::vector<KernelTimer> timeouts;
  const auto start = [&](std::uint32_t request) {
    const Duration service = table[draw++ & (table.size() - 1)];
    subject.schedule(subject.now() + service, EventClass::Ordinary, {0, request});
    subject.arm(timeouts[request], subject.now() + 1_s, EventClass::Timeout);
  };
  for (std::uint32_t request = 0; request < in_flight; ++request) {
    timeouts.push_back(subject.create_timer({1, request}));
    start(request);
  }
  std::uint64_t checksum = 0;
  KernelEvent event;
  const auto step = [&] {
    if (!subject.pop(Instant::never(), event)) return;
    checksum = (checksum ^ event.index) * 0x9e3779b97f4a7c15ULL;
    subject.disarm(timeouts[event.index]);
    start(event.index);
  };
  // More than a timeout's length, so that tombstones are as many as they will ever be.
  for (std::uint32_t i = 0; i < in_flight * 110; ++i) step();
  for ([[maybe_unused]] auto _ : state) step();
  if (!same_order(name, checksum)) state.SkipWithError("took events in another order");
}

using PlainPriorityQueue = PriorityQueueKernel<PlainRecord>;
using PackedPriorityQueue = PriorityQueueKernel<PackedEvent>;

constexpr const char* kKernel = "/kernel";
constexpr const char* kPlain = "/priority_queue";
constexpr const char* kPacked = "/priority_queue_packed";

std::vector<std::string> register_cases() {
  std::vector<std::string> names;
  for (const Delays delays : {Delays::Exponential, Delays::Mixed}) {
    for (const std::uint32_t pending : {1'000U, 100'000U, 1'000'000U}) {
      const std::string name = std::string{"hold/"} +
                               (delays == Delays::Exponential ? "exponential/" : "mixed/") +
                               std::to_string(pending);
      names.push_back(name);
      const auto add = [&](const char* program, auto function) {
        benchmark::RegisterBenchmark((name + program).c_str(), function, name, pending, delays)
            ->Iterations(std::max(2'000'000U, 2 * pending));
      };
      add(kKernel, hold<Kernel>);
      add(kPlain, hold<PlainPriorityQueue>);
      add(kPacked, hold<PackedPriorityQueue>);
    }
  }
  for (const std::uint32_t in_flight : {1'000U, 10'000U}) {
    const std::string name = "cancelled_timeouts/" + std::to_string(in_flight);
    names.push_back(name);
    const auto add = [&](const char* program, auto function) {
      benchmark::RegisterBenchmark((name + program).c_str(), function, name, in_flight)
          ->Iterations(1'000'000);
    };
    add(kKernel, cancelled_timeouts<Kernel>);
    add(kPlain, cancelled_timeouts<PlainPriorityQueue>);
    add(kPacked, cancelled_timeouts<PackedPriorityQueue>);
  }
  return names;
}

/// The console output, and the times kept for the ratios.
class KeepTimes : public benchmark::ConsoleReporter {
 public:
  KeepTimes() : ConsoleReporter{OO_Tabular} {}

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.error_occurred) failed_ = true;
      if (run.run_type != Run::RT_Iteration) continue;
      ns_[run.run_name.function_name].push_back(run.GetAdjustedCPUTime());
    }
    ConsoleReporter::ReportRuns(runs);
  }

  [[nodiscard]] bool failed() const { return failed_; }

  /// The median time of an event, or 0 if the benchmark was filtered out.
  [[nodiscard]] double ns(const std::string& benchmark) {
    std::vector<double>& times = ns_[benchmark];
    if (times.empty()) return 0;
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
  }

 private:
  std::map<std::string, std::vector<double>> ns_;
  bool failed_ = false;
};

int compare(int argc, char** argv) {
  bool check = false;
  std::vector<char*> arguments;
  for (int i = 0; i < argc; ++i) {
    if (std::string_view{argv[i]} == "--check") {
      check = true;
    } else {
      arguments.push_back(argv[i]);
    }
  }
  std::string repetitions = "--benchmark_repetitions=3";
  std::string interleaving = "--benchmark_enable_random_interleaving=true";
  if (check) {
    arguments.push_back(repetitions.data());
    arguments.push_back(interleaving.data());
  }
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;
  const std::vector<std::string> names = register_cases();
  KeepTimes times;
  benchmark::RunSpecifiedBenchmarks(&times);

  bool slower = false;
  std::printf("\n%-32s %10s %16s %16s   [ns; times as long as the kernel]\n", "median", "kernel",
              "priority_queue", "16-byte records");
  for (const std::string& name : names) {
    const double kernel = times.ns(name + kKernel);
    const double plain = times.ns(name + kPlain);
    const double packed = times.ns(name + kPacked);
    if (kernel == 0 || plain == 0 || packed == 0) continue;
    slower = slower || kernel > std::min(plain, packed);
    std::printf("%-32s %10.1f %8.1f (%.2fx) %8.1f (%.2fx)\n", name.c_str(), kernel, plain,
                plain / kernel, packed, packed / kernel);
  }
  if (slower) std::printf("The kernel is slower than a priority queue somewhere.\n");
  return times.failed() || (check && slower) ? 1 : 0;
}

}  // namespace
}  // namespace orrery::sim

int main(int argc, char** argv) { return orrery::sim::compare(argc, argv); }
