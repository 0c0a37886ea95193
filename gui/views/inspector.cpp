#include "gui/views/inspector.h"

#include <QFontMetricsF>
#include <algorithm>
#include <cmath>
#include <utility>

#include "gui/views/drawer.h"
#include "gui/views/words.h"

namespace orrery::gui {
namespace {

constexpr qreal kGap = 22;
constexpr std::size_t kChartSeconds = 90;
constexpr std::size_t kBeforeSeconds = 30;
constexpr qreal kChoiceMiddle = 59;
constexpr qreal kLeastChart = 20;
constexpr qreal kChartDown = 72;  ///< Of a chart, from the top of its figure.
constexpr qreal kTimesHeight = 40;
constexpr qreal kChartWithTimes = 48;  ///< A lower one has none.

double to_ms(Duration duration) { return to_seconds(duration) * 1000; }

Duration from_ms(double ms) { return Duration::microseconds(static_cast<std::int64_t>(ms * 1000)); }

Instant instant_of(std::size_t second) {
  return Instant::at(Duration::seconds(static_cast<std::int64_t>(second)));
}

/// Of a line that shows nothing bad, to be told from what is filled below it.
QColor calm_line(const Theme& theme) {
  return theme.state(State::Healthy).lighter(theme.shade == Shade::Dark ? 160 : 100);
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

double InspectorView::most_of(const std::vector<Line>& lines) {
  double most = 0;
  for (const Line& line : lines) {
    for (const double value : line.values) most = std::max(most, value);
  }
  return most;
}

InspectorView::InspectorView(const Shown& shown, QWidget* parent) : Canvas{shown, parent} {
  setAccessibleName(tr("Inspector"));
  constexpr int kWithCharts = 196;
  setMinimumHeight(kWithCharts);
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

void InspectorView::inspect(std::optional<std::size_t> group) {
  calls_chosen_ = !group;
  group_chosen_ = group;
  refresh();
}

std::vector<std::size_t> InspectorView::groups() const {
  if (!shown().selected) return {};
  const recording::Scene& scene = shown().run->scene();
  std::vector<std::size_t> groups;
  std::vector<std::size_t> fed;
  for (std::size_t i = 0; i < scene.groups.size(); ++i) {
    const std::uint32_t consumer = scene.groups[i].service;
    if (consumer == *shown().selected) {
      groups.push_back(i);
    } else if (std::find(scene.edges.begin(), scene.edges.end(),
                         recording::SceneEdge{*shown().selected, consumer}) != scene.edges.end()) {
      fed.push_back(i);
    }
  }
  groups.insert(groups.end(), fed.begin(), fed.end());
  return groups;
}

std::optional<std::size_t> InspectorView::group_shown() const {
  const std::vector<std::size_t> all = groups();
  if (calls_chosen_ || all.empty()) return std::nullopt;
  if (group_chosen_ && std::find(all.begin(), all.end(), *group_chosen_) != all.end()) {
    return group_chosen_;
  }
  // Of a consumer, how far it is behind says more than how many calls it answers.
  if (shown().run->scene().groups[all.front()].service != *shown().selected) return std::nullopt;
  return all.front();
}

QString InspectorView::name_of_group(std::size_t group) const {
  const recording::SceneGroup& what = shown().run->scene().groups[group];
  const QString topic = QString::fromStdString(what.topic);
  if (what.service == shown().selected) return topic;
  return topic + " → " + short_name(shown().run->scene().services[what.service]);
}

std::optional<std::size_t> InspectorView::other_group(std::size_t group) const {
  if (shown().other == nullptr) return std::nullopt;
  const recording::SceneGroup& wanted = shown().run->scene().groups[group];
  const auto service = service_in(*shown().other, *shown().run, wanted.service);
  const std::vector<recording::SceneGroup>& groups = shown().other->scene().groups;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].topic == wanted.topic && service == groups[i].service) return i;
  }
  return std::nullopt;
}

std::size_t InspectorView::second_before(std::size_t now) const {
  // Before the failure that goes on, else a minute ago.
  const Moment& moment = *shown().moment;
  if (!moment.why.empty()) {
    const auto fault = static_cast<std::size_t>(to_seconds(moment.why.front().at.since_start()));
    if (fault > 0 && fault <= now) return fault - 1;
  }
  return now > 60 ? now - 60 : 0;
}

std::vector<Layer> InspectorView::still_layers() const {
  std::vector<Layer> layers(1);
  DisplayList& list = layers[0].list;
  draw_panel(list);
  if (!has_moment()) return layers;
  draw_header(list);
  const auto at = second_at(*shown().run, shown().at);
  if (!at) return layers;
  draw_choice(list);
  const auto group = group_shown();
  const Figures figures = group ? figures_of_group(*group, *at) : figures_of_calls(*at);
  for (std::size_t i = 0; i < figures.size(); ++i) draw_figure(list, i, figures[i]);
  return layers;
}

InspectorView::Figures InspectorView::figures_of_calls(std::size_t now) const {
  const Theme& c = colors();
  const CallSecond figures = second(now);
  const CallSum judged =
      shown().selected ? shown().moment->services[*shown().selected].calls : sum(now, 1);
  const std::size_t before = second_before(now);
  const CallSum earlier = sum(before, kBeforeSeconds);
  const double span = static_cast<double>(std::min(before + 1, kBeforeSeconds));
  const double was_rate = static_cast<double>(earlier.started) / span;

  const State state = state_of_errors(judged);
  const Duration p99 = recording::latency_of(figures.p99);
  const Duration was_p99 = recording::latency_of(second(before).p99);
  const bool slow = was_p99 > Duration{} && p99 > was_p99 * 3;
  Figures all{
      {{tr("Requests"), tr("Requests"), rate_text(figures.started),
        tr("was %1").arg(rate_text(was_rate)), c.high},
       {tr("Errors"), tr("Errors"), percent_text(judged.error_share()),
        tr("was %1").arg(percent_text(earlier.error_share())),
        state == State::Healthy ? c.high : c.state(state)},
       {tr("Latency p50 p95 p99"), tr("Latency"), latency_text(p99),
        tr("was %1").arg(latency_text(was_p99)), slow ? c.state(State::Degraded) : c.high}}};
  if (const auto other = other_second(now)) {
    const CallSum calls{other->started, other->ended, other->failed};
    all[0].beside = "B " + rate_text(other->started);
    all[1].beside = "B " + percent_text(calls.error_share());
    all[2].beside = "B " + latency_text(recording::latency_of(other->p99));
  }
  const std::size_t first = first_second();
  const std::size_t known = shown().run->history().seconds();
  Line rate{{}, calm_line(c), {}};
  Line errors{{}, c.state(State::Failing), {}};
  Line p50{{}, c.low, QStringLiteral("p50")};
  Line p95{{}, c.mid, QStringLiteral("p95")};
  Line p99_line{{}, slow ? c.state(State::Degraded) : c.high, QStringLiteral("p99")};
  for (std::size_t s = first; s < std::min(known, first + kChartSeconds); ++s) {
    const CallSecond of_second = second(s);
    rate.values.push_back(of_second.started);
    errors.values.push_back(sum(s, 1).error_share());
    p50.values.push_back(to_ms(recording::latency_of(of_second.p50)));
    p95.values.push_back(to_ms(recording::latency_of(of_second.p95)));
    p99_line.values.push_back(to_ms(recording::latency_of(of_second.p99)));
  }
  all[0].lines = {rate};
  all[1].lines = {errors};
  all[2].lines = {p50, p95, p99_line};
  Line other_rate{{}, c.mid, {}, true};
  Line other_errors{{}, c.mid, {}, true};
  Line other_p99{{}, c.mid, {}, true};
  for (std::size_t s = first; s < first + kChartSeconds; ++s) {
    const auto of_second = other_second(s);
    if (!of_second) break;
    const CallSum calls{of_second->started, of_second->ended, of_second->failed};
    other_rate.values.push_back(of_second->started);
    other_errors.values.push_back(calls.error_share());
    other_p99.values.push_back(to_ms(recording::latency_of(of_second->p99)));
  }
  if (shown().other != nullptr) {
    all[0].lines.push_back(other_rate);
    all[1].lines.push_back(other_errors);
    all[2].lines.push_back(other_p99);
  }
  all[0].most = nice_above(most_of(all[0].lines));
  all[1].most = std::clamp(nice_above(most_of(all[1].lines)), 0.05, 1.0);
  all[2].most = nice_above(most_of(all[2].lines));
  all[0].top = rate_text(all[0].most);
  all[1].top = percent_text(all[1].most);
  all[2].top = latency_text(from_ms(all[2].most));
  all[0].filled = true;
  all[1].filled = true;
  return all;
}

InspectorView::Figures InspectorView::figures_of_group(std::size_t group, std::size_t now) const {
  const Theme& c = colors();
  const History& history = shown().run->history();
  const GroupSecond& figures = history.group(group, now);
  const GroupSecond& was = history.group(group, second_before(now));
  // As slow as calls are: three times what it was; and more than a moment.
  const bool behind = figures.oldest > was.oldest * 3 && figures.oldest > Duration::seconds(1);
  const QColor color = behind ? c.state(State::Degraded) : c.high;
  Figures all{{{tr("Lag"), tr("Lag"), amount_text(figures.lag),
                tr("was %1").arg(amount_text(was.lag)), color},
               {tr("Oldest message"), tr("Oldest"), latency_text(figures.oldest),
                tr("was %1").arg(latency_text(was.oldest)), color},
               {tr("Messages finished"), tr("Finished"), rate_text(figures.finished),
                tr("was %1").arg(rate_text(was.finished)), c.high}}};
  const auto other = other_group(group);
  const History* others = other ? &shown().other->history() : nullptr;
  if (other && now < others->seconds()) {
    const GroupSecond& beside = others->group(*other, now);
    all[0].beside = "B " + amount_text(beside.lag);
    all[1].beside = "B " + latency_text(beside.oldest);
    all[2].beside = "B " + rate_text(beside.finished);
  } else if (figures.dead > 0) {
    all[2].beside = tr("%1 given up").arg(rate_text(figures.dead));
  }
  const QColor calm = calm_line(c);
  Line lag{{}, behind ? color : calm, {}};
  Line oldest{{}, behind ? color : calm, {}};
  // Names at the ends of lines are no wider than 24.
  Line in{{}, c.mid, tr("in")};
  Line out{{}, calm, tr("out")};
  const std::size_t first = first_second();
  for (std::size_t s = first; s < std::min(history.seconds(), first + kChartSeconds); ++s) {
    const GroupSecond& of_second = history.group(group, s);
    lag.values.push_back(static_cast<double>(of_second.lag));
    oldest.values.push_back(to_ms(of_second.oldest));
    in.values.push_back(of_second.published);
    out.values.push_back(of_second.finished);
  }
  all[0].lines = {lag};
  all[1].lines = {oldest};
  all[2].lines = {in, out};
  if (other) {
    Line other_lag{{}, c.mid, {}, true};
    Line other_oldest{{}, c.mid, {}, true};
    Line other_out{{}, c.mid, {}, true};
    for (std::size_t s = first; s < std::min(others->seconds(), first + kChartSeconds); ++s) {
      const GroupSecond& of_second = others->group(*other, s);
      other_lag.values.push_back(static_cast<double>(of_second.lag));
      other_oldest.values.push_back(to_ms(of_second.oldest));
      other_out.values.push_back(of_second.finished);
    }
    all[0].lines.push_back(other_lag);
    all[1].lines.push_back(other_oldest);
    all[2].lines.push_back(other_out);
  }
  for (Figure& figure : all) figure.most = nice_above(most_of(figure.lines));
  all[0].top = amount_text(static_cast<std::uint64_t>(all[0].most));
  all[1].top = latency_text(from_ms(all[1].most));
  all[2].top = rate_text(all[2].most);
  all[0].filled = true;
  all[1].filled = true;
  return all;
}

void InspectorView::draw_choice(DisplayList& list) const {
  const std::vector<std::size_t> all = groups();
  if (all.empty()) return;
  constexpr qreal kGapOfChips = 6;
  constexpr qreal kRest = 50;  ///< For the chip that leads to those that are hidden.
  const auto chosen = group_shown();
  const qreal end = width() - kPadding;
  qreal x = draw_chip(list, kPadding, kChoiceMiddle, tr("Calls"), !chosen,
                      QStringLiteral("inspect calls"), colors()) +
            kGapOfChips;
  const QFontMetricsF metrics{font_of(Type::BodyMedium)};
  const qreal room = end - x - kRest - width_of_chip({});
  QStringList names;
  qreal needed = x - kGapOfChips;
  for (const std::size_t group : all) {
    names << metrics.elidedText(name_of_group(group), Qt::ElideMiddle, room);
    needed += width_of_chip(names.back()) + kGapOfChips;
  }
  const bool fit = needed <= end;
  const auto first = static_cast<std::size_t>(
      fit || !chosen ? 0 : std::find(all.begin(), all.end(), *chosen) - all.begin());
  std::size_t i = first;
  for (; i < all.size(); ++i) {
    const QString& name = names[static_cast<qsizetype>(i)];
    if (!fit && i > first && x + width_of_chip(name) + kRest > end) break;
    x = draw_chip(list, x, kChoiceMiddle, name, chosen == all[i], QString{"inspect %1"}.arg(all[i]),
                  colors()) +
        kGapOfChips;
  }
  if (fit) return;
  draw_chip(list, x, kChoiceMiddle, QString{"+%1"}.arg(all.size() - (i - first)), false,
            QString{"inspect %1"}.arg(all[i % all.size()]), colors());
}

void InspectorView::draw_figure(DisplayList& list, std::size_t column, const Figure& figure) const {
  const Theme& c = colors();
  const qreal left = column_left(column);
  const qreal wide = column_width();
  const qreal top = figures_top();
  const bool narrow = width_of(figure.title, Type::BodyMedium) > wide;
  Shape& title = list.text({left, top, wide, 18}, narrow ? figure.brief : figure.title,
                           Type::BodyMedium, c.mid);
  title.tag = QString{"figure %1"}.arg(column);
  title.says = figure.title + ": " + figure.value + ", " + figure.beside;
  const qreal value_right = list.words(left, top + 35, figure.value, Type::Number, figure.color);
  // A figure that would be cut is worse than none.
  const qreal beside_room = left + wide - value_right - 8;
  if (width_of(figure.beside, Type::Small) <= beside_room) {
    list.text({value_right + 8, top + 30, beside_room, 18}, figure.beside, Type::Small, c.low,
              Qt::AlignRight);
  }
  const QRectF chart = chart_rect(column);
  if (chart.height() > kLeastChart) draw_chart(list, chart, figure);
}

qreal InspectorView::figures_top() const { return groups().empty() ? 52 : 80; }

qreal InspectorView::column_width() const { return (width() - 2 * kPadding - 2 * kGap) / 3; }

qreal InspectorView::column_left(std::size_t column) const {
  return kPadding + static_cast<qreal>(column) * (column_width() + kGap);
}

QRectF InspectorView::chart_rect(std::size_t column) const {
  // Behind the last one stand the names of its lines.
  const qreal names = column == 2 ? 26 : 0;
  const qreal top = figures_top() + kChartDown;
  const qreal below = has_times() ? kTimesHeight : 12;
  return {column_left(column), top, column_width() - names, height() - top - below};
}

bool InspectorView::has_times() const {
  return height() - figures_top() >= kChartDown + kChartWithTimes + kTimesHeight;
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

void InspectorView::draw_chart(DisplayList& list, const QRectF& box, const Figure& figure) const {
  const Theme& c = colors();
  const std::size_t first = first_second();
  const auto x_of = [&](double seconds) {
    return box.left() + (seconds - static_cast<double>(first)) / kChartSeconds * box.width();
  };
  const double now_s = to_seconds(shown().at.since_start());
  list.line(box.topLeft(), box.topRight(), c.line);
  list.line({box.left(), box.center().y()}, {box.right(), box.center().y()}, c.line);
  list.line(box.bottomLeft(), box.bottomRight(), c.line);
  list.text({box.left(), box.top() - 15, box.width(), 14}, figure.top, Type::Small, c.low);

  std::vector<std::pair<qreal, const Line*>> labels;  // By height.
  for (const Line& line : figure.lines) {
    if (line.ghost) {
      QPainterPath whole;
      for (std::size_t i = 0; i < line.values.size(); ++i) {
        const QPointF point{
            x_of(static_cast<double>(first + i) + 1),
            box.bottom() - std::min(1.0, line.values[i] / figure.most) * (box.height() - 4)};
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
      const QPointF point{
          x_of(seconds),
          box.bottom() - std::min(1.0, line.values[i] / figure.most) * (box.height() - 4)};
      if (seconds <= now_s) {
        i == 0 ? past.moveTo(point) : past.lineTo(point);
      } else {
        if (ahead.isEmpty()) ahead.moveTo(i == 0 ? point : last);
        ahead.lineTo(point);
      }
      last = point;
    }
    if (!past.isEmpty()) {
      if (figure.filled) {
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
  if (!has_moment() || !second_at(*shown().run, shown().at) ||
      chart_rect(0).height() <= kLeastChart) {
    return {};
  }
  std::vector<Layer> layers(1);
  for (std::size_t i = 0; i < std::tuple_size_v<Figures>; ++i)
    draw_now(layers[0].list, chart_rect(i));
  return layers;
}

void InspectorView::draw_now(DisplayList& list, const QRectF& box) const {
  const Theme& c = colors();
  const std::size_t first = first_second();
  const double now_s = to_seconds(shown().at.since_start());
  const qreal x = box.left() + (now_s - static_cast<double>(first)) / kChartSeconds * box.width();
  list.line({x, box.top()}, {x, box.bottom()}, c.focus, 1.4);
  if (!has_times()) return;

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
