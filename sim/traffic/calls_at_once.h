/// @file
/// Calls that get somewhere within the current event, first come, first served.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/traffic/indices.h"

namespace orrery::sim {

/// Where ways take no time there is mostly one at a time, which takes no place in memory.
class CallsAtOnce {
 public:
  void add(std::uint32_t call) {
    if (next_ == kNone) {
      next_ = call;
    } else {
      rest_.push_back(call);
    }
  }
  /// The one that came first; kNone if there is none.
  [[nodiscard]] std::uint32_t take() {
    const std::uint32_t first = next_;
    next_ = kNone;
    if (!rest_.empty()) [[unlikely]]
      next_ = next_of_rest();
    return first;
  }

 private:
  [[nodiscard]] std::uint32_t next_of_rest() {
    const std::uint32_t next = rest_[taken_++];
    if (taken_ == rest_.size()) {
      rest_.clear();
      taken_ = 0;
    }
    return next;
  }

  std::uint32_t next_ = kNone;
  std::vector<std::uint32_t> rest_;
  std::size_t taken_ = 0;  ///< Of `rest_`, which is empty once all are.
};

}  // namespace orrery::sim
