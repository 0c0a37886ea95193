#include "gui/views/cluster.h"

#include <QKeyEvent>
#include <algorithm>
#include <array>
#include <cmath>

#include "gui/views/words.h"

namespace orrery::gui {
namespace {

constexpr qreal kZonesTop = 50;
constexpr qreal kKeyHeight = 42;
constexpr qreal kZoneHeader = 32;
/// Tiles of nodes from this size on have names and bars, from that one pods as cells.
constexpr qreal kNamedTile = 62;
constexpr qreal kPodsTile = 20;

/// Device pixels of a picture, filled cell by cell.
class Pixels {
 public:
  Pixels(QSizeF size, qreal ratio)
      : ratio_{ratio},
        image_{(size * ratio).toSize().expandedTo({1, 1}), QImage::Format_ARGB32_Premultiplied} {
    image_.setDevicePixelRatio(ratio);
    image_.fill(Qt::transparent);
  }

  void fill(const QRectF& rect, const QColor& color) {
    const QRect cell = pixels_of(rect);
    const QRgb value = qPremultiply(color.rgba());
    for (int y = cell.top(); y <= cell.bottom(); ++y) {
      auto* line = reinterpret_cast<QRgb*>(image_.scanLine(y));
      std::fill(line + cell.left(), line + cell.right() + 1, value);
    }
  }
  void outline(const QRectF& rect, const QColor& color) {
    const QRect cell = pixels_of(rect);
    const QRgb value = qPremultiply(color.rgba());
    for (int y = cell.top(); y <= cell.bottom(); ++y) {
      auto* line = reinterpret_cast<QRgb*>(image_.scanLine(y));
      if (y == cell.top() || y == cell.bottom()) {
        std::fill(line + cell.left(), line + cell.right() + 1, value);
      } else {
        line[cell.left()] = value;
        line[cell.right()] = value;
      }
    }
  }
  [[nodiscard]] QImage image() const { return image_; }

 private:
  [[nodiscard]] QRect pixels_of(const QRectF& rect) const {
    const auto round = [&](qreal v) { return static_cast<int>(std::lround(v * ratio_)); };
    const int left = std::clamp(round(rect.left()), 0, image_.width() - 1);
    const int top = std::clamp(round(rect.top()), 0, image_.height() - 1);
    const int right = std::clamp(round(rect.right()) - 1, left, image_.width() - 1);
    const int bottom = std::clamp(round(rect.bottom()) - 1, top, image_.height() - 1);
    return {QPoint{left, top}, QPoint{right, bottom}};
  }

  qreal ratio_;
  QImage image_;
};

}  // namespace

std::size_t best_columns(std::size_t count, QSizeF room, qreal aspect) {
  std::size_t best = 1;
  qreal largest = 0;
  for (std::size_t columns = 1; columns <= count; ++columns) {
    const std::size_t rows = (count + columns - 1) / columns;
    const qreal height = std::min(room.width() / static_cast<qreal>(columns) / aspect,
                                  room.height() / static_cast<qreal>(rows));
    if (height > largest) {
      largest = height;
      best = columns;
    }
  }
  return best;
}

ClusterView::ClusterView(const Shown& shown, QWidget* parent) : Canvas{shown, parent} {
  setAccessibleName(tr("Cluster"));
}

std::vector<Layer> ClusterView::still_layers() const {
  std::vector<Layer> layers(1);
  DisplayList& list = layers[0].list;
  const Theme& c = colors();
  draw_panel(list);
  list.target(QRectF{rect()}, {}, {}).thing = "cluster";
  qreal x = list.words(kPadding, kHeaderMiddle, tr("Cluster"), Type::Heading, c.high);
  if (!has_moment()) return layers;
  const Moment& moment = *shown().moment;
  x = list.words(x + 12, kHeaderMiddle,
                 counted_text(moment.node_count, tr("1 node"), tr("%1 nodes")), Type::Body, c.mid);
  list.words(x + 12, kHeaderMiddle, counted_text(moment.pod_count, tr("1 pod"), tr("%1 pods")),
             Type::Body, c.mid);
  const qreal right = width() - kPadding;
  if (moment.pods_lost > 0) {
    list.words_before(right, kHeaderMiddle,
                      counted_text(moment.pods_lost, tr("1 pod lost"), tr("%1 pods lost")),
                      Type::BodyStrong, c.state(State::Lost));
  } else if (moment.pods_starting > 0) {
    list.words_before(
        right, kHeaderMiddle,
        counted_text(moment.pods_starting, tr("1 pod starting"), tr("%1 pods starting")),
        Type::BodyStrong, c.state(State::Starting));
  }
  if (moment.zones.empty()) return layers;
  const std::vector<QRectF> boxes = zone_boxes();
  for (std::size_t i = 0; i < boxes.size(); ++i) draw_zone(list, moment.zones[i], boxes[i]);
  draw_key(list);
  return layers;
}

std::vector<QRectF> ClusterView::zone_boxes() const {
  const QRectF room{kPadding, kZonesTop, width() - 2 * kPadding, height() - kZonesTop - kKeyHeight};
  const std::size_t count = shown().moment->zones.size();
  const std::size_t columns = count <= 4 ? count : best_columns(count, room.size(), 0.8);
  const std::size_t rows = (count + columns - 1) / columns;
  constexpr qreal kGap = 10;
  const QSizeF size{
      (room.width() - kGap * static_cast<qreal>(columns - 1)) / static_cast<qreal>(columns),
      (room.height() - kGap * static_cast<qreal>(rows - 1)) / static_cast<qreal>(rows)};
  std::vector<QRectF> boxes;
  for (std::size_t i = 0; i < count; ++i) {
    const QPointF corner{room.left() + static_cast<qreal>(i % columns) * (size.width() + kGap),
                         room.top() + static_cast<qreal>(i / columns) * (size.height() + kGap)};
    boxes.emplace_back(corner, size);
  }
  return boxes;
}

ClusterView::NodeGrid ClusterView::node_grid(const ZoneNow& zone, const QRectF& box) const {
  NodeGrid grid;
  grid.room = box.adjusted(10, kZoneHeader, -10, -10);
  const auto across = [&](std::size_t columns) {
    return grid.room.width() / static_cast<qreal>(columns);
  };
  // Few nodes have names and bars and lie broad; many are squares.
  for (const qreal aspect : {1.9, 1.0}) {
    grid.columns = best_columns(zone.nodes.size(), grid.room.size(), aspect);
    const auto rows = static_cast<qreal>((zone.nodes.size() + grid.columns - 1) / grid.columns);
    grid.tile = std::min(grid.room.height() / rows, across(grid.columns) / aspect);
    if (aspect > 1 && grid.tile < kNamedTile) continue;
    grid.named = aspect > 1;
    if (grid.named) {
      constexpr qreal kGap = 8;
      const auto columns = static_cast<qreal>(grid.columns);
      grid.size = {(grid.room.width() - kGap * (columns - 1)) / columns,
                   std::min(150.0, (grid.room.height() - kGap * (rows - 1)) / rows)};
      grid.step = grid.size + QSizeF{kGap, kGap};
      break;
    }
    // Whole pixels: gaps between cells are all alike.
    const auto step_of = [&](qreal room) {
      const qreal step = std::min(grid.tile * 1.4, room);
      return grid.tile < kPodsTile ? std::max(1.0, std::floor(step * ratio())) / ratio() : step;
    };
    grid.step = {step_of(across(grid.columns)), step_of(grid.room.height() / rows)};
    const qreal gap = grid.tile < 3 ? 0 : 1;
    grid.size = grid.tile < kPodsTile ? grid.step - QSizeF{gap, gap} : QSizeF{grid.tile, grid.tile};
  }
  return grid;
}

std::optional<ClusterView::PodGrid> ClusterView::pod_grid(const NodeNow& node, const QRectF& tile) {
  PodGrid grid;
  grid.room = tile.adjusted(10, 30, -10, -9);
  if (node.pods.empty() || grid.room.height() < 6) return std::nullopt;
  // Where there is room, each pod is a line with the name of its service.
  constexpr qreal kRow = 18;
  const auto count = static_cast<qreal>(node.pods.size());
  grid.named = count * kRow <= grid.room.height() + 1 && grid.room.width() >= 90;
  if (!grid.named) {
    grid.columns = std::max<std::size_t>(best_columns(node.pods.size(), grid.room.size(), 1),
                                         static_cast<std::size_t>(grid.room.width() / 22));
  }
  const std::size_t rows = (node.pods.size() + grid.columns - 1) / grid.columns;
  grid.cell = grid.named ? kRow
                         : std::min({22.0, grid.room.width() / static_cast<qreal>(grid.columns),
                                     grid.room.height() / static_cast<qreal>(rows)});
  return grid;
}

void ClusterView::draw_zone(DisplayList& list, const ZoneNow& zone, const QRectF& box) const {
  const Theme& c = colors();
  const bool lost = zone.state == State::Lost;
  Shape& frame = list.box(box, 9, lost ? c.lost_fill : c.window,
                          lost ? c.state(State::Lost) : c.line, lost ? 1.4 : 1);
  frame.tag = "zone " + QString::fromStdString(zone.name);
  if (!zone.name.empty()) frame.thing = frame.tag;
  frame.state = zone.state;
  frame.says = zone_text(zone);
  const qreal middle = box.top() + 17;
  const QString name =
      zone.name.empty() ? tr("nodes") : tr("zone %1").arg(QString::fromStdString(zone.name));
  const qreal from = list.words(box.left() + 12, middle, name, Type::BodyStrong, c.high);
  QString value = !lost          ? tr("%1 used").arg(percent_text(zone.cpu_used))
                  : zone.noticed ? tr("unreachable")
                                 : tr("dark, not noticed");
  const Type type = lost ? Type::SmallStrong : Type::Small;
  const auto is_cut = [&] { return from + 6 + width_of(value, type) > box.right() - 12; };
  if (is_cut()) value = lost ? tr("dark") : QString{};
  // Its colour says it, too.
  if (is_cut()) value.clear();
  const qreal height = height_of(type);
  list.text({from + 6, middle - height / 2, box.right() - 12 - from - 6, height}, value, type,
            lost ? c.state(State::Lost) : c.low, Qt::AlignRight);
  if (zone.nodes.empty()) return;
  const NodeGrid grid = node_grid(zone, box);
  if (!grid.named) return draw_nodes_as_pixels(list, zone, grid);
  for (std::size_t i = 0; i < zone.nodes.size(); ++i) {
    draw_node(list, zone.nodes[i], grid.place(i));
  }
}

void ClusterView::draw_node(DisplayList& list, const NodeNow& node, const QRectF& tile) const {
  const Theme& c = colors();
  const bool lost = node.state == State::Lost;
  Shape& frame = list.box(tile, 7, lost ? c.lost_fill : c.card,
                          lost ? faded(c.state(State::Lost), 0.7) : c.line);
  frame.state = node.state;
  const QString name = QString::fromStdString(std::string{shown().run->text(node.name)});
  frame.tag = "node " + name;
  frame.thing = frame.tag;
  if (node.state == State::Draining) frame.dash = {3, 2};
  if (is_bad(node.worst)) frame.says = node_text(node);
  const qreal middle = tile.top() + 15;
  const qreal height = height_of(Type::SmallMedium);
  list.text({tile.left() + 10, middle - height / 2, tile.width() * 0.55, height}, name,
            Type::SmallMedium, lost ? c.text_of(State::Lost) : c.mid);
  // CPU above memory, requested of what there is.
  const qreal bar = std::min<qreal>(46, tile.width() * 0.32);
  const QRectF rail{tile.right() - 10 - bar, middle - 4.5, bar, 3};
  for (const auto& [value, y] :
       {std::pair<double, qreal>{node.cpu_used, 0.0}, {node.memory_used, 6.0}}) {
    list.box(rail.translated(0, y), 1.5, c.raised);
    const qreal used = bar * std::clamp(value, 0.0, 1.0);
    if (used > 1) {
      list.box({rail.left(), rail.top() + y, used, 3}, 1.5, lost ? c.low : c.state(State::Healthy));
    }
  }
  const auto grid = pod_grid(node, tile);
  if (!grid) return;
  for (std::size_t i = 0; i < node.pods.size(); ++i) {
    const QRectF place = grid->place(i);
    draw_pod(list, node.pods[i], place);
    if (!grid->named) continue;
    const qreal high = height_of(Type::Small);
    list.text({place.right() + 8, place.center().y() - high / 2,
               grid->room.right() - place.right() - 8, high},
              pod_text(node.pods[i]), Type::Small,
              node.pods[i].state == State::Healthy ? c.mid : c.text_of(node.pods[i].state));
  }
}

QString ClusterView::zone_text(const ZoneNow& zone) const {
  const auto unwell = std::count_if(zone.nodes.begin(), zone.nodes.end(),
                                    [](const NodeNow& node) { return is_bad(node.worst); });
  return tr("zone %1, %2, %3 of %4 nodes not well")
      .arg(QString::fromStdString(zone.name), name_of(zone.state))
      .arg(unwell)
      .arg(zone.nodes.size());
}

QString ClusterView::node_text(const NodeNow& node) const {
  return tr("node %1, %2, %3 pods")
      .arg(QString::fromStdString(std::string{shown().run->text(node.name)}), name_of(node.worst))
      .arg(node.pods.size());
}

ClusterView::Place ClusterView::zone_place(const ZoneNow& zone, const QRectF& box) const {
  return {"zone " + QString::fromStdString(zone.name), box, zone_text(zone), std::nullopt};
}

ClusterView::Place ClusterView::node_place(const NodeNow& node, const QRectF& tile) const {
  const std::string name{shown().run->text(node.name)};
  return {"node " + QString::fromStdString(name), tile, node_text(node), std::nullopt};
}

ClusterView::Place ClusterView::pod_place(const PodNow& pod, const QRectF& place) const {
  const QString name = QString::fromStdString(std::string{shown().run->text(pod.name)});
  return {"pod " + name, place, tr("pod %1, %2").arg(name.section('/', -1), name_of(pod.state)),
          pod.service};
}

std::vector<ClusterView::Place> ClusterView::places(Depth depth) const {
  std::vector<Place> all;
  if (!has_moment() || shown().moment->zones.empty()) return all;
  const std::vector<QRectF> boxes = zone_boxes();
  for (std::size_t z = 0; z < boxes.size(); ++z) {
    const ZoneNow& zone = shown().moment->zones[z];
    if (depth == Depth::Zone) {
      if (!zone.name.empty()) all.push_back(zone_place(zone, boxes[z]));
      continue;
    }
    if (zone.nodes.empty()) continue;
    const NodeGrid grid = node_grid(zone, boxes[z]);
    for (std::size_t n = 0; n < zone.nodes.size(); ++n) {
      const NodeNow& node = zone.nodes[n];
      if (depth == Depth::Node) {
        all.push_back(node_place(node, grid.place(n)));
        continue;
      }
      const auto pods = grid.named ? pod_grid(node, grid.place(n)) : std::nullopt;
      if (!pods) continue;
      for (std::size_t p = 0; p < node.pods.size(); ++p) {
        all.push_back(pod_place(node.pods[p], pods->place(p)));
      }
    }
  }
  return all;
}

std::optional<ClusterView::Place> ClusterView::reached_place() const {
  if (reached_.isEmpty() || !has_moment() || shown().moment->zones.empty()) return std::nullopt;
  const QString kind = reached_.section(' ', 0, 0);
  const std::string name = reached_.section(' ', 1).toStdString();
  const std::vector<QRectF> boxes = zone_boxes();
  for (std::size_t z = 0; z < boxes.size(); ++z) {
    const ZoneNow& zone = shown().moment->zones[z];
    if (kind == "zone" && zone.name == name) return zone_place(zone, boxes[z]);
    if (kind == "zone" || zone.nodes.empty()) continue;
    const NodeGrid grid = node_grid(zone, boxes[z]);
    for (std::size_t n = 0; n < zone.nodes.size(); ++n) {
      const NodeNow& node = zone.nodes[n];
      if (kind == "node" && shown().run->text(node.name) == name) {
        return node_place(node, grid.place(n));
      }
      if (kind != "pod" || !grid.named) continue;
      const auto pods = pod_grid(node, grid.place(n));
      for (std::size_t p = 0; pods && p < node.pods.size(); ++p) {
        if (shown().run->text(node.pods[p].name) == name) {
          return pod_place(node.pods[p], pods->place(p));
        }
      }
    }
  }
  return std::nullopt;
}

void ClusterView::reach(const Place& place) {
  reached_ = place.thing;
  setAccessibleDescription(place.says);
  refresh();
}

void ClusterView::go(int dx, int dy) {
  const auto here = reached_place();
  const QString kind = here ? here->thing.section(' ', 0, 0) : QString{"node"};
  const std::vector<Place> all = places(kind == "zone"  ? Depth::Zone
                                        : kind == "pod" ? Depth::Pod
                                                        : Depth::Node);
  if (all.empty()) return;
  if (!here) return reach(all.front());
  const QPointF from = here->where.center();
  const Place* best = nullptr;
  qreal least = 0;
  for (const Place& place : all) {
    const QPointF way = place.where.center() - from;
    const qreal along = way.x() * dx + way.y() * dy;
    const qreal across = std::abs(way.x() * dy) + std::abs(way.y() * dx);
    if (along < 1) continue;
    const qreal distance = along + 2 * across;
    if (best != nullptr && distance >= least) continue;
    best = &place;
    least = distance;
  }
  if (best != nullptr) reach(*best);
}

void ClusterView::go_deeper() {
  const auto here = reached_place();
  if (!here) return;
  if (here->thing.startsWith("pod ")) {
    if (here->service && on_action) on_action(QString{"select %1"}.arg(*here->service));
    return;
  }
  const bool zone = here->thing.startsWith("zone ");
  for (const Place& place : places(zone ? Depth::Node : Depth::Pod)) {
    if (here->where.contains(place.where.center())) return reach(place);
  }
}

bool ClusterView::go_up() {
  const auto here = reached_place();
  if (!here || here->thing.startsWith("zone ")) {
    const bool was = here.has_value();
    reached_.clear();
    refresh();
    return was;
  }
  for (const Place& place : places(here->thing.startsWith("pod ") ? Depth::Node : Depth::Zone)) {
    if (!place.where.contains(here->where.center())) continue;
    reach(place);
    return true;
  }
  reached_.clear();
  refresh();
  return true;
}

void ClusterView::keyPressEvent(QKeyEvent* event) {
  // With these, arrows are those of time.
  if (event->modifiers() & (Qt::ShiftModifier | Qt::ControlModifier)) {
    return Canvas::keyPressEvent(event);
  }
  switch (event->key()) {
    case Qt::Key_Left:
      return go(-1, 0);
    case Qt::Key_Right:
      return go(1, 0);
    case Qt::Key_Up:
      return go(0, -1);
    case Qt::Key_Down:
      return go(0, 1);
    case Qt::Key_Return:
    case Qt::Key_Enter:
      return go_deeper();
    case Qt::Key_Escape:
      if (go_up()) return;
      break;
    default:
      break;
  }
  Canvas::keyPressEvent(event);
}

std::vector<Layer> ClusterView::moving_layers() const {
  const auto here = hasFocus() ? reached_place() : std::nullopt;
  if (!here) return {};
  std::vector<Layer> layers(1);
  layers[0].list.box(here->where.adjusted(-3, -3, 3, 3), 6, {}, colors().focus, 1.6).tag =
      "reached " + here->thing;
  return layers;
}

QString ClusterView::pod_text(const PodNow& pod) const {
  if (pod.service) return short_name(shown().run->scene().services[*pod.service]);
  return short_name(std::string{shown().run->text(pod.name)});
}

void ClusterView::draw_pod(DisplayList& list, const PodNow& pod, const QRectF& place) const {
  const Theme& c = colors();
  const State state = pod.state;
  const QColor& color = c.state(state);
  const bool open = state == State::Lost || state == State::Starting || state == State::Draining;
  Shape& box = list.box(place, 2.5, open ? QColor{} : color, open ? color : QColor{}, 1.2);
  box.state = state;
  box.tag = QString::fromStdString(std::string{shown().run->text(pod.name)});
  box.thing = "pod " + box.tag;
  if (pod.service) {
    box.action = QString{"select %1"}.arg(*pod.service);
    if (pod.service == shown().selected) {
      list.box(place.adjusted(-2.5, -2.5, 2.5, 2.5), 4.5, {}, c.focus, 1.3);
    }
  }
  if (place.width() < 6 || (state != State::Failing && state != State::Lost)) return;
  const qreal in = place.width() * 0.28;
  QPainterPath cross;
  cross.moveTo(place.left() + in, place.bottom() - in);
  cross.lineTo(place.right() - in, place.top() + in);
  if (state == State::Failing) {
    cross.moveTo(place.left() + in, place.top() + in);
    cross.lineTo(place.right() - in, place.bottom() - in);
  }
  list.path(cross, {}, state == State::Failing ? c.window : color, 1.2);
}

void ClusterView::draw_nodes_as_pixels(DisplayList& list, const ZoneNow& zone,
                                       const NodeGrid& grid) const {
  const Theme& c = colors();
  Pixels pixels{grid.room.size(), ratio()};
  for (std::size_t i = 0; i < zone.nodes.size(); ++i) {
    const NodeNow& node = zone.nodes[i];
    const QRectF place = grid.place(i).translated(-grid.room.topLeft());
    if (grid.tile < kPodsTile) {
      const QRectF& cell = place;
      if (node.worst == State::Lost) {
        pixels.outline(cell, c.state(State::Lost));
        continue;
      }
      pixels.fill(cell, c.state(node.state));
      if (node.worst == node.state) continue;
      // As high as the share of its pods that are not well, and never too low to be seen.
      const qreal tall =
          std::clamp(node.affected * cell.height(), std::min(2.0, cell.height()), cell.height());
      pixels.fill({cell.left(), cell.bottom() - tall, cell.width(), tall}, c.state(node.worst));
      continue;
    }
    const QRectF inside = place.adjusted(0, 0, -grid.tile * 0.22, -grid.tile * 0.22);
    if (node.pods.empty()) {
      pixels.outline(inside, node.state == State::Lost ? c.state(State::Lost) : c.line);
      continue;
    }
    const std::size_t across =
        std::max<std::size_t>(4, best_columns(node.pods.size(), inside.size(), 1));
    const std::size_t down =
        std::max<std::size_t>(across, (node.pods.size() + across - 1) / across);
    const qreal cell = inside.width() / static_cast<qreal>(std::max(across, down));
    for (std::size_t p = 0; p < node.pods.size(); ++p) {
      const State state = node.pods[p].state;
      const QRectF pod{inside.left() + static_cast<qreal>(p % across) * cell,
                       inside.top() + static_cast<qreal>(p / across) * cell, cell - 1, cell - 1};
      if (state == State::Lost || state == State::Starting || state == State::Draining) {
        pixels.outline(pod, c.state(state));
      } else {
        pixels.fill(pod, c.state(state));
      }
    }
  }
  list.picture(grid.room, pixels.image()).tag = "nodes " + QString::fromStdString(zone.name);
}

void ClusterView::draw_key(DisplayList& list) const {
  const Theme& c = colors();
  const qreal middle = height() - 21;
  qreal x = kPadding + 4;
  if (const auto here = hasFocus() ? reached_place() : std::nullopt) {
    const qreal high = height_of(Type::BodyMedium);
    list.text({x, middle - high / 2, width() - kPadding - x, high}, here->says, Type::BodyMedium,
              c.high)
        .tag = "reached text";
    return;
  }
  const std::array<std::pair<State, QString>, 5> key{{{State::Healthy, tr("Ready")},
                                                      {State::Starting, tr("Starting")},
                                                      {State::Failing, tr("Crashing")},
                                                      {State::Lost, tr("Lost with its node")},
                                                      {State::Draining, tr("Ending")}}};
  for (const auto& [state, name] : key) {
    if (x + width_of(name, Type::Body) + 20 > width() - kPadding) break;
    const QRectF cell{x, middle - 5.5, 11, 11};
    const bool open = state == State::Lost || state == State::Starting || state == State::Draining;
    list.box(cell, 2, open ? QColor{} : c.state(state), open ? c.state(state) : QColor{}, 1.2);
    QPainterPath slash;
    slash.moveTo(cell.left() + 3, cell.bottom() - 3);
    slash.lineTo(cell.right() - 3, cell.top() + 3);
    if (state == State::Failing) {
      slash.moveTo(cell.left() + 3, cell.top() + 3);
      slash.lineTo(cell.right() - 3, cell.bottom() - 3);
      list.path(slash, {}, c.panel, 1.2);
    } else if (state == State::Lost) {
      list.path(slash, {}, c.state(state), 1.2);
    }
    x = list.words(x + 17, middle, name, Type::Body, c.mid) + 18;
  }
}

}  // namespace orrery::gui
