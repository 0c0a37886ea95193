#include <gtest/gtest.h>

#include <array>
#include <string>

#include "models/api/reading.h"

namespace orrery::api {
namespace {

/// The only object of a text without Problems.
template <class T>
T only(const std::string& text) {
  const Manifests manifests = read_manifests(text, "f");
  for (const Problem& problem : manifests.problems) ADD_FAILURE() << to_string(problem);
  if (manifests.objects.size() != 1) {
    ADD_FAILURE() << manifests.objects.size() << " objects";
    return {};
  }
  return std::get<T>(manifests.objects.front().object);
}

Container container(const std::string& fields) {
  const Pod pod =
      only<Pod>("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, " +
                fields + "}]}\n");
  return pod.spec.containers.empty() ? Container{} : pod.spec.containers.front();
}

TEST(ManifestDefaults, OfADeploymentAreTheDocumentedOnes) {
  const Deployment d = only<Deployment>(
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
      "spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, "
      "spec: {containers: [{name: c, image: 'i:1'}]}}}\n");
  EXPECT_EQ(d.meta.namespace_name, "default");
  EXPECT_EQ(d.spec.replicas, 1);
  EXPECT_FALSE(d.spec.strategy.recreate);
  EXPECT_EQ(d.spec.strategy.max_surge, (CountOrPercent{25, true}));
  EXPECT_EQ(d.spec.strategy.max_unavailable, (CountOrPercent{25, true}));
  EXPECT_EQ(d.spec.min_ready, 0_s);
  EXPECT_EQ(d.spec.revision_history_limit, 10);
  EXPECT_EQ(d.spec.progress_deadline, 600_s);
  EXPECT_FALSE(d.spec.paused);
  EXPECT_EQ(d.spec.pod_template.spec.termination_grace, 30_s);
  EXPECT_EQ(d.spec.pod_template.spec.restart_policy, RestartPolicy::Always);
}

const std::string kSelectedTemplate =
    "  selector: {matchLabels: {app: a}}\n"
    "  template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: 'i:1'}]}}\n";

TEST(ManifestDefaults, OfAReplicationControllerItsSelectorAndLabelsAreThoseOfItsTemplate) {
  const auto rc = only<ReplicationController>(
      "apiVersion: v1\nkind: ReplicationController\nmetadata: {name: r}\n"
      "spec: {template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: "
      "'i:1'}]}}}\n");
  EXPECT_EQ(rc.spec.replicas, 1);
  EXPECT_EQ(rc.spec.min_ready, 0_s);
  EXPECT_EQ(rc.spec.selector, (Labels{{"app", "a"}}));
  EXPECT_EQ(rc.meta.labels, (Labels{{"app", "a"}}));
}

TEST(ManifestDefaults, OfAStatefulSetAreTheDocumentedOnes) {
  const auto set = only<StatefulSet>(
      "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s}\nspec:\n" + kSelectedTemplate);
  EXPECT_EQ(set.spec.replicas, 1);
  EXPECT_FALSE(set.spec.parallel);
  EXPECT_FALSE(set.spec.on_delete);
  EXPECT_EQ(set.spec.partition, 0);
  EXPECT_EQ(set.spec.max_unavailable, (CountOrPercent{1, false}));
  EXPECT_EQ(set.spec.min_ready, 0_s);
  EXPECT_EQ(set.spec.revision_history_limit, 10);
  EXPECT_EQ(set.spec.ordinals_start, 0);
  EXPECT_FALSE(set.spec.delete_claims_when_deleted);
  EXPECT_FALSE(set.spec.delete_claims_when_scaled);
}

TEST(ManifestDefaults, ContainersOfAStatefulSetMountTheVolumesOfItsClaims) {
  const auto set = only<StatefulSet>(R"(
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: s}
spec:
  selector: {matchLabels: {app: s}}
  template:
    metadata: {labels: {app: s}}
    spec:
      containers: [{name: c, image: "c:1", volumeMounts: [{name: data, mountPath: /data}]}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
)");
  EXPECT_EQ(set.spec.pod_template.spec.containers.at(0).volume_mounts.at(0).name, "data");
}

TEST(ManifestDefaults, EveryFieldOfAStatefulSetIsRead) {
  const auto set = only<StatefulSet>(
      "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s}\nspec:\n" + kSelectedTemplate +
      "  replicas: 3\n  serviceName: db\n  podManagementPolicy: Parallel\n"
      "  updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 2, maxUnavailable: "
      "30%}}\n"
      "  minReadySeconds: 7\n  revisionHistoryLimit: 4\n  ordinals: {start: 5}\n"
      "  persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete, whenScaled: Delete}\n"
      "  volumeClaimTemplates:\n"
      "  - metadata: {name: data, labels: {tier: db}}\n"
      "    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, "
      "storageClassName: fast}\n");
  EXPECT_EQ(set.spec.replicas, 3);
  EXPECT_EQ(set.spec.service_name, "db");
  EXPECT_TRUE(set.spec.parallel);
  EXPECT_EQ(set.spec.partition, 2);
  EXPECT_EQ(set.spec.max_unavailable, (CountOrPercent{30, true}));
  EXPECT_EQ(set.spec.min_ready, 7_s);
  EXPECT_EQ(set.spec.revision_history_limit, 4);
  EXPECT_EQ(set.spec.ordinals_start, 5);
  EXPECT_TRUE(set.spec.delete_claims_when_deleted);
  EXPECT_TRUE(set.spec.delete_claims_when_scaled);
  ASSERT_EQ(set.spec.claim_templates.size(), 1U);
  const ClaimTemplate& claim = set.spec.claim_templates.front();
  EXPECT_EQ(claim.name, "data");
  EXPECT_EQ(claim.labels, (Labels{{"tier", "db"}}));
  EXPECT_EQ(claim.spec.request_bytes, std::int64_t{1} << 30);
  EXPECT_EQ(claim.spec.storage_class, "fast");
}

TEST(ManifestDefaults, AStatefulSetsClaimsAreVolumesOfItsPods) {
  const std::string text =
      "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s}\nspec:\n"
      "  selector: {matchLabels: {app: a}}\n"
      "  template:\n"
      "    metadata: {labels: {app: a}}\n"
      "    spec:\n"
      "      containers:\n"
      "      - {name: c, image: 'i:1', volumeMounts: [{name: data, mountPath: /d}]}\n"
      "  volumeClaimTemplates:\n"
      "  - metadata: {name: data}\n"
      "    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n";
  EXPECT_EQ(only<StatefulSet>(text).spec.pod_template.spec.containers[0].volume_mounts[0].name,
            "data");
  const auto other = read_manifests(std::string{text}.replace(text.rfind("data"), 4, "disk"), "f");
  EXPECT_FALSE(other.problems.empty());
}

TEST(ManifestDefaults, OfADaemonSetAreTheDocumentedOnes) {
  const auto set = only<DaemonSet>(
      "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d}\nspec:\n" + kSelectedTemplate);
  EXPECT_FALSE(set.spec.on_delete);
  EXPECT_EQ(set.spec.max_unavailable, (CountOrPercent{1, false}));
  EXPECT_EQ(set.spec.max_surge, (CountOrPercent{0, false}));
  EXPECT_EQ(set.spec.min_ready, 0_s);
  EXPECT_EQ(set.spec.revision_history_limit, 10);
}

TEST(ManifestDefaults, EveryFieldOfADaemonSetIsRead) {
  const auto set = only<DaemonSet>(
      "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d}\nspec:\n" + kSelectedTemplate +
      "  updateStrategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 10%}}\n"
      "  minReadySeconds: 7\n  revisionHistoryLimit: 4\n");
  EXPECT_EQ(set.spec.max_unavailable, (CountOrPercent{0, false}));
  EXPECT_EQ(set.spec.max_surge, (CountOrPercent{10, true}));
  EXPECT_EQ(set.spec.min_ready, 7_s);
  EXPECT_EQ(set.spec.revision_history_limit, 4);
  const auto manual =
      only<DaemonSet>("apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d}\nspec:\n" +
                      kSelectedTemplate + "  updateStrategy: {type: OnDelete}\n");
  EXPECT_TRUE(manual.spec.on_delete);
}

TEST(ManifestDefaults, TheLargestDeadlineMeansNone) {
  const Deployment d = only<Deployment>(
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
      "spec: {progressDeadlineSeconds: 2147483647, selector: {matchLabels: {app: web}}, template: "
      "{metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: 'i:1'}]}}}\n");
  EXPECT_FALSE(d.spec.progress_deadline.has_value());
}

TEST(ManifestDefaults, PullPolicyFollowsTheTag) {
  const std::array<std::pair<const char*, PullPolicy>, 9> cases{{
      {"web", PullPolicy::Always},
      {"web:latest", PullPolicy::Always},
      {"web:1", PullPolicy::IfNotPresent},
      {"host:5000/web", PullPolicy::Always},
      {"host:5000/web:1", PullPolicy::IfNotPresent},
      {"host:5000/web:latest", PullPolicy::Always},
      {"web@sha256:00", PullPolicy::IfNotPresent},
      {"web:latest@sha256:00", PullPolicy::IfNotPresent},
      {"a/b/c:latest-1", PullPolicy::IfNotPresent},
  }};
  for (const auto& [image, policy] : cases) {
    EXPECT_EQ(container("image: '" + std::string{image} + "'").pull_policy, policy) << image;
  }
  EXPECT_EQ(container("image: web, imagePullPolicy: Never").pull_policy, PullPolicy::Never);
}

TEST(ManifestDefaults, RequestsFollowLimits) {
  const Container c = container(
      "image: i, resources: {limits: {cpu: 0.5, memory: 64Mi}, requests: {memory: 32Mi}}");
  EXPECT_EQ(c.requests.cpu_milli, 500);
  EXPECT_EQ(c.requests.memory_bytes, std::int64_t{32} << 20);
  EXPECT_EQ(c.limits.memory_bytes, std::int64_t{64} << 20);
  EXPECT_EQ(container("image: i").requests, ResourceList{});
}

TEST(ManifestDefaults, OfAProbeAreTheDocumentedOnes) {
  const Container c = container(
      "image: i, ports: [{containerPort: 80, name: http}], "
      "livenessProbe: {httpGet: {port: http}}, readinessProbe: {grpc: {port: 9}}");
  Probe expected;
  expected.action = HttpGetAction{"/", std::string{"http"}, "", false, {}};
  EXPECT_EQ(c.liveness, expected);
  EXPECT_EQ(expected.period, 10_s);
  EXPECT_EQ(expected.timeout, 1_s);
  EXPECT_EQ(expected.failure_threshold, 3);
  ASSERT_TRUE(c.readiness);
  EXPECT_EQ(std::get<GrpcAction>(c.readiness->action).port, 9);
  EXPECT_EQ(c.ports.front().protocol, "TCP");
}

TEST(ManifestDefaults, TargetPortIsThePort) {
  const Service s = only<Service>(
      "apiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: ns}\n"
      "spec: {ports: [{port: 80, name: a}, {port: 81, name: b, targetPort: http}]}\n");
  EXPECT_EQ(s.meta.namespace_name, "ns");
  EXPECT_EQ(s.spec.type, "ClusterIP");
  ASSERT_EQ(s.spec.ports.size(), 2U);
  EXPECT_EQ(s.spec.ports[0].target_port, PortReference{80});
  EXPECT_EQ(s.spec.ports[1].target_port, PortReference{std::string{"http"}});
  EXPECT_FALSE(s.spec.headless);
}

TEST(ManifestDefaults, AnEndpointWithoutConditionsIsReadyAndServing) {
  const EndpointSlice slice = only<EndpointSlice>(
      "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: e}\n"
      "endpoints: [{addresses: [10.0.0.1]}, {addresses: [10.0.0.2], conditions: {ready: "
      "false}}]\n");
  ASSERT_EQ(slice.endpoints.size(), 2U);
  EXPECT_TRUE(slice.endpoints[0].ready);
  EXPECT_TRUE(slice.endpoints[0].serving);
  EXPECT_FALSE(slice.endpoints[1].ready);
  EXPECT_FALSE(slice.endpoints[1].serving);
}

TEST(Manifests, WhatTheServerSetsIsPassedOver) {
  const std::string text =
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, uid: x, creationTimestamp: null, "
      "resourceVersion: '5', generation: 3, selfLink: /, managedFields: [{a: b}]}\ndata: {a: b}\n";
  const ConfigMap map = only<ConfigMap>(text);
  EXPECT_EQ(map.meta.uid, "");
  EXPECT_EQ(map.meta.resource_version, 0U);
  EXPECT_EQ(map.data.at("a"), "b");
  EXPECT_TRUE(read_manifests(text, "f").not_modelled.empty());
}

TEST(Manifests, ANodeHasTheCapacityItsStatusSays) {
  const Node node = only<Node>(
      "apiVersion: v1\nkind: Node\nmetadata: {name: h1, labels: {zone: a}}\n"
      "spec: {taints: [{key: k, effect: NoExecute}]}\n"
      "status: {capacity: {cpu: 4, memory: 8Gi, pods: 20}, conditions: [{type: Ready}]}\n");
  EXPECT_EQ(node.meta.namespace_name, "");
  EXPECT_EQ(node.status.capacity, (NodeResources{4000, std::int64_t{8} << 30, 20, {}}));
  EXPECT_EQ(node.status.allocatable, node.status.capacity);
  EXPECT_TRUE(node.status.conditions.empty());
}

TEST(Manifests, ListsAreTakenApart) {
  const Manifests manifests = read_manifests(
      "apiVersion: v1\nkind: List\nmetadata: {resourceVersion: ''}\nitems:\n"
      "- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n"
      "- apiVersion: v1\n  kind: ConfigMapList\n  items: [{metadata: {name: b}}]\n"
      "- {apiVersion: v1, kind: ServiceAccount}\n",
      "f");
  EXPECT_TRUE(manifests.problems.empty());
  ASSERT_EQ(manifests.objects.size(), 2U);
  EXPECT_EQ(manifests.objects[0].where, (Place{"f", 5, "/items/0"}));
  EXPECT_EQ(manifests.objects[1].where, (Place{"f", 8, "/items/1/items/0"}));
  ASSERT_EQ(manifests.not_modelled.size(), 1U);
  EXPECT_EQ(manifests.not_modelled[0].what, "kind ServiceAccount");
}

TEST(Manifests, SayThatAWordIsABooleanToYaml) {
  const auto hint = [](const std::string& name) {
    const Manifests manifests =
        read_manifests("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\n", "f");
    return manifests.problems.empty() ? std::string{} : manifests.problems[0].hint;
  };
  EXPECT_EQ(hint("n"), "YAML reads it as false; put it in quotes");
  EXPECT_EQ(hint("On"), "YAML reads it as true; put it in quotes");
  EXPECT_EQ(hint("true"), "put it in quotes");
  EXPECT_EQ(hint("7"), "put it in quotes");
  EXPECT_EQ(hint("'n'"), "");
}

TEST(Manifests, NameAnnotationsThatTellMeshesAndControllersWhatToDo) {
  const Manifests manifests = read_manifests(
      "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations:\n"
      "    linkerd.io/inject: enabled\n"
      "    prometheus.io/scrape: \"true\"\n"
      "    config.linkerd.io/proxy-await: enabled\n"
      "    controller.kubernetes.io/pod-deletion-cost: \"5\"\n"
      "spec: {containers: [{name: c, image: i}]}\n",
      "f");
  ASSERT_EQ(manifests.not_modelled.size(), 2U);
  EXPECT_EQ(manifests.not_modelled[0].what, "annotation linkerd.io/inject");
  EXPECT_EQ(manifests.not_modelled[0].where.line, 6);
  EXPECT_EQ(manifests.not_modelled[1].what, "annotation config.linkerd.io/proxy-await");
}

TEST(Manifests, AreReadFromJsonWithItsLines) {
  const Manifests manifests = read_manifests(
      "{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"Service\",\n"
      "\t\"metadata\": {\"name\": \"s\\u0041\"},\n\t\"spec\": {\n\t\t\"ports\": [\n"
      "\t\t\t{\"port\": 70000\n}]}}\n",
      "f");
  ASSERT_EQ(manifests.problems.size(), 2U);
  EXPECT_EQ(manifests.problems[0].where, (Place{"f", 4, "/metadata/name"}));
  EXPECT_EQ(manifests.problems[0].found, "\"sA\"");
  EXPECT_EQ(manifests.problems[1].where, (Place{"f", 7, "/spec/ports/0/port"}));
}

TEST(Manifests, FollowAliasesAndMergeKeys) {
  const ConfigMap map = only<ConfigMap>(
      "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  labels: &l {a: x, b: w}\n"
      "  annotations: {<<: *l, b: z}\ndata: {<<: [{k: first}, {k: second, m: third}]}\n");
  EXPECT_EQ(map.meta.annotations, (Labels{{"a", "x"}, {"b", "z"}}));
  EXPECT_EQ(map.data, (Labels{{"k", "first"}, {"m", "third"}}));
}

TEST(Manifests, ResolveScalarsAsKubernetesDoes) {
  struct Scalar {
    const char* written;
    std::int32_t replicas;
  };
  for (const Scalar& s : {Scalar{"3", 3},
                          {"0x10", 16},
                          {"0o17", 15},
                          {"017", 15},
                          {"0b11", 3},
                          {"1_000", 1000},
                          {"+7", 7},
                          {"~", 1},
                          {"!!int \"4\"", 4}}) {
    const Deployment d = only<Deployment>(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
        "spec:\n  replicas: " +
        std::string{s.written} +
        "\n  selector: {matchLabels: {app: web}}\n"
        "  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: "
        "i}]}}\n");
    EXPECT_EQ(d.spec.replicas, s.replicas) << s.written;
  }
}

}  // namespace
}  // namespace orrery::api
