/// @file
/// Which failure is going on, in which order it reached the services, and why.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "gui/model/moment.h"

namespace orrery::gui {

struct Cascade {
  std::vector<WhyStep> why;  ///< The chain by which most requests of users fail; may be empty.
  std::map<std::uint32_t, Arrival> arrivals;  ///< By service.
};

/// At the end of the second. Of several failures at once, the one that most requests fail by.
[[nodiscard]] Cascade cascade_in(const RecordedRun& run, std::size_t second);

}  // namespace orrery::gui
