/// @file
/// What this program is, its keys, and under which licences its parts are.
#pragma once

#include <QString>

class QWidget;

namespace orrery::gui {

/// As text for people, with the licences of all fonts in full.
[[nodiscard]] QString about_text();

/// Shows it, until it is closed.
void show_about(QWidget* parent);

}  // namespace orrery::gui
