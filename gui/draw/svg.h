/// @file
/// What is painted, as an SVG picture: shapes and letters stay sharp at every size.
#pragma once

#include <QByteArray>
#include <QSizeF>
#include <functional>

class QPainter;

namespace orrery::gui {

/// A picture of this size [logical pixels] of what `draw` paints.
[[nodiscard]] QByteArray svg_of(QSizeF size, const std::function<void(QPainter&)>& draw);

}  // namespace orrery::gui
