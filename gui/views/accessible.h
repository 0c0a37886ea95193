/// @file
/// What screen readers are told: each canvas is a list of what it shows, by name.
#pragma once

namespace orrery::gui {

/// From now on canvases have children: the shapes that say something (see Shape::says).
void install_accessibility();

}  // namespace orrery::gui
