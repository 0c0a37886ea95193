// Who may talk to whom, as the Kubernetes documentation on NetworkPolicies says it.
#include "models/api/network_rules.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "models/api/reading.h"

namespace orrery::api {
namespace {

/// Pods by address: web and db in "shop" (labels app: web, app: db), watch in "tools" (namespace
/// label team: ops), and one in the network of its node.
constexpr const char* kCluster = R"(
apiVersion: v1
kind: Namespace
metadata: {name: tools, labels: {team: ops}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: c, image: i, ports: [{name: sql, containerPort: 5432}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: watch, namespace: tools, labels: {app: watch}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: agent, namespace: shop, labels: {app: db}}
spec: {hostNetwork: true, containers: [{name: c, image: i}]}
)";
const std::string kWeb = "10.0.0.1";
const std::string kDb = "10.0.0.2";
const std::string kWatch = "10.0.1.3";
const std::string kNode = "192.168.0.9";

std::vector<ObjectPtr> objects_of(const std::string& text) {
  const Manifests manifests = read_manifests(text, "f");
  for (const Problem& problem : manifests.problems) ADD_FAILURE() << to_string(problem);
  std::vector<ObjectPtr> objects;
  for (const ManifestObject& manifest : manifests.objects) {
    Object object = manifest.object;
    if (auto* pod = std::get_if<Pod>(&object)) {
      const std::string& name = pod->meta.name;
      pod->status.pod_ip = name == "web" ? kWeb : name == "db" ? kDb : kWatch;
      if (name == "agent") pod->status.pod_ip = kNode;
    }
    objects.push_back(std::make_shared<const Object>(std::move(object)));
  }
  return objects;
}

std::string policy(const std::string& spec, const std::string& name = "p") {
  return "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: " + name +
         ", namespace: shop}\nspec: " + spec + "\n";
}

NetworkRules rules(const std::string& policies) {
  return NetworkRules{objects_of(kCluster + policies)};
}

struct Case {
  const char* rule;
  std::string policies;
  std::string from;
  std::string to;
  std::int32_t port;
  bool passes;
};

TEST(NetworkRules, LetThroughWhatTheDocumentationSays) {
  const std::string on_db = "podSelector: {matchLabels: {app: db}}";
  const auto from = [&](const std::string& peers) {
    return policy("{" + on_db + ", ingress: [{from: [" + peers + "]}]}");
  };
  const auto ports = [&](const std::string& list) {
    return policy("{" + on_db + ", ingress: [{ports: [" + list + "]}]}");
  };
  const std::string deny = policy("{podSelector: {}, policyTypes: [Ingress]}");
  const std::string silent = policy("{podSelector: {}, policyTypes: [Egress]}");
  const std::string pod_web = "{podSelector: {matchLabels: {app: web}}}";
  const std::string ops = "namespaceSelector: {matchLabels: {team: ops}}";
  const std::vector<Case> cases{
      {"no policy: everything passes", "", kWeb, kDb, 5432, true},
      {"a policy without rules lets nobody in", deny, kWeb, kDb, 5432, false},
      {"it isolates pods of its namespace alone", deny, kWeb, kWatch, 80, true},
      {"isolated for what comes in, a pod still sends", deny, kWeb, kWatch, 80, true},
      {"policyTypes Egress: a pod sends nothing", silent, kWeb, kWatch, 80, false},
      {"isolated for what goes out, a pod still takes", silent, kWatch, kDb, 5432, true},
      {"without policyTypes and with egress rules, both", policy("{podSelector: {}, egress: [{}]}"),
       kWatch, kDb, 5432, false},
      {"without policyTypes and egress rules, ingress alone", policy("{podSelector: {}}"), kWeb,
       kWatch, 80, true},
      {"an empty rule lets everybody in",
       policy("{podSelector: {}, policyTypes: [Ingress], ingress: [{}]}"), kWatch, kDb, 5432, true},
      {"a pod by its labels", from(pod_web), kWeb, kDb, 5432, true},
      {"no other pod", from("{podSelector: {matchLabels: {app: x}}}"), kWeb, kDb, 5432, false},
      {"a podSelector means the policy's namespace", from("{podSelector: {}}"), kWatch, kDb, 5432,
       false},
      {"a namespace by its labels", from("{" + ops + "}"), kWatch, kDb, 5432, true},
      {"no other namespace", from("{" + ops + "}"), kWeb, kDb, 5432, false},
      {"every namespace has its name as a label",
       from("{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}"), kWeb, kDb,
       5432, true},
      {"both selectors in one item: both must hold",
       from("{" + ops + ", podSelector: {matchLabels: {app: web}}}"), kWatch, kDb, 5432, false},
      {"both selectors in two items: either",
       from("{" + ops + "}, {podSelector: {matchLabels: {app: web}}}"), kWatch, kDb, 5432, true},
      {"a block of addresses", from("{ipBlock: {cidr: 10.0.1.0/24}}"), kWatch, kDb, 5432, true},
      {"not beside the block", from("{ipBlock: {cidr: 10.0.1.0/24}}"), kWeb, kDb, 5432, false},
      {"except", from("{ipBlock: {cidr: 10.0.0.0/16, except: [10.0.1.0/24]}}"), kWatch, kDb, 5432,
       false},
      {"beside the exception", from("{ipBlock: {cidr: 10.0.0.0/16, except: [10.0.1.0/24]}}"), kWeb,
       kDb, 5432, true},
      {"clients outside are in no pod", from("{namespaceSelector: {}}"), kOutsideAddress, kDb, 5432,
       false},
      {"clients outside are in a block of all", from("{ipBlock: {cidr: 0.0.0.0/0}}"),
       kOutsideAddress, kDb, 5432, true},
      {"a port", ports("{port: 5432}"), kWeb, kDb, 5432, true},
      {"no other port", ports("{port: 5432}"), kWeb, kDb, 9187, false},
      {"a port by its name", ports("{port: sql}"), kWeb, kDb, 5432, true},
      {"a name that the pod does not have", ports("{port: http}"), kWeb, kDb, 5432, false},
      {"the first of a range", ports("{port: 5000, endPort: 5432}"), kWeb, kDb, 5000, true},
      {"the last of a range", ports("{port: 5000, endPort: 5432}"), kWeb, kDb, 5432, true},
      {"beyond a range", ports("{port: 5000, endPort: 5431}"), kWeb, kDb, 5432, false},
      {"another protocol", ports("{protocol: UDP, port: 5432}"), kWeb, kDb, 5432, false},
      {"a protocol at all its ports", ports("{protocol: TCP}"), kWeb, kDb, 1, true},
      {"peers and ports of one rule: both must hold",
       policy("{" + on_db + ", ingress: [{from: [" + pod_web + "], ports: [{port: 80}]}]}"), kWeb,
       kDb, 5432, false},
      {"two rules: either",
       policy("{" + on_db + ", ingress: [{ports: [{port: 80}]}, {from: [" + pod_web + "]}]}"), kWeb,
       kDb, 5432, true},
      {"two policies: what either lets through",
       deny + policy("{" + on_db + ", ingress: [{from: [" + pod_web + "]}]}", "q"), kWeb, kDb, 5432,
       true},
      {"both ends must agree: the sender does not",
       from(pod_web) +
           policy("{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}", "q"),
       kWeb, kDb, 5432, false},
      {"egress to a pod",
       policy("{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: "
              "[{podSelector: {matchLabels: {app: db}}}], ports: [{port: sql}]}]}"),
       kWeb, kDb, 5432, true},
      {"a pod reaches itself", deny + policy("{podSelector: {}, policyTypes: [Egress]}", "q"), kDb,
       kDb, 5432, true},
      {"a pod in its node's network is not selected", deny, kWeb, kNode, 9100, true},
      {"and is no peer by labels", from("{podSelector: {}}"), kNode, kDb, 5432, false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(!rules(c.policies).refusal(c.from, c.to, c.port), c.passes) << c.rule;
  }
}

TEST(NetworkRules, SayWhoRefusesAndByWhat) {
  const NetworkRules both = rules(policy("{podSelector: {}, policyTypes: [Ingress]}", "deny") +
                                  policy("{podSelector: {}, policyTypes: [Ingress]}", "also"));
  const auto refusal = both.refusal(kWeb, kDb, 5432);
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(to_string(refusal->pod), "Pod/shop/db");
  EXPECT_FALSE(refusal->by_sender);
  EXPECT_EQ(refusal->policies, (std::vector<std::string>{"also", "deny"}));
  const auto sender =
      rules(policy("{podSelector: {}, policyTypes: [Egress]}")).refusal(kWeb, kDb, 5432);
  ASSERT_TRUE(sender.has_value());
  EXPECT_TRUE(sender->by_sender);
  EXPECT_EQ(to_string(sender->pod), "Pod/shop/web");
}

TEST(NetworkRules, WhoMaySendNothingCannotAskForNames) {
  const auto asks = [&](const std::string& egress) {
    return !rules(policy("{podSelector: {}, policyTypes: [Egress], egress: [" + egress + "]}"))
                .lookup_refusal(kWeb);
  };
  const std::string system =
      "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}";
  EXPECT_FALSE(asks(""));
  EXPECT_FALSE(asks("{to: [{podSelector: {}}]}"));
  EXPECT_FALSE(asks("{ports: [{protocol: TCP, port: 53}]}"));
  EXPECT_TRUE(asks("{ports: [{protocol: UDP, port: 53}]}"));
  EXPECT_TRUE(asks("{to: [{" + system + "}]}"));
  EXPECT_TRUE(asks("{to: [{" + system + ", podSelector: {matchLabels: {k8s-app: kube-dns}}}]}"));
  EXPECT_TRUE(asks("{}"));
  EXPECT_FALSE(NetworkRules{}.lookup_refusal(kWeb).has_value());
}

TEST(NetworkRules, PodsThatHaveEndedLeaveTheirAddressToOthers) {
  std::vector<ObjectPtr> objects =
      objects_of(kCluster + policy("{podSelector: {matchLabels: {app: db}}}"));
  for (ObjectPtr& object : objects) {
    const auto* pod = std::get_if<Pod>(&*object);
    if (pod == nullptr || pod->meta.name != "db") continue;
    Pod ended = *pod;
    ended.status.phase = PodPhase::Succeeded;
    object = std::make_shared<const Object>(std::move(ended));
  }
  EXPECT_FALSE(NetworkRules{objects}.refusal(kWeb, kDb, 5432).has_value());
}

/// The spec of a policy, and its problems as "pointer: found".
std::string problems(const std::string& spec) {
  std::string text;
  for (const Problem& problem : read_manifests(policy(spec), "f").problems) {
    text += problem.where.pointer + ": " + problem.found + "\n";
  }
  return text;
}

TEST(NetworkPolicyManifests, AreCheckedAsTheApiServerChecksThem) {
  const auto from = [](const std::string& peer) {
    return "{podSelector: {}, ingress: [{from: [" + peer + "]}]}";
  };
  const auto port = [](const std::string& one) {
    return "{podSelector: {}, ingress: [{ports: [" + one + "]}]}";
  };
  EXPECT_EQ(problems(from("{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}")),
            "/spec/ingress/0/from/0/ipBlock: both\n");
  EXPECT_EQ(problems(from("{}")), "/spec/ingress/0/from/0: none of them\n");
  EXPECT_EQ(problems(from("{ipBlock: {cidr: 10.0.0.0}}")),
            "/spec/ingress/0/from/0/ipBlock/cidr: \"10.0.0.0\"\n");
  EXPECT_EQ(problems(from("{ipBlock: {cidr: 10.0.0.0/33}}")),
            "/spec/ingress/0/from/0/ipBlock/cidr: \"10.0.0.0/33\"\n");
  EXPECT_EQ(problems(from("{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}")),
            "/spec/ingress/0/from/0/ipBlock/except/0: \"10.0.0.0/8\"\n");
  EXPECT_EQ(problems(from("{ipBlock: {cidr: 'fd00::/8', except: ['fd01::/16']}}")), "");
  EXPECT_EQ(problems(port("{endPort: 90}")), "/spec/ingress/0/ports/0/endPort: no port\n");
  EXPECT_EQ(problems(port("{port: http, endPort: 90}")),
            "/spec/ingress/0/ports/0/endPort: a port with a name\n");
  EXPECT_EQ(problems(port("{port: 91, endPort: 90}")), "/spec/ingress/0/ports/0/endPort: 90\n");
  EXPECT_EQ(problems(port("{protocol: HTTP}")), "/spec/ingress/0/ports/0/protocol: \"HTTP\"\n");
  EXPECT_EQ(problems("{podSelector: {}, policyTypes: [ingress]}"),
            "/spec/policyTypes/0: \"ingress\"\n");
}

}  // namespace
}  // namespace orrery::api
