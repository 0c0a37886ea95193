/// @file
/// Services of which one pod leads, as the primary of a replicated database does.
#pragma once

#include <cstdint>

#include "models/base/distribution.h"

namespace orrery::sim {

struct LeaderModel {
  Distribution election;   ///< From the end of one leader until the next one leads.
  std::uint32_t acks = 1;  ///< Pods that have a write before it is answered, the leader too.
  /// What a follower takes to have it, beside the way and the operation's work, which it does, too.
  Distribution replicate = {};
};

}  // namespace orrery::sim
