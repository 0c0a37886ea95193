/// @file
/// A consumer group of a topic: which message its consumers take next, and which are not done yet.
///
/// A topic with partitions is a log, as Kafka has it: each partition belongs to one consumer, which
/// polls some of its messages, does them in order and commits them together; whoever has the
/// partition next begins behind the last commit. A topic without is a queue, as RabbitMQ has it:
/// consumers are handed messages in turn, up to their prefetch, and acknowledge each. In both a
/// message is done at least once: what a consumer had not committed when it ended comes again.
///
/// Sources: Apache Kafka 3.7, "Consumer Configs" (max.poll.records, session.timeout.ms) and "The
/// Consumer"; RabbitMQ 3.13, "Consumer Acknowledgements and Publisher Confirms".
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "models/base/time_types.h"
#include "sim/traffic/topic_model.h"

namespace orrery::sim {

/// A message, until the group has done it.
struct Message {
  Instant published;
  std::uint64_t key = 0;         ///< Of its draws.
  std::uint32_t deliveries = 0;  ///< So far.
  std::uint32_t failures = 0;    ///< Of these, how many failed.
  bool done = false;
};

/// A message in the hands of a consumer.
struct Delivery {
  std::uint32_t partition = 0;  ///< 0 of a queue.
  std::uint64_t offset = 0;
  std::uint32_t consumer = 0;

  friend bool operator==(const Delivery&, const Delivery&) = default;
};

/// How consumers leave.
enum class Departure : std::uint8_t {
  Told,    ///< They say so, and finish what they are at.
  Ended,   ///< Their connection is closed.
  Silent,  ///< Nothing is heard of them.
};

/// What a group has seen so far; the lag is `published` - `finished`.
struct GroupCounts {
  std::uint64_t published = 0;
  std::uint64_t finished = 0;     ///< Committed or acknowledged, those given up included.
  std::uint64_t dead = 0;         ///< Given up.
  std::uint64_t redelivered = 0;  ///< Deliveries of messages that had been delivered before.
  std::int64_t delay_ns = 0;      ///< Of all that were done: from publishing to the end.

  friend bool operator==(const GroupCounts&, const GroupCounts&) = default;
};

/// Times are told in order. Costs of a call: O(consumers + partitions) at the most.
class ConsumerGroup {
 public:
  ConsumerGroup(const GroupModel& model, std::uint32_t partitions);

  void publish(std::uint32_t partition, Message message);

  /// The consumers of a pod are there from now on. Requires: they were not before.
  void join(std::uint32_t instance, Instant now);
  /// They go; false if none of them was there. Ended and silent ones that had a message have it
  /// until it is given back.
  bool leave(std::uint32_t instance, Departure how, Instant now);

  /// A message that a consumer begins with now; nothing if none can.
  [[nodiscard]] std::optional<Delivery> take(Instant now);
  void done(const Delivery& delivery, Instant now);
  /// Its handling failed. Returns the message if its retries are used up: it is given up.
  [[nodiscard]] std::optional<Message> failed(const Delivery& delivery, Instant now);
  /// Its consumer, or whoever handed it over, is gone: it comes again.
  void give_back(const Delivery& delivery);

  /// When advance() has something to do; never() if nothing.
  [[nodiscard]] Instant next_due() const;
  /// Back-offs, sessions and rebalances that are over. Returns whether a rebalance is.
  bool advance(Instant now);
  /// What consumers had whose session has expired since the last call of this.
  [[nodiscard]] std::vector<Delivery> take_lost() { return std::exchange(lost_, {}); }

  [[nodiscard]] const Message& message(const Delivery& delivery) const;
  [[nodiscard]] std::uint32_t instance(std::uint32_t consumer) const {
    return consumers_[consumer].instance;
  }
  /// Whether the consumer is still one of the group's, as far as itself knows.
  [[nodiscard]] bool is_there(std::uint32_t consumer) const { return consumers_[consumer].there; }
  [[nodiscard]] std::uint32_t consumer_count() const;  ///< Of those that are there.
  [[nodiscard]] const GroupCounts& counts() const { return counts_; }
  [[nodiscard]] std::uint64_t lag() const { return counts_.published - counts_.finished; }
  /// When the oldest message that is not done was published; nothing if all are.
  [[nodiscard]] std::optional<Instant> oldest() const;

 private:
  struct Consumer {
    std::uint32_t instance = 0;
    bool there = true;                   ///< It works and says so.
    bool known = true;                   ///< The group counts on it.
    bool works = false;                  ///< It is at a message…
    Delivery at{};                       ///< …this one.
    Instant expires = Instant::never();  ///< Its session.
    std::deque<Delivery> taken{};        ///< Behind that one.
    std::uint32_t next_partition = 0;    ///< To be polled; the lowest that is no lower.
  };
  /// A partition, or the queue.
  struct Log {
    std::deque<Message> messages{};  ///< From the first that is not committed on.
    std::uint64_t first = 0;         ///< Its offset.
    std::uint64_t next = 0;          ///< Offset of the one to be done, or handed out, next.
    std::uint32_t owner = 0xffff'ffff;
    bool busy = false;  ///< A consumer is at one of its messages.
    Instant ready;      ///< No poll before.

    [[nodiscard]] std::uint64_t end() const { return first + messages.size(); }
  };

  [[nodiscard]] bool is_queue() const { return partitions_ == 0; }
  [[nodiscard]] Message& message_at(const Delivery& delivery);
  void begin_rebalance(Instant now);
  void assign();
  void commit(Log& log);  ///< All before `next`.
  void acknowledge(std::uint64_t offset);
  void hand_out();
  void poll(std::uint32_t consumer, Instant now);
  void finish(const Delivery& delivery, Instant now);
  void drop_taken(Consumer& consumer);  ///< Nobody has begun with them.

  GroupModel model_;
  std::uint32_t partitions_;
  std::vector<Log> logs_;
  std::vector<Consumer> consumers_;
  std::optional<Instant> rebalanced_at_;               ///< The end of the rebalance that is on.
  std::set<std::uint64_t> returned_;                   ///< Of a queue, to be handed out first.
  std::multimap<Instant, std::uint64_t> backing_off_;  ///< Of a queue.
  std::uint32_t turn_ = 0;                             ///< Of a queue: who is asked first.
  std::vector<Delivery> lost_;
  GroupCounts counts_;
};

}  // namespace orrery::sim
