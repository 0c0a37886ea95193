#include "gui/views/top_bar.h"

#include <QLocale>
#include <QTransform>
#include <algorithm>
#include <array>
#include <utility>

#include "gui/views/words.h"

namespace orrery::gui {
namespace {

constexpr qreal kMiddle = 28;
constexpr qreal kMargin = 20;

}  // namespace

TopBar::TopBar(const Shown& shown, QWidget* parent) : Canvas{shown, parent} {
  setFixedHeight(56);
  setAccessibleName(tr("Run"));
}

void TopBar::draw_mark(DisplayList& list, QPointF centre) const {
  const Theme& c = colors();
  QPainterPath orbit;
  orbit.addEllipse(QPointF{0, 0}, 13, 6.2);
  QTransform tilt;
  tilt.translate(centre.x(), centre.y());
  tilt.rotate(-24);
  list.path(tilt.map(orbit), {}, c.accent, 1.5);
  QPainterPath sun;
  sun.addEllipse(centre, 4.2, 4.2);
  list.path(sun, c.state(State::Degraded));
  QPainterPath planet;
  planet.addEllipse(tilt.map(QPointF{11.6, -2.8}), 2.6, 2.6);
  list.path(planet, c.high);
}

qreal TopBar::draw_modes(DisplayList& list) const {
  const Theme& c = colors();
  const bool compares = shown().drawer == Drawer::Compare;
  const std::array<std::pair<QString, bool>, 2> modes{{{tr("Run"), false}, {tr("Compare"), true}}};
  qreal cell = 0;
  for (const auto& [name, compare] : modes) {
    cell = std::max(cell, width_of(name, Type::BodyStrong) + 44);
  }
  const QRectF frame{width() / 2.0 - cell - 3, kMiddle - 17, 2 * cell + 6, 34};
  list.box(frame, 9, c.card, c.line);
  qreal x = frame.left() + 3;
  for (const auto& [name, compare] : modes) {
    const QRectF tab{x, frame.top() + 3, cell, frame.height() - 6};
    const bool chosen = compare == compares;
    if (chosen) list.box(tab, 7, c.raised);
    list.text(tab, name, chosen ? Type::BodyStrong : Type::Body, chosen ? c.high : c.mid,
              Qt::AlignHCenter);
    const QString action =
        compare ? QStringLiteral("drawer compare") : QStringLiteral("drawer none");
    list.target(tab, action, compare ? QStringLiteral("mode compare") : QStringLiteral("mode run"));
    x = tab.right();
  }
  return frame.left();
}

std::vector<Layer> TopBar::still_layers() const {
  std::vector<Layer> layers(1);
  DisplayList& list = layers[0].list;
  const Theme& c = colors();
  list.box(QRectF{rect()}, 0, c.window);
  draw_mark(list, {kMargin + 14, kMiddle});
  qreal x = list.words(kMargin + 38, kMiddle, QStringLiteral("Orrery"), Type::Brand, c.high) + 18;
  list.line({x, kMiddle - 11}, {x, kMiddle + 11}, c.line);
  x += 18;

  qreal right = width() - kMargin;
  const auto button = [&](const QString& text, const QString& action, const QColor& color) {
    const qreal w = width_of(text, Type::BodyMedium) + 24;
    const QRectF box{right - w, kMiddle - 16, w, 32};
    Shape& shape = list.box(box, 8, c.card, c.line);
    shape.action = action;
    shape.tag = action;
    list.text(box, text, Type::BodyMedium, color, Qt::AlignHCenter);
    right -= w + 14;
  };
  const QRectF menu{right - 32, kMiddle - 16, 32, 32};
  Shape& menu_box = list.box(menu, 8, c.card, c.line);
  menu_box.action = "menu";
  menu_box.tag = "menu";
  menu_box.says = tr("Menu");
  for (const int dot : {-1, 0, 1}) {
    QPainterPath disc;
    disc.addEllipse(menu.center() + QPointF{6.0 * dot, 0}, 1.6, 1.6);
    list.path(disc, c.high);
  }
  right = menu.left() - 10;
  button(tr("Open…"), "open", c.high);
  // The moon of the dark theme, the sun of the light one.
  const QRectF shade_box{right - 30, kMiddle - 16, 30, 32};
  const QPointF m = shade_box.center();
  QPainterPath shade;
  if (c.shade == Shade::Dark) {
    QPainterPath full;
    full.addEllipse(m, 6.5, 6.5);
    QPainterPath bite;
    bite.addEllipse(m + QPointF{3.4, -2.6}, 5.8, 5.8);
    shade = full.subtracted(bite);
    list.path(shade, c.mid);
  } else {
    shade.addEllipse(m, 3.6, 3.6);
    list.path(shade, c.mid);
    QPainterPath rays;
    for (int i = 0; i < 8; ++i) {
      QTransform turn;
      turn.translate(m.x(), m.y());
      turn.rotate(45 * i);
      rays.moveTo(turn.map(QPointF{0, -5.8}));
      rays.lineTo(turn.map(QPointF{0, -8}));
    }
    list.path(rays, {}, c.mid, 1.5).round_caps = true;
  }
  list.target(shade_box, "shade", "shade").says =
      c.shade == Shade::Dark ? tr("Light colours") : tr("Dark colours");
  right = shade_box.left() - 12;
  const bool korean = QLocale{}.language() == QLocale::Korean;
  qreal left = list.words_before(right, kMiddle, QStringLiteral("한국어"),
                                 korean ? Type::BodyStrong : Type::Body, korean ? c.high : c.low);
  list.target({left - 4, kMiddle - 14, right - left + 8, 28}, "language ko", "language ko");
  right = left - 9;
  left = list.words_before(right, kMiddle, QStringLiteral("EN"),
                           korean ? Type::Body : Type::BodyStrong, korean ? c.low : c.high);
  list.target({left - 4, kMiddle - 14, right - left + 8, 28}, "language en", "language en");
  right = left - 20;
  if (shown().run != nullptr && width() > 1300) {
    const QString text = tr("Find anything");
    const QString key = QStringLiteral("Ctrl K");
    const qreal key_width = width_of(key, Type::Key) + 10;
    const qreal wide = 34 + width_of(text, Type::Body) + 20 + key_width + 8;
    const QRectF box{right - wide, kMiddle - 16, wide, 32};
    list.box(box, 8, c.card, c.line);
    QPainterPath glass;
    glass.addEllipse(QPointF{box.left() + 17, kMiddle - 1}, 4.5, 4.5);
    glass.moveTo(box.left() + 20.4, kMiddle + 2.4);
    glass.lineTo(box.left() + 23.5, kMiddle + 5.5);
    list.path(glass, {}, c.low, 1.5).round_caps = true;
    list.words(box.left() + 32, kMiddle, text, Type::Body, c.low);
    const QRectF cap{box.right() - 8 - key_width, kMiddle - 9, key_width, 18};
    list.box(cap, 5, c.raised);
    list.text(cap, key, Type::Key, c.mid, Qt::AlignHCenter);
    list.target(box, "finder", "finder");
    right = box.left() - 16;
  }

  if (shown().run == nullptr) {
    list.words(x, kMiddle, tr("No recording is open"), Type::Body, c.mid);
    return layers;
  }
  if (shown().other != nullptr) right = std::min(right, draw_modes(list) - 16);
  const recording::RunInfo& info = shown().run->info();
  const QString seed = tr("seed %1").arg(info.seed);
  const QString world = info.world == "sim" ? tr("simulated") : tr("live");
  const qreal rest = width_of(seed, Type::Mono) + width_of(world, Type::Body) + 44;
  const QString title = QString::fromStdString(info.scenario);
  const qreal wanted = width_of(title, Type::BodyStrong);
  const qreal given = std::max<qreal>(60, std::min(wanted, right - x - rest));
  const qreal height = height_of(Type::BodyStrong);
  list.text({x, kMiddle - height / 2, given + 1, height}, title, Type::BodyStrong, c.high).tag =
      "title";
  x = list.words(x + given + 14, kMiddle, seed, Type::Mono, c.low);
  list.words(x + 14, kMiddle, world, Type::Body, c.low);
  return layers;
}

}  // namespace orrery::gui
