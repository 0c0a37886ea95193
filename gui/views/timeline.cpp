#include "gui/views/timeline.h"

#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "gui/views/event_text.h"
#include "gui/views/why_text.h"
#include "gui/views/words.h"

namespace orrery::gui {
namespace {

constexpr qreal kTransportMiddle = 34;
constexpr qreal kAxisMiddle = 76;
constexpr qreal kFaultsMiddle = 102;
constexpr qreal kRolloutMiddle = 132;
constexpr qreal kErrorsTop = 152;
constexpr qreal kErrorsBottom = 200;
constexpr qreal kStripsTop = 222;
constexpr qreal kStripStep = 23.5;
constexpr qreal kCell = 4;
constexpr Duration kCalloutLasts = Duration::seconds(15);

qreal strip_height(State state) {
  switch (state) {
    case State::Healthy:
      return 8;
    case State::Degraded:
      return 12;
    case State::Failing:
    case State::Lost:
      return 16;
    case State::Starting:
    case State::Recovering:
      return 10;
    case State::Draining:
      return 6;
  }
  return 8;
}

/// Seconds between two marks of the axis, so that at most a dozen stand there.
std::int64_t axis_step(std::int64_t seconds) {
  for (const std::int64_t step :
       {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600}) {
    if (seconds / step <= 14) return step;
  }
  return 86'400;
}

struct Hit {
  std::uint32_t service = 0;
  std::size_t seconds = 0;           ///< That it was bad in all.
  Instant first = Instant::never();  ///< When the main trouble of the run reached it.
};

/// What most kinds of failures came from.
std::uint64_t main_origin(const RecordedRun& run) {
  std::map<std::uint64_t, std::size_t> kinds;
  std::uint64_t most = 0;
  for (const FailingRecord& record : run.events().failing()) {
    if (++kinds[record.origin] > kinds[most]) most = record.origin;
  }
  return most;
}

Hit hit_of(const RecordedRun& run, std::uint32_t service, std::uint64_t origin) {
  Hit hit;
  hit.service = service;
  for (std::size_t i = 0; i < run.history().seconds(); ++i) {
    if (is_bad(run.state_in(service, i))) ++hit.seconds;
  }
  for (const FailingRecord& record : run.events().failing()) {
    if (record.to == service && record.origin == origin) {
      hit.first = record.at;
      break;
    }
  }
  return hit;
}

}  // namespace

TimelineView::TimelineView(const Shown& shown, QWidget* parent) : Canvas{shown, parent} {
  setAccessibleName(tr("Timeline"));
  setMinimumHeight(310);
}

qreal TimelineView::lanes_left() const { return 184; }
qreal TimelineView::lanes_right() const { return width() - kPadding; }

Instant TimelineView::run_end() const {
  return shown().run == nullptr ? Instant::at(Duration::seconds(1))
                                : std::max(shown().run->end(), Instant::at(Duration::seconds(1)));
}

qreal TimelineView::x_of(Instant t) const {
  const double share = to_seconds(t.since_start()) / to_seconds(run_end().since_start());
  return lanes_left() + std::clamp(share, 0.0, 1.0) * (lanes_right() - lanes_left());
}

Instant TimelineView::instant_at(qreal x) const {
  const qreal share = std::clamp((x - lanes_left()) / (lanes_right() - lanes_left()), 0.0, 1.0);
  const double end_us = static_cast<double>(run_end().count_ns() / 1000);
  return Instant::at(Duration::microseconds(static_cast<std::int64_t>(share * end_us)));
}

void TimelineView::set_run(const RecordedRun* run) {
  affected_.clear();
  if (run != nullptr) {
    const std::uint64_t origin = main_origin(*run);
    std::vector<Hit> hits;
    for (std::uint32_t s = 0; s < run->scene().services.size(); ++s) {
      Hit hit = hit_of(*run, s, origin);
      if (shown().other != nullptr) {
        const auto other = service_in(*shown().other, *run, s);
        for (std::size_t i = 0; other && i < shown().other->history().seconds(); ++i) {
          if (is_bad(shown().other->state_in(*other, i))) ++hit.seconds;
        }
      }
      if (hit.seconds > 0) hits.push_back(hit);
    }
    std::stable_sort(hits.begin(), hits.end(),
                     [](const Hit& a, const Hit& b) { return a.seconds > b.seconds; });
    for (const Hit& hit : hits) affected_.push_back({hit.service, hit.first});
  }
  refresh();
}

std::size_t TimelineView::strip_room() const {
  return static_cast<std::size_t>(std::max(0.0, (height() - kStripsTop - 8) / kStripStep));
}

std::vector<Layer> TimelineView::still_layers() const {
  ahead_ = {};
  note_ = passed_notes();
  return lanes(false);
}

std::vector<Layer> TimelineView::lanes(bool ahead) const {
  std::vector<Layer> layers(1);
  DisplayList& list = layers[0].list;
  labels_.clear();
  draw_panel(list);
  draw_transport(list);
  if (shown().run == nullptr) {
    list.text({kPadding, (kTransportMiddle + 16 + height()) / 2 - 10, width() - 2 * kPadding, 20},
              tr("The timeline of the run stands here: faults, changes, errors, services that are "
                 "hit."),
              Type::Body, colors().low, Qt::AlignHCenter)
        .tag = "empty";
    return layers;
  }
  draw_axis(list);
  draw_parting(list);
  draw_bookmarks(list);
  draw_faults(list);
  draw_rollouts(list);
  draw_errors(list, ahead);
  draw_strips(list, ahead);
  return layers;
}

std::size_t TimelineView::passed_notes() const {
  std::size_t passed = 0;
  if (shown().run == nullptr) return passed;
  for (const FaultSpan& fault : shown().run->events().faults()) {
    if (fault.from <= shown().at) ++passed;
  }
  for (const RolloutSpan& rollout : shown().run->events().rollouts()) {
    if (rollout.from <= shown().at) ++passed;
    if (rollout.to <= shown().at) ++passed;
  }
  for (const ChangeMark& change : shown().run->events().changes()) {
    if (change.at <= shown().at) ++passed;
  }
  return passed;
}

void TimelineView::show_instant() { refresh(passed_notes() == note_); }

const QImage& TimelineView::ahead() const {
  if (ahead_.isNull()) {
    ahead_ = QImage{(QSizeF{size()} * ratio()).toSize(), QImage::Format_RGB32};
    ahead_.setDevicePixelRatio(ratio());
    ahead_.fill(colors().window);
    QPainter painter{&ahead_};
    gui::paint(painter, lanes(true), colors());
  }
  return ahead_;
}

void TimelineView::draw_transport(DisplayList& list) const {
  const Theme& c = colors();
  const auto button = [&](qreal x, qreal width, const QString& action, bool chosen,
                          const QString& says) -> QRectF {
    const QRectF box{x, kTransportMiddle - 16, width, 32};
    const bool accented = chosen && shown().run != nullptr;
    Shape& shape = list.box(box, 8, accented ? c.accent : c.card, accented ? QColor{} : c.line);
    shape.action = action;
    shape.tag = action;
    shape.says = says;
    return box;
  };
  const auto skip = [&](const QRectF& box, qreal direction) {
    const QPointF m = box.center();
    QPainterPath sign;
    sign.moveTo(m.x() - 5 * direction, m.y() - 6);
    sign.lineTo(m.x() + 4 * direction, m.y());
    sign.lineTo(m.x() - 5 * direction, m.y() + 6);
    sign.closeSubpath();
    sign.addRect(QRectF{m.x() + 4 * direction - 1, m.y() - 6, 2, 12});
    list.path(sign, shown().run == nullptr ? c.low : c.high);
  };
  skip(button(kPadding, 36, "previous event", false, tr("Previous event")), -1);
  const QRectF play =
      button(kPadding + 42, 46, "play", true, shown().playing ? tr("Pause") : tr("Play"));
  skip(button(kPadding + 94, 36, "next event", false, tr("Next event")), 1);
  QPainterPath sign;
  const QPointF m = play.center();
  if (shown().playing) {
    sign.addRect(QRectF{m.x() - 5, m.y() - 6.5, 3.4, 13});
    sign.addRect(QRectF{m.x() + 1.6, m.y() - 6.5, 3.4, 13});
  } else {
    sign.moveTo(m.x() - 4, m.y() - 7);
    sign.lineTo(m.x() + 7, m.y());
    sign.lineTo(m.x() - 4, m.y() + 7);
    sign.closeSubpath();
  }
  list.path(sign, shown().run == nullptr ? c.low : c.window);

  qreal x = kPadding + 142;
  const std::array<std::pair<double, QString>, 4> speeds{{{0.25, QStringLiteral("¼×")},
                                                          {1, QStringLiteral("1×")},
                                                          {8, QStringLiteral("8×")},
                                                          {0, tr("max")}}};
  const qreal cell = std::max<qreal>(40, width_of(speeds[3].second, Type::BodyMedium) + 18);
  list.box({x, kTransportMiddle - 16, 4 * cell + 4, 32}, 8, c.card, c.line);
  for (const auto& [speed, name] : speeds) {
    const QRectF box{x + 2, kTransportMiddle - 14, cell, 28};
    const bool chosen = speed == shown().speed;
    if (chosen) list.box(box, 7, c.raised);
    list.text(box, name, chosen ? Type::BodyStrong : Type::Body, chosen ? c.high : c.mid,
              Qt::AlignHCenter);
    const QString action = QString{"speed %1"}.arg(speed);
    list.target(box, action, action);
    x += cell;
  }
  if (shown().run == nullptr) return;
  x += 26;
  const bool simulated = shown().run->info().world == "sim";
  const QString end =
      (simulated ? tr("of %1 simulated") : tr("of %1 live")).arg(minute_text(run_end()));
  // As wide as the longest clock, so that nothing moves.
  const qreal clock = width_of(clock_text(run_end()), Type::Clock);
  list.words(x + clock + 14, kTransportMiddle + 2, end, Type::Body, c.low);
  if (!shown().notice.isEmpty()) {
    const qreal from = x + clock + 40 + width_of(end, Type::Body);
    list.glyph(State::Degraded, {from, kTransportMiddle}, 13);
    list.text({from + 14, kTransportMiddle - 10, lanes_right() - from - 14, 20}, shown().notice,
              Type::Body, c.high)
        .tag = "notice";
    return;
  }
  if (shown().hand) return draw_hand(list, x + clock + 30 + width_of(end, Type::Body));
  qreal right = lanes_right();
  if (shown().can_branch) right = draw_branch(list, right);
  if (shown().other != nullptr) {
    const QString text = shown().parting ? parting_text() : tr("The runs do not part so far");
    const qreal from = x + clock + 40 + width_of(end, Type::Body);
    const qreal wide = std::min(width_of(text, Type::BodyMedium) + 1, right - from);
    const qreal height = height_of(Type::BodyMedium);
    list.text({right - wide, kTransportMiddle + 1 - height / 2, wide, height}, text,
              Type::BodyMedium, shown().parting ? c.accent : c.low)
        .tag = "parting text";
    if (shown().parting) {
      const QString action = QString{"seek %1"}.arg(shown().parting->at.count_ns() / 1000);
      list.target({right - wide, kTransportMiddle - 14, wide, 28}, action, "to parting");
    }
    return;
  }
  const std::array<std::pair<QString, QString>, 4> keys{{{QStringLiteral("F"), tr("next fault")},
                                                         {QStringLiteral("Shift ← →"), tr("1 s")},
                                                         {QStringLiteral("← →"), tr("event")},
                                                         {QStringLiteral("Space"), tr("play")}}};
  const qreal least = x + clock + 40 + width_of(end, Type::Body);
  for (const auto& [key, what] : keys) {
    if (right - width_of(key, Type::Small) - width_of(what, Type::Body) - 20 < least) break;
    right = list.words_before(right, kTransportMiddle + 1, what, Type::Body, c.low) - 7;
    const qreal key_width = width_of(key, Type::SmallMedium) + 12;
    list.box({right - key_width, kTransportMiddle - 9, key_width, 20}, 5, c.raised);
    list.text({right - key_width, kTransportMiddle - 9, key_width, 20}, key, Type::SmallMedium,
              c.mid, Qt::AlignHCenter);
    right -= key_width + 18;
  }
}

qreal TimelineView::draw_branch(DisplayList& list, qreal right) const {
  const QString text = tr("Run from here");
  const qreal left =
      list.words_before(right, kTransportMiddle + 1, text, Type::BodyMedium, colors().accent);
  list.target({left - 6, kTransportMiddle - 14, right - left + 12, 28}, "hand here", "hand here");
  return left - 22;
}

void TimelineView::draw_hand(DisplayList& list, qreal left) const {
  const Theme& c = colors();
  const HandNow& hand = *shown().hand;
  const QString state = hand.held ? tr("held") : hand.steps ? tr("steps") : tr("runs");
  list.glyph(hand.held ? State::Starting : State::Recovering, {left + 7, kTransportMiddle}, 13);
  left = list.words(left + 20, kTransportMiddle + 1, state, Type::BodyMedium, c.high) + 20;
  qreal right = lanes_right();
  const QString save = tr("Save as a scenario…");
  const qreal from =
      list.words_before(right, kTransportMiddle + 1, save, Type::BodyMedium, c.accent);
  list.target({from - 6, kTransportMiddle - 14, right - from + 12, 28}, "hand save", "hand save");
  right = from - 18;
  // Who looks at what is over cannot step it.
  if (shown().can_branch && shown().at < run_end() && hand.held) {
    draw_branch(list, right);
    return;
  }
  // Live hosts go by the clock.
  if (shown().run->info().world != "sim") return;
  const std::array<std::array<QString, 3>, 3> steps{
      {{QStringLiteral("F"), tr("to the next fault"), QStringLiteral("hand step fault")},
       {QStringLiteral("Shift →"), tr("1 s"), QStringLiteral("hand step second")},
       {QStringLiteral("→"), tr("to what happens next"), QStringLiteral("hand step event")}}};
  for (const auto& [key, what, action] : steps) {
    const qreal key_width = width_of(key, Type::SmallMedium) + 12;
    const qreal wide = key_width + width_of(what, Type::Body) + 22;
    if (right - wide < left) break;
    const QRectF box{right - wide, kTransportMiddle - 15, wide, 30};
    list.box(box, 8, c.card, c.line);
    list.words_before(box.right() - 9, kTransportMiddle, what, Type::Body,
                      hand.held ? c.high : c.low);
    const QRectF cap{box.left() + 6, kTransportMiddle - 9, key_width, 18};
    list.box(cap, 5, c.raised);
    list.text(cap, key, Type::SmallMedium, c.mid, Qt::AlignHCenter);
    list.target(box, action, action);
    right = box.left() - 8;
  }
}

void TimelineView::draw_axis(DisplayList& list) const {
  const Theme& c = colors();
  const auto seconds = static_cast<std::int64_t>(to_seconds(run_end().since_start()));
  const std::int64_t step = axis_step(seconds);
  for (std::int64_t s = 0; s <= seconds; s += step) {
    const Instant t = Instant::at(Duration::seconds(s));
    const qreal x = x_of(t);
    list.line({x, kAxisMiddle + 12}, {x, height() - 14.0}, c.line, 1);
    const QString text = minute_text(t);
    const qreal half = width_of(text, Type::Mono) / 2 + 2;
    const qreal left = std::clamp(x - half, lanes_left() - 2, lanes_right() - 2 * half);
    const QRectF label{left, kAxisMiddle - 8, 2 * half, 16};
    list.text(label, text, Type::Mono, c.low, Qt::AlignHCenter);
    labels_.push_back(label);
  }
  for (const auto& [middle, text] : {std::pair<qreal, QString>{kFaultsMiddle, tr("Faults")},
                                     {kRolloutMiddle, tr("Changes")},
                                     {(kErrorsTop + kErrorsBottom) / 2 + 6, tr("Errors")}}) {
    list.words(kPadding, middle, text, Type::Body, c.mid);
  }
  list.line({kPadding, kStripsTop - 13}, {lanes_right(), kStripsTop - 13}, c.line);
}

void TimelineView::draw_bookmarks(DisplayList& list) const {
  const Theme& c = colors();
  for (std::size_t i = 0; i < shown().bookmarks.size(); ++i) {
    const qreal x = x_of(shown().bookmarks[i]);
    list.line({x, kAxisMiddle + 9}, {x, height() - 14.0}, faded(c.accent, 0.5));
    QPainterPath flag{{x, kAxisMiddle + 8}};
    flag.lineTo(x + 10, kAxisMiddle + 12);
    flag.lineTo(x, kAxisMiddle + 16);
    flag.closeSubpath();
    Shape& shape = list.path(flag, c.accent);
    shape.tag = QString{"bookmark %1"}.arg(i);
    shape.says = tr("bookmark at %1").arg(clock_text(shown().bookmarks[i]));
  }
}

/// Each has the room up to the next for its words; where that is too little, it has none.
void TimelineView::draw_lane(DisplayList& list, qreal middle, std::vector<Bar> bars) const {
  std::stable_sort(bars.begin(), bars.end(),
                   [](const Bar& a, const Bar& b) { return a.from < b.from; });
  qreal begin = lanes_left();
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const qreal end = i + 1 < bars.size() ? x_of(bars[i + 1].from) - 4 : lanes_right();
    begin = std::max(begin, draw_bar(list, middle, bars[i], begin, end));
  }
}

qreal TimelineView::draw_bar(DisplayList& list, qreal middle, const Bar& bar, qreal room_begin,
                             qreal room_end) const {
  const Theme& c = colors();
  const qreal left = x_of(bar.from);
  const qreal right = std::max(x_of(std::min(bar.to, run_end())), left + 6);
  const QColor& color = c.state(bar.state);
  const QRectF box{left, middle - 10, right - left, 20};
  const bool ahead = bar.from > shown().at;
  Shape& shape = list.box(box, 5, faded(color, c.shade == Shade::Dark ? 0.18 : 0.12), color, 1.2);
  shape.tag = bar.tag;
  shape.state = bar.state;
  shape.action = QString{"seek %1"}.arg(bar.from.count_ns() / 1000);
  shape.says = clock_text(bar.from) + ", " + bar.text;
  if (ahead) shape.dash = {4, 3};
  const qreal inside = std::min(right, room_end) - left - 18;
  const qreal wanted = width_of(bar.text, Type::SmallStrong);
  if (wanted <= inside || (right + 8 + wanted >= room_end && inside > 30)) {
    list.text({left + 9, box.top(), inside, box.height()}, bar.text, Type::SmallStrong, c.high);
    labels_.emplace_back(left + 9, box.top() + 1, std::min(wanted, inside), 18);
    return right;
  }
  if (right + 8 + wanted < room_end) {
    list.text({right + 7, box.top(), wanted + 1, box.height()}, bar.text, Type::SmallStrong, c.mid);
    labels_.emplace_back(right + 7, box.top() + 1, wanted, 18);
    return right + 7 + wanted;
  }
  if (left - 15 - wanted > room_begin) {
    // As of what was just done in a run that goes on.
    list.text({left - 7 - wanted, box.top(), wanted + 1, box.height()}, bar.text, Type::SmallStrong,
              c.mid);
    labels_.emplace_back(left - 7 - wanted, box.top() + 1, wanted, 18);
  }
  return right;
}

void TimelineView::draw_faults(DisplayList& list) const {
  std::vector<Bar> bars;
  for (const FaultSpan& fault : shown().run->events().faults()) {
    const bool lost = fault.kind == "zone-loss" || fault.kind == "node-loss";
    bars.push_back(
        {fault.from, fault.to, subject_text(fault.subject) + " " + fault_text(fault.kind),
         lost ? State::Lost : State::Degraded, "fault " + QString::fromStdString(fault.id)});
  }
  draw_lane(list, kFaultsMiddle, std::move(bars));
}

QString TimelineView::text_of_change(const ChangeMark& change) {
  const QString subject = subject_text(change.subject);
  if (change.replicas) return tr("%1: %2 replicas").arg(subject).arg(*change.replicas);
  // What somebody has named is known to them by that name.
  if (change.id.rfind("hand-", 0) != 0) return QString::fromStdString(change.id);
  return subject + " " + event_kind_text(change.what);
}

void TimelineView::draw_rollouts(DisplayList& list) const {
  std::vector<Bar> bars;
  for (const RolloutSpan& rollout : shown().run->events().rollouts()) {
    const bool over = rollout.to <= shown().at;
    const QString name = short_name(rollout.name);
    bars.push_back({rollout.from, rollout.to,
                    over ? tr("%1 rolled out").arg(name) : tr("%1 rolls out").arg(name),
                    State::Starting, "rollout " + QString::fromStdString(rollout.name)});
  }
  for (const ChangeMark& change : shown().run->events().changes()) {
    bars.push_back({change.at, change.at, text_of_change(change), State::Starting,
                    "change " + QString::fromStdString(change.id)});
  }
  draw_lane(list, kRolloutMiddle, std::move(bars));
}

void TimelineView::draw_errors(DisplayList& list, bool ahead) const {
  const Theme& c = colors();
  const History& history = shown().run->history();
  const std::size_t seconds = history.seconds();
  if (seconds == 0) return;
  double most = 0.02;
  const auto share = [&](std::size_t second) { return history.users_sum(second, 1).error_share(); };
  for (std::size_t i = 0; i < seconds; ++i) most = std::max(most, share(i));
  if (shown().other != nullptr) {
    const History& other = shown().other->history();
    for (std::size_t i = 0; i < other.seconds(); ++i) {
      most = std::max(most, other.users_sum(i, 1).error_share());
    }
  }
  const auto y_of = [&](double value) {
    return kErrorsBottom - value / most * (kErrorsBottom - kErrorsTop);
  };
  // One point a pixel, the worst second of those that share it.
  QPainterPath line;
  const std::size_t per_point = std::max<std::size_t>(
      1, static_cast<std::size_t>(static_cast<double>(seconds) / (lanes_right() - lanes_left())));
  for (std::size_t i = 0; i < seconds; i += per_point) {
    double worst = 0;
    for (std::size_t k = i; k < std::min(seconds, i + per_point); ++k)
      worst = std::max(worst, share(k));
    const Instant t = Instant::at(Duration::seconds(static_cast<std::int64_t>(i) + 1));
    const QPointF point{x_of(t), y_of(worst)};
    i == 0 ? line.moveTo(point) : line.lineTo(point);
  }
  if (ahead) {
    list.path(line, {}, c.low, 1.1).dash = {4, 3};
  } else {
    const QColor& color = c.state(State::Failing);
    QPainterPath area = line;
    area.lineTo(line.currentPosition().x(), kErrorsBottom);
    area.lineTo(line.elementAt(0).x, kErrorsBottom);
    area.closeSubpath();
    list.path(area, faded(color, 0.18));
    list.path(line, {}, color, 1.6).tag = "errors";
  }
  if (shown().other != nullptr) draw_other_errors(list, most);
}

void TimelineView::draw_other_errors(DisplayList& list, double most) const {
  const Theme& c = colors();
  const History& history = shown().other->history();
  const auto per_point =
      std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(history.seconds()) /
                                                        (lanes_right() - lanes_left())));
  QPainterPath line;
  bool begun = false;
  for (std::size_t i = 0; i < history.seconds(); i += per_point) {
    double worst = 0;
    for (std::size_t k = i; k < std::min(history.seconds(), i + per_point); ++k) {
      worst = std::max(worst, history.users_sum(k, 1).error_share());
    }
    const Instant t = Instant::at(Duration::seconds(static_cast<std::int64_t>(i) + 1));
    if (t > run_end()) break;
    const QPointF point{x_of(t), kErrorsBottom - worst / most * (kErrorsBottom - kErrorsTop)};
    begun ? line.lineTo(point) : line.moveTo(point);
    begun = true;
  }
  Shape& ghost = list.path(line, {}, c.accent, 1.3);
  ghost.dash = {2, 2.5};
  ghost.tag = "errors of B";
}

QString TimelineView::parting_text() const {
  if (!shown().parting || shown().other == nullptr) return {};
  const Divergence& parting = *shown().parting;
  const RecordedRun& run = parting.in_a ? *shown().run : *shown().other;
  const QString at = clock_text(parting.at);
  if (parting.service) {
    return tr("The runs part at %1: other calls to %2")
        .arg(at, short_name(run.scene().services[*parting.service]));
  }
  const recording::RunEvent* event = run.events().find(parting.event.value_or(0));
  if (event == nullptr) return {};
  const QString what = subject_text(std::string{run.text(event->subject)}) + ": " +
                       event_kind_text(std::string{run.text(event->what)});
  return tr("The runs part at %1: only in %2, %3")
      .arg(at, parting.in_a ? QStringLiteral("A") : QStringLiteral("B"), what);
}

void TimelineView::draw_parting(DisplayList& list) const {
  if (!shown().parting) return;
  const Theme& c = colors();
  const qreal x = x_of(shown().parting->at);
  list.line({x, kAxisMiddle + 9}, {x, height() - 14.0}, c.accent, 1.4).dash = {2, 2};
  QPainterPath flag;
  flag.moveTo(x, kAxisMiddle + 5);
  flag.lineTo(x + 4.5, kAxisMiddle + 9.5);
  flag.lineTo(x, kAxisMiddle + 14);
  flag.lineTo(x - 4.5, kAxisMiddle + 9.5);
  flag.closeSubpath();
  list.path(flag, c.accent).tag = "parting";
}

std::vector<TimelineView::Affected> TimelineView::strip_rows() const {
  std::vector<Affected> rows{
      affected_.begin(),
      affected_.begin() + static_cast<std::ptrdiff_t>(std::min(strip_room(), affected_.size()))};
  // Those hit worst, in the order in which the trouble came.
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Affected& a, const Affected& b) { return a.first < b.first; });
  return rows;
}

void TimelineView::draw_strips(DisplayList& list, bool ahead) const {
  if (affected_.empty()) {
    const QString text = tr("No service was hit.");
    const bool fits = kPadding + width_of(text, Type::Body) + 8 < lanes_left();
    list.words(fits ? kPadding : lanes_left() + 10, kStripsTop + 4, text, Type::Body, colors().low);
    return;
  }
  qreal middle = kStripsTop + 2;
  for (const Affected& row : strip_rows()) {
    draw_strip(list, row.service, middle, ahead);
    middle += kStripStep;
  }
}

void TimelineView::draw_strip(DisplayList& list, std::uint32_t service, qreal middle,
                              bool ahead) const {
  const Theme& c = colors();
  const RecordedRun& run = *shown().run;
  const std::string& name = run.scene().services[service];
  const qreal height = height_of(Type::BodyMedium);
  list.text({kPadding + 24, middle - height / 2, lanes_left() - kPadding - 34, height},
            short_name(name), Type::BodyMedium, c.high);
  list.target({kPadding, middle - 11, lanes_left() - kPadding, 22},
              QString{"select %1"}.arg(service), "strip " + QString::fromStdString(name));
  const std::vector<State> cells = strip_of(run, service);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const State worst = cells[i];
    const qreal tall = strip_height(worst);
    const double alpha = ahead ? 0.28 : worst == State::Healthy ? 0.62 : 1;
    list.box({lanes_left() + static_cast<qreal>(i) * kCell, middle - tall / 2, kCell - 1, tall}, 0,
             faded(c.state(worst), alpha))
        .state = worst;
  }
  if (shown().other == nullptr) return;
  // B as a thin line below.
  const auto other = service_in(*shown().other, run, service);
  if (!other) return;
  const std::vector<State> beside = strip_of(*shown().other, *other);
  for (std::size_t i = 0; i < beside.size(); ++i) {
    const double alpha = ahead ? 0.35 : beside[i] == State::Healthy ? 0.62 : 1;
    Shape& cell = list.box({lanes_left() + static_cast<qreal>(i) * kCell, middle + 9.5, kCell, 2.5},
                           0, faded(c.state(beside[i]), alpha));
    cell.state = beside[i];
    cell.tag = "strip of B";
  }
}

std::size_t TimelineView::strip_cells() const {
  return static_cast<std::size_t>(std::max(kCell, lanes_right() - lanes_left()) / kCell);
}

std::vector<State> TimelineView::strip_of(const RecordedRun& run, std::uint32_t service) const {
  std::vector<State> cells;
  const std::size_t seconds = run.history().seconds();
  const std::size_t count = strip_cells();
  const double run_s = to_seconds(run_end().since_start());
  for (std::size_t i = 0; i < count; ++i) {
    const double from = static_cast<double>(i) / static_cast<double>(count) * run_s;
    const double to = static_cast<double>(i + 1) / static_cast<double>(count) * run_s;
    const auto first = static_cast<std::size_t>(from);
    if (first >= seconds) break;
    State worst = run.state_in(service, first);
    for (std::size_t s = first + 1; static_cast<double>(s) < to && s < seconds; ++s) {
      const State state = run.state_in(service, s);
      if (severity(state) > severity(worst)) worst = state;
    }
    cells.push_back(worst);
  }
  return cells;
}

void TimelineView::draw_callout(DisplayList& list) const {
  const Theme& c = colors();
  const RecordedRun& run = *shown().run;
  // The last thing of note before now.
  QString title;
  QString body;
  Instant at;
  bool found = false;
  std::set<std::pair<std::uint64_t, std::uint32_t>> reached;
  for (const FailingRecord& record : run.events().failing()) {
    if (record.at > shown().at) break;
    // Only when a failure reaches a service, not each way in which it does.
    if (!reached.emplace(record.origin, record.to).second) continue;
    if (shown().at - record.at > kCalloutLasts) continue;
    found = true;
    at = record.at;
    const QString to = short_name(run.scene().services[record.to]);
    title = (record.from ? short_name(run.scene().services[*record.from]) : tr("users")) +
            " \u2192 " + to;
    const FailingRecord* cause = run.events().failing_record(record.cause);
    body = cause == nullptr
               ? tr("The first calls %1.").arg(calls_text(record.outcome))
               : tr("The first requests fail, as calls to %1 %2.")
                     .arg(short_name(run.scene().services[cause->to]), calls_text(cause->outcome));
  }
  for (const FaultSpan& fault : run.events().faults()) {
    if (fault.from > shown().at || shown().at - fault.from > kCalloutLasts) continue;
    if (found && fault.from < at) continue;
    found = true;
    at = fault.from;
    title = subject_text(fault.subject);
    body = fault_text(fault.kind);
  }
  if (!found) return;
  title = clock_text(at) + "  " + title;
  constexpr qreal kWidth = 292;
  const int lines = width_of(body, Type::Body) > kWidth - 28 ? 2 : 1;
  const qreal height_needed = 36 + 17 * lines;
  const qreal x = x_of(shown().at);
  const qreal left = x + 16 + kWidth < lanes_right() ? x + 16 : x - 16 - kWidth;
  const QRectF box{left, kStripsTop - 4, kWidth, height_needed};
  if (box.bottom() > height() - 8) return;
  list.box(box, 9, c.raised, c.line).tag = "callout";
  list.text({left + 14, box.top() + 10, kWidth - 28, 18}, title, Type::BodyStrong, c.high);
  Shape& text = list.text({left + 14, box.top() + 29, kWidth - 28, 34}, {}, Type::Body, c.mid);
  text.text = body;
  text.wraps = true;
  text.align = Qt::AlignLeft | Qt::AlignTop;
}

void TimelineView::draw_states(DisplayList& list) const {
  if (!has_moment()) return;
  const Theme& c = colors();
  qreal middle = (kErrorsTop + kErrorsBottom) / 2 + 6;
  list.words_before(lanes_left() - 14, middle, percent_text(shown().moment->users_error_share),
                    Type::Body, c.high);
  if (shown().other_moment != nullptr) {
    list.words_before(lanes_left() - 14, middle + 16,
                      "B " + percent_text(shown().other_moment->users_error_share), Type::Body,
                      c.accent);
  }
  middle = kStripsTop + 2;
  for (const Affected& row : strip_rows()) {
    list.glyph(shown().moment->services[row.service].state, {kPadding + 7, middle}, 13);
    middle += kStripStep;
  }
}

std::vector<Layer> TimelineView::moving_layers() const {
  if (shown().run == nullptr) return {};
  std::vector<Layer> layers;
  DisplayList list;
  const Theme& c = colors();
  list.text({kPadding + 142 + 26 +
                 4 * std::max<qreal>(40, width_of(tr("max"), Type::BodyMedium) + 18),
             kTransportMiddle - 16, width_of(clock_text(run_end()), Type::Clock) + 2, 32},
            clock_text(shown().at), Type::Clock, c.high, Qt::AlignRight)
      .tag = "clock";
  const qreal x = x_of(shown().at);
  const QRectF ahead_room{x, kErrorsTop - 8, width() - 2 - x, height() - 2 - (kErrorsTop - 8)};
  if (ahead_room.width() > 1) {
    Layer ahead_layer;
    ahead_layer.clip = ahead_room;
    ahead_layer.list.picture({{0, 0}, ahead().deviceIndependentSize()}, ahead()).tag = "ahead";
    layers.push_back(std::move(ahead_layer));
  }
  draw_states(list);
  draw_callout(list);
  draw_cursor(list);
  layers.push_back({std::move(list), {}, {}});
  return layers;
}

void TimelineView::draw_cursor(DisplayList& list) const {
  const Theme& c = colors();
  const qreal x = x_of(shown().at);
  // It goes behind words: it is broken where one stands.
  std::vector<std::pair<qreal, qreal>> gaps;
  for (const QRectF& label : labels_) {
    if (x > label.left() - 3 && x < label.right() + 3) {
      gaps.emplace_back(label.top(), label.bottom());
    }
  }
  std::sort(gaps.begin(), gaps.end());
  qreal top = kAxisMiddle - 12;
  for (const auto& [from, to] : gaps) {
    if (from > top) list.line({x, top}, {x, from}, c.focus, 1.6);
    top = std::max(top, to);
  }
  list.line({x, top}, {x, height() - 12.0}, c.focus, 1.6).tag = "cursor";
  QPainterPath handle;
  handle.addRoundedRect(QRectF{x - 7, kAxisMiddle - 25, 14, 10}, 3, 3);
  handle.moveTo(x - 7, kAxisMiddle - 17);
  handle.lineTo(x + 7, kAxisMiddle - 17);
  handle.lineTo(x, kAxisMiddle - 8);
  handle.closeSubpath();
  handle.setFillRule(Qt::WindingFill);
  list.path(handle, c.focus).tag = "cursor handle";
}

void TimelineView::mousePressEvent(QMouseEvent* event) {
  const QPointF at = event->position();
  if (event->button() == Qt::LeftButton && shown().run != nullptr && at.y() > kAxisMiddle - 26 &&
      at.x() > lanes_left() - 8) {
    scrubbing_ = true;
    if (on_seek) on_seek(instant_at(at.x()));
    return;
  }
  Canvas::mousePressEvent(event);
}

void TimelineView::mouseMoveEvent(QMouseEvent* event) {
  if (scrubbing_ && (event->buttons() & Qt::LeftButton) != 0) {
    if (on_seek) on_seek(instant_at(event->position().x()));
    return;
  }
  Canvas::mouseMoveEvent(event);
}

void TimelineView::mouseReleaseEvent(QMouseEvent* event) {
  scrubbing_ = false;
  Canvas::mouseReleaseEvent(event);
}

}  // namespace orrery::gui
