#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "runner/scenario/settings.h"
#include "tests/scenario/scenario_text.h"

namespace orrery::scenario {
namespace {

namespace fs = std::filesystem;

/// A folder that is gone after the test.
class Files : public testing::Test {
 protected:
  Files() : folder_{fs::temp_directory_path() / fs::path{"orrery-composition-test"}} {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "parts");
  }
  ~Files() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream{folder_ / name, std::ios::binary} << text;
  }
  [[nodiscard]] ScenarioReading read(const std::string& name) const {
    return read_scenario((folder_ / name).string());
  }
  [[nodiscard]] static std::string good() {
    std::string text{kGoodScenario};
    const std::string manifests = "scenarios/live/manifests";
    return text.replace(text.find(manifests), manifests.size(), fs::absolute(manifests).string());
  }

  fs::path folder_;
};

TEST_F(Files, IncludedKeysStandUnderTheOnesOfTheFile) {
  write("base.json", good());
  write("top.json", R"({"include": ["base.json"], "name": "top", "warmup": "7s",
                        "services": {"web": {"concurrency": 3}}})");
  const ScenarioReading reading = read("top.json");
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  EXPECT_EQ(reading.scenario->name, "top");
  EXPECT_EQ(reading.scenario->warmup, 7_s);
  EXPECT_EQ(reading.scenario->duration, 60_s);
  // Merged, not replaced: the operations are still those of the base.
  EXPECT_EQ(reading.scenario->services.at("default/web").concurrency, 3U);
  EXPECT_EQ(reading.scenario->services.at("default/web").operations.size(), 2U);
  EXPECT_EQ(reading.includes, std::vector<std::string>{(folder_ / "base.json").string()});
}

TEST_F(Files, TimelineAndExpectationsAreMergedById) {
  write("base.json", good());
  write("top.json", R"({"include": ["base.json"],
    "timeline": [{"id": "kill", "at": "20s", "fault": "pod-kill", "target": "Deployment/web"}],
    "expect": [{"id": "new", "service": "web", "p99": "< 1s"}]})");
  const ScenarioReading reading = read("top.json");
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  ASSERT_EQ(reading.scenario->timeline.size(), 2U);
  EXPECT_EQ(reading.scenario->timeline[0].at, Instant::at(20_s));
  EXPECT_EQ(reading.scenario->expectations.size(), 5U);
}

TEST_F(Files, NullTakesAnIncludedKeyAway) {
  write("base.json", good());
  write("top.json", R"({"include": ["base.json"], "warmup": null})");
  const ScenarioReading reading = read("top.json");
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  EXPECT_EQ(reading.scenario->warmup, Duration{});
}

TEST_F(Files, ManifestsAreFoundBesideTheFileThatNamesThem) {
  fs::copy("scenarios/live/manifests", folder_ / "parts/manifests", fs::copy_options::recursive);
  std::string text{kGoodScenario};
  const std::string manifests = "scenarios/live/manifests";
  write("parts/base.json", text.replace(text.find(manifests), manifests.size(), "manifests"));
  write("top.json", R"({"include": ["parts/base.json"]})");
  const ScenarioReading reading = read("top.json");
  EXPECT_TRUE(reading.scenario) << text_of(reading.problems);
}

TEST_F(Files, NamesInAnIncludedFileBeginWhereItIsSaid) {
  fs::create_directories(folder_ / "far/away");
  fs::copy("scenarios/live/manifests", folder_ / "far/manifests", fs::copy_options::recursive);
  std::string text{kGoodScenario};
  const std::string manifests = "scenarios/live/manifests";
  text.replace(text.find(manifests), manifests.size(), "manifests");
  text.insert(text.find('{') + 1, R"("include": ["away/more.json"],)");
  write("parts/base.json", text);
  write("far/away/more.json", R"({"warmup": "4s"})");
  write("top.json", R"({"include": [{"file": "parts/base.json", "folder": "far"}]})");
  const ScenarioReading reading = read("top.json");
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  EXPECT_EQ(reading.includes[1], (folder_ / "far/away/more.json").string());
}

TEST_F(Files, AnIncludedFileHasOneFolder) {
  write("base.json", good());
  write("top.json", R"({"include": [
    {"file": "base.json", "folder": "."}, {"file": "base.json", "folder": "parts"},
    {"file": "base.json"}, {"folder": "parts"}, {"file": "base.json", "folder": 7},
    {"file": "base.json", "folder": ".", "path": "x"}, 7]})");
  const std::string problems = text_of(read("top.json").problems);
  for (const char* problem :
       {"/include/1: expected one folder for all that include a file; found another for",
        "/include/2: expected \"folder\"", "/include/3: expected \"file\"",
        "/include/4/folder: expected a folder", "/include/5/path: expected",
        "/include/6: expected a scenario file"}) {
    EXPECT_NE(problems.find(problem), std::string::npos) << problem << "\n" << problems;
  }
}

TEST_F(Files, AProblemOfAnIncludedFileNamesThatFile) {
  write("base.json", good());
  write("top.json", R"({"include": ["base.json", "more.json"]})");
  write("more.json", "{\n\"warmup\": \"2h\"}");
  const std::string problems = text_of(read("top.json").problems);
  EXPECT_NE(problems.find("more.json:2: /warmup: expected a warm-up shorter"), std::string::npos)
      << problems;
}

TEST_F(Files, FilesThatIncludeEachOtherAreRefused) {
  write("a.json", R"({"include": ["b.json"]})");
  write("b.json", R"({"include": ["a.json"]})");
  const std::string problems = text_of(read("a.json").problems);
  EXPECT_NE(problems.find("files that do not include themselves"), std::string::npos) << problems;
}

const api::Deployment& web(const Scenario& scenario) {
  for (const api::ManifestObject& manifest : scenario.objects) {
    if (const auto* web = std::get_if<api::Deployment>(&manifest.object)) return *web;
  }
  contract_violation("the scenario has a Deployment");
}

TEST(Patch, ChangesAManifestAndMergesContainersByName) {
  const ScenarioReading reading = read_bent({{"/patch",
                                              R"([{"target": "Deployment/web", "merge":
    {"spec": {"replicas": 5, "template": {"spec": {"containers":
      [{"name": "web", "image": "web:9"}]}}}}}])",
                                              {}}});
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  EXPECT_EQ(web(*reading.scenario).spec.replicas, 5);
  ASSERT_EQ(web(*reading.scenario).spec.pod_template.spec.containers.size(), 1U);
  EXPECT_EQ(web(*reading.scenario).spec.pod_template.spec.containers[0].image, "web:9");
  EXPECT_TRUE(web(*reading.scenario).spec.pod_template.spec.containers[0].readiness);
}

TEST(Patch, ThatFitsNoManifestIsAProblem) {
  const ScenarioReading reading =
      read_bent({{"/patch", R"([{"target": "Deployment/wbe", "merge": {"spec": {}}}])", {}}});
  EXPECT_NE(text_of(reading.problems).find("none that is Deployment/wbe"), std::string::npos)
      << text_of(reading.problems);
}

TEST(Patch, ProblemsOfItsValuesStandInTheScenario) {
  const ScenarioReading reading = read_bent(
      {{"/patch", R"([{"target": "Deployment/web", "merge": {"spec": {"replicas": -1}}}])", {}}});
  EXPECT_NE(text_of(reading.problems).find("bent.json"), std::string::npos)
      << text_of(reading.problems);
}

TEST(Setting, APathIsWrittenWithDotsOrAsAPointer) {
  EXPECT_EQ(parse_setting("load[0].poisson=5/s")->pointer, "/load/0/poisson");
  EXPECT_EQ(parse_setting("/load/0/poisson=5/s")->pointer, "/load/0/poisson");
  EXPECT_EQ(parse_setting("runs.seeds=1..3")->value, "1..3");
  EXPECT_EQ(parse_setting("Deployment/web:spec.replicas=5")->target, "Deployment/web");
  EXPECT_EQ(parse_setting("images[web:2].start=1s")->pointer, "/images/web:2/start");
  EXPECT_FALSE(parse_setting("warmup"));
  EXPECT_FALSE(parse_setting("a..b=1"));
  EXPECT_FALSE(parse_setting("Deployment=1"));
}

TEST(Setting, ReachesIntoManifestsWithoutEditingThem) {
  const ScenarioReading reading =
      read_bent({*parse_setting("Deployment/web:spec.replicas=4"),
                 *parse_setting("Deployment/web:spec.template.spec.containers[web].image=web:7")});
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  EXPECT_EQ(web(*reading.scenario).spec.replicas, 4);
  EXPECT_EQ(web(*reading.scenario).spec.pod_template.spec.containers[0].image, "web:7");
}

TEST(Setting, OfAKeyThatNoScenarioHasIsAProblemWithAHint) {
  const std::string problems = text_of(read_bent({*parse_setting("warmpu=5s")}).problems);
  EXPECT_NE(problems.find("did you mean \"warmup\"?"), std::string::npos) << problems;
}

TEST(Sweep, HasAxesWhoseValuesAreKeptAsTheyAreWritten) {
  const ScenarioReading reading = read_bent(
      {{"/sweep", R"({"grid": {"services.web.concurrency": [4, 8], "warmup": ["1s"]}})", {}}});
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  ASSERT_EQ(reading.scenario->sweep.grid.size(), 2U);
  EXPECT_EQ(reading.scenario->sweep.grid[0].values, (std::vector<std::string>{"4", "8"}));
  EXPECT_EQ(reading.scenario->sweep.grid[1].values, std::vector<std::string>{"\"1s\""});
}

}  // namespace
}  // namespace orrery::scenario
