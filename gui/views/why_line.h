/// @file
/// The chain of a failure as one line of clickable steps.
#pragma once

#include <vector>

#include "gui/draw/display_list.h"
#include "gui/theme/theme.h"
#include "gui/views/why_text.h"

namespace orrery::gui {

/// Where there is no room for all steps, those in the middle go first. Tags: "why", "why cart".
void draw_why_line(DisplayList& list, const QRectF& box, const std::vector<WhyPart>& parts,
                   const Theme& theme);

}  // namespace orrery::gui
