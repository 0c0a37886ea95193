#include "sim/traffic/consumer_group.h"

#include <algorithm>

#include "models/base/contract.h"

namespace orrery::sim {
namespace {

constexpr std::uint32_t kNobody = 0xffff'ffff;

}  // namespace

ConsumerGroup::ConsumerGroup(const GroupModel& model, std::uint32_t partitions)
    : model_{model}, partitions_{partitions}, logs_(std::max(1U, partitions)) {
  expects(model.consumers >= 1 && model.taken >= 1, "a consumer is there and takes a message");
  expects(model.backoff > Duration{}, "a message that fails is not taken again at once");
}

void ConsumerGroup::publish(std::uint32_t partition, Message message) {
  expects(partition < logs_.size(), "a message goes to a partition of the topic");
  logs_[partition].messages.push_back(message);
  ++counts_.published;
}

// --- Who is there -------------------------------------------------------------------------------

void ConsumerGroup::join(std::uint32_t instance, Instant now) {
  for (std::uint32_t i = 0; i < model_.consumers; ++i) {
    consumers_.emplace_back().instance = instance;
  }
  if (!is_queue()) begin_rebalance(now);
}

bool ConsumerGroup::leave(std::uint32_t instance, Departure how, Instant now) {
  bool any = false;
  for (Consumer& consumer : consumers_) {
    if (consumer.instance != instance || !consumer.there) continue;
    any = true;
    consumer.there = false;
    // Of a log's consumers only heartbeats tell: one that ends is missed as late as a silent one.
    if (how == Departure::Silent || (how == Departure::Ended && !is_queue())) {
      consumer.expires = now + model_.session_timeout;
      continue;
    }
    drop_taken(consumer);
    consumer.known = false;
  }
  if (any && how == Departure::Told && !is_queue()) begin_rebalance(now);
  return any;
}

/// Whoever is there commits what it has done of them; whoever is not has done that for nothing.
void ConsumerGroup::drop_taken(Consumer& consumer) {
  if (is_queue()) {
    for (const Delivery& delivery : consumer.taken) returned_.insert(delivery.offset);
  } else if (!consumer.taken.empty() && !consumer.works) {
    Log& log = logs_[consumer.taken.front().partition];
    if (consumer.known) {
      commit(log);
    } else {
      log.next = log.first;
    }
  }
  consumer.taken.clear();
}

/// Everybody stops after the message they are at. The coordinator waits for all that it counts on,
/// those included that will never be heard of again.
void ConsumerGroup::begin_rebalance(Instant now) {
  Instant end = std::max(rebalanced_at_.value_or(now), now + model_.rebalance);
  for (Consumer& consumer : consumers_) {
    if (consumer.there) drop_taken(consumer);
    if (consumer.known && !consumer.there) end = std::max(end, consumer.expires);
  }
  rebalanced_at_ = end;
}

void ConsumerGroup::assign() {
  std::vector<std::uint32_t> members;
  for (std::uint32_t i = 0; i < consumers_.size(); ++i) {
    if (consumers_[i].known) members.push_back(i);
  }
  for (std::uint32_t p = 0; p < logs_.size(); ++p) {
    logs_[p].owner = members.empty() ? kNobody : members[p % members.size()];
  }
}

std::uint32_t ConsumerGroup::consumer_count() const {
  return static_cast<std::uint32_t>(std::count_if(consumers_.begin(), consumers_.end(),
                                                  [](const Consumer& c) { return c.there; }));
}

// --- What comes due -----------------------------------------------------------------------------

Instant ConsumerGroup::next_due() const {
  Instant next = rebalanced_at_.value_or(Instant::never());
  if (!backing_off_.empty()) next = std::min(next, backing_off_.begin()->first);
  for (const Consumer& consumer : consumers_) next = std::min(next, consumer.expires);
  if (is_queue() || rebalanced_at_) return next;
  for (const Log& log : logs_) {
    if (log.ready == Instant{} || log.busy || log.next == log.end()) continue;
    next = std::min(next, log.ready);
  }
  return next;
}

bool ConsumerGroup::advance(Instant now) {
  while (!backing_off_.empty() && backing_off_.begin()->first <= now) {
    returned_.insert(backing_off_.begin()->second);
    backing_off_.erase(backing_off_.begin());
  }
  bool missed = false;
  for (Consumer& consumer : consumers_) {
    if (consumer.expires > now) continue;
    consumer.expires = Instant::never();
    consumer.known = false;
    missed = true;
    drop_taken(consumer);
    if (consumer.works) lost_.push_back(consumer.at);
  }
  if (missed && !is_queue() && !rebalanced_at_) begin_rebalance(now);
  for (Log& log : logs_) {
    if (log.ready <= now) log.ready = Instant{};
  }
  if (!rebalanced_at_ || *rebalanced_at_ > now) return false;
  rebalanced_at_.reset();
  assign();
  return true;
}

// --- Messages -----------------------------------------------------------------------------------

Message& ConsumerGroup::message_at(const Delivery& delivery) {
  Log& log = logs_[delivery.partition];
  expects(delivery.offset >= log.first && delivery.offset < log.end(), "the message is not done");
  return log.messages[delivery.offset - log.first];
}

const Message& ConsumerGroup::message(const Delivery& delivery) const {
  const Log& log = logs_[delivery.partition];
  expects(delivery.offset >= log.first && delivery.offset < log.end(), "the message is not done");
  return log.messages[delivery.offset - log.first];
}

std::optional<Delivery> ConsumerGroup::take(Instant now) {
  if (is_queue()) hand_out();
  if (!is_queue() && rebalanced_at_) return std::nullopt;
  for (std::uint32_t i = 0; i < consumers_.size(); ++i) {
    Consumer& consumer = consumers_[i];
    if (!consumer.there || !consumer.known || consumer.works) continue;
    if (!is_queue() && consumer.taken.empty()) poll(i, now);
    if (consumer.taken.empty()) continue;
    consumer.at = consumer.taken.front();
    consumer.taken.pop_front();
    consumer.works = true;
    Message& message = message_at(consumer.at);
    counts_.redelivered += message.deliveries > 0;
    ++message.deliveries;
    logs_[consumer.at.partition].busy = true;
    return consumer.at;
  }
  return std::nullopt;
}

/// Each in its turn is handed one, as long as any of them has room.
void ConsumerGroup::hand_out() {
  Log& queue = logs_[0];
  const auto count = static_cast<std::uint32_t>(consumers_.size());
  while (!returned_.empty() || queue.next < queue.end()) {
    std::uint32_t chosen = kNobody;
    for (std::uint32_t i = 0; i < count && chosen == kNobody; ++i) {
      const std::uint32_t at = (turn_ + i) % count;
      const Consumer& consumer = consumers_[at];
      const std::size_t has = consumer.taken.size() + (consumer.works ? 1 : 0);
      if (consumer.there && consumer.known && has < model_.taken) chosen = at;
    }
    if (chosen == kNobody) return;
    turn_ = chosen + 1;
    std::uint64_t offset = queue.next;
    if (returned_.empty()) {
      ++queue.next;
    } else {
      offset = *returned_.begin();
      returned_.erase(returned_.begin());
    }
    consumers_[chosen].taken.push_back({0, offset, chosen});
  }
}

/// The messages of one of its partitions, each in its turn.
void ConsumerGroup::poll(std::uint32_t index, Instant now) {
  Consumer& consumer = consumers_[index];
  for (std::uint32_t i = 0; i < partitions_; ++i) {
    const std::uint32_t p = (consumer.next_partition + i) % partitions_;
    const Log& log = logs_[p];
    if (log.owner != index || log.busy || log.ready > now || log.next == log.end()) continue;
    const std::uint64_t end = std::min(log.end(), log.next + model_.taken);
    for (std::uint64_t offset = log.next; offset < end; ++offset) {
      consumer.taken.push_back({p, offset, index});
    }
    consumer.next_partition = p + 1;
    return;
  }
}

void ConsumerGroup::commit(Log& log) {
  while (log.first < log.next) {
    log.messages.pop_front();
    ++log.first;
    ++counts_.finished;
  }
}

void ConsumerGroup::acknowledge(std::uint64_t offset) {
  Log& queue = logs_[0];
  queue.messages[offset - queue.first].done = true;
  ++counts_.finished;
  while (!queue.messages.empty() && queue.messages.front().done) {
    queue.messages.pop_front();
    ++queue.first;
  }
}

void ConsumerGroup::done(const Delivery& delivery, Instant now) {
  counts_.delay_ns += (now - message_at(delivery).published).count_ns();
  Consumer& consumer = consumers_[delivery.consumer];
  consumer.works = false;
  Log& log = logs_[delivery.partition];
  log.busy = false;
  if (is_queue()) {
    acknowledge(delivery.offset);
    return;
  }
  log.next = delivery.offset + 1;
  if (consumer.taken.empty()) commit(log);
}

std::optional<Message> ConsumerGroup::failed(const Delivery& delivery, Instant now) {
  Message& message = message_at(delivery);
  ++message.failures;
  if (model_.retries && message.failures > *model_.retries) {
    Message given_up = message;
    ++counts_.dead;
    done(delivery, now);
    return given_up;
  }
  Consumer& consumer = consumers_[delivery.consumer];
  consumer.works = false;
  Log& log = logs_[delivery.partition];
  log.busy = false;
  if (is_queue()) {
    backing_off_.emplace(now + model_.backoff, delivery.offset);
    return std::nullopt;
  }
  // It holds up its partition: what follows it must not overtake it.
  log.ready = now + model_.backoff;
  consumer.taken.clear();
  commit(log);
  return std::nullopt;
}

void ConsumerGroup::give_back(const Delivery& delivery) {
  Consumer& consumer = consumers_[delivery.consumer];
  consumer.works = false;
  Log& log = logs_[delivery.partition];
  log.busy = false;
  if (is_queue()) {
    returned_.insert(delivery.offset);
    return;
  }
  log.next = log.first;
  consumer.taken.clear();
}

std::optional<Instant> ConsumerGroup::oldest() const {
  std::optional<Instant> oldest;
  for (const Log& log : logs_) {
    if (log.messages.empty()) continue;
    const Instant at = log.messages.front().published;
    if (!oldest || at < *oldest) oldest = at;
  }
  return oldest;
}

}  // namespace orrery::sim
