/// @file
/// The fonts of the window, which ship inside the program: Inter, NanumSquare for Hangul, and
/// JetBrains Mono for numbers that change in place.
#pragma once

#include <QFont>
#include <QStaticText>
#include <QString>

namespace orrery::gui {

/// A size and weight that the window uses; there are no others.
enum class Type {
  Clock,    ///< 24, mono.
  Number,   ///< 24, semibold.
  Brand,    ///< 18, semibold.
  Heading,  ///< 15, semibold: the title of a panel.
  Name,     ///< 13.5, semibold: a service.
  Body,     ///< 12.5
  BodyMedium,
  BodyStrong,
  Small,  ///< 11: second lines, ticks.
  SmallMedium,
  SmallStrong,  ///< 11, semibold.
  Caption,      ///< 10, capitals, wide.
  Key,          ///< 9.5, semibold: a key's cap.
  Mono,         ///< 11: steps, ticks of time.
};

/// Makes the fonts of the program known to Qt. Requires: there is a QGuiApplication.
void load_fonts();

[[nodiscard]] const QFont& font_of(Type type);

/// Of one line [logical pixels].
[[nodiscard]] qreal width_of(const QString& text, Type type);
/// One line, ready to be painted.
[[nodiscard]] QStaticText laid_out(const QString& text, Type type);
/// From the top of its tallest letters to the bottom of its lowest.
[[nodiscard]] qreal height_of(Type type);

}  // namespace orrery::gui
