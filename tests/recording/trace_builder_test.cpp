// Followed journeys, noted down as they happen and put together later.
#include "models/recording/trace_builder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "models/recording/run_reader.h"
#include "models/recording/run_writer.h"
#include "models/recording/trace_notes.h"
#include "tests/recording/noted_trace.h"
#include "tests/recording/random_run.h"
#include "tests/support/temporary_folder.h"

namespace orrery::recording {
namespace {

Instant us(std::int64_t us) { return Instant::at(Duration::microseconds(us)); }

TryEnd from_to(std::int64_t start_us, std::int64_t end_us) {
  TryEnd end;
  end.start = us(start_us);
  end.end = us(end_us);
  return end;
}

std::vector<std::uint32_t> parents(const Trace& trace) {
  std::vector<std::uint32_t> all;
  for (const Span& span : trace.spans) all.push_back(span.parent);
  return all;
}

/// What it was told, as text.
struct Told {
  void say(const std::string& what, std::uint32_t place, std::uint64_t more) {
    all.push_back(what + " " + std::to_string(place) + " " + std::to_string(more));
  }
  void journey_began(std::uint32_t place, std::uint64_t key) { say("journey", place, key); }
  void try_began(std::uint32_t place, std::uint32_t above) { say("try", place, above); }
  void stands_for(std::uint32_t place, std::uint32_t other) { say("stands for", place, other); }
  void work_began(std::uint32_t place, Instant at) {
    say("works", place, static_cast<std::uint64_t>(at.count_ns()));
  }
  void try_ended(std::uint32_t place, const TryEnd& end) {
    say("over", place, 0);
    tries.push_back(end);
  }
  void journey_ended(std::uint32_t place, const JourneyEnd& end) {
    say("journey over", place, 0);
    journeys.push_back(end);
  }
  std::vector<std::string> all;
  std::vector<TryEnd> tries;
  std::vector<JourneyEnd> journeys;
};

TEST(TraceNotes, AreReadAsTheyWereWritten) {
  const TryEnd a_try{4'000'000'000,
                     3'999'999'999,
                     3'999'999'998,
                     Instant::at(Duration{}),
                     Instant::at(Duration::nanoseconds(INT64_MAX)),
                     10,
                     255};
  const JourneyEnd a_journey{4'000'000'001, us(7), Instant::at(Duration::nanoseconds(INT64_MAX)),
                             9};
  TraceNotes notes;
  notes.journey_began(4'294'967'294, 0xffff'ffff'ffff'ffff);
  notes.try_began(5, 4'294'967'294);
  notes.stands_for(6, 5);
  const std::size_t half = notes.size();
  notes.work_began(6, us(3));
  notes.try_ended(6, a_try);
  notes.journey_ended(4'294'967'294, a_journey);
  Told told;
  notes.each(0, half, told);
  EXPECT_EQ(told.all, (std::vector<std::string>{"journey 4294967294 18446744073709551615",
                                                "try 5 4294967294", "stands for 6 5"}));
  told.all.clear();
  notes.each(half, notes.size(), told);
  EXPECT_EQ(told.all,
            (std::vector<std::string>{"works 6 3000", "over 6 0", "journey over 4294967294 0"}));
  EXPECT_EQ(told.tries, std::vector{a_try});
  EXPECT_EQ(told.journeys, std::vector{a_journey});
}

TEST(TraceNotes, AreFullBeforeTheLongestHasNoRoom) {
  TraceNotes notes;
  while (!notes.full()) notes.try_ended(1, {});
  EXPECT_LE(notes.size(), TraceNotes::kWords);
  notes.clear();
  EXPECT_FALSE(notes.full());
  EXPECT_EQ(notes.size(), 0U);
}

TEST(TraceBuilder, SpansStandByStartParentsFirst) {
  TraceBuilder builder;
  builder.journey_began(0, 77);
  builder.try_began(1, 0);
  builder.try_began(2, 1);
  builder.try_began(3, 0);
  builder.work_began(2, us(15));
  builder.try_ended(2, from_to(10, 20));
  builder.try_ended(3, from_to(5, 20));
  builder.try_ended(1, from_to(10, 30));
  builder.journey_ended(0, {2, us(4), us(40), 1});
  ASSERT_EQ(builder.over().size(), 1U);
  const Trace& trace = builder.over()[0];
  EXPECT_EQ(trace.key, 77U);
  EXPECT_EQ(trace.journey, 2U);
  EXPECT_EQ(trace.start, us(4));
  EXPECT_EQ(trace.length, Duration::microseconds(36));
  EXPECT_EQ(trace.outcome, 1);
  EXPECT_EQ(parents(trace), (std::vector<std::uint32_t>{Span::kJourney, Span::kJourney, 1}));
  EXPECT_EQ(trace.spans[0].start, Duration::microseconds(1));
  EXPECT_EQ(trace.spans[1].length, Duration::microseconds(20));
  EXPECT_EQ(trace.spans[1].wait, Span::kNever);
  EXPECT_EQ(trace.spans[2].wait, Duration::microseconds(5));
  builder.clear_over();
  EXPECT_TRUE(builder.over().empty());
}

TEST(TraceBuilder, WhatAnOpenCallerDidBelongsToTheNextAboveIt) {
  TraceBuilder builder;
  builder.journey_began(0, 1);
  builder.try_began(1, 0);
  builder.try_began(2, 1);
  builder.try_began(3, 2);
  builder.try_ended(3, from_to(20, 30));
  builder.try_ended(1, from_to(0, 40));
  builder.journey_ended(0, {0, us(0), us(40), 0});
  ASSERT_EQ(builder.over().size(), 1U);
  EXPECT_EQ(parents(builder.over()[0]), (std::vector<std::uint32_t>{Span::kJourney, 0}));
}

TEST(TraceBuilder, WhatHappensOnceTheUserHasLeftIsOfNobody) {
  TraceBuilder builder;
  builder.journey_began(0, 1);
  builder.try_began(1, 0);
  builder.journey_ended(0, {0, us(0), us(10), 4});
  // The place of the journey is another's meanwhile.
  builder.journey_began(0, 2);
  builder.try_began(2, 1);
  builder.work_began(2, us(12));
  builder.try_ended(2, from_to(11, 13));
  builder.try_ended(1, from_to(5, 14));
  builder.journey_ended(1, {});
  builder.journey_ended(9, {});
  builder.journey_ended(0, {0, us(0), us(20), 0});
  ASSERT_EQ(builder.over().size(), 2U);
  EXPECT_EQ(builder.over()[0].key, 1U);
  EXPECT_TRUE(builder.over()[0].spans.empty());
  EXPECT_EQ(builder.over()[1].key, 2U);
  EXPECT_TRUE(builder.over()[1].spans.empty());
}

TEST(TraceBuilder, WhatStandsForACallerOrATryIsThatOne) {
  TraceBuilder builder;
  builder.journey_began(0, 1);
  builder.try_began(1, 0);
  builder.stands_for(5, 1);
  builder.try_began(6, 5);  // As one of 1.
  builder.stands_for(7, 6);
  builder.try_began(6, 0);  // The place of what moved on to 7.
  builder.try_ended(7, from_to(2, 3));
  builder.try_ended(1, from_to(1, 4));
  builder.journey_ended(0, {0, us(0), us(4), 0});
  ASSERT_EQ(builder.over().size(), 1U);
  EXPECT_EQ(parents(builder.over()[0]), (std::vector<std::uint32_t>{Span::kJourney, 0}));
}

/// Journeys that go on at a time, noted in turn; and what comes of them, worked out the slow way.
class Journeys {
 public:
  Journeys(std::uint64_t seed, RunWriter& writer) : dice_{seed}, writer_{writer} {}

  void step(std::int64_t now_us) {
    const std::uint64_t what = dice_.below(10);
    if (open_.empty() || (what == 0 && open_.size() < 20)) return begin(now_us);
    Journey& journey = open_[dice_.below(open_.size())];
    if (what <= 4) return begin_try(journey, now_us);
    if (what <= 7) return change_try(journey, now_us);
    if (what == 8) return end(journey, now_us);
  }
  [[nodiscard]] const std::vector<Trace>& over() const { return over_; }

 private:
  struct Call {
    std::size_t above = 0;
    std::uint32_t depth = 0;
    std::uint32_t place = 0;
    std::int64_t start_us = 0;
    std::optional<std::int64_t> work;
    std::optional<TryEnd> end;
  };
  struct Journey {
    std::uint64_t key = 0;
    std::int64_t start_us = 0;
    std::vector<Call> calls;
  };

  std::uint32_t take_place() {
    std::uint32_t place = 0;
    do place = static_cast<std::uint32_t>(dice_.below(400));
    while (!places_.insert(place).second);
    return place;
  }
  void begin(std::int64_t now_us) {
    Journey journey{mix64(++begun_), now_us, {}};
    journey.calls.push_back({0, 0, take_place(), 0, {}, {}});
    writer_.traces().journey_began(journey.calls[0].place, journey.key);
    open_.push_back(std::move(journey));
  }
  void begin_try(Journey& journey, std::int64_t now_us) {
    if (journey.calls.size() > 15) return;
    Call call;
    call.above = dice_.below(journey.calls.size());
    call.depth = journey.calls[call.above].depth + 1;
    call.start_us = now_us;
    call.place = take_place();
    writer_.traces().try_began(call.place, journey.calls[call.above].place);
    if (dice_.below(8) == 0) {  // It moves.
      const std::uint32_t to = take_place();
      writer_.traces().stands_for(to, call.place);
      places_.erase(call.place);
      call.place = to;
    }
    journey.calls.push_back(call);
  }
  void change_try(Journey& journey, std::int64_t now_us) {
    Call& call = journey.calls[dice_.below(journey.calls.size())];
    if (call.depth == 0) return;
    if (dice_.often()) {
      call.work = now_us;
      writer_.traces().work_began(call.place, us(now_us));
      return;
    }
    const auto some = [&](std::uint64_t bound) {
      return static_cast<std::uint32_t>(dice_.below(bound));
    };
    call.end = {some(5),
                0,
                0,
                us(call.start_us),
                us(now_us + 5),
                static_cast<std::uint8_t>(some(11)),
                static_cast<std::uint8_t>(some(3))};
    writer_.traces().try_ended(call.place, *call.end);
  }
  void end(Journey& journey, std::int64_t now_us) {
    const auto outcome = static_cast<std::uint8_t>(dice_.below(kOutcomeCount));
    const JourneyEnd end{0, us(journey.start_us), us(now_us), outcome};
    writer_.traces().journey_ended(journey.calls[0].place, end);
    Trace trace{journey.key, 0, end.start, end.end - end.start, outcome, {}};
    std::vector<std::size_t> order;
    for (std::size_t i = 1; i < journey.calls.size(); ++i) {
      if (journey.calls[i].end) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const Call& one = journey.calls[a];
      const Call& other = journey.calls[b];
      return std::tuple{one.end->start, one.depth} < std::tuple{other.end->start, other.depth};
    });
    for (const std::size_t i : order) {
      const Call& call = journey.calls[i];
      std::size_t above = call.above;
      while (above != 0 && !journey.calls[above].end) above = journey.calls[above].above;
      const auto parent = std::find(order.begin(), order.end(), above);
      Span span;
      if (parent != order.end()) {
        span.parent = static_cast<std::uint32_t>(parent - order.begin());
      }
      span.edge = call.end->edge;
      span.start = call.end->start - trace.start;
      if (call.work) span.wait = us(*call.work) - call.end->start;
      span.length = call.end->end - call.end->start;
      span.outcome = call.end->outcome;
      span.attempt = call.end->attempt;
      trace.spans.push_back(span);
    }
    over_.push_back(std::move(trace));
    for (const Call& call : journey.calls) places_.erase(call.place);
    journey = open_.back();
    open_.pop_back();
  }

  Dice dice_;
  RunWriter& writer_;
  std::uint64_t begun_ = 0;
  std::vector<Journey> open_;
  std::set<std::uint32_t> places_;
  std::vector<Trace> over_;
};

TEST(TraceBuilder, ARecordingHasTheJourneysThatWereNoted) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(seed);
    const tests::TemporaryFolder folder;
    const std::string path = folder.path() + "/run.orrery";
    Scene scene;
    scene.services = {"shop/a"};
    scene.edges.assign(5, {kOutside, 0});
    scene.journeys = {"buy"};
    const auto writer = *RunWriter::create(path, {}, scene);
    SampleValues nothing{writer->columns().count()};
    Journeys journeys{seed, *writer};
    std::int64_t now_us = 0;
    std::size_t sampled = 0;
    for (std::int64_t sample = 1; sample <= 60; ++sample) {
      // Some periods have more than a batch has room for.
      for (int i = sample % 20 == 0 ? 20'000 : 300; i > 0; --i) {
        now_us += i % 8 == 0 ? 1 : 0;
        journeys.step(now_us);
      }
      now_us = std::max(now_us + 1, sample * 100'000);
      writer->sample(us(now_us), nothing);
      nothing.begin_period([](std::size_t) { return false; });
      sampled = journeys.over().size();
    }
    // What nobody samples any more is not written.
    for (int i = 0; i < 100; ++i) journeys.step(now_us + 10);
    ASSERT_TRUE(writer->finish());
    const auto reader = *RunReader::open(path);
    auto read = reader->traces({}, us(now_us + 1'000'000));
    ASSERT_TRUE(read) << read.error().what;
    std::vector<Trace> traces = *std::move(read);
    std::vector<Trace> expected{journeys.over().begin(),
                                journeys.over().begin() + static_cast<std::ptrdiff_t>(sampled)};
    ASSERT_GT(sampled, 200U);
    const auto by_key = [](const Trace& a, const Trace& b) { return a.key < b.key; };
    std::sort(traces.begin(), traces.end(), by_key);
    std::sort(expected.begin(), expected.end(), by_key);
    ASSERT_EQ(traces.size(), expected.size());
    for (std::size_t i = 0; i < traces.size(); ++i) ASSERT_EQ(traces[i], expected[i]) << i;
  }
}

}  // namespace
}  // namespace orrery::recording
