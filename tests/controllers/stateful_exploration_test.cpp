// Every interleaving, to a depth of three, of controller crashes, stale reads and missed watch
// events with the steps of a StatefulSet's rollout: it converges, and its bounds hold. Here new
// controllers list an old state as well: names and uids are all that a StatefulSet has against it.
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/controllers/stateful_pods.h"
#include "tests/controllers/exploration.h"

namespace orrery::controllers {
namespace {

using api::PersistentVolumeClaim;
using api::Pod;
using api::StatefulSet;
using orrery::testing::Defects;
using orrery::testing::Exploration;
using orrery::testing::exploration_depth;
using orrery::testing::Fault;
using orrery::testing::kAllFaults;

constexpr std::int32_t kReplicas = 4;
/// A ready pod is not yet available for so long: long enough to be seen so by a late reader, whose
/// clock is right.
constexpr Duration kMinReady = 3_s;

StatefulSet stateful_set(std::int32_t partition, bool parallel) {
  StatefulSet set;
  set.meta.name = "db";
  set.meta.namespace_name = "default";
  set.spec.replicas = kReplicas;
  set.spec.service_name = "db";
  set.spec.partition = partition;
  set.spec.parallel = parallel;
  set.spec.min_ready = kMinReady;
  set.spec.selector.match_labels = {{"app", "db"}};
  set.spec.pod_template.labels = {{"app", "db"}};
  api::Container container;
  container.name = "main";
  container.image = "app:1";
  set.spec.pod_template.spec.containers = {container};
  api::ClaimTemplate claim;
  claim.name = "data";
  claim.spec.access_modes = {api::AccessMode::ReadWriteOnce};
  claim.spec.request_bytes = 1 << 20;
  set.spec.claim_templates = {claim};
  return set;
}

/// Four pods with a claim each, replaced one at a time from the highest ordinal to the partition.
class StatefulRollout : public Exploration {
 public:
  StatefulRollout(const StatefulSet& set, const Defects& defects)
      : Exploration{defects, Lists::Stale}, set_{set} {}

 private:
  void create() override {
    // Fast enough for several steps within the time by which reads are late.
    cluster().pod_start = Duration::milliseconds(800);
    cluster().pod_stop = Duration::milliseconds(400);
    cluster().create(set_);
  }
  void update() override {
    cluster().each<Pod>([&](const Pod& pod) { at_start_[pod.meta.name] = pod.meta.uid; });
    cluster().each<PersistentVolumeClaim>(
        [&](const PersistentVolumeClaim& claim) { claims_[claim.meta.name] = claim.meta.uid; });
    cluster().change<StatefulSet>("default", "db", [](StatefulSet& s) {
      s.spec.pod_template.spec.containers[0].image = "app:2";
    });
  }

  std::string broken_bound(const store::Write& write) override {
    std::string broken;
    if (const auto* pod = std::get_if<Pod>(write.after.get())) broken = broken_by(write, *pod);
    if (broken.empty() && available_count() < kReplicas - 1) broken = "two pods are down";
    std::map<std::string, std::string> claims;
    cluster().each<PersistentVolumeClaim>(
        [&](const PersistentVolumeClaim& claim) { claims[claim.meta.name] = claim.meta.uid; });
    if (broken.empty() && claims != claims_) broken = "a claim was lost or made anew";
    return broken;
  }

  std::string broken_by(const store::Write& write, const Pod& pod) {
    const std::int64_t ordinal = *ordinal_of(set_, pod);
    const bool was_going = write.before && api::meta_of(*write.before).deletion;
    if (write.kind == ports::DeltaKind::Deleted) {
      // The name is free from here on.
      const bool has_stopped = was_going && cluster().now() - asked_[pod.meta.uid] >= pod_stop();
      return has_stopped ? "" : "gone while its processes may run";
    }
    if (write.kind == ports::DeltaKind::Added) {
      if (ordinal < 0 || ordinal >= kReplicas) return "no such ordinal is wanted";
      return is_updated(pod) ? "" : "made of the old revision";
    }
    if (!pod.meta.deletion || was_going) return "";
    asked_[pod.meta.uid] = cluster().now();
    if (ordinal < set_.spec.partition) return "taken although it is below the partition";
    if (is_updated(pod)) return "taken although it is of the new revision";
    for (std::int64_t above = ordinal + 1; above < kReplicas; ++above) {
      const auto higher = cluster().find<Pod>("default", "db-" + std::to_string(above));
      if (!higher || !is_updated(*higher)) return "taken before a higher one";
    }
    return "";
  }

  Duration pod_stop() { return cluster().pod_stop; }
  static bool is_updated(const Pod& pod) { return pod.spec.containers[0].image == "app:2"; }
  std::int64_t available_count() {
    std::int64_t available = 0;
    cluster().each<Pod>([&](const Pod& pod) {
      available += !pod.meta.deletion && api::is_available(pod, kMinReady, cluster().now());
    });
    return available;
  }

  bool rolled_out(const std::string& image) override {
    const auto set = cluster().find<StatefulSet>("default", "db");
    const bool updates = image == "app:2";
    const std::int32_t kept = updates ? set_.spec.partition : 0;
    const api::StatefulSetStatus& status = set->status;
    bool done = status.observed_generation == set->meta.generation &&
                status.available_replicas == kReplicas && status.replicas == kReplicas &&
                status.updated_replicas == kReplicas - kept &&
                (kept > 0) == (status.current_revision != status.update_revision);
    std::int64_t pods = 0;
    cluster().each<Pod>([&](const Pod& pod) {
      ++pods;
      const bool is_kept = *ordinal_of(*set, pod) < kept;
      done = done && api::is_ready(pod) && !pod.meta.deletion &&
             pod.spec.containers[0].image == (is_kept ? "app:1" : image) &&
             (!is_kept || at_start_.at(pod.meta.name) == pod.meta.uid);
    });
    return done && pods == kReplicas;
  }

  StatefulSet set_;
  std::map<std::string, std::string> at_start_;  ///< Uids of pods by name.
  std::map<std::string, std::string> claims_;    ///< Uids by name.
  std::map<std::string, Instant> asked_;         ///< When a deletion was asked for, by uid.
};

std::string first_failure(int depth, const StatefulSet& set, const Defects& defects,
                          const std::vector<Fault>& faults = kAllFaults) {
  return orrery::testing::first_failure(
      depth, [&] { return std::make_unique<StatefulRollout>(set, defects); }, faults);
}

TEST(StatefulExploration, ARolloutConvergesWithinItsBoundsWhateverThreeFaultsDo) {
  EXPECT_EQ(first_failure(exploration_depth(), stateful_set(0, false), {}), "");
}

TEST(StatefulExploration, SoDoesOneThatIsHeldBackByAPartition) {
  EXPECT_EQ(first_failure(exploration_depth(), stateful_set(2, false), {}), "");
}

TEST(StatefulExploration, SoDoesOneOfASetWhosePodsAreMadeSideBySide) {
  EXPECT_EQ(first_failure(exploration_depth(), stateful_set(0, true), {}), "");
}

TEST(StatefulExploration, FindsAControllerThatTakesAnEmptyCacheForTheTruthAfterACrash) {
  const std::string found = first_failure(1, stateful_set(0, false), {.empty_after_crash = true});
  EXPECT_NE(found.find("crash"), std::string::npos) << found;
}

TEST(StatefulExploration, FindsAControllerThatNeverHearsOfWhatItMissed) {
  const std::string found = first_failure(1, stateful_set(0, false), {.never_lists_again = true});
  EXPECT_NE(found.find("missed watch"), std::string::npos) << found;
}

// A new controller that lists an old state sees the old pod of a name that has a new one.
TEST(StatefulExploration, FindsAControllerThatDeletesByNameThroughStaleReadsAlone) {
  const Defects defects{.deletes_by_name = true};
  const std::string found = first_failure(2, stateful_set(0, false), defects);
  EXPECT_NE(found.find("stale read"), std::string::npos) << found;
  EXPECT_NE(found.find("taken although it is of the new revision"), std::string::npos) << found;
  EXPECT_EQ(first_failure(3, stateful_set(0, false), defects, {Fault::Crash, Fault::MissedWatch}),
            "");
}

}  // namespace
}  // namespace orrery::controllers
