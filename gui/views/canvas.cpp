#include "gui/views/canvas.h"

#include <QAccessible>
#include <QElapsedTimer>
#include <QEvent>
#include <QFocusEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPaintEvent>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "gui/draw/changes.h"
#include "gui/draw/paint.h"

namespace orrery::gui {
namespace {

/// Places that are near to each other become few of them.
QRect on_grid(const QRect& place) {
  constexpr int kStep = 8;
  const auto before = [](int at) {
    return static_cast<int>(std::floor(at / qreal{kStep})) * kStep;
  };
  const QPoint from{before(place.left()), before(place.top())};
  const QPoint to{before(place.right()) + kStep - 1, before(place.bottom()) + kStep - 1};
  return {from, to};
}

/// At most `most` rectangles around the region, which may share pixels.
std::vector<QRect> few_around(const QRegion& region, std::size_t most) {
  std::vector<QRect> parts{region.begin(), region.end()};
  const auto area = [](const QRect& rect) { return std::int64_t{rect.width()} * rect.height(); };
  while (parts.size() > most) {
    std::size_t first = 0;
    std::size_t second = 1;
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (std::size_t i = 0; i < parts.size(); ++i) {
      for (std::size_t j = i + 1; j < parts.size(); ++j) {
        const std::int64_t more = area(parts[i] | parts[j]) - area(parts[i]) - area(parts[j]);
        if (more >= least) continue;
        least = more;
        first = i;
        second = j;
      }
    }
    parts[first] |= parts[second];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(second));
  }
  return parts;
}

/// How long it takes to paint a region, in pixels of a large one: each of its places is begun anew.
std::int64_t work_of(const QRegion& region) {
  constexpr std::int64_t kBegun = 2'000;
  std::int64_t work = 0;
  for (const QRect& part : region) work += kBegun + std::int64_t{part.width()} * part.height();
  return work;
}

/// What of the region lies on the left, as wide as it is no more than `most` work; at least a
/// column.
QRegion left_part(const QRegion& region, std::int64_t most) {
  const QRect around = region.boundingRect();
  const auto part = [&](int width) {
    return region & QRect{around.left(), around.top(), width, around.height()};
  };
  if (work_of(region) <= most) return region;
  constexpr int kColumn = 8;
  int width = kColumn;
  for (int too_wide = around.width(); too_wide - width > kColumn;) {
    const int middle = width + (too_wide - width) / 2;
    (work_of(part(middle)) <= most ? width : too_wide) = middle;
  }
  return part(width);
}

/// Where both layers may not look the same, in the coordinates of the view.
std::vector<QRect> changed_between(const Layer& before, const Layer& after) {
  std::vector<QRect> changed;
  for (const QRectF& place : changed_places(before.list, after.list)) {
    const QRectF where = after.transform.mapRect(place);
    const QRectF seen = after.clip.isEmpty() ? where : where.intersected(after.clip);
    if (!seen.isEmpty()) changed.push_back(on_grid(seen.toAlignedRect().adjusted(-1, -1, 1, 1)));
  }
  return changed;
}

/// Around all that moves and does not look as it did; nothing: perhaps the whole view. One
/// rectangle, as going round several takes longer than to show what lies between them.
std::optional<QRect> moved_between(const std::vector<Layer>& before,
                                   const std::vector<Layer>& after) {
  if (before.size() != after.size()) return std::nullopt;
  QRect moved;
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (before[i].transform != after[i].transform) return std::nullopt;
    if (before[i].clip.isEmpty() != after[i].clip.isEmpty()) return std::nullopt;
    for (const QRect& place : changed_between(before[i], after[i])) moved |= place;
    const QRegion newly_seen =
        QRegion{before[i].clip.toAlignedRect()} ^ QRegion { after[i].clip.toAlignedRect() };
    moved |= newly_seen.boundingRect();
  }
  return moved;
}

/// Paints within the region, rectangle by rectangle: these clip much faster than any other region
/// does.
template <class Paint>
void in_parts(QPainter& painter, const QRegion& region, const Paint& paint) {
  constexpr int kMany = 48;
  if (region.rectCount() > kMany) {
    painter.setClipRegion(region);
    return paint(region);
  }
  constexpr std::size_t kFew = 8;
  for (const QRect& part : few_around(region, kFew)) {
    painter.setClipRect(part);
    paint(QRegion{part});
  }
}

}  // namespace

Canvas::Canvas(const Shown& shown, QWidget* parent) : QWidget{parent}, shown_{shown} {
  setAttribute(Qt::WA_OpaquePaintEvent);
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
}

void Canvas::refresh(bool moving) {
  if (!moving || !isVisible()) stale_ = true;
  if (stale_) return update();
  std::vector<Layer> next = moving_now();
  const auto moved = moved_between(moving_, next);
  moving_ = std::move(next);
  moved ? update(*moved) : update();
}

void Canvas::refresh_all_pixels() {
  theme_of_pixels_ = nullptr;
  refresh();
}

std::vector<Layer> Canvas::layers() const {
  std::vector<Layer> all = still_layers();
  for (Layer& layer : moving_layers()) all.push_back(std::move(layer));
  return all;
}

std::optional<Canvas::Changes> Canvas::changed_in(const std::vector<Layer>& next,
                                                  std::size_t ground) const {
  const QSize size = (QSizeF{this->size()} * ratio_).toSize();
  if (pixels_.size() != size || pixels_.devicePixelRatio() != ratio_) return std::nullopt;
  if (theme_of_pixels_ != &colors() || still_.size() != next.size()) return std::nullopt;
  if (ground_.isNull() != (ground == 0)) return std::nullopt;
  Changes changes;
  for (std::size_t i = 0; i < next.size(); ++i) {
    const Layer& before = still_[i];
    const Layer& after = next[i];
    if (before.transform != after.transform || before.clip != after.clip) return std::nullopt;
    if (before.is_ground != after.is_ground) return std::nullopt;
    QRegion& changed = i < ground ? changes.ground : changes.all;
    for (const QRect& place : changed_between(before, after)) changed += place;
  }
  changes.all += changes.ground;
  for (QRegion* changed : {&changes.ground, &changes.all}) {
    *changed &= rect();
    // Going round so many places costs more than it spares.
    constexpr int kMost = 250;
    if (changed->rectCount() > kMost) *changed = changed->boundingRect();
  }
  return changes;
}

void Canvas::rebuild() {
  std::vector<Layer> next = still_layers();
  const auto last_ground =
      std::find_if(next.rbegin(), next.rend(), [](const Layer& layer) { return layer.is_ground; });
  const auto ground = static_cast<std::size_t>(next.rend() - last_ground);
  const std::optional<Changes> changes = changed_in(next, ground);
  still_ = std::move(next);
  ground_layers_ = ground;
  stale_ = false;
  if (!changes) return paint_all();
  // What changes before the last change is painted waits no longer: time passes too fast for parts.
  const bool in_parts = shown_.playing && !is_behind();
  behind_.ground += changes->ground;
  behind_.all += changes->all;
  in_parts ? catch_up_in_part() : catch_up();
}

void Canvas::go_on() {
  const QRect places = unseen_.boundingRect() | behind_.all.boundingRect();
  catch_up_in_part();
  if (!is_behind()) update(places);
}

void Canvas::catch_up() {
  if (!is_behind()) return;
  paint_changes(behind_.all);
  show_pixels();
}

void Canvas::catch_up_in_part() {
  // So much of cards and the edges between them takes half a millisecond.
  constexpr double kPart = 12'000;
  constexpr qint64 kLeastNs = 800'000;
  QElapsedTimer spent;
  spent.start();
  while (is_behind() && spent.nsecsElapsed() < kLeastNs) {
    paint_changes(left_part(behind_.all, static_cast<std::int64_t>(kPart / (ratio_ * ratio_))));
  }
  if (!is_behind()) show_pixels();
}

void Canvas::paint_changes(QRegion part) {
  const std::span<const Layer> layers{still_};
  const QRegion on_ground = behind_.ground & part;
  if (!on_ground.isEmpty() && ground_layers_ > 0) {
    QPainter painter{&ground_};
    in_parts(painter, on_ground, [&](const QRegion& piece) {
      painter.fillRect(rect(), colors().window);
      gui::paint(painter, layers.first(ground_layers_), colors(), piece);
    });
  }
  QPainter painter{&pixels_};
  in_parts(painter, part, [&](const QRegion& piece) {
    if (ground_layers_ > 0) {
      painter.drawPixmap(0, 0, ground_);
    } else {
      painter.fillRect(rect(), colors().window);
    }
    gui::paint(painter, layers.subspan(ground_layers_), colors(), piece);
  });
  behind_.ground -= part;
  behind_.all -= part;
  unseen_ += part;
}

void Canvas::show_pixels() {
  QPainter painter{&seen_};
  painter.setCompositionMode(QPainter::CompositionMode_Source);
  for (const QRect& part : unseen_) {
    painter.drawPixmap(part, pixels_,
                       QRectF{QPointF{part.topLeft()} * ratio_, QSizeF{part.size()} * ratio_});
  }
  unseen_ = {};
}

void Canvas::paint_all() {
  behind_ = {};
  unseen_ = {};
  const QSize size = (QSizeF{this->size()} * ratio_).toSize();
  if (pixels_.size() != size) pixels_ = QPixmap{size};
  pixels_.setDevicePixelRatio(ratio_);
  pixels_.fill(colors().window);
  theme_of_pixels_ = &colors();
  const std::span<const Layer> layers{still_};
  {
    QPainter painter{&pixels_};
    gui::paint(painter, layers.first(ground_layers_), colors());
  }
  ground_ = ground_layers_ > 0 ? pixels_.copy() : QPixmap{};
  QPainter painter{&pixels_};
  gui::paint(painter, layers.subspan(ground_layers_), colors());
  painter.end();
  seen_ = pixels_;
}

void Canvas::paintEvent(QPaintEvent* event) {
  QPainter painter{this};
  // A picture of the window may be taken at another resolution than the screen has.
  const qreal ratio = painter.device()->devicePixelRatioF();
  if (ratio != ratio_) {
    ratio_ = ratio;
    stale_ = true;
  }
  if (stale_) {
    rebuild();
    moving_ = moving_now();
  }
  if (!shown_.playing) catch_up();
  painter.setClipRegion(event->region());
  painter.drawPixmap(0, 0, seen_);
  gui::paint(painter, moving_, colors(), event->region());
}

std::vector<Layer> Canvas::moving_now() const {
  std::vector<Layer> moving = moving_layers();
  QRectF where;
  if (hasFocus() && reached(&where) != nullptr) {
    Layer ring;
    ring.list.box(where.adjusted(-2, -2, 2, 2), 8, {}, colors().focus, 1.6).tag = "reached";
    moving.push_back(std::move(ring));
  }
  return moving;
}

void Canvas::resizeEvent(QResizeEvent* event) {
  stale_ = true;
  QWidget::resizeEvent(event);
}

void Canvas::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) refresh();
  QWidget::changeEvent(event);
}

const Shape* Canvas::hit(QPointF point) const {
  for (const auto* layers : {&moving_, &still_}) {
    for (auto layer = layers->rbegin(); layer != layers->rend(); ++layer) {
      if (!layer->clip.isEmpty() && !layer->clip.contains(point)) continue;
      const Shape* shape = layer->list.hit(layer->transform.inverted().map(point));
      if (shape != nullptr) return shape;
    }
  }
  return nullptr;
}

const Shape* Canvas::thing_at(QPointF point) const {
  for (auto layer = still_.rbegin(); layer != still_.rend(); ++layer) {
    if (!layer->clip.isEmpty() && !layer->clip.contains(point)) continue;
    const Shape* shape = layer->list.thing_at(layer->transform.inverted().map(point));
    if (shape != nullptr) return shape;
  }
  return nullptr;
}

const Shape* Canvas::find(const QString& tag, QRectF* where) const {
  for (const auto* layers : {&still_, &moving_}) {
    for (const Layer& layer : *layers) {
      const Shape* shape = layer.list.find(tag);
      if (shape == nullptr) continue;
      if (where != nullptr) *where = layer.transform.mapRect(shape->rect);
      return shape;
    }
  }
  return nullptr;
}

std::vector<Canvas::Said> Canvas::said() const {
  std::vector<Said> said;
  for (const Layer& layer : still_) {
    const auto words_in = [&](const QRectF& rect) {
      QStringList words;
      for (const Shape& shape : layer.list.shapes()) {
        if (shape.kind != Shape::Kind::Text || !rect.contains(shape.rect.center())) continue;
        words << shape.text;
      }
      return words.join(' ');
    };
    for (const Shape& shape : layer.list.shapes()) {
      // What stands for a thing of the run says so itself if it is worth a word.
      const bool named = shape.says.isEmpty() && shape.thing.isEmpty() && !shape.action.isEmpty();
      const QString says = named ? words_in(shape.rect) : shape.says;
      if (says.isEmpty()) continue;
      said.push_back({says, layer.transform.mapRect(shape.rect), shape.action});
    }
  }
  return said;
}

std::vector<Canvas::Stop> Canvas::tab_stops() const {
  std::vector<Stop> stops;
  for (const auto* layers : {&still_, &moving_}) {
    for (const Layer& layer : *layers) {
      for (const Shape& shape : layer.list.shapes()) {
        if (shape.action.isEmpty() || !is_tab_stop(shape)) continue;
        const QRectF where = layer.transform.mapRect(shape.rect);
        if (!layer.clip.isEmpty() && !layer.clip.contains(where.center())) continue;
        stops.push_back({&shape, where});
      }
    }
  }
  const auto place = [](const Stop& stop) {
    constexpr qreal kLine = 14;
    return std::pair{std::floor(stop.where.center().y() / kLine), stop.where.left()};
  };
  std::stable_sort(stops.begin(), stops.end(),
                   [&](const Stop& a, const Stop& b) { return place(a) < place(b); });
  return stops;
}

std::size_t Canvas::reached_of(const std::vector<Stop>& stops) const {
  if (!reached_) return stops.size();
  std::ptrdiff_t before = 0;
  for (std::size_t i = 0; i < stops.size(); ++i) {
    if (stops[i].is_called(*reached_) && before++ == reached_->number) return i;
  }
  return stops.size();
}

const Shape* Canvas::reached(QRectF* where) const {
  if (!reached_) return nullptr;
  const std::vector<Stop> stops = tab_stops();
  const std::size_t at = reached_of(stops);
  if (at == stops.size()) return nullptr;
  if (where != nullptr) *where = stops[at].where;
  return stops[at].shape;
}

void Canvas::reach(const std::vector<Stop>& stops, std::size_t stop) {
  const Stop& now = stops[stop];
  Stop::Name name{now.shape->tag, now.shape->action, 0};
  name.number = std::count_if(stops.begin(), stops.begin() + static_cast<std::ptrdiff_t>(stop),
                              [&](const Stop& any) { return any.is_called(name); });
  reached_ = name;
  const std::vector<Said> all = said();
  const auto told = std::find_if(all.begin(), all.end(), [&](const Said& any) {
    return any.action == name.action && any.where == now.where;
  });
  if (told != all.end()) {
    QAccessibleEvent event{this, QAccessible::Focus};
    event.setChild(static_cast<int>(told - all.begin()));
    QAccessible::updateAccessibility(&event);
  }
  refresh(true);
}

bool Canvas::focusNextPrevChild(bool next) {
  // From a line of text in it, and from a view that is hidden, the focus goes on.
  if (!hasFocus() || !isVisible()) return QWidget::focusNextPrevChild(next);
  const std::vector<Stop> stops = tab_stops();
  const std::size_t at = reached_of(stops);
  const std::size_t to = at == stops.size() ? (next ? 0 : at) : next ? at + 1 : at - 1;
  if (to >= stops.size()) {
    reached_.reset();
    refresh(true);
    return QWidget::focusNextPrevChild(next);
  }
  reach(stops, to);
  return true;
}

void Canvas::focusInEvent(QFocusEvent* event) {
  const std::vector<Stop> stops = tab_stops();
  reached_.reset();
  if (!stops.empty() && event->reason() == Qt::TabFocusReason) reach(stops, 0);
  if (!stops.empty() && event->reason() == Qt::BacktabFocusReason) reach(stops, stops.size() - 1);
  refresh();
  QWidget::focusInEvent(event);
}

void Canvas::focusOutEvent(QFocusEvent* event) {
  refresh();
  QWidget::focusOutEvent(event);
}

void Canvas::keyPressEvent(QKeyEvent* event) {
  const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
  const Shape* shape = enter ? reached() : nullptr;
  if (shape == nullptr || !on_action) return QWidget::keyPressEvent(event);
  // What it does may make all shapes anew.
  const QString action = shape->action;
  on_action(action);
}

void Canvas::mouseMoveEvent(QMouseEvent* event) {
  const Shape* shape = hit(event->position());
  setCursor(shape == nullptr ? Qt::ArrowCursor : Qt::PointingHandCursor);
  QWidget::mouseMoveEvent(event);
}

void Canvas::mousePressEvent(QMouseEvent* event) {
  if (event->button() == Qt::RightButton && on_thing) {
    if (const Shape* shape = thing_at(event->position())) {
      const QString thing = shape->thing;
      return on_thing(thing, event->position().toPoint());
    }
  }
  const Shape* shape = event->button() == Qt::LeftButton ? hit(event->position()) : nullptr;
  if (shape == nullptr) return QWidget::mousePressEvent(event);
  // What it does may make all shapes anew.
  const QString action = shape->action;
  if (on_action) on_action(action);
}

void Canvas::draw_panel(DisplayList& list) const {
  list.box(QRectF{rect()}, 12, colors().panel, colors().line).tag = "panel";
}

void paint(QPainter& painter, std::span<const Layer> layers, const Theme& theme,
           const QRegion& only) {
  for (const Layer& layer : layers) {
    painter.save();
    if (!layer.clip.isEmpty()) painter.setClipRect(layer.clip, Qt::IntersectClip);
    painter.setTransform(layer.transform, true);
    QRegion within;
    for (const QRect& part : only) {
      // Edges are smooth for a pixel around.
      const QRectF around = QRectF{part}.adjusted(-1, -1, 1, 1);
      within += layer.transform.inverted().mapRect(around).toAlignedRect();
    }
    paint(painter, layer.list, theme, within);
    painter.restore();
  }
}

}  // namespace orrery::gui
