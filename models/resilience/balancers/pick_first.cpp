#include "models/resilience/balancers/pick_first.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace orrery::resilience {

void PickFirst::update(std::uint32_t address_count, std::optional<std::uint32_t> connected,
                       std::optional<std::uint64_t> shuffle) {
  order_.resize(address_count);
  std::iota(order_.begin(), order_.end(), 0U);
  if (shuffle) {
    for (std::uint32_t i = 0; i + 1 < address_count; ++i) {
      std::swap(order_[i], order_[i + index_from(sub_draw(*shuffle, i), address_count - i)]);
    }
  }
  at_ = 0;
  if (state_ == State::Ready && connected) {
    const auto at = std::find(order_.begin(), order_.end(), *connected);
    expects(at != order_.end(), "a kept connection is one of the addresses");
    at_ = static_cast<std::uint32_t>(at - order_.begin());
    return;
  }
  state_ = State::Idle;
}

std::uint32_t PickFirst::connect() {
  expects(state_ == State::Idle || state_ == State::TransientFailure,
          "a channel that connects was not connecting");
  expects(!order_.empty(), "a channel connects to one of its addresses");
  at_ = 0;
  state_ = State::Connecting;
  return order_[at_];
}

std::optional<std::uint32_t> PickFirst::failed() {
  expects(state_ == State::Connecting, "what failed was being tried");
  if (++at_ < order_.size()) return order_[at_];
  at_ = 0;
  state_ = State::TransientFailure;
  return std::nullopt;
}

}  // namespace orrery::resilience
