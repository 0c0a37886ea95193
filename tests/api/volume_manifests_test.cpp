#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "models/api/base64.h"
#include "models/api/reading.h"

namespace orrery::api {
namespace {

std::vector<std::string> lines_of(const Manifests& manifests) {
  std::vector<std::string> lines;
  for (const Problem& problem : manifests.problems) lines.push_back(to_string(problem));
  return lines;
}

std::vector<std::string> not_modelled_in(const Manifests& manifests) {
  std::vector<std::string> names;
  for (const NotModelled& entry : manifests.not_modelled) names.push_back(entry.what);
  return names;
}

Manifests read(const std::string& text) { return read_manifests(text, "f"); }

/// A pod with one container; what follows stands in the container and in the spec.
std::string pod(const std::string& container, const std::string& spec) {
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n" + spec +
         "  containers:\n  - name: app\n    image: a:1\n" + container;
}

TEST(Base64, GivesBackWhatWasEncodedAndRefusesTheRest) {
  for (const std::string& bytes : {std::string{}, std::string{"M"}, std::string{"Ma"},
                                   std::string{"Man"}, std::string("\0\xff\n", 3)}) {
    EXPECT_EQ(bytes_of_base64(base64_of(bytes)), bytes);
  }
  EXPECT_EQ(base64_of("Man"), "TWFu");
  EXPECT_EQ(bytes_of_base64("TW\nFu\n"), "Man");
  for (const char* bad : {"TWF", "TWFu!", "=TWF", "TW=u", "T===", "TWFuA"}) {
    EXPECT_FALSE(bytes_of_base64(bad).has_value()) << bad;
  }
}

TEST(PodVolumes, AreReadFromManifests) {
  const Manifests manifests = read(pod(
      "    envFrom:\n    - {prefix: P_, configMapRef: {name: c}}\n"
      "    - secretRef: {name: s, optional: true}\n"
      "    env:\n    - name: A\n      valueFrom: {configMapKeyRef: {name: c, key: k, optional: "
      "true}}\n"
      "    - name: B\n      valueFrom: {secretKeyRef: {name: s, key: k}}\n"
      "    - name: C\n      valueFrom: {fieldRef: {fieldPath: \"metadata.labels['app']\"}}\n"
      "    volumeMounts:\n    - {name: conf, mountPath: /etc/c, readOnly: true}\n"
      "    - {name: conf, mountPath: /etc/one, subPath: one}\n",
      "  volumes:\n  - {name: conf, configMap: {name: c, optional: true, items: [{key: k, path: "
      "one}]}}\n"
      "  - {name: sec, secret: {secretName: s}}\n  - {name: tmp, emptyDir: {medium: Memory}}\n"
      "  - {name: host, hostPath: {path: /var/log, type: Directory}}\n"
      "  - {name: data, persistentVolumeClaim: {claimName: d, readOnly: true}}\n"
      "  - {name: none}\n"));
  EXPECT_EQ(lines_of(manifests), std::vector<std::string>{});
  EXPECT_EQ(not_modelled_in(manifests), std::vector<std::string>{});
  const PodSpec& spec = std::get<Pod>(manifests.objects.front().object).spec;
  const Container& container = spec.containers.front();
  EXPECT_EQ(container.env_from,
            (std::vector<EnvSource>{{"P_", "c", "", false}, {"", "", "s", true}}));
  EXPECT_TRUE(container.env[0].optional);
  EXPECT_EQ(container.env[1].secret_key, "k");
  EXPECT_EQ(container.env[2].field_path, "metadata.labels['app']");
  EXPECT_EQ(
      container.volume_mounts,
      (std::vector<VolumeMount>{{"conf", "/etc/c", "", true}, {"conf", "/etc/one", "one", false}}));
  EXPECT_EQ(spec.volumes, (std::vector<Volume>{{"conf", ConfigMapVolume{"c", {{"k", "one"}}, true}},
                                               {"sec", SecretVolume{"s", {}, false}},
                                               {"tmp", EmptyDirVolume{true}},
                                               {"host", HostPathVolume{"/var/log", "Directory"}},
                                               {"data", ClaimVolume{"d", true}},
                                               {"none", EmptyDirVolume{false}}}));
}

TEST(PodVolumes, OfSeveralSourcesAndOfThePodItselfAreRead) {
  const Manifests manifests = read(pod(
      "    env:\n    - name: A\n      valueFrom: {resourceFieldRef: {resource: limits.memory, "
      "divisor: 1Mi, containerName: app}}\n",
      "  volumes:\n  - name: all\n    projected:\n      sources:\n"
      "      - configMap: {name: c, optional: true}\n      - secret: {name: s, items: [{key: k, "
      "path: f}]}\n      - downwardAPI: {items: [{path: name, fieldRef: {fieldPath: "
      "metadata.name}}]}\n"
      "  - name: self\n    downwardAPI: {items: [{path: l, fieldRef: {fieldPath: "
      "metadata.labels}}]}\n"
      "  - name: small\n    emptyDir: {sizeLimit: 1Gi}\n"));
  EXPECT_EQ(lines_of(manifests), std::vector<std::string>{});
  EXPECT_EQ(not_modelled_in(manifests), std::vector<std::string>{});
  const PodSpec& spec = std::get<Pod>(manifests.objects.front().object).spec;
  EXPECT_EQ(spec.containers[0].env[0].resource,
            (ResourceFieldRef{"limits.memory", "app", 1000LL << 20}));
  const ProjectedVolume all{{ConfigMapVolume{"c", {}, true}, SecretVolume{"s", {{"k", "f"}}, false},
                             DownwardFiles{{{"name", "metadata.name"}}}}};
  const ProjectedVolume self{{DownwardFiles{{{"l", "metadata.labels"}}}}};
  EXPECT_EQ(spec.volumes,
            (std::vector<Volume>{
                {"all", all}, {"self", self}, {"small", EmptyDirVolume{false, 1LL << 30}}}));
}

TEST(PodVolumes, OfThePodItselfThatCannotBeToldAreWrong) {
  const Manifests manifests = read(
      pod("    env:\n    - name: A\n      valueFrom: {resourceFieldRef: {resource: limits.cp}}\n",
          "  volumes:\n  - name: self\n    downwardAPI:\n      items:\n"
          "      - {path: name}\n"
          "      - {path: i, fieldRef: {fieldPath: status.podIP}}\n"
          "      - {path: c, resourceFieldRef: {resource: limits.cpu}}\n"
          "      - {path: ../u, fieldRef: {fieldPath: metadata.uid}}\n"));
  const std::vector<std::string> lines = lines_of(manifests);
  const auto has = [&](const std::string& part) {
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
      return line.find(part) != std::string::npos;
    });
  };
  EXPECT_TRUE(has("expected limits.cpu, limits.memory, requests.cpu or requests.memory"));
  EXPECT_TRUE(has("expected one of fieldRef and resourceFieldRef; found neither"));
  EXPECT_TRUE(has("expected a field of the pod's metadata; found \"status.podIP\""));
  EXPECT_TRUE(has("expected containerName beside resourceFieldRef"));
  EXPECT_TRUE(has("expected a relative path without ..; found \"../u\""));
  EXPECT_EQ(lines.size(), 5U);
}

TEST(Services, KeepAClientForThreeHoursUnlessTheySayOtherwise) {
  const auto affinity = [&](const std::string& more) {
    const Manifests manifests =
        read("apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n  ports: [{port: 80}]\n" +
             more);
    EXPECT_EQ(lines_of(manifests), std::vector<std::string>{});
    return std::get<Service>(manifests.objects.front().object).spec.session_affinity;
  };
  EXPECT_FALSE(affinity(""));
  EXPECT_FALSE(affinity("  sessionAffinity: None\n"));
  EXPECT_EQ(affinity("  sessionAffinity: ClientIP\n"), Duration::seconds(10800));
  EXPECT_EQ(affinity("  sessionAffinity: ClientIP\n"
                     "  sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}\n"),
            Duration::seconds(60));
}

TEST(Services, HaveAPolicyForTrafficFromOutsideOnlyWhereItComesIn) {
  const auto of_type = [&](const std::string& type) {
    return read(
        "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n  ports: [{port: 80}]\n"
        "  type: " +
        type + "\n  externalTrafficPolicy: Local\n");
  };
  for (const char* type : {"NodePort", "LoadBalancer"}) {
    const Manifests manifests = of_type(type);
    EXPECT_EQ(lines_of(manifests), std::vector<std::string>{}) << type;
    EXPECT_TRUE(std::get<Service>(manifests.objects.front().object).spec.external_local) << type;
  }
  const std::vector<std::string> lines = lines_of(of_type("ClusterIP"));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("externalTrafficPolicy only with type NodePort or LoadBalancer; "
                          "found type ClusterIP"),
            std::string::npos)
      << lines[0];
}

TEST(PodVolumes, NamesEverythingThatIsWrongWithThem) {
  const Manifests manifests = read(pod(
      "    envFrom:\n    - {}\n"
      "    env:\n    - name: A\n      valueFrom: {fieldRef: {fieldPath: metadata.nam}}\n"
      "    volumeMounts:\n    - {name: confg, mountPath: /a}\n    - {name: conf, mountPath: /a, "
      "subPath: ../x}\n",
      "  volumes:\n  - {name: conf, emptyDir: {}, hostPath: {path: /a/../b, type: Folder}}\n"
      "  - {name: conf, configMap: {name: c, items: [{key: k, path: /abs}]}}\n"));
  const std::vector<std::string> lines = lines_of(manifests);
  const auto has = [&](const std::string& part) {
    for (const std::string& line : lines) {
      if (line.find(part) != std::string::npos) return true;
    }
    return false;
  };
  EXPECT_TRUE(has("expected exactly one of configMapRef and secretRef; found none"));
  EXPECT_TRUE(has("expected metadata.name, metadata.namespace"));
  EXPECT_TRUE(has("found \"confg\" (did you mean \"conf\"?)"));
  EXPECT_TRUE(has("mount paths that differ; found a second \"/a\""));
  EXPECT_TRUE(has("expected a relative path without ..; found \"../x\""));
  EXPECT_TRUE(has("exactly one source of the volume; found 2 of them"));
  EXPECT_TRUE(has("expected Directory, DirectoryOrCreate"));
  EXPECT_TRUE(has("expected a path without ..; found \"/a/../b\""));
  EXPECT_TRUE(has("volume names that differ; found a second \"conf\""));
  EXPECT_TRUE(has("expected a relative path without ..; found \"/abs\""));
  EXPECT_EQ(lines.size(), 10U);
}

TEST(PodVolumes, OfASourceThatIsNotModelledAreNamedAndTheirMountsAreNotWrong) {
  const Manifests manifests = read(pod("    volumeMounts: [{name: v, mountPath: /v}]\n",
                                       "  volumes: [{name: v, nfs: {server: s, path: /}}]\n"));
  EXPECT_EQ(lines_of(manifests), std::vector<std::string>{});
  EXPECT_EQ(not_modelled_in(manifests), std::vector<std::string>{"field spec.volumes[].nfs"});
}

TEST(Secrets, DecodeDataAndLetStringDataWin) {
  const Manifests manifests = read(
      "apiVersion: v1\nkind: Secret\nmetadata: {name: s, annotations: "
      "{kubectl.kubernetes.io/last-applied-configuration: '{\"data\":{}}'}}\n"
      "data: {a: TWFu, b: TWFu}\nstringData: {b: plain}\n");
  EXPECT_EQ(lines_of(manifests), std::vector<std::string>{});
  const auto& secret = std::get<Secret>(manifests.objects.front().object);
  EXPECT_EQ(secret.data, (Labels{{"a", "Man"}, {"b", "plain"}}));
  EXPECT_TRUE(secret.meta.annotations.empty());
}

TEST(Secrets, NeverShowAValueInAProblem) {
  const Manifests manifests = read(
      "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
      "data: {a: hunter2!}\nstringData: {b: 424242, c: [hunter2]}\n");
  EXPECT_EQ(manifests.problems.size(), 3U);
  for (const std::string& line : lines_of(manifests)) {
    EXPECT_EQ(line.find("hunter2"), std::string::npos) << line;
    EXPECT_EQ(line.find("424242"), std::string::npos) << line;
  }
}

TEST(ConfigMaps, MayHoldOneMebibyte) {
  const auto of_size = [](std::size_t size) {
    return read("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {k: " +
                std::string(size, 'x') + "}\n");
  };
  EXPECT_TRUE(of_size((1 << 20) - 1).problems.empty());
  EXPECT_EQ(of_size(1 << 20).problems.size(), 1U);
}

TEST(Storage, OfManifestsIsRead) {
  const Manifests manifests = read(
      "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: v, labels: {tier: fast}}\n"
      "spec:\n  capacity: {storage: 10Gi}\n  accessModes: [ReadWriteOnce]\n"
      "  storageClassName: fast\n  persistentVolumeReclaimPolicy: Delete\n"
      "  claimRef: {namespace: default, name: c}\n"
      "  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: "
      "In, values: [a]}]}]}}\n"
      "  csi: {driver: disk.example.com, volumeHandle: h}\n---\n"
      "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: net}\n"
      "spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteMany], nfs: {server: s, path: /}}\n"
      "---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {name: h}\n"
      "spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /data}}\n"
      "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\n"
      "spec:\n  accessModes: [ReadWriteOnce]\n  resources: {requests: {storage: 8Gi}}\n"
      "  storageClassName: \"\"\n  selector: {matchLabels: {tier: fast}}\n---\n"
      "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata:\n  name: fast\n  annotations: "
      "{storageclass.kubernetes.io/is-default-class: \"true\"}\n"
      "provisioner: disk.example.com\nreclaimPolicy: Retain\n"
      "volumeBindingMode: WaitForFirstConsumer\nallowVolumeExpansion: true\nparameters: {type: "
      "ssd}\n");
  EXPECT_EQ(lines_of(manifests), std::vector<std::string>{});
  EXPECT_EQ(not_modelled_in(manifests), std::vector<std::string>{"field parameters"});
  const auto& disk = std::get<PersistentVolume>(manifests.objects[0].object);
  EXPECT_EQ(disk.capacity_bytes, std::int64_t{10} << 30);
  EXPECT_EQ(disk.reclaim, ReclaimPolicy::Delete);
  EXPECT_EQ(disk.claim_name, "c");
  EXPECT_TRUE(disk.attachable);
  ASSERT_TRUE(disk.node_affinity.has_value());
  EXPECT_EQ(disk.node_affinity->front().match_expressions.front().values,
            std::vector<std::string>{"a"});
  EXPECT_FALSE(std::get<PersistentVolume>(manifests.objects[1].object).attachable);
  EXPECT_EQ(std::get<PersistentVolume>(manifests.objects[2].object).path, "/data");
  const auto& claim = std::get<PersistentVolumeClaim>(manifests.objects[3].object);
  EXPECT_EQ(claim.spec.request_bytes, std::int64_t{8} << 30);
  EXPECT_EQ(claim.spec.storage_class, "");
  ASSERT_TRUE(claim.spec.selector.has_value());
  const auto& storage_class = std::get<StorageClass>(manifests.objects[4].object);
  EXPECT_TRUE(storage_class.is_default);
  EXPECT_TRUE(storage_class.wait_for_first_consumer);
  EXPECT_TRUE(storage_class.allow_expansion);
  EXPECT_EQ(storage_class.reclaim, ReclaimPolicy::Retain);
}

TEST(Storage, NeedsASizeModesAndASource) {
  const Manifests manifests = read(
      "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: v}\nspec: {accessModes: [Many]}\n"
      "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec: {volumeMode: "
      "Filesystem}\n");
  EXPECT_EQ(lines_of(manifests),
            (std::vector<std::string>{
                "f:4: /spec/accessModes/0: expected ReadWriteOnce, ReadOnlyMany, ReadWriteMany or "
                "ReadWriteOncePod; found \"Many\"",
                "f:4: /spec: expected exactly one source, such as csi, hostPath or nfs; found none",
                "f:4: /spec: expected a size in capacity.storage; found none",
                "f:9: /spec: expected at least one access mode; found no field \"accessModes\"",
                "f:9: /spec: expected a size in resources.requests.storage; found none"}));
}

}  // namespace
}  // namespace orrery::api
