// Every interleaving, to a depth of three, of controller crashes, stale reads and missed watch
// events with the steps of a rollout: it converges, and its bounds hold.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/controllers/controller_manager.h"
#include "tests/controllers/small_cluster.h"

namespace orrery::controllers {
namespace {

using api::Deployment;
using api::Kind;
using api::Pod;
using api::ReplicaSet;
using orrery::testing::deployment;
using orrery::testing::SmallCluster;

constexpr ports::OwnerId kManager{7};
/// Calls between two places at which a fault may come. All places: 1.
constexpr int kStride = 7;
constexpr int kPlaces = 5;

enum class Fault { Crash, StaleRead, MissedWatch };
constexpr Fault kFaults[] = {Fault::Crash, Fault::StaleRead, Fault::MissedWatch};

struct Step {
  Fault fault = Fault::Crash;
  int place = 0;  ///< After this many strides of calls.
};

/// What a defect of the controllers would be like, one for each kind of fault.
struct Defects {
  bool empty_after_crash = false;     ///< A new controller takes an empty cache for the truth.
  bool forgets_expectations = false;  ///< Nothing is awaited: a stale cache is acted upon.
  bool never_lists_again = false;     ///< A watch that has ended stays ended.
};

/// A rollout from app:1 to app:2 with faults on its way.
class Exploration {
 public:
  explicit Exploration(const Defects& defects) : defects_{defects} {
    api::Node node;
    node.meta.name = "node";
    node.status.conditions = {{"Ready", api::ConditionStatus::True, "", "", {}, {}}};
    cluster_.create(node);
    cluster_.on_delivery = [this](store::Delivery& delivery, Duration& delay) {
      return pass(delivery, delay);
    };
    restart();
    cluster_.create(deployment("web", 4));
    cluster_.run_for(1_min, [&] { return rolled_out("app:1"); });
  }

  /// Empty: it converged within its bounds; otherwise what went wrong.
  std::string run(const std::vector<Step>& steps) {
    if (!rolled_out("app:1")) return "never began";
    watch_bounds();
    const std::uint64_t begun = cluster_.call_count();
    std::size_t next = 0;
    cluster_.after_call = [&](std::uint64_t calls) {
      while (next < steps.size() &&
             calls - begun >= static_cast<std::uint64_t>(steps[next].place * kStride)) {
        const Fault fault = steps[next++].fault;
        cluster_.at(cluster_.now(), [this, fault] { strike(fault); });
      }
    };
    cluster_.change<Deployment>("default", "web", [](Deployment& d) {
      d.spec.pod_template.spec.containers[0].image = "app:2";
    });
    const bool done = cluster_.run_for(30_min, [&] { return rolled_out("app:2"); });
    if (!broken_.empty()) return broken_;
    if (!done) return "did not converge";
    cluster_.run_for(10_min);
    if (!rolled_out("app:2")) return "did not stay converged";
    return broken_;
  }

 private:
  void restart() {
    if (manager_) cluster_.detach(kManager);
    ControllerManagerConfig config;
    config.node_lifecycle.monitor_grace = 60_min;
    if (defects_.forgets_expectations) config.replica_set.expectations_timeout = Duration{};
    if (defects_.never_lists_again) config.informer.backoff_base = 60_min * 24;
    if (defects_.never_lists_again) config.informer.backoff_max = 60_min * 24;
    manager_ = std::make_unique<ControllerManager>(kManager, cluster_, cluster_, config);
    cluster_.attach(kManager, *manager_);
    manager_->start();
  }

  void strike(Fault fault) {
    switch (fault) {
      case Fault::Crash:
        crashed_ = true;
        restart();
        return;
      case Fault::StaleRead:
        stale_until_ = cluster_.now() + 5_s;
        return;
      case Fault::MissedWatch:
        misses_ = true;
        return;
    }
  }

  bool pass(store::Delivery& delivery, Duration& delay) {
    if (delivery.event.owner != kManager) return true;
    if (delivery.event.kind == ports::EventKind::ApiReply) {
      const auto* list = delivery.event.body == nullptr
                             ? nullptr
                             : std::get_if<ports::ApiList>(delivery.event.body.get());
      const bool pods = list != nullptr && !list->objects.empty() &&
                        api::kind_of(*list->objects.front()) == Kind::Pod;
      if (pods && crashed_ && defects_.empty_after_crash) {
        delivery.event.body =
            std::make_shared<const ports::EventBody>(ports::ApiList{{}, list->resource_version});
      }
      return true;
    }
    if (delivery.event.kind == ports::EventKind::WatchEvent && misses_) {
      misses_ = false;
      // A server that has dropped an event ends the watch sooner or later.
      cluster_.at(cluster_.now() + 20_s, [this] { cluster_.close_watches_of(kManager); });
      return false;
    }
    // Events keep their order: what comes after a stale one waits behind it.
    Instant when = cluster_.now() + delay;
    if (cluster_.now() < stale_until_) when = stale_until_ + delay;
    when = std::max(when, last_event_);
    last_event_ = when;
    delay = when - cluster_.now();
    return true;
  }

  void watch_bounds() {
    cluster_.on_write = [this](const store::Write& write) {
      std::int64_t sizes = 0;
      std::int64_t pods = 0;
      std::int64_t available = 0;
      cluster_.each<ReplicaSet>([&](const ReplicaSet& set) { sizes += set.spec.replicas; });
      cluster_.each<Pod>([&](const Pod& pod) {
        if (!api::is_active(pod)) return;
        ++pods;
        available += api::is_available(pod, Duration{}, cluster_.now()) ? 1 : 0;
      });
      if (!broken_.empty() || (sizes <= 5 && pods <= 5 && available >= 3)) return;
      broken_ = "at " + to_string(cluster_.now()) + " " + to_string(api::key_of(*write.after)) +
                ": sizes " + std::to_string(sizes) + ", pods " + std::to_string(pods) +
                ", available " + std::to_string(available);
    };
  }

  [[nodiscard]] bool rolled_out(const std::string& image) {
    bool done = false;
    cluster_.each<Deployment>([&](const Deployment& d) {
      done = d.status.observed_generation == d.meta.generation && d.status.updated_replicas == 4 &&
             d.status.available_replicas == 4 && d.status.replicas == 4;
    });
    std::int64_t pods = 0;
    cluster_.each<Pod>([&](const Pod& pod) {
      ++pods;
      done = done && pod.spec.containers[0].image == image && api::is_ready(pod);
    });
    return done && pods == 4;
  }

  Defects defects_;
  SmallCluster cluster_;
  std::unique_ptr<ControllerManager> manager_;
  std::string broken_;
  bool crashed_ = false;
  bool misses_ = false;
  Instant stale_until_;
  Instant last_event_;
};

std::string text_of(const std::vector<Step>& steps) {
  std::string text;
  for (const Step& step : steps) {
    const char* names[] = {"crash", "stale read", "missed watch"};
    text += (text.empty() ? "" : ", ") + std::string{names[static_cast<int>(step.fault)]} +
            " after call " + std::to_string(step.place * kStride);
  }
  return text;
}

/// Visits every sequence of up to `depth` faults whose places do not go back, until `visit` says
/// no.
bool each_interleaving(int depth, std::vector<Step>& steps,
                       const std::function<bool(const std::vector<Step>&)>& visit) {
  if (!steps.empty() && !visit(steps)) return false;
  if (depth == 0) return true;
  const int from = steps.empty() ? 0 : steps.back().place;
  for (int place = from; place < kPlaces; ++place) {
    for (const Fault fault : kFaults) {
      steps.push_back({fault, place});
      const bool go_on = each_interleaving(depth - 1, steps, visit);
      steps.pop_back();
      if (!go_on) return false;
    }
  }
  return true;
}

/// The first interleaving to `depth` that goes wrong, and how; empty: none does.
std::string first_failure(int depth, const Defects& defects) {
  std::string failure;
  std::vector<Step> steps;
  each_interleaving(depth, steps, [&](const std::vector<Step>& tried) {
    Exploration exploration{defects};
    const std::string wrong = exploration.run(tried);
    if (!wrong.empty()) failure = text_of(tried) + ": " + wrong;
    return wrong.empty();
  });
  return failure;
}

TEST(Exploration, ARolloutConvergesWithinItsBoundsWhateverThreeFaultsDo) {
  const char* depth = std::getenv("ORRERY_EXPLORATION_DEPTH");
  EXPECT_EQ(first_failure(depth == nullptr ? 3 : std::atoi(depth), {}), "");
}

TEST(Exploration, FindsAControllerThatTakesAnEmptyCacheForTheTruthAfterACrash) {
  const std::string found = first_failure(1, {.empty_after_crash = true});
  EXPECT_NE(found.find("crash"), std::string::npos) << found;
}

TEST(Exploration, FindsAControllerThatActsOnAStaleRead) {
  const std::string found = first_failure(1, {.forgets_expectations = true});
  EXPECT_NE(found.find("stale read"), std::string::npos) << found;
}

TEST(Exploration, FindsAControllerThatNeverHearsOfWhatItMissed) {
  const std::string found = first_failure(1, {.never_lists_again = true});
  EXPECT_NE(found.find("missed watch"), std::string::npos) << found;
}

}  // namespace
}  // namespace orrery::controllers
