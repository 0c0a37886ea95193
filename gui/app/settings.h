/// @file
/// What the window remembers from one start to the next.
#pragma once

#include <QSize>
#include <QString>
#include <QStringList>

#include "gui/theme/theme.h"

namespace orrery::gui {

struct Settings {
  QString language = "en";
  Shade shade = Shade::Dark;
  bool reduced_motion = false;
  QSize size;          ///< Of the window; invalid: none is known.
  QStringList recent;  ///< Recordings, the last one first.
};

/// As they were written last; what makes no sense is as in a first start.
[[nodiscard]] Settings read_settings();
void write_settings(const Settings& settings);

/// The recording stands first, and nowhere else. Of many the oldest is forgotten.
void remember(QStringList& recent, const QString& path);

inline constexpr qsizetype kRecentMost = 8;

}  // namespace orrery::gui
