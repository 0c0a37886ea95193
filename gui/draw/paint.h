/// @file
/// Draws a display list.
#pragma once

#include <QPainter>
#include <QRegion>

#include "gui/draw/display_list.h"
#include "gui/theme/theme.h"

namespace orrery::gui {

/// With `only`, in the coordinates of the list: no more than what may be seen there.
void paint(QPainter& painter, const DisplayList& list, const Theme& theme,
           const QRegion& only = {});

/// The mark of a state, which tells it without colour.
void paint_glyph(QPainter& painter, State state, const QRectF& rect, const Theme& theme);

}  // namespace orrery::gui
