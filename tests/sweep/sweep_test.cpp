#include "runner/sweep/sweep.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "runner/sweep/results_file.h"

namespace orrery::sweep {
namespace {

namespace fs = std::filesystem;

TEST(Points, AreAllCombinationsWithTheZippedParametersInStep) {
  scenario::Sweep sweep;
  sweep.grid = {{"a", {"1", "2"}}, {"b", {"3", "4"}}};
  sweep.zip = {{"c", {"5", "6"}}, {"d", {"7", "8"}}};
  const std::vector<Point> points = points_of(sweep);
  ASSERT_EQ(points.size(), 8U);
  EXPECT_EQ(points[0], (Point{{"a", "1"}, {"b", "3"}, {"c", "5"}, {"d", "7"}}));
  EXPECT_EQ(points[1], (Point{{"a", "1"}, {"b", "3"}, {"c", "6"}, {"d", "8"}}));
  EXPECT_EQ(points[7], (Point{{"a", "2"}, {"b", "4"}, {"c", "6"}, {"d", "8"}}));
}

class SweepFile : public testing::Test {
 protected:
  SweepFile() : path_{(fs::temp_directory_path() / "orrery-sweep-test.db").string()} { clear(); }
  ~SweepFile() override { clear(); }
  void clear() {
    for (const char* end : {"", "-wal", "-shm"}) fs::remove(path_ + end);
  }
  std::string path_;
};

TEST_F(SweepFile, KeepsRunsAndRefusesAnotherSweep) {
  const std::vector<Point> points = {{{"load", "\"1/s\""}}, {{"load", "\"2/s\""}}};
  {
    auto file = ResultsFile::open(path_, "one", "digest", points);
    ASSERT_TRUE(file) << file.error().what;
    RunRows rows;
    rows.point = 1;
    rows.seed = 7;
    rows.fingerprint = "f";
    rows.figures = {{"service a p99", "s", 0.25}};
    rows.expectations = {{"front", "pass", 0.999}, {"rolled", "inconclusive", std::nullopt}};
    ASSERT_TRUE(file->add(rows));
    EXPECT_FALSE(file->add(rows)) << "the same run twice";
  }
  auto again = ResultsFile::open(path_, "one", "digest", points);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->runs()->count({1, 7}), 1U);
  EXPECT_EQ(*again->points(), points);
  const auto rows = *again->rows();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].figures[0].value, 0.25);
  EXPECT_FALSE(rows[0].expectations[1].observed);
  EXPECT_FALSE(ResultsFile::open(path_, "two", "another", points));
}

TEST_F(SweepFile, IsALongTableWithOneLinePerFigure) {
  {
    auto file = ResultsFile::open(path_, "one", "digest", {{{"load, all", "\"1/s\""}}});
    ASSERT_TRUE(file);
    RunRows rows;
    rows.seed = 3;
    rows.figures = {{"service a p99", "s", 0.25}, {"workload b least available", "pods", 2}};
    ASSERT_TRUE(file->add(rows));
  }
  EXPECT_EQ(*csv_long(path_),
            "point,seed,\"load, all\",figure,unit,value\n"
            "0,3,1/s,service a p99,s,0.25\n"
            "0,3,1/s,workload b least available,pods,2\n");
}

TEST_F(SweepFile, ThatIsNoneIsRefused) {
  EXPECT_FALSE(csv_long(path_)) << "missing";
  std::ofstream{path_} << "not a database, but long enough to be looked at as if it were one";
  EXPECT_FALSE(csv_long(path_));
  EXPECT_FALSE(ResultsFile::open(path_, "one", "digest", {}));
}

TEST_F(SweepFile, ASweepGoesOnWhereItStopped) {
  const std::string file = "scenarios/live/two-pods.json";
  auto reading = scenario::read_scenario(file);
  ASSERT_TRUE(reading.scenario);
  scenario::Scenario scenario = *reading.scenario;
  scenario.sweep.grid = {{"services.web.concurrency", {"8", "64"}}};
  SweepOrder order;
  order.scenario = file;
  order.results = path_;
  order.last_seed = 1;
  order.parallel = 2;
  std::vector<api::Problem> problems;
  const auto first = run_sweep(order, scenario, problems);
  ASSERT_TRUE(first) << first.error().what;
  order.last_seed = 2;
  std::vector<std::uint64_t> told;
  order.progress = [&](std::uint64_t done, std::uint64_t) { told.push_back(done); };
  ASSERT_TRUE(run_sweep(order, scenario, problems));
  // Two of four runs were there already.
  EXPECT_EQ(told, (std::vector<std::uint64_t>{2, 3, 4}));
  EXPECT_EQ(ResultsFile::read(path_)->runs()->size(), 4U);
}

}  // namespace
}  // namespace orrery::sweep
