/// @file
/// What of a picture has to be painted anew, from its display list before and after: most of a
/// view stays as it is from one second to the next, and painting costs far more than comparing.
#pragma once

#include <QRectF>
#include <vector>

#include "gui/draw/display_list.h"

namespace orrery::gui {

/// Whether both are painted alike; what a shape stands for, says or does is not seen.
[[nodiscard]] bool looks_like(const Shape& a, const Shape& b);

/// Where a shape may leave pixels, in the coordinates of its list; empty: nothing is seen of it.
[[nodiscard]] QRectF place_of(const Shape& shape);
/// The same, in several pieces where it is a long line, which leaves most of that as it is.
[[nodiscard]] std::vector<QRectF> places_of(const Shape& shape);

/// Places outside of which both lists paint the same. Shapes that both have, in the same order,
/// are outside; of lists that have little in common some of these may be taken for changed.
[[nodiscard]] std::vector<QRectF> changed_places(const DisplayList& before,
                                                 const DisplayList& after);

}  // namespace orrery::gui
