#include "gui/views/requests.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "gui/views/why_line.h"
#include "gui/views/words.h"

namespace orrery::gui {
namespace {

using recording::Span;
using recording::Trace;

constexpr qreal kChipsMiddle = 66;
constexpr qreal kListTop = 92;
constexpr qreal kListRow = 24;
constexpr qreal kListRowsMost = 7;
constexpr qreal kListRowsLeast = 2;
// Below the list; the chosen request begins there.
constexpr qreal kTitleMiddle = 30;
constexpr qreal kMinimapTop = kTitleMiddle + 20;
constexpr qreal kMinimapHeight = 34;
constexpr qreal kAxisMiddle = kMinimapTop + kMinimapHeight + 16;
constexpr qreal kRowsTop = kAxisMiddle + 12;
constexpr qreal kOfMinimap = kMinimapHeight + 14;  ///< What a drawer without it has for rows.
constexpr qreal kRow = 24;
constexpr qreal kRowsWanted = 4;  ///< Before the list has more of its own.
constexpr qreal kFootHeight = 64 + 28;
constexpr qreal kNamesMost = 188;
constexpr double kLeastPart = 0.002;

State state_of(bool failed) { return failed ? State::Failing : State::Healthy; }

double share(Duration part, Duration all) {
  return all <= Duration{} ? 0 : to_seconds(part) / to_seconds(all);
}

}  // namespace

RequestsView::RequestsView(const Shown& shown, QWidget* parent) : DrawerView{shown, parent} {
  setAccessibleName(tr("Requests"));
}

void RequestsView::set_run() {
  requests_.clear();
  opened_.clear();
  top_request_ = -1;
  show_whole();
}

void RequestsView::load() {
  const Trace* before = current();
  const std::uint64_t key = before == nullptr ? 0 : before->key;
  if (shown().run == nullptr || !requests_.load(*shown().run, shown().at)) requests_.clear();
  const Trace* now = current();
  if (now == nullptr || now->key != key) {
    opened_.clear();
    part_ = {};
    top_row_ = 0;
  }
  refresh();
}

void RequestsView::set_order(RequestOrder order) {
  order_ = order;
  top_request_ = order == RequestOrder::Slowest ? 0 : -1;
  load();
}

void RequestsView::toggle(std::uint32_t span) {
  if (opened_.erase(span) == 0) opened_.insert(span);
  refresh();
}

void RequestsView::show_whole() {
  part_ = {};
  top_row_ = 0;
  refresh();
}

std::vector<const Trace*> RequestsView::listed() const {
  return requests_.list(*shown().run, shown().selected, order_);
}

const Trace* RequestsView::current() const {
  if (shown().run == nullptr) return nullptr;
  if (shown().request) {
    const Trace* chosen = requests_.find(*shown().request);
    if (chosen != nullptr) return chosen;
  }
  return worth_a_look(listed(), shown().at);
}

double RequestsView::list_rows() const {
  const qreal rows = kRowsWanted * kRow + kRowsTop + kFootHeight;
  return std::clamp(std::floor((height() - kListTop - rows) / kListRow), kListRowsLeast,
                    kListRowsMost);
}

qreal RequestsView::list_bottom() const { return kListTop + kListRow * list_rows(); }

QRectF RequestsView::list_room() const {
  return {kPadding, kListTop, width() - 2 * kPadding, kListRow * list_rows()};
}

bool RequestsView::has_minimap() const {
  return height() - list_bottom() - kRowsTop - kFootHeight >= kRow;
}

qreal RequestsView::rows_top() const {
  return list_bottom() + kRowsTop - (has_minimap() ? 0 : kOfMinimap);
}

QRectF RequestsView::minimap_room() const {
  if (!has_minimap()) return {};
  return {kPadding, list_bottom() + kMinimapTop, width() - 2 * kPadding, kMinimapHeight};
}

QRectF RequestsView::rows_room() const {
  // Whole rows: none is cut in two.
  const qreal rows = std::floor((height() - rows_top() - kFootHeight) / kRow);
  return {kPadding, rows_top(), width() - 2 * kPadding, std::max(1.0, rows) * kRow};
}

qreal RequestsView::names_right() const {
  const QRectF room = rows_room();
  return room.left() + std::min(kNamesMost, std::round(room.width() * 0.52));
}

qreal RequestsView::x_of(const Trace& trace, Duration since) const {
  const QRectF room = rows_room();
  const qreal left = names_right();
  const double at = (share(since, trace.length) - part_.from) / (part_.to - part_.from);
  return left + at * (room.right() - left);
}

double RequestsView::first_listed(const std::vector<const Trace*>& list) const {
  double first = top_request_;
  if (first < 0) {
    const Trace* chosen = current();
    const auto place = std::find(list.begin(), list.end(), chosen);
    first = static_cast<double>(place - list.begin()) - std::floor(list_rows() / 2);
  }
  return std::clamp(first, 0.0, std::max(0.0, static_cast<double>(list.size()) - list_rows()));
}

std::vector<Layer> RequestsView::still_layers() const {
  std::vector<Layer> layers(1);
  DisplayList& list = layers[0].list;
  const Theme& c = colors();
  draw_frame(list);
  if (shown().run == nullptr) return layers;
  const std::vector<const Trace*> requests = listed();
  draw_controls(list, requests.size());
  const Trace* chosen = current();
  if (chosen == nullptr) {
    list.text(list_room().adjusted(0, 24, 0, 0), tr("No request was followed here."), Type::Body,
              c.mid, Qt::AlignHCenter)
        .tag = "empty";
    return layers;
  }
  Duration longest;
  for (const Trace* request : requests) longest = std::max(longest, request->length);
  Layer listed_layer;
  listed_layer.clip = list_room();
  const double first = first_listed(requests);
  for (auto i = static_cast<std::size_t>(first);
       i < requests.size() && static_cast<double>(i) < first + list_rows() + 1; ++i) {
    draw_request(listed_layer.list, *requests[i], longest,
                 kListTop + (static_cast<double>(i) - first) * kListRow, requests[i] == chosen);
  }
  layers.push_back(std::move(listed_layer));

  const std::vector<WaterfallRow> rows = waterfall_of(*chosen, opened_);
  Layer head;
  draw_scroll_bar(head.list, list_room().adjusted(0, 0, 10, 0), first, list_rows(),
                  static_cast<double>(requests.size()));
  const qreal line = list_bottom() + kTitleMiddle - 18;
  head.list.line({kPadding, line}, {width() - kPadding, line}, c.line);
  draw_title(head.list, *chosen);
  if (has_minimap()) draw_minimap(head.list, *chosen, rows);
  draw_axis(head.list, *chosen);
  layers.push_back(std::move(head));

  Layer spans;
  spans.clip = rows_room();
  const double most = std::max(0.0, static_cast<double>(rows.size()) - rows_room().height() / kRow);
  const double top = std::clamp(top_row_, 0.0, most);
  for (auto i = static_cast<std::size_t>(top); i < rows.size(); ++i) {
    const qreal y = rows_top() + (static_cast<double>(i) - top) * kRow;
    if (y > rows_room().bottom()) break;
    draw_span(spans.list, *chosen, rows[i], y);
  }
  layers.push_back(std::move(spans));

  Layer foot;
  draw_scroll_bar(foot.list, rows_room().adjusted(0, 0, 10, 0), top, rows_room().height() / kRow,
                  static_cast<double>(rows.size()));
  draw_key(foot.list);
  draw_why_line(foot.list, {16, height() - 62.0, width() - 32.0, 46}, causes_of(*chosen, rows), c);
  layers.push_back(std::move(foot));
  return layers;
}

void RequestsView::draw_controls(DisplayList& list, std::size_t count) const {
  const Theme& c = colors();
  qreal x = kPadding;
  for (const auto& [order, name] :
       {std::pair{RequestOrder::ByTime, tr("All")}, std::pair{RequestOrder::Failed, tr("Failed")},
        std::pair{RequestOrder::Slowest, tr("Slowest first")}}) {
    x = draw_chip(list, x, kChipsMiddle, name, order == order_,
                  QString{"requests %1"}.arg(static_cast<int>(order)), c) +
        6;
  }
  const qreal right = width() - kPadding;
  QString text = tr("%1 in these 5 s").arg(count_text(count));
  if (shown().selected) {
    text =
        tr("%1 by way of %2")
            .arg(count_text(count), short_name(shown().run->scene().services[*shown().selected]));
  }
  const qreal height = height_of(Type::Body);
  const qreal room = right - x - 8;
  if (!shown().selected && width_of(text, Type::Body) > room) text = count_text(count);
  list.text({x + 8, kChipsMiddle - height / 2, room, height}, text, Type::Body, c.low,
            Qt::AlignRight)
      .tag = "count";
}

void RequestsView::draw_request(DisplayList& list, const Trace& trace, Duration longest, qreal top,
                                bool chosen) const {
  const Theme& c = colors();
  const QRectF line{kPadding - 8, top, width() - 2 * kPadding + 4, kListRow};
  const bool ahead = trace.start + trace.length > shown().at;
  const bool failed = trace.outcome != 0;
  if (chosen) list.box(line.adjusted(0, 1, 0, -1), 6, c.raised).tag = "chosen request";
  const qreal middle = line.center().y();
  const QColor text = ahead && !chosen ? c.low : c.high;
  list.words(kPadding + 2, middle, clock_text(trace.start), Type::Mono,
             ahead && !chosen ? c.low : c.mid);
  list.glyph(state_of(failed), {kPadding + 68, middle}, 12).opacity = ahead && !chosen ? kAhead : 1;
  const qreal height = height_of(Type::Body);
  const qreal named = kPadding + 84;
  const qreal rest = line.right() - 8 - named;
  const qreal name = std::min(120.0, rest / 2);
  list.text({named, middle - height / 2, name, height},
            QString::fromStdString(shown().run->scene().journeys[trace.journey]), Type::Body, text);
  const QString outcome = failed ? calls_text(recording::outcome_name(trace.outcome)) : QString{};
  list.text({named + name + 4, middle - height / 2, std::min(124.0, rest - name - 4), height},
            outcome, Type::Small, failed ? c.text_of(State::Failing) : c.low);
  if (rest > 332 - 84 + 60) {
    list.text({kPadding + 332, middle - height / 2, 60, height}, latency_text(trace.length),
              Type::Small, text, Qt::AlignRight);
  }
  const qreal bar_left = kPadding + 402;
  const qreal bar = line.right() - 8 - bar_left;
  if (bar > 20) {
    list.box({bar_left, middle - 2, bar, 4}, 2, c.card);
    const QColor& color = c.state(state_of(failed));
    list.box({bar_left, middle - 2, std::max(3.0, bar * share(trace.length, longest)), 4}, 2,
             ahead && !chosen ? faded(color, 0.5) : color);
  }
  const QString action = QString{"request %1"}.arg(trace.key);
  list.target(line, action, action).state = state_of(failed);
}

void RequestsView::draw_title(DisplayList& list, const Trace& trace) const {
  const Theme& c = colors();
  const bool failed = trace.outcome != 0;
  const qreal middle = list_bottom() + kTitleMiddle;
  list.glyph(state_of(failed), {kPadding + 8, middle}, 15);
  qreal x = list.words(kPadding + 24, middle,
                       QString::fromStdString(shown().run->scene().journeys[trace.journey]),
                       Type::Heading, c.high) +
            12;
  x = list.words(x, middle, latency_text(trace.length), Type::BodyStrong,
                 failed ? c.text_of(State::Failing) : c.high) +
      12;
  x = list.words(x, middle, tr("%1 calls").arg(trace.spans.size()), Type::Body, c.mid) + 12;
  const qreal right = width() - kPadding;
  const bool zoomed = part_.from > 0 || part_.to < 1;
  const QString text = zoomed ? tr("Show all of it") : tr("Drag below to zoom");
  if (right - width_of(text, Type::BodyMedium) < x) return;
  const qreal left = list.words_before(right, middle, text, zoomed ? Type::BodyMedium : Type::Body,
                                       zoomed ? c.accent : c.low);
  if (zoomed) {
    list.target({left - 6, middle - 14, right - left + 12, 28}, "whole request", "whole request");
  }
}

void RequestsView::draw_minimap(DisplayList& list, const Trace& trace,
                                const std::vector<WaterfallRow>& rows) const {
  const Theme& c = colors();
  const QRectF room = minimap_room();
  list.box(room, 6, c.window, c.line).tag = "minimap";
  const QRectF inside = room.adjusted(4, 4, -4, -4);
  const qreal step = std::min(5.0, inside.height() / static_cast<double>(rows.size()));
  const auto x_at = [&](double at) { return inside.left() + at * inside.width(); };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double from = share(rows[i].start, trace.length);
    const double to = share(rows[i].end, trace.length);
    list.box({x_at(from), inside.top() + static_cast<double>(i) * step,
              std::max(1.5, (to - from) * inside.width()), std::max(1.0, step - 1)},
             0, c.state(state_of(rows[i].failed > 0)));
  }
  if (part_.from <= 0 && part_.to >= 1) return;
  for (const auto& [from, to] : {std::pair{0.0, part_.from}, std::pair{part_.to, 1.0}}) {
    if (to > from) {
      list.box({x_at(from), room.top() + 1, (to - from) * inside.width(), room.height() - 2}, 0,
               faded(c.panel, 0.72));
    }
  }
  list.box({x_at(part_.from), room.top(), (part_.to - part_.from) * inside.width(), room.height()},
           3, {}, c.accent, 1.2)
      .tag = "part";
}

void RequestsView::draw_axis(DisplayList& list, const Trace& trace) const {
  const Theme& c = colors();
  const QRectF room = rows_room();
  const qreal left = names_right();
  constexpr qreal kFew = 240;  // Words of more marks would touch.
  const int marks = room.right() - left < kFew ? 2 : 4;
  for (int i = 0; i <= marks; ++i) {
    const double at = static_cast<double>(i) / marks;
    const double of_all = part_.from + at * (part_.to - part_.from);
    const qreal x = left + at * (room.right() - left);
    list.line({x, rows_top() - 3}, {x, room.bottom()}, faded(c.line, 0.7));
    const auto us = static_cast<std::int64_t>(to_seconds(trace.length) * of_all * 1e6);
    const QString text = us == 0 ? QStringLiteral("0") : latency_text(Duration::microseconds(us));
    const qreal wide = width_of(text, Type::Small) + 2;
    list.text({i == marks ? x - wide
               : i == 0   ? x
                          : x - wide / 2,
               rows_top() + kAxisMiddle - kRowsTop - 7, wide, 14},
              text, Type::Small, c.low, i == marks ? Qt::AlignRight : Qt::AlignLeft);
  }
}

void RequestsView::draw_span(DisplayList& list, const Trace& trace, const WaterfallRow& row,
                             qreal top) const {
  const Theme& c = colors();
  const RecordedRun& run = *shown().run;
  const QRectF room = rows_room();
  const qreal middle = top + kRow / 2;
  const bool is_journey = row.span == Span::kJourney;
  const bool failed = row.failed > 0;
  const Span* span = is_journey ? nullptr : &trace.spans[row.span];
  const std::uint32_t service = is_journey ? 0 : run.scene().edges[span->edge].to;
  const QString name = is_journey ? tr("users") : short_name(run.scene().services[service]);
  if (row.is_cause) {
    list.box({room.left() - 8, top + 1, room.width() + 8, kRow - 2}, 6, c.fill_of(State::Failing))
        .tag = "cause span";
  }
  // Deep calls stand no further in than there is room for their names.
  const qreal indent = std::min<qreal>(row.depth, 7) * 12;
  qreal x = room.left() + indent;
  if (row.depth > 0 && row.count == 1) {
    QPainterPath elbow{{x - 6, top - 4}};
    elbow.lineTo(x - 6, middle);
    elbow.lineTo(x - 1, middle);
    list.path(elbow, {}, c.line, 1);
  }
  if (row.count > 1) {
    QPainterPath sign;
    const qreal s = 3.6;
    const QPointF m{x - 3, middle};
    if (row.is_open) {
      sign.moveTo(m + QPointF{-s, -s / 2});
      sign.lineTo(m + QPointF{0, s / 2});
      sign.lineTo(m + QPointF{s, -s / 2});
    } else {
      sign.moveTo(m + QPointF{-s / 2, -s});
      sign.lineTo(m + QPointF{s / 2, 0});
      sign.lineTo(m + QPointF{-s / 2, s});
    }
    list.path(sign, {}, c.mid, 1.5).round_caps = true;
  }
  list.glyph(state_of(failed), {x + 8, middle}, 12);
  x += 20;
  const qreal left_edge = names_right();
  const qreal names_end = left_edge - 10;
  QString more;
  if (row.count > 1) {
    more = QString{"× %1"}.arg(row.count);
  } else if (span != nullptr && span->attempt > 0) {
    more = tr("try %1").arg(span->attempt + 1);
  }
  const qreal more_width = more.isEmpty() ? 0 : width_of(more, Type::SmallStrong) + 8;
  const Type type = failed ? Type::BodyStrong : Type::Body;
  const qreal height = height_of(type);
  const qreal given = std::min(width_of(name, type) + 1, names_end - x - more_width);
  Shape& label = list.text({x, middle - height / 2, given, height}, name, type,
                           service == shown().selected && !is_journey ? c.accent : c.high);
  label.tag = QString{"span %1"}.arg(is_journey ? -1 : static_cast<int>(row.span));
  label.state = state_of(failed);
  if (!more.isEmpty()) {
    list.words(x + given + 7, middle, more, Type::SmallStrong, c.mid);
  }
  if (row.count > 1) {
    const QString action = QString{"siblings %1"}.arg(row.span);
    list.target({room.left() - 8, top, left_edge - room.left(), kRow}, action, action);
  } else if (!is_journey) {
    list.target({room.left(), top, left_edge - room.left(), kRow},
                QString{"select %1"}.arg(service), {});
  }

  const qreal from = x_of(trace, row.start);
  const qreal to = std::max(x_of(trace, row.end), from + 2);
  if (to < left_edge || from > room.right()) return;
  const QColor& color = c.state(state_of(failed));
  const QRectF bar{std::max(from, left_edge), middle - 7,
                   std::min(to, room.right()) - std::max(from, left_edge), 14};
  const bool never = span != nullptr && row.count == 1 && span->wait == Span::kNever && failed;
  Shape& box = list.box(bar, 2.5,
                        never           ? faded(color, 0.15)
                        : row.count > 1 ? faded(color, 0.45)
                                        : color,
                        never || row.count > 1 ? color : QColor{}, 1);
  box.tag = QString{"bar %1"}.arg(is_journey ? -1 : static_cast<int>(row.span));
  box.state = state_of(failed);
  if (never) box.dash = {3, 2};
  if (span != nullptr && row.count == 1 && span->wait > Duration{}) {
    // On its way, or in a queue: nobody works on it yet.
    const qreal until = std::min(x_of(trace, span->start + span->wait), bar.right());
    if (until > bar.left() + 1) {
      list.box({bar.left(), bar.top(), until - bar.left(), bar.height()}, 2.5,
               faded(c.panel, 0.62));
    }
  }
  QString said = latency_text(row.end - row.start);
  if (failed && span != nullptr) {
    const QString why = calls_text(recording::outcome_name(span->outcome));
    said = row.count > 1 ? tr("%1 failed").arg(row.failed) : said + " " + why;
  }
  const Type said_type = failed ? Type::SmallStrong : Type::Small;
  const qreal wide = width_of(said, said_type);
  if (bar.right() + 7 + wide <= room.right()) {
    list.words(bar.right() + 7, middle, said, said_type,
               failed ? c.text_of(State::Failing) : c.low);
  } else if (bar.width() >= wide + 14) {
    const bool hollow = never || row.count > 1;
    list.words_before(bar.right() - 7, middle, said, said_type,
                      hollow ? c.text_of(state_of(failed)) : c.window);
  } else if (bar.left() - 7 - wide >= left_edge) {
    list.words_before(bar.left() - 7, middle, said, said_type,
                      failed ? c.text_of(State::Failing) : c.low);
  }
}

void RequestsView::draw_key(DisplayList& list) const {
  const Theme& c = colors();
  const qreal middle = height() - 78.0;
  if (rows_room().bottom() > middle - 7) return;
  qreal x = kPadding + 4;
  const QColor& good = c.state(State::Healthy);
  const QColor& bad = c.state(State::Failing);
  qreal wanted = x;
  for (const QString& text :
       {tr("pale: waits for an instance"), tr("no instance began"), tr("where it broke")}) {
    wanted += width_of(text, Type::Small) + 29;
  }
  const qreal apart = std::clamp((width() - kPadding - wanted) / 2, 6.0, 18.0);
  list.box({x, middle - 5, 22, 10}, 2.5, good);
  list.box({x, middle - 5, 9, 10}, 2.5, faded(c.panel, 0.62));
  x = list.words(x + 29, middle, tr("pale: waits for an instance"), Type::Small, c.low) + apart;
  list.box({x, middle - 5, 22, 10}, 2.5, faded(bad, 0.15), bad).dash = {3, 2};
  x = list.words(x + 29, middle, tr("no instance began"), Type::Small, c.low) + apart;
  if (x + 29 + width_of(tr("where it broke"), Type::Small) > width() - kPadding + 4) return;
  list.box({x, middle - 5, 22, 10}, 3, c.fill_of(State::Failing));
  list.words(x + 29, middle, tr("where it broke"), Type::Small, c.low);
}

std::vector<WhyPart> RequestsView::causes_of(const Trace& trace,
                                             const std::vector<WaterfallRow>& rows) const {
  const RecordedRun& run = *shown().run;
  const QString journey = QString::fromStdString(run.scene().journeys[trace.journey]);
  if (trace.outcome == 0) {
    return {
        {State::Healthy, journey, tr("was answered in %1").arg(latency_text(trace.length)), {}}};
  }
  std::vector<WhyPart> parts;
  const auto cause = std::find_if(rows.rbegin(), rows.rend(), [](const WaterfallRow& row) {
    return row.is_cause && row.span != Span::kJourney;
  });
  if (cause != rows.rend()) {
    const Span& span = trace.spans[cause->span];
    const FailingRecord* record = record_of(run, trace, cause->span);
    if (record != nullptr && record->origin != record->id) {
      parts.push_back(origin_part(run, record->origin));
    }
    WhyPart part;
    part.state = State::Failing;
    part.who = short_name(run.scene().services[run.scene().edges[span.edge].to]);
    part.what = tr("calls %1").arg(calls_text(recording::outcome_name(span.outcome)));
    if (record != nullptr) part.action = QString{"seek %1"}.arg(record->at.count_ns() / 1000);
    parts.push_back(std::move(part));
  }
  if (parts.empty()) parts.push_back({State::Failing, journey, tr("failed"), {}});
  return parts;
}

void RequestsView::zoom(double factor, double around) {
  const double length = std::clamp((part_.to - part_.from) * factor, kLeastPart, 1.0);
  const double left = (around - part_.from) / (part_.to - part_.from);
  part_.from = std::clamp(around - left * length, 0.0, 1.0 - length);
  part_.to = part_.from + length;
  refresh();
}

void RequestsView::wheelEvent(QWheelEvent* event) {
  event->accept();
  if (shown().run == nullptr) return;
  const QPointF at = event->position();
  const double steps = event->angleDelta().y() / 120.0;
  if (list_room().contains(at)) {
    const std::vector<const Trace*> list = listed();
    top_request_ = std::max(0.0, first_listed(list) - steps * 3);
    top_request_ = first_listed(list);
    return refresh();
  }
  const qreal left = names_right();
  if (minimap_room().contains(at) ||
      ((event->modifiers() & Qt::ControlModifier) && at.x() > left)) {
    const double share_at = std::clamp((at.x() - left) / (rows_room().right() - left), 0.0, 1.0);
    return zoom(std::pow(0.8, steps), part_.from + share_at * (part_.to - part_.from));
  }
  scroll_rows(-steps * 3);
}

void RequestsView::scroll_rows(double rows) {
  const Trace* chosen = current();
  if (chosen == nullptr) return;
  const double most = std::max(0.0, static_cast<double>(waterfall_of(*chosen, opened_).size()) -
                                        rows_room().height() / kRow);
  top_row_ = std::clamp(top_row_ + rows, 0.0, most);
  refresh();
}

bool RequestsView::is_tab_stop(const Shape& shape) const {
  return !shape.action.startsWith("request ");
}

void RequestsView::keyPressEvent(QKeyEvent* event) {
  const double page = std::floor(rows_room().height() / kRow);
  switch (event->key()) {
    case Qt::Key_Up:
    case Qt::Key_Down: {
      const std::vector<const Trace*> list = listed();
      const auto at = std::find(list.begin(), list.end(), current());
      const auto row = at - list.begin() + (event->key() == Qt::Key_Up ? -1 : 1);
      if (row < 0 || row >= static_cast<std::ptrdiff_t>(list.size())) return;
      top_request_ = -1;
      if (on_action) on_action(QString{"request %1"}.arg(list[static_cast<std::size_t>(row)]->key));
      return;
    }
    case Qt::Key_PageUp:
      return scroll_rows(-page);
    case Qt::Key_PageDown:
      return scroll_rows(page);
    case Qt::Key_Plus:
    case Qt::Key_Equal:
      return zoom(0.8, (part_.from + part_.to) / 2);
    case Qt::Key_Minus:
      return zoom(1.25, (part_.from + part_.to) / 2);
    case Qt::Key_0:
      return show_whole();
    default:
      return DrawerView::keyPressEvent(event);
  }
}

void RequestsView::mousePressEvent(QMouseEvent* event) {
  const QRectF room = minimap_room();
  if (event->button() == Qt::LeftButton && room.contains(event->position())) {
    drag_from_ = std::clamp((event->position().x() - room.left()) / room.width(), 0.0, 1.0);
    return;
  }
  DrawerView::mousePressEvent(event);
}

void RequestsView::mouseMoveEvent(QMouseEvent* event) {
  if (!drag_from_ || (event->buttons() & Qt::LeftButton) == 0) {
    return DrawerView::mouseMoveEvent(event);
  }
  const QRectF room = minimap_room();
  const double to = std::clamp((event->position().x() - room.left()) / room.width(), 0.0, 1.0);
  if (std::abs(to - *drag_from_) < 0.01) return;
  part_.from = std::min(*drag_from_, to);
  part_.to = std::max(*drag_from_, to);
  refresh();
}

void RequestsView::mouseReleaseEvent(QMouseEvent* event) {
  drag_from_.reset();
  DrawerView::mouseReleaseEvent(event);
}

}  // namespace orrery::gui
