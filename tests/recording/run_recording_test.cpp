// What is written to a recording is what is read from it: whole, growing, cut off, or damaged.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "models/recording/run_reader.h"
#include "tests/recording/random_run.h"
#include "tests/support/temporary_folder.h"

namespace orrery::recording {
namespace {

using namespace orrery::literals;

std::string bytes_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
}

std::unique_ptr<RunReader> open(const std::string& path) {
  auto reader = RunReader::open(path);
  if (!reader) {
    ADD_FAILURE() << reader.error().what;
    std::abort();
  }
  return *std::move(reader);
}

bool same(const Frame& a, const Frame& b) {
  return a.at == b.at && a.values == b.values && a.pods == b.pods && a.nodes == b.nodes;
}

/// The first sample for which the reader says something else; nothing if there is none. A Failure
/// of the reader is no untruth.
std::optional<std::size_t> first_untruth(RunReader& reader, const ExpectedRun& expected) {
  for (std::size_t i = 0; i < expected.frames.size(); ++i) {
    const auto frame = reader.at(expected.frames[i].at);
    if (!frame || frame->at < expected.frames[i].at) continue;  // Lost, which is said.
    if (!same(*frame, expected.frames[i])) return i;
    (void)reader.read_ahead(expected.frames[i].at);
  }
  return std::nullopt;
}

void expect_all(RunReader& reader, const ExpectedRun& expected) {
  EXPECT_EQ(reader.info(), expected.info);
  EXPECT_EQ(reader.scene(), expected.scene);
  ASSERT_EQ(reader.first(), expected.frames.front().at);
  ASSERT_EQ(reader.last(), expected.frames.back().at);
  for (std::size_t i = 0; i < expected.texts.size(); ++i) {
    ASSERT_EQ(reader.text(static_cast<TextId>(i + 1)), expected.texts[i]);
  }
  // Backwards: no chunk may depend on what was read before.
  for (std::size_t i = expected.frames.size(); i-- > 0;) {
    const auto frame = reader.at(expected.frames[i].at + 50_ms);
    ASSERT_TRUE(frame) << frame.error().what;
    ASSERT_TRUE(same(*frame, expected.frames[i])) << "sample " << i;
  }
  const Instant end = *reader.last() + 1_s;
  EXPECT_EQ(reader.events({}, end).value(), expected.events);
  EXPECT_EQ(reader.traces({}, end).value(), expected.traces);
  const auto samples = reader.samples({}, end);
  ASSERT_EQ(samples->at_us.size(), expected.frames.size());
}

TEST(RunRecording, AnyRunIsReadAsItWasWritten) {
  const tests::TemporaryFolder folder;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    RandomRun run{seed, folder.file("run.orrery")};
    for (std::uint64_t i = 0; i < 20 + seed * 5; ++i) run.step();
    expect_all(*open(folder.file("run.orrery")), run.expected());
    ASSERT_TRUE(run.writer().finish());
    const auto reader = open(folder.file("run.orrery"));
    EXPECT_TRUE(reader->complete());
    EXPECT_FALSE(reader->damage());
    expect_all(*reader, run.expected());
  }
}

void finish_after(RandomRun& run, int steps) {
  for (int i = 0; i < steps; ++i) run.step();
  ASSERT_TRUE(run.writer().finish());
}

TEST(RunRecording, WhatWasReadAheadIsWhatIsReadWithout) {
  const tests::TemporaryFolder folder;
  const std::string path = folder.file("run.orrery");
  RandomRun run{5, path};
  finish_after(run, 200);
  const auto& frames = run.expected().frames;
  // In as many parts as there is time for, before time goes on or somebody goes elsewhere.
  for (int parts = 0; parts < 6; ++parts) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{83}}) {
      SCOPED_TRACE(std::to_string(parts) + " parts, by " + std::to_string(step));
      const auto reader = open(path);
      for (std::size_t i = 0; i < frames.size(); ++i) {
        const Frame& expected = frames[i * step % frames.size()];
        const auto frame = reader->at(expected.at);
        ASSERT_TRUE(frame) << frame.error().what;
        ASSERT_TRUE(same(*frame, expected)) << "sample " << i * step % frames.size();
        for (int k = 0; k < parts; ++k) (void)reader->read_ahead(expected.at);
      }
    }
  }
}

TEST(RunRecording, WhatWasReadAheadIsNotReadAgain) {
  const tests::TemporaryFolder folder;
  const std::string path = folder.file("run.orrery");
  RandomRun run{5, path};
  finish_after(run, 200);
  const auto& frames = run.expected().frames;
  const auto reader = open(path);
  const auto without = open(path);
  for (RunReader* one : {reader.get(), without.get()}) ASSERT_TRUE(one->at(frames.front().at));
  std::size_t parts = 0;
  while (reader->read_ahead(frames.front().at)) ++parts;
  EXPECT_EQ(parts, 4U);
  // What is not in memory is gone.
  std::filesystem::resize_file(path, 0);
  const auto known = [&](RunReader& one) {
    std::size_t count = 0;
    while (count < frames.size() && one.at(frames[count].at)) ++count;
    return count;
  };
  const std::size_t of_one_chunk = known(*without);
  ASSERT_LT(of_one_chunk, frames.size());
  EXPECT_GT(known(*reader), of_one_chunk);
}

TEST(RunRecording, TheSameRunIsTheSameBytes) {
  const tests::TemporaryFolder folder;
  for (const char* name : {"a", "b"}) {
    RandomRun run{7, folder.file(name)};
    finish_after(run, 120);
  }
  EXPECT_EQ(bytes_of(folder.file("a")), bytes_of(folder.file("b")));
}

TEST(RunRecording, AWatcherSeesEverySampleAsSoonAsItIsWritten) {
  const tests::TemporaryFolder folder;
  RandomRun run{3, folder.file("run.orrery")};
  const auto watcher = open(folder.file("run.orrery"));
  EXPECT_FALSE(watcher->last());
  for (int i = 0; i < 130; ++i) {
    run.step();
    ASSERT_TRUE(watcher->follow());
    ASSERT_FALSE(watcher->damage()) << watcher->damage()->what;
    const Frame& last = run.expected().frames.back();
    ASSERT_EQ(watcher->last(), last.at);
    ASSERT_TRUE(same(*watcher->at(last.at), last)) << "sample " << i;
    ASSERT_EQ(open(folder.file("run.orrery"))->last(), last.at);
  }
  EXPECT_FALSE(watcher->follow());
  ASSERT_TRUE(run.writer().finish());
  EXPECT_TRUE(watcher->follow());
  EXPECT_TRUE(watcher->complete());
  expect_all(*watcher, run.expected());
}

TEST(RunRecording, WhoeverIsShownSamplesNowAndThenSeesThemAllAndTheBytesAreTheSame) {
  const tests::TemporaryFolder folder;
  RandomRun all{9, folder.file("all")};
  RandomRun some{9, folder.file("some"), false};
  const auto watcher = open(folder.file("some"));
  for (int i = 0; i < 130; ++i) {
    all.step();
    some.step();
    if (i % 7 != 3) continue;
    some.writer().show();
    some.writer().show();  // Of nothing new.
    (void)watcher->follow();
    ASSERT_FALSE(watcher->damage()) << watcher->damage()->what;
    expect_all(*watcher, some.expected());
  }
  ASSERT_TRUE(all.writer().finish());
  ASSERT_TRUE(some.writer().finish());
  EXPECT_EQ(bytes_of(folder.file("all")), bytes_of(folder.file("some")));
}

TEST(RunRecording, WhoeverDoesNotWaitForTheFileGetsTheSameBytes) {
  const tests::TemporaryFolder folder;
  RandomRun waiting{7, folder.file("waiting"), false};
  RandomRun hurried{7, folder.file("hurried"), false};
  for (int i = 0; i < 1'000; ++i) {
    waiting.step();
    waiting.writer().show();
    hurried.step();
    if (i % 3 == 0) hurried.writer().show_soon();
  }
  hurried.writer().show();
  expect_all(*open(folder.file("hurried")), hurried.expected());
  ASSERT_TRUE(waiting.writer().finish());
  ASSERT_TRUE(hurried.writer().finish());
  EXPECT_EQ(bytes_of(folder.file("waiting")), bytes_of(folder.file("hurried")));
}

TEST(RunRecording, AFileThatMayNotGrowIsSaidAtTheEndAndIsThereUpToThen) {
  const tests::TemporaryFolder folder;
  const std::string path = folder.file("run");
  RandomRun run{9, path, false};
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto signal_before = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{20'000, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  for (int i = 0; i < 2'000; ++i) run.step();
  const auto finished = run.writer().finish();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, signal_before);
  ASSERT_FALSE(finished);
  EXPECT_NE(finished.error().what.find("cannot record to " + path), std::string::npos);
  const auto reader = open(path);
  EXPECT_FALSE(reader->complete());
  EXPECT_TRUE(reader->last().has_value());
}

TEST(RunRecording, WithoutItsIndexARecordingIsScanned) {
  const tests::TemporaryFolder folder;
  const std::string path = folder.file("run.orrery");
  RandomRun run{5, path};
  finish_after(run, 130);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - kFootSize);
  const auto reader = open(path);
  EXPECT_FALSE(reader->complete());
  EXPECT_TRUE(reader->damage());
  expect_all(*reader, run.expected());
}

/// Small: every byte of it is tried.
std::string small_run(const std::string& path, bool finished, ExpectedRun& expected) {
  // A seed whose scene has services, edges and a journey.
  RandomRun run{12, path};
  while (run.expected().frames.size() < 4) run.step();
  if (finished) {
    EXPECT_TRUE(run.writer().finish());
  }
  expected = run.expected();
  return bytes_of(path);
}

TEST(RunRecordingDamage, CutOffAnywhereItIsThereUpToTheCut) {
  const tests::TemporaryFolder folder;
  for (const bool finished : {false, true}) {
    ExpectedRun expected;
    const std::string path = folder.file("run.orrery");
    const std::string whole = small_run(path, finished, expected);
    std::optional<Instant> last;
    for (std::size_t size = 0; size < whole.size(); ++size) {
      SCOPED_TRACE(size);
      write(path, whole.substr(0, size));
      const auto reader = RunReader::open(path);
      if (!reader) {
        ASSERT_FALSE(last) << "what could be read with fewer bytes cannot with more";
        ASSERT_FALSE(reader.error().what.empty());
        continue;
      }
      ASSERT_FALSE((*reader)->complete());
      ASSERT_GE((*reader)->last(), last);
      last = (*reader)->last();
      ASSERT_EQ(first_untruth(**reader, expected), std::nullopt);
      if (finished && last == expected.frames.back().at) continue;
      const bool said = (*reader)->damage().has_value();
      const bool at_end_of_block = !said;
      if (at_end_of_block) continue;
      ASSERT_LE((*reader)->damage()->offset, size);
    }
    ASSERT_TRUE(last) << "some of it can be read before all of it";
  }
}

TEST(RunRecordingDamage, NoFlippedBitBecomesAnUntruth) {
  const tests::TemporaryFolder folder;
  for (const bool finished : {false, true}) {
    ExpectedRun expected;
    const std::string path = folder.file("run.orrery");
    const std::string whole = small_run(path, finished, expected);
    const Instant end = expected.frames.back().at + 1_s;
    for (std::size_t at = 0; at < whole.size(); ++at) {
      SCOPED_TRACE(at);
      std::string broken = whole;
      broken[at] = static_cast<char>(broken[at] ^ (1 << (at % 8)));
      write(path, broken);
      const auto reader = RunReader::open(path);
      if (!reader) continue;
      ASSERT_EQ(first_untruth(**reader, expected), std::nullopt);
      const auto events = (*reader)->events({}, end);
      const bool all_events = events && *events == expected.events;
      const bool lost = !events || (*reader)->last() < expected.frames.back().at;
      ASSERT_TRUE(all_events || lost);
      (void)(*reader)->traces({}, end);
      (void)(*reader)->series(0, {}, end, 10);
    }
  }
}

TEST(RunRecordingDamage, AFileOfAnotherKindOrVersionIsRefusedInWords) {
  const tests::TemporaryFolder folder;
  const std::string path = folder.file("run.orrery");
  write(path, "SQLite format 3");
  EXPECT_NE(RunReader::open(path).error().what.find("is no recording"), std::string::npos);
  ExpectedRun expected;
  std::string bytes = small_run(path, true, expected);
  bytes[kFileMagic.size()] = 9;
  write(path, bytes);
  EXPECT_NE(RunReader::open(path).error().what.find("version 9"), std::string::npos);
  EXPECT_FALSE(RunReader::open(folder.file("absent")));
}

// Written by a program whose format had seven fields of a route: ninety seconds in which one of ten
// pods is ejected twice.
TEST(RunRecording, OfTheVersionBeforeIsReadAndLacksWhatThatOneDidNotHave) {
  const auto reader = open("tests/recording/version-4.orrery");
  EXPECT_TRUE(reader->complete());
  EXPECT_FALSE(reader->damage());
  ASSERT_EQ(reader->last(), Instant::at(90_s));
  ASSERT_EQ(reader->scene().routes.size(), 1U);
  const ColumnMap& map = reader->columns();
  const auto samples = *reader->samples({}, Instant::at(91_s));
  ASSERT_EQ(samples.at_us.size(), 901U);
  ASSERT_EQ(samples.values.size(), samples.at_us.size() * map.count());
  std::vector<std::int64_t> totals(kPolicyFieldCount);
  for (std::size_t at = 0; at < samples.values.size(); at += map.count()) {
    for (std::uint32_t field = 0; field < kPolicyFieldCount; ++field) {
      totals[field] += samples.values[at + map.of(0, static_cast<PolicyField>(field))];
    }
  }
  EXPECT_EQ(totals, (std::vector<std::int64_t>{6869, 6869, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0}));
  const auto series = [&](PolicyField field) {
    return *reader->series(map.of(0, field), {}, Instant::at(90_s), 91);
  };
  double calls = 0;
  double kept_out = 0;
  const auto calls_by_second = series(PolicyField::Calls);
  const auto kept_out_by_second = series(PolicyField::KeptOut);
  for (const SeriesPoint& point : calls_by_second) calls += point.mean;
  for (const SeriesPoint& point : kept_out_by_second) kept_out += point.max;
  EXPECT_NEAR(calls, 6869, 1);
  EXPECT_EQ(kept_out, 0);
  const auto frame = *reader->at(Instant::at(90_s));
  EXPECT_EQ(frame.pods.size(), 10U);
  for (const auto& [name, state] : frame.pods) EXPECT_TRUE(state.ready && state.kept_out_by == 0);
}

// --- Series -------------------------------------------------------------------------------------

/// One service that 3 + (second % 2) requests a sample reach, for so many seconds.
void steady_run(const std::string& path, std::int64_t seconds, bool finish) {
  Scene scene{{"shop/cart"}, {{kOutside, 0}}, {}};
  auto writer = *RunWriter::create(path, RunInfo{}, scene);
  const ColumnMap& map = writer->columns();
  SampleValues values{map.count()};
  for (std::int64_t i = 1; i <= seconds * 10; ++i) {
    const std::int64_t count = 3 + (i - 1) / 10 % 2;
    for (const RowKind kind : {RowKind::Edge, RowKind::Service}) {
      values.set(map.of(kind, 0, CallField::Started), count);
      values.set(map.of(kind, 0, CallField::Ok), count);
      values.set(map.of(kind, 0, CallField::P50), latency_value(100));
    }
    values.set(map.of(ClusterField::Pods), i);
    writer->sample(Instant::at(Duration::milliseconds(100 * i)), values);
    writer->show();
  }
  if (finish) {
    EXPECT_TRUE(writer->finish());
  }
}

TEST(RunSeries, EveryLevelTellsTheSame) {
  const tests::TemporaryFolder folder;
  for (const bool finish : {true, false}) {
    steady_run(folder.file("run"), 127, finish);
    const auto reader = open(folder.file("run"));
    const Instant end = *reader->last() + 1_s;
    const std::size_t ok = reader->columns().of(RowKind::Service, 0, CallField::Ok);
    for (const std::size_t points : {2000U, 500U, 127U, 60U, 13U, 5U, 3U, 1U}) {
      SCOPED_TRACE(points);
      const auto series = reader->series(ok, {}, end, points);
      ASSERT_TRUE(series);
      ASSERT_LE(series->size(), points);
      double total = 0;
      Instant until;
      for (const SeriesPoint& point : *series) {
        EXPECT_EQ(point.from, until) << "stretches follow each other";
        until = point.from + point.length;
        EXPECT_GE(point.mean, point.min);
        EXPECT_LE(point.mean, point.max);
        total += point.mean * to_seconds(std::min(until, *reader->last()) - point.from);
      }
      if (points < 3) continue;  // Means of stretches of unequal lengths.
      EXPECT_NEAR(total, 64 * 30 + 63 * 40, 1e-6) << "requests in 127 s";
    }
    const auto minutes = reader->series(ok, {}, end, 3);
    ASSERT_EQ(minutes->size(), 3U);
    EXPECT_EQ(minutes->at(0).length, 60_s);
    EXPECT_DOUBLE_EQ(minutes->at(0).min, 30);
    EXPECT_DOUBLE_EQ(minutes->at(0).max, 40);
    EXPECT_DOUBLE_EQ(minutes->at(0).mean, 35);
    const std::size_t p50 = reader->columns().of(RowKind::Service, 0, CallField::P50);
    EXPECT_DOUBLE_EQ(reader->series(p50, {}, end, 3)->at(1).mean,
                     to_seconds(latency_of(latency_value(100))));
    const auto pods = reader->series(reader->columns().of(ClusterField::Pods), {}, end, 3);
    EXPECT_DOUBLE_EQ(pods->at(1).max, 1200);
  }
}

TEST(RunSeries, AShortStretchIsShownSampleBySample) {
  const tests::TemporaryFolder folder;
  steady_run(folder.file("run"), 30, true);
  const auto reader = open(folder.file("run"));
  const std::size_t pods = reader->columns().of(ClusterField::Pods);
  const auto series = reader->series(pods, Instant::at(12_s), Instant::at(14_s), 100);
  ASSERT_EQ(series->size(), 20U);
  EXPECT_EQ(series->front().from, Instant::at(12_s));
  EXPECT_DOUBLE_EQ(series->front().mean, 121);
}

}  // namespace
}  // namespace orrery::recording
