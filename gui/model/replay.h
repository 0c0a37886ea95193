/// @file
/// What was done to a run by hand, so that it can be done again to another one, up to an instant.
#pragma once

#include <QJsonObject>
#include <optional>
#include <vector>

#include "gui/model/recorded_run.h"

namespace orrery::gui {

struct RecordedOrder {
  Instant at;
  QJsonObject entry;  ///< Of a timeline, without "at".
};

/// Those of a recording that were carried out up to the instant, in their order.
[[nodiscard]] std::vector<RecordedOrder> orders_until(const RecordedRun& run, Instant until);

/// Leads a run in hand from its beginning to an instant.
class Replay {
 public:
  Replay(std::vector<RecordedOrder> orders, Instant until);

  /// The run says that it is held there, perhaps more than once. Whether it is to be led on: not
  /// twice from one instant.
  [[nodiscard]] bool arrives(Instant at);

  /// The next command of docs/live-control.md to the run, which is held at `now`. Nothing: it is
  /// where it is to be.
  [[nodiscard]] std::optional<QJsonObject> next(Instant now);

 private:
  std::vector<RecordedOrder> orders_;
  std::size_t given_ = 0;
  Instant until_;
  std::optional<Instant> led_from_;
};

}  // namespace orrery::gui
