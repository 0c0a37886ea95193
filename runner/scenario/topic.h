/// @file
/// Topics, and who reads them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "models/base/time_types.h"

namespace orrery::scenario {

/// The pods of a service that share a topic's messages among them.
struct ConsumerGroup {
  std::string operation;        ///< What they do about a message; empty: the service's first one.
  std::uint32_t consumers = 1;  ///< In each pod.
  std::uint32_t taken = 1;      ///< The batch of a poll, or the prefetch.
  std::optional<std::uint32_t> retries;  ///< Absent: without end.
  Duration backoff = Duration::seconds(1);
  std::string dead_letters;  ///< A topic; empty: what is given up is gone.
  Duration timeout;          ///< Of one message; 0: none.
  Duration session_timeout;
  Duration rebalance;
};

/// A log of partitions, or a queue.
struct Topic {
  std::string broker;            ///< "namespace/name" of the service that has it.
  std::string publish;           ///< The broker's operation; empty: only dead letters get there.
  std::uint32_t partitions = 0;  ///< 0: a queue.
  std::map<std::string, ConsumerGroup> groups;  ///< By the service whose pods consume.
};

}  // namespace orrery::scenario
