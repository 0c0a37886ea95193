/// @file
/// What a Qt application needs before it can show this window: fonts, style, dots per inch.
#pragma once

namespace orrery::gui {

/// Before the application is made: sizes of text do not depend on the screen's claims.
void prepare_application();

/// After it was made. The window looks the same on every desktop.
void load_resources();

}  // namespace orrery::gui
