/// @file
/// Messages of topics: an operation of the broker that ends well publishes them, and the broker
/// hands them to consumers as calls.
///
/// For each message that a consumer is at, a record stands aside for the broker, whose call it is.
/// So a broker that ends takes what it has handed over with it, and a consumer is served, slowed,
/// cut off and explained as any callee.
#include <algorithm>
#include <utility>

#include "sim/traffic/request_engine.h"
#include "sim/traffic/traffic_events.h"

namespace orrery::sim {

void RequestEngine::add_topics() {
  has_topics_ = !model_.topics.empty();
  brokers_.resize(model_.topics.size());
  for (std::uint32_t topic = 0; topic < model_.topics.size(); ++topic) {
    for (const GroupModel& group : model_.topics[topic].groups) {
      expects(group.dead_letters == kNoTopic || group.dead_letters < model_.topics.size(),
              "dead letters go to a topic of the model");
      const auto index = static_cast<std::uint32_t>(groups_.size());
      groups_.push_back({.group = ConsumerGroup{group, model_.topics[topic].partitions},
                         .timer = kernel_.create_timer({kGroupDue, index}),
                         .topic = topic,
                         .site = program_.delivery_sites[index],
                         .dead_letters = group.dead_letters});
    }
  }
}

void RequestEngine::publish_messages(std::uint32_t index) {
  const std::uint32_t operation = program_.sites[calls_[index].site].operation;
  const std::uint64_t key = calls_[index].key;
  for (std::uint32_t topic = 0; topic < program_.publishing.size(); ++topic) {
    if (program_.publishing[topic] == operation) append(topic, mix64(key ^ mix64(topic)));
  }
}

void RequestEngine::append(std::uint32_t topic, std::uint64_t key) {
  const std::uint32_t partitions = model_.topics[topic].partitions;
  const auto partition =
      partitions == 0
          ? 0
          : static_cast<std::uint32_t>(draws_.index(Purpose::EndpointChoice, partitions, key));
  for (std::uint32_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i].topic != topic) continue;
    groups_[i].group.publish(partition, {.published = now_, .key = key});
    serve_group(i);
  }
}

/// Its leader: the partitions are spread over the pods of the broker that are up.
std::uint32_t RequestEngine::broker_of(std::uint32_t topic, std::uint32_t partition) const {
  const auto is_up = [&](std::uint32_t instance) {
    return instances_[instance].state == InstanceState::Listening;
  };
  const std::vector<std::uint32_t>& brokers = brokers_[topic];
  const auto up = static_cast<std::uint32_t>(std::count_if(brokers.begin(), brokers.end(), is_up));
  if (up == 0) return kNone;
  std::uint32_t left = partition % up;
  return *std::find_if(brokers.begin(), brokers.end(),
                       [&](std::uint32_t instance) { return is_up(instance) && left-- == 0; });
}

void RequestEngine::serve_group(std::uint32_t index) {
  const std::uint32_t topic = groups_[index].topic;
  const bool any_is_up = broker_of(topic, 0) != kNone;
  while (any_is_up) {
    const std::optional<Delivery> next = groups_[index].group.take(now_);
    if (!next) break;
    hand_over(index, broker_of(topic, next->partition), *next);
  }
  GroupState& state = groups_[index];
  const Instant due = std::max(now_, state.group.next_due());
  if (due == state.due) return;
  state.due = due;
  if (due == Instant::never()) {
    kernel_.disarm(state.timer);
  } else {
    kernel_.arm(state.timer, due, EventClass::Ordinary);
  }
}

void RequestEngine::hand_over(std::uint32_t group, std::uint32_t broker, const Delivery& delivery) {
  const std::uint32_t root = allocate_call();  // Both before any reference into the slab.
  const std::uint32_t index = allocate_call();
  GroupState& state = groups_[group];
  const Message& message = state.group.message(delivery);
  const CallSite& site = program_.sites[state.site];
  Call& aside = calls_[root];
  aside.stand_aside(message.key, now_, program_.probe_site, broker);
  Call& call = calls_[index];
  ++launched_;
  call.key = call_key(message.key, group, message.deliveries);
  call.start_ns = now_.count_ns();
  call.parent = root;
  call.parent_generation = aside.generation;
  call.site = state.site;
  call.instance = state.group.instance(delivery.consumer);
  call.distance = distance(broker, instances_[call.instance]) & 3U;
  call.phase = CallPhase::Outbound;
  count_start(site, call.start_ns);
  count_try(site);
  if (handed_over_.size() < calls_.slot_count()) handed_over_.resize(calls_.slot_count());
  handed_over_[root] = {group, index, delivery};
  if (state.roots.size() <= delivery.consumer) state.roots.resize(delivery.consumer + 1, kNone);
  state.roots[delivery.consumer] = root;
  arm_give_up(index);
  travel(index, false);
}

void RequestEngine::end_delivery(const Return& result) {
  if (result.caller >= handed_over_.size()) return;
  const HandedOver handed = std::exchange(handed_over_[result.caller], {});
  if (handed.group == kNone) return;  // Another call that nobody waits for.
  GroupState& state = groups_[handed.group];
  if (result.outcome == RequestOutcome::Ok) {
    state.group.done(handed.delivery, now_);
  } else if (!state.group.is_there(handed.delivery.consumer)) {
    state.group.give_back(handed.delivery);
  } else if (const std::optional<Message> dead = state.group.failed(handed.delivery, now_)) {
    if (state.dead_letters != kNoTopic) append(state.dead_letters, mix64(dead->key));
  }
  serve_group(handed.group);
}

void RequestEngine::forget_delivery(std::uint32_t root) {
  if (root >= handed_over_.size()) return;
  const HandedOver handed = std::exchange(handed_over_[root], {});
  if (handed.group != kNone) groups_[handed.group].group.give_back(handed.delivery);
}

void RequestEngine::join_groups(std::uint32_t instance) {
  const ServiceIndex service = instances_[instance].service;
  for (std::uint32_t i = 0; i < groups_.size(); ++i) {
    GroupState& state = groups_[i];
    const bool consumes = program_.sites[state.site].service == service;
    if (consumes) {
      state.group.join(instance, now_);
      note_consumers(state, "consumers-join", instance_causes_[instance].state);
    }
    if (consumes || model_.topics[state.topic].broker == service) serve_group(i);
  }
}

void RequestEngine::leave_groups(std::uint32_t instance, Departure how) {
  const ServiceIndex service = instances_[instance].service;
  for (std::uint32_t i = 0; i < groups_.size(); ++i) {
    GroupState& state = groups_[i];
    const bool leaves =
        program_.sites[state.site].service == service && state.group.leave(instance, how, now_);
    if (leaves) note_consumers(state, "consumers-leave", instance_causes_[instance].state);
    if (leaves || model_.topics[state.topic].broker == service) serve_group(i);
  }
}

void RequestEngine::group_due(std::uint32_t index) {
  GroupState& state = groups_[index];
  state.due = Instant::never();
  const bool rebalanced = state.group.advance(now_);
  for (const Delivery& lost : state.group.take_lost()) {
    const std::uint32_t root = state.roots[lost.consumer];
    const std::uint32_t call = handed_over_[root].call;
    forget_call(call);
    disarm_timer(calls_[call]);
    abandon(call);
    forget_delivery(root);
    discard(root);
  }
  if (rebalanced) note_consumers(state, "rebalanced", state.change);
  serve_group(index);
}

void RequestEngine::note_consumers(GroupState& state, const char* what, RecordId cause) {
  if (ledger_ == nullptr) return;
  const std::uint32_t count = state.group.consumer_count();
  state.change =
      ledger_->tell(program_.sites[state.site].service, now_, cause, what,
                    "topic " + model_.topics[state.topic].name + ": " + std::to_string(count) +
                        (count == 1 ? " consumer" : " consumers"));
}

GroupSample RequestEngine::sample_of(const GroupState& state, Instant at) const {
  const std::optional<Instant> oldest = state.group.oldest();
  return {at, oldest ? at - *oldest : Duration{}, state.group.counts()};
}

void RequestEngine::sample_groups(Instant at) {
  for (GroupState& state : groups_) state.samples.push_back(sample_of(state, at));
}

std::vector<GroupSample> RequestEngine::group_samples(std::uint32_t index) const {
  std::vector<GroupSample> samples = groups_[index].samples;
  samples.push_back(sample_of(groups_[index], kernel_.now()));
  return samples;
}

}  // namespace orrery::sim
