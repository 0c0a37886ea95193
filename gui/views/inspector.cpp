#include "gui/views/inspector.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "gui/views/drawer.h"
#include "gui/views/words.h"

namespace orrery::gui {
namespace {

constexpr qreal kGap = 22;
constexpr std::size_t kChartSeconds = 90;
constexpr std::size_t kBeforeSeconds = 30;

Instant instant_of(std::size_t second) {
  return Instant::at(Duration::seconds(static_cast<std::int64_t>(second)));
}

/// A little above the greatest value, and round.
double nice_above(double value) {
  if (value <= 0) return 1;
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 8.0, 10.0}) {
    if (value <= step * power) return step * power;
  }
  return 10 * power;
}

}  // namespace

InspectorView::InspectorView(const Shown& shown, QWidget* parent) : Canvas{shown, parent} {
  setAccessibleName(tr("Inspector"));
}

CallSecond InspectorView::second(std::size_t second) const {
  const History& history = shown().run->history();
  return shown().selected ? history.service(*shown().selected, second) : history.users(second);
}

std::optional<CallSecond> InspectorView::other_second(std::size_t second) const {
  const RecordedRun* other = shown().other;
  if (other == nullptr || second >= other->history().seconds()) return std::nullopt;
  if (!shown().selected) return other->history().users(second);
  const auto service = service_in(*other, *shown().run, *shown().selected);
  if (!service) return std::nullopt;
  return other->history().service(*service, second);
}

CallSum InspectorView::sum(std::size_t second, std::size_t length) const {
  const History& history = shown().run->history();
  return shown().selected ? history.service_sum(*shown().selected, second, length)
                          : history.users_sum(second, length);
}

std::size_t InspectorView::first_second() const {
  // A window that stands still while time moves through most of it.
  const auto now = static_cast<std::size_t>(to_seconds(shown().at.since_start()));
  const std::size_t back = now < 60 ? 0 : (now - 60) / 15 * 15;
  return back;
}

std::vector<Layer> InspectorView::still_layers() const {
  std::vector<Layer> layers(1);
  DisplayList& list = layers[0].list;
  draw_panel(list);
  if (!has_moment()) return layers;
  draw_header(list);
  const auto at = second_at(*shown().run, shown().at);
  if (!at) return layers;

  const Theme& c = colors();
  const Moment& moment = *shown().moment;
  const CallSecond now = second(*at);
  const CallSum judged = shown().selected ? moment.services[*shown().selected].calls : sum(*at, 1);
  // What it was before the failure that goes on, else a minute ago.
  std::size_t before = *at > 60 ? *at - 60 : 0;
  if (!moment.why.empty()) {
    const auto fault = static_cast<std::size_t>(to_seconds(moment.why.front().at.since_start()));
    if (fault > 0 && fault <= *at) before = fault - 1;
  }
  const CallSum earlier = sum(before, kBeforeSeconds);
  const double span = static_cast<double>(std::min(before + 1, kBeforeSeconds));
  const double was_rate = static_cast<double>(earlier.started) / span;

  const State state = state_of_errors(judged);
  const Duration p99 = recording::latency_of(now.p99);
  const Duration was_p99 = recording::latency_of(second(before).p99);
  struct Column {
    QString title;
    QString value;
    QString was;
    QColor color;
  };
  const bool slow = was_p99 > Duration{} && p99 > was_p99 * 3;
  const std::array<Column, 3> columns{
      {{tr("Requests"), rate_text(now.started), tr("was %1").arg(rate_text(was_rate)), c.high},
       {tr("Errors"), percent_text(judged.error_share()),
        tr("was %1").arg(percent_text(earlier.error_share())),
        state == State::Healthy ? c.high : c.state(state)},
       {tr("Latency p50 p95 p99"), latency_text(p99), tr("was %1").arg(latency_text(was_p99)),
        slow ? c.state(State::Degraded) : c.high}}};

  std::array<QString, 3> beside{columns[0].was, columns[1].was, columns[2].was};
  if (const auto other = other_second(*at)) {
    const CallSum calls{other->started, other->ended, other->failed};
    beside = {"B " + rate_text(other->started), "B " + percent_text(calls.error_share()),
              "B " + latency_text(recording::latency_of(other->p99))};
  }
  const std::size_t first = first_second();
  const std::size_t known = shown().run->history().seconds();
  std::array<std::vector<Line>, 3> lines;
  Line rate{{}, c.state(State::Healthy).lighter(c.shade == Shade::Dark ? 160 : 100), {}};
  Line errors{{}, c.state(State::Failing), {}};
  Line p50{{}, c.low, QStringLiteral("p50")};
  Line p95{{}, c.mid, QStringLiteral("p95")};
  Line p99_line{{}, slow ? c.state(State::Degraded) : c.high, QStringLiteral("p99")};
  for (std::size_t s = first; s < std::min(known, first + kChartSeconds); ++s) {
    const CallSecond figures = second(s);
    rate.values.push_back(figures.started);
    errors.values.push_back(sum(s, 1).error_share());
    p50.values.push_back(to_seconds(recording::latency_of(figures.p50)) * 1000);
    p95.values.push_back(to_seconds(recording::latency_of(figures.p95)) * 1000);
    p99_line.values.push_back(to_seconds(recording::latency_of(figures.p99)) * 1000);
  }
  Line other_rate{{}, c.mid, {}, true};
  Line other_errors{{}, c.mid, {}, true};
  Line other_p99{{}, c.mid, {}, true};
  for (std::size_t s = first; s < first + kChartSeconds; ++s) {
    const auto figures = other_second(s);
    if (!figures) break;
    const CallSum calls{figures->started, figures->ended, figures->failed};
    other_rate.values.push_back(figures->started);
    other_errors.values.push_back(calls.error_share());
    other_p99.values.push_back(to_seconds(recording::latency_of(figures->p99)) * 1000);
  }
  const auto most = [](const Line& line) {
    return line.values.empty() ? 0.0 : *std::max_element(line.values.begin(), line.values.end());
  };
  const double rate_most = nice_above(std::max(most(rate), most(other_rate)));
  const double error_most = std::max(0.05, nice_above(std::max(most(errors), most(other_errors))));
  const double latency_most = nice_above(std::max(most(p99_line), most(other_p99)));
  lines[0] = {rate};
  lines[1] = {errors};
  lines[2] = {p50, p95, p99_line};
  if (shown().other != nullptr) {
    lines[0].push_back(other_rate);
    lines[1].push_back(other_errors);
    lines[2].push_back(other_p99);
  }
  const std::array<double, 3> mosts{rate_most, std::min(1.0, error_most), latency_most};
  const std::array<QString, 3> tops{
      rate_text(rate_most), percent_text(std::min(1.0, error_most)),
      latency_text(Duration::microseconds(static_cast<std::int64_t>(latency_most * 1000)))};

  for (std::size_t i = 0; i < columns.size(); ++i) {
    const qreal left = column_left(i);
    const qreal column = column_width();
    const QRectF title{left, 52, column, 18};
    const bool narrow = width_of(columns[i].title, Type::BodyMedium) > column;
    list.text(title, narrow ? tr("Latency") : columns[i].title, Type::BodyMedium, c.mid).says =
        columns[i].title + ": " + columns[i].value + ", " + beside[i];
    const qreal value_right =
        list.words(left, 87, columns[i].value, Type::Number, columns[i].color);
    // A figure that would be cut is worse than none.
    const qreal beside_room = left + column - value_right - 8;
    if (width_of(beside[i], Type::Small) <= beside_room) {
      list.text({value_right + 8, 82, beside_room, 18}, beside[i], Type::Small, c.low,
                Qt::AlignRight);
    }
    const QRectF chart = chart_rect(i);
    if (chart.height() > 20) draw_chart(list, chart, lines[i], mosts[i], i != 2, tops[i]);
  }
  return layers;
}

qreal InspectorView::column_width() const { return (width() - 2 * kPadding - 2 * kGap) / 3; }

qreal InspectorView::column_left(std::size_t column) const {
  return kPadding + static_cast<qreal>(column) * (column_width() + kGap);
}

QRectF InspectorView::chart_rect(std::size_t column) const {
  // Behind the last one stand the names of its lines.
  const qreal names = column == 2 ? 26 : 0;
  return {column_left(column), 124, column_width() - names, height() - 124 - 40.0};
}

void InspectorView::draw_header(DisplayList& list) const {
  const Theme& c = colors();
  const Moment& moment = *shown().moment;
  QString name = tr("Users");
  QString more = tr("all requests from outside");
  QString brief;
  State state = State::Healthy;
  if (shown().selected) {
    const ServiceNow& service = moment.services[*shown().selected];
    name = short_name(shown().run->scene().services[*shown().selected]);
    state = service.state;
    more = tr("%1 of %2 pods ready").arg(service.ready).arg(service.pods.size());
    brief = tr("%1/%2 pods").arg(service.ready).arg(service.pods.size());
  } else if (const auto at = second_at(*shown().run, shown().at)) {
    state = state_of_errors(sum(*at, 1));
  }
  list.glyph(state, {kPadding + 8, kHeaderMiddle}, 16).tag = "inspected";
  const qreal links = draw_drawer_links(list, width() - kPadding, kHeaderMiddle, c);
  const qreal left = kPadding + 26;
  const qreal x = std::min(left + width_of(name, Type::Heading), links);
  const qreal high = height_of(Type::Heading);
  list.text({left, kHeaderMiddle - high / 2, x - left + 1, high}, name, Type::Heading, c.high).tag =
      "inspected name";
  if (x + 12 + width_of(more, Type::Body) > links) more = brief;
  qreal end = x;
  if (x + 12 + width_of(more, Type::Body) <= links) {
    end = list.words(x + 12, kHeaderMiddle, more, Type::Body, c.mid);
  }
  const QString all = tr("All users");
  if (shown().selected && end + 16 + width_of(all, Type::BodyMedium) < links) {
    const qreal from = list.words_before(links, kHeaderMiddle, all, Type::BodyMedium, c.accent);
    list.target({from - 6, 12, links - from + 12, 28}, "select users", "all users");
  }
}

void InspectorView::draw_chart(DisplayList& list, const QRectF& box, const std::vector<Line>& lines,
                               double most, bool filled, const QString& unit_top) const {
  const Theme& c = colors();
  const std::size_t first = first_second();
  const auto x_of = [&](double seconds) {
    return box.left() + (seconds - static_cast<double>(first)) / kChartSeconds * box.width();
  };
  const double now_s = to_seconds(shown().at.since_start());
  list.line(box.topLeft(), box.topRight(), c.line);
  list.line({box.left(), box.center().y()}, {box.right(), box.center().y()}, c.line);
  list.line(box.bottomLeft(), box.bottomRight(), c.line);
  list.text({box.left(), box.top() - 15, box.width(), 14}, unit_top, Type::Small, c.low);

  std::vector<std::pair<qreal, const Line*>> labels;  // By height.
  for (const Line& line : lines) {
    if (line.ghost) {
      QPainterPath whole;
      for (std::size_t i = 0; i < line.values.size(); ++i) {
        const QPointF point{
            x_of(static_cast<double>(first + i) + 1),
            box.bottom() - std::min(1.0, line.values[i] / most) * (box.height() - 4)};
        i == 0 ? whole.moveTo(point) : whole.lineTo(point);
      }
      Shape& ghost = list.path(whole, {}, line.color, 1.2);
      ghost.dash = {3, 3};
      ghost.tag = "ghost";
      continue;
    }
    QPainterPath past;
    QPainterPath ahead;
    QPointF last;
    for (std::size_t i = 0; i < line.values.size(); ++i) {
      const double seconds = static_cast<double>(first + i) + 1;
      const QPointF point{x_of(seconds),
                          box.bottom() - std::min(1.0, line.values[i] / most) * (box.height() - 4)};
      if (seconds <= now_s) {
        i == 0 ? past.moveTo(point) : past.lineTo(point);
      } else {
        if (ahead.isEmpty()) ahead.moveTo(i == 0 ? point : last);
        ahead.lineTo(point);
      }
      last = point;
    }
    if (!past.isEmpty()) {
      if (filled) {
        QPainterPath area = past;
        area.lineTo(past.currentPosition().x(), box.bottom());
        area.lineTo(past.elementAt(0).x, box.bottom());
        area.closeSubpath();
        list.path(area, faded(line.color, 0.16));
      }
      list.path(past, {}, line.color, 1.6);
    }
    if (!ahead.isEmpty()) list.path(ahead, {}, faded(line.color, 0.45), 1.1).dash = {3, 3};
    if (!line.name.isEmpty() && !last.isNull()) labels.emplace_back(last.y(), &line);
  }
  // Names at the ends of their lines, one below the other where they would touch.
  std::stable_sort(labels.begin(), labels.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  constexpr qreal kLabel = 13;
  qreal lowest = box.bottom();
  auto above = static_cast<qreal>(labels.size());
  for (const auto& [wanted, line] : labels) {
    --above;
    const qreal y = std::min(std::max(wanted, box.top() + 6 + kLabel * above), lowest);
    lowest = y - kLabel;
    list.text({box.right() + 5, y - 7, 24, 14}, line->name, Type::Small, line->color);
  }
  for (const FaultSpan& fault : shown().run->events().faults()) {
    const double at = to_seconds(fault.from.since_start());
    if (at < static_cast<double>(first) || at > static_cast<double>(first + kChartSeconds))
      continue;
    Shape& mark = list.line({x_of(at), box.top()}, {x_of(at), box.bottom()}, c.mid, 1);
    mark.dash = {2, 3};
  }
}

std::vector<Layer> InspectorView::moving_layers() const {
  if (!has_moment() || !second_at(*shown().run, shown().at) || chart_rect(0).height() <= 20) {
    return {};
  }
  std::vector<Layer> layers(1);
  for (std::size_t i = 0; i < 3; ++i) draw_now(layers[0].list, chart_rect(i));
  return layers;
}

void InspectorView::draw_now(DisplayList& list, const QRectF& box) const {
  const Theme& c = colors();
  const std::size_t first = first_second();
  const double now_s = to_seconds(shown().at.since_start());
  const qreal x = box.left() + (now_s - static_cast<double>(first)) / kChartSeconds * box.width();
  list.line({x, box.top()}, {x, box.bottom()}, c.focus, 1.4);

  const qreal middle = box.bottom() + 16;
  const QString from = minute_text(instant_of(first));
  const QString to = minute_text(instant_of(first + kChartSeconds));
  const QString now = minute_text(shown().at);
  const qreal now_half = width_of(now, Type::Mono) / 2;
  const qreal now_x = std::clamp(x, box.left() + now_half, box.right() - now_half);
  if (now_x - now_half > box.left() + width_of(from, Type::Mono) + 4) {
    list.words(box.left(), middle, from, Type::Mono, c.low);
  }
  if (now_x + now_half < box.right() - width_of(to, Type::Mono) - 4) {
    list.words_before(box.right(), middle, to, Type::Mono, c.low);
  }
  list.words(now_x - now_half, middle, now, Type::Mono, c.high);
}

}  // namespace orrery::gui
