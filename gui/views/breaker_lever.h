/// @file
/// The lever in the sign of a circuit breaker, as the services and the board of limits draw it.
#pragma once

#include <QColor>
#include <QPointF>

#include "gui/draw/display_list.h"

namespace orrery::gui {

enum class LeverPosition { Closed, HalfOpen, Open };

/// The arm and its two ends, around `at`.
void draw_breaker_lever(DisplayList& list, const QPointF& at, LeverPosition position,
                        const QColor& color);

}  // namespace orrery::gui
