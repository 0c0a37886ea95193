/// @file
/// The chain from what set a failure off to its users, as words.
#pragma once

#include <QString>
#include <cstdint>
#include <optional>
#include <vector>

#include "gui/model/moment.h"

namespace orrery::gui {

struct WhyPart {
  std::optional<State> state;
  QString who;     ///< "ledger-db"
  QString what;    ///< "lost its leader"
  QString action;  ///< Of a click: "seek <microseconds>"; empty: none.
};

/// One part, that all is well, if no request of users fails. Not empty.
[[nodiscard]] std::vector<WhyPart> why_parts(const Moment& moment, const RecordedRun& run);

/// What set a failure off. Requires: there is such an event.
[[nodiscard]] WhyPart origin_part(const RecordedRun& run, std::uint64_t event);

/// "time out": what calls with this outcome do.
[[nodiscard]] QString calls_text(const std::string& outcome);

/// "went dark" of "zone-loss": what a fault does to what it hits.
[[nodiscard]] QString fault_text(const std::string& kind);

}  // namespace orrery::gui
