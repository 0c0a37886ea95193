#include "gui/draw/changes.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QPainter>
#include <algorithm>
#include <cstdlib>

#include "gui/app/window.h"
#include "gui/draw/paint.h"
#include "models/base/random.h"
#include "tests/gui/recorded.h"

namespace orrery::gui {
namespace {

Instant at(std::int64_t seconds) { return Instant::at(Duration::seconds(seconds)); }

QRectF united(const std::vector<QRectF>& places) {
  QRectF all;
  for (const QRectF& place : places) all |= place;
  return all;
}

void add_number(DisplayList& list, int i, int value) {
  list.box({i * 40.0, 10, 30, 20}, 4, Qt::black, Qt::white);
  list.text({i * 40.0, 10, 30, 20}, QString::number(value), Type::Small, Qt::white);
}

TEST(Changes, OfManyNumbersOnlyTheOneThatChangedIsNew) {
  DisplayList before;
  DisplayList after;
  for (int i = 0; i < 10; ++i) {
    add_number(before, i, i);
    add_number(after, i, i == 4 ? 99 : i);
  }
  const std::vector<QRectF> places = changed_places(before, after);
  ASSERT_EQ(places.size(), 2U) << "as it was, and as it is";
  EXPECT_TRUE(QRectF(150, 0, 50, 40).contains(united(places)));
  EXPECT_TRUE(changed_places(before, before).empty());
}

TEST(Changes, WhatComesBetweenMovesNothingElse) {
  DisplayList before;
  DisplayList after;
  for (int i = 0; i < 6; ++i) {
    add_number(before, i, i);
    if (i == 3) after.glow({300, 0, 40, 40}, Qt::red);
    add_number(after, i, i);
  }
  EXPECT_EQ(united(changed_places(before, after)), QRectF(299, -1, 42, 42));
  EXPECT_EQ(united(changed_places(after, before)), QRectF(299, -1, 42, 42));
}

TEST(Changes, WhatASayingOrAnActionChangesIsNotSeen) {
  DisplayList before;
  DisplayList after;
  add_number(before, 0, 1);
  add_number(after, 0, 1);
  before.target({0, 0, 30, 30}, "select 1", "card");
  after.target({0, 0, 60, 60}, "select 2", "card").says = "cart";
  EXPECT_TRUE(changed_places(before, after).empty());
}

/// Of 255, the largest difference of a pixel.
int most_apart(const QImage& a, const QImage& b) {
  int most = a.size() == b.size() ? 0 : 255;
  for (int y = 0; most < 255 && y < a.height(); ++y) {
    for (int x = 0; x < a.width(); ++x) {
      const QColor p = a.pixelColor(x, y);
      const QColor q = b.pixelColor(x, y);
      most = std::max({most, std::abs(p.red() - q.red()), std::abs(p.green() - q.green()),
                       std::abs(p.blue() - q.blue())});
    }
  }
  return most;
}

/// A list of all kinds of shapes, made from a number.
DisplayList made_up(std::uint64_t seed) {
  DisplayList list;
  for (std::uint64_t i = 0; i < 60; ++i) {
    const std::uint64_t draw = mix64(seed * 1'000 + (mix64(seed + i) % 5 == 0 ? i : 100 + i * 7));
    const auto number = [&](std::uint64_t which, std::uint64_t below) {
      return static_cast<qreal>(mix64(draw + which) % below);
    };
    // Most are the same for all seeds.
    const std::uint64_t kept = mix64(seed + i) % 5 == 0 ? draw : mix64(i);
    const auto place = [&](std::uint64_t which, std::uint64_t below) {
      return static_cast<qreal>(mix64(kept + which) % below) + 0.25;
    };
    const QRectF rect{place(1, 260), place(2, 160), 20 + place(3, 60), 12 + place(4, 30)};
    const QColor color = QColor::fromHsv(static_cast<int>(kept % 360), 200, 220);
    switch (i % 6) {
      case 0:
        list.box(rect, 5, color, Qt::white, 1.8);
        break;
      case 1: {
        QPainterPath path{rect.topLeft()};
        path.cubicTo(rect.topRight(), rect.bottomLeft(), rect.bottomRight());
        list.path(path, {}, color, 3).round_caps = true;
        break;
      }
      case 2:
        list.text(rect, QString{"n %1 gÅ"}.arg(number(9, 40)), Type::Name, color);
        break;
      case 3:
        list.glyph(kStates[kept % kStates.size()], rect.center(), 15);
        break;
      case 4:
        list.glow(rect, faded(color, 0.3));
        break;
      default:
        list.words(rect.left(), rect.top(), QString::number(number(8, 9)), Type::Small, color);
    }
  }
  return list;
}

TEST(Changes, OutsideOfThemBothArePaintedAlike) {
  const Theme& colors = theme(Shade::Dark);
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const DisplayList before = made_up(seed);
    const DisplayList after = made_up(seed + 1);
    const auto painted = [&](const DisplayList& list) {
      QImage image{360, 240, QImage::Format_ARGB32_Premultiplied};
      image.fill(Qt::black);
      QPainter painter{&image};
      paint(painter, list, colors);
      return image;
    };
    const QImage whole = painted(after);
    QImage mended = painted(before);
    QRegion changed;
    for (const QRectF& place : changed_places(before, after)) changed += place.toAlignedRect();
    ASSERT_FALSE(changed.isEmpty());
    {
      QPainter painter{&mended};
      painter.setClipRegion(changed);
      painter.fillRect(mended.rect(), Qt::black);
      paint(painter, after, colors, changed);
    }
    EXPECT_TRUE(mended == whole) << "seed " << seed;
  }
}

QImage painted(const DisplayList& list, QSize size) {
  QImage image{size, QImage::Format_RGB32};
  image.fill(Qt::black);
  QPainter painter{&image};
  paint(painter, list, theme(Shade::Dark));
  return image;
}

TEST(Changes, ALongLineLeavesMostOfTheRectangleAroundItAsItIs) {
  QPainterPath way{{20, 20}};
  way.cubicTo({200, 20}, {40, 260}, {280, 260});
  way.lineTo(380, 30);
  DisplayList list;
  const Shape& line = list.path(way, {}, Qt::white, 3);
  QRegion places;
  for (const QRectF& place : places_of(line)) places += place.toAlignedRect();
  int area = 0;
  for (const QRect& place : places) area += place.width() * place.height();
  EXPECT_LT(area, 400 * 280 / 4);
  const QImage image = painted(list, {400, 280});
  for (int y = 0; y < image.height(); ++y) {
    for (int x = 0; x < image.width(); ++x) {
      if (places.contains(QPoint{x, y})) continue;
      ASSERT_EQ(image.pixelColor(x, y), QColor{Qt::black}) << x << ", " << y;
    }
  }
}

TEST(Paint, ABorderIsAsALineAlongIt) {
  for (const qreal width : {1.0, 1.4, 1.8}) {
    DisplayList list;
    const Shape& box = list.box({10, 10, 120, 50}, 9, QColor{40, 60, 80}, Qt::white, width);
    QImage expected{140, 70, QImage::Format_RGB32};
    expected.fill(Qt::black);
    QPainter painter{&expected};
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(box.fill);
    painter.setPen(QPen{box.stroke, width, Qt::SolidLine, Qt::FlatCap, Qt::RoundJoin});
    painter.drawRoundedRect(box.rect.adjusted(0.5, 0.5, -0.5, -0.5), box.radius, box.radius);
    painter.end();
    EXPECT_LE(most_apart(painted(list, {140, 70}), expected), 80) << width;
  }
}

TEST(Paint, APictureThatFitsIsPaintedPixelByPixel) {
  QImage stripes{61, 40, QImage::Format_ARGB32_Premultiplied};
  for (int y = 0; y < 40; ++y) {
    for (int x = 0; x < 61; ++x) stripes.setPixelColor(x, y, x % 2 == 0 ? Qt::white : Qt::black);
  }
  DisplayList list;
  list.picture({10.3, 5.4, 61.4, 39.7}, stripes);
  EXPECT_EQ(painted(list, {90, 60}).copy(10, 5, 61, 40),
            stripes.convertToFormat(QImage::Format_RGB32));
}

TEST(Changes, AWindowThatWentRoundIsAsOneThatCameStraight) {
  for (const Shade shade : {Shade::Dark, Shade::Light}) {
    Window round;
    Window straight;
    for (Window* window : {&round, &straight}) {
      window->resize(1440, 900);
      ASSERT_TRUE(window->open(test::recording_path()));
      window->take_all();
      window->set_shade(shade);
    }
    for (const std::int64_t second : {5, 61, 62, 70, 30, 100, 66}) {
      round.seek(at(second));
      for (Canvas* canvas : round.canvases()) (void)canvas->grab();
    }
    straight.seek(at(66));
    const std::vector<Canvas*> went = round.canvases();
    const std::vector<Canvas*> came = straight.canvases();
    for (std::size_t i = 0; i < went.size(); ++i) {
      EXPECT_LE(most_apart(went[i]->grab().toImage(), came[i]->grab().toImage()), 6)
          << went[i]->accessibleName().toStdString();
    }
    EXPECT_TRUE(round.picture(1) == straight.picture(1)) << "of pictures every pixel is painted";
  }
}

TEST(Changes, WhileTimePassesTheViewsTakeTurnsAndAllGetOne) {
  Window window;
  window.resize(1440, 900);
  ASSERT_TRUE(window.open(test::recording_path()));
  window.take_all();
  window.seek(at(59));
  window.show();
  QApplication::processEvents();
  // Time passes by advance() alone: the window's own clock would, on a slow machine, add frames.
  const auto paint = [] { QApplication::processEvents(QEventLoop::X11ExcludeTimers); };
  const auto painted = [&] {
    paint();
    int failing = 0;
    const Shape* card = window.services().find("card shop/db");
    if (card != nullptr && card->state == State::Failing) ++failing;
    const Shape* zone = window.cluster().find("zone b");
    if (zone != nullptr && zone->state == State::Lost) ++failing;
    return failing;
  };
  ASSERT_EQ(painted(), 0);
  window.play(true);
  paint();
  window.advance(Duration::seconds(5));
  EXPECT_EQ(painted(), 0) << "a frame with a new sample has enough to do";
  window.advance(Duration::milliseconds(1));
  EXPECT_EQ(painted(), 1) << "one in a frame";
  for (int frame = 0; frame < 12; ++frame) {
    window.advance(Duration::milliseconds(1));
    (void)painted();
  }
  EXPECT_EQ(painted(), 2);
  window.seek(at(59));
  window.play(false);
  EXPECT_EQ(painted(), 0) << "who stops sees one instant in all of them";
}

}  // namespace
}  // namespace orrery::gui
