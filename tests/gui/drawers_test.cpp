#include <gtest/gtest.h>

#include <QApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMouseEvent>
#include <array>

#include "gui/app/window.h"
#include "tests/gui/keys.h"
#include "tests/gui/recorded.h"

namespace orrery::gui {
namespace {

using test::press;

void mouse(QWidget& widget, QEvent::Type type, QPointF at) {
  QMouseEvent event{type,          at, widget.mapToGlobal(at), Qt::LeftButton, Qt::LeftButton,
                    Qt::NoModifier};
  QApplication::sendEvent(&widget, &event);
}

class Drawers : public testing::Test {
 protected:
  void SetUp() override {
    window_.resize(1920, 1200);
    ASSERT_TRUE(window_.open(test::recording_path()));
    window_.take_all();
  }
  void open(Drawer drawer, double seconds) {
    window_.seek(Instant::at(Duration::milliseconds(static_cast<std::int64_t>(seconds * 1000))));
    window_.show_drawer(drawer);
    (void)window_.picture(1);
  }
  /// The shape with the tag after all was painted; null: there is none.
  const Shape* shape(const Canvas& canvas, const QString& tag, QRectF* where = nullptr) {
    (void)window_.picture(1);
    return canvas.find(tag, where);
  }
  void click(Canvas& canvas, const QString& tag) {
    QRectF where;
    ASSERT_NE(shape(canvas, tag, &where), nullptr) << tag.toStdString();
    mouse(canvas, QEvent::MouseButtonPress, where.center());
    mouse(canvas, QEvent::MouseButtonRelease, where.center());
  }

  Window window_;
};

TEST_F(Drawers, KeysOpenThemAndEscapeClosesThemBeforeItLeavesTheSelection) {
  window_.select(1U);
  press(window_, Qt::Key_E);
  EXPECT_EQ(window_.shown().drawer, Drawer::Events);
  press(window_, Qt::Key_T);
  EXPECT_EQ(window_.shown().drawer, Drawer::Requests);
  press(window_, Qt::Key_Escape);
  EXPECT_EQ(window_.shown().drawer, Drawer::None);
  EXPECT_EQ(window_.shown().selected, 1U);
  press(window_, Qt::Key_Escape);
  EXPECT_FALSE(window_.shown().selected);
}

TEST_F(Drawers, TheInstantStandsBetweenWhatHappenedAndWhatIsAhead) {
  open(Drawer::Events, 70);
  QRectF now;
  QRectF before;
  QRectF after;
  ASSERT_NE(shape(window_.events(), "now", &now), nullptr);
  ASSERT_NE(shape(window_.events(), "event 5", &before), nullptr);
  ASSERT_NE(shape(window_.events(), "event 6", &after), nullptr);
  EXPECT_LE(before.bottom(), now.top() + 1);
  EXPECT_GE(after.top(), now.bottom() - 1);
}

TEST_F(Drawers, TheirNamesStandApartAndBeforeWhatClosesThemAtEverySize) {
  const std::array drawers{Drawer::Events, Drawer::Requests, Drawer::Limits, Drawer::Scenario,
                           Drawer::Lab};
  for (const QSize size :
       {QSize{900, 640}, QSize{1000, 700}, QSize{1280, 800}, QSize{1920, 1200}}) {
    for (const char* language : {"en", "ko"}) {
      window_.resize(size);
      window_.set_language(language);
      for (const Drawer drawer : drawers) {
        open(drawer, 70);
        const Canvas* canvas = nullptr;
        for (const Canvas* shown : window_.canvases()) {
          if (shown->isVisibleTo(&window_) && shown->find("title lab") != nullptr) canvas = shown;
        }
        ASSERT_NE(canvas, nullptr);
        QRectF close;
        ASSERT_NE(shape(*canvas, "drawer none", &close), nullptr);
        qreal end = 0;
        for (const Drawer named : drawers) {
          QRectF title;
          const Shape* text = shape(*canvas, "title " + name_of(named), &title);
          ASSERT_NE(text, nullptr);
          EXPECT_FALSE(text->text.endsWith(QChar{0x2026})) << size.width() << " " << language;
          EXPECT_GE(title.left(), end + 2) << size.width() << " " << language;
          end = title.right();
        }
        EXPECT_LE(end, close.left() + 1) << size.width() << " " << language;
      }
    }
  }
  window_.set_language("en");
}

TEST_F(Drawers, InASmallWindowACallAndWhatItWaitedForStandAboveWhy) {
  window_.resize(1000, 700);
  open(Drawer::Requests, 69.8);
  QRectF bar;
  ASSERT_NE(shape(window_.requests(), "bar -1", &bar), nullptr);
  QRectF why;
  ASSERT_NE(shape(window_.requests(), "why db", &why), nullptr);
  EXPECT_LT(bar.bottom(), why.top());
  EXPECT_EQ(shape(window_.requests(), "minimap"), nullptr) << "there is no room for both";
}

TEST_F(Drawers, WhatColoursOfLimitsMeanIsSaidBelowTheirRowsIfThereIsRoom) {
  ASSERT_TRUE(window_.open(test::breaker_recording_path()));
  window_.take_all();
  for (const QSize size : {QSize{1000, 700}, QSize{1280, 800}, QSize{1920, 1200}}) {
    for (const char* language : {"en", "ko"}) {
      window_.resize(size);
      window_.set_language(language);
      open(Drawer::Limits, 70);
      QRectF row;
      ASSERT_NE(shape(window_.limits(), "limit row 3", &row), nullptr) << size.width();
      EXPECT_LE(row.bottom(), window_.limits().height()) << size.width();
      QRectF key;
      if (shape(window_.limits(), "key", &key) != nullptr) {
        EXPECT_GE(key.top(), row.bottom()) << size.width() << " " << language;
      }
      for (const Layer& layer : window_.limits().layers()) {
        for (const Shape& text : layer.list.shapes()) {
          if (text.kind != Shape::Kind::Text) continue;
          EXPECT_LE(text.rect.right(), window_.limits().width() - 18)
              << size.width() << " " << language << ": " << text.text.toStdString();
        }
      }
    }
  }
  EXPECT_NE(shape(window_.limits(), "key"), nullptr) << "in a large window there is";
  window_.set_language("en");
}

TEST_F(Drawers, TheWayBackToTheInstantIsBesideTheChipsOrOverTheLastRow) {
  for (const int width : {900, 1000, 1280, 1600, 1920}) {
    for (const char* language : {"en", "ko"}) {
      window_.resize(width, 800);
      window_.set_language(language);
      open(Drawer::Events, 70);
      press(window_.events(), Qt::Key_PageUp);
      QRectF way;
      ASSERT_NE(shape(window_.events(), "follow", &way), nullptr) << width << " " << language;
      for (int group = -1; group < 5; ++group) {
        QRectF chip;
        ASSERT_NE(shape(window_.events(), QString{"events %1"}.arg(group), &chip), nullptr);
        EXPECT_FALSE(way.intersects(chip)) << width << " " << language;
        EXPECT_LE(chip.right(), window_.events().width() - 19.5) << width << " " << language;
      }
      window_.events().on_action("follow");
    }
  }
  window_.set_language("en");
}

TEST_F(Drawers, AClickOnAnEventGoesToItsInstantAndService) {
  open(Drawer::Events, 10);
  click(window_.events(), "event 4");
  EXPECT_EQ(window_.shown().at, Instant::at(Duration::milliseconds(60'020)));
  EXPECT_EQ(window_.shown().selected, 1U);
  EXPECT_NE(shape(window_.events(), "chosen event"), nullptr);
}

TEST_F(Drawers, BracketsFollowCauseAndEffect) {
  window_.choose_event(5);
  press(window_, Qt::Key_BracketLeft);
  EXPECT_EQ(window_.shown().event, 4U);
  press(window_, Qt::Key_BracketLeft);
  press(window_, Qt::Key_BracketLeft);
  press(window_, Qt::Key_BracketLeft);
  EXPECT_EQ(window_.shown().event, 2U) << "the fault has no cause";
  press(window_, Qt::Key_BracketRight);
  EXPECT_EQ(window_.shown().event, 3U);
}

TEST_F(Drawers, AFilterHidesAndATimeThatIsNoneIsSaid) {
  open(Drawer::Events, 70);
  window_.events().set_filter("failing after:noon");
  EXPECT_NE(shape(window_.events(), "wrong"), nullptr);
  EXPECT_NE(shape(window_.events(), "event 4"), nullptr);
  EXPECT_EQ(shape(window_.events(), "event 2"), nullptr);
  window_.events().set_filter("nothing-like-it");
  EXPECT_NE(shape(window_.events(), "empty"), nullptr);
}

TEST_F(Drawers, TheWaterfallShowsTheFailedRequestAndItsCause) {
  open(Drawer::Requests, 69.8);
  ASSERT_NE(window_.requests().current(), nullptr);
  EXPECT_EQ(window_.requests().current()->key, 11U);
  const Shape* bar = shape(window_.requests(), "bar 2");
  ASSERT_NE(bar, nullptr);
  EXPECT_EQ(bar->state, State::Failing);
  EXPECT_FALSE(bar->dash.isEmpty()) << "nobody began to work on it";
  EXPECT_NE(shape(window_.requests(), "cause span"), nullptr);
  EXPECT_NE(shape(window_.requests(), "why db"), nullptr);
}

TEST_F(Drawers, AChosenRequestHasItsRoomInASmallWindow) {
  window_.resize(1280, 800);
  open(Drawer::Requests, 69.8);
  QRectF minimap;
  ASSERT_NE(shape(window_.requests(), "minimap", &minimap), nullptr);
  QRectF why;
  ASSERT_NE(shape(window_.requests(), "why db", &why), nullptr);
  EXPECT_GT(why.top(), minimap.bottom() + 80) << "the axis, two rows and the key stand between";
}

TEST_F(Drawers, WhyARequestFailedIsWholeInANarrowDrawer) {
  for (const int width : {900, 1280, 1600}) {
    for (const char* language : {"en", "ko"}) {
      window_.resize(width, 800);
      window_.set_language(language);
      open(Drawer::Requests, 69.8);
      QRectF cause;
      ASSERT_NE(shape(window_.requests(), "why zone b", &cause) != nullptr ||
                    shape(window_.requests(), "why b 존", &cause) != nullptr,
                false);
      QRectF failed;
      ASSERT_NE(shape(window_.requests(), "why db", &failed), nullptr);
      EXPECT_FALSE(cause.intersects(failed));
      for (const Layer& layer : window_.requests().layers()) {
        for (const Shape& text : layer.list.shapes()) {
          if (text.kind != Shape::Kind::Text || !failed.contains(text.rect.center())) continue;
          EXPECT_FALSE(text.text.isEmpty() || text.text.endsWith(QChar{0x2026}))
              << width << " " << language << ": " << text.text.toStdString();
        }
      }
    }
  }
  window_.set_language("en");
}

TEST_F(Drawers, AreInTheLanguageThatWasJustChosen) {
  window_.set_language("ko");
  EXPECT_TRUE(window_.events().findChild<QLineEdit*>()->placeholderText().startsWith("필터"));
  window_.set_language("en");
}

TEST_F(Drawers, ChosenRequestsStayAndSiblingsOpen) {
  open(Drawer::Requests, 69.8);
  click(window_.requests(), "request 12");
  EXPECT_EQ(window_.requests().current()->key, 12U);
  EXPECT_EQ(shape(window_.requests(), "span 7"), nullptr);
  click(window_.requests(), "siblings 2");
  EXPECT_NE(shape(window_.requests(), "span 7"), nullptr);
}

TEST_F(Drawers, ADragOverTheMinimapZoomsAndALinkShowsAllAgain) {
  open(Drawer::Requests, 69.8);
  QRectF map;
  QRectF whole;
  ASSERT_NE(shape(window_.requests(), "minimap", &map), nullptr);
  ASSERT_NE(shape(window_.requests(), "bar 2", &whole), nullptr);
  mouse(window_.requests(), QEvent::MouseButtonPress, {map.left() + 2, map.center().y()});
  mouse(window_.requests(), QEvent::MouseMove, {map.left() + map.width() / 4, map.center().y()});
  mouse(window_.requests(), QEvent::MouseButtonRelease,
        {map.left() + map.width() / 4, map.center().y()});
  QRectF zoomed;
  ASSERT_NE(shape(window_.requests(), "bar 2", &zoomed), nullptr);
  EXPECT_GT(zoomed.width(), whole.width() * 2);
  click(window_.requests(), "whole request");
  EXPECT_EQ(shape(window_.requests(), "part"), nullptr);
}

}  // namespace
}  // namespace orrery::gui
