#include <gtest/gtest.h>

#include <QApplication>
#include <QKeyEvent>
#include <QMouseEvent>

#include "gui/app/window.h"
#include "tests/gui/keys.h"
#include "tests/gui/recorded.h"

namespace orrery::gui {
namespace {

using test::press;

class Compare : public testing::Test {
 protected:
  void SetUp() override {
    window_.resize(1920, 1200);
    ASSERT_TRUE(window_.open(test::recording_path()));
    ASSERT_TRUE(window_.open_other(test::breaker_recording_path()));
    window_.take_all();
    window_.seek(Instant::at(Duration::seconds(70)));
  }
  const Shape* shape(const Canvas& canvas, const QString& tag, QRectF* where = nullptr) {
    (void)window_.picture(1);
    return canvas.find(tag, where);
  }
  void click(Canvas& canvas, const QString& tag) {
    QRectF where;
    ASSERT_NE(shape(canvas, tag, &where), nullptr) << tag.toStdString();
    QMouseEvent event{QEvent::MouseButtonPress, where.center(), where.center(),
                      Qt::LeftButton,           Qt::LeftButton, Qt::NoModifier};
    QApplication::sendEvent(&canvas, &event);
  }
  Window window_;
};

TEST_F(Compare, BothRunsShowTheSameInstantSideBySide) {
  press(window_, Qt::Key_D, Qt::ControlModifier);
  ASSERT_EQ(window_.shown().drawer, Drawer::Compare);
  const Shape* a = shape(window_.services(), "card shop/db");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->state, State::Failing);
  const Shape* b = shape(window_.other_services(), "card shop/db");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->state, State::Healthy);
  EXPECT_NE(shape(window_.other_services(), "breaker 3"), nullptr);
  EXPECT_NEAR(window_.services().width(), window_.other_services().width(), 40);
}

TEST_F(Compare, AClickInEitherSelectsInBoth) {
  window_.show_drawer(Drawer::Compare);
  click(window_.other_services(), "card shop/cart");
  EXPECT_EQ(window_.shown().selected, 1U);
  EXPECT_NE(shape(window_.services(), "selection"), nullptr);
  EXPECT_NE(shape(window_.other_services(), "selection"), nullptr);
}

TEST_F(Compare, TheTimelineMarksWhereTheRunsPartAndAClickGoesThere) {
  ASSERT_TRUE(window_.shown().parting);
  QRectF mark;
  ASSERT_NE(shape(window_.timeline(), "parting", &mark), nullptr);
  EXPECT_NEAR(mark.center().x(), window_.timeline().x_of(window_.shown().parting->at), 1);
  const Shape* errors = shape(window_.timeline(), "errors of B");
  ASSERT_NE(errors, nullptr);
  EXPECT_NEAR(errors->path.elementCount(), 120, 1) << "a point a second";
  EXPECT_NE(shape(window_.timeline(), "strip of B"), nullptr);
  click(window_.timeline(), "to parting");
  EXPECT_EQ(window_.shown().at, window_.shown().parting->at);
}

TEST_F(Compare, TheTwoGraphsHaveOneLegend) {
  window_.show_drawer(Drawer::Compare);
  EXPECT_NE(shape(window_.services(), "legend"), nullptr);
  EXPECT_EQ(shape(window_.other_services(), "legend"), nullptr);
}

TEST_F(Compare, AnotherRunEndsTheComparison) {
  window_.show_drawer(Drawer::Compare);
  ASSERT_TRUE(window_.open(test::breaker_recording_path()));
  EXPECT_EQ(window_.shown().drawer, Drawer::None);
  EXPECT_EQ(window_.shown().other, nullptr);
  press(window_, Qt::Key_D, Qt::ControlModifier);
  EXPECT_EQ(window_.shown().drawer, Drawer::None);
}

TEST_F(Compare, TheBoardOfLimitsHasTheBreakersOfItsRun) {
  ASSERT_TRUE(window_.open(test::breaker_recording_path()));
  window_.take_all();
  window_.show_drawer(Drawer::Limits);
  window_.seek(Instant::at(Duration::seconds(70)));
  const Shape* lever = shape(window_.limits(), "switch 3");
  ASSERT_NE(lever, nullptr);
  EXPECT_EQ(lever->state, State::Failing);
  const Shape* stopped = shape(window_.limits(), "limit 1");
  ASSERT_NE(stopped, nullptr);
  EXPECT_EQ(stopped->text, "30/s");
  window_.seek(Instant::at(Duration::seconds(91)));
  EXPECT_EQ(shape(window_.limits(), "switch 3")->state, State::Recovering);
  window_.seek(Instant::at(Duration::seconds(100)));
  EXPECT_EQ(shape(window_.limits(), "switch 3")->state, State::Healthy);
}

}  // namespace
}  // namespace orrery::gui
