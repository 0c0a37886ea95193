/// @file
/// The two palettes of the window. Everything that is well is quiet, everything else is bright.
///
/// The colours of the states were searched for, so that the least distance between any two of them,
/// to normal, protan, deutan and tritan eyes, is as large as can be (CIE76: dark 22, light 16).
#pragma once

#include <QColor>
#include <array>

#include "gui/theme/state.h"

namespace orrery::gui {

enum class Shade { Dark, Light };

struct Theme {
  Shade shade = Shade::Dark;
  QColor window;  ///< Behind panels.
  QColor panel;
  QColor card;    ///< Cards, buttons.
  QColor raised;  ///< Chosen tab, key cap.
  QColor line;    ///< Borders, grid.
  QColor high;    ///< Names, values.
  QColor mid;     ///< Body.
  QColor low;     ///< Units, hints.
  QColor accent;  ///< Links, play button; never a state.
  QColor focus;   ///< Selection and keyboard focus.
  QColor failing_fill;
  QColor lost_fill;
  std::array<QColor, kStateCount> states;

  [[nodiscard]] const QColor& state(State s) const { return states[static_cast<std::size_t>(s)]; }
  /// The state as text: its colour where that is readable (4.5 : 1), which Healthy is not.
  [[nodiscard]] const QColor& text_of(State s) const {
    return s == State::Healthy ? mid : state(s);
  }
  /// What a card of this state is filled with.
  [[nodiscard]] const QColor& fill_of(State s) const {
    return s == State::Failing ? failing_fill : s == State::Lost ? lost_fill : card;
  }
};

[[nodiscard]] const Theme& theme(Shade shade);

/// The colour, so far opaque: 0 is not seen, 1 hides what is below.
[[nodiscard]] QColor faded(QColor color, double alpha);

}  // namespace orrery::gui
