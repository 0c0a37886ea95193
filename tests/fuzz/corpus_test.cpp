#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "models/api/reading.h"
#include "models/recording/run_blocks.h"
#include "models/recording/run_reader.h"
#include "runner/control/ordered_scenario.h"
#include "runner/scenario/reading.h"
#include "tests/fuzz/targets.h"

namespace orrery::fuzz {
namespace {

namespace fs = std::filesystem;

std::string text_of_file(const fs::path& path) {
  std::ifstream stream{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
}

/// Every input of the repository that a reader is given somewhere.
std::vector<fs::path> corpus() {
  std::vector<fs::path> files;
  for (const char* root : {"tests/golden", "tests/fuzz/beside", "tests/fuzz/seeds", "scenarios"}) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator{root}) {
      const fs::path end = entry.path().extension();
      if (end == ".json" || end == ".yaml") files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

long most_memory_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST(Corpus, EveryInputOfTheRepositoryPassesBothTargets) {
  const auto files = corpus();
  ASSERT_GE(files.size(), 100U) << "run in the root of the repository";
  for (const fs::path& file : files) {
    const std::string text = text_of_file(file);
    read_as_manifests(text);
    read_as_scenario(text);
  }
}

// Programs, series, writes on the timeline, groups of nodes, rules: fuzzing begins behind their
// doors.
TEST(Corpus, HasAScenarioThatEveryReaderAccepts) {
  const std::string text = text_of_file("tests/fuzz/seeds/scenario/every-reader.json");
  const auto reading = scenario::read_scenario_text(text, "every-reader.json", "tests/fuzz/beside");
  for (const api::Problem& problem : reading.problems) ADD_FAILURE() << to_string(problem);
  ASSERT_TRUE(reading.scenario);
  EXPECT_EQ(reading.scenario->autoscalers.size(), 1U);
  EXPECT_EQ(reading.scenario->policies.size(), 1U) << "of Istio's rules";
  EXPECT_EQ(reading.scenario->metrics.at("jobs").series.size(), 3U);
  read_as_scenario(text);
}

// Topics, leaders, limits, handshakes, pools of threads, fallbacks, and the faults that they meet.
TEST(Corpus, HasAScenarioWithEveryPolicyThatIsAccepted) {
  const std::string text = text_of_file("tests/fuzz/beside/every-policy.json");
  const auto reading = scenario::read_scenario_text(text, "every-policy.json", "tests/fuzz/beside");
  for (const api::Problem& problem : reading.problems) ADD_FAILURE() << to_string(problem);
  ASSERT_TRUE(reading.scenario);
  EXPECT_EQ(reading.scenario->topics.size(), 2U);
  EXPECT_EQ(reading.scenario->timeline.size(), 8U);
  read_as_scenario(text);
}

TEST(Corpus, EveryLineOfOrdersIsObeyedOrRefused) {
  EXPECT_GT(read_as_orders(text_of_file("tests/fuzz/seeds/orders/every-command.jsonl")), 8U);
  for (const char* text : {"",
                           "\n\n",
                           "{}",
                           "[]",
                           "null",
                           R"({"do": 1})",
                           R"({"do": "act"})",
                           R"({"do": "step", "until": null})",
                           R"({"do": "step", "until": "1s"})",
                           R"({"do": "speed", "factor": 1e400})",
                           R"({"do": "speed", "factor": -0})",
                           R"({"do": "act", "entry": []})",
                           R"({"do": "act", "entry": {}})",
                           R"({"do": "act", "entry": {"id": 5, "cordon": "Node/n1"}})",
                           R"({"do": "act", "entry": {"id": "slow", "cordon": "Node/n1"}})",
                           R"({"do": "act", "entry": {"id": "", "cordon": "Node/n1"}})",
                           R"({"do": "act", "entry": {"apply": 3}})",
                           R"({"do": "act", "entry": {"apply": []}})",
                           R"({"do": "act", "entry": {"cordon": "Node/n1", "cordon": "Node/n2"}})",
                           "{\"do\": \"act\", \"entry\": {\"cordon\": \"Node/\xff\"}}"}) {
    read_as_orders(text);
  }
}

TEST(Corpus, ASeriesIsReadOrRefusedByLine) {
  read_as_series(text_of_file("tests/fuzz/seeds/series/columns.csv"));
  for (const char* text : {"", "time,value", "1,2\n1,3", "1e400,2", "-1,2", "1,-2", "1", "a\n1,2",
                           "9223372037,1", "1,9e99", ",", "\n\n0,0\r\n\xff,\xfe"}) {
    read_as_series(text);
  }
}

// Beside a scenario that is named without a folder there is nothing that a path begins with.
TEST(Corpus, AnOrderOfAFileWithoutANameIsRefused) {
  const auto reading = scenario::read_scenario("tests/fuzz/beside/every-policy.json");
  ASSERT_TRUE(reading.scenario);
  const control::OrderedScenario ordered{"every-policy.json", *reading.scenario};
  for (const char* order : {R"({"apply": [""]})", R"({"apply": [3]})", R"({"apply": [{}]})"}) {
    const auto document = scenario::read_document(order, "order", scenario::Syntax::Json);
    ASSERT_TRUE(document.root);
    EXPECT_FALSE(ordered.read(*document.root, Instant{}).problems.empty()) << order;
  }
}

// One of an older format would be refused at its head, and nothing behind it be read.
TEST(Corpus, HasARecordingThatIsRead) {
  const auto reader = recording::RunReader::open("tests/fuzz/seeds/recording/small.orrery");
  ASSERT_TRUE(reader) << reader.error().what;
  ASSERT_TRUE((*reader)->last());
  const auto events = (*reader)->events({}, *(*reader)->last());
  ASSERT_TRUE(events);
  EXPECT_FALSE(events->empty());
}

TEST(Corpus, EveryPrefixOfARecordingPasses) {
  const struct {
    const char* name;
    std::uint32_t version;
  } kSeeds[] = {{"small", recording::kFormatVersion}, {"version-4", recording::kOldestVersion}};
  for (const auto& seed : kSeeds) {
    const std::string bytes =
        text_of_file(std::string{"tests/fuzz/seeds/recording/"} + seed.name + ".orrery");
    ASSERT_GT(bytes.size(), recording::kFileHeadSize);
    ASSERT_EQ(bytes[recording::kFileMagic.size()], static_cast<char>(seed.version))
        << "a recording of another version is refused at once: make one of this version";
    for (std::size_t length = 0; length <= bytes.size(); length += 5) {
      read_as_recording(std::string_view{bytes}.substr(0, length));
    }
    read_as_recording(bytes);
  }
}

TEST(Corpus, WhatStandsBehindADocumentIsAProblemAtOnce) {
  // The parser makes an empty document of the comma, again and again.
  const std::string text = text_of_file("tests/fuzz/inputs/comma-behind-list.yaml");
  ASSERT_FALSE(text.empty());
  const api::Manifests read = api::read_manifests(text, "comma.yaml");
  ASSERT_EQ(read.problems.size(), 2U);  // The list is no object, either.
  EXPECT_EQ(to_string(read.problems[0]),
            "comma.yaml:1: expected YAML; found something behind the document's end");
  read_as_scenario(text);
}

TEST(Corpus, EveryInputThatOnceBrokeAReaderPasses) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator{"tests/fuzz/inputs"}) files.push_back(entry);
  std::sort(files.begin(), files.end());
  ASSERT_FALSE(files.empty());
  for (const fs::path& file : files) {
    const std::string text = text_of_file(file);
    read_as_manifests(text);
    read_as_scenario(text);
  }
}

TEST(Corpus, EveryPrefixOfAScenarioAndAManifestPasses) {
  const std::string scenario = text_of_file("scenarios/live/two-pods.json");
  for (std::size_t length = 0; length < scenario.size(); length += 7) {
    read_as_scenario(std::string_view{scenario}.substr(0, length));
  }
  const std::string manifest = text_of_file("scenarios/live/manifests/web.yaml");
  for (std::size_t length = 0; length < manifest.size(); ++length) {
    read_as_manifests(std::string_view{manifest}.substr(0, length));
  }
}

/// Ten aliases of ten aliases of ...: 10^levels values if they were built.
std::string alias_bomb(int levels) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < levels; ++level) {
    const std::string below = "*a" + std::to_string(level - 1);
    text += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + below;
    for (int i = 1; i < 10; ++i) text += ", " + below;
    text += "]\n";
  }
  return text;
}

TEST(Memory, IsBoundedOnAliasBombsDepthAndSize) {
  const long before = most_memory_kib();
  const std::string deep_json = std::string(1'000'000, '[');
  const std::string deep_object = [] {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += "{\"a\":";
    return text;
  }();
  const std::string wide = "{\"load\": [" + [] {
    std::string text;
    for (int i = 0; i < 400'000; ++i) text += "1,";
    return text;
  }() + "1]}";
  for (const std::string& text : {alias_bomb(12), "services: " + std::string(100'000, '['),
                                  deep_json, deep_object, wide, std::string(5'000'000, 'x')}) {
    read_as_manifests(text);
    read_as_scenario(text);
  }
#if !defined(__SANITIZE_ADDRESS__)
  // A tree within the bounds, and the texts above; far from what they would expand to.
  EXPECT_LT(most_memory_kib() - before, 1024 * 1024);
#else
  (void)before;
#endif
}

}  // namespace
}  // namespace orrery::fuzz
