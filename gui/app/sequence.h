/// @file
/// Pictures of a stretch of a run, one every so often, as files of a folder.
#pragma once

#include <QString>
#include <cstddef>
#include <optional>

#include "models/base/result.h"
#include "models/base/time_types.h"

class QWidget;

namespace orrery::gui {

class Window;

/// More pictures than these are never made at once.
inline constexpr std::int64_t kSequenceMost = 3600;

struct SequenceOrder {
  QString folder;
  Instant from;
  std::optional<Instant> to;  ///< Absent, or beyond it: the end of the run.
  Duration every = Duration::seconds(1);
  qreal scale = 1;  ///< Pixels of a picture for each of the window's.
};

class PictureSequence {
 public:
  /// Makes the folder if there is none. A Failure if that cannot be done, no recording is open, or
  /// it would be no picture or more than kSequenceMost. `window` must outlive it, and shows what is
  /// drawn.
  [[nodiscard]] static Result<PictureSequence> begin(Window& window, SequenceOrder order);

  /// Writes the next picture. False: all are written. A Failure if it cannot be written.
  Result<bool> next();
  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] std::int64_t made() const { return made_; }

 private:
  PictureSequence(Window& window, SequenceOrder order, std::int64_t count);

  Window* window_;
  SequenceOrder order_;
  std::int64_t count_;
  std::int64_t made_ = 0;
};

/// "00-02-10.500.png" of 2:10.5, so that names sort as the pictures follow each other.
[[nodiscard]] QString picture_name(Instant at);

/// Asks what to draw, draws it, and can be stopped; the window shows its instant again then.
void ask_for_sequence(Window& window);

}  // namespace orrery::gui
