#include "runner/scenario/check.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

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

/// The part of the report about what has no effect, with these manifests beside the good ones.
std::string without_effect(const std::string& manifests, std::vector<Override> more = {}) {
  const fs::path file =
      fs::temp_directory_path() / ("orrery-check-test-" + std::to_string(::getpid()) + ".yaml");
  std::ofstream{file} << manifests;
  more.push_back({"/manifests/-", file.string()});
  const CheckReport report = check({"-"}, kGoodScenario, more);
  fs::remove(file);
  EXPECT_EQ(report.exit_code, 0) << report.text;
  const auto from = report.text.find("  not modelled");
  if (from == std::string::npos) return {};
  return report.text.substr(from, report.text.find("  inputs:") - from);
}

TEST(Check, NamesObjectsThatFindNothingToActOn) {
  const std::string budget =
      "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: b}\nspec:\n"
      "  minAvailable: 1\n  selector: {matchLabels: {app: ";
  const std::string service =
      "---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n"
      "  ports: [{port: 80}]\n  selector: {app: ";
  const std::string policy =
      "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: net}\nspec:\n"
      "  podSelector: {matchLabels: {app: ";
  const std::string scaler =
      "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\nspec:\n"
      "  maxReplicas: 3\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: ";
  const std::string none = without_effect(budget + "wep}}\n" + service + "wep}\n" + policy +
                                          "wep}}\n" + scaler + "wep}\n");
  for (const char* line :
       {"PodDisruptionBudget/b: its selector matches no pods", "Service/s: its selector matches",
        "NetworkPolicy/net: its podSelector matches no pods",
        "HorizontalPodAutoscaler/h: there is no Deployment/wep for it to scale"}) {
    EXPECT_NE(none.find(line), std::string::npos) << line << "\n" << none;
  }
  EXPECT_EQ(without_effect(budget + "web}}\n" + service + "web}\n" + scaler + "web}\n"), "");
  EXPECT_EQ(without_effect("---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n"
                           "  ports: [{port: 80}]\n"),
            "")
      << "without a selector somebody else keeps its endpoints";
  const std::string elsewhere = "metadata: {name: b, namespace: other}";
  std::string away = budget + "web}}\n";
  away.replace(away.find("metadata: {name: b}"), 19, elsewhere);
  EXPECT_NE(without_effect(away).find("its selector matches no pods"), std::string::npos);
  EXPECT_EQ(without_effect(service + "wep}\n",
                           {{"/timeline/-",
                             R"({"id": "label", "at": "5s", "patch": {"target": "Deployment/web",
                                 "merge": {"metadata": {"labels": {"app": "wep"}}}}})"}}),
            "")
      << "a patch may bring the label";
}

TEST(Check, IdleObjectsStandBesideWhatIsNotModelled) {
  const fs::path file =
      fs::temp_directory_path() / ("orrery-idle-test-" + std::to_string(::getpid()) + ".yaml");
  std::ofstream{file} << "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n"
                         "  ports: [{port: 80}]\n  selector: {app: nobody}\n"
                         "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n"
                         "metadata: {name: r}\n";
  const ScenarioReading reading =
      read_scenario_text(kGoodScenario, "-", "", {{"/manifests/-", file.string()}});
  fs::remove(file);
  ASSERT_TRUE(reading.scenario.has_value());
  const std::vector<IdleObject> idle{
      {"Service/s", {file.string(), 1, {}}, "its selector matches no pods"}};
  EXPECT_EQ(reading.scenario->idle, idle);
  ASSERT_EQ(reading.scenario->not_modelled.size(), 1U);
  EXPECT_EQ(reading.scenario->not_modelled[0].what, "kind Role");
  const std::vector<api::NotModelled> all = without_effect(*reading.scenario);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].what, "Service/s: its selector matches no pods");
}

TEST(Check, NamesServicesWhosePodsHaveNoPortOfThatName) {
  const auto service = [](const std::string& target) {
    return "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: named}}\n"
           "spec:\n  containers: [{name: c, image: \"localhost/orrery-workload:1\","
           " ports: [{containerPort: 80, name: http}]}]\n"
           "---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n"
           "  selector: {app: named}\n  ports: [{port: 80, targetPort: " +
           target + "}]\n";
  };
  EXPECT_NE(without_effect(service("htpp"))
                .find("Service/s: no pod of it has a port with the name \"htpp\""),
            std::string::npos);
  EXPECT_EQ(without_effect(service("http")), "");
  EXPECT_EQ(without_effect(service("9999")), "") << "a process may listen where nobody has said so";
}

TEST(Check, NamesProbesAtPortsWhereNobodyListens) {
  const auto pod = [](const std::string& ports, const std::string& probe) {
    return "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: probed}}\n"
           "spec:\n  containers: [{name: c, image: \"localhost/orrery-workload:1\", ports: " +
           ports + ", readinessProbe: " + probe + "}]\n";
  };
  const std::string declared = "[{containerPort: 80, name: http}]";
  const std::string asks_9999 = "{httpGet: {port: 9999}}";
  EXPECT_NE(without_effect(pod(declared, asks_9999))
                .find("Pod/p: its readiness probe asks at port 9999, which no container declares"),
            std::string::npos);
  EXPECT_NE(without_effect(pod(declared, "{grpc: {port: 81}}")).find("asks at port 81,"),
            std::string::npos);
  EXPECT_EQ(without_effect(pod(declared, "{httpGet: {port: http}}")), "");
  EXPECT_EQ(without_effect(pod(declared, "{tcpSocket: {port: 80}}")), "");
  EXPECT_EQ(without_effect(pod(declared, "{exec: {command: [a]}}")), "");
  EXPECT_EQ(without_effect(pod("[]", asks_9999)), "") << "it listens everywhere";
  EXPECT_EQ(without_effect(pod(declared, asks_9999) +
                           "---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n"
                           "  selector: {app: probed}\n  ports: [{port: 9999}]\n"),
            "")
      << "requests are sent there";
}

TEST(Check, NamesPodsThatNoSchedulerPlaces) {
  const auto pod = [](const std::string& more) {
    return "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
           "  containers: [{name: c, image: \"localhost/orrery-workload:1\"}]\n" +
           more;
  };
  EXPECT_NE(without_effect(pod("  schedulerName: mine\n"))
                .find("Pod/p: there is no scheduler \"mine\" that would place its pods"),
            std::string::npos);
  EXPECT_EQ(without_effect(pod("")), "");
  EXPECT_EQ(without_effect(pod("  schedulerName: default-scheduler\n")), "");
  EXPECT_EQ(without_effect(pod("  schedulerName: mine\n"), {{"/schedulers/mine", "{}"}}), "");
}

TEST(Check, ObjectsWhoseNamesAreGeneratedAreNotTheSame) {
  const auto job = [](const std::string& prefix, const std::string& image) {
    return "---\napiVersion: batch/v1\nkind: Job\nmetadata: {generateName: " + prefix +
           "}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: " +
           image + "}]}}}\n";
  };
  EXPECT_EQ(without_effect(job("a-", "one:1") + job("a-", "two:1") + job("b-", "three:1"),
                           {{"/images/one:1", R"({"start": "1s"})"},
                            {"/images/two:1", R"({"start": "1s"})"},
                            {"/images/three:1", R"({"start": "1s"})"}}),
            "")
      << "and the pods of each are known";
}

}  // namespace
}  // namespace orrery::scenario
