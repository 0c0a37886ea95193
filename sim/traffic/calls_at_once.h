/// @file
/// Calls that get somewhere within the current event, first come, first served.
#pragma once

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
      ++waiting_;
    }
  }
  [[nodiscard]] bool empty() const { return next_ == kNone; }
  /// The one that came first; kNone if there is none.
  [[nodiscard]] std::uint32_t take() {
    const std::uint32_t first = next_;
    next_ = kNone;
    if (waiting_ > 0) [[unlikely]]
      next_ = next_of_rest();
    return first;
  }

 private:
  [[gnu::noinline]] std::uint32_t next_of_rest() {
    const std::uint32_t next = rest_[rest_.size() - waiting_];
    if (--waiting_ == 0) rest_.clear();
    return next;
  }

  std::uint32_t next_ = kNone;
  std::uint32_t waiting_ = 0;  ///< The last so many of `rest_`.
  std::vector<std::uint32_t> rest_;
};

}  // namespace orrery::sim
