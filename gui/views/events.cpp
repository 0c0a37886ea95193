#include "gui/views/events.h"

#include <QKeyEvent>
#include <QWheelEvent>
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "gui/views/event_text.h"
#include "gui/views/words.h"

namespace orrery::gui {
namespace {

constexpr qreal kFieldTop = 52;
constexpr qreal kFieldHeight = 32;
constexpr qreal kChipsMiddle = 115;
constexpr qreal kRoomForColumns = 440;
constexpr qreal kRowsTop = 142;
constexpr qreal kRow = 26;
constexpr qreal kFootHeight = 96;
/// Of the rows that are shown, those before the instant.
constexpr double kBeforeNow = 0.62;

}  // namespace

EventsView::EventsView(const Shown& shown, QWidget* parent)
    : DrawerView{shown, parent}, field_{new SearchField{shown, this}} {
  setAccessibleName(tr("Events"));
  QObject::connect(field_, &QLineEdit::textChanged, this, [this](const QString& text) {
    EventFilter filter = read_filter(text.toStdString());
    filter.group = list_.filter().group;
    list_.set_filter(std::move(filter));
    follow();
  });
  say_what_to_type();
}

void EventsView::say_what_to_type() {
  field_->setPlaceholderText(tr("Filter: cart, kind:failing, after:2:00, -condition"));
  field_->setAccessibleName(tr("Filter of the events"));
}

void EventsView::set_run(const RecordedRun* run) {
  list_.set_run(run);
  follow();
}

void EventsView::take() {
  list_.take();
  refresh();
}

void EventsView::set_filter(const QString& text) { field_->setText(text); }

void EventsView::set_group(std::optional<EventGroup> group) {
  EventFilter filter = list_.filter();
  filter.group = group;
  list_.set_filter(std::move(filter));
  follow();
}

void EventsView::follow() {
  follows_ = true;
  refresh();
}

QRectF EventsView::rows_room() const {
  // Whole rows: none is cut in two.
  const qreal rows = std::floor((height() - kRowsTop - kFootHeight - 8) / kRow);
  return {kPadding, kRowsTop, width() - 2 * kPadding, std::max(1.0, rows) * kRow};
}

double EventsView::rows_shown() const { return std::max(1.0, rows_room().height() / kRow); }

double EventsView::first_row() const {
  const auto all = static_cast<double>(list_.size());
  double first = top_;
  if (follows_ && list_.size() > 0) {
    // Whole rows, so that text does not swim while time passes.
    first = std::round(static_cast<double>(list_.happened(shown().at)) - rows_shown() * kBeforeNow);
  }
  return std::clamp(first, 0.0, std::max(0.0, all - std::floor(rows_shown())));
}

void EventsView::scroll(qreal rows) {
  top_ = first_row() + rows;
  follows_ = false;
  top_ = first_row();
  refresh();
}

void EventsView::choose(int rows) {
  if (list_.size() == 0) return;
  const auto last = static_cast<int>(list_.size()) - 1;
  int row = static_cast<int>(list_.happened(shown().at)) - 1;
  if (shown().event) {
    for (int i = 0; i <= last; ++i) {
      if (list_.event(static_cast<std::size_t>(i)).id == *shown().event) row = i;
    }
  }
  row = std::clamp(row + rows, 0, last);
  follows_ = true;
  const std::uint64_t id = list_.event(static_cast<std::size_t>(row)).id;
  if (on_action) on_action(QString{"event %1"}.arg(id));
}

bool EventsView::is_tab_stop(const Shape& shape) const {
  return !shape.action.startsWith("event ") || shape.tag == "cause";
}

const recording::RunEvent* EventsView::current() const {
  if (shown().run == nullptr) return nullptr;
  if (shown().event) return shown().run->events().find(*shown().event);
  const std::size_t happened = list_.size() == 0 ? 0 : list_.happened(shown().at);
  return happened == 0 ? nullptr : &list_.event(happened - 1);
}

std::vector<Layer> EventsView::still_layers() const {
  std::vector<Layer> layers(1);
  DisplayList& list = layers[0].list;
  const Theme& c = colors();
  draw_frame(list);
  if (shown().run == nullptr) return layers;
  const bool has_room = draw_controls(list);
  const QRectF room = rows_room();
  list.line({kPadding, room.top() - 6}, {width() - kPadding, room.top() - 6}, c.line);
  if (list_.size() == 0) {
    const bool any = !shown().run->events().all().empty();
    list.text({room.left(), room.top() + 24, room.width(), 20},
              any ? tr("No event passes this filter.") : tr("Nothing has happened yet."),
              Type::Body, c.mid, Qt::AlignHCenter)
        .tag = "empty";
    return layers;
  }
  Layer rows;
  rows.clip = room;
  const double first = first_row();
  const auto begin = static_cast<std::size_t>(first);
  const auto end = std::min(list_.size(), static_cast<std::size_t>(first + rows_shown()) + 1);
  const std::size_t happened = list_.happened(shown().at);
  const auto top_of = [&](std::size_t row) {
    return room.top() + (static_cast<double>(row) - first) * kRow;
  };
  for (std::size_t row = begin; row < end; ++row) {
    draw_row(rows.list, row, top_of(row), row >= happened);
  }
  if (happened >= begin && happened <= end) {
    const qreal y = std::max(top_of(happened), room.top() + 1);
    QPainterPath mark;
    mark.moveTo(room.left() - 12, y - 4.5);
    mark.lineTo(room.left() - 5, y);
    mark.lineTo(room.left() - 12, y + 4.5);
    mark.closeSubpath();
    Layer now;
    now.list.path(mark, c.focus);
    now.list.line({room.left() - 6, y}, {room.right() - 10, y}, c.focus, 1.4).tag = "now";
    layers.push_back(std::move(rows));
    layers.push_back(std::move(now));
  } else {
    layers.push_back(std::move(rows));
  }
  Layer foot;
  draw_scroll_bar(foot.list, room.adjusted(0, 0, 10, 0), first, rows_shown(),
                  static_cast<double>(list_.size()));
  draw_foot(foot.list);
  if (!has_room) draw_way_to_now(foot.list);
  layers.push_back(std::move(foot));
  return layers;
}

bool EventsView::draw_controls(DisplayList& list) const {
  const Theme& c = colors();
  const std::array<std::pair<std::optional<EventGroup>, QString>, 6> groups{
      {{std::nullopt, tr("All")},
       {EventGroup::Faults, tr("Faults")},
       {EventGroup::Failures, tr("Failures")},
       {EventGroup::Changes, tr("Changes")},
       {EventGroup::Pods, tr("Pods")},
       {EventGroup::Nodes, tr("Nodes")}}};
  qreal x = kPadding;
  const qreal right = width() - kPadding;
  // In a narrow drawer they are narrow, too, and then their words are small.
  const auto too_wide = [&](Type type, qreal apart) {
    qreal wanted = -apart;
    for (const auto& [group, name] : groups) wanted += width_of_chip(name, type) + apart;
    return (wanted - (right - x)) / static_cast<qreal>(groups.size());
  };
  const bool small = too_wide(Type::BodyMedium, 6) > 12;
  const Type type = small ? Type::SmallMedium : Type::BodyMedium;
  const qreal apart = small ? 4 : 6;
  const qreal less = std::clamp(too_wide(type, apart), 0.0, 16.0);
  for (const auto& [group, name] : groups) {
    const int number = group ? static_cast<int>(*group) : -1;
    x = draw_chip(list, x, kChipsMiddle, name, list_.filter().group == group,
                  QString{"events %1"}.arg(number), c, less, type) +
        apart;
  }
  if (!list_.filter().wrong.empty()) {
    const QString wrong = QString::fromStdString(list_.filter().wrong.front());
    const QString text = tr("%1: a time is 2:10 or 130s").arg(wrong);
    list.text({kPadding, kFieldTop + kFieldHeight + 1, right - kPadding, 14}, text,
              Type::SmallMedium, c.state(State::Failing))
        .tag = "wrong";
  }
  if (!follows_) {
    const QString now = tr("Back to now");
    const qreal left = right - width_of(now, Type::BodyMedium);
    if (left < x + 8) return false;
    list.words(left, kChipsMiddle, now, Type::BodyMedium, c.accent);
    list.target({left - 6, kChipsMiddle - 14, right - left + 12, 28}, "follow", "follow");
    return true;
  }
  const QString count =
      list_.size() == shown().run->events().all().size()
          ? count_text(list_.size())
          : tr("%1 of %2")
                .arg(count_text(list_.size()), count_text(shown().run->events().all().size()));
  if (right - width_of(count, Type::Body) < x + 8) return true;
  list.words_before(right, kChipsMiddle, count, Type::Body, c.low);
  return true;
}

void EventsView::draw_way_to_now(DisplayList& list) const {
  const Theme& c = colors();
  const QString now = tr("Back to now");
  const qreal wide = width_of(now, Type::BodyMedium) + 24;
  const QRectF pill{width() - kPadding - wide - 12, height() - kFootHeight - 32, wide, 24};
  list.box(pill, 12, c.raised, c.line);
  list.text(pill, now, Type::BodyMedium, c.accent, Qt::AlignHCenter);
  list.target(pill, "follow", "follow");
}

qreal EventsView::kind_width() const {
  const double first = first_row();
  const auto begin = static_cast<std::size_t>(first);
  const auto end = std::min(list_.size(), static_cast<std::size_t>(first + rows_shown()) + 1);
  qreal most = 0;
  for (std::size_t row = begin; row < end; ++row) {
    const std::string what{shown().run->text(list_.event(row).what)};
    most = std::max(most, width_of(event_kind_text(what), Type::BodyStrong));
  }
  return std::min(108.0, most + 12);
}

void EventsView::draw_row(DisplayList& list, std::size_t row, qreal top, bool ahead) const {
  const Theme& c = colors();
  const RecordedRun& run = *shown().run;
  const recording::RunEvent& event = list_.event(row);
  const std::string what{run.text(event.what)};
  const std::string subject{run.text(event.subject)};
  const QRectF room = rows_room();
  const QRectF line{room.left() - 8, top, room.width() + 4, kRow};
  const auto service = run.names().of_object(subject);
  const bool chosen = shown().event == event.id;
  if (chosen) list.box(line.adjusted(0, 1, 0, -1), 6, c.raised).tag = "chosen event";
  if (service && service == shown().selected) {
    list.box({room.left() - 8, top + 6, 2, kRow - 12}, 1, c.focus).tag = "of selected";
  }
  const qreal middle = line.center().y();
  const State state = event_state(what);
  qreal x = room.left() + 2;
  list.words(x, middle, clock_text(event.at), Type::Mono, ahead ? c.low : c.mid);
  x += 58;
  list.glyph(state, {x + 6, middle}, 12).opacity = ahead ? kAhead : 1;
  x += 22;
  const auto cell = [&](qreal width, const QString& text, Type type, const QColor& color) {
    const qreal height = height_of(type);
    list.text({x, middle - height / 2, width - 8, height}, text, type, color);
    x += width;
  };
  // What kind it is takes no more than it needs where the rest would be cut.
  const qreal kind = room.width() < kRoomForColumns ? kind_width() : 108;
  const qreal rest = room.right() - 12 - x - kind;
  const bool loud = is_bad(state) && !ahead;
  cell(kind, event_kind_text(what), loud ? Type::BodyStrong : Type::Body,
       ahead  ? c.low
       : loud ? c.text_of(state)
              : c.high);
  cell(rest * 0.5, subject_text(subject), Type::Small, ahead ? c.low : c.high);
  cell(rest * 0.5 + 8, event_detail_text(what, std::string{run.text(event.detail)}), Type::Small,
       ahead ? c.low : c.mid);
  list.target(line, QString{"event %1"}.arg(event.id), QString{"event %1"}.arg(event.id)).state =
      state;
}

void EventsView::draw_foot(DisplayList& list) const {
  const Theme& c = colors();
  const recording::RunEvent* event = current();
  const QRectF box{16, height() - kFootHeight - 4, width() - 32.0, kFootHeight - 12};
  list.box(box, 9, c.window, c.line).tag = "foot";
  if (event == nullptr) return;
  const RecordedRun& run = *shown().run;
  const std::string what{run.text(event->what)};
  const QRectF inside = box.adjusted(16, 0, -16, 0);
  const auto line = [&](qreal middle, const QString& text, Type type, const QColor& color) {
    const qreal height = height_of(type);
    list.text({inside.left(), middle - height / 2, inside.width(), height}, text, type, color);
  };
  const QString subject = QString::fromStdString(std::string{run.text(event->subject)});
  list.glyph(event_state(what), {inside.left() + 6, box.top() + 18}, 13);
  const qreal x = list.words(inside.left() + 20, box.top() + 18, event_kind_text(what),
                             Type::BodyStrong, c.high) +
                  10;
  const qreal height = height_of(Type::Body);
  list.text({x, box.top() + 18 - height / 2, inside.right() - x, height}, subject, Type::Body,
            c.mid);
  line(box.top() + 41, event_detail_text(what, std::string{run.text(event->detail)}), Type::Body,
       c.mid);
  const recording::RunEvent* cause = run.events().find(event->cause);
  if (cause == nullptr) {
    line(box.top() + 65, tr("Nothing before it is known to have caused it."), Type::Body, c.low);
    return;
  }
  const qreal from =
      list.words(inside.left(), box.top() + 65, tr("Because of"), Type::Body, c.low) + 8;
  const QString text = clock_text(cause->at) + "  " +
                       subject_text(std::string{run.text(cause->subject)}) + ": " +
                       event_kind_text(std::string{run.text(cause->what)});
  const qreal key_width = width_of(QStringLiteral("["), Type::SmallMedium) + 14;
  const QRectF key{inside.right() - key_width, box.top() + 55, key_width, 20};
  list.text({from, box.top() + 65 - height / 2, key.left() - 8 - from, height}, text,
            Type::BodyMedium, c.accent);
  list.box(key, 5, c.raised);
  list.text(key, QStringLiteral("["), Type::SmallMedium, c.mid, Qt::AlignHCenter);
  list.target({from, box.top() + 53, inside.right() - from, 24}, QString{"event %1"}.arg(cause->id),
              "cause");
}

void EventsView::resizeEvent(QResizeEvent* event) {
  field_->setGeometry(static_cast<int>(kPadding), static_cast<int>(kFieldTop),
                      width() - static_cast<int>(2 * kPadding), static_cast<int>(kFieldHeight));
  DrawerView::resizeEvent(event);
}

void EventsView::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) say_what_to_type();
  DrawerView::changeEvent(event);
}

void EventsView::wheelEvent(QWheelEvent* event) {
  const double pixels = event->pixelDelta().isNull() ? event->angleDelta().y() / 120.0 * 3 * kRow
                                                     : event->pixelDelta().y();
  scroll(-pixels / kRow);
  event->accept();
}

void EventsView::keyPressEvent(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_Up:
      return choose(-1);
    case Qt::Key_Down:
      return choose(1);
    case Qt::Key_PageUp:
      return scroll(-std::floor(rows_shown()));
    case Qt::Key_PageDown:
      return scroll(std::floor(rows_shown()));
    case Qt::Key_Home:
      return scroll(-static_cast<double>(list_.size()));
    case Qt::Key_End:
      return scroll(static_cast<double>(list_.size()));
    default:
      return DrawerView::keyPressEvent(event);
  }
}

}  // namespace orrery::gui
