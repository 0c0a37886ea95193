/// @file
/// Keys as somebody presses them.
#pragma once

#include <QApplication>
#include <QKeyEvent>
#include <QWidget>

namespace orrery::gui::test {

inline void press(QWidget& widget, int key, Qt::KeyboardModifiers modifiers = Qt::NoModifier) {
  QKeyEvent event{QEvent::KeyPress, key, modifiers};
  QApplication::sendEvent(&widget, &event);
}

}  // namespace orrery::gui::test
