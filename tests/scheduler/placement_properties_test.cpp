/// Small worlds drawn at random, against what a plain reading of the rules says.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "models/scheduler/node_affinity.h"
#include "models/scheduler/scores.h"
#include "tests/scheduler/scheduler_world.h"

namespace orrery::scheduler {
namespace {

using api::Node;
using api::Pod;

/// The rules once more, read off the pods one by one, with nothing kept between questions.
struct PlainReading {
  std::map<std::string, Node> nodes;
  std::map<std::string, Pod> placed;  ///< By name; spec.nodeName says where.

  [[nodiscard]] std::string label(const std::string& node_name, const std::string& key) const {
    const auto& labels = nodes.at(node_name).meta.labels;
    const auto found = labels.find(key);
    return found == labels.end() ? "" : found->second;
  }
  [[nodiscard]] bool shares_domain(const std::string& a, const std::string& b,
                                   const std::string& key) const {
    const std::string value = label(a, key);
    return !value.empty() && value == label(b, key);
  }
  static bool is_about(const api::PodAffinityTerm& term, const Pod& other) {
    return term.selector && api::matches(*term.selector, other.meta.labels);
  }
  [[nodiscard]] int count_in_domain(const api::LabelSelector& selector,
                                    const std::string& node_name, const std::string& key) const {
    int count = 0;
    for (const auto& [name, other] : placed) {
      if (shares_domain(other.spec.node_name, node_name, key) &&
          api::matches(selector, other.meta.labels)) {
        ++count;
      }
    }
    return count;
  }

  [[nodiscard]] bool fits(const Pod& p, const std::string& node_name) const {
    const Node& n = nodes.at(node_name);
    std::int64_t cpu = *p.spec.containers[0].requests.cpu_milli;
    for (const auto& [name, other] : placed) {
      if (other.spec.node_name == node_name) cpu += *other.spec.containers[0].requests.cpu_milli;
    }
    if (cpu > n.status.allocatable.cpu_milli) return false;
    for (const auto& [key, value] : p.spec.node_selector) {
      if (label(node_name, key) != value) return false;
    }
    for (const auto& constraint : p.spec.topology_spread) {
      if (constraint.schedule_anyway) continue;
      if (label(node_name, constraint.topology_key).empty()) return false;
      int fewest = 1000;
      for (const auto& [other_name, other] : nodes) {
        bool eligible = !label(other_name, constraint.topology_key).empty();
        for (const auto& [key, value] : p.spec.node_selector) {
          eligible = eligible && label(other_name, key) == value;
        }
        if (eligible) {
          // Pods on nodes that are not for this pod do not count.
          int there = 0;
          for (const auto& [name, q] : placed) {
            bool on_eligible = shares_domain(q.spec.node_name, other_name, constraint.topology_key);
            for (const auto& [key, value] : p.spec.node_selector) {
              on_eligible = on_eligible && label(q.spec.node_name, key) == value;
            }
            if (on_eligible && api::matches(*constraint.selector, q.meta.labels)) ++there;
          }
          fewest = std::min(fewest, there);
        }
      }
      int here = 0;
      for (const auto& [name, q] : placed) {
        bool counts = shares_domain(q.spec.node_name, node_name, constraint.topology_key);
        for (const auto& [key, value] : p.spec.node_selector) {
          counts = counts && label(q.spec.node_name, key) == value;
        }
        if (counts && api::matches(*constraint.selector, q.meta.labels)) ++here;
      }
      const int self = api::matches(*constraint.selector, p.meta.labels) ? 1 : 0;
      if (here + self - fewest > constraint.max_skew) return false;
    }
    for (const auto& term : p.spec.affinity.pod.required) {
      if (label(node_name, term.topology_key).empty()) return false;
      if (count_in_domain(*term.selector, node_name, term.topology_key) > 0) continue;
      int anywhere = 0;
      for (const auto& [name, other] : placed) {
        if (!label(other.spec.node_name, term.topology_key).empty() && is_about(term, other)) {
          ++anywhere;
        }
      }
      if (anywhere > 0 || !is_about(term, p)) return false;
    }
    for (const auto& term : p.spec.affinity.anti.required) {
      if (count_in_domain(*term.selector, node_name, term.topology_key) > 0) return false;
    }
    for (const auto& [name, other] : placed) {
      for (const auto& term : other.spec.affinity.anti.required) {
        if (is_about(term, p) &&
            shares_domain(other.spec.node_name, node_name, term.topology_key)) {
          return false;
        }
      }
    }
    return true;
  }
};

/// Draws clusters and pods that are often in each other's way.
class Drawn {
 public:
  explicit Drawn(std::uint64_t seed) : random_{seed} {}

  std::int64_t below(std::int64_t count) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(count));
  }
  Node draw_node(int number) {
    Node n = node("n" + std::to_string(number), 400 + 200 * below(4), 10'000,
                  below(5) == 0 ? "" : "z" + std::to_string(below(3)));
    if (below(2) == 0) n.meta.labels["pool"] = "web";
    return n;
  }
  Pod draw_pod(int number) {
    Pod p = pod("p" + std::to_string(number), 100 * (1 + below(3)), 1);
    p.meta.labels["app"] = app();
    p.spec.priority = static_cast<std::int32_t>(below(3));
    if (below(4) == 0) p.spec.node_selector = {{"pool", "web"}};
    const auto key = [&] { return below(2) == 0 ? kHostnameLabel : controllers::kZoneLabel; };
    if (below(3) == 0) {
      api::TopologySpreadConstraint constraint;
      constraint.topology_key = key();
      constraint.max_skew = 1 + static_cast<std::int32_t>(below(2));
      constraint.selector = select({{"app", app()}});
      p.spec.topology_spread.push_back(constraint);
    }
    if (below(5) == 0) p.spec.affinity.pod.required = {term({{"app", app()}}, key())};
    if (below(5) == 0) p.spec.affinity.anti.required = {term({{"app", app()}}, key())};
    return p;
  }

 private:
  std::string app() { return below(2) == 0 ? "a" : "b"; }
  std::mt19937_64 random_;
};

TEST(PlacementProperties, FiltersSayWhatAPlainReadingOfTheRulesSays) {
  int fitting = 0;
  int not_fitting = 0;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    Drawn drawn{seed};
    Sight sight;
    PlainReading plain;
    for (int i = 0; i < 5; ++i) {
      const Node n = drawn.draw_node(i);
      plain.nodes[n.meta.name] = n;
      sight.add(n);
    }
    for (int i = 0; i < 12; ++i) {
      Pod p = drawn.draw_pod(i);
      std::vector<std::string> fits;
      for (const auto& [name, n] : plain.nodes) {
        const bool expected = plain.fits(p, name);
        const bool found = sight.fits(p, *sight.state.slot_of(name));
        ASSERT_EQ(found, expected) << "seed " << seed << " pod " << i << " on " << name;
        ++(found ? fitting : not_fitting);
        if (found) fits.push_back(name);
      }
      if (fits.empty()) continue;
      p.spec.node_name =
          fits[static_cast<std::size_t>(drawn.below(static_cast<std::int64_t>(fits.size())))];
      plain.placed[p.meta.name] = p;
      sight.put(p, p.spec.node_name);
      // Now and then one leaves.
      if (drawn.below(4) == 0) {
        const std::string gone = plain.placed.begin()->first;
        plain.placed.erase(gone);
        ASSERT_TRUE(sight.state.unplace({"default", gone}));
      }
    }
  }
  EXPECT_GT(fitting, 1000);
  EXPECT_GT(not_fitting, 1000);
}

TEST(PlacementProperties, ThePodGoesWhereAnExhaustiveComparisonSendsIt) {
  // Scores of every node, summed by hand from the single plug-ins, and the first of the best.
  SchedulerConfig config;
  config.profiles[kDefaultScheduler].tie_break = TieBreak::First;
  config.profiles[kDefaultScheduler].preempts = false;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Drawn drawn{seed};
    World world{config};
    Sight sight;
    for (int i = 0; i < 5; ++i) {
      const Node n = drawn.draw_node(i);
      world.cluster.create(n);
      sight.add(n);
    }
    for (int i = 0; i < 8; ++i) {
      const Pod p = drawn.draw_pod(i);
      world.cluster.create(p);
      world.cluster.run_for(20_ms);
      const auto shape = sight.shape(p);
      const auto all = sight.nodes();
      std::vector<Slot> fit;
      for (const Slot slot : all) {
        if (sight.fits(p, slot)) fit.push_back(slot);
      }
      std::string best;
      std::int64_t most = -1;
      const auto taints = taint_toleration_scores(p.spec, sight.state, fit);
      const auto affinity = node_affinity_scores(p.spec, sight.state, fit);
      const auto spread = topology_spread_scores(*shape, p.spec, sight.state, all, fit);
      const auto pods = pod_affinity_scores(*shape, sight.state, all, fit);
      const std::map<std::string, std::int64_t> names{{"cpu", 1}, {"memory", 1}};
      for (std::size_t k = 0; k < fit.size(); ++k) {
        const NodeState& state = sight.state.node(fit[k]);
        const std::int64_t total =
            3 * taints[k] + 2 * affinity[k] + 2 * spread[k] + 2 * pods[k] +
            resources_score(shape->demand, state, WeightedResources{names}, {}) +
            balanced_allocation_score(shape->demand, state, WeightedResources{names});
        const std::string& name = state.node->meta.name;
        if (total > most || (total == most && name < best)) {
          most = total;
          best = name;
        }
      }
      ASSERT_EQ(world.node_of(p.meta.name), best) << "seed " << seed << " pod " << i;
      if (!best.empty()) sight.put(p, best);
      if (best.empty()) world.cluster.remove<Pod>("default", p.meta.name, Duration{});
    }
  }
}

TEST(PlacementProperties, NoNodeIsEverOverCapacityAndNobodyPreemptsItsEqual) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Drawn drawn{seed};
    World world{{}, seed};
    std::map<std::string, Node> nodes;
    for (int i = 0; i < 4; ++i) {
      const Node n = drawn.draw_node(i);
      nodes[n.meta.name] = n;
      world.cluster.create(n);
    }
    std::map<std::string, std::int32_t> priority;
    world.cluster.on_write = [&](const store::Write& write) {
      const auto* p = std::get_if<Pod>(write.after.get());
      if (p == nullptr || write.before == nullptr) return;
      // Only the scheduler deletes here, and only for somebody more important.
      if (p->meta.deletion && !api::meta_of(*write.before).deletion) {
        const bool someone_above =
            std::any_of(priority.begin(), priority.end(),
                        [&](const auto& other) { return other.second > *p->spec.priority; });
        EXPECT_TRUE(someone_above && is_preempted(*p)) << "seed " << seed;
        const std::string name = p->meta.name;
        world.cluster.at(world.cluster.now() + 2_s, [&world, name] {
          world.cluster.remove<Pod>("default", name, Duration{});
        });
      }
      std::map<std::string, std::int64_t> used;
      for (const Pod& there : world.cluster.all<Pod>()) {
        used[there.spec.node_name] += *there.spec.containers[0].requests.cpu_milli;
      }
      for (const auto& [name, n] : nodes) {
        EXPECT_LE(used[name], n.status.allocatable.cpu_milli) << "seed " << seed << " " << name;
      }
    };
    for (int i = 0; i < 20; ++i) {
      const Pod p = drawn.draw_pod(i);
      priority[p.meta.name] = *p.spec.priority;
      world.cluster.create(p);
      if (drawn.below(3) == 0) world.cluster.run_for(700_ms);
    }
    // A nomination that is withdrawn wakes nobody, as in Kubernetes: the look after five minutes
    // does.
    world.cluster.run_for(20_min);
    // In the end nobody waits for a node that could take it.
    PlainReading plain;
    plain.nodes = nodes;
    std::vector<Pod> waiting;
    for (const Pod& p : world.cluster.all<Pod>()) {
      if (p.spec.node_name.empty()) {
        waiting.push_back(p);
      } else {
        plain.placed[p.meta.name] = p;
      }
    }
    std::set<std::string> promised;
    for (const Pod& p : waiting) promised.insert(p.status.nominated_node_name);
    for (const Pod& p : waiting) {
      // Affinity to pods that come later wakes nobody who waits for the spread alone (1.30).
      if (!p.spec.topology_spread.empty()) continue;
      for (const auto& [name, n] : nodes) {
        if (promised.contains(name)) continue;  // Its room is kept for somebody.
        EXPECT_FALSE(plain.fits(p, name)) << "seed " << seed << " " << p.meta.name << " " << name
                                          << ": " << world.message_of(p.meta.name);
      }
    }
  }
}

}  // namespace
}  // namespace orrery::scheduler
