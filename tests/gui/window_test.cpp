#include "gui/app/window.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QTemporaryFile>
#include <algorithm>
#include <cstdlib>

#include "tests/gui/keys.h"
#include "tests/gui/recorded.h"

namespace orrery::gui {
namespace {

using test::press;

void click(QWidget& widget, QPointF at) {
  QMouseEvent event{QEvent::MouseButtonPress, at,
                    widget.mapToGlobal(at),   Qt::LeftButton,
                    Qt::LeftButton,           Qt::NoModifier};
  QApplication::sendEvent(&widget, &event);
}

/// Of two pictures of one size, in a channel of a pixel.
int most_apart(const QImage& a, const QImage& b) {
  int most = 0;
  for (int y = 0; y < a.height(); ++y) {
    for (int x = 0; x < a.width(); ++x) {
      const QRgb p = a.pixel(x, y);
      const QRgb q = b.pixel(x, y);
      most = std::max({most, std::abs(qRed(p) - qRed(q)), std::abs(qGreen(p) - qGreen(q)),
                       std::abs(qBlue(p) - qBlue(q))});
    }
  }
  return most;
}

class WindowTest : public testing::Test {
 protected:
  void SetUp() override {
    window_.resize(1600, 1000);
    ASSERT_TRUE(window_.open(test::recording_path()));
    window_.take_all();
    (void)window_.picture(1);
  }
  [[nodiscard]] Duration at() const { return window_.shown().at.since_start(); }

  Window window_;
};

TEST_F(WindowTest, KeysMoveThroughTime) {
  press(window_, Qt::Key_F);
  EXPECT_EQ(at(), Duration::seconds(60));
  press(window_, Qt::Key_Right);
  EXPECT_EQ(at(), Duration::milliseconds(60'010)) << "the next event of note";
  press(window_, Qt::Key_Right, Qt::ControlModifier);
  EXPECT_EQ(at(), Duration::milliseconds(70'010));
  press(window_, Qt::Key_Left, Qt::ShiftModifier);
  EXPECT_EQ(at(), Duration::milliseconds(69'010));
}

TEST_F(WindowTest, TimeStaysWithinTheRecording) {
  press(window_, Qt::Key_Left, Qt::ControlModifier);
  EXPECT_EQ(at(), Duration{});
  window_.seek(Instant::at(Duration::seconds(5000)));
  EXPECT_EQ(at(), Duration::seconds(120));
}

TEST_F(WindowTest, TheClockTicksOnlyWhileItPlays) {
  EXPECT_FALSE(window_.is_ticking());
  press(window_, Qt::Key_Space);
  EXPECT_TRUE(window_.is_ticking());
  press(window_, Qt::Key_Space);
  EXPECT_FALSE(window_.is_ticking());
}

TEST_F(WindowTest, WhatIsPaintedInPartsWhileTimePassesIsWhatIsPaintedAtOnce) {
  window_.show();
  window_.seek(Instant::at(Duration::seconds(58)));
  window_.play(true);
  const auto paint = [&] {
    QEvent update{QEvent::UpdateRequest};
    QApplication::sendEvent(&window_, &update);
  };
  // The failure begins, and spreads.
  for (int second = 0; second < 8; ++second) {
    // Until all had their turns.
    for (int frame = 0; frame < 60; ++frame) {
      window_.advance(frame == 0 ? Duration::seconds(1) : Duration{});
      paint();
    }
    for (Canvas* canvas : window_.canvases()) {
      ASSERT_FALSE(canvas->is_behind());
      canvas->refresh();
      QImage parts = canvas->grab().toImage();
      while (canvas->is_behind()) {
        canvas->go_on();
        parts = canvas->grab().toImage();
      }
      canvas->refresh_all_pixels();
      const QImage whole = canvas->grab().toImage();
      ASSERT_LT(most_apart(parts, whole), 48) << canvas->accessibleName().toStdString() << second;
    }
  }
  window_.play(false);
}

TEST_F(WindowTest, AClickOnACardSelectsItsServiceAndEscapeTheUsers) {
  QRectF card;
  ASSERT_NE(window_.services().find("card shop/cart", &card), nullptr);
  click(window_.services(), card.center());
  EXPECT_EQ(window_.shown().selected, 1U);
  press(window_, Qt::Key_Escape);
  EXPECT_FALSE(window_.shown().selected);
}

TEST_F(WindowTest, ScrubbingGoesToTheInstantUnderThePointer) {
  const Instant wanted = Instant::at(Duration::seconds(75));
  click(window_.timeline(), {window_.timeline().x_of(wanted), 110});
  EXPECT_NEAR(to_seconds(at()), 75, 0.2);
}

TEST_F(WindowTest, AFileThatIsNoRecordingIsSaidInPlaceAndTheOpenOneStays) {
  QTemporaryFile file;
  ASSERT_TRUE(file.open());
  file.write("no recording");
  file.close();
  EXPECT_FALSE(window_.open(file.fileName()));
  EXPECT_FALSE(window_.shown().notice.isEmpty());
  EXPECT_NE(window_.shown().run, nullptr);
}

}  // namespace
}  // namespace orrery::gui
