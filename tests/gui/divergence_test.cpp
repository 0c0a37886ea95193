#include "gui/model/divergence.h"

#include <gtest/gtest.h>

#include "models/recording/run_writer.h"
#include "tests/gui/recorded.h"

namespace orrery::gui {
namespace {

std::unique_ptr<RecordedRun> whole(const std::string& path) {
  auto run = RecordedRun::open(path);
  if (!run) return nullptr;
  while ((*run)->take_more().value_or(false)) {
  }
  return *std::move(run);
}

std::optional<Divergence> parting(const RecordedRun& a, const RecordedRun& b) {
  DivergenceSearch search{a, b};
  while (search.look_on().value_or(false)) {
  }
  return search.found();
}

/// Front calls db ten times in each of 100 samples, and once more in one of them.
std::string calls_recording(const char* file, std::vector<std::string> services, int more_at) {
  const std::string path = test::path_of(file);
  recording::Scene scene;
  const std::uint32_t front = services[0] == "shop/front" ? 0 : 1;
  scene.services = std::move(services);
  scene.edges = {{recording::kOutside, front}, {front, 1 - front}};
  auto writer = recording::RunWriter::create(path, {}, scene);
  if (!writer) return {};
  const recording::ColumnMap& map = (*writer)->columns();
  recording::SampleValues values{map.count()};
  for (int i = 1; i <= 100; ++i) {
    values.set(map.of(recording::RowKind::Edge, 1, recording::CallField::Started),
               i == more_at ? 11 : 10);
    (*writer)->sample(Instant::at(Duration::milliseconds(100) * i), values);
  }
  return (*writer)->finish() ? path : std::string{};
}

TEST(Divergence, ARunDoesNotPartFromItself) {
  const auto a = whole(test::recording_path().toStdString());
  const auto b = whole(test::recording_path().toStdString());
  EXPECT_FALSE(parting(*a, *b));
}

TEST(Divergence, RunsPartAtTheFirstEventThatOneOfThemLacks) {
  const auto a = whole(test::recording_path().toStdString());
  const auto b = whole(test::breaker_recording_path().toStdString());
  const auto found = parting(*a, *b);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->at, Instant::at(Duration::milliseconds(60'010)));
  EXPECT_EQ(found->event, 3U);
  EXPECT_TRUE(found->in_a);
  const auto swapped = parting(*b, *a);
  ASSERT_TRUE(swapped);
  EXPECT_FALSE(swapped->in_a);
}

TEST(Divergence, RunsPartAtTheFirstSampleWithOtherCallsWhateverTheOrderOfServices) {
  const auto a = whole(calls_recording("a.orrery", {"shop/front", "shop/db"}, 0));
  const auto same = whole(calls_recording("same.orrery", {"shop/db", "shop/front"}, 0));
  const auto other = whole(calls_recording("other.orrery", {"shop/db", "shop/front"}, 73));
  EXPECT_FALSE(parting(*a, *same));
  const auto found = parting(*a, *other);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->at, Instant::at(Duration::milliseconds(7'300)));
  EXPECT_EQ(found->service, 1U) << "db, as A numbers it";
}

}  // namespace
}  // namespace orrery::gui
