#include "runner/scenario/check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/scenario/golden_file.h"
#include "tests/scenario/scenario_text.h"

namespace orrery::scenario {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> bad_cases() {
  std::vector<std::string> folders;
  for (const fs::directory_entry& entry : fs::directory_iterator{"tests/golden"}) {
    const bool bad = entry.path().filename().string().starts_with("bad-");
    if (bad && entry.is_directory()) folders.push_back(entry.path().string());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

/// Of each folder tests/golden/bad-*: all files but expected.txt are given to check at once.
TEST(Check, SaysOfEveryBadInputWhatTheGoldenTextSays) {
  const std::vector<std::string> folders = bad_cases();
  ASSERT_GE(folders.size(), 10U) << "run in the root of the repository";
  for (const std::string& folder : folders) {
    std::vector<std::string> files;
    for (const fs::directory_entry& entry : fs::directory_iterator{folder}) {
      if (entry.path().filename() != "expected.txt") files.push_back(entry.path().string());
    }
    std::sort(files.begin(), files.end());
    const CheckReport report = check(files);
    EXPECT_EQ(report.exit_code, 2) << folder;
    expect_golden(folder + "/expected.txt", report.text);
  }
}

/// Of each file of tests/golden/bad, alone: what stands in the text file of its name.
TEST(Check, SaysOfEveryMistakeAloneWhatTheGoldenTextSays) {
  std::vector<std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator{"tests/golden/bad"}) {
    const bool input = entry.is_regular_file() && entry.path().extension() != ".txt";
    if (input) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  ASSERT_GE(files.size(), 136U) << "run in the root of the repository";
  for (const std::string& file : files) {
    const CheckReport report = check({file});
    EXPECT_EQ(report.exit_code, 2) << file << "\n" << report.text;
    expect_golden(fs::path{file}.replace_extension(".txt").string(), report.text);
  }
}

TEST(Check, ListsCountsAndAssumedInputsOfAGoodScenario) {
  const CheckReport report = check({"-"}, kGoodScenario);
  EXPECT_EQ(report.exit_code, 0) << report.text;
  for (const char* part :
       {"-: ok", "1 Deployment, 1 Service in 1 file", "2 nodes, 1 service",
        "2 entries on the timeline", "3 seeds", "0 measured",
        "/images/localhost~1orrery-workload:1 (and 1 more): already on every node"}) {
    EXPECT_NE(report.text.find(part), std::string::npos) << part << "\n" << report.text;
  }
}

TEST(Check, ReadsManifestsFromStandardInput) {
  const std::string manifests =
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: a}\n---\n"
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: b}\n---\n"
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n";
  const CheckReport report = check({"-"}, manifests);
  EXPECT_EQ(report.exit_code, 0) << report.text;
  EXPECT_NE(report.text.find("1 ConfigMap in 1 file"), std::string::npos) << report.text;
  EXPECT_NE(report.text.find("kind Role  -:"), std::string::npos) << report.text;
  EXPECT_NE(report.text.find("2 times in all"), std::string::npos) << report.text;
}

TEST(Check, RefusesTheSameObjectInTwoFiles) {
  const std::string twice =
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n---\n"
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n";
  const CheckReport report = check({"-"}, twice);
  EXPECT_EQ(report.exit_code, 2);
  EXPECT_NE(report.text.find("ConfigMap/default/c again"), std::string::npos) << report.text;
}

}  // namespace
}  // namespace orrery::scenario
