/// @file
/// What the command line of `orrery-gui` says.
#pragma once

#include <QSize>
#include <QString>
#include <QStringList>
#include <optional>
#include <vector>

#include "gui/theme/theme.h"
#include "gui/views/drawer.h"
#include "models/base/time_types.h"

namespace orrery::gui {

struct Options {
  QString recording;          ///< Empty: none yet.
  QString other;              ///< That it is compared with; empty: none.
  QString screenshot;         ///< A file to write a picture to; empty: a window is shown.
  QString sequence;           ///< A folder to write pictures to; empty: none are.
  Instant from;               ///< Of these.
  std::optional<Instant> to;  ///< Absent: to the end of the run.
  Duration every = Duration::seconds(1);
  Instant at;
  bool by_hand = false;  ///< A scenario is run by hand and held at `at`.
  QString select;        ///< A service; empty: the users.
  Drawer show = Drawer::None;
  QString find;      ///< What the finder looks for; empty: it is closed.
  QString filter;    ///< Of the events; see read_filter().
  QString language;  ///< Empty: as remembered.
  std::optional<Shade> shade;
  bool reduced_motion = false;
  std::optional<QSize> size;  ///< Of the window.
  double scale = 1;
  bool help = false;
};

/// All that is wrong with the command line at once, as lines for people; otherwise nothing.
[[nodiscard]] std::vector<QString> read_options(const QStringList& arguments, Options& options);

[[nodiscard]] QString usage();

}  // namespace orrery::gui
