// Calls noted down, and counted later: notes, the columns of samples, percentiles of a second.
#include "models/recording/call_tally.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "models/base/random.h"
#include "models/recording/run_reader.h"
#include "models/recording/run_writer.h"
#include "tests/recording/random_run.h"
#include "tests/support/temporary_folder.h"

namespace orrery::recording {
namespace {

TEST(CallNotes, AreReadAsTheyWereWritten) {
  CallNotes notes;
  std::vector<CallNote> written;
  const std::array<Duration, 3> latencies{Duration{}, Duration::milliseconds(3),
                                          Duration::nanoseconds(INT64_MAX)};
  for (const std::uint32_t row : {0U, 1U, 131'071U, 131'072U, 5U, 4'000'000'000U, 7U}) {
    notes.began(row);
    notes.retried(row);
    notes.forgotten(row);
    for (const CallEvent event : {CallEvent::Began, CallEvent::Retried, CallEvent::Forgotten}) {
      written.push_back({row, event, 0, 0});
    }
    for (std::uint8_t outcome = 0; outcome < kOutcomeCount; ++outcome) {
      const Duration latency = latencies[outcome % latencies.size()];
      notes.ended(row, outcome, latency);
      written.push_back({row, CallEvent::Ended, outcome, latency_bucket(latency)});
    }
  }
  std::size_t next = 0;
  notes.each(0, notes.size(), [&](const CallNote& note) {
    SCOPED_TRACE(next);
    ASSERT_LT(next, written.size());
    const CallNote& expected = written[next++];
    EXPECT_EQ(note.row, expected.row);
    EXPECT_EQ(note.event, expected.event);
    EXPECT_EQ(note.outcome, expected.outcome);
    EXPECT_EQ(note.bucket, expected.bucket);
  });
  EXPECT_EQ(next, written.size());
}

TEST(CallNotes, AreFullBeforeANoteOfTwoWordsHasNoRoom) {
  CallNotes notes;
  notes.began(0);
  while (!notes.full()) notes.began(200'000);
  EXPECT_LE(notes.size(), CallNotes::kWords);
  EXPECT_GE(notes.size() + 1, CallNotes::kWords);
  notes.clear();
  EXPECT_FALSE(notes.full());
  EXPECT_EQ(notes.size(), 0U);
}

Scene small_scene() {
  Scene scene;
  scene.services = {"shop/a", "shop/b"};
  scene.edges = {{kOutside, 0}, {0, 1}, {kOutside, 1}};
  scene.journeys = {"buy"};
  return scene;
}

/// What a recording of `samples` samples must say, counted the slow way, and the recording itself.
/// `notes`: per sample at most; some seconds have none.
void expect_counts(std::uint64_t seed, int samples, std::uint64_t notes) {
  const Scene scene = small_scene();
  const tests::TemporaryFolder folder;
  const std::string path = folder.path() + "/run.orrery";
  const auto writer = *RunWriter::create(path, {}, scene);
  const ColumnMap& map = writer->columns();
  Dice dice{seed};
  SampleValues nothing{map.count()};
  std::vector<std::int64_t> expected(map.count());
  std::vector<std::vector<std::int64_t>> all;
  std::map<std::size_t, std::vector<std::uint32_t>> seconds;
  const auto rows_of = [&](std::uint32_t row) {
    std::vector<std::size_t> rows{row};
    if (row < scene.edges.size()) rows.push_back(scene.edges.size() + scene.edges[row].to);
    return rows;
  };
  const auto at = [&](CallField field, std::size_t row) -> std::int64_t& {
    return expected[static_cast<std::size_t>(field) * map.rows() + row];
  };
  for (int sample = 1; sample <= samples; ++sample) {
    for (std::size_t c = 0; c < map.count(); ++c) {
      if (map.is_count(c)) expected[c] = 0;
    }
    const bool quiet = sample / 10 % 3 == 1;
    for (std::uint64_t i = quiet ? 0 : dice.below(notes + 1); i > 0; --i) {
      // An edge, or the journey; services have no notes of their own.
      const auto row = static_cast<std::uint32_t>(dice.below(4) == 3 ? 5 : dice.below(3));
      const std::uint64_t what = dice.below(kOutcomeCount + 3);
      const auto latency = Duration::microseconds(static_cast<std::int64_t>(dice.below(50'000)));
      if (what < kOutcomeCount) {
        writer->calls().ended(row, static_cast<std::uint8_t>(what), latency);
      } else if (what == kOutcomeCount) {
        writer->calls().began(row);
      } else if (what == kOutcomeCount + 1) {
        writer->calls().retried(row);
      } else {
        writer->calls().forgotten(row);
      }
      for (const std::size_t r : rows_of(row)) {
        if (what < kOutcomeCount) {
          ++at(static_cast<CallField>(1 + what), r);
          --at(CallField::InFlight, r);
          seconds[r].push_back(latency_bucket(latency));
        } else if (what == kOutcomeCount) {
          ++at(CallField::Started, r);
          ++at(CallField::InFlight, r);
        } else if (what == kOutcomeCount + 1) {
          ++at(CallField::Retries, r);
        } else {
          ++at(CallField::Forgotten, r);
          --at(CallField::InFlight, r);
        }
      }
    }
    if (sample % 10 == 0) {
      for (std::size_t r = 0; r < map.rows(); ++r) {
        std::vector<std::uint32_t>& seen = seconds[r];
        std::sort(seen.begin(), seen.end());
        for (const auto& [field, percent] :
             {std::pair{CallField::P50, 50U}, {CallField::P95, 95U}, {CallField::P99, 99U}}) {
          std::size_t rank = 1;
          while (rank * 100 < percent * seen.size()) ++rank;
          at(field, r) = seen.empty() ? 0 : latency_value(seen[rank - 1]);
        }
        seen.clear();
      }
    }
    writer->sample(Instant::at(Duration::milliseconds(100 * sample)), nothing);
    nothing.begin_period([](std::size_t) { return false; });
    all.push_back(expected);
  }
  ASSERT_TRUE(writer->finish());
  const auto reader = *RunReader::open(path);
  for (int sample = 1; sample <= samples; ++sample) {
    const auto frame = reader->at(Instant::at(Duration::milliseconds(100 * sample)));
    ASSERT_TRUE(frame);
    ASSERT_EQ(frame->values, all[static_cast<std::size_t>(sample) - 1]) << sample;
  }
}

TEST(CallTally, ASampleHasWhatWasNotedInItsPeriod) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    expect_counts(seed, 95, 40);
  }
}

TEST(CallTally, APeriodMayHaveMoreNotesThanABatch) { expect_counts(9, 12, 3 * CallNotes::kWords); }

TEST(SecondLatencies, PercentilesAreThoseOfTheNearestRank) {
  SecondLatencies seen;
  SecondLatencies both;
  for (std::uint64_t round = 0; round < 200; ++round) {
    SCOPED_TRACE(round);
    std::vector<std::uint32_t> buckets;
    seen.clear();
    both.clear();
    SecondLatencies other;
    const std::uint64_t count = 1 + mix64(round) % 300;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t bits = mix64(round * 1'000 + i);
      const Duration latency =
          Duration::nanoseconds(static_cast<std::int64_t>(mix64(bits) >> (10 + bits % 50)));
      buckets.push_back(latency_bucket(latency));
      (i % 3 == 0 ? other : seen).add(latency_bucket(latency));
    }
    both.add(seen);
    both.add(other);
    ASSERT_EQ(both.count(), count);
    std::sort(buckets.begin(), buckets.end());
    const auto found = both.percentiles();
    const std::array<std::uint64_t, 3> percents{50, 95, 99};
    for (std::size_t i = 0; i < percents.size(); ++i) {
      std::size_t rank = 1;  // The least that so many percent do not lie above.
      while (rank * 100 < percents[i] * count) ++rank;
      ASSERT_EQ(found[i], buckets[rank - 1]) << percents[i];
    }
  }
}

}  // namespace
}  // namespace orrery::recording
