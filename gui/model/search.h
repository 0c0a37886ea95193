/// @file
/// Finds things of a run by what people type: services, pods, nodes, faults, instants.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gui/model/recorded_run.h"

namespace orrery::gui {

struct Found {
  enum class Kind { Time, Service, Fault, Rollout, Pod };
  Kind kind = Kind::Service;
  std::string name;                      ///< "shop/cart", "zone-loss", "Pod/shop/cart-1".
  std::optional<Instant> at;             ///< Where to go.
  std::optional<std::uint32_t> service;  ///< What to select.
};

/// The best first: what begins with the text before what has it somewhere; at most so many.
[[nodiscard]] std::vector<Found> find_anything(const RecordedRun& run, const std::string& text,
                                               std::size_t most);

}  // namespace orrery::gui
