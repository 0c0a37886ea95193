#include "runner/scenario/init.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/scenario/scenario_text.h"

namespace orrery::scenario {
namespace {

namespace fs = std::filesystem;

std::string test_data() {
  const char* folder = std::getenv("ORRERY_TEST_DATA");
  return folder != nullptr ? folder : "../shared/data";
}

/// A folder of its own that is gone after the test.
class Folder {
 public:
  Folder() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    path_ = fs::path{testing::TempDir()} / (std::string{"orrery-"} + test->name());
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string write(const std::string& name, const std::string& text) const {
    const fs::path path = path_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream{path, std::ios::binary} << text;
    return path.string();
  }
  [[nodiscard]] std::string path(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

std::string service(const std::string& name, const std::string& env, const std::string& more = {}) {
  return "apiVersion: v1\nkind: Service\nmetadata: {name: " + name +
         "}\nspec: {selector: {app: " + name + "}, ports: [{port: 80}]" + more +
         "}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name +
         "}\nspec:\n  selector: {matchLabels: {app: " + name +
         "}}\n  template:\n    metadata: {labels: {app: " + name +
         "}}\n    spec: {containers: [{name: c, image: \"" + name + ":1\", env: [" + env +
         "]}]}\n---\n";
}

std::string variable(const std::string& name, const std::string& value) {
  return "{name: " + name + ", value: \"" + value + "\"}, ";
}

ScenarioReading draft_and_read(const std::vector<std::string>& files, const Folder& folder) {
  const std::string output = folder.path("drafted.json");
  const Draft draft = draft_scenario(files, output);
  EXPECT_TRUE(draft.problems.empty()) << text_of(draft.problems);
  folder.write("drafted.json", draft.text);
  ScenarioReading reading = read_scenario(output);
  EXPECT_TRUE(reading.scenario) << text_of(reading.problems) << draft.text;
  return reading;
}

std::vector<std::string> callees(const Scenario& scenario, const std::string& from) {
  std::vector<std::string> names;
  for (const auto& step : scenario.services.at(from).operations.at(0).steps) {
    for (const Call& call : step) names.push_back(call.to);
  }
  return names;
}

TEST(DraftScenario, ReadsBackWithoutProblemsForPublishedManifests) {
  struct Case {
    const char* file;
    const char* entry;
    std::size_t calls;
  };
  const std::string manifests = test_data() + "/manifests";
  if (!fs::exists(manifests)) GTEST_SKIP() << "no test data at " << manifests;
  const Folder folder;
  for (const Case& example :
       {Case{"/online-boutique/release/kubernetes-manifests.yaml", "default/frontend-external", 7},
        Case{"/bookinfo/platform/kube/bookinfo.yaml", "default/productpage", 0},
        Case{"/guestbook/guestbook/all-in-one/guestbook-all-in-one.yaml", "default/frontend", 0}}) {
    const ScenarioReading reading = draft_and_read({manifests + example.file}, folder);
    ASSERT_TRUE(reading.scenario) << example.file;
    const Scenario& scenario = *reading.scenario;
    EXPECT_EQ(scenario.journeys.at("visit").steps.at(0).service, example.entry);
    EXPECT_EQ(callees(scenario, example.entry).size(), example.calls) << example.file;
    EXPECT_EQ(scenario.timeline.size(), 1U);
    EXPECT_EQ(scenario.expectations.size(), 4U);
    for (const Input& input : scenario.inputs) {
      EXPECT_EQ(input.provenance, Provenance::Assumed) << input.pointer;
    }
  }
}

TEST(DraftScenario, FindsCallsInAddressesOnly) {
  const Folder folder;
  const std::string file = folder.write(
      "all.yaml",
      service("front", variable("A", "http://cart:80/x") + variable("B", "ad.default.svc:80") +
                           variable("MAIL_HOST", "mail") + variable("C", "quote") +
                           variable("D", "nobody:80") + variable("E", "a:1,stock:80")) +
          service("cart", "") + service("ad", "") + service("mail", "") + service("quote", "") +
          service("stock", ""));
  const ScenarioReading reading = draft_and_read({file}, folder);
  ASSERT_TRUE(reading.scenario);
  EXPECT_EQ(
      callees(*reading.scenario, "default/front"),
      (std::vector<std::string>{"default/cart", "default/ad", "default/mail", "default/stock"}));
}

TEST(DraftScenario, LeavesOutACallThatWouldCloseACycle) {
  const Folder folder;
  const std::string file =
      folder.write("all.yaml", service("a", variable("B", "b:80")) +
                                   service("b", variable("C", "c:80") + variable("B", "b:80")) +
                                   service("c", variable("A", "a:80")));
  const ScenarioReading reading = draft_and_read({file}, folder);
  ASSERT_TRUE(reading.scenario);
  EXPECT_EQ(reading.scenario->services.size(), 3U);
}

TEST(DraftScenario, PrefersAnEntryThatIsOpenToTheOutside) {
  const Folder folder;
  const std::string file = folder.write(
      "all.yaml", service("frontend", "") + service("shop", "", ", type: LoadBalancer"));
  const ScenarioReading reading = draft_and_read({file}, folder);
  ASSERT_TRUE(reading.scenario);
  EXPECT_EQ(reading.scenario->journeys.at("visit").steps.at(0).service, "default/shop");
}

TEST(DraftScenario, NamesManifestsRelativeToTheOutputWhereTheyLieBelowIt) {
  const Folder folder;
  const std::string file = folder.write("manifests/all.yaml", service("a", ""));
  EXPECT_NE(draft_scenario({file}, folder.path("s.json")).text.find("[\"manifests/all.yaml\"]"),
            std::string::npos);
  EXPECT_NE(draft_scenario({file}, folder.path("deep/s.json")).text.find("[\"/"),
            std::string::npos);
  EXPECT_NE(draft_scenario({folder.path("manifests")}, folder.path("s.json"))
                .text.find("[\"manifests\"]"),
            std::string::npos);
}

TEST(DraftScenario, KeepsServicesOfSeveralNamespacesApart) {
  const Folder folder;
  std::string other = service("web", "");
  for (std::size_t at = 0; (at = other.find("metadata: {name", at)) != std::string::npos; ++at) {
    other.insert(at + 11, "namespace: other, ");
  }
  const std::string file = folder.write("all.yaml", service("web", "") + other);
  EXPECT_TRUE(draft_and_read({file}, folder).scenario);
}

TEST(DraftScenario, SaysWhatIsMissing) {
  const Folder folder;
  const std::string config =
      folder.write("c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n");
  for (const std::string& file : {config, folder.path("none.yaml")}) {
    const Draft draft = draft_scenario({file}, "-");
    EXPECT_TRUE(draft.text.empty());
    EXPECT_EQ(draft.problems.size(), 1U) << text_of(draft.problems);
  }
}

}  // namespace
}  // namespace orrery::scenario
