#include "models/scheduler/filters.h"

#include <gtest/gtest.h>

#include <functional>

#include "models/scheduler/node_affinity.h"
#include "tests/scheduler/scheduler_world.h"

namespace orrery::scheduler {
namespace {

using api::Node;
using api::Pod;
using Operator = api::SelectorRequirement::Operator;
using Texts = std::vector<std::string>;

api::TopologySpreadConstraint spread(const std::string& key, const api::Labels& labels,
                                     std::int32_t max_skew = 1) {
  api::TopologySpreadConstraint constraint;
  constraint.topology_key = key;
  constraint.max_skew = max_skew;
  constraint.selector = select(labels);
  return constraint;
}

TEST(Filters, NameWhatIsInTheWay) {
  struct Case {
    const char* name;
    std::function<void(Node&, Pod&)> change;
    Texts expected;
    bool resolvable;
  };
  const std::string affinity = "node(s) didn't match Pod's node affinity/selector";
  const std::vector<Case> cases{
      {"fits exactly", [](Node&, Pod& p) { p = pod("p", 1000, 1000); }, {}, false},
      {"cpu", [](Node&, Pod& p) { p = pod("p", 1001, 1); }, {"Insufficient cpu"}, true},
      {"memory", [](Node&, Pod& p) { p = pod("p", 1, 1001); }, {"Insufficient memory"}, true},
      {"both",
       [](Node&, Pod& p) { p = pod("p", 1001, 1001); },
       {"Insufficient cpu", "Insufficient memory"},
       true},
      {"count", [](Node& n, Pod&) { n.status.allocatable.pods = 0; }, {"Too many pods"}, true},
      {"extended",
       [](Node&, Pod& p) { p.spec.containers[0].requests.extended["a.b/c"] = 1; },
       {"Insufficient a.b/c"},
       true},
      {"cordoned",
       [](Node& n, Pod&) { n.spec.unschedulable = true; },
       {"node(s) were unschedulable"},
       false},
      {"cordon tolerated",
       [](Node& n, Pod& p) {
         n.spec.unschedulable = true;
         p.spec.tolerations = {{"node.kubernetes.io/unschedulable", true, "", "", {}}};
       },
       {},
       false},
      {"other name",
       [](Node&, Pod& p) { p.spec.node_name = "m"; },
       {"node(s) didn't match the requested node name"},
       false},
      {"taint",
       [](Node& n, Pod&) {
         n.spec.taints = {{"k", "v", "NoExecute", {}}};
       },
       {"node(s) had untolerated taint {k: v}"},
       false},
      {"taint that only prefers",
       [](Node& n, Pod&) {
         n.spec.taints = {{"k", "v", "PreferNoSchedule", {}}};
       },
       {},
       false},
      {"tolerated",
       [](Node& n, Pod& p) {
         n.spec.taints = {{"k", "v", "NoSchedule", {}}};
         p.spec.tolerations = {{"k", false, "v", "", {}}};
       },
       {},
       false},
      {"tolerated for another effect",
       [](Node& n, Pod& p) {
         n.spec.taints = {{"k", "v", "NoSchedule", {}}};
         p.spec.tolerations = {{"k", false, "v", "NoExecute", {}}};
       },
       {"node(s) had untolerated taint {k: v}"},
       false},
      {"selector",
       [](Node&, Pod& p) {
         p.spec.node_selector = {{"disk", "ssd"}};
       },
       {affinity},
       false},
  };
  for (const Case& c : cases) {
    Sight sight;
    Node n = node("n", 1000, 1000);
    Pod p = pod("p", 100, 100);
    c.change(n, p);
    bool resolvable = false;
    EXPECT_EQ(sight.obstacles(p, sight.add(n), &resolvable), c.expected) << c.name;
    EXPECT_EQ(resolvable, c.resolvable) << c.name;
  }
}

TEST(Filters, APodThatAsksForNothingFitsOnAFullNode) {
  Sight sight;
  const Slot slot = sight.add(node("n", 1000, 1000));
  sight.put(pod("1", 2000, 2000), "n");
  EXPECT_TRUE(sight.fits(pod("p", {}, {}), slot));
  EXPECT_FALSE(sight.fits(pod("p", 1, {}), slot));
}

TEST(Filters, InitContainersSidecarsAndOverheadCountAsTheKubeletNeedsThem) {
  Sight sight;
  const Slot slot = sight.add(node("n", 1000, 1000));
  Pod p = pod("p", 300, 0);
  api::Container side = p.spec.containers[0];
  side.sidecar = true;
  side.requests.cpu_milli = 200;
  api::Container init = p.spec.containers[0];
  init.requests.cpu_milli = 800;
  p.spec.init_containers = {init, side};  // The sidecar starts after it: max(500, 800, 200).
  EXPECT_TRUE(sight.fits(p, slot));
  p.spec.init_containers = {side, init};  // Beside it: max(500, 200, 1000).
  EXPECT_TRUE(sight.fits(p, slot));
  p.spec.overhead.cpu_milli = 1;
  EXPECT_FALSE(sight.fits(p, slot));
}

TEST(Filters, AHostPortIsTakenOncePerProtocolAndAddress) {
  Sight sight;
  const Slot slot = sight.add(node("n", 1000, 1000));
  Pod p = pod("p", 0, 0);
  p.spec.containers[0].ports = {{"dns", 53, 53, "UDP", "10.0.0.1"}};
  sight.put(p, "n");
  EXPECT_EQ(sight.obstacles(p, slot),
            (Texts{"node(s) didn't have free ports for the requested pod ports"}));
  p.spec.containers[0].ports[0].host_ip = "10.0.0.2";
  EXPECT_TRUE(sight.fits(p, slot));
  p.spec.containers[0].ports[0].host_ip = "";  // 0.0.0.0
  EXPECT_FALSE(sight.fits(p, slot));
  p.spec.containers[0].ports[0].protocol = "TCP";
  EXPECT_TRUE(sight.fits(p, slot));
}

TEST(Filters, NodeAffinityTermsAreAlternativesOfExpressionsThatAllHold) {
  Node n = node("n", 1000, 1000);
  n.meta.labels["disk"] = "ssd";
  n.meta.labels["cores"] = "8";
  const std::vector<std::pair<api::SelectorRequirement, bool>> cases{
      {{"disk", Operator::In, {"hdd", "ssd"}}, true}, {{"disk", Operator::In, {"hdd"}}, false},
      {{"disk", Operator::NotIn, {"hdd"}}, true},     {{"disk", Operator::NotIn, {"ssd"}}, false},
      {{"gpu", Operator::NotIn, {"a"}}, true},        {{"disk", Operator::Exists, {}}, true},
      {{"gpu", Operator::Exists, {}}, false},         {{"gpu", Operator::DoesNotExist, {}}, true},
      {{"cores", Operator::Gt, {"7"}}, true},         {{"cores", Operator::Gt, {"8"}}, false},
      {{"cores", Operator::Lt, {"9"}}, true},         {{"cores", Operator::Lt, {"8"}}, false},
      {{"disk", Operator::Gt, {"1"}}, false},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    Sight sight;
    Pod p = pod("p", 1, 1);
    p.spec.affinity.node.required = {{{{cases[i].first}, {}}}};
    EXPECT_EQ(sight.fits(p, sight.add(n)), cases[i].second) << i;
  }
  const api::NodeSelectorTerm holds{{{"disk", Operator::Exists, {}}}, {}};
  const api::NodeSelectorTerm fails{{{"gpu", Operator::Exists, {}}}, {}};
  const api::NodeSelectorTerm half{{holds.match_expressions[0], fails.match_expressions[0]}, {}};
  const auto with = [&](const std::vector<api::NodeSelectorTerm>& terms) {
    Sight sight;
    Pod p = pod("p", 1, 1);
    p.spec.affinity.node.required = terms;
    return sight.fits(p, sight.add(n));
  };
  EXPECT_TRUE(with({fails, holds}));
  EXPECT_FALSE(with({half}));
  EXPECT_FALSE(with({{}}));  // A term without requirements holds nowhere.
  EXPECT_FALSE(with({}));
  EXPECT_TRUE(with({{{}, {{"metadata.name", Operator::In, {"n"}}}}}));
  EXPECT_FALSE(with({{{}, {{"metadata.name", Operator::NotIn, {"n"}}}}}));
}

TEST(Filters, NodeSelectorAndRequiredAffinityMustBothHold) {
  Sight sight;
  Node n = node("n", 1000, 1000);
  n.meta.labels["disk"] = "ssd";
  const Slot slot = sight.add(n);
  Pod p = pod("p", 1, 1);
  p.spec.node_selector = {{"disk", "ssd"}};
  EXPECT_TRUE(sight.fits(p, slot));
  p.spec.affinity.node.required = {{{{{"gpu", Operator::Exists, {}}}, {}}}};
  EXPECT_FALSE(sight.fits(p, slot));
}

TEST(Filters, NodesNamedByAffinityAreTheOnlyCandidates) {
  const api::SelectorRequirement a{"metadata.name", Operator::In, {"a", "b"}};
  const api::SelectorRequirement b{"metadata.name", Operator::In, {"b", "c"}};
  const api::SelectorRequirement label{"disk", Operator::Exists, {}};
  const auto names = [](const std::vector<api::NodeSelectorTerm>& terms) {
    api::NodeAffinity affinity;
    affinity.required = terms;
    return named_nodes(affinity);
  };
  using Names = std::set<std::string>;
  EXPECT_EQ(names({{{}, {a}}}), (Names{"a", "b"}));
  EXPECT_EQ(names({{{label}, {a, b}}}), (Names{"b"}));
  EXPECT_EQ(names({{{}, {a}}, {{}, {b}}}), (Names{"a", "b", "c"}));
  EXPECT_EQ(names({{{}, {a}}, {{label}, {}}}), std::nullopt);
}

TEST(TopologySpreadFilter, KeepsTheSkewWithinItsLimit) {
  Sight sight;
  const Slot x = sight.add(node("a", 1000, 1000, "x"));
  const Slot y = sight.add(node("b", 1000, 1000, "y"));
  const Slot nowhere = sight.add(node("c", 1000, 1000));
  const api::Labels labels{{"app", "web"}};
  sight.put(labelled(pod("1", 1, 1), labels), "a");
  Pod p = labelled(pod("p", 1, 1), labels);
  p.spec.topology_spread = {spread(controllers::kZoneLabel, labels)};
  bool resolvable = false;
  EXPECT_EQ(sight.obstacles(p, x, &resolvable),
            (Texts{"node(s) didn't match pod topology spread constraints"}));
  EXPECT_TRUE(resolvable);
  EXPECT_TRUE(sight.fits(p, y));
  EXPECT_EQ(sight.obstacles(p, nowhere, &resolvable),
            (Texts{"node(s) didn't match pod topology spread constraints (missing required "
                   "label)"}));
  EXPECT_FALSE(resolvable);
  p.spec.topology_spread[0].max_skew = 2;
  EXPECT_TRUE(sight.fits(p, x));
  // A pod that its own selector does not match adds nothing.
  p.spec.topology_spread[0].max_skew = 1;
  p.meta.labels = {{"app", "other"}};
  EXPECT_TRUE(sight.fits(p, x));
}

TEST(TopologySpreadFilter, MinDomainsMakesTheGlobalMinimumZeroUntilThereAreEnough) {
  Sight sight;
  const Slot x = sight.add(node("a", 1000, 1000, "x"));
  const Slot y = sight.add(node("b", 1000, 1000, "y"));
  const api::Labels labels{{"app", "web"}};
  sight.put(labelled(pod("1", 1, 1), labels), "a");
  sight.put(labelled(pod("2", 1, 1), labels), "b");
  Pod p = labelled(pod("p", 1, 1), labels);
  p.spec.topology_spread = {spread(controllers::kZoneLabel, labels)};
  p.spec.topology_spread[0].min_domains = 2;
  EXPECT_TRUE(sight.fits(p, x));
  p.spec.topology_spread[0].min_domains = 3;
  EXPECT_FALSE(sight.fits(p, x));
  EXPECT_FALSE(sight.fits(p, y));
}

TEST(TopologySpreadFilter, NodeAffinityPolicyDecidesWhichNodesCount) {
  Sight sight;
  Node a = node("a", 1000, 1000, "x");
  a.meta.labels["pool"] = "web";
  const Slot x = sight.add(a);
  sight.add(node("b", 1000, 1000, "y"));
  const api::Labels labels{{"app", "web"}};
  sight.put(labelled(pod("1", 1, 1), labels), "a");
  Pod p = labelled(pod("p", 1, 1), labels);
  p.spec.node_selector = {{"pool", "web"}};
  p.spec.topology_spread = {spread(controllers::kZoneLabel, labels)};
  EXPECT_TRUE(sight.fits(p, x));  // Zone y is not for this pod.
  p.spec.topology_spread[0].honor_node_affinity = false;
  EXPECT_FALSE(sight.fits(p, x));
}

TEST(TopologySpreadFilter, NodeTaintsPolicyDecidesWhichNodesCount) {
  Sight sight;
  const Slot x = sight.add(node("a", 1000, 1000, "x"));
  Node b = node("b", 1000, 1000, "y");
  b.spec.taints = {{"k", "v", "NoSchedule", {}}};
  sight.add(b);
  const api::Labels labels{{"app", "web"}};
  sight.put(labelled(pod("1", 1, 1), labels), "a");
  Pod p = labelled(pod("p", 1, 1), labels);
  p.spec.topology_spread = {spread(controllers::kZoneLabel, labels)};
  EXPECT_FALSE(sight.fits(p, x));  // By default taints are ignored: zone y is empty.
  p.spec.topology_spread[0].honor_node_taints = true;
  EXPECT_TRUE(sight.fits(p, x));
}

TEST(TopologySpreadFilter, MatchLabelKeysNarrowTheCountToPodsOfTheSameValue) {
  Sight sight;
  const Slot x = sight.add(node("a", 1000, 1000, "x"));
  sight.add(node("b", 1000, 1000, "y"));
  sight.put(labelled(pod("1", 1, 1), {{"app", "web"}, {"rev", "1"}}), "a");
  Pod p = labelled(pod("p", 1, 1), {{"app", "web"}, {"rev", "2"}});
  p.spec.topology_spread = {spread(controllers::kZoneLabel, {{"app", "web"}})};
  EXPECT_FALSE(sight.fits(p, x));
  p.spec.topology_spread[0].match_label_keys = {"rev"};
  EXPECT_TRUE(sight.fits(p, x));
}

TEST(TopologySpreadFilter, PodsOfOtherNamespacesAndTerminatingOnesDoNotCount) {
  Sight sight;
  const Slot x = sight.add(node("a", 1000, 1000, "x"));
  sight.add(node("b", 1000, 1000, "y"));
  const api::Labels labels{{"app", "web"}};
  Pod elsewhere = labelled(pod("1", 1, 1), labels);
  elsewhere.meta.namespace_name = "other";
  sight.put(elsewhere, "a");
  Pod leaving = labelled(pod("2", 1, 1), labels);
  leaving.meta.deletion = Instant::at(1_s);
  sight.put(leaving, "a");
  Pod p = labelled(pod("p", 1, 1), labels);
  p.spec.topology_spread = {spread(controllers::kZoneLabel, labels)};
  EXPECT_TRUE(sight.fits(p, x));
}

TEST(PodAffinityFilter, WantsAMatchingPodInTheDomain) {
  Sight sight;
  const Slot a = sight.add(node("a", 1000, 1000, "x"));
  const Slot b = sight.add(node("b", 1000, 1000, "x"));
  const Slot c = sight.add(node("c", 1000, 1000, "y"));
  sight.put(labelled(pod("1", 1, 1), {{"app", "cache"}}), "a");
  Pod p = pod("p", 1, 1);
  p.spec.affinity.pod.required = {term({{"app", "cache"}}, controllers::kZoneLabel)};
  EXPECT_TRUE(sight.fits(p, a));
  EXPECT_TRUE(sight.fits(p, b));
  bool resolvable = true;
  EXPECT_EQ(sight.obstacles(p, c, &resolvable), (Texts{"node(s) didn't match pod affinity rules"}));
  EXPECT_FALSE(resolvable);
  p.spec.affinity.pod.required[0].topology_key = kHostnameLabel;
  EXPECT_FALSE(sight.fits(p, b));
}

TEST(PodAffinityFilter, TheFirstOfAGroupThatWantsItselfIsLetIn) {
  Sight sight;
  const Slot a = sight.add(node("a", 1000, 1000, "x"));
  const Slot nowhere = sight.add(node("b", 1000, 1000));
  const Slot c = sight.add(node("c", 1000, 1000, "y"));
  Pod p = labelled(pod("p", 1, 1), {{"app", "web"}});
  p.spec.affinity.pod.required = {term({{"app", "web"}}, controllers::kZoneLabel)};
  EXPECT_TRUE(sight.fits(p, a));
  EXPECT_FALSE(sight.fits(p, nowhere));  // But only where the label is.
  sight.put(labelled(pod("1", 1, 1), {{"app", "web"}}), "c");
  EXPECT_FALSE(sight.fits(p, a));
  EXPECT_TRUE(sight.fits(p, c));
}

TEST(PodAffinityFilter, AllTermsCountThePodsThatMatchAllOfThem) {
  Sight sight;
  const Slot a = sight.add(node("a", 1000, 1000, "x"));
  sight.put(labelled(pod("1", 1, 1), {{"app", "cache"}}), "a");
  sight.put(labelled(pod("2", 1, 1), {{"tier", "back"}}), "a");
  Pod p = pod("p", 1, 1);
  p.spec.affinity.pod.required = {term({{"app", "cache"}}, controllers::kZoneLabel),
                                  term({{"tier", "back"}}, controllers::kZoneLabel)};
  EXPECT_FALSE(sight.fits(p, a));
  sight.put(labelled(pod("3", 1, 1), {{"app", "cache"}, {"tier", "back"}}), "a");
  EXPECT_TRUE(sight.fits(p, a));
}

TEST(PodAffinityFilter, AntiAffinityWorksBothWays) {
  Sight sight;
  const Slot a = sight.add(node("a", 1000, 1000));
  const Slot b = sight.add(node("b", 1000, 1000));
  Pod hermit = labelled(pod("1", 1, 1), {{"app", "hermit"}});
  hermit.spec.affinity.anti.required = {term({{"app", "web"}}, kHostnameLabel)};
  sight.put(hermit, "a");
  sight.put(labelled(pod("2", 1, 1), {{"app", "web"}}), "b");
  bool resolvable = false;
  EXPECT_EQ(sight.obstacles(hermit, b, &resolvable),
            (Texts{"node(s) didn't match pod anti-affinity rules"}));
  EXPECT_TRUE(resolvable);
  EXPECT_EQ(sight.obstacles(labelled(pod("p", 1, 1), {{"app", "web"}}), a, &resolvable),
            (Texts{"node(s) didn't satisfy existing pods anti-affinity rules"}));
  EXPECT_TRUE(resolvable);
  EXPECT_TRUE(sight.fits(labelled(pod("p", 1, 1), {{"app", "db"}}), a));
}

TEST(PodAffinityFilter, NamespacesAreOwnListedOrSelected) {
  Sight sight;
  sight.state.set_namespace("team", {{"kind", "team"}});
  const Slot a = sight.add(node("a", 1000, 1000));
  Pod other = labelled(pod("1", 1, 1), {{"app", "cache"}});
  other.meta.namespace_name = "team";
  sight.put(other, "a");
  Pod p = pod("p", 1, 1);
  p.spec.affinity.pod.required = {term({{"app", "cache"}}, kHostnameLabel)};
  api::PodAffinityTerm& wants = p.spec.affinity.pod.required[0];
  EXPECT_FALSE(sight.fits(p, a));
  wants.namespaces = {"team"};
  EXPECT_TRUE(sight.fits(p, a));
  wants.namespaces = {};
  wants.namespace_selector = select({{"kind", "team"}});
  EXPECT_TRUE(sight.fits(p, a));
  sight.state.set_namespace("team", {{"kind", "other"}});
  EXPECT_FALSE(sight.fits(p, a));
  wants.namespace_selector = select({{"kubernetes.io/metadata.name", "team"}});
  EXPECT_TRUE(sight.fits(p, a));
  wants.selector.reset();  // Matches no pod.
  EXPECT_FALSE(sight.fits(p, a));
}

}  // namespace
}  // namespace orrery::scheduler
