#include "gui/views/service_graph.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>
#include <algorithm>
#include <array>
#include <cmath>

#include "gui/views/breaker_lever.h"
#include "gui/views/why_line.h"
#include "gui/views/words.h"

namespace orrery::gui {
namespace {

constexpr QSizeF kCard{172, 50};
constexpr qreal kCaptionMiddle = 52;
constexpr qreal kGraphTop = 66;
constexpr qreal kFooterHeight = 100;
/// Around the cards: the users' line on the left, badges above, selection.
constexpr QMarginsF kAround{58, 24, 12, 12};
constexpr QSizeF kLayoutRoom{1120, 520};
// Words never shrink: on smaller cards there are fewer of them.
constexpr double kNoCaptionsBelow = 0.45;
constexpr double kTwoLinesFrom = 0.68;
constexpr double kTicksFrom = 0.72;
constexpr qreal kNameFrom = 52;  ///< As wide a small card has a name.
constexpr qreal kSmallNameAt = 17;
constexpr qreal kGapLeast = 0.4;  ///< What cards that widen leave of the gaps between columns.
constexpr Duration kHaloLasts = Duration::seconds(10);
constexpr std::size_t kTicksMost = 12;
/// Of what is emphasised because the selected service needs it, in widths of the line.
const QVector<qreal> kNeededDash{0.5, 0.45};

/// In steps that can be seen: a line is not painted anew for each call more or less.
qreal edge_width(double per_second) {
  if (per_second <= 1) return 1;
  return std::round(std::clamp(1 + 0.62 * std::log10(per_second), 1.0, 3.5) * 2) / 2;
}

void draw_cross(DisplayList& list, QPointF centre, qreal reach, const QColor& color, qreal width) {
  QPainterPath cross;
  cross.moveTo(centre + QPointF{-reach, -reach});
  cross.lineTo(centre + QPointF{reach, reach});
  cross.moveTo(centre + QPointF{-reach, reach});
  cross.lineTo(centre + QPointF{reach, -reach});
  list.path(cross, {}, color, width).round_caps = true;
}

/// A sign of the direction, which stands still.
void draw_arrowhead(DisplayList& list, QPointF from, QPointF to, const QColor& color) {
  const QPointF way = to - from;
  const qreal length = std::hypot(way.x(), way.y());
  if (length <= 0) return;
  const QPointF along = way / length;
  const QPointF across{-along.y(), along.x()};
  QPainterPath head{to + along * 4};
  head.lineTo(to - along * 3 + across * 3.6);
  head.lineTo(to - along * 3 - across * 3.6);
  head.closeSubpath();
  list.path(head, color).tag = "arrow";
}

/// Where cards that are `wider` have their columns in a graph as wide as before: corners of lines
/// from what was at x to where it is, in order. Empty: there is no room to the sides.
std::vector<QPointF> ways_of_widening(const std::vector<qreal>& columns, qreal card, qreal& wider) {
  const auto count = static_cast<qreal>(columns.size());
  if (columns.size() < 2) return {};
  const qreal gaps = columns.back() - columns.front() - card * (count - 1);
  wider = std::min(wider, card + gaps * (1 - kGapLeast) / count);
  if (wider <= card) return {};
  const qreal narrower = (gaps - (wider - card) * count) / gaps;
  std::vector<QPointF> corners;
  qreal to = columns.front() - card / 2;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const qreal from = columns[i] - card / 2;
    if (i > 0) to += (from - corners.back().x()) * narrower;
    corners.emplace_back(from, to);
    to += wider;
    corners.emplace_back(from + card, to);
  }
  return corners;
}

qreal widened(qreal x, const std::vector<QPointF>& corners) {
  const auto next = std::find_if(corners.begin(), corners.end(),
                                 [x](const QPointF& corner) { return corner.x() > x; });
  if (next == corners.begin() || next == corners.end()) return x;
  const QPointF before = *std::prev(next);
  return before.y() + (x - before.x()) * (next->y() - before.y()) / (next->x() - before.x());
}

/// The curve where cards are wider, with no corners where its parts meet. Requires: its parts are
/// cubic.
QPainterPath widened(QPainterPath curve, const std::vector<QPointF>& corners) {
  const auto at = [&](int i) -> QPointF { return curve.elementAt(i); };
  for (int i = 0; i < curve.elementCount(); ++i) {
    curve.setElementPositionAt(i, widened(at(i).x(), corners), at(i).y());
  }
  for (int i = 3; i + 1 < curve.elementCount(); i += 3) {
    const QPointF way = at(i + 1) - at(i - 1);
    const qreal length = std::hypot(way.x(), way.y());
    if (length <= 0) continue;
    const QPointF before = at(i) - way * (QLineF{at(i - 1), at(i)}.length() / length);
    const QPointF after = at(i) + way * (QLineF{at(i), at(i + 1)}.length() / length);
    curve.setElementPositionAt(i - 1, before.x(), before.y());
    curve.setElementPositionAt(i + 1, after.x(), after.y());
  }
  return curve;
}

/// Points along a path, about 4 apart. A path's own pointAtPercent() measures all of it each time.
std::vector<QPointF> equal_steps(const QPainterPath& path) {
  const QPolygonF line = path.toSubpathPolygons().value(0);
  qreal length = 0;
  for (qsizetype i = 1; i < line.size(); ++i) length += QLineF{line[i - 1], line[i]}.length();
  const auto steps = std::max<std::size_t>(2, static_cast<std::size_t>(length / 4));
  std::vector<QPointF> points;
  qreal before = 0;
  qsizetype at = 1;
  for (std::size_t i = 0; i < steps && at < line.size(); ++i) {
    const qreal wanted = length * static_cast<qreal>(i) / static_cast<qreal>(steps);
    while (at + 1 < line.size() && before + QLineF{line[at - 1], line[at]}.length() < wanted) {
      before += QLineF{line[at - 1], line[at]}.length();
      ++at;
    }
    const QLineF part{line[at - 1], line[at]};
    points.push_back(part.length() > 0 ? part.pointAt((wanted - before) / part.length())
                                       : part.p1());
  }
  points.push_back(path.currentPosition());
  return points;
}

/// Simulated seconds that a dot takes: slower, the slower the calls are.
double travel_seconds(Duration p50) {
  const double ms = to_seconds(p50) * 1000;
  return ms < 5 ? 1.6 : ms < 50 ? 2.2 : ms < 500 ? 3.2 : 4.8;
}

}  // namespace

ServiceGraphView::ServiceGraphView(const Shown& shown, QWidget* parent) : Canvas{shown, parent} {
  setAccessibleName(tr("Services"));
}

void ServiceGraphView::set_run(const RecordedRun* run) {
  run_ = run;
  opened_.reset();
  arrange();
}

void ServiceGraphView::open_group(const std::optional<QString>& group) {
  opened_ = group ? std::optional{group->toStdString()} : std::nullopt;
  arrange();
}

void ServiceGraphView::arrange() {
  graph_ = {};
  laid_out_ = {};
  reached_.reset();
  zoom_to_fit();
  if (run_ != nullptr) {
    graph_ = card_graph(run_->scene(), opened_);
    LayeredGraph graph;
    graph.nodes = graph_.cards.size();
    graph.card = kCard;
    for (const CardEdge& edge : graph_.edges) {
      if (edge.from) graph.edges.emplace_back(*edge.from, edge.to);
    }
    laid_out_ = lay_out(graph, kLayoutRoom);
  }
  fill_room();
}

void ServiceGraphView::fill_room() {
  const QRectF room = graph_room();
  const QSizeF graph = QRectF{{0, 0}, laid_out_.size}.marginsAdded(kAround).size();
  const double fit = std::min({1.0, room.width() / graph.width(), room.height() / graph.height()});
  // Words beside cards do not shrink as the margin does.
  const double beside = kAround.left() * (1 - fit);
  const double wide = (room.width() - beside) / fit - (graph.width() - laid_out_.size.width());
  const double wider = laid_out_.size.isEmpty()
                           ? 1
                           : std::max(1.0, std::min(1 / fit, wide / laid_out_.size.width()));
  card_width_ = kCard.width() * wider;
  const QTransform apart = QTransform::fromScale(wider, 1);
  layout_ = laid_out_;
  layout_.size.rwidth() *= wider;
  for (QPointF& centre : layout_.centres) centre = apart.map(centre);
  for (QPainterPath& curve : layout_.curves) curve = apart.map(curve);
  for (qreal& column : layout_.columns) column *= wider;
  if (run_ != nullptr) widen_cards(fit);
  tracks_.clear();
  std::size_t curves = 0;
  for (const CardEdge& edge : graph_.edges) {
    Track track;
    if (edge.from) {
      track.path = layout_.curves[curves++];
    } else {
      const QRectF card = card_rect(edge.to);
      track.path.moveTo(card.left() - 50, card.center().y());
      track.path.lineTo(card.left(), card.center().y());
    }
    track.points = equal_steps(track.path);
    tracks_.push_back(std::move(track));
  }
}

qreal ServiceGraphView::words_width(const Card& card, double scale) const {
  // The longest that is said of how a service fares: positions never move while a run plays.
  const qreal value = std::max(width_of(tr("%1 err").arg(percent_text(1)), Type::SmallStrong),
                               width_of(tr("no ready pod"), Type::SmallStrong));
  const qreal name =
      width_of(short_name(card.name), scale < kTwoLinesFrom ? Type::Small : Type::SmallStrong);
  if (scale < kTwoLinesFrom) return kSmallNameAt + name + 6 + value + 6;
  return 15 + 28 * scale + std::max(name, value);
}

void ServiceGraphView::widen_cards(double scale) {
  qreal wanted = 0;
  for (const Card& card : graph_.cards) wanted = std::max(wanted, words_width(card, scale) / scale);
  const std::vector<QPointF> corners = ways_of_widening(layout_.columns, card_width_, wanted);
  if (corners.empty()) return;
  card_width_ = wanted;
  for (QPointF& centre : layout_.centres) centre.setX(widened(centre.x(), corners));
  for (qreal& column : layout_.columns) column = widened(column, corners);
  for (QPainterPath& curve : layout_.curves) curve = widened(curve, corners);
}

void ServiceGraphView::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) fill_room();
  Canvas::changeEvent(event);
}

void ServiceGraphView::resizeEvent(QResizeEvent* event) {
  fill_room();
  Canvas::resizeEvent(event);
}

QRectF ServiceGraphView::graph_room() const {
  return {kPadding, kGraphTop, width() - 2 * kPadding, height() - kGraphTop - kFooterHeight};
}

QTransform ServiceGraphView::view_of_graph() const {
  const QRectF room = graph_room();
  const QRectF graph = QRectF{{0, 0}, layout_.size}.marginsAdded(kAround);
  const double fit = std::min({1.0, room.width() / graph.width(), room.height() / graph.height()});
  const double scale = zoom_ == 0 ? fit : zoom_;
  QTransform transform;
  transform.translate(room.center().x() + pan_.x(), room.center().y() + pan_.y());
  transform.scale(scale, scale);
  transform.translate(-graph.center().x(), -graph.center().y());
  return transform;
}

void ServiceGraphView::zoom(double factor, QPointF around) {
  const QTransform before = view_of_graph();
  const QPointF fixed = before.inverted().map(around);
  zoom_ = std::clamp(before.m11() * factor, 0.1, 3.0);
  const QPointF moved = view_of_graph().map(fixed);
  pan_ += around - moved;
  refresh();
}

void ServiceGraphView::zoom_to_fit() {
  zoom_ = 0;
  pan_ = {};
  refresh();
}

QRectF ServiceGraphView::card_rect(std::uint32_t card) const {
  const QPointF centre = layout_.centres[card];
  return {centre.x() - card_width_ / 2, centre.y() - kCard.height() / 2, card_width_,
          kCard.height()};
}

std::optional<std::uint32_t> ServiceGraphView::beside(std::uint32_t service, int dx, int dy) const {
  const auto card = graph_.card_of(service);
  if (!card) return std::nullopt;
  const QPointF from = layout_.centres.at(*card);
  std::optional<std::uint32_t> best;
  qreal least = 0;
  for (std::uint32_t i = 0; i < layout_.centres.size(); ++i) {
    const QPointF way = layout_.centres[i] - from;
    const qreal along = way.x() * dx + way.y() * dy;
    const qreal across = std::abs(way.x() * dy) + std::abs(way.y() * dx);
    if (along < 20) continue;
    const qreal distance = along + 2 * across;
    if (!best || distance < least) {
      best = i;
      least = distance;
    }
  }
  if (!best) return std::nullopt;
  return graph_.cards[*best].services.front();
}

std::optional<BlastPath> ServiceGraphView::path_now() const {
  const auto card = shown().selected ? graph_.card_of(*shown().selected) : std::nullopt;
  if (!card) return std::nullopt;
  return blast_path_of(graph_, *card);
}

bool ServiceGraphView::is_card_shown(std::uint32_t card) const {
  if (!shown().only_path) return true;
  if (path_) return path_->cards[card] != Reach::Apart;
  return cards_now_[card].arrival.has_value() || is_bad(cards_now_[card].state);
}

bool ServiceGraphView::is_edge_shown(std::size_t edge) const {
  if (!shown().only_path) return true;
  if (path_) return path_->edges[edge] != Reach::Apart;
  const CardEdge& ends = graph_.edges[edge];
  return is_card_shown(ends.to) && (!ends.from || is_card_shown(*ends.from));
}

std::vector<Layer> ServiceGraphView::still_layers() const {
  std::vector<Layer> layers(1);
  path_ = path_now();
  draw_panel(layers[0].list);
  draw_header(layers[0].list);
  if (!has_moment()) draw_invitation(layers[0].list);
  if (!has_moment() || layout_.centres.empty()) return layers;
  if (opened_) {
    draw_way_back(layers[0].list);
  } else {
    draw_captions(layers[0].list);
  }

  cards_now_.clear();
  edges_now_.clear();
  for (const Card& card : graph_.cards) cards_now_.push_back(card_now(*shown().moment, card));
  for (const CardEdge& edge : graph_.edges) edges_now_.push_back(edge_now(*shown().moment, edge));
  Layer graph;
  graph.is_ground = true;
  graph.transform = view_of_graph();
  graph.clip = QRectF{1, kGraphTop - 4, width() - 2.0, height() - kGraphTop - kFooterHeight + 4};
  const auto count = static_cast<std::uint32_t>(layout_.centres.size());
  const auto cards = [&](const auto& draw) {
    for (std::uint32_t s = 0; s < count; ++s) {
      if (is_card_shown(s)) draw(s);
    }
  };
  const auto edges = [&](const auto& draw) {
    for (std::size_t e = 0; e < tracks_.size(); ++e) {
      if (is_edge_shown(e)) draw(e);
    }
  };
  cards([&](std::uint32_t s) { draw_halo(graph.list, s); });
  edges([&](std::size_t e) { draw_path_of_edge(graph.list, e); });
  draw_reached_edge(graph.list);
  edges([&](std::size_t e) { draw_edge(graph.list, e); });
  cards([&](std::uint32_t s) { draw_card(graph.list, s); });
  edges([&](std::size_t e) { draw_breaker(graph.list, e); });
  const double scale = graph.transform.m11();
  Layer words;
  words.clip = graph.clip;
  words.transform = QTransform::fromScale(std::max(1.0, scale), std::max(1.0, scale));
  const QTransform place = graph.transform * words.transform.inverted();
  edges([&](std::size_t e) { draw_words_of_edge(words.list, e, place); });
  cards([&](std::uint32_t s) {
    const QRectF card = place.mapRect(card_rect(s));
    if (scale < kTwoLinesFrom) return draw_small_card(words.list, s, card);
    draw_words_of_card(words.list, s, card, std::min(1.0, scale));
  });
  if (scale >= kTwoLinesFrom) {
    cards([&](std::uint32_t s) { draw_badge(words.list, s, place.mapRect(card_rect(s))); });
  }
  layers.push_back(std::move(graph));
  layers.push_back(std::move(words));

  Layer foot;
  draw_footer(foot.list);
  draw_why(foot.list);
  layers.push_back(std::move(foot));
  return layers;
}

void ServiceGraphView::draw_header(DisplayList& list) const {
  const Theme& c = colors();
  qreal x = kPadding;
  if (!shown().letter.isEmpty()) {
    const QRectF badge{x, kHeaderMiddle - 11, 22, 22};
    list.box(badge, 6, c.raised).tag = "letter " + shown().letter;
    list.text(badge, shown().letter, Type::BodyStrong, c.high, Qt::AlignHCenter);
    x = badge.right() + 10;
  }
  x = list.words(x, kHeaderMiddle, tr("Services"), Type::Heading, c.high);
  if (!has_moment()) return;
  if (!shown().letter.isEmpty()) {
    x = list.words(x + 12, kHeaderMiddle, shown().file, Type::Body, c.mid);
  } else if (path_) {
    x = draw_path_key(list, x + 14);
  } else if (shown().only_path) {
    x = list.words(x + 12, kHeaderMiddle, tr("only what the failure has reached (P)"), Type::Body,
                   c.mid);
  } else {
    const auto paths = std::count_if(
        shown().run->scene().edges.begin(), shown().run->scene().edges.end(),
        [](const recording::SceneEdge& edge) { return edge.from != recording::kOutside; });
    x = list.words(
        x + 12, kHeaderMiddle,
        counted_text(shown().run->scene().services.size(), tr("1 service"), tr("%1 services")),
        Type::Body, c.mid);
    const QString text =
        counted_text(static_cast<std::uint64_t>(paths), tr("1 call path"), tr("%1 call paths"));
    x = list.words(x + 12, kHeaderMiddle, text, Type::Body, c.mid);
  }
  // Two graphs side by side have one legend.
  if (shown().letter == "B") return;
  qreal right = width() - kPadding;
  const auto wide = [](State state) { return width_of(name_of(state), Type::Body) + 35; };
  // Where there is no room for all, what is bad is explained first.
  static constexpr std::array kByWeight{State::Failing, State::Degraded,   State::Lost,
                                        State::Healthy, State::Recovering, State::Starting};
  const auto* end = kByWeight.begin();
  for (qreal room = right - 5 - x; end != kByWeight.end() && wide(*end) <= room; ++end) {
    room -= wide(*end);
  }
  static constexpr std::array kFromTheRight{State::Recovering, State::Starting, State::Lost,
                                            State::Failing,    State::Degraded, State::Healthy};
  for (const State state : kFromTheRight) {
    if (std::find(kByWeight.begin(), end, state) == end) continue;
    const QString name = name_of(state);
    right = list.words_before(right, kHeaderMiddle, name, Type::Body, c.mid) - 13;
    list.glyph(state, {right, kHeaderMiddle}, 13).tag = "legend";
    right -= 22;
  }
}

void ServiceGraphView::draw_invitation(DisplayList& list) const {
  const Theme& c = colors();
  const QRectF line{
      kPadding, height() / 2.0 - (shown().recent.isEmpty() && shown().offers.empty() ? 24 : 160),
      width() - 2 * kPadding, 22};
  list.text(line, tr("Open a recording: drop a file here, or press Ctrl+O"), Type::Heading, c.high,
            Qt::AlignHCenter);
  list.text(line.translated(0, 28),
            tr("Make one with: orrery run SCENARIO --seeds 1 --record FILE.orrery"), Type::Body,
            c.mid, Qt::AlignHCenter);
  qreal y = line.bottom() + 58;
  if (!shown().notice.isEmpty()) {
    list.text(line.translated(0, 64), shown().notice, Type::Body, c.state(State::Failing),
              Qt::AlignHCenter)
        .tag = "notice";
    y += 40;
  }
  if (!shown().offers.empty()) {
    list.text({line.left(), y, line.width(), 20}, tr("To begin with"), Type::BodyMedium, c.low,
              Qt::AlignHCenter);
    for (const auto& [name, path] : shown().offers) {
      y += 26;
      const QRectF row{line.left(), y, line.width(), 22};
      list.text(row, name, Type::Body, c.accent, Qt::AlignHCenter);
      list.target(row, "recent " + path, "offer " + path.section('/', -1));
    }
    y += 44;
  }
  if (shown().recent.isEmpty()) return;
  list.text({line.left(), y, line.width(), 20}, tr("Opened before"), Type::BodyMedium, c.low,
            Qt::AlignHCenter);
  for (qsizetype i = 0; i < shown().recent.size(); ++i) {
    y += 26;
    if (y + 26 > height() - 10) return;
    const QString& path = shown().recent[i];
    const QRectF row{line.left(), y, line.width(), 22};
    list.text(row, path, Type::Body, c.accent, Qt::AlignHCenter);
    list.target(row, "recent " + path, QString{"recent %1"}.arg(i));
  }
}

void ServiceGraphView::draw_way_back(DisplayList& list) const {
  const Theme& c = colors();
  const QString all = "‹ " + tr("All groups");
  const qreal right = list.words(kPadding, kCaptionMiddle, all, Type::BodyMedium, c.accent);
  list.target({kPadding - 6, kCaptionMiddle - 12, right - kPadding + 12, 24}, "groups", "groups");
  list.words(right + 12, kCaptionMiddle, QString::fromStdString(*opened_), Type::BodyStrong,
             c.high);
}

void ServiceGraphView::draw_captions(DisplayList& list) const {
  const QTransform view = view_of_graph();
  if (view.m11() < kNoCaptionsBelow) return;
  for (std::size_t i = 0; i < layout_.columns.size(); ++i) {
    const qreal x = view.map(QPointF{layout_.columns[i] - card_width_ / 2, 0}).x();
    if (x < kPadding || x > width() - 60) continue;
    const QString text = i == 0 ? tr("ENTRY") : tr("HOP %1").arg(i);
    list.words(x, kCaptionMiddle, text, Type::Caption, colors().low);
  }
}

void ServiceGraphView::draw_footer(DisplayList& list) const {
  const Theme& c = colors();
  const qreal middle = height() - kFooterHeight + 16;
  qreal x = kPadding + 4;
  if (const auto edge = hasFocus() ? edge_reached() : std::nullopt) {
    const qreal high = height_of(Type::BodyMedium);
    list.text({x, middle - high / 2, width() - kPadding - x, high}, text_of_edge(*edge),
              Type::BodyMedium, c.high)
        .tag = "reached text";
    return;
  }
  const bool breakers =
      std::any_of(shown().moment->edges.begin(), shown().moment->edges.end(),
                  [](const EdgeNow& edge) { return edge.open + edge.trying > 0; });
  const QString lines = tr("Line width: calls per second");
  const QString numbers = tr("Numbers: order in which the failure arrived");
  const QString levers = tr("Switch: circuit breaker");
  qreal wanted = 18;
  for (const QString& text : {lines, tr("request"), tr("failed call"), numbers, levers}) {
    wanted += width_of(text, Type::Body) + 22;
  }
  if (!breakers) wanted -= width_of(levers, Type::Body) + 22;
  // Where there is no room for all, a switch is explained before the width of lines.
  if (x + wanted < width() - kPadding) {
    x = list.words(x, middle, lines, Type::Body, c.low) + 22;
  }
  list.path(
      [&] {
        QPainterPath dot;
        dot.addEllipse(QPointF{x, middle}, 2.2, 2.2);
        return dot;
      }(),
      c.state(State::Healthy).lighter(c.shade == Shade::Dark ? 150 : 100));
  x = list.words(x + 9, middle, tr("request"), Type::Body, c.low) + 22;
  draw_cross(list, {x, middle}, 3, c.state(State::Failing), 1.6);
  x = list.words(x + 9, middle, tr("failed call"), Type::Body, c.low) + 22;
  if (x + width_of(numbers, Type::Body) > width() - kPadding) return;
  x = list.words(x, middle, numbers, Type::Body, c.low) + 22;
  if (breakers && x + width_of(levers, Type::Body) < width() - kPadding) {
    list.words(x, middle, levers, Type::Body, c.low);
  }
}

void ServiceGraphView::draw_why(DisplayList& list) const {
  draw_why_line(list, {16, height() - 62.0, width() - 32.0, 46},
                why_parts(*shown().moment, *shown().run), colors());
}

void ServiceGraphView::draw_halo(DisplayList& list, std::uint32_t card) const {
  const ServiceNow& now = cards_now_[card];
  if (!is_bad(now.state)) return;
  double strength = 0.10;
  if (now.arrival && shown().moment->at >= now.arrival->at) {
    const Duration age = shown().moment->at - now.arrival->at;
    if (age < kHaloLasts) strength += 0.22 * (1 - to_seconds(age) / to_seconds(kHaloLasts));
  }
  if (colors().shade == Shade::Light) strength *= 0.7;
  list.glow(card_rect(card).adjusted(-70, -60, 70, 60), faded(colors().state(now.state), strength));
}

void ServiceGraphView::draw_path_of_edge(DisplayList& list, std::size_t edge) const {
  if (!path_ || path_->edges[edge] == Reach::Apart) return;
  const bool hurt = path_->edges[edge] == Reach::Hurt;
  Shape& casing =
      list.path(tracks_[edge].path, {}, path_color(), edge_width(edges_now_[edge].per_second) + 7);
  casing.tag = QString{hurt ? "hurt %1" : "needed %1"}.arg(graph_.edges[edge].edges.front());
  if (hurt) {
    casing.round_caps = true;
  } else {
    casing.dash = kNeededDash;
  }
}

void ServiceGraphView::draw_reached_edge(DisplayList& list) const {
  const auto edge = hasFocus() ? edge_reached() : std::nullopt;
  if (!edge) return;
  const qreal width = edge_width(edges_now_[*edge].per_second);
  Shape& ring = list.path(tracks_[*edge].path, {}, colors().focus, width + 9);
  ring.tag = QString{"reached edge %1"}.arg(graph_.edges[*edge].edges.front());
  ring.round_caps = true;
  list.path(tracks_[*edge].path, {}, colors().panel, width + 6).round_caps = true;
}

QColor ServiceGraphView::path_color() const {
  return faded(colors().focus, colors().shade == Shade::Dark ? 0.26 : 0.2);
}

qreal ServiceGraphView::draw_path_key(DisplayList& list, qreal left) const {
  const Theme& c = colors();
  const auto entry = [&](const QString& text, const QVector<qreal>& dash, const char* tag) {
    list.line({left, kHeaderMiddle}, {left + 26, kHeaderMiddle}, path_color(), 8).dash = dash;
    list.line({left, kHeaderMiddle}, {left + 26, kHeaderMiddle}, c.state(State::Healthy), 1.4);
    const qreal from = left + 34;
    left = list.words(from, kHeaderMiddle, text, Type::Body, c.mid);
    const qreal height = height_of(Type::Body);
    list.target({from, kHeaderMiddle - height / 2, left - from, height}, {}, tag).says = text;
    left += 20;
  };
  entry(path_->users ? tr("Hurt with it: %1, and users").arg(path_->hurt)
                     : tr("Hurt with it: %1").arg(path_->hurt),
        {}, "path hurt");
  entry(tr("It needs: %1").arg(path_->needed), kNeededDash, "path needed");
  return list.words(left, kHeaderMiddle,
                    shown().only_path ? tr("P: all services") : tr("P: only these"), Type::Body,
                    c.low);
}

void ServiceGraphView::draw_edge(DisplayList& list, std::size_t edge) const {
  const Theme& c = colors();
  const EdgeNow& now = edges_now_[edge];
  const Track& track = tracks_[edge];
  const qreal width = edge_width(now.per_second);
  const bool cut = now.open > 0 && now.per_second == 0;
  QColor color = c.state(now.state);
  if (cut) color = c.low;
  if (now.state != State::Healthy && !cut) {
    Shape& glow = list.path(track.path, {}, faded(color, c.shade == Shade::Dark ? 0.16 : 0.12),
                            width + (now.state == State::Failing ? 9 : 7));
    glow.round_caps = true;
  }
  // What has nothing to do with the selected service stands back.
  const bool apart = path_ && path_->edges[edge] == Reach::Apart;
  const double alpha =
      (apart ? 0.4 : 1) * (now.state != State::Healthy || cut ? 1
                           : now.per_second > 0 ? (c.shade == Shade::Dark ? 0.85 : 0.75)
                                                : 0.4);
  Shape& line = list.path(track.path, {}, faded(color, alpha), width);
  line.tag = QString{"edge %1"}.arg(graph_.edges[edge].edges.front());
  line.thing = thing_of_edge(edge);
  line.state = now.state;
  if (now.state == State::Failing) line.dash = {5, 2.5};
  if (cut) line.dash = {1, 3};
  // Where it leaves its caller.
  QPainterPath port;
  port.addEllipse(track.points.front(), 2.2, 2.2);
  list.path(port, faded(color, alpha));
}

void ServiceGraphView::draw_breaker(DisplayList& list, std::size_t edge) const {
  const EdgeNow& now = edges_now_[edge];
  if (now.open + now.trying == 0) return;
  const Theme& c = colors();
  const bool trying = now.open == 0;
  const QColor color = c.state(trying ? State::Recovering : State::Failing);
  const Track& track = tracks_[edge];
  const QPointF at = track.points[track.points.size() / 2];
  const QRectF box{at.x() - 17, at.y() - 10, 34, 20};
  Shape& lever_box = list.box(box, 10, c.panel, color, 1.4);
  lever_box.tag = QString{"breaker %1"}.arg(graph_.edges[edge].edges.front());
  draw_breaker_lever(list, at, trying ? LeverPosition::HalfOpen : LeverPosition::Open, color);
}

void ServiceGraphView::draw_words_of_edge(DisplayList& list, std::size_t edge,
                                          const QTransform& place) const {
  const Theme& c = colors();
  const EdgeNow& now = edges_now_[edge];
  const Track& track = tracks_[edge];
  if (!graph_.edges[edge].from) {
    const QPointF start = place.map(track.points.front());
    const qreal high = height_of(Type::Small);
    const qreal wide = width_of(tr("users"), Type::Small);
    const qreal card = place.map(track.points.back()).x();
    // A badge of the card goes beyond it.
    list.text({std::min(start.x() - 4, card - 15 - wide), start.y() - 8 - high, wide + 1, high},
              tr("users"), Type::Small, c.low);
  }
  if (now.open + now.trying == 0) return;
  const bool trying = now.open == 0;
  const QColor color = c.state(trying ? State::Recovering : State::Failing);
  QString text = tr("half-open");
  if (!trying) {
    const Instant since =
        Instant::at(Duration::seconds(static_cast<std::int64_t>(*now.open_since)));
    text = tr("open %1 s")
               .arg(QString::number(std::max(0.0, to_seconds(shown().moment->at - since)), 'f', 0));
  }
  const QPointF at = track.points[track.points.size() / 2];
  const qreal w = width_of(text, Type::SmallStrong) + 10;
  const QPointF below = place.map(at + QPointF{0, 14});
  const QRectF label{below.x() - w / 2, below.y(), w, 17};
  list.box(label, 5, c.panel);
  list.text(label, text, Type::SmallStrong, color, Qt::AlignHCenter);
}

QString ServiceGraphView::value_of(std::uint32_t card) const {
  const ServiceNow& now = cards_now_[card];
  if (graph_.cards[card].is_group) {
    const auto bad =
        std::count_if(graph_.cards[card].services.begin(), graph_.cards[card].services.end(),
                      [&](std::uint32_t s) { return is_bad(shown().moment->services[s].state); });
    return bad == 0 ? tr("%1 err").arg(percent_text(now.calls.error_share()))
                    : tr("%1 not well").arg(bad);
  }
  if (now.state == State::Lost) return tr("no ready pod");
  if (now.state == State::Starting && !now.pods.empty()) {
    return tr("%1 of %2 pods").arg(now.ready).arg(now.pods.size());
  }
  return tr("%1 err").arg(percent_text(now.calls.error_share()));
}

QString ServiceGraphView::figure_of(std::uint32_t card) const {
  const ServiceNow& now = cards_now_[card];
  if (graph_.cards[card].is_group || now.state == State::Lost || now.state == State::Starting) {
    return {};
  }
  return percent_text(now.calls.error_share());
}

void ServiceGraphView::draw_card(DisplayList& list, std::uint32_t index) const {
  const Theme& c = colors();
  const ServiceNow& now = cards_now_[index];
  const Card& what = graph_.cards[index];
  const QRectF card = card_rect(index);
  const bool loud = now.state == State::Failing || now.state == State::Lost;
  const bool plain = now.state == State::Healthy;
  const bool selected = shown().selected && std::find(what.services.begin(), what.services.end(),
                                                      *shown().selected) != what.services.end();
  if (selected) {
    list.box(card.adjusted(-5.5, -5.5, 5.5, 5.5), 13, {}, c.focus, 1.6).tag = "selection";
  }
  const QColor edge_color = plain ? c.line : c.state(now.state);
  if (what.is_group) {
    // A pile of cards.
    list.box(card.translated(5, -5), 9, c.card, faded(edge_color, 0.6));
  }
  list.box(card, 9, c.panel);
  Shape& box = list.box(card, 9, c.fill_of(now.state), edge_color, loud ? 1.8 : plain ? 1 : 1.3);
  const QString full_name = QString::fromStdString(what.name);
  box.tag = (what.is_group ? "group " : "card ") + full_name;
  box.action =
      what.is_group ? "group " + full_name : QString{"select %1"}.arg(what.services.front());
  if (!what.is_group) box.thing = "service " + full_name;
  box.state = now.state;
  box.says =
      tr("%1, %2, %3 errors, %4")
          .arg(short_name(what.name), name_of(now.state), percent_text(now.calls.error_share()),
               what.is_group ? tr("%1 services").arg(what.services.size())
                             : tr("%1 of %2 pods ready").arg(now.ready).arg(now.pods.size()));
  if (now.state == State::Draining) box.dash = {3, 2};
}

void ServiceGraphView::draw_words_of_card(DisplayList& list, std::uint32_t index,
                                          const QRectF& card, double scale) const {
  const Theme& c = colors();
  const ServiceNow& now = cards_now_[index];
  const Card& what = graph_.cards[index];
  const qreal first = card.top() + 0.34 * card.height();
  const qreal second = card.top() + 0.7 * card.height();
  const qreal glyph = card.left() + 10.5 * scale + 7.5;
  list.glyph(now.state, {glyph, first}, 15);
  const qreal left = glyph + 7.5 + 7.5 * scale;
  const qreal right = card.right() - 10 * scale;
  const QString name = short_name(what.name);
  // A long name is a little smaller before it takes the place of the pods, and before it is cut.
  std::size_t ticks = scale >= kTicksFrom ? std::min(kTicksMost, now.pods.size()) : 0;
  constexpr qreal kTick = 4.5;
  const auto ticks_left = [&] { return right - static_cast<qreal>(ticks) * kTick; };
  const auto room = [&] { return (ticks > 0 ? ticks_left() - 3 : right) - left; };
  constexpr std::array kTypes{Type::Name, Type::BodyStrong, Type::SmallStrong};
  const auto type_that_fits = [&] {
    return std::find_if(kTypes.begin(), kTypes.end(),
                        [&](Type type) { return width_of(name, type) <= room(); });
  };
  auto type = type_that_fits();
  if (type == kTypes.end()) {
    ticks = 0;
    type = type_that_fits();
  }
  const Type name_type = type == kTypes.end() ? Type::SmallStrong : *type;
  // Pods, at most a dozen: where there are more, one stands for several, the worst of them.
  for (std::size_t i = 0; i < ticks; ++i) {
    const std::size_t last = (i + 1) * now.pods.size() / ticks - 1;
    const State state = now.pods[last];
    const QRectF tick{ticks_left() + static_cast<qreal>(i) * kTick + 1, first - 4.5, 3.2, 9};
    const QColor& color = c.state(state);
    if (state == State::Lost || state == State::Starting || state == State::Draining) {
      list.box(tick, 0.8, {}, color, 0.9).state = state;
    } else {
      list.box(tick, 0.8, color).state = state;
    }
  }
  const QString full_name = QString::fromStdString(what.name);
  const qreal name_height = height_of(name_type);
  list.text({left, first - name_height / 2, room(), name_height}, name, name_type, c.high).tag =
      "name " + full_name;
  const bool plain = now.state == State::Healthy;
  const bool idle = now.per_second == 0 && now.calls.ended == 0;
  const qreal height = height_of(Type::Small);
  qreal value_left = right + 6;
  if (!idle || !plain) {
    const Type value_type = plain ? Type::Small : Type::SmallStrong;
    const qreal wide = std::min(width_of(value_of(index), value_type), right - left);
    value_left = right - wide;
    list.text({value_left - 1, second - height / 2, wide + 1, height}, value_of(index), value_type,
              plain ? c.low : c.text_of(now.state), Qt::AlignRight)
        .tag = "value " + full_name;
  }
  const QString calls = what.is_group ? tr("%1 services").arg(what.services.size())
                        : idle        ? tr("no calls")
                                      : rate_text(now.per_second);
  // Where there is no room for both, even below the glyph, how it fares says more.
  const qreal wide = width_of(calls, Type::Small);
  const qreal room_right = value_left - 6;
  const qreal from = left + wide <= room_right ? left : card.left() + 10.5 * scale;
  if (from + wide > room_right) return;
  list.text({from, second - height / 2, wide + 1, height}, calls, Type::Small,
            idle && !what.is_group ? c.low : c.mid)
      .tag = "calls " + full_name;
}

void ServiceGraphView::draw_badge(DisplayList& list, std::uint32_t index,
                                  const QRectF& card) const {
  const ServiceNow& now = cards_now_[index];
  if (!now.arrival) return;
  const Theme& c = colors();
  const QColor& color = c.state(now.state);
  const QString offset = offset_text(now.arrival->after);
  const qreal width = 23 + width_of(offset, Type::Mono) + 9;
  // On a small card it is higher, so that the glyph has its place.
  const qreal higher = 0.2 * std::max(0.0, kCard.height() - card.height());
  const QRectF badge{card.left() - 6, card.top() - 15 - higher, width, 20};
  Shape& pill = list.box(badge, 10, c.window, color, 1.4);
  pill.tag = "badge " + QString::fromStdString(graph_.cards[index].name);
  QPainterPath disc;
  disc.addEllipse(QPointF{badge.left() + 10, badge.center().y()}, 7.2, 7.2);
  list.path(disc, color);
  const QRectF number{badge.left() + 2, badge.top(), 16, badge.height()};
  list.text(number, QString::number(now.arrival->order), Type::SmallStrong, c.window,
            Qt::AlignHCenter);
  list.text({badge.left() + 22, badge.top(), width - 24, badge.height()}, offset, Type::Mono,
            c.high);
}

void ServiceGraphView::draw_small_card(DisplayList& list, std::uint32_t index,
                                       const QRectF& where) const {
  const Theme& c = colors();
  const ServiceNow& now = cards_now_[index];
  const Card& what = graph_.cards[index];
  if (where.width() < kNameFrom) {
    list.glyph(now.state, where.center(), std::min(11.0, where.height() * 0.6));
  } else {
    const qreal height = height_of(Type::Small);
    list.glyph(now.state, {where.left() + 9, where.center().y()}, 10);
    const qreal left = where.left() + kSmallNameAt;
    qreal right = where.right() - 2;
    // How it fares, if that is not well and there is room for it, at least for its figure.
    const QString name = short_name(what.name);
    QString value = value_of(index);
    const qreal room = right - 4 - left - width_of(name, Type::Small) - 6;
    if (width_of(value, Type::SmallStrong) > room) value = figure_of(index);
    const qreal wide = width_of(value, Type::SmallStrong);
    if (now.state != State::Healthy && !value.isEmpty() && wide <= room) {
      right -= 4 + wide;
      list.text({right - 1, where.center().y() - height / 2, wide + 1, height}, value,
                Type::SmallStrong, c.text_of(now.state), Qt::AlignRight)
          .tag = "small value " + QString::fromStdString(what.name);
    }
    list.text({left, where.center().y() - height / 2, right - left, height}, name, Type::Small,
              c.high)
        .tag = "small name " + QString::fromStdString(what.name);
  }
  if (!now.arrival) return;
  const QPointF at = where.topLeft() + QPointF{1, -1};
  const QRectF number{at.x() - 8, at.y() - 8, 16, 16};
  list.box(number, 8, c.state(now.state), c.window, 1.2).tag =
      "badge " + QString::fromStdString(what.name);
  list.text(number, QString::number(now.arrival->order), Type::SmallStrong, c.window,
            Qt::AlignHCenter);
}

std::vector<Layer> ServiceGraphView::moving_layers() const {
  // At full speed dots would jump about and say nothing.
  if (!has_moment() || edges_now_.size() != tracks_.size() || shown().speed == 0) return {};
  if (tracks_.empty()) return {};
  const Theme& c = colors();
  Layer layer;
  layer.transform = view_of_graph();
  layer.clip = QRectF{1, kGraphTop - 4, width() - 2.0, height() - kGraphTop - kFooterHeight + 4};
  const double now_s = to_seconds(shown().at.since_start());
  constexpr std::size_t kDotsMost = 300;
  const std::size_t per_edge = std::clamp<std::size_t>(kDotsMost / tracks_.size(), 1, 3);
  const double scale = layer.transform.m11();
  for (std::size_t e = 0; e < tracks_.size(); ++e) {
    const EdgeNow& edge = edges_now_[e];
    if ((edge.per_second == 0 && edge.error_share == 0) || !is_edge_shown(e)) continue;
    const Track& track = tracks_[e];
    const auto dots = std::min<std::size_t>(per_edge, edge.per_second < 2    ? 1
                                                      : edge.per_second < 20 ? 2
                                                                             : 3);
    for (std::size_t k = 0; k < dots; ++k) {
      // Edges are out of step, so that no wave runs through the picture.
      double phase = static_cast<double>(k) / static_cast<double>(dots) +
                     std::fmod(static_cast<double>(e) * 0.618, 1.0);
      if (!shown().reduced_motion) phase += now_s / travel_seconds(edge.p50);
      const double whole = std::floor(phase);
      const auto at =
          static_cast<std::size_t>((phase - whole) * static_cast<double>(track.points.size() - 1));
      const QPointF point = track.points[at];
      if (shown().reduced_motion) {
        const QColor color =
            edge.state == State::Healthy
                ? c.state(State::Healthy).lighter(c.shade == Shade::Dark ? 165 : 90)
                : c.state(edge.state);
        draw_arrowhead(layer.list, track.points[std::max<std::size_t>(at, 1) - 1], point, color);
        continue;
      }
      // Of the dots that pass, as large a share fails as of the calls.
      const double draw = std::fmod(whole * 0.618 + static_cast<double>(k) * 0.33, 1.0);
      if (draw < edge.error_share) {
        draw_cross(layer.list, point, 3.2, c.state(State::Failing), 1.7);
      } else {
        QPainterPath dot;
        dot.addEllipse(point, 2.1 / std::min(1.0, scale), 2.1 / std::min(1.0, scale));
        const QColor color =
            edge.state == State::Degraded
                ? c.state(State::Degraded)
                : c.state(State::Healthy).lighter(c.shade == Shade::Dark ? 165 : 90);
        layer.list.path(dot, color);
      }
    }
  }
  std::vector<Layer> layers;
  layers.push_back(std::move(layer));
  return layers;
}

std::vector<std::size_t> ServiceGraphView::edges_beside() const {
  const auto selected = shown().selected ? graph_.card_of(*shown().selected) : std::nullopt;
  if (shown().selected && !selected) return {};
  constexpr std::uint32_t kUsers = 0xffff'ffff;
  const std::uint32_t here = selected.value_or(kUsers);
  struct Beside {
    bool into = false;
    qreal height = 0;
    std::size_t edge = 0;
  };
  std::vector<Beside> found;
  for (std::size_t e = 0; e < graph_.edges.size(); ++e) {
    const CardEdge& ends = graph_.edges[e];
    const bool into = ends.to == here;
    if ((!into && ends.from.value_or(kUsers) != here) || !is_edge_shown(e)) continue;
    const QPointF other = into ? tracks_[e].points.front() : tracks_[e].points.back();
    found.push_back({into, other.y(), e});
  }
  std::stable_sort(found.begin(), found.end(), [](const Beside& a, const Beside& b) {
    return std::pair{a.into, a.height} < std::pair{b.into, b.height};
  });
  std::vector<std::size_t> edges;
  for (const Beside& beside : found) edges.push_back(beside.edge);
  return edges;
}

std::optional<std::size_t> ServiceGraphView::edge_reached() const {
  if (!reached_ || !has_moment() || edges_now_.size() != graph_.edges.size()) return std::nullopt;
  for (const std::size_t edge : edges_beside()) {
    if (graph_.edges[edge].edges.front() == *reached_) return edge;
  }
  return std::nullopt;
}

std::optional<ServiceGraphView::ReachedEdge> ServiceGraphView::reached_edge() const {
  const auto edge = edge_reached();
  if (!edge) return std::nullopt;
  const std::vector<QPointF>& points = tracks_[*edge].points;
  return ReachedEdge{thing_of_edge(*edge), view_of_graph().map(points[points.size() / 2]),
                     text_of_edge(*edge)};
}

QString ServiceGraphView::thing_of_edge(std::size_t edge) const {
  if (graph_.edges[edge].edges.size() != 1) return {};
  const recording::Scene& scene = run_->scene();
  const auto& ends = scene.edges[graph_.edges[edge].edges.front()];
  const std::string from = ends.from == recording::kOutside ? "clients" : scene.services[ends.from];
  return QString::fromStdString("edge " + from + " " + scene.services[ends.to]);
}

QString ServiceGraphView::text_of_edge(std::size_t edge) const {
  const CardEdge& ends = graph_.edges[edge];
  const EdgeNow& now = edges_now_[edge];
  QStringList said{(ends.from ? short_name(graph_.cards[*ends.from].name) : tr("users")) +
                   QStringLiteral(" → ") + short_name(graph_.cards[ends.to].name)};
  if (now.per_second == 0) {
    said << tr("no calls");
  } else {
    said << rate_text(now.per_second) << tr("%1 err").arg(percent_text(now.error_share))
         << QStringLiteral("p50 ") + latency_text(now.p50);
  }
  if (ends.edges.size() > 1) said << tr("%1 call paths").arg(count_text(ends.edges.size()));
  if (now.open > 0) said << tr("breaker open");
  if (now.open == 0 && now.trying > 0) said << tr("half-open");
  return said.join(QStringLiteral(" · "));
}

bool ServiceGraphView::leave_edge() {
  if (!reached_) return false;
  reached_.reset();
  setAccessibleDescription({});
  refresh();
  return true;
}

void ServiceGraphView::go_to_edge(int direction) {
  const std::vector<std::size_t> edges = edges_beside();
  if (edges.empty() || !has_moment()) return;
  const auto here = edge_reached();
  const auto at = here ? std::find(edges.begin(), edges.end(), *here) : edges.end();
  const auto count = static_cast<std::ptrdiff_t>(edges.size());
  const std::ptrdiff_t from = at == edges.end() ? (direction > 0 ? -1 : 0) : at - edges.begin();
  const std::size_t edge = edges[static_cast<std::size_t>((from + direction + count) % count)];
  reached_ = graph_.edges[edge].edges.front();
  setAccessibleDescription(text_of_edge(edge));
  refresh();
}

void ServiceGraphView::go_along_edge() {
  const CardEdge& ends = graph_.edges[*edge_reached()];
  const auto selected = shown().selected ? graph_.card_of(*shown().selected) : std::nullopt;
  const auto other = ends.from == selected ? std::optional{ends.to} : ends.from;
  (void)leave_edge();
  if (!on_action) return;
  on_action(other ? QString{"select %1"}.arg(graph_.cards[*other].services.front())
                  : QStringLiteral("select users"));
}

void ServiceGraphView::keyPressEvent(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_N:
      return go_to_edge(event->modifiers() & Qt::ShiftModifier ? -1 : 1);
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (edge_reached()) return go_along_edge();
      break;
    case Qt::Key_Escape:
      if (edge_reached()) {
        (void)leave_edge();
        return;
      }
      break;
    default:
      break;
  }
  Canvas::keyPressEvent(event);
}

bool ServiceGraphView::focusNextPrevChild(bool next) {
  (void)leave_edge();
  return Canvas::focusNextPrevChild(next);
}

bool ServiceGraphView::is_tab_stop(const Shape& shape) const {
  return !shape.tag.startsWith("card ");
}

void ServiceGraphView::wheelEvent(QWheelEvent* event) {
  zoom(std::pow(1.0015, event->angleDelta().y()), event->position());
  event->accept();
}

void ServiceGraphView::mousePressEvent(QMouseEvent* event) {
  Canvas::mousePressEvent(event);
  drag_ = event->position();
}

void ServiceGraphView::mouseMoveEvent(QMouseEvent* event) {
  if (drag_ && (event->buttons() & Qt::LeftButton) != 0) {
    pan_ += event->position() - *drag_;
    drag_ = event->position();
    refresh();
    return;
  }
  Canvas::mouseMoveEvent(event);
}

void ServiceGraphView::mouseReleaseEvent(QMouseEvent* event) {
  drag_.reset();
  Canvas::mouseReleaseEvent(event);
}

}  // namespace orrery::gui
