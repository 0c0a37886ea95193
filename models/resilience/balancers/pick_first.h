/// @file
/// pick_first, gRPC's default: addresses are tried in order until one connects; every request then
/// goes there until that connection is lost.
///
/// Source: gRPC load balancing docs (pick_first); proposal A62 for the shuffle.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/base/contract.h"
#include "models/resilience/balancers/host_choice.h"
#include "models/resilience/draw.h"
namespace orrery::resilience {

/// One channel's choice among addresses 0..n-1.
class PickFirst {
 public:
  enum class State : std::uint8_t {
    Idle,              ///< No connection; the next request begins to connect.
    Connecting,        ///< Requests wait for the address that is being tried.
    Ready,             ///< Requests go to the address.
    TransientFailure,  ///< Every address has failed: requests fail until the back-off has passed.
  };

  /// A new list. `connected` is where the present connection's address stands in it, if it does:
  /// that connection is kept; any other is given up. With `shuffle`, tries go in the random order
  /// of that draw. Allocates.
  void update(std::uint32_t address_count, std::optional<std::uint32_t> connected,
              std::optional<std::uint64_t> shuffle);

  /// Begins to connect, from the first address of the order; returns it. Also after the back-off of
  /// TransientFailure. Requires: Idle or TransientFailure, and at least one address.
  std::uint32_t connect();

  /// The address being tried has connected.
  void connected() {
    expects(state_ == State::Connecting, "what connects was being tried");
    state_ = State::Ready;
  }

  /// The address being tried has failed. Returns the next to try; nothing when it was the last: the
  /// caller waits for its connection back-off.
  std::optional<std::uint32_t> failed();

  /// The connection was lost: nothing is tried before the next request.
  void disconnected() {
    expects(state_ == State::Ready, "what is lost was connected");
    state_ = State::Idle;
  }

  [[nodiscard]] State state() const { return state_; }

  /// The address to use; nothing unless Ready.
  [[nodiscard]] HostChoice pick() const {
    if (state_ != State::Ready) return std::nullopt;
    return order_[at_];
  }

 private:
  std::vector<std::uint32_t> order_;
  std::uint32_t at_ = 0;  ///< Position in order_.
  State state_ = State::Idle;
};

}  // namespace orrery::resilience
