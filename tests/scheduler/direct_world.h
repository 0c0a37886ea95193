/// @file
/// A world for one scheduler alone: objects are listed to it, watch events handed to it, and its
/// bindings collected, with no server and no time in between.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/scheduler/scheduler.h"

namespace orrery::scheduler {

class DirectWorld : public ports::Executor, public ports::ApiClient {
 public:
  explicit DirectWorld(const SchedulerConfig& config, std::uint64_t seed = 1)
      : scheduler_{kOwner, *this, *this, Draws{seed}, config} {}

  /// To be listed by start().
  void add(api::Object object) {
    objects_[api::kind_of(object)].push_back(
        std::make_shared<const api::Object>(std::move(object)));
  }

  /// Lists everything; pods last, so that they are placed in the order in which they were added.
  void start() {
    scheduler_.start();
    std::map<api::Kind, ports::CallId> lists = std::move(lists_);
    const ports::CallId pods = lists.at(api::Kind::Pod);
    lists.erase(api::Kind::Pod);
    for (const auto& [kind, id] : lists) answer(kind, id);
    answer(api::Kind::Pod, pods);
  }

  /// A pod that appears, and is placed at once if it fits anywhere.
  void create(api::Pod pod) { watch(ports::DeltaKind::Added, std::move(pod)); }
  /// The binding of a pod is seen.
  void confirm(api::Pod pod, const std::string& node_name) {
    pod.spec.node_name = node_name;
    watch(ports::DeltaKind::Modified, std::move(pod));
  }

  /// Pod and node of every binding, in order.
  std::vector<std::pair<std::string, std::string>> bindings;

  // --- Executor
  [[nodiscard]] Instant now() const override { return Instant::at(Duration::seconds(1)); }
  [[nodiscard]] ports::TimerId create_timer(ports::OwnerId /*owner*/,
                                            std::uint64_t /*id*/) override {
    return ports::TimerId{++timers_};
  }
  void arm(ports::TimerId /*timer*/, Instant /*when*/) override {}
  void disarm(ports::TimerId /*timer*/) override {}
  void destroy_timer(ports::TimerId /*timer*/) override {}

  // --- ApiClient
  void call(ports::OwnerId /*owner*/, ports::CallId id, ports::ApiCall call) override {
    if (call.verb == ports::Verb::List) lists_[call.key.kind] = id;
    if (call.verb == ports::Verb::Watch) watches_[call.key.kind] = id;
    if (call.verb == ports::Verb::Bind) {
      bindings.emplace_back(std::move(call.key.name), std::move(call.node_name));
    }
  }

 private:
  static constexpr ports::OwnerId kOwner{1};

  void answer(api::Kind kind, ports::CallId id) {
    scheduler_.on_event({.owner = kOwner,
                         .kind = ports::EventKind::ApiReply,
                         .id = id,
                         .body = std::make_shared<const ports::EventBody>(
                             ports::ApiList{std::move(objects_[kind]), 1})});
  }
  void watch(ports::DeltaKind kind, api::Pod pod) {
    scheduler_.on_event({.owner = kOwner,
                         .kind = ports::EventKind::WatchEvent,
                         .id = watches_.at(api::Kind::Pod),
                         .body = std::make_shared<const ports::EventBody>(ports::WatchDelta{
                             kind, std::make_shared<const api::Object>(std::move(pod))})});
  }

  std::map<api::Kind, std::vector<api::ObjectPtr>> objects_;
  std::map<api::Kind, ports::CallId> lists_;
  std::map<api::Kind, ports::CallId> watches_;
  std::uint32_t timers_ = 0;
  Scheduler scheduler_;
};

}  // namespace orrery::scheduler
