// Fields of pods beyond the plain ones: sidecars, gates, deadlines, the node's network.
#include <gtest/gtest.h>

#include <string>

#include "models/api/reading.h"

namespace orrery::api {
namespace {

Manifests read(const std::string& spec) {
  return read_manifests("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n" + spec, "f");
}

PodSpec spec_of(const std::string& text) {
  const Manifests manifests = read(text);
  for (const Problem& problem : manifests.problems) ADD_FAILURE() << to_string(problem);
  for (const NotModelled& field : manifests.not_modelled) ADD_FAILURE() << field.what;
  if (manifests.objects.size() != 1) return {};
  return std::get<Pod>(manifests.objects.front().object).spec;
}

const std::string kMain = "  containers: [{name: c, image: 'i:1', ports: [{containerPort: 80}]}]\n";

TEST(PodFields, AnInitContainerWithRestartPolicyAlwaysIsASidecarAndMayHaveProbes) {
  const PodSpec spec = spec_of(
      "  initContainers:\n"
      "  - {name: mesh, image: 'm:1', restartPolicy: Always,\n"
      "     startupProbe: {tcpSocket: {port: 1}}, lifecycle: {preStop: {sleep: {seconds: 1}}}}\n"
      "  - {name: migrate, image: 'm:2'}\n" +
      kMain);
  ASSERT_EQ(spec.init_containers.size(), 2U);
  EXPECT_TRUE(spec.init_containers[0].sidecar);
  EXPECT_TRUE(spec.init_containers[0].startup.has_value());
  EXPECT_FALSE(spec.init_containers[1].sidecar);
}

TEST(PodFields, AnotherRestartPolicyOfAnInitContainerIsAProblem) {
  const Manifests manifests =
      read("  initContainers: [{name: m, image: 'm:1', restartPolicy: Never}]\n" + kMain);
  ASSERT_EQ(manifests.problems.size(), 1U);
  EXPECT_NE(to_string(manifests.problems[0]).find("sidecar"), std::string::npos);
}

TEST(PodFields, AProbeOfAnOrdinaryInitContainerIsAProblem) {
  const Manifests manifests =
      read("  initContainers: [{name: m, image: 'm:1', livenessProbe: {tcpSocket: {port: 1}}}]\n" +
           kMain);
  EXPECT_EQ(manifests.problems.size(), 1U);
}

TEST(PodFields, DeadlineGatesAndNetworkAreRead) {
  const PodSpec spec = spec_of(
      "  activeDeadlineSeconds: 90\n  hostNetwork: true\n"
      "  readinessGates: [{conditionType: shop/a}, {conditionType: shop/b}]\n" +
      kMain);
  EXPECT_EQ(spec.active_deadline, 90_s);
  EXPECT_TRUE(spec.host_network);
  EXPECT_EQ(spec.readiness_gates, (std::vector<std::string>{"shop/a", "shop/b"}));
  EXPECT_EQ(spec.containers[0].ports[0].host_port, 80) << "every port is one of the node";
}

TEST(PodFields, ADeadlineOfNothingIsAProblem) {
  EXPECT_EQ(read("  activeDeadlineSeconds: 0\n" + kMain).problems.size(), 1U);
}

TEST(PodFields, APortMayBeNamedByASidecar) {
  const PodSpec spec = spec_of(
      "  initContainers:\n"
      "  - {name: mesh, image: 'm:1', restartPolicy: Always,\n"
      "     ports: [{name: admin, containerPort: 15000}]}\n"
      "  - {name: once, image: 'm:2', ports: [{name: once, containerPort: 1}]}\n" +
      kMain);
  EXPECT_EQ(resolve_port(spec, std::string{"admin"}), 15000);
  EXPECT_FALSE(resolve_port(spec, std::string{"once"}));
}

}  // namespace
}  // namespace orrery::api
