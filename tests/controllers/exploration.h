/// @file
/// Small worlds in which faults are enumerated: every sequence of controller crashes, stale reads
/// and missed watch events at places of a rollout, and what it broke.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/controllers/controller_manager.h"
#include "tests/controllers/small_cluster.h"

namespace orrery::testing {

enum class Fault { Crash, StaleRead, MissedWatch };
inline const std::vector<Fault> kAllFaults = {Fault::Crash, Fault::StaleRead, Fault::MissedWatch};

/// Calls between two places at which a fault may come. All places: 1.
constexpr int kStride = 7;
constexpr int kPlaces = 5;

struct Step {
  Fault fault = Fault::Crash;
  int place = 0;  ///< After this many strides of calls.
};

/// What a defect of the controllers would be like.
struct Defects {
  bool empty_after_crash = false;     ///< A new controller takes an empty cache for the truth.
  bool forgets_expectations = false;  ///< Nothing is awaited: a stale cache is acted upon.
  bool never_lists_again = false;     ///< A watch that has ended stays ended.
  bool deletes_by_name = false;       ///< Whatever has that name goes, not the pod that was seen.
};

/// A rollout from "app:1" to "app:2" with faults on its way. While reads are stale, watch events
/// wait for the end of it.
class Exploration : public ports::ApiClient {
 public:
  enum class Lists {
    Fresh,
    /// While reads are stale, the first list of a new controller shows what held kLag before: it
    /// asks an API server that is behind the one its predecessor asked.
    Stale,
  };

  Exploration(const Exploration&) = delete;
  Exploration& operator=(const Exploration&) = delete;
  ~Exploration() override = default;

  /// Empty: it converged within its bounds; otherwise what went wrong.
  std::string run(const std::vector<Step>& steps) {
    cluster_.on_write = [this](const store::Write& write) {
      if (lists_ == Lists::Stale) writes_.push_back({cluster_.now(), write});
    };
    restart();
    create();
    if (!cluster_.run_for(Duration::minutes(2), [&] { return rolled_out("app:1"); })) {
      return "never began";
    }
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
    update();
    const bool done = cluster_.run_for(Duration::minutes(30), [&] { return rolled_out("app:2"); });
    if (!broken_.empty()) return broken_;
    if (!done) return "did not converge";
    cluster_.run_for(Duration::minutes(10));
    if (!rolled_out("app:2")) return "did not stay converged";
    return broken_;
  }

 protected:
  explicit Exploration(const Defects& defects, Lists lists) : defects_{defects}, lists_{lists} {
    api::Node node;
    node.meta.name = "node";
    node.status.conditions = {{"Ready", api::ConditionStatus::True, "", "", {}, {}}};
    cluster_.create(node);
    cluster_.on_delivery = [this](store::Delivery& delivery, Duration& delay) {
      return pass(delivery, delay);
    };
  }

  virtual void create() = 0;                                            ///< With "app:1".
  virtual void update() = 0;                                            ///< To "app:2".
  [[nodiscard]] virtual bool rolled_out(const std::string& image) = 0;  ///< And everybody knows.
  /// What a write of the rollout broke, or empty.
  [[nodiscard]] virtual std::string broken_bound(const store::Write& write) = 0;

  SmallCluster& cluster() { return cluster_; }

 private:
  static constexpr ports::OwnerId kManager{7};
  static constexpr Duration kLag = Duration::seconds(5);

  void restart() {
    if (manager_) cluster_.detach(kManager);
    controllers::ControllerManagerConfig config;
    config.node_lifecycle.monitor_grace = Duration::minutes(60);
    if (defects_.forgets_expectations) config.replica_set.expectations_timeout = Duration{};
    if (defects_.never_lists_again) config.informer.backoff_base = Duration::minutes(60) * 24;
    if (defects_.never_lists_again) config.informer.backoff_max = Duration::minutes(60) * 24;
    lists_of_process_.clear();
    listed_.clear();
    manager_ = std::make_unique<controllers::ControllerManager>(kManager, cluster_, *this, config);
    cluster_.attach(kManager, *manager_);
    manager_->start();
  }

  void call(ports::OwnerId owner, ports::CallId id, ports::ApiCall call) override {
    if (call.verb == ports::Verb::List) lists_of_process_[id] = call.key.kind;
    if (call.verb == ports::Verb::Delete && defects_.deletes_by_name) call.uid.clear();
    cluster_.call(owner, id, std::move(call));
  }

  void strike(Fault fault) {
    switch (fault) {
      case Fault::Crash:
        crashed_ = true;
        restart();
        return;
      case Fault::StaleRead:
        stale_until_ = cluster_.now() + kLag;
        return;
      case Fault::MissedWatch:
        misses_ = true;
        return;
    }
  }

  bool pass(store::Delivery& delivery, Duration& delay) {
    if (delivery.event.owner != kManager) return true;
    if (delivery.event.kind == ports::EventKind::ApiReply) {
      const auto list = lists_of_process_.find(delivery.event.id);
      if (list != lists_of_process_.end()) pass_list(list->second, delivery.event);
      return true;
    }
    if (delivery.event.kind == ports::EventKind::WatchEvent && misses_) {
      misses_ = false;
      // A server that has dropped an event ends the watch sooner or later.
      cluster_.at(cluster_.now() + Duration::seconds(20),
                  [this] { cluster_.close_watches_of(kManager); });
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

  void pass_list(api::Kind kind, ports::Event& reply) {
    const bool first = listed_.insert({kind, true}).second;
    auto list = std::get<ports::ApiList>(*reply.body);
    if (lists_ == Lists::Stale && first && cluster_.now() < stale_until_) {
      list = as_of(cluster_.now() - kLag, kind, std::move(list));
    }
    if (kind == api::Kind::Pod && crashed_ && defects_.empty_after_crash) list.objects.clear();
    reply.body = std::make_shared<const ports::EventBody>(std::move(list));
  }

  /// A list with all later writes undone.
  [[nodiscard]] ports::ApiList as_of(Instant then, api::Kind kind, ports::ApiList list) const {
    std::map<api::ObjectKey, api::ObjectPtr> objects;
    for (const api::ObjectPtr& object : list.objects) objects[api::key_of(*object)] = object;
    for (auto it = writes_.rbegin(); it != writes_.rend() && it->first > then; ++it) {
      const store::Write& write = it->second;
      list.resource_version = write.resource_version - 1;
      if (api::kind_of(*write.after) != kind) continue;
      if (write.before == nullptr) {
        objects.erase(api::key_of(*write.after));
      } else {
        objects[api::key_of(*write.after)] = write.before;
      }
    }
    list.objects.clear();
    for (const auto& [key, object] : objects) list.objects.push_back(object);
    return list;
  }

  void watch_bounds() {
    cluster_.on_write = [this, before = cluster_.on_write](const store::Write& write) {
      before(write);
      if (!broken_.empty()) return;
      const std::string bound = broken_bound(write);
      if (bound.empty()) return;
      broken_ = "at " + to_string(cluster_.now()) + " " + to_string(api::key_of(*write.after)) +
                ": " + bound;
    };
  }

  Defects defects_;
  Lists lists_;
  SmallCluster cluster_;
  std::unique_ptr<controllers::ControllerManager> manager_;
  std::string broken_;
  bool crashed_ = false;
  bool misses_ = false;
  Instant stale_until_;
  Instant last_event_;
  std::vector<std::pair<Instant, store::Write>> writes_;
  std::map<ports::CallId, api::Kind> lists_of_process_;  ///< Calls of the present controller.
  std::map<api::Kind, bool> listed_;                     ///< Kinds that it has seen a list of.
};

inline std::string text_of(const std::vector<Step>& steps) {
  std::string text;
  for (const Step& step : steps) {
    const char* names[] = {"crash", "stale read", "missed watch"};
    text += (text.empty() ? "" : ", ") + std::string{names[static_cast<int>(step.fault)]} +
            " after call " + std::to_string(step.place * kStride);
  }
  return text;
}

/// Visits every sequence of up to `depth` of the faults whose places do not go back, until `visit`
/// says no.
inline bool each_interleaving(int depth, const std::vector<Fault>& faults, std::vector<Step>& steps,
                              const std::function<bool(const std::vector<Step>&)>& visit) {
  if (!steps.empty() && !visit(steps)) return false;
  if (depth == 0) return true;
  const int from = steps.empty() ? 0 : steps.back().place;
  for (int place = from; place < kPlaces; ++place) {
    for (const Fault fault : faults) {
      steps.push_back({fault, place});
      const bool go_on = each_interleaving(depth - 1, faults, steps, visit);
      steps.pop_back();
      if (!go_on) return false;
    }
  }
  return true;
}

/// The first interleaving to `depth` that goes wrong in a world of its own, and how; empty: none
/// does.
inline std::string first_failure(int depth,
                                 const std::function<std::unique_ptr<Exploration>()>& make,
                                 const std::vector<Fault>& faults = kAllFaults) {
  std::string failure;
  std::vector<Step> steps;
  each_interleaving(depth, faults, steps, [&](const std::vector<Step>& tried) {
    const std::string wrong = make()->run(tried);
    if (!wrong.empty()) failure = text_of(tried) + ": " + wrong;
    return wrong.empty();
  });
  return failure;
}

/// How many faults a sequence has where none is known to fail.
inline int exploration_depth() {
  const char* depth = std::getenv("ORRERY_EXPLORATION_DEPTH");
  return depth == nullptr ? 3 : std::atoi(depth);
}

}  // namespace orrery::testing
