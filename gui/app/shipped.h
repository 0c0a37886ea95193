/// @file
/// What comes with the program to begin with: labs and scenarios.
#pragma once

#include <QString>
#include <utility>
#include <vector>

#include "gui/model/lesson.h"

namespace orrery::gui {

/// The folder that holds `labs` and `scenarios`: share/orrery of an installation, or the root of
/// the source of a build. Empty: neither is there.
[[nodiscard]] QString shipped_folder();

/// The labs in the folder, by their names: where each is, and its title.
[[nodiscard]] std::vector<std::pair<QString, LessonText>> labs_in(const QString& folder);

/// What somebody may begin with who has nothing yet: a name for people, and its path.
[[nodiscard]] std::vector<std::pair<QString, QString>> offers_in(const QString& folder);

}  // namespace orrery::gui
