/// @file
/// A cluster without nodes for tests: a virtual clock, the real API server behind a delay, and pods
/// that become ready by themselves.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/controllers/daemon_pods.h"
#include "models/ports/api_client.h"
#include "models/ports/executor.h"
#include "models/store/api_server.h"

namespace orrery::testing {

class SmallCluster : public ports::Executor, public ports::ApiClient {
 public:
  Duration api_latency = Duration::milliseconds(2);  ///< One way.
  Duration pod_start = Duration::seconds(2);  ///< Creation to ready; up to as long again, drawn.
  Duration pod_stop = Duration::seconds(1);
  bool pod_start_varies = true;  ///< Otherwise every pod takes pod_start.
  bool pods_start_by_themselves = true;
  std::string node_for_pods = "node";

  /// Sees every write when it is committed.
  std::function<void(const store::Write&)> on_write;
  /// May decide the outcome of a component's call in place of the server.
  std::function<std::optional<ports::Outcome>(const ports::ApiCall&)> interfere;
  /// May change what is on its way to a component, or delay it; false: it is lost.
  std::function<bool(store::Delivery&, Duration& delay)> on_delivery;
  /// Runs after a component's call was sent.
  std::function<void(std::uint64_t call_count)> after_call;

  explicit SmallCluster(std::uint64_t seed = 1) : server_{seed}, draws_{seed} {}

  void attach(ports::OwnerId owner, ports::Component& component) {
    components_[owner] = {&component, store::ClientId{++clients_}};
  }
  void detach(ports::OwnerId owner) {
    server_.disconnect(components_.at(owner).client);
    components_.erase(owner);
  }

  // --- Executor ---------------------------------------------------------------------------------
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] ports::TimerId create_timer(ports::OwnerId owner, std::uint64_t id) override {
    timers_[++timer_count_] = {owner, id, 0};
    return ports::TimerId{timer_count_};
  }
  void arm(ports::TimerId timer, Instant when) override {
    const auto index = static_cast<std::uint32_t>(timer);
    const std::uint64_t arming = ++armings_;
    timers_.at(index).arming = arming;
    at(std::max(when, now_), [this, index, arming] {
      const auto found = timers_.find(index);
      if (found == timers_.end() || found->second.arming != arming) return;
      found->second.arming = 0;
      deliver(found->second.owner,
              {.owner = found->second.owner, .id = found->second.id, .body = nullptr});
    });
  }
  void disarm(ports::TimerId timer) override {
    timers_.at(static_cast<std::uint32_t>(timer)).arming = 0;
  }
  void destroy_timer(ports::TimerId timer) override {
    timers_.erase(static_cast<std::uint32_t>(timer));
  }

  // --- ApiClient --------------------------------------------------------------------------------
  void call(ports::OwnerId owner, ports::CallId id, ports::ApiCall call) override {
    const store::ClientId client = components_.at(owner).client;
    ++call_count_;
    ++verb_counts_[call.verb];
    const auto outcome = interfere ? interfere(call) : std::nullopt;
    at(now_ + api_latency, [=, this, call = std::move(call)] {
      if (outcome) {
        send({client,
              {.owner = owner,
               .kind = ports::EventKind::ApiReply,
               .outcome = *outcome,
               .id = id,
               .body = nullptr}});
        return;
      }
      handle(client, owner, id, call);
    });
    if (after_call) after_call(call_count_);
  }

  // --- the user and the nodes
  // ---------------------------------------------------------------------
  /// Carries out a call at once; returns the object as it is then, or nullptr if that failed.
  api::ObjectPtr act(const ports::ApiCall& call) {
    const store::Handled handled = handle(store::ClientId{0}, ports::OwnerId{0}, 1, call);
    const ports::Event& reply = handled.deliveries.front().event;
    return reply.outcome == ports::Outcome::Ok ? std::get<ports::ApiObject>(*reply.body).object
                                               : nullptr;
  }
  /// A pod that has a priority and no class gets one: the API server takes priorities from classes.
  api::ObjectPtr create(api::Object object) {
    if (auto* pod = std::get_if<api::Pod>(&object);
        pod != nullptr && pod->spec.priority && pod->spec.priority_class_name.empty()) {
      api::PriorityClass of_its_own;
      of_its_own.meta.name = "priority-" + std::to_string(*pod->spec.priority);
      of_its_own.value = *pod->spec.priority;
      pod->spec.priority_class_name = of_its_own.meta.name;
      (void)create(of_its_own);
    }
    ports::ApiCall call;
    call.verb = ports::Verb::Create;
    call.key = api::key_of(object);
    call.object = std::make_shared<const api::Object>(std::move(object));
    return act(call);
  }
  /// Reads, changes and writes back; spec and status alike.
  template <class T, class F>
  void change(const std::string& namespace_name, const std::string& name, F&& f) {
    const api::ObjectKey key = key_for<T>(namespace_name, name);
    const api::ObjectPtr seen = server_.find(key);
    if (!seen) return;
    T next = std::get<T>(*seen);
    f(next);
    for (const auto verb : {ports::Verb::Update, ports::Verb::UpdateStatus}) {
      ports::ApiCall call;
      call.verb = verb;
      call.key = key;
      call.object = std::make_shared<const api::Object>(next);
      (void)act(call);
    }
  }
  template <class T>
  void remove(const std::string& namespace_name, const std::string& name,
              std::optional<Duration> grace = std::nullopt) {
    ports::ApiCall call;
    call.verb = ports::Verb::Delete;
    call.key = key_for<T>(namespace_name, name);
    call.grace = grace;
    (void)act(call);
  }
  void close_all_watches() {
    for (store::Delivery& delivery : server_.close_all_watches().deliveries) send(delivery);
  }
  /// Those of one component, as Expired.
  void close_watches_of(ports::OwnerId owner) {
    const auto found = components_.find(owner);
    if (found == components_.end()) return;
    for (store::Delivery& delivery : server_.close_watches_of(found->second.client).deliveries) {
      send(delivery);
    }
  }

  template <class T>
  [[nodiscard]] std::optional<T> find(const std::string& namespace_name,
                                      const std::string& name) const {
    const api::ObjectPtr found = server_.find(key_for<T>(namespace_name, name));
    return found ? std::optional<T>{std::get<T>(*found)} : std::nullopt;
  }
  template <class T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> found;
    for (const auto& object : server_.objects_of(key_for<T>("", "").kind)) {
      found.push_back(std::get<T>(*object));
    }
    return found;
  }

  /// As all(), without copies.
  template <class T, class F>
  void each(F&& f) const {
    for (const auto& object : server_.objects_of(key_for<T>("", "").kind)) {
      f(std::get<T>(*object));
    }
  }

  /// Runs until `end`, or until `done` holds after an event. Returns whether it held.
  bool run_until(
      Instant end, const std::function<bool()>& done = [] { return false; }) {
    while (!events_.empty() && events_.begin()->first.first <= end) {
      auto event = events_.extract(events_.begin());
      now_ = event.key().first;
      event.mapped()();
      ++event_count_;
      if (done()) return true;
    }
    now_ = end;
    return done();
  }
  bool run_for(
      Duration time, const std::function<bool()>& done = [] { return false; }) {
    return run_until(now_ + time, done);
  }
  void at(Instant when, std::function<void()> what) {
    events_.emplace(std::pair{when, ++event_sequence_}, std::move(what));
  }

  [[nodiscard]] std::uint64_t call_count() const { return call_count_; }
  [[nodiscard]] std::uint64_t event_count() const { return event_count_; }
  [[nodiscard]] std::uint64_t verb_count(ports::Verb verb) { return verb_counts_[verb]; }

 private:
  struct Attached {
    ports::Component* component = nullptr;
    store::ClientId client{};
  };
  struct TimerState {
    ports::OwnerId owner{};
    std::uint64_t id = 0;
    std::uint64_t arming = 0;  ///< 0: not armed.
  };

  template <class T>
  static api::ObjectKey key_for(const std::string& namespace_name, const std::string& name) {
    return {api::kind_of(api::Object{T{}}), namespace_name, name};
  }

  store::Handled handle(store::ClientId client, ports::OwnerId owner, ports::CallId id,
                        const ports::ApiCall& call) {
    store::Handled handled = server_.handle(client, owner, id, call, now_, 0);
    for (const store::Delivery& delivery : handled.deliveries) send(delivery);
    for (const store::Write& write : handled.writes) {
      if (on_write) on_write(write);
      if (pods_start_by_themselves && std::holds_alternative<api::Pod>(*write.after)) {
        follow_pod(write);
      }
    }
    return handled;
  }

  void send(store::Delivery delivery) {
    Duration delay = api_latency;
    if (on_delivery && !on_delivery(delivery, delay)) return;
    at(now_ + delay, [this, delivery = std::move(delivery)] {
      const auto found = components_.find(delivery.event.owner);
      if (found == components_.end() || found->second.client != delivery.client) return;
      found->second.component->on_event(delivery.event);
    });
  }
  void deliver(ports::OwnerId owner, const ports::Event& event) {
    const auto found = components_.find(owner);
    if (found != components_.end()) found->second.component->on_event(event);
  }

  void follow_pod(const store::Write& write) {
    const auto& pod = std::get<api::Pod>(*write.after);
    const std::string in = pod.meta.namespace_name;
    const std::string name = pod.meta.name;
    if (write.kind == ports::DeltaKind::Added) {
      const std::uint64_t ordinal = ++pods_started_;
      const double stretch =
          1.0 + (pod_start_varies ? draws_.uniform(Purpose::AppStart, ordinal) : 0.0);
      const Duration start = ceil_from_seconds(to_seconds(pod_start) * stretch);
      ports::ApiCall bind;
      bind.verb = ports::Verb::Bind;
      bind.key = api::key_of(*write.after);
      const std::string named = controllers::target_node(pod);
      bind.node_name = named.empty() ? node_for_pods : named;
      at(now_, [this, bind] { (void)act(bind); });
      at(now_ + start, [this, in, name, ordinal] {
        change<api::Pod>(in, name, [&](api::Pod& p) {
          if (p.meta.deletion) return;
          p.status.phase = api::PodPhase::Running;
          p.status.pod_ip = "10.0.0." + std::to_string(ordinal);
          api::set_condition(p.status.conditions, "Ready", api::ConditionStatus::True, "", "",
                             now_);
        });
      });
    } else if (write.kind == ports::DeltaKind::Modified && pod.meta.deletion &&
               !api::meta_of(*write.before).deletion) {
      at(now_ + pod_stop, [this, in, name] { remove<api::Pod>(in, name, Duration{}); });
    }
  }

  store::ApiServer server_;
  Draws draws_;
  Instant now_;
  std::map<std::pair<Instant, std::uint64_t>, std::function<void()>> events_;
  std::uint64_t event_sequence_ = 0;
  std::uint64_t event_count_ = 0;
  std::map<std::uint32_t, TimerState> timers_;
  std::uint32_t timer_count_ = 0;
  std::uint64_t armings_ = 0;
  std::map<ports::OwnerId, Attached> components_;
  std::uint32_t clients_ = 0;
  std::uint64_t call_count_ = 0;
  std::map<ports::Verb, std::uint64_t> verb_counts_;
  std::uint64_t pods_started_ = 0;
};

/// A Deployment of `replicas` pods labelled app=NAME, in namespace "default".
inline api::Deployment deployment(const std::string& name, std::int32_t replicas,
                                  const std::string& image = "app:1") {
  api::Deployment d;
  d.meta.name = name;
  d.meta.namespace_name = "default";
  d.spec.replicas = replicas;
  d.spec.selector.match_labels = {{"app", name}};
  d.spec.pod_template.labels = {{"app", name}};
  api::Container container;
  container.name = "main";
  container.image = image;
  container.ports = {{"http", 8080, 0, "TCP"}};
  d.spec.pod_template.spec.containers = {container};
  return d;
}

}  // namespace orrery::testing
