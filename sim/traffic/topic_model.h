/// @file
/// Topics and the consumer groups that read them: the request engine's input, names resolved.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/base/time_types.h"
#include "sim/traffic/route_model.h"

namespace orrery::sim {

inline constexpr std::uint32_t kNoTopic = 0xffff'ffff;

/// The pods of a service that share the messages of a topic among them.
struct GroupModel {
  ServiceIndex service = 0;     ///< Whose pods consume.
  std::uint32_t operation = 0;  ///< What they do about a message.
  std::uint32_t consumers = 1;  ///< In each pod, each at one message at a time; >= 1.
  /// Messages that a consumer takes at once: those of a poll, committed together, where the topic
  /// has partitions; otherwise those it has without having acknowledged them. >= 1.
  std::uint32_t taken = 1;
  std::optional<std::uint32_t> retries;     ///< Of a message that fails; nothing: without end.
  Duration backoff = Duration::seconds(1);  ///< Before such a one is taken again; > 0.
  std::uint32_t dead_letters = kNoTopic;    ///< Where those go whose retries are used up.
  Duration timeout;                         ///< Of one message; 0: none.
  Duration session_timeout;                 ///< Until a consumer is missed that says nothing.
  Duration rebalance;  ///< Nobody consumes for so long when the consumers change (partitions).
};

/// A log of partitions, or a queue.
struct TopicModel {
  std::string name;
  ServiceIndex broker = 0;
  std::uint32_t operation = kNoTopic;  ///< Of the broker, which publishes; or none does.
  std::uint32_t partitions = 0;        ///< 0: a queue.
  std::vector<GroupModel> groups;
};

}  // namespace orrery::sim
