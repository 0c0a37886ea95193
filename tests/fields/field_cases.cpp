#include "tests/fields/field_cases.h"

namespace orrery::fields {
namespace {

std::string scenario(const std::string& rest, const std::string& cluster = R"({"nodes": 1})",
                     const std::string& duration = "100s") {
  return R"("duration": ")" + duration + R"(", "cluster": )" + cluster + rest;
}

std::string pod(const std::string& name, const std::string& image,
                const std::string& container = {}, const std::string& spec = {}) {
  return "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: " + name +
         "\n  labels: {app: " + name + "}\nspec:\n" + spec +
         "  containers:\n  - name: app\n    image: " + image + "\n" + container;
}

std::string service(const std::string& spec) {
  return "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: "
         "p}\n" +
         spec;
}

const std::string kTemplate =
    "  template:\n    metadata: {labels: {app: w}}\n    spec:\n      containers:\n      - name: "
    "app\n"
    "        image: app:1\n";

std::string workload(const std::string& kind, const std::string& name, const std::string& spec) {
  return "---\napiVersion: apps/v1\nkind: " + kind + "\nmetadata: {name: " + name +
         "}\nspec:\n  selector: {matchLabels: {app: w}}\n" + spec + kTemplate;
}

std::string job(const std::string& spec, const std::string& image,
                const std::string& policy = "Never") {
  return "---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec:\n" + spec +
         "  template:\n    metadata: {labels: {a: b}}\n    spec:\n      restartPolicy: " + policy +
         "\n      containers:\n      - name: app\n        image: " + image + "\n";
}

constexpr const char* kRequests = "    resources: {requests: {cpu: 100m, memory: 64Mi}}\n";

constexpr const char* kDrain =
    R"(, "timeline": [{"id": "drain", "at": "60s", "drain": "Node/node-1"}])";
constexpr const char* kTwoNodes =
    R"({"nodes": [{"name": "n1", "labels": {"disk": "ssd", "size": "3"}},
                  {"name": "n2", "labels": {"disk": "hdd", "size": "9"}}]})";
constexpr const char* kTwoZones =
    R"({"nodes": [{"name": "n1", "labels": {"topology.kubernetes.io/zone": "a"}},
                  {"name": "n2", "labels": {"topology.kubernetes.io/zone": "b"}}]})";
/// Users of the Service web.
constexpr const char* kUsers = R"(,
  "journeys": {"read": ["web", "web", "web"]}, "load": [{"poisson": "5/s", "from": "20s"}])";
/// Likewise, who wait for one another where they meet.
constexpr const char* kQueues = R"(,
  "services": {"web": {"concurrency": 1, "operations": {"get": {"wait": "100ms"}}}},
  "journeys": {"read": ["web"]}, "load": [{"poisson": "15/s", "from": "20s"}])";
/// The workload changes its image and is scaled, and one of its pods is killed.
std::string changes(const std::string& target) {
  return R"(, "timeline": [
    {"id": "new", "at": "60s", "set": {"target": ")" +
         target + R"(", "image": "slow:1"}},
    {"id": "kill", "at": "150s", "fault": "pod-kill", "target": ")" +
         target + R"("},
    {"id": "less", "at": "200s", "set": {"target": ")" +
         target + R"(", "replicas": 2}}])";
}

const std::string kProbed =
    "    readinessProbe:\n      periodSeconds: 5\n      httpGet: {port: 8080, path: /}\n"
    "    ports: [{name: http, containerPort: 8080}]\n";

std::string claim(const std::string& spec) {
  return "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec:\n"
         "  accessModes: [ReadWriteOnce]\n  resources: {requests: {storage: 1Gi}}\n" +
         spec;
}
std::string disk(const std::string& name, const std::string& spec) {
  return "---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {name: " + name +
         ", labels: {tier: " + name +
         "}}\nspec:\n  accessModes: [ReadWriteOnce]\n  capacity: {storage: 5Gi}\n" + spec;
}
constexpr const char* kClaimed =
    "    volumeMounts: [{name: data, mountPath: /data}]\n"
    "  volumes:\n  - name: data\n"
    "    persistentVolumeClaim: {claimName: c}\n";
constexpr const char* kClass =
    "---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\n"
    "metadata: {name: fast}\nprovisioner: example.com/disk\n";

std::map<std::string, Base> make_bases() {
  std::map<std::string, Base> all;
  const auto add = [&](const std::string& name, std::string manifests, std::string rest) {
    all[name] = {std::move(manifests), std::move(rest)};
  };
  add("pod", pod("p", "app:1", kRequests), scenario(kDrain));
  add("ending", pod("p", "fails:1"), scenario(""));
  add("stubborn", pod("p", "stubborn:1"), scenario(kDrain));
  add("hooked",
      pod("p", "stubborn:1",
          "    lifecycle:\n      preStop: {sleep: {seconds: 5}}\n"
          "      postStart: {exec: {command: [warm]}}\n"),
      scenario(kDrain));
  add("http-hook",
      pod("p", "app:1", "    lifecycle:\n      postStart: {httpGet: {port: 8080, path: /}}\n"),
      scenario(kDrain));
  add("http-probe",
      pod("p", "app:1", kProbed) + service("  ports: [{port: 80, targetPort: http}]\n"),
      scenario(kUsers));
  add("sick",
      pod("p", "sick:1",
          "    livenessProbe:\n      periodSeconds: 5\n      exec: {command: [ok]}\n"),
      scenario(""));
  add("sick-stubborn",
      pod("p", "stubborn:1",
          "    livenessProbe:\n      periodSeconds: 5\n      exec: {command: [ok]}\n"),
      scenario(
          R"(, "timeline": [{"id": "ill", "at": "30s", "fault": "unwell", "for": "60s", "target": "Pod/p"}])"));
  add("tcp-probe",
      pod("p", "slow:1",
          "    startupProbe: {periodSeconds: 1, failureThreshold: 20, tcpSocket: {port: 8080}}\n") +
          service("  ports: [{port: 80, targetPort: 8080}]\n"),
      scenario(kUsers));
  add("grpc-probe",
      pod("p", "slow:1",
          "    startupProbe: {periodSeconds: 1, failureThreshold: 20, grpc: {port: 8080}}\n") +
          service("  ports: [{port: 80, targetPort: 8080}]\n"),
      scenario(kUsers));
  add("init",
      pod("p", "app:1", {},
          "  initContainers:\n  - {name: first, image: slow:1}\n  - {name: second, image: "
          "app:1}\n"),
      scenario(""));
  add("ports",
      pod("p", "app:1", "    ports: [{containerPort: 8080, hostPort: 8080, hostIP: 10.0.0.1}]\n") +
          pod("q", "app:1",
              "    ports: [{containerPort: 8080, hostPort: 8080, hostIP: 10.0.0.1}]\n"),
      scenario(""));
  add("host-network",
      pod("p", "app:1", "    ports: [{containerPort: 8080}]\n", "  hostNetwork: true\n") +
          pod("q", "app:1", "    ports: [{containerPort: 8080}]\n", "  hostNetwork: true\n"),
      scenario(""));
  add("config",
      "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {k: v}\n"
      "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {k: v}\n" +
          pod("p", "app:1",
              "    env:\n    - name: A\n      valueFrom: {configMapKeyRef: {name: m, key: k}}\n"
              "    - name: B\n      valueFrom: {secretKeyRef: {name: s, key: k}}\n"
              "    envFrom:\n    - configMapRef: {name: m}\n    - secretRef: {name: s}\n"
              "    volumeMounts:\n    - {name: map, mountPath: /map}\n"
              "    - {name: sec, mountPath: /sec}\n    - {name: all, mountPath: /all}\n"
              "  volumes:\n"
              "  - name: map\n    configMap: {name: m, items: [{key: k, path: f}]}\n"
              "  - name: sec\n    secret: {secretName: s, items: [{key: k, path: f}]}\n"
              "  - name: all\n    projected:\n      sources:\n"
              "      - configMap: {name: m, items: [{key: k, path: f}]}\n"
              "      - secret: {name: s, items: [{key: k, path: g}]}\n"),
      scenario(""));
  add("config-missing",
      pod("p", "app:1",
          "    envFrom:\n    - configMapRef: {name: m}\n"
          "  volumes:\n  - name: map\n    configMap: {name: m, optional: true}\n") +
          pod("q", "app:1", "    envFrom:\n    - secretRef: {name: s}\n") +
          pod("r", "app:1",
              "    env:\n    - name: A\n      valueFrom: {configMapKeyRef: {name: m, key: k}}\n") +
          pod("t", "app:1",
              "    env:\n    - name: A\n      valueFrom: {secretKeyRef: {name: s, key: k}}\n") +
          pod("u", "app:1", "  volumes:\n  - name: map\n    configMap: {name: m}\n") +
          pod("v", "app:1", "  volumes:\n  - name: map\n    secret: {secretName: s}\n") +
          pod("w", "app:1",
              "  volumes:\n  - name: map\n    projected: {sources: [{configMap: {name: m}}]}\n") +
          pod("x", "app:1",
              "  volumes:\n  - name: map\n    projected: {sources: [{secret: {name: s}}]}\n"),
      scenario(""));
  add("scratch",
      pod("p", "writer:1",
          "    volumeMounts: [{name: scratch, mountPath: /scratch}]\n"
          "  volumes:\n  - name: scratch\n    emptyDir: {sizeLimit: 1Gi}\n"),
      scenario(""));
  add("host-path",
      pod("p", "app:1",
          "    volumeMounts: [{name: logs, mountPath: /logs}]\n"
          "  volumes:\n  - name: logs\n    hostPath: {path: /var/log, type: Directory}\n"),
      scenario(""));
  add("fat", pod("p", "fat:1", "    resources: {limits: {memory: 200Mi, cpu: 500m}}\n"),
      scenario(""));
  add("quota-cpu",
      pod("p", "app:1", "    resources: {requests: {cpu: 500m}}\n") +
          service("  ports: [{port: 80, targetPort: 8080}]\n"),
      scenario(kUsers));
  add("two-nodes", pod("p", "app:1", kRequests) + pod("q", "app:1", kRequests),
      scenario("", kTwoNodes));
  add("affinity",
      pod("p", "app:1", kRequests) + pod("q", "app:1", kRequests,
                                         "  affinity:\n    nodeAffinity:\n"
                                         "      requiredDuringSchedulingIgnoredDuringExecution:\n"
                                         "        nodeSelectorTerms:\n        - matchExpressions:\n"
                                         "          - {key: disk, operator: In, values: [ssd]}\n"),
      scenario("", kTwoNodes));
  add("prefers",
      pod("p", "app:1", kRequests) +
          pod("q", "app:1", kRequests,
              "  affinity:\n    nodeAffinity:\n"
              "      preferredDuringSchedulingIgnoredDuringExecution:\n"
              "      - weight: 100\n        preference:\n          matchExpressions:\n"
              "          - {key: disk, operator: In, values: [ssd]}\n"
              "      - weight: 1\n        preference:\n          matchExpressions:\n"
              "          - {key: disk, operator: In, values: [hdd]}\n"),
      scenario("", kTwoNodes));
  add("near",
      pod("p", "app:1", kRequests, "  nodeName: n1\n") +
          pod("q", "app:1", kRequests,
              "  affinity:\n    podAffinity:\n"
              "      requiredDuringSchedulingIgnoredDuringExecution:\n"
              "      - topologyKey: kubernetes.io/hostname\n"
              "        labelSelector: {matchLabels: {app: p}}\n"),
      scenario("", kTwoNodes));
  add("spread",
      pod("p", "app:1", kRequests, "  nodeName: n1\n") +
          pod("q", "app:1", kRequests,
              "  topologySpreadConstraints:\n  - maxSkew: 1\n"
              "    topologyKey: kubernetes.io/hostname\n"
              "    whenUnsatisfiable: DoNotSchedule\n"
              "    labelSelector: {matchExpressions: [{key: app, operator: In, values: [p, q]}]}\n"
              "  nodeSelector: {disk: ssd}\n"),
      scenario("", kTwoNodes));
  add("priority",
      "---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\n"
      "value: 1000\n" +
          pod("p", "app:1", "    resources: {requests: {cpu: 7}}\n", "  nodeName: node-1\n") +
          pod("q", "app:1", "    resources: {requests: {cpu: 7}}\n",
              "  priorityClassName: high\n  schedulerName: default-scheduler\n"),
      scenario(""));
  add("service",
      pod("p", "app:1", kProbed) +
          service("  ports: [{name: a, port: 80, targetPort: http, protocol: TCP}]\n"),
      scenario(kUsers));
  add("slices",
      "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n"
      "  ports: [{name: a, port: 80}]\n"
      "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
      "metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}\n"
      "ports: [{name: a, port: 8080}]\nendpoints:\n- addresses: [192.0.2.1]\n"
      "  conditions: {ready: true}\n",
      scenario(""));
  const std::string rolled = changes("Deployment/w");
  add("deployment",
      workload("Deployment", "w", "  replicas: 4\n  strategy: {type: RollingUpdate}\n"),
      scenario(rolled, R"({"nodes": 3})", "300s"));
  add("stuck", workload("Deployment", "w", "  replicas: 2\n"),
      scenario(R"(, "timeline": [
        {"id": "new", "at": "30s", "set": {"target": "Deployment/w", "image": "absent:1"}}])",
               R"({"nodes": 2})", "750s"));
  add("replica-set", workload("ReplicaSet", "w", "  replicas: 3\n"), scenario(R"(, "timeline": [
        {"id": "kill", "at": "60s", "fault": "pod-kill", "target": "ReplicaSet/w"}])"));
  add("controller",
      "---\napiVersion: v1\nkind: ReplicationController\nmetadata: {name: w}\nspec:\n"
      "  replicas: 2\n  selector: {app: w}\n" +
          kTemplate,
      scenario(R"(, "timeline": [
        {"id": "kill", "at": "60s", "fault": "pod-kill", "target": "ReplicationController/w"}])"));
  add("stateful-set", workload("StatefulSet", "w", "  replicas: 3\n  serviceName: web\n"),
      scenario(changes("StatefulSet/w"), R"({"nodes": 3})", "300s"));
  add("stateful-claims",
      std::string{kClass} +
          workload("StatefulSet", "w",
                   "  replicas: 3\n  serviceName: web\n  volumeClaimTemplates:\n"
                   "  - metadata: {name: data}\n    spec:\n      storageClassName: fast\n"
                   "      accessModes: [ReadWriteOnce]\n"
                   "      resources: {requests: {storage: 1Gi}}\n"),
      scenario(R"(, "timeline": [
        {"id": "less", "at": "150s", "set": {"target": "StatefulSet/w", "replicas": 1}}])",
               R"({"nodes": 2})", "250s"));
  add("daemon-set", workload("DaemonSet", "w", ""),
      scenario(R"(, "timeline": [
        {"id": "new", "at": "60s", "set": {"target": "DaemonSet/w", "image": "slow:1"}}])",
               R"({"nodes": 4})", "200s"));
  add("job", job("  completions: 3\n  parallelism: 1\n", "ends:1"),
      scenario("", R"({"nodes": 1})", "200s"));
  add("job-fails", job("  completions: 2\n  backoffLimit: 2\n", "fails:1"),
      scenario("", R"({"nodes": 1})", "300s"));
  add("job-rules",
      job("  backoffLimit: 2\n  podFailurePolicy:\n    rules:\n    - action: FailJob\n"
          "      onExitCodes: {containerName: app, operator: In, values: [3]}\n",
          "fails:1"),
      scenario("", R"({"nodes": 1})", "200s"));
  add("job-conditions",
      job("  backoffLimit: 0\n  podFailurePolicy:\n    rules:\n    - action: Ignore\n"
          "      onPodConditions: [{type: DisruptionTarget, status: \"True\"}]\n",
          "stubborn:1"),
      scenario(R"(, "timeline": [{"id": "drain", "at": "60s", "drain": "Node/node-1"}])",
               R"({"nodes": 1})", "200s"));
  add("job-indexed",
      job("  completions: 3\n  parallelism: 1\n  completionMode: Indexed\n"
          "  backoffLimitPerIndex: 1\n",
          "fails:1"),
      scenario("", R"({"nodes": 1})", "300s"));
  add("job-long", job("  backoffLimit: 3\n", "stubborn:1"),
      scenario(kDrain, R"({"nodes": 1})", "200s"));
  add("cron-job",
      "---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: cj}\nspec:\n"
      "  schedule: \"* * * * *\"\n  concurrencyPolicy: Allow\n  jobTemplate:\n    spec:\n"
      "      template:\n        spec:\n          restartPolicy: Never\n          containers:\n"
      "          - {name: app, image: app:1}\n",
      scenario("", R"({"nodes": 1})", "400s"));
  add("cron-ends",
      "---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: cj}\nspec:\n"
      "  schedule: \"* * * * *\"\n  jobTemplate:\n    spec:\n      backoffLimit: 0\n"
      "      template:\n        spec:\n          restartPolicy: Never\n          containers:\n"
      "          - {name: app, image: ends:1}\n",
      scenario("", R"({"nodes": 1})", "500s"));
  add("cron-fails",
      "---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: cj}\nspec:\n"
      "  schedule: \"* * * * *\"\n  jobTemplate:\n    spec:\n      backoffLimit: 0\n"
      "      template:\n        spec:\n          restartPolicy: Never\n          containers:\n"
      "          - {name: app, image: fails:1}\n",
      scenario("", R"({"nodes": 1})", "500s"));
  add("budget",
      workload("Deployment", "w", "  replicas: 3\n") +
          "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: b}\nspec:\n"
          "  minAvailable: 3\n  selector: {matchLabels: {app: w}}\n",
      scenario(R"(, "timeline": [{"id": "drain", "at": "60s", "drain": "Node/node-1"}])",
               R"({"nodes": 2})"));
  add("quota",
      "---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec:\n"
      "  hard: {pods: 3, requests.cpu: 2}\n"
      "---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\nspec:\n  limits:\n"
      "  - type: Container\n    default: {cpu: 200m, memory: 64Mi}\n"
      "    defaultRequest: {cpu: 100m, memory: 64Mi}\n    max: {cpu: 1}\n    min: {cpu: 10m}\n" +
          workload("Deployment", "w", "  replicas: 3\n"),
      scenario(""));
  const auto scoped = [](const std::string& name, const std::string& scopes) {
    return "---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: " + name +
           "}\nspec:\n  hard: {pods: 2}\n  " + scopes + "\n";
  };
  add("quota-scopes",
      "---\napiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\n"
      "value: 100\nglobalDefault: true\n" +
          scoped("scopes", "scopes: [NotBestEffort]") +
          scoped("deadline",
                 "scopeSelector: {matchExpressions: "
                 "[{scopeName: Terminating, operator: Exists}]}") +
          scoped("class",
                 "scopeSelector: {matchExpressions: "
                 "[{scopeName: PriorityClass, operator: In, values: [low]}]}") +
          workload("Deployment", "w", "  replicas: 3\n"),
      scenario(""));
  add("static-disk",
      disk("near", "  csi: {driver: d, volumeHandle: v}\n") + claim("  storageClassName: \"\"\n") +
          pod("p", "app:1", kClaimed),
      scenario("", kTwoNodes));
  add("tainted",
      "---\napiVersion: v1\nkind: Node\nmetadata: {name: node-1}\n"
      "spec: {taints: [{key: k, value: v, effect: NoSchedule}]}\n"
      "status: {capacity: {cpu: 8, memory: 32Gi, pods: 110}}\n" +
          pod("p", "app:1", kRequests,
              "  tolerations:\n  - {key: k, operator: Equal, value: v, effect: NoSchedule}\n"),
      scenario(""));
  add("lost",
      pod("p", "app:1", kRequests,
          "  nodeSelector: {disk: ssd}\n  tolerations:\n"
          "  - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute,"
          " tolerationSeconds: 60}\n"),
      scenario(R"(, "timeline": [{"id": "lost", "at": "20s", "fault": "node-loss",
                                   "target": "Node/n1"}])",
               kTwoNodes, "300s"));
  add("lease",
      "---\napiVersion: coordination.k8s.io/v1\nkind: Lease\n"
      "metadata: {name: kube-scheduler, namespace: kube-system}\nspec: {}\n" +
          pod("p", "app:1"),
      scenario("", R"({"nodes": 1, "controlPlane": {"replicas": 2}})"));
  add("scaled",
      "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec:\n  replicas: 2\n"
      "  selector: {matchLabels: {app: w}}\n  template:\n    metadata: {labels: {app: w}}\n"
      "    spec:\n      containers:\n      - name: app\n        image: app:1\n"
      "        resources: {requests: {cpu: 100m, memory: 64Mi}}\n"
      "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n"
      "  selector: {app: w}\n  ports: [{port: 80, targetPort: 8080}]\n"
      "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n"
      "metadata: {name: h}\nspec:\n  minReplicas: 1\n  maxReplicas: 8\n"
      "  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: w}\n"
      "  behavior:\n    scaleUp: {policies: [{type: Pods, value: 2, periodSeconds: 15}]}\n"
      "  metrics:\n  - type: Resource\n    resource:\n      name: cpu\n"
      "      target: {type: Utilization, averageUtilization: 50}\n",
      scenario(R"(, "services": {"web": {"operations": {"get": {"cpu": "20ms"}}}},
  "journeys": {"read": ["web"]}, "load": [{"poisson": "20/s", "until": "500s"}])",
               R"({"nodes": 2})", "900s"));
  add("dynamic-disk", kClass + claim("  storageClassName: fast\n") + pod("p", "app:1", kClaimed),
      scenario("", kTwoNodes));
  add("anti", pod("p", "app:1", kRequests) + pod("q", "app:1", kRequests), scenario(""));
  add("tainted-other",
      "---\napiVersion: v1\nkind: Node\nmetadata: {name: node-1}\n"
      "spec: {taints: [{key: k, value: v, effect: NoSchedule}]}\n"
      "status: {capacity: {cpu: 8, memory: 32Gi, pods: 110}}\n" +
          pod("p", "app:1", kRequests,
              "  tolerations:\n  - {key: k, operator: Equal, effect: NoSchedule}\n"),
      scenario(""));
  add("untainted",
      "---\napiVersion: v1\nkind: Node\nmetadata: {name: node-1}\n"
      "status: {capacity: {cpu: 8, memory: 32Gi, pods: 110}}\n" +
          pod("p", "app:1", kRequests),
      scenario(""));
  add("pod-absent", pod("p", "app:latest"), scenario(""));
  add("ending-slow", pod("p", "sick:1"), scenario(""));
  add("hangs",
      pod("p", "app:1",
          "    livenessProbe: {periodSeconds: 10, failureThreshold: 1, exec: {command: [ok]}}\n"),
      scenario(R"(, "timeline": [{"id": "ill", "at": "40s", "fault": "unwell", "how": "hangs",
                                   "for": "13s", "target": "Pod/p"}])"));
  add("scratch2",
      pod("p", "writer:1",
          "    volumeMounts: [{name: scratch, mountPath: /scratch}]\n"
          "  volumes:\n  - name: scratch\n    emptyDir: {sizeLimit: 10Mi}\n"),
      scenario(""));
  add("pulled-apart",
      pod("p", "app:1", "    resources: {requests: {cpu: 4}}\n", "  nodeName: n1\n") +
          pod("q", "app:1", "    resources: {requests: {cpu: 1}}\n"),
      scenario("", kTwoNodes));
  add("pulled-together",
      pod("p", "app:1", kRequests, "  nodeName: n1\n") +
          pod("r", "app:1", "    resources: {requests: {cpu: 4}}\n", "  nodeName: n2\n") +
          pod("q", "app:1", "    resources: {requests: {cpu: 1}}\n"),
      scenario("", kTwoNodes));
  add("spread-free",
      pod("p", "app:1", kRequests, "  nodeName: n1\n") +
          pod("o", "app:1", kRequests, "  nodeName: n2\n") +
          pod("q", "app:1", kRequests,
              "  topologySpreadConstraints:\n  - maxSkew: 1\n"
              "    topologyKey: kubernetes.io/hostname\n    whenUnsatisfiable: DoNotSchedule\n"
              "    labelSelector: {matchExpressions: [{key: app, operator: In, values: [p, q, "
              "o]}]}\n"),
      scenario("", kTwoNodes));
  add("spread-tainted",
      "---\napiVersion: v1\nkind: Node\n"
      "metadata: {name: n2, labels: {kubernetes.io/hostname: n2}}\n"
      "spec: {taints: [{key: k, value: v, effect: NoSchedule}]}\n"
      "status: {capacity: {cpu: 8, memory: 32Gi, pods: 110}}\n" +
          pod("p", "app:1", kRequests, "  nodeName: n1\n") +
          pod("q", "app:1", kRequests,
              "  topologySpreadConstraints:\n  - maxSkew: 1\n"
              "    topologyKey: kubernetes.io/hostname\n    whenUnsatisfiable: DoNotSchedule\n"
              "    labelSelector: {matchExpressions: [{key: app, operator: In, values: [p, "
              "q]}]}\n"),
      scenario("", kTwoNodes));
  add("service-named",
      pod("p", "app:1", "    ports: [{name: http, containerPort: 8080}]\n") +
          service("  ports: [{port: 80, targetPort: http}]\n"),
      scenario(kUsers));
  add("service-http",
      pod("p", "app:1") + pod("q", "slow:1") +
          "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n"
          "  selector: {app: p}\n  ports: [{port: 80, targetPort: 8080}]\n",
      scenario(kUsers));
  add("service-slow",
      pod("p", "app:1", "    readinessProbe: {initialDelaySeconds: 40, exec: {command: [ok]}}\n") +
          service("  ports: [{port: 80, targetPort: 8080}]\n"),
      scenario(kUsers));
  add("service-outside",
      pod("p", "app:1", {}, "  nodeName: n1\n") +
          "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p-2, labels: {app: p}}\nspec:\n"
          "  nodeName: n2\n  containers: [{name: app, image: app:1}]\n"
          "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p-3, labels: {app: p}}\nspec:\n"
          "  nodeName: n2\n  containers: [{name: app, image: app:1}]\n" +
          service("  type: LoadBalancer\n  ports: [{port: 80, targetPort: 8080}]\n"),
      scenario(kQueues, kTwoNodes));
  const std::string chain =
      pod("p", "app:1", {}, "  nodeName: n1\n") + pod("back", "app:1", {}, "  nodeName: n1\n") +
      "---\napiVersion: v1\nkind: Pod\nmetadata: {name: back-2, labels: {app: back}}\nspec:\n"
      "  nodeName: n2\n  containers: [{name: app, image: app:1}]\n" +
      service("  ports: [{port: 80, targetPort: 8080}]\n") +
      "---\napiVersion: v1\nkind: Service\nmetadata: {name: back}\nspec:\n"
      "  selector: {app: back}\n  ports: [{port: 80, targetPort: 9090}]\n";
  const char* const kChained = R"(,
  "services": {"web": {"operations": {"get": {"calls": ["back"]}}}},
  "journeys": {"read": ["web"]}, "load": [{"poisson": "0.3/s", "from": "20s"}])";
  add("service-calls", chain, scenario(kChained, kTwoNodes));
  const auto policy = [](const std::string& spec) {
    return "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: np}\n"
           "spec:\n" +
           spec;
  };
  const auto guarded = [&](const std::string& spec) { return chain + policy(spec); };
  const std::string on_back = "  podSelector: {matchLabels: {app: back}}\n";
  const std::string on_p = "  podSelector: {matchLabels: {app: p}}\n  policyTypes: [Egress]\n";
  const std::string names = "  - {ports: [{protocol: UDP, port: 53}]}\n";
  add("policy-in",
      guarded(on_back + "  ingress:\n  - from: [{podSelector: {matchLabels: {app: p}}}]\n"
                        "    ports: [{port: 9000, endPort: 9100}]\n"),
      scenario(kChained, kTwoNodes));
  add("policy-in-block", guarded(on_back + "  ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]\n"),
      scenario(kChained, kTwoNodes));
  add("policy-out",
      guarded(on_p + "  egress:\n" + names +
              "  - to: [{podSelector: {matchLabels: {app: back}}}]\n"
              "    ports: [{port: 9000, endPort: 9100}]\n"),
      scenario(kChained, kTwoNodes));
  add("policy-out-block",
      guarded(on_p + "  egress:\n" + names + "  - to: [{ipBlock: {cidr: 0.0.0.0/0}}]\n"),
      scenario(kChained, kTwoNodes));
  add("policy-shut", guarded(on_back), scenario(kChained, kTwoNodes));
  const std::string backed =
      chain +
      "---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: edge}\n"
      "spec: {controller: example.com/edge}\n"
      "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: first}\n"
      "spec:\n  ingressClassName: edge\n"
      "  tls: [{hosts: [a.example.com], secretName: certificate}]\n"
      "  defaultBackend: {service: {name: back, port: {number: 80}}}\n"
      "  rules:\n  - host: a.example.com\n    http:\n      paths:\n"
      "      - {path: /x, pathType: Exact, backend: {service: {name: web, port: {number: 80}}}}\n"
      "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: second}\n"
      "spec:\n  ingressClassName: edge\n"
      "  rules:\n  - host: \"*.example.com\"\n    http:\n      paths:\n"
      "      - {path: /, pathType: Prefix, backend: {service: {name: back, port: {number: 80}}}}\n";
  const char* const kByAddress = R"(,
  "services": {"web": {"operations": {"get": {"wait": "7ms"}}}},
  "journeys": {"read": ["http://a.example.com/x", "http://a.example.com/x/y"]},
  "load": [{"poisson": "0.3/s", "from": "20s"}])";
  add("ingress", backed, scenario(kByAddress, kTwoNodes));
  add("service-calls-zones", chain,
      scenario(std::string(kChained) + R"(, "profile": "kubernetes-1.32")", kTwoZones));
  add("service-calls-sticky", chain + "  sessionAffinity: ClientIP\n",
      scenario(kChained, kTwoNodes, "200s"));
  add("stateful-history", workload("StatefulSet", "w", "  replicas: 1\n  serviceName: web\n"),
      scenario(R"(, "timeline": [
        {"id": "new", "at": "30s", "set": {"target": "StatefulSet/w", "image": "slow:1"}}])",
               R"({"nodes": 1})", "120s"));
  add("cron-hour",
      "---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: cj}\nspec:\n"
      "  schedule: \"1 1 * * *\"\n  jobTemplate:\n    metadata: {labels: {a: b}}\n    spec:\n      "
      "template:\n        spec:\n"
      "          restartPolicy: Never\n          containers: [{name: app, image: ends:1}]\n",
      scenario(""));
  add("budget-unready",
      "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec:\n"
      "  replicas: 2\n  selector: {matchLabels: {app: w}}\n  template:\n"
      "    metadata: {labels: {app: w}}\n    spec:\n      containers:\n      - name: app\n"
      "        image: sick:1\n"
      "        readinessProbe: {periodSeconds: 5, exec: {command: [ok]}}\n"
      "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: b}\nspec:\n"
      "  minAvailable: 2\n  selector: {matchLabels: {app: w}}\n",
      scenario(R"(, "timeline": [{"id": "drain", "at": "60s", "drain": "Node/node-1"}])",
               R"({"nodes": 2})"));
  add("lease-held",
      "---\napiVersion: coordination.k8s.io/v1\nkind: Lease\n"
      "metadata: {name: kube-scheduler, namespace: kube-system}\n"
      "spec: {holderIdentity: somebody, leaseDurationSeconds: 15}\n" +
          pod("p", "app:1"),
      scenario("", R"({"nodes": 1, "controlPlane": {"replicas": 2}})"));
  add("limits",
      "---\napiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\nspec:\n  limits:\n"
      "  - type: Container\n    default: {cpu: 1}\n"
      "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: w}\nspec:\n"
      "  selector: {matchLabels: {app: w}}\n  template:\n    metadata: {labels: {app: w}}\n"
      "    spec: {containers: [{name: app, image: fat:1}]}\n",
      scenario(""));
  add("job-two",
      "---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec:\n  backoffLimit: 2\n"
      "  podFailurePolicy:\n    rules:\n    - action: FailJob\n"
      "      onExitCodes: {containerName: app, operator: In, values: [3]}\n"
      "  template:\n    spec:\n      restartPolicy: Never\n      containers:\n"
      "      - {name: app, image: fails:1}\n      - {name: side, image: ends:1}\n",
      scenario("", R"({"nodes": 1})", "200s"));
  add("stateful-reclaim",
      std::string{kClass} +
          workload("StatefulSet", "w",
                   "  replicas: 3\n  serviceName: web\n"
                   "  persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}\n"
                   "  volumeClaimTemplates:\n"
                   "  - metadata: {name: data}\n    spec:\n      storageClassName: fast\n"
                   "      accessModes: [ReadWriteOnce]\n"
                   "      resources: {requests: {storage: 1Gi}}\n"),
      scenario(R"(, "timeline": [
        {"id": "less", "at": "150s", "set": {"target": "StatefulSet/w", "replicas": 1}}])",
               R"({"nodes": 2})", "250s"));
  add("mounted",
      "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata: {k: v}\n" +
          pod("p", "app:1",
              "    volumeMounts: [{name: map, mountPath: /m}]\n"
              "  volumes: [{name: map, configMap: {name: m}}]\n"),
      scenario(""));
  add("spread-tight",
      pod("p", "app:1", kRequests, "  nodeName: n1\n") +
          pod("q", "app:1", kRequests,
              "  topologySpreadConstraints:\n  - maxSkew: 1\n"
              "    topologyKey: kubernetes.io/hostname\n    nodeAffinityPolicy: Ignore\n"
              "    whenUnsatisfiable: DoNotSchedule\n"
              "    labelSelector: {matchExpressions: [{key: app, operator: In, values: [p, q]}]}\n"
              "  nodeSelector: {disk: ssd}\n"),
      scenario("", kTwoNodes));
  add("dynamic-disk-default", kClass + claim("") + pod("p", "app:1", kClaimed),
      scenario("", kTwoNodes));
  return all;
}

}  // namespace

const std::map<std::string, Base>& bases() {
  static const std::map<std::string, Base> all = make_bases();
  return all;
}

const std::map<std::string, std::string>& images() {
  static const std::map<std::string, std::string> all{
      {"app:1", R"({"start": "1s"})"},
      {"slow:1", R"({"start": "5s"})"},
      {"ends:1", R"({"runsFor": "3s"})"},
      {"fails:1", R"({"runsFor": "3s", "exitCode": 3})"},
      {"sick:1", R"({"unwellAfter": "20s"})"},
      {"stubborn:1", R"({"ignoresTerm": true})"},
      {"absent:1", R"({"missing": true})"},
      {"app:latest", R"({"layers": ["64Mi"]})"},
      {"writer:1", R"({"disk": {"perSecond": "1Mi", "volume": "scratch"}})"},
      {"fat:1", R"({"memory": "100Mi"})"},
  };
  return all;
}

const std::vector<FieldCase>& field_cases() {
  static const std::vector<FieldCase> all{
      {"Object:metadata.name", "pod", "Pod/p", R"({"metadata": {"name": "other"}})"},
      {"Object:metadata.generateName", "pod", "Pod/p",
       R"({"metadata": {"name": null, "generateName": "p-"}})"},
      {"Object:metadata.namespace", "pod", "Pod/p", R"({"metadata": {"namespace": "elsewhere"}})"},
      {"Object:metadata.annotations", "dynamic-disk-default", "StorageClass/fast",
       R"({"metadata": {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}})"},
      {"Object:metadata.finalizers", "pod", "Pod/p",
       R"({"metadata": {"finalizers": ["example.com/keep"]}})"},
      {"Pod:spec.nodeName", "two-nodes", "Pod/p", R"({"spec": {"nodeName": "n2"}})"},
      {"Pod:spec.restartPolicy", "ending", "Pod/p", R"({"spec": {"restartPolicy": "Never"}})"},
      {"Pod:spec.terminationGracePeriodSeconds", "stubborn", "Pod/p",
       R"({"spec": {"terminationGracePeriodSeconds": 7}})"},
      {"Pod:spec.nodeSelector", "two-nodes", "Pod/p",
       R"({"spec": {"nodeSelector": {"disk": "hdd", "size": "9"}}})"},
      {"Pod:spec.activeDeadlineSeconds", "pod", "Pod/p",
       R"({"spec": {"activeDeadlineSeconds": 20}})"},
      {"Pod:spec.hostNetwork", "host-network", "Pod/p", R"({"spec": {"hostNetwork": false}})"},
      {"Pod:spec.readinessGates[].conditionType", "http-probe", "Pod/p",
       R"({"spec": {"readinessGates": [{"conditionType": "example.com/gate"}]}})"},
      {"Pod:spec.schedulingGates[].name", "pod", "Pod/p",
       R"({"spec": {"schedulingGates": [{"name": "example.com/gate"}]}})"},
      {"Pod:spec.schedulerName", "pod", "Pod/p", R"({"spec": {"schedulerName": "nobody"}})"},
      {"Pod:spec.overhead.cpu", "pod", "Pod/p", R"({"spec": {"overhead": {"cpu": "100"}}})"},
      {"Pod:spec.overhead.memory", "pod", "Pod/p",
       R"({"spec": {"overhead": {"memory": "100Gi"}}})"},
      {"Pod:spec.tolerations[].key", "tainted", "Pod/p",
       R"({"spec": {"tolerations": [{"key": "other", "operator": "Equal", "value": "v", "effect": "NoSchedule"}]}})"},
      {"Pod:spec.tolerations[].value", "tainted", "Pod/p",
       R"({"spec": {"tolerations": [{"key": "k", "operator": "Equal", "value": "other", "effect": "NoSchedule"}]}})"},
      {"Pod:spec.tolerations[].effect", "tainted", "Pod/p",
       R"({"spec": {"tolerations": [{"key": "k", "operator": "Equal", "value": "v", "effect": "NoExecute"}]}})"},
      {"Pod:spec.tolerations[].operator", "tainted-other", "Pod/p",
       R"({"spec": {"tolerations": [{"key": "k", "operator": "Exists", "effect": "NoSchedule"}]}})"},
      {"Pod:spec.tolerations[].tolerationSeconds", "lost", "Pod/p",
       R"({"spec": {"tolerations": [{"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 120}]}})"},
      {"Pod:spec.containers[].image", "two-nodes", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "image": "slow:1"}]}})"},
      {"Pod:spec.containers[].imagePullPolicy", "pod-absent", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "imagePullPolicy": "Never"}]}})"},
      {"Pod:spec.containers[].name", "ending", "Pod/p",
       R"({"spec": {"containers": [{"$patch": "replace"}, {"name": "other", "image": "fails:1"}]}})"},
      {"Pod:spec.initContainers[].restartPolicy", "init", "Pod/p",
       R"({"spec": {"initContainers": [{"name": "first", "restartPolicy": "Always"}]}})"},
      {"Pod:spec.containers[].envFrom[].configMapRef.name", "config", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "envFrom": [{"configMapRef": {"name": "other"}}]}]}})"},
      {"Pod:spec.containers[].envFrom[].secretRef.name", "config", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "envFrom": [{"configMapRef": {"name": "m"}}, {"secretRef": {"name": "other"}}]}]}})"},
      {"Pod:spec.containers[].envFrom[].configMapRef.optional", "config-missing", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "envFrom": [{"configMapRef": {"name": "m", "optional": true}}]}]}})"},
      {"Pod:spec.containers[].envFrom[].secretRef.optional", "config-missing", "Pod/q",
       R"({"spec": {"containers": [{"name": "app", "envFrom": [{"secretRef": {"name": "s", "optional": true}}]}]}})"},
      {"Pod:spec.containers[].env[].valueFrom.configMapKeyRef.name", "config", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "other", "key": "k"}}}]}]}})"},
      {"Pod:spec.containers[].env[].valueFrom.configMapKeyRef.key", "config", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "other"}}}]}]}})"},
      {"Pod:spec.containers[].env[].valueFrom.configMapKeyRef.optional", "config-missing", "Pod/r",
       R"({"spec": {"containers": [{"name": "app", "env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "k", "optional": true}}}]}]}})"},
      {"Pod:spec.containers[].env[].valueFrom.secretKeyRef.name", "config", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "env": [{"name": "B", "valueFrom": {"secretKeyRef": {"name": "other", "key": "k"}}}]}]}})"},
      {"Pod:spec.containers[].env[].valueFrom.secretKeyRef.key", "config", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "env": [{"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "other"}}}]}]}})"},
      {"Pod:spec.containers[].env[].valueFrom.secretKeyRef.optional", "config-missing", "Pod/t",
       R"({"spec": {"containers": [{"name": "app", "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": true}}}]}]}})"},
      {"Pod:spec.volumes[].name", "scratch2", "Pod/p",
       R"({"spec": {"volumes": [{"$patch": "replace"}, {"name": "other", "emptyDir": {"sizeLimit": "10Mi"}}, {"name": "scratch", "emptyDir": {}}]}})"},
      {"Pod:spec.volumes[].emptyDir.sizeLimit", "scratch", "Pod/p",
       R"({"spec": {"volumes": [{"name": "scratch", "emptyDir": {"sizeLimit": "20Mi"}}]}})"},
      {"Pod:spec.volumes[].hostPath.path", "host-path", "Pod/p",
       R"({"spec": {"volumes": [{"name": "logs", "hostPath": {"path": "/absent"}}]}})"},
      {"Pod:spec.volumes[].hostPath.type", "host-path", "Pod/p",
       R"({"spec": {"volumes": [{"name": "logs", "hostPath": {"type": "File"}}]}})"},
      {"Pod:spec.volumes[].configMap.name", "config", "Pod/p",
       R"({"spec": {"volumes": [{"name": "map", "configMap": {"name": "other"}}]}})"},
      {"Pod:spec.volumes[].configMap.items", "config", "Pod/p",
       R"({"spec": {"volumes": [{"name": "map", "configMap": {"items": [{"key": "other", "path": "f"}]}}]}})"},
      {"FileItem:key", "config", "Pod/p",
       R"({"spec": {"volumes": [{"name": "sec", "secret": {"items": [{"key": "other", "path": "f"}]}}]}})"},
      {"Pod:spec.volumes[].configMap.optional", "config-missing", "Pod/u",
       R"({"spec": {"volumes": [{"name": "map", "configMap": {"optional": true}}]}})"},
      {"Pod:spec.volumes[].secret.secretName", "config", "Pod/p",
       R"({"spec": {"volumes": [{"name": "sec", "secret": {"secretName": "other"}}]}})"},
      {"Pod:spec.volumes[].secret.items", "config", "Pod/p",
       R"({"spec": {"volumes": [{"name": "sec", "secret": {"items": [{"key": "none", "path": "f"}]}}]}})"},
      {"Pod:spec.volumes[].secret.optional", "config-missing", "Pod/v",
       R"({"spec": {"volumes": [{"name": "map", "secret": {"optional": true}}]}})"},
      {"Pod:spec.volumes[].projected.sources[].configMap.name", "config", "Pod/p",
       R"({"spec": {"volumes": [{"name": "all", "projected": {"sources": [{"configMap": {"name": "other"}}]}}]}})"},
      {"Pod:spec.volumes[].projected.sources[].configMap.items", "config", "Pod/p",
       R"({"spec": {"volumes": [{"name": "all", "projected": {"sources": [{"configMap": {"name": "m", "items": [{"key": "none", "path": "f"}]}}]}}]}})"},
      {"Pod:spec.volumes[].projected.sources[].configMap.optional", "config-missing", "Pod/w",
       R"({"spec": {"volumes": [{"name": "map", "projected": {"sources": [{"configMap": {"name": "m", "optional": true}}]}}]}})"},
      {"Pod:spec.volumes[].projected.sources[].secret.name", "config", "Pod/p",
       R"({"spec": {"volumes": [{"name": "all", "projected": {"sources": [{"secret": {"name": "other"}}]}}]}})"},
      {"Pod:spec.volumes[].projected.sources[].secret.items", "config", "Pod/p",
       R"({"spec": {"volumes": [{"name": "all", "projected": {"sources": [{"secret": {"name": "s", "items": [{"key": "none", "path": "f"}]}}]}}]}})"},
      {"Pod:spec.volumes[].projected.sources[].secret.optional", "config-missing", "Pod/x",
       R"({"spec": {"volumes": [{"name": "map", "projected": {"sources": [{"secret": {"name": "s", "optional": true}}]}}]}})"},
      {"Pod:spec.volumes[].projected.sources[].downwardAPI", "config", "Pod/p",
       R"({"spec": {"volumes": [{"name": "all", "projected": {"sources": [{"downwardAPI": {"items": [{"path": "n", "fieldRef": {"fieldPath": "metadata.name"}}, {"path": "c", "resourceFieldRef": {"containerName": "app", "resource": "limits.cpu", "divisor": "1m"}}]}}]}}]}})"},
      {"Pod:spec.volumes[].downwardAPI", "pod", "Pod/p",
       R"({"spec": {"volumes": [{"name": "self", "downwardAPI": {"items": [{"path": "n", "fieldRef": {"fieldPath": "metadata.name"}}]}}]}})"},
      {"Pod:spec.volumes[].persistentVolumeClaim.claimName", "static-disk", "Pod/p",
       R"({"spec": {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "other"}}]}})"},
      {"Pod:spec.containers[].ports[].hostPort", "ports", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "ports": [{"containerPort": 8080, "hostPort": 9090, "hostIP": "10.0.0.1"}]}]}})"},
      {"Pod:spec.containers[].ports[].hostIP", "ports", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "ports": [{"containerPort": 8080, "hostPort": 8080, "hostIP": "10.0.0.2"}]}]}})"},
      {"Pod:spec.containers[].ports[].protocol", "ports", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "ports": [{"containerPort": 8080, "hostPort": 8080, "hostIP": "10.0.0.1", "protocol": "UDP"}]}]}})"},
      {"Pod:spec.containers[].ports[].containerPort", "host-network", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "ports": [{"$patch": "replace"}, {"containerPort": 9090}]}]}})"},
      {"Pod:spec.containers[].ports[].name", "service-named", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "ports": [{"containerPort": 8080, "name": "other"}]}]}})"},
      {"Pod:spec.containers[].resources.requests.cpu", "pod", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "resources": {"requests": {"cpu": "100"}}}]}})"},
      {"Pod:spec.containers[].resources.requests.memory", "pod", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "resources": {"requests": {"memory": "100Gi"}}}]}})"},
      {"Pod:spec.containers[].resources.limits.memory", "fat", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "resources": {"limits": {"memory": "50Mi"}}}]}})"},
      {"Pod:spec.containers[].resources.limits.cpu", "quota-cpu", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "resources": {"limits": {"cpu": "501m"}}}]}})"},
      {"Pod:spec.containers[].startupProbe", "pod", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "startupProbe": {"exec": {"command": ["ok"]}, "periodSeconds": 3}}]}})"},
      {"Pod:spec.containers[].livenessProbe", "ending-slow", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "livenessProbe": {"exec": {"command": ["ok"]}, "periodSeconds": 3}}]}})"},
      {"Pod:spec.containers[].readinessProbe", "pod", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "readinessProbe": {"exec": {"command": ["ok"]}, "periodSeconds": 3}}]}})"},
      {"Probe:initialDelaySeconds", "http-probe", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "readinessProbe": {"initialDelaySeconds": 15}}]}})"},
      {"Probe:periodSeconds", "http-probe", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "readinessProbe": {"periodSeconds": 9}}]}})"},
      {"Probe:timeoutSeconds", "hangs", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "livenessProbe": {"timeoutSeconds": 4}}]}})"},
      {"Probe:successThreshold", "http-probe", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "readinessProbe": {"successThreshold": 3}}]}})"},
      {"Probe:failureThreshold", "sick", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "livenessProbe": {"failureThreshold": 1}}]}})"},
      {"Probe:terminationGracePeriodSeconds", "sick-stubborn", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "livenessProbe": {"terminationGracePeriodSeconds": 5}}]}})"},
      {"Probe:exec", "sick", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "livenessProbe": {"exec": null, "httpGet": {"port": 9999}}}]}})"},
      {"Probe:tcpSocket", "tcp-probe", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "startupProbe": {"tcpSocket": null, "exec": {"command": ["ok"]}}}]}})"},
      {"Probe:grpc", "grpc-probe", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "startupProbe": {"grpc": null, "exec": {"command": ["ok"]}}}]}})"},
      {"Pod:spec.containers[].lifecycle.preStop.sleep", "hooked", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "lifecycle": {"preStop": {"sleep": null, "exec": {"command": ["ok"]}}}}]}})"},
      {"Sleep:seconds", "hooked", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "lifecycle": {"preStop": {"sleep": {"seconds": 9}}}}]}})"},
      {"Pod:spec.containers[].lifecycle.preStop.exec", "hooked", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "lifecycle": {"preStop": {"sleep": null, "exec": {"command": ["other"]}}}}]}})"},
      {"Pod:spec.containers[].lifecycle.preStop.httpGet", "hooked", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "lifecycle": {"preStop": {"sleep": null, "httpGet": {"port": 8080}}}}]}})"},
      {"Pod:spec.containers[].lifecycle.postStart.exec", "pod", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "lifecycle": {"postStart": {"exec": {"command": ["ok"]}}}}]}})"},
      {"Pod:spec.containers[].lifecycle.postStart.httpGet", "pod", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "lifecycle": {"postStart": {"httpGet": {"port": 9999}}}}]}})"},
      {"Pod:spec.containers[].lifecycle.postStart.sleep", "pod", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "lifecycle": {"postStart": {"sleep": {"seconds": 3}}}}]}})"},
      {"SelectorRequirement:key", "affinity", "Pod/q",
       R"({"spec": {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "none", "operator": "In", "values": ["ssd"]}]}]}}}}})"},
      {"SelectorRequirement:operator", "affinity", "Pod/q",
       R"({"spec": {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "disk", "operator": "NotIn", "values": ["ssd"]}]}]}}}}})"},
      {"SelectorRequirement:values", "affinity", "Pod/q",
       R"({"spec": {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "disk", "operator": "In", "values": ["hdd"]}]}]}}}}})"},
      {"NodeSelectorTerm:matchExpressions", "affinity", "Pod/q",
       R"({"spec": {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "disk", "operator": "In", "values": ["tape"]}]}]}}}}})"},
      {"NodeSelectorTerm:matchFields", "affinity", "Pod/q",
       R"({"spec": {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n2"]}]}]}}}}})"},
      {"Pod:spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution."
       "nodeSelectorTerms",
       "two-nodes", "Pod/q",
       R"({"spec": {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "none", "operator": "Exists"}]}]}}}}})"},
      {"Pod:spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[]."
       "weight",
       "prefers", "Pod/q",
       R"({"spec": {"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}}, {"weight": 50, "preference": {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["hdd"]}]}}]}}}})"},
      {"Pod:spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[]."
       "preference",
       "prefers", "Pod/q",
       R"({"spec": {"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "preference": {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["hdd"]}]}}, {"weight": 50, "preference": {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["hdd"]}]}}]}}}})"},
      {"PodAffinityTerm:labelSelector", "near", "Pod/q",
       R"({"spec": {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "nobody"}}}]}}}})"},
      {"LabelSelector:matchLabels", "near", "Pod/q",
       R"({"spec": {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "none"}}}]}}}})"},
      {"LabelSelector:matchExpressions", "near", "Pod/q",
       R"({"spec": {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["none"]}]}}]}}}})"},
      {"PodAffinityTerm:namespaces", "near", "Pod/q",
       R"({"spec": {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "p"}}, "namespaces": ["elsewhere"]}]}}}})"},
      {"PodAffinityTerm:namespaceSelector", "near", "Pod/q",
       R"({"spec": {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "p"}}, "namespaceSelector": {"matchLabels": {"a": "b"}}}]}}}})"},
      {"PodAffinityTerm:topologyKey", "near", "Pod/q",
       R"({"spec": {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"labelSelector": {"matchLabels": {"app": "p"}}, "topologyKey": "none"}]}}}})"},
      {"Pod:spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution", "two-nodes",
       "Pod/q",
       R"({"spec": {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "none"}}}]}}}})"},
      {"Pod:spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution", "anti",
       "Pod/q",
       R"({"spec": {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "p"}}}]}}}})"},
      {"Pod:spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[]."
       "podAffinityTerm",
       "pulled-apart", "Pod/q",
       R"({"spec": {"affinity": {"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "p"}}}}]}}}})"},
      {"Pod:spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[]."
       "weight",
       "pulled-apart", "Pod/q",
       R"({"spec": {"affinity": {"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "p"}}}}]}}}})"},
      {"Pod:spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[]"
       ".podAffinityTerm",
       "pulled-together", "Pod/q",
       R"({"spec": {"affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "p"}}}}]}}}})"},
      {"Pod:spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[]"
       ".weight",
       "pulled-together", "Pod/q",
       R"({"spec": {"affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "p"}}}}]}}}})"},
      {"Pod:spec.topologySpreadConstraints[].topologyKey", "spread", "Pod/q",
       R"({"spec": {"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "none", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["p", "q"]}]}}]}})"},
      {"Pod:spec.topologySpreadConstraints[].minDomains", "spread-free", "Pod/q",
       R"({"spec": {"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["p", "q", "o"]}]}, "minDomains": 5}]}})"},
      {"Pod:spec.topologySpreadConstraints[].nodeAffinityPolicy", "spread", "Pod/q",
       R"({"spec": {"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["p", "q"]}]}, "nodeAffinityPolicy": "Ignore"}]}})"},
      {"Pod:spec.topologySpreadConstraints[].nodeTaintsPolicy", "spread-tainted", "Pod/q",
       R"({"spec": {"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["p", "q"]}]}, "nodeTaintsPolicy": "Honor"}]}})"},
      {"Pod:spec.priorityClassName", "priority", "Pod/q",
       R"({"spec": {"priorityClassName": null}})"},
      {"Pod:spec.preemptionPolicy", "priority", "Pod/q",
       R"({"spec": {"preemptionPolicy": "Never"}})"},
      {"PriorityClass:value", "priority", "PriorityClass/high", R"({"value": -5})"},
      {"PriorityClass:preemptionPolicy", "priority", "PriorityClass/high",
       R"({"preemptionPolicy": "Never"})"},
      {"PriorityClass:globalDefault", "priority", "PriorityClass/high",
       R"({"globalDefault": true})"},
      {"Node:spec.unschedulable", "untainted", "Node/node-1",
       R"({"spec": {"unschedulable": true}})"},
      {"Node:spec.taints[].key", "tainted", "Node/node-1",
       R"({"spec": {"taints": [{"key": "other", "value": "v", "effect": "NoSchedule"}]}})"},
      {"Node:spec.taints[].value", "tainted", "Node/node-1",
       R"({"spec": {"taints": [{"key": "k", "value": "other", "effect": "NoSchedule"}]}})"},
      {"Node:spec.taints[].effect", "tainted", "Node/node-1",
       R"({"spec": {"taints": [{"key": "k", "value": "v", "effect": "NoExecute"}]}})"},
      {"Service:spec.ports[].targetPort", "service", "Service/web",
       R"({"spec": {"ports": [{"port": 80, "targetPort": "none"}]}})"},
      {"Service:spec.publishNotReadyAddresses", "service-slow", "Service/web",
       R"({"spec": {"publishNotReadyAddresses": true}})"},
      {"Service:spec.internalTrafficPolicy", "service-calls", "Service/back",
       R"({"spec": {"internalTrafficPolicy": "Local"}})"},
      {"Service:spec.externalTrafficPolicy", "service-outside", "Service/web",
       R"({"spec": {"externalTrafficPolicy": "Local"}})"},
      {"Service:spec.trafficDistribution", "service-calls-zones", "Service/back",
       R"({"spec": {"trafficDistribution": "PreferClose"}})"},
      {"Object:metadata.annotations", "service-calls-zones", "Service/back",
       R"({"metadata": {"annotations": {"service.kubernetes.io/topology-mode": "Auto"}}})"},
      {"Service:spec.sessionAffinityConfig.clientIP.timeoutSeconds", "service-calls-sticky",
       "Service/back",
       R"({"spec": {"sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 1}}}})"},
      {"NetworkPolicy:spec.podSelector", "policy-in", "NetworkPolicy/np",
       R"({"spec": {"podSelector": {"matchLabels": {"app": "p"}}}})"},
      {"NetworkPolicy:spec.policyTypes", "policy-shut", "NetworkPolicy/np",
       R"({"spec": {"policyTypes": ["Egress"]}})"},
      {"NetworkPolicy:spec.ingress[].from[].podSelector", "policy-in", "NetworkPolicy/np",
       R"({"spec": {"ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "x"}}}]}]}})"},
      {"NetworkPolicy:spec.ingress[].from[].namespaceSelector", "policy-in", "NetworkPolicy/np",
       R"({"spec": {"ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "x"}}, "podSelector": {"matchLabels": {"app": "p"}}}]}]}})"},
      {"IPBlock:cidr", "policy-in-block", "NetworkPolicy/np",
       R"({"spec": {"ingress": [{"from": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}]}})"},
      {"IPBlock:except", "policy-in-block", "NetworkPolicy/np",
       R"({"spec": {"ingress": [{"from": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}]}]}})"},
      {"PolicyPort:protocol", "policy-in", "NetworkPolicy/np",
       R"({"spec": {"ingress": [{"ports": [{"protocol": "UDP", "port": 9000, "endPort": 9100}]}]}})"},
      {"PolicyPort:port", "policy-in", "NetworkPolicy/np",
       R"({"spec": {"ingress": [{"ports": [{"port": 9095, "endPort": 9100}]}]}})"},
      {"PolicyPort:endPort", "policy-in", "NetworkPolicy/np",
       R"({"spec": {"ingress": [{"ports": [{"port": 9000, "endPort": 9001}]}]}})"},
      {"NetworkPolicy:spec.egress[].to[].podSelector", "policy-out", "NetworkPolicy/np",
       R"({"spec": {"egress": [{"ports": [{"protocol": "UDP", "port": 53}]}, {"to": [{"podSelector": {"matchLabels": {"app": "x"}}}], "ports": [{"port": 9000, "endPort": 9100}]}]}})"},
      {"NetworkPolicy:spec.egress[].to[].namespaceSelector", "policy-out", "NetworkPolicy/np",
       R"({"spec": {"egress": [{"ports": [{"protocol": "UDP", "port": 53}]}, {"to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "x"}}, "podSelector": {"matchLabels": {"app": "back"}}}]}]}})"},
      {"NetworkPolicy:spec.egress[].to[].ipBlock", "policy-out-block", "NetworkPolicy/np",
       R"({"spec": {"egress": [{"ports": [{"protocol": "UDP", "port": 53}]}, {"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}]}})"},
      {"NetworkPolicy:spec.egress[].ports", "policy-out", "NetworkPolicy/np",
       R"({"spec": {"egress": [{"to": [{"podSelector": {"matchLabels": {"app": "back"}}}], "ports": [{"port": 9000, "endPort": 9100}]}]}})"},
      {"Ingress:spec.ingressClassName", "ingress", "Ingress/first",
       R"({"spec": {"ingressClassName": "gone"}})"},
      {"Ingress:spec.rules[].host", "ingress", "Ingress/first",
       R"({"spec": {"rules": [{"host": "b.example.com", "http": {"paths": [{"path": "/x", "pathType": "Exact", "backend": {"service": {"name": "web", "port": {"number": 80}}}}]}}]}})"},
      {"Ingress:spec.rules[].http.paths[].path", "ingress", "Ingress/first",
       R"({"spec": {"rules": [{"host": "a.example.com", "http": {"paths": [{"path": "/z", "pathType": "Exact", "backend": {"service": {"name": "web", "port": {"number": 80}}}}]}}]}})"},
      {"Ingress:spec.rules[].http.paths[].pathType", "ingress", "Ingress/first",
       R"({"spec": {"rules": [{"host": "a.example.com", "http": {"paths": [{"path": "/x", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}}]}}]}})"},
      {"IngressBackend:service.name", "ingress", "Ingress/first",
       R"({"spec": {"defaultBackend": {"service": {"name": "web"}}}})"},
      {"ConfigMap:data", "config", "ConfigMap/m", R"({"data": {"k": null, "other": "v"}})"},
      {"Secret:stringData", "config", "Secret/s", R"({"stringData": {"k": null, "other": "v"}})"},
      {"Secret:data", "config", "Secret/s", R"({"stringData": null, "data": {"other": "dg=="}})"},
      {"Deployment:spec.replicas", "deployment", "Deployment/w", R"({"spec": {"replicas": 5}})"},
      {"Deployment:spec.strategy.type", "deployment", "Deployment/w",
       R"({"spec": {"strategy": {"type": "Recreate"}}})"},
      {"Deployment:spec.strategy.rollingUpdate.maxSurge", "deployment", "Deployment/w",
       R"({"spec": {"strategy": {"rollingUpdate": {"maxSurge": 3}}}})"},
      {"Deployment:spec.strategy.rollingUpdate.maxUnavailable", "deployment", "Deployment/w",
       R"({"spec": {"strategy": {"rollingUpdate": {"maxUnavailable": 3}}}})"},
      {"Deployment:spec.minReadySeconds", "deployment", "Deployment/w",
       R"({"spec": {"minReadySeconds": 12}})"},
      {"Deployment:spec.paused", "deployment", "Deployment/w", R"({"spec": {"paused": true}})"},
      {"Deployment:spec.revisionHistoryLimit", "deployment", "Deployment/w",
       R"({"spec": {"revisionHistoryLimit": 0}})"},
      {"Deployment:spec.progressDeadlineSeconds", "stuck", "Deployment/w",
       R"({"spec": {"progressDeadlineSeconds": 60}})"},
      {"Deployment:spec.template", "deployment", "Deployment/w",
       R"({"spec": {"template": {"metadata": {"labels": {"more": "x"}}}}})"},
      {"ReplicaSet:spec.replicas", "replica-set", "ReplicaSet/w", R"({"spec": {"replicas": 2}})"},
      {"ReplicaSet:spec.minReadySeconds", "replica-set", "ReplicaSet/w",
       R"({"spec": {"minReadySeconds": 20}})"},
      {"ReplicationController:spec.replicas", "controller", "ReplicationController/w",
       R"({"spec": {"replicas": 1}})"},
      {"ReplicationController:spec.minReadySeconds", "controller", "ReplicationController/w",
       R"({"spec": {"minReadySeconds": 20}})"},
      {"StatefulSet:spec.replicas", "stateful-set", "StatefulSet/w",
       R"({"spec": {"replicas": 4}})"},
      {"StatefulSet:spec.podManagementPolicy", "stateful-set", "StatefulSet/w",
       R"({"spec": {"podManagementPolicy": "Parallel"}})"},
      {"StatefulSet:spec.updateStrategy.type", "stateful-set", "StatefulSet/w",
       R"({"spec": {"updateStrategy": {"type": "OnDelete"}}})"},
      {"StatefulSet:spec.updateStrategy.rollingUpdate.partition", "stateful-set", "StatefulSet/w",
       R"({"spec": {"updateStrategy": {"rollingUpdate": {"partition": 2}}}})"},
      {"StatefulSet:spec.minReadySeconds", "stateful-set", "StatefulSet/w",
       R"({"spec": {"minReadySeconds": 10}})"},
      {"StatefulSet:spec.revisionHistoryLimit", "stateful-history", "StatefulSet/w",
       R"({"spec": {"revisionHistoryLimit": 0}})"},
      {"StatefulSet:spec.ordinals.start", "stateful-set", "StatefulSet/w",
       R"({"spec": {"ordinals": {"start": 5}}})"},
      {"StatefulSet:spec.volumeClaimTemplates", "stateful-claims", "StatefulSet/w",
       R"({"spec": {"volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"storageClassName": "none", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]}})"},
      {"StatefulSet:spec.persistentVolumeClaimRetentionPolicy.whenScaled", "stateful-claims",
       "StatefulSet/w",
       R"({"spec": {"persistentVolumeClaimRetentionPolicy": {"whenScaled": "Delete"}}})"},
      {"DaemonSet:spec.updateStrategy.type", "daemon-set", "DaemonSet/w",
       R"({"spec": {"updateStrategy": {"type": "OnDelete"}}})"},
      {"DaemonSet:spec.updateStrategy.rollingUpdate.maxUnavailable", "daemon-set", "DaemonSet/w",
       R"({"spec": {"updateStrategy": {"rollingUpdate": {"maxUnavailable": 3}}}})"},
      {"DaemonSet:spec.updateStrategy.rollingUpdate.maxSurge", "daemon-set", "DaemonSet/w",
       R"({"spec": {"updateStrategy": {"rollingUpdate": {"maxSurge": 2, "maxUnavailable": 0}}}})"},
      {"DaemonSet:spec.minReadySeconds", "daemon-set", "DaemonSet/w",
       R"({"spec": {"minReadySeconds": 15}})"},
      {"Job:spec.parallelism", "job", "Job/j", R"({"spec": {"parallelism": 2}})"},
      {"Job:spec.completions", "job", "Job/j", R"({"spec": {"completions": 2}})"},
      {"Job:spec.backoffLimit", "job-fails", "Job/j", R"({"spec": {"backoffLimit": 1}})"},
      {"Job:spec.activeDeadlineSeconds", "job", "Job/j",
       R"({"spec": {"activeDeadlineSeconds": 6}})"},
      {"Job:spec.ttlSecondsAfterFinished", "job", "Job/j",
       R"({"spec": {"ttlSecondsAfterFinished": 5}})"},
      {"Job:spec.completionMode", "job", "Job/j", R"({"spec": {"completionMode": "Indexed"}})"},
      {"Job:spec.suspend", "job", "Job/j", R"({"spec": {"suspend": true}})"},
      {"Job:spec.podReplacementPolicy", "job-long", "Job/j",
       R"({"spec": {"podReplacementPolicy": "Failed"}})"},
      {"Job:spec.backoffLimitPerIndex", "job-indexed", "Job/j",
       R"({"spec": {"backoffLimitPerIndex": 0}})"},
      {"Job:spec.maxFailedIndexes", "job-indexed", "Job/j", R"({"spec": {"maxFailedIndexes": 0}})"},
      {"Job:spec.podFailurePolicy.rules[].action", "job-rules", "Job/j",
       R"({"spec": {"podFailurePolicy": {"rules": [{"action": "Count", "onExitCodes": {"containerName": "app", "operator": "In", "values": [3]}}]}}})"},
      {"Job:spec.podFailurePolicy.rules[].onExitCodes.operator", "job-rules", "Job/j",
       R"({"spec": {"podFailurePolicy": {"rules": [{"action": "FailJob", "onExitCodes": {"containerName": "app", "operator": "NotIn", "values": [3]}}]}}})"},
      {"Job:spec.podFailurePolicy.rules[].onExitCodes.values", "job-rules", "Job/j",
       R"({"spec": {"podFailurePolicy": {"rules": [{"action": "FailJob", "onExitCodes": {"containerName": "app", "operator": "In", "values": [4]}}]}}})"},
      {"CronJob:spec.schedule", "cron-job", "CronJob/cj",
       R"({"spec": {"schedule": "*/2 * * * *"}})"},
      {"CronJob:spec.concurrencyPolicy", "cron-job", "CronJob/cj",
       R"({"spec": {"concurrencyPolicy": "Forbid"}})"},
      {"CronJob:spec.suspend", "cron-job", "CronJob/cj", R"({"spec": {"suspend": true}})"},
      {"CronJob:spec.successfulJobsHistoryLimit", "cron-ends", "CronJob/cj",
       R"({"spec": {"successfulJobsHistoryLimit": 1}})"},
      {"CronJob:spec.failedJobsHistoryLimit", "cron-fails", "CronJob/cj",
       R"({"spec": {"failedJobsHistoryLimit": 3}})"},
      {"CronJob:spec.timeZone", "cron-hour", "CronJob/cj",
       R"({"spec": {"timeZone": "Europe/Berlin"}})"},
      {"PodDisruptionBudget:spec.minAvailable", "budget", "PodDisruptionBudget/b",
       R"({"spec": {"minAvailable": 2}})"},
      {"PodDisruptionBudget:spec.maxUnavailable", "budget", "PodDisruptionBudget/b",
       R"({"spec": {"minAvailable": null, "maxUnavailable": 1}})"},
      {"PodDisruptionBudget:spec.selector", "budget", "PodDisruptionBudget/b",
       R"({"spec": {"selector": {"matchLabels": {"app": "none"}}}})"},
      {"PodDisruptionBudget:spec.unhealthyPodEvictionPolicy", "budget-unready",
       "PodDisruptionBudget/b", R"({"spec": {"unhealthyPodEvictionPolicy": "AlwaysAllow"}})"},
      {"ResourceQuota:spec.hard.pods", "quota", "ResourceQuota/q",
       R"({"spec": {"hard": {"pods": "2"}}})"},
      {"ResourceQuota:spec.scopes", "quota-scopes", "ResourceQuota/scopes",
       R"({"spec": {"scopes": ["BestEffort"]}})"},
      {"ScopeRequirement:scopeName", "quota-scopes", "ResourceQuota/deadline",
       R"({"spec": {"scopeSelector": {"matchExpressions": [{"scopeName": "NotTerminating", "operator": "Exists"}]}}})"},
      {"ScopeRequirement:operator", "quota-scopes", "ResourceQuota/class",
       R"({"spec": {"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "NotIn", "values": ["low"]}]}}})"},
      {"ScopeRequirement:values", "quota-scopes", "ResourceQuota/class",
       R"({"spec": {"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]}}})"},
      {"LimitRange:spec.limits[].default.cpu", "quota", "LimitRange/l",
       R"({"spec": {"limits": [{"type": "Container", "default": {"cpu": "2"}}]}})"},
      {"LimitRange:spec.limits[].defaultRequest.cpu", "quota", "LimitRange/l",
       R"({"spec": {"limits": [{"type": "Container", "defaultRequest": {"cpu": "900m"}}]}})"},
      {"LimitRange:spec.limits[].max.memory", "quota", "LimitRange/l",
       R"({"spec": {"limits": [{"type": "Container", "default": {"cpu": "200m", "memory": "64Mi"}, "max": {"memory": "1Mi"}}]}})"},
      {"LimitRange:spec.limits[].min.memory", "quota", "LimitRange/l",
       R"({"spec": {"limits": [{"type": "Container", "default": {"cpu": "200m", "memory": "64Mi"}, "min": {"memory": "1Gi"}}]}})"},
      {"LimitRange:spec.limits[].max.cpu", "quota", "LimitRange/l",
       R"({"spec": {"limits": [{"type": "Container", "default": {"cpu": "200m", "memory": "64Mi"}, "max": {"cpu": "1m"}}]}})"},
      {"LimitRange:spec.limits[].min.cpu", "quota", "LimitRange/l",
       R"({"spec": {"limits": [{"type": "Container", "default": {"cpu": "200m", "memory": "64Mi"}, "min": {"cpu": "9"}}]}})"},
      {"LimitRange:spec.limits[].type", "quota", "LimitRange/l",
       R"({"spec": {"limits": [{"type": "Pod", "max": {"cpu": "1m"}}]}})"},
      {"HorizontalPodAutoscaler:spec.minReplicas", "scaled", "HorizontalPodAutoscaler/h",
       R"({"spec": {"minReplicas": 4}})"},
      {"HorizontalPodAutoscaler:spec.maxReplicas", "scaled", "HorizontalPodAutoscaler/h",
       R"({"spec": {"maxReplicas": 2}})"},
      {"HorizontalPodAutoscaler:spec.scaleTargetRef.name", "scaled", "HorizontalPodAutoscaler/h",
       R"({"spec": {"scaleTargetRef": {"name": "none"}}})"},
      {"HorizontalPodAutoscaler:spec.scaleTargetRef.kind", "scaled", "HorizontalPodAutoscaler/h",
       R"({"spec": {"scaleTargetRef": {"kind": "StatefulSet"}}})"},
      {"HorizontalPodAutoscaler:spec.metrics[].resource.target.averageUtilization", "scaled",
       "HorizontalPodAutoscaler/h",
       R"({"spec": {"metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]}})"},
      {"HorizontalPodAutoscaler:spec.metrics[].resource.target.averageValue", "scaled",
       "HorizontalPodAutoscaler/h",
       R"({"spec": {"metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "AverageValue", "averageValue": "200m"}}}]}})"},
      {"HorizontalPodAutoscaler:spec.metrics[].resource.name", "scaled",
       "HorizontalPodAutoscaler/h", R"({"spec": {"metrics": [{"type": "Resource", "resource": {"name": "memory", "target": {"type": "Utilization", "averageUtilization": 50}}}]}})"},
      {"ScalingRules:stabilizationWindowSeconds", "scaled", "HorizontalPodAutoscaler/h",
       R"({"spec": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 30}}}})"},
      {"ScalingRules:selectPolicy", "scaled", "HorizontalPodAutoscaler/h",
       R"({"spec": {"behavior": {"scaleUp": {"selectPolicy": "Disabled"}}}})"},
      {"ScalingRules:policies[].type", "scaled", "HorizontalPodAutoscaler/h",
       R"({"spec": {"behavior": {"scaleUp": {"policies": [{"type": "Percent", "value": 2, "periodSeconds": 15}]}}}})"},
      {"ScalingRules:policies[].value", "scaled", "HorizontalPodAutoscaler/h",
       R"({"spec": {"behavior": {"scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 15}]}}}})"},
      {"ScalingRules:policies[].periodSeconds", "scaled", "HorizontalPodAutoscaler/h",
       R"({"spec": {"behavior": {"scaleUp": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 120}]}}}})"},
      {"ScalingRules:tolerance", "scaled", "HorizontalPodAutoscaler/h",
       R"({"spec": {"behavior": {"scaleUp": {"tolerance": "900m"}}}})"},
      {"PersistentVolume:spec.capacity.storage", "static-disk", "PersistentVolume/near",
       R"({"spec": {"capacity": {"storage": "1Mi"}}})"},
      {"PersistentVolume:spec.accessModes", "static-disk", "PersistentVolume/near",
       R"({"spec": {"accessModes": ["ReadOnlyMany"]}})"},
      {"PersistentVolume:spec.storageClassName", "static-disk", "PersistentVolume/near",
       R"({"spec": {"storageClassName": "slow"}})"},
      {"PersistentVolume:spec.volumeMode", "static-disk", "PersistentVolume/near",
       R"({"spec": {"volumeMode": "Block"}})"},
      {"PersistentVolume:spec.claimRef.name", "static-disk", "PersistentVolume/near",
       R"({"spec": {"claimRef": {"namespace": "default", "name": "other"}}})"},
      {"PersistentVolume:spec.claimRef.namespace", "static-disk", "PersistentVolume/near",
       R"({"spec": {"claimRef": {"namespace": "elsewhere", "name": "c"}}})"},
      {"PersistentVolume:spec.nodeAffinity.required.nodeSelectorTerms", "static-disk",
       "PersistentVolume/near",
       R"({"spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "none", "operator": "Exists"}]}]}}}})"},
      {"PersistentVolume:spec.csi", "static-disk", "PersistentVolume/near",
       R"({"spec": {"csi": null, "nfs": {"server": "s", "path": "/"}}})"},
      {"PersistentVolume:spec.nfs", "static-disk", "PersistentVolume/near",
       R"({"spec": {"csi": null, "nfs": {"server": "t", "path": "/"}}})"},
      {"PersistentVolume:spec.hostPath.path", "static-disk", "PersistentVolume/near",
       R"({"spec": {"csi": null, "hostPath": {"path": "/data"}}})"},
      {"PersistentVolumeClaim:spec.accessModes", "static-disk", "PersistentVolumeClaim/c",
       R"({"spec": {"accessModes": ["ReadWriteMany"]}})"},
      {"PersistentVolumeClaim:spec.resources.requests.storage", "static-disk",
       "PersistentVolumeClaim/c", R"({"spec": {"resources": {"requests": {"storage": "9Gi"}}}})"},
      {"PersistentVolumeClaim:spec.storageClassName", "static-disk", "PersistentVolumeClaim/c",
       R"({"spec": {"storageClassName": "slow"}})"},
      {"PersistentVolumeClaim:spec.volumeName", "static-disk", "PersistentVolumeClaim/c",
       R"({"spec": {"volumeName": "other"}})"},
      {"PersistentVolumeClaim:spec.selector", "static-disk", "PersistentVolumeClaim/c",
       R"({"spec": {"selector": {"matchLabels": {"tier": "none"}}}})"},
      {"PersistentVolumeClaim:spec.volumeMode", "static-disk", "PersistentVolumeClaim/c",
       R"({"spec": {"volumeMode": "Block"}})"},
      {"StorageClass:provisioner", "dynamic-disk", "StorageClass/fast",
       R"({"provisioner": "kubernetes.io/no-provisioner"})"},
      {"StorageClass:volumeBindingMode", "dynamic-disk", "StorageClass/fast",
       R"({"volumeBindingMode": "WaitForFirstConsumer"})"},
      {"ResourceQuota:spec.hard.requests.cpu", "quota", "ResourceQuota/q",
       R"({"spec": {"hard": {"requests.cpu": "250m"}}})"},
      {"ConfigMap:immutable", "config", "ConfigMap/m", R"({"immutable": true})"},
      {"Secret:immutable", "config", "Secret/s", R"({"immutable": true})"},
      {"DaemonSet:spec.revisionHistoryLimit", "daemon-set", "DaemonSet/w",
       R"({"spec": {"revisionHistoryLimit": 0}})"},
      {"Job:spec.podFailurePolicy.rules[].onExitCodes.containerName", "job-two", "Job/j",
       R"({"spec": {"podFailurePolicy": {"rules": [{"action": "FailJob", "onExitCodes": {"containerName": "side", "operator": "In", "values": [3]}}]}}})"},
      {"Lease:spec.holderIdentity", "lease", "Lease/kube-scheduler",
       R"({"spec": {"holderIdentity": "somebody"}})"},
      {"Lease:spec.leaseDurationSeconds", "lease-held", "Lease/kube-scheduler",
       R"({"spec": {"leaseDurationSeconds": 40}})"},
      {"LimitRange:spec.limits[].default.memory", "limits", "LimitRange/l",
       R"({"spec": {"limits": [{"type": "Container", "default": {"memory": "50Mi"}}]}})"},
      {"LimitRange:spec.limits[].defaultRequest.memory", "limits", "LimitRange/l",
       R"({"spec": {"limits": [{"type": "Container", "defaultRequest": {"memory": "100Gi"}}]}})"},
      {"StorageClass:reclaimPolicy", "stateful-reclaim", "StorageClass/fast",
       R"({"reclaimPolicy": "Retain"})"},
      {"Pod:spec.containers[].volumeMounts[].subPath", "mounted", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "volumeMounts": [{"name": "map", "mountPath": "/m", "subPath": "k"}]}]}})"},
      {"Object:metadata.labels", "near", "Pod/p", R"({"metadata": {"labels": {"app": "other"}}})"},
      {"Service:spec.selector", "service-http", "Service/web",
       R"({"spec": {"selector": {"app": "q"}}})"},
      {"Pod:spec.topologySpreadConstraints[].maxSkew", "spread-tight", "Pod/q",
       R"({"spec": {"topologySpreadConstraints": [{"maxSkew": 5, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule", "nodeAffinityPolicy": "Ignore", "labelSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["p", "q"]}]}}]}})"},
      {"Pod:spec.topologySpreadConstraints[].whenUnsatisfiable", "spread-tight", "Pod/q",
       R"({"spec": {"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway", "nodeAffinityPolicy": "Ignore", "labelSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["p", "q"]}]}}]}})"},
      {"Pod:spec.topologySpreadConstraints[].labelSelector", "spread-tight", "Pod/q",
       R"({"spec": {"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule", "nodeAffinityPolicy": "Ignore", "labelSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["none"]}]}}]}})"},
      {"Pod:spec.topologySpreadConstraints[].matchLabelKeys", "spread-tight", "Pod/q",
       R"({"spec": {"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule", "nodeAffinityPolicy": "Ignore", "labelSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["p", "q"]}]}, "matchLabelKeys": ["app"]}]}})"},
      {"Pod:spec.containers[].volumeMounts[].name", "scratch2", "Pod/p",
       R"({"spec": {"containers": [{"name": "app", "volumeMounts": null}]}})"},
      {"Service:spec.sessionAffinity", "service-calls-sticky", "Service/back",
       R"({"spec": {"sessionAffinity": "None"}})"},
  };
  return all;
}

const std::map<std::string, std::string>& other_fields() {
  static const std::map<std::string, std::string> all{
      {"CronJob:spec.startingDeadlineSeconds",
       "shown by CronJob.StartsAfterTheDeadlineAreSkippedAndSaid"},
      {"Ingress:spec.tls[].hosts", "shown by IngressAddresses.OfHttpsNeedACertificateForTheHost"},
      {"Ingress:spec.tls[].secretName",
       "the certificate is taken to be there: a run encrypts nothing"},
      {"IngressBackend:service.port.number",
       "shown by IngressAddresses.LeadToThePortsOfServices: a run calls their first"},
      {"IngressBackend:service.port.name",
       "shown by IngressAddresses.LeadToThePortsOfServices: a run calls their first"},
      {"IngressBackend:resource", "named as not modelled: it is no Service"},
      {"IngressClass:spec.controller",
       "the controller itself is not modelled: its rules lead to the endpoints of a Service"},
      {"EndpointSlice:endpoints[].hints",
       "shown by EndpointTables.HeedZoneHintsIfAllReadyEndpointsHaveThem"},
      {"EndpointSlice:endpoints[].addresses",
       "shown by EndpointTables.UseReadyEndpointsElseThoseThatTerminateAndServe"},
      {"EndpointSlice:endpoints[].conditions.ready",
       "shown by EndpointTables.UseReadyEndpointsElseThoseThatTerminateAndServe"},
      {"EndpointSlice:endpoints[].conditions.serving",
       "shown by EndpointTables.UseReadyEndpointsElseThoseThatTerminateAndServe"},
      {"EndpointSlice:ports[].name",
       "shown by EndpointTables.UseReadyEndpointsElseThoseThatTerminateAndServe"},
      {"EndpointSlice:endpoints[].conditions.terminating",
       "shown by EndpointTables.UseReadyEndpointsElseThoseThatTerminateAndServe"},
      {"EndpointSlice:endpoints[].nodeName",
       "shown by EndpointTables.WithInternalTrafficPolicyLocalListOnlyTheirOwnNode"},
      {"EndpointSlice:endpoints[].targetRef", "names the pod behind an address to people"},
      {"EndpointSlice:ports[].port",
       "shown by EndpointTables.UseReadyEndpointsElseThoseThatTerminateAndServe"},
      {"HTTPGet:port",
       "the first container that listens answers at ports nobody declares; shown by "
       "Probes.AreMadeToThePodsAddressAndTheNamedPort"},
      {"TCPSocket:port",
       "the first container that listens answers at ports nobody declares; shown by "
       "Probes.OfTheOtherKindsReachTheProber"},
      {"GRPC:port",
       "the first container that listens answers at ports nobody declares; shown by "
       "Probes.OfTheOtherKindsReachTheProber"},
      {"Job:spec.podFailurePolicy.rules[].onPodConditions[].type",
       "shown by Job.FailurePolicyDecidesByExitCodeAndCondition"},
      {"Job:spec.podFailurePolicy.rules[].onPodConditions[].status",
       "shown by Job.FailurePolicyDecidesByExitCodeAndCondition"},
      {"StatefulSet:spec.updateStrategy.rollingUpdate.maxUnavailable",
       "behind a gate that is off in the profiles; shown by "
       "StatefulSet.MaxUnavailableCountsOnlyWithItsGateAndRoundsUp"},
      {"Exec:command",
       "a simulated process runs no command; shown by Probes.OfTheOtherKindsReachTheProber"},
      {"FileItem:path",
       "no simulated process reads files; shown by MountedFiles.AreThereBeforeTheSandbox"},
      {"FileItem:fieldRef.fieldPath",
       "no simulated process reads files; shown by "
       "MountedFiles.OfSeveralSourcesStandInOneFolderAndFollowEachOfThem"},
      {"GRPC:service",
       "a simulated process has one health; shown by Probes.OfTheOtherKindsReachTheProber"},
      {"HTTPGet:host", "a simulated process answers at every name; the live prober connects to it"},
      {"HTTPGet:httpHeaders", "a simulated process reads no header; the live prober sends them"},
      {"HTTPGet:path", "a simulated process answers every path alike; the live prober asks for it"},
      {"HTTPGet:scheme", "a simulated connection has no TLS; the live prober speaks it"},
      {"TCPSocket:host",
       "a simulated process answers at every name; the live prober connects to it"},
      {"HorizontalPodAutoscaler:spec.metrics[].containerResource",
       "shown by ReplicaCalculator.OneContainerMayStandForItsPod"},
      {"HorizontalPodAutoscaler:spec.metrics[].external",
       "shown by ReplicaCalculator.AValueScalesReadyPodsAndAnAverageDividesIt"},
      {"HorizontalPodAutoscaler:spec.metrics[].object",
       "shown by ReplicaCalculator.AValueScalesReadyPodsAndAnAverageDividesIt"},
      {"HorizontalPodAutoscaler:spec.metrics[].pods",
       "shown by ReplicaCalculator.AverageOfPodsIsWholeAndIgnoresReadiness"},
      {"HorizontalPodAutoscaler:spec.metrics[].resource.target.value",
       "asked for only to refuse it: a resource has no Value"},
      {"HorizontalPodAutoscaler:spec.metrics[].type",
       "says which of the other fields holds the metric"},
      {"Job:spec.manualSelector", "lets a selector be given; Jobs have one of their own otherwise"},
      {"Job:spec.selector",
       "pods are found by their owner; the selector only has to match the template"},
      {"Node:status.capacity.cpu", "what a node has is said by the cluster of the scenario"},
      {"Node:status.capacity.memory", "what a node has is said by the cluster of the scenario"},
      {"Node:status.capacity.pods", "what a node has is said by the cluster of the scenario"},
      {"Node:status.allocatable", "what a node has is said by the cluster of the scenario"},
      {"PersistentVolume:spec.persistentVolumeReclaimPolicy",
       "shown by Volumes.AreKeptOrDeletedWithTheirClaimAsTheirReclaimPolicySays"},
      {"StorageClass:allowVolumeExpansion", "shown by Claims.GrowWhereTheirClassLetsThem"},
      {"StatefulSet:spec.persistentVolumeClaimRetentionPolicy.whenDeleted",
       "shown by StatefulSet.WhenDeletedDeleteHandsItsClaimsToTheSet"},
      {"StatefulSet:spec.serviceName",
       "becomes the pods' subdomain; names of single pods are not called"},
      {"Pod:spec.containers[].args", "told to the process, whose behaviour the scenario says"},
      {"Pod:spec.containers[].command", "told to the process, whose behaviour the scenario says"},
      {"Pod:spec.containers[].envFrom[].prefix",
       "part of a variable's name; shown by "
       "Variables.OfMapsSecretsAndFieldsAreResolvedWhenTheContainerStarts"},
      {"Pod:spec.containers[].env[].name",
       "told to the process, whose behaviour the scenario says"},
      {"Pod:spec.containers[].env[].value",
       "told to the process, whose behaviour the scenario says"},
      {"Pod:spec.containers[].env[].valueFrom.fieldRef",
       "told to the process; shown by "
       "Variables.OfMapsSecretsAndFieldsAreResolvedWhenTheContainerStarts"},
      {"Pod:spec.containers[].env[].valueFrom.resourceFieldRef",
       "told to the process; shown by "
       "Variables.OfResourcesAreAmountsOverTheDivisorRoundedUpAndTheNodesWhereThereIsNoLimit"},
      {"ResourceFieldRef:containerName",
       "told to the process; shown by "
       "MountedFiles.OfSeveralSourcesStandInOneFolderAndFollowEachOfThem"},
      {"ResourceFieldRef:divisor",
       "told to the process; shown by "
       "Variables.OfResourcesAreAmountsOverTheDivisorRoundedUpAndTheNodesWhereThereIsNoLimit"},
      {"ResourceFieldRef:resource",
       "told to the process; shown by "
       "Variables.OfResourcesAreAmountsOverTheDivisorRoundedUpAndTheNodesWhereThereIsNoLimit"},
      {"Pod:spec.containers[].restartPolicy",
       "named as not modelled unless it makes a sidecar of an init container"},
      {"Pod:spec.containers[].volumeMounts[].mountPath",
       "where the process finds it; shown by MountedFiles.AreThereBeforeTheSandbox"},
      {"Pod:spec.containers[].volumeMounts[].readOnly",
       "no simulated process writes files there; given to the runtime"},
      {"Pod:spec.priority", "admission sets it from the class and refuses another one"},
      {"Pod:spec.volumes[].emptyDir.medium",
       "shown by Storage.InMemoryIsGoneAfterItsNodeWasOffAndOnDiskIsNot"},
      {"Pod:spec.volumes[].persistentVolumeClaim.readOnly",
       "no simulated process writes files there; given to the runtime"},
      {"ReplicationController:spec.selector",
       "has to match the template; pods are found by it and by their owner"},
      {"Secret:type", "says to people what the entries are for"},
      {"HorizontalPodAutoscaler:spec.metrics[].resource.target.type",
       "says which of the other fields holds the target"},
      {"Service:spec.clusterIP",
       "callers of a headless Service go by the same addresses, those of its pods"},
      {"Service:spec.ports[].name",
       "names the port to its callers and in slices; of several the first is called"},
      {"Service:spec.ports[].port", "callers go by the name of the Service"},
      {"Service:spec.ports[].protocol", "requests are TCP"},
      {"Service:spec.type", "every type is reached at its name in the cluster"},
      {"PersistentVolume:spec.awsElasticBlockStore", "a disk, attached as that of csi"},
      {"PersistentVolume:spec.azureDisk", "a disk, attached as that of csi"},
      {"PersistentVolume:spec.cinder", "a disk, attached as that of csi"},
      {"PersistentVolume:spec.fc", "a disk, attached as that of csi"},
      {"PersistentVolume:spec.flexVolume", "a disk, attached as that of csi"},
      {"PersistentVolume:spec.gcePersistentDisk", "a disk, attached as that of csi"},
      {"PersistentVolume:spec.iscsi", "a disk, attached as that of csi"},
      {"PersistentVolume:spec.photonPersistentDisk", "a disk, attached as that of csi"},
      {"PersistentVolume:spec.portworxVolume", "a disk, attached as that of csi"},
      {"PersistentVolume:spec.rbd", "a disk, attached as that of csi"},
      {"PersistentVolume:spec.scaleIO", "a disk, attached as that of csi"},
      {"PersistentVolume:spec.storageos", "a disk, attached as that of csi"},
      {"PersistentVolume:spec.vsphereVolume", "a disk, attached as that of csi"},
      {"PersistentVolume:spec.azureFile", "a share, mounted as that of nfs"},
      {"PersistentVolume:spec.cephfs", "a share, mounted as that of nfs"},
      {"PersistentVolume:spec.glusterfs", "a share, mounted as that of nfs"},
      {"PersistentVolume:spec.quobyte", "a share, mounted as that of nfs"},
      {"PersistentVolume:spec.local", "on the node, as hostPath"},
  };
  return all;
}

}  // namespace orrery::fields
