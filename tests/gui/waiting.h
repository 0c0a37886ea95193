/// @file
/// Waiting for what the window hears from another program.
#pragma once

#include <gtest/gtest.h>

#include <QApplication>
#include <QElapsedTimer>
#include <functional>

namespace orrery::gui::test {

/// Handles events until it holds. Fails after so many ms: against hanging for ever, not a measure
/// of anything.
inline void wait_until(const std::function<bool()>& holds, qint64 most = 60'000) {
  QElapsedTimer spent;
  spent.start();
  while (!holds() && spent.elapsed() < most) {
    QApplication::processEvents(QEventLoop::WaitForMoreEvents, 20);
  }
  ASSERT_TRUE(holds());
}

}  // namespace orrery::gui::test
