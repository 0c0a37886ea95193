#include "models/resilience/admission_control.h"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <string>
#include <vector>

#include "models/base/random.h"
#include "tests/resilience/conformance.h"

namespace orrery::resilience {
namespace {

TEST(AdmissionControl, RejectsWithTheProbabilityOfTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    int succeeded, failed;
    double aggression;
    double probability;
  };
  const std::vector<Case> cases{
      {"3.8", "no requests", 0, 0, 1.0, 0.0},
      {"3.8", "all succeed", 100, 0, 1.0, 0.0},
      {"3.8", "95 of 100: at the threshold", 95, 5, 1.0, 0.0},
      {"3.8", "94 of 100: one below", 94, 6, 1.0, (100 - 94 / 0.95) / 101},
      {"3.8", "38 of 100", 38, 62, 1.0, 60.0 / 101},
      {"3.8", "none of 100: never above 80 %", 0, 100, 1.0, 0.8},
      {"3.8", "one failure alone: 1/2", 0, 1, 1.0, 0.5},
      {"3.8", "aggression 2: the root", 38, 62, 2.0, std::sqrt(60.0 / 101)},
      {"3.8", "aggression 2, above the threshold", 100, 0, 2.0, 0.0},
  };
  conformance::table("admissionControl", cases);
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.source) + ": " + c.rule);
    AdmissionControlConfig config;
    config.aggression = c.aggression;
    AdmissionControl control{config};
    for (int i = 0; i < c.succeeded; ++i) control.record(true, Instant{});
    for (int i = 0; i < c.failed; ++i) control.record(false, Instant{});
    EXPECT_NEAR(control.rejection_probability(), c.probability, 1e-12);
    int rejected = 0;
    constexpr int kAsked = 20'000;
    for (std::uint64_t i = 0; i < kAsked; ++i) rejected += !control.admit(Instant{}, mix64(i));
    // Five deviations: exceeded with a probability below 1e-6; the draw has four digits.
    const double deviation = std::sqrt(kAsked * c.probability * (1 - c.probability));
    EXPECT_NEAR(rejected, kAsked * c.probability, 5 * deviation + 0.0001 * kAsked);
    EXPECT_EQ(control.requests(), static_cast<std::uint32_t>(c.succeeded + c.failed))
        << "rejected requests are not counted";
  }
}

TEST(AdmissionControl, ForgetsWhatIsAsOldAsTheWindow) {
  const AdmissionControlConfig config;
  AdmissionControl control{config};
  control.record(false, Instant::at(500_ms));
  control.record(false, Instant::at(1499_ms));  // the same second of the ring
  control.record(false, Instant::at(1500_ms));  // the next
  (void)control.admit(Instant::at(30500_ms - 1_ns), 0);
  EXPECT_EQ(control.requests(), 3U);
  (void)control.admit(Instant::at(30500_ms), 0);
  EXPECT_EQ(control.requests(), 1U);
  (void)control.admit(Instant::at(31500_ms), 0);
  EXPECT_EQ(control.requests(), 0U);
}

TEST(AdmissionControl, RejectsNothingBelowTheRateThreshold) {
  AdmissionControlConfig config;
  config.rps_threshold = 10;
  for (const int failures : {99, 100}) {  // over ten seconds
    AdmissionControl control{config};
    for (int i = 0; i < failures; ++i) control.record(false, Instant{});
    EXPECT_EQ(control.admit(Instant::at(10_s), 0), failures == 99);
  }
}

TEST(AdmissionControl, CountsWhatANaiveRecountCounts) {
  AdmissionControlConfig config;
  config.sampling_window = 5_s;
  AdmissionControl control{config};
  struct Slot {
    Instant begun;
    std::uint32_t requests, succeeded;
  };
  std::deque<Slot> slots;
  Instant now;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const std::uint64_t draw = mix64(i);
    const std::uint64_t scale = draw % 101 == 0 ? 9'000 : 300;
    now = now + Duration::milliseconds(static_cast<std::int64_t>((draw >> 20) % scale));
    const bool success = (draw >> 50) % 3 != 0;
    control.record(success, now);
    while (!slots.empty() && now - slots.front().begun >= 5_s) slots.pop_front();
    if (slots.empty() || now - slots.back().begun >= 1_s) slots.push_back({now, 0, 0});
    ++slots.back().requests;
    slots.back().succeeded += success;
    std::uint32_t requests = 0;
    std::uint32_t succeeded = 0;
    for (const Slot& slot : slots) {
      requests += slot.requests;
      succeeded += slot.succeeded;
    }
    ASSERT_EQ(control.requests(), requests) << "call " << i;
    ASSERT_EQ(control.succeeded(), succeeded) << "call " << i;
  }
}

}  // namespace
}  // namespace orrery::resilience
