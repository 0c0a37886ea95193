#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "models/api/reading.h"

namespace orrery::api {
namespace {

/// A Deployment with holes: the text of `spec` and of the container beside its name and image.
std::string deployment(const std::string& spec, const std::string& container = "") {
  return "apiVersion: apps/v1\n"
         "kind: Deployment\n"
         "metadata: {name: web}\n"
         "spec:\n" +
         spec +
         "  selector: {matchLabels: {app: web}}\n"
         "  template:\n"
         "    metadata: {labels: {app: web}}\n"
         "    spec:\n"
         "      containers:\n"
         "      - name: main\n"
         "        image: shop/web:1\n" +
         container;
}

std::string pod(const std::string& spec) {
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n" + spec;
}

std::string service(const std::string& spec) {
  return "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n" + spec;
}

const std::string kContainers = "  containers: [{name: c, image: i}]\n";

std::vector<std::string> lines_of(const Manifests& manifests) {
  std::vector<std::string> lines;
  for (const Problem& problem : manifests.problems) lines.push_back(to_string(problem));
  return lines;
}

struct Case {
  const char* name;
  std::string text;
  std::vector<std::string> problems;
};

void expect_problems(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    EXPECT_EQ(lines_of(read_manifests(c.text, "f")), c.problems) << c.name;
  }
}

TEST(ManifestProblems, SayWhereAWorkloadBreaksTheRulesOfTheApi) {
  expect_problems({
      {"fine", deployment(""), {}},
      {"misspelt field",
       deployment("  replica: 3\n"),
       {"f:5: /spec/replica: expected a field of DeploymentSpec; found \"replica\" (did you mean "
        "\"replicas\"?)"}},
      {"wrong letter case",
       deployment("", "        imagepullpolicy: Always\n"),
       {"f:12: /spec/template/spec/containers/0/imagepullpolicy: expected a field of Container; "
        "found \"imagepullpolicy\" (did you mean \"imagePullPolicy\"?)"}},
      {"field from elsewhere",
       deployment("  frequency: 3\n"),
       {"f:5: /spec/frequency: expected a field of DeploymentSpec; found \"frequency\""}},
      {"text for a number",
       deployment("  replicas: \"3\"\n"),
       {"f:5: /spec/replicas: expected a whole number, at least 0; found \"3\" (remove the "
        "quotes)"}},
      {"negative replicas",
       deployment("  replicas: -1\n"),
       {"f:5: /spec/replicas: expected a whole number, at least 0; found -1"}},
      {"replicas beyond 32 bits",
       deployment("  replicas: 2147483648\n"),
       {"f:5: /spec/replicas: expected a whole number, at least 0; found 2147483648"}},
      {"surge as text without percent",
       deployment("  strategy: {rollingUpdate: {maxSurge: \"5\"}}\n"),
       {"f:5: /spec/strategy/rollingUpdate/maxSurge: expected a count of at least 0, or a "
        "percentage such as \"25%\"; found \"5\""}},
      {"percentages of other shapes",
       deployment("  strategy:\n    rollingUpdate:\n      maxSurge: \"5%%\"\n"
                  "      maxUnavailable: \"a%\"\n"),
       {"f:7: /spec/strategy/rollingUpdate/maxSurge: expected a count of at least 0, or a "
        "percentage such as \"25%\"; found \"5%%\"",
        "f:8: /spec/strategy/rollingUpdate/maxUnavailable: expected a count of at least 0, or a "
        "percentage such as \"25%\"; found \"a%\""}},
      {"nothing surges and nothing may be missing",
       deployment("  strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}\n"),
       {"f:5: /spec/strategy/rollingUpdate: expected maxSurge or maxUnavailable above 0; found "
        "both 0 (a rollout could neither add nor remove a pod)"}},
      {"more than all unavailable",
       deployment("  strategy: {rollingUpdate: {maxUnavailable: 101%}}\n"),
       {"f:5: /spec/strategy/rollingUpdate/maxUnavailable: expected at most 100%; found "
        "\"101%\""}},
      {"recreate with rolling update",
       deployment("  strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}\n"),
       {"f:5: /spec/strategy/rollingUpdate: expected no rollingUpdate with type Recreate; found a "
        "mapping"}},
      {"strategy of no name",
       deployment("  strategy: {type: Recreated}\n"),
       {"f:5: /spec/strategy/type: expected RollingUpdate or Recreate; found \"Recreated\" (did "
        "you mean \"Recreate\"?)"}},
      {"deadline below minReadySeconds",
       deployment("  minReadySeconds: 600\n"),
       {"f:5: /spec: expected progressDeadlineSeconds above minReadySeconds; found 600s and 600s"}},
      {"selector that misses the template",
       "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: r}\nspec:\n"
       "  selector: {matchLabels: {app: b}}\n"
       "  template:\n    metadata: {labels: {app: a}}\n    spec:\n    " +
           kContainers,
       {"f:5: /spec/selector: expected a selector that matches the template's labels; found one "
        "that does not (give spec.template.metadata.labels the selector's labels)"}},
      {"no selector, no template",
       "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {replicas: 1}\n",
       {"f:4: /spec: expected a selector of the pods; found no field \"selector\"",
        "f:4: /spec: expected a template of the pods; found no field \"template\""}},
      {"pods that end",
       deployment("", "      restartPolicy: Never\n"),
       {"f:7: /spec/template: expected restartPolicy Always; found Never (run pods that end as "
        "Pods of their own)"}},
  });
}

std::string set_of(const std::string& kind, const std::string& fields) {
  return "apiVersion: apps/v1\nkind: " + kind + "\nmetadata: {name: s}\nspec:\n" + fields +
         "  selector: {matchLabels: {app: a}}\n"
         "  template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: 'i:1'}]}}"
         "\n";
}

TEST(ManifestProblems, SayWhereASetOfPodsBreaksTheRulesOfTheApi) {
  const std::string rolling = "f:5: /spec/updateStrategy/rollingUpdate";
  expect_problems({
      {"no unavailable pod of a StatefulSet",
       set_of("StatefulSet", "  updateStrategy: {rollingUpdate: {maxUnavailable: 0}}\n"),
       {rolling + "/maxUnavailable: expected more than 0; found 0"}},
      {"negative partition",
       set_of("StatefulSet", "  updateStrategy: {rollingUpdate: {partition: -1}}\n"),
       {rolling + "/partition: expected a whole number, at least 0; found -1"}},
      {"rolling update by hand",
       set_of("StatefulSet", "  updateStrategy: {type: OnDelete, rollingUpdate: {partition: 1}}\n"),
       {rolling + ": expected no rollingUpdate with type OnDelete; found a mapping"}},
      {"pod management of no name",
       set_of("StatefulSet", "  podManagementPolicy: Parallell\n"),
       {"f:5: /spec/podManagementPolicy: expected OrderedReady or Parallel; found \"Parallell\" "
        "(did you mean \"Parallel\"?)"}},
      {"retention of no name",
       set_of("StatefulSet", "  persistentVolumeClaimRetentionPolicy: {whenScaled: Keep}\n"),
       {"f:5: /spec/persistentVolumeClaimRetentionPolicy/whenScaled: expected Retain or Delete; "
        "found \"Keep\""}},
      {"claim without a name, a request",
       set_of(
           "StatefulSet",
           "  volumeClaimTemplates: [{metadata: {labels: {a: b}}, spec: {accessModes: [RWO]}}]\n"),
       {"f:5: /spec/volumeClaimTemplates/0/metadata: expected the name of the volume this claim is "
        "for; found no field \"name\"",
        "f:5: /spec/volumeClaimTemplates/0/spec/accessModes/0: expected ReadWriteOnce, "
        "ReadOnlyMany, ReadWriteMany or ReadWriteOncePod; found \"RWO\"",
        "f:5: /spec/volumeClaimTemplates/0/spec: expected a size in resources.requests.storage; "
        "found none"}},
      {"a daemon that could not be updated",
       set_of("DaemonSet", "  updateStrategy: {rollingUpdate: {maxUnavailable: 0}}\n"),
       {rolling + ": expected maxSurge or maxUnavailable above 0; found both 0 (an update could "
                  "neither add nor remove a pod)"}},
      {"a daemon with both",
       set_of("DaemonSet", "  updateStrategy: {rollingUpdate: {maxSurge: 1}}\n"),
       {rolling + ": expected one of maxSurge and maxUnavailable above 0; found both above 0 (with "
                  "maxSurge write maxUnavailable: 0, whose default is 1)"}},
      {"more than all daemons",
       set_of("DaemonSet",
              "  updateStrategy: {rollingUpdate: {maxSurge: 101%, maxUnavailable: 0}}\n"),
       {rolling + "/maxSurge: expected at most 100%; found \"101%\""}},
      {"percentages in other shapes",
       set_of("DaemonSet",
              "  updateStrategy:\n    rollingUpdate:\n      maxUnavailable: \"5%%\"\n"
              "      maxSurge: \"%\"\n"),
       {"f:7: /spec/updateStrategy/rollingUpdate/maxUnavailable: expected a count of at least 0, "
        "or a percentage such as \"25%\"; found \"5%%\"",
        "f:8: /spec/updateStrategy/rollingUpdate/maxSurge: expected a count of at least 0, or a "
        "percentage such as \"25%\"; found \"%\""}},
      {"replication controller that selects nothing",
       "apiVersion: v1\nkind: ReplicationController\nmetadata: {name: r}\nspec:\n"
       "  template: {spec: {containers: [{name: c, image: 'i:1'}]}}\n",
       {"f:5: /spec: expected a selector that names at least one label; found a mapping"}},
      {"replication controller that selects others",
       "apiVersion: v1\nkind: ReplicationController\nmetadata: {name: r}\nspec:\n"
       "  selector: {app: b}\n"
       "  template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: 'i:1'}]}}"
       "\n",
       {"f:5: /spec/selector: expected a selector that matches the template's labels; found one "
        "that does not (give spec.template.metadata.labels the selector's labels)"}},
      {"daemons that end",
       "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d}\nspec:\n"
       "  selector: {matchLabels: {app: a}}\n"
       "  template: {metadata: {labels: {app: a}}, spec: {restartPolicy: Never, containers: "
       "[{name: "
       "c, image: 'i:1'}]}}\n",
       {"f:6: /spec/template: expected restartPolicy Always; found Never (run pods that end as "
        "Pods "
        "of their own)"}},
  });
}

TEST(ManifestProblems, SayWhereAContainerBreaksTheRulesOfTheApi) {
  const std::string at = "f:12: /spec/template/spec/containers/0/";
  expect_problems({
      {"probe with two actions",
       deployment("", "        livenessProbe: {exec: {command: [a]}, tcpSocket: {port: 1}}\n"),
       {at + "livenessProbe: expected exactly one of httpGet, exec, tcpSocket and grpc; found 2 of "
             "them"}},
      {"probe without action",
       deployment("", "        livenessProbe: {periodSeconds: 5}\n"),
       {at + "livenessProbe: expected exactly one of httpGet, exec, tcpSocket and grpc; found "
             "none"}},
      {"probe period of 0",
       deployment("", "        readinessProbe: {tcpSocket: {port: 1}, periodSeconds: 0}\n"),
       {at + "readinessProbe/periodSeconds: expected a whole number, at least 1; found 0"}},
      {"liveness that must succeed twice",
       deployment("", "        livenessProbe: {tcpSocket: {port: 1}, successThreshold: 2}\n"),
       {at + "livenessProbe/successThreshold: expected 1 for liveness and startup probes; found "
             "2"}},
      {"readiness with a grace period",
       deployment(
           "",
           "        readinessProbe: {tcpSocket: {port: 1}, terminationGracePeriodSeconds: 2}\n"),
       {at + "readinessProbe/terminationGracePeriodSeconds: expected no grace period: a readiness "
             "probe ends no container; found 2"}},
      {"probe of a port nobody named",
       deployment("",
                  "        readinessProbe: {httpGet: {port: htp}}\n"
                  "        ports: [{containerPort: 80, name: http}]\n"),
       {at + "readinessProbe/httpGet/port: expected the name of a port of this container; found "
             "\"htp\" (did you mean \"http\"?)"}},
      {"port out of range",
       deployment("", "        ports: [{containerPort: 65536}]\n"),
       {at + "ports/0/containerPort: expected a whole number from 1 to 65535; found 65536"}},
      {"port as text",
       deployment("", "        readinessProbe: {httpGet: {port: \"80\"}}\n"),
       {at + "readinessProbe/httpGet/port: expected a port number, or a port name of at most 15 of "
             "a-z 0-9 -; found \"80\" (remove the quotes)"}},
      {"no quantity",
       deployment("", "        resources: {limits: {memory: 64MB}}\n"),
       {at + "resources/limits/memory: expected a quantity of at least 0, such as \"250m\" or "
             "\"64Mi\"; found \"64MB\""}},
      {"resource of no name",
       deployment("", "        resources: {limits: {cpus: 1}}\n"),
       {at + "resources/limits/cpus: expected a field of limits; found \"cpus\" (did you mean "
             "\"cpu\"?)"}},
      {"request above its limit",
       deployment("", "        resources: {limits: {cpu: 1}, requests: {cpu: 1500m}}\n"),
       {at + "resources/requests/cpu: expected a request of cpu within its limit; found "
             "\"1500m\""}},
      {"number where a text belongs",
       deployment("", "        env: [{name: PORT, value: 8080}]\n"),
       {at + "env/0/value: expected a text; found 8080 (put it in quotes)"}},
      {"yes where a text belongs",
       deployment("", "        env: [{name: DEBUG, value: yes}]\n"),
       {at + "env/0/value: expected a text; found yes (YAML reads it as true; put it in quotes)"}},
      {"value and valueFrom",
       deployment("",
                  "        env: [{name: A, value: b, valueFrom: {configMapKeyRef: {name: m, key: "
                  "k}}}]\n"),
       {at + "env/0/valueFrom: expected either value or valueFrom; found a mapping"}},
      {"variable twice is fine",
       deployment("", "        env: [{name: A, value: b}, {name: A, value: c}]\n"),
       {}},
      {"sidecar",
       pod("  initContainers: [{name: i, image: i, restartPolicy: Never}]\n" + kContainers),
       {"f:5: /spec/initContainers/0/restartPolicy: expected Always, which makes it a sidecar; "
        "found "
        "\"Never\""}},
      {"probe of an init container",
       pod("  initContainers: [{name: i, image: i, livenessProbe: {tcpSocket: {port: 1}}}]\n" +
           kContainers),
       {"f:5: /spec/initContainers/0/livenessProbe: expected no livenessProbe on an init "
        "container; "
        "found one"}},
      {"container names alike",
       pod("  containers:\n  - {name: c, image: i}\n  - {name: c, image: i}\n"),
       {"f:7: /spec/containers/1: expected container names that differ; found a second \"c\""}},
      {"no containers",
       pod("  containers: []\n"),
       {"f:5: /spec/containers: expected at least one container; found an empty list"}},
      {"container without name and image",
       pod("  containers: [{command: [a]}]\n"),
       {"f:5: /spec/containers/0: expected a name of the container; found no field \"name\"",
        "f:5: /spec/containers/0: expected an image; found no field \"image\""}},
      {"null in a list",
       pod("  containers: [~]\n"),
       {"f:5: /spec/containers/0: expected a mapping; found nothing",
        "f:5: /spec/containers/0: expected a name of the container; found no field \"name\"",
        "f:5: /spec/containers/0: expected an image; found no field \"image\""}},
      {"toleration of nothing",
       pod(kContainers + "  tolerations: [{value: x}]\n"),
       {"f:6: /spec/tolerations/0: expected a key, or operator Exists to tolerate every taint; "
        "found neither"}},
      {"toleration seconds without NoExecute",
       pod(kContainers + "  tolerations: [{operator: Exists, tolerationSeconds: 3}]\n"),
       {"f:6: /spec/tolerations/0/tolerationSeconds: expected no seconds unless the effect is "
        "NoExecute; found 3"}},
  });
}

TEST(ManifestProblems, SayWhereNamesLabelsAndPortsBreakTheRules) {
  expect_problems({
      {"upper case",
       "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Web}\n",
       {"f:3: /metadata/name: expected a name of at most 253 of a-z 0-9 - . (a DNS name); found "
        "\"Web\""}},
      {"service with a dot",
       "apiVersion: v1\nkind: Service\nmetadata: {name: a.b}\nspec: {ports: [{port: 1}]}\n",
       {"f:3: /metadata/name: expected a name of at most 63 of a-z 0-9 - that starts with a "
        "letter; found \"a.b\""}},
      {"no name",
       "apiVersion: v1\nkind: ConfigMap\nmetadata: {labels: {a: b}}\n",
       {"f:3: /metadata: expected a name of the object; found none"}},
      {"no metadata",
       "apiVersion: v1\nkind: ConfigMap\n",
       {"f:1: expected metadata with a name; found no field \"metadata\""}},
      {"node in a namespace",
       "apiVersion: v1\nkind: Node\nmetadata: {name: h1, namespace: x}\n",
       {"f:3: /metadata/namespace: expected no namespace: a Node belongs to none; found \"x\""}},
      {"label value",
       "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, labels: {a: \"b c\"}}\n",
       {"f:3: /metadata/labels/a: expected a value of at most 63 letters, digits, - _ . with no - "
        "_ "
        ". at the ends; found \"b c\""}},
      {"label key with a slash in the pointer",
       "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, labels: {\"a/b~/c\": d}}\n",
       {"f:3: /metadata/labels/a~1b~0~1c: expected a key of letters, digits, - _ . (with an "
        "optional prefix and /); found \"a/b~/c\""}},
      {"label value of a number",
       "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, labels: {version: 1}}\n",
       {"f:3: /metadata/labels/version: expected a text; found 1 (put it in quotes)"}},
      {"several ports need names",
       service("  ports:\n  - {port: 1, name: a}\n  - {port: 2}\n"),
       {"f:7: /spec/ports/1: expected a name for each of several ports; found no field \"name\""}},
      {"port twice",
       service("  ports:\n  - {port: 1, name: a}\n  - {port: 1, name: a}\n"),
       {"f:7: /spec/ports/1: expected port names that differ; found a second \"a\"",
        "f:7: /spec/ports/1: expected ports that differ in number or protocol; found a second TCP "
        "1"}},
      {"no port",
       service("  selector: {a: b}\n"),
       {"f:5: /spec: expected at least one port; found no field \"ports\""}},
      {"headless without port is fine", service("  clusterIP: None\n"), {}},
      {"type of no name",
       service("  type: Clusterip\n  ports: [{port: 1}]\n"),
       {"f:5: /spec/type: expected ClusterIP, NodePort, LoadBalancer or ExternalName; found "
        "\"Clusterip\""}},
      {"taint of no effect",
       "apiVersion: v1\nkind: Node\nmetadata: {name: h1}\nspec: {taints: [{key: k, effect: "
       "Nope}]}\n",
       {"f:4: /spec/taints/0/effect: expected NoSchedule, PreferNoSchedule or NoExecute; found "
        "\"Nope\""}},
  });
}

TEST(ManifestProblems, SayWhichKindAndVersionAreMeant) {
  expect_problems({
      {"old version",
       "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: d}\n",
       {"f:1: /apiVersion: expected apiVersion apps/v1 for a Deployment; found "
        "\"extensions/v1beta1\"",
        "f:1: expected a spec with selector and template; found no field \"spec\""}},
      {"no version",
       "kind: Pod\n",
       {"f:1: expected a Kubernetes object; found no field \"apiVersion\" (add apiVersion: v1)"}},
      {"no kind", "a: 1\n", {"f:1: expected a Kubernetes object; found no field \"kind\""}},
      {"misspelt kind",
       "apiVersion: apps/v1\nkind: Deploymnet\n",
       {"f:2: /kind: expected a kind of apps/v1; found \"Deploymnet\" (did you mean "
        "\"Deployment\"?)"}},
      {"a list at the top", "- 1\n", {"f:1: expected a mapping; found a list"}},
      {"a text at the top", "hello\n", {"f:1: expected a mapping; found \"hello\""}},
      {"same object twice",
       "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n---\napiVersion: v1\nkind: "
       "ConfigMap\nmetadata: {name: c, namespace: default}\n",
       {"f:5: expected ConfigMap/default/c once; found a second one; the first is at f:1 (keep one "
        "of them)"}},
  });
}

TEST(ManifestProblems, ComeAllAtOnceInTheOrderOfTheLines) {
  const Manifests manifests = read_manifests(
      "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n  port: 1\n---\n: [\n"
      "---\napiVersion: v1\nkind: Node\nmetadata: {name: H1}\n",
      "f");
  ASSERT_EQ(manifests.problems.size(), 4U);
  EXPECT_TRUE(std::is_sorted(
      manifests.problems.begin(), manifests.problems.end(),
      [](const Problem& a, const Problem& b) { return a.where.line < b.where.line; }));
  EXPECT_EQ(manifests.problems.back().where.line, 11);
  EXPECT_EQ(manifests.objects.size(), 2U);
}

TEST(ManifestProblems, AreOneShortLineWhateverTheInputHolds) {
  const Problem problem{{"a\nb", 3, "/x\ty"},
                        "e\x1b[31m",
                        std::string(5000, 'z') + "\n",
                        "h\xff\xe2\x80\xae" + std::string(1, '\0')};
  const std::string line = to_string(problem);
  EXPECT_EQ(line.substr(0, 45), "a\\nb:3: /x\\ty: expected e\\x1b[31m; found zzzz");
  EXPECT_LT(line.size(), 400U);
  EXPECT_NE(line.find("(h\\xff\\u202e\\x00)"), std::string::npos) << line;
}

TEST(NotModelled, IsNamedWithItsLineAndNeverDropped) {
  const Manifests manifests = read_manifests(
      "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n---\n" +
          deployment("", "        securityContext: {}\n        stdin: true\n") +
          "---\napiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: k}\n",
      "f");
  EXPECT_EQ(lines_of(manifests), std::vector<std::string>{});
  const std::vector<NotModelled> expected{
      {{"f", 1, ""}, "kind ServiceAccount"},
      {{"f", 16, "/spec/template/spec/containers/0/securityContext"},
       "field spec.template.spec.containers[].securityContext"},
      {{"f", 17, "/spec/template/spec/containers/0/stdin"},
       "field spec.template.spec.containers[].stdin"},
      {{"f", 19, ""}, "kind Service of serving.knative.dev/v1"}};
  EXPECT_EQ(manifests.not_modelled, expected);
}

TEST(Joining, NamesObjectsThatStandInTwoFiles) {
  const std::string map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n";
  const Manifests joined =
      join({read_manifests(map, "a"), read_manifests("---\n" + map + "---\n" + map, "b")});
  EXPECT_EQ(joined.objects.size(), 3U);
  EXPECT_EQ(lines_of(joined),
            (std::vector<std::string>{
                "b:2: expected ConfigMap/default/c once; found a second one; the first is at a:1 "
                "(keep one of them)",
                "b:6: expected ConfigMap/default/c once; found a second one; the first is at b:2 "
                "(keep one of them)"}));
}

}  // namespace
}  // namespace orrery::api
