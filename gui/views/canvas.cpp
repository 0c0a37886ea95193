#include "gui/views/canvas.h"

#include <QEvent>
#include <QMouseEvent>
#include <QPaintEvent>

#include "gui/draw/paint.h"

namespace orrery::gui {

Canvas::Canvas(const Shown& shown, QWidget* parent) : QWidget{parent}, shown_{shown} {
  setAttribute(Qt::WA_OpaquePaintEvent);
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
}

void Canvas::refresh(bool moving) {
  if (!moving) stale_ = true;
  update();
}

std::vector<Layer> Canvas::layers() const {
  std::vector<Layer> all = still_layers();
  for (Layer& layer : moving_layers()) all.push_back(std::move(layer));
  return all;
}

void Canvas::rebuild() {
  still_ = still_layers();
  const QSize size = (QSizeF{this->size()} * ratio_).toSize();
  if (pixels_.size() != size) pixels_ = QPixmap{size};
  pixels_.setDevicePixelRatio(ratio_);
  pixels_.fill(colors().window);
  QPainter painter{&pixels_};
  gui::paint(painter, still_, colors());
  stale_ = false;
}

void Canvas::paintEvent(QPaintEvent* event) {
  QPainter painter{this};
  // A picture of the window may be taken at another resolution than the screen has.
  const qreal ratio = painter.device()->devicePixelRatioF();
  if (ratio != ratio_) {
    ratio_ = ratio;
    stale_ = true;
  }
  if (stale_) rebuild();
  painter.setClipRegion(event->region());
  painter.drawPixmap(0, 0, pixels_);
  moving_ = moving_layers();
  gui::paint(painter, moving_, colors());
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
    for (const Shape& shape : layer.list.shapes()) {
      if (!shape.says.isEmpty()) said.push_back({shape.says, layer.transform.mapRect(shape.rect)});
    }
  }
  return said;
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

void paint(QPainter& painter, const std::vector<Layer>& layers, const Theme& theme) {
  for (const Layer& layer : layers) {
    painter.save();
    if (!layer.clip.isEmpty()) painter.setClipRect(layer.clip, Qt::IntersectClip);
    painter.setTransform(layer.transform, true);
    paint(painter, layer.list, theme);
    painter.restore();
  }
}

}  // namespace orrery::gui
