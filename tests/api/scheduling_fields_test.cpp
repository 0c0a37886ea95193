#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "models/api/reading.h"

namespace orrery::api {
namespace {

std::string pod_with(const std::string& spec, const std::string& container = "") {
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: c, image: "
         "'i:1'" +
         (container.empty() ? "" : ", " + container) + "}]\n" + spec;
}

PodSpec read(const std::string& spec, const std::string& container = "") {
  const Manifests manifests = read_manifests(pod_with(spec, container), "f");
  for (const Problem& problem : manifests.problems) ADD_FAILURE() << to_string(problem);
  for (const NotModelled& field : manifests.not_modelled) ADD_FAILURE() << field.what;
  if (manifests.objects.size() != 1) return {};
  return std::get<Pod>(manifests.objects.front().object).spec;
}

/// "pointer: expected" of every problem.
std::vector<std::string> problems_of(const std::string& spec, const std::string& container = "") {
  std::vector<std::string> found;
  for (const Problem& problem : read_manifests(pod_with(spec, container), "f").problems) {
    found.push_back(problem.where.pointer + ": " + problem.expected);
  }
  return found;
}

TEST(SchedulingFields, NodeAffinityIsRead) {
  const PodSpec spec = read(
      "  affinity:\n"
      "    nodeAffinity:\n"
      "      requiredDuringSchedulingIgnoredDuringExecution:\n"
      "        nodeSelectorTerms:\n"
      "        - matchExpressions: [{key: disk, operator: In, values: [ssd, nvme]},\n"
      "                             {key: cores, operator: Gt, values: ['7']}]\n"
      "        - matchFields: [{key: metadata.name, operator: NotIn, values: [a]}]\n"
      "      preferredDuringSchedulingIgnoredDuringExecution:\n"
      "      - {weight: 7, preference: {matchExpressions: [{key: gpu, operator: Exists}]}}\n");
  using Operator = SelectorRequirement::Operator;
  NodeAffinity expected;
  expected.required = {
      {{{"disk", Operator::In, {"ssd", "nvme"}}, {"cores", Operator::Gt, {"7"}}}, {}},
      {{}, {{"metadata.name", Operator::NotIn, {"a"}}}}};
  expected.preferred = {{7, {{{"gpu", Operator::Exists, {}}}, {}}}};
  EXPECT_EQ(spec.affinity.node, expected);
}

TEST(SchedulingFields, PodAffinityAndAntiAffinityAreRead) {
  const PodSpec spec = read(
      "  affinity:\n"
      "    podAffinity:\n"
      "      requiredDuringSchedulingIgnoredDuringExecution:\n"
      "      - {labelSelector: {matchLabels: {app: cache}}, topologyKey: zone, namespaces: [a]}\n"
      "    podAntiAffinity:\n"
      "      preferredDuringSchedulingIgnoredDuringExecution:\n"
      "      - weight: 100\n"
      "        podAffinityTerm: {topologyKey: host, namespaceSelector: {}}\n");
  PodAffinity wanted;
  wanted.required = {{LabelSelector{{{"app", "cache"}}, {}}, {"a"}, {}, "zone"}};
  PodAffinity unwanted;
  unwanted.preferred = {{100, {{}, {}, LabelSelector{}, "host"}}};
  EXPECT_EQ(spec.affinity.pod, wanted);
  EXPECT_EQ(spec.affinity.anti, unwanted);
}

TEST(SchedulingFields, TopologySpreadConstraintsAreReadWithTheirDefaults) {
  const PodSpec spec = read(
      "  topologySpreadConstraints:\n"
      "  - {maxSkew: 2, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, minDomains: 3,\n"
      "     labelSelector: {matchLabels: {app: web}}, matchLabelKeys: [pod-template-hash],\n"
      "     nodeAffinityPolicy: Ignore, nodeTaintsPolicy: Honor}\n"
      "  - {maxSkew: 1, topologyKey: host, whenUnsatisfiable: ScheduleAnyway}\n");
  ASSERT_EQ(spec.topology_spread.size(), 2U);
  const TopologySpreadConstraint first{2, "zone", false, LabelSelector{{{"app", "web"}}, {}},
                                       3, false,  true,  {"pod-template-hash"}};
  EXPECT_EQ(spec.topology_spread[0], first);
  const TopologySpreadConstraint second{1, "host", true, {}, {}, true, false, {}};
  EXPECT_EQ(spec.topology_spread[1], second);
}

TEST(SchedulingFields, PriorityGatesSchedulerAndOverheadAreRead) {
  const PodSpec spec = read(
      "  priority: 5\n  priorityClassName: high\n  preemptionPolicy: Never\n"
      "  schedulingGates: [{name: a.b/c}, {name: d}]\n  schedulerName: mine\n"
      "  overhead: {cpu: 250m, memory: 64Mi}\n");
  EXPECT_EQ(spec.priority, 5);
  EXPECT_EQ(spec.priority_class_name, "high");
  EXPECT_FALSE(spec.preempts);
  EXPECT_EQ(spec.scheduling_gates, (std::vector<std::string>{"a.b/c", "d"}));
  EXPECT_EQ(spec.scheduler_name, "mine");
  EXPECT_EQ(spec.overhead.cpu_milli, 250);
  EXPECT_TRUE(read("").preempts);
}

TEST(SchedulingFields, ExtendedResourcesAndHostAddressesAreRead) {
  const PodSpec spec =
      read("",
           "resources: {limits: {nvidia.com/gpu: 2}}, ports: [{containerPort: 80, hostPort: 80, "
           "hostIP: 10.0.0.1}]");
  EXPECT_EQ(spec.containers[0].requests.extended.at("nvidia.com/gpu"), 2);
  EXPECT_EQ(spec.containers[0].ports[0].host_ip, "10.0.0.1");
  const Manifests nodes = read_manifests(
      "apiVersion: v1\nkind: Node\nmetadata: {name: worker}\nstatus: {capacity: {cpu: 4, memory: 8Gi, "
      "nvidia.com/gpu: 4, attachable-volumes-csi-disk: 25}}\n",
      "f");
  ASSERT_TRUE(nodes.problems.empty());
  const Node& node = std::get<Node>(nodes.objects.front().object);
  EXPECT_EQ(node.status.allocatable.extended.at("nvidia.com/gpu"), 4);
  EXPECT_EQ(node.status.allocatable.extended.at("attachable-volumes-csi-disk"), 25);
}

TEST(SchedulingFields, WhatTheApiRefusesIsNamed) {
  struct Case {
    const char* spec;
    const char* expected;
  };
  const std::vector<Case> cases{
      {"  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {}}}\n",
       "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution: at least one "
       "term"},
      {"  affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: "
       "101, preference: {matchExpressions: [{key: a, operator: Exists}]}}]}}\n",
       "/spec/affinity/nodeAffinity/preferredDuringSchedulingIgnoredDuringExecution/0/weight: a "
       "whole number from 1 to 100"},
      {"  affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
       "[{labelSelector: {}}]}}\n",
       "/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/0: the key of a "
       "node label"},
      {"  topologySpreadConstraints: [{maxSkew: 0, topologyKey: a, whenUnsatisfiable: "
       "DoNotSchedule}]\n",
       "/spec/topologySpreadConstraints/0/maxSkew: a whole number, at least 1"},
      {"  topologySpreadConstraints: [{maxSkew: 1, topologyKey: a, minDomains: 2, "
       "whenUnsatisfiable: ScheduleAnyway}]\n",
       "/spec/topologySpreadConstraints/0/minDomains: no minDomains with ScheduleAnyway"},
      {"  topologySpreadConstraints: [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: "
       "DoNotSchedule}, {maxSkew: 2, topologyKey: a, whenUnsatisfiable: DoNotSchedule}]\n",
       "/spec/topologySpreadConstraints/1: constraints that differ in topologyKey or "
       "whenUnsatisfiable"},
      {"  nodeName: worker\n  schedulingGates: [{name: a}]\n",
       "/spec/nodeName: no nodeName while the pod has schedulingGates"},
      {"  preemptionPolicy: Sometimes\n", "/spec/preemptionPolicy: PreemptLowerPriority or Never"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(problems_of(c.spec), std::vector<std::string>{c.expected}) << c.spec;
  }
  EXPECT_EQ(problems_of("", "resources: {requests: {a.b/c: 1}}"),
            (std::vector<std::string>{
                "/spec/containers/0/resources/requests/a.b~1c: a limit of a.b/c that is the "
                "same"}));
}

TEST(SchedulingFields, OtherLabelKeysOfPodAffinityAreNamedAsNotModelled) {
  const Manifests manifests = read_manifests(
      pod_with("  affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
               "[{topologyKey: a, labelSelector: {}, matchLabelKeys: [b]}]}}\n"),
      "f");
  ASSERT_EQ(manifests.not_modelled.size(), 1U);
  EXPECT_NE(manifests.not_modelled[0].what.find("matchLabelKeys"), std::string::npos);
}

}  // namespace
}  // namespace orrery::api
