#include "gui/views/limits.h"

#include <QKeyEvent>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

#include "gui/views/breaker_lever.h"
#include "gui/views/words.h"

namespace orrery::gui {
namespace {

constexpr qreal kTilesTop = 54;
constexpr qreal kTileHeight = 112;
constexpr qreal kLowTileHeight = 70;  ///< Without its chart.
constexpr qreal kTileGap = 6;
constexpr qreal kTileLeast = 86;
constexpr qreal kRow = 52;
constexpr qreal kKeyHeight = 44;

struct LimitKindText {
  Q_DECLARE_TR_FUNCTIONS(LimitKindText)
};

QString name_of(LimitKind kind) {
  switch (kind) {
    case LimitKind::Retried:
      return LimitKindText::tr("Tried again");
    case LimitKind::Stopped:
      return LimitKindText::tr("Breaker stops");
    case LimitKind::NoRoom:
      return LimitKindText::tr("No room");
    case LimitKind::OverLimit:
      return LimitKindText::tr("Over limit");
    case LimitKind::NotAdmitted:
      return LimitKindText::tr("Not admitted");
  }
  return {};
}

State state_of(LimitKind kind) {
  return kind == LimitKind::Retried ? State::Degraded : State::Failing;
}

}  // namespace

LimitsView::LimitsView(const Shown& shown, QWidget* parent) : DrawerView{shown, parent} {
  setAccessibleName(tr("Limits"));
}

void LimitsView::set_run(const RecordedRun* run) {
  board_ = run == nullptr ? LimitBoard{} : limit_board(*run);
  refresh();
}

QRectF LimitsView::tile_place(std::size_t tile) const {
  const auto wide_of = [&](std::size_t columns) {
    const auto count = static_cast<qreal>(columns);
    return (width() - 2 * kPadding - kTileGap * (count - 1)) / count;
  };
  const bool one_row = wide_of(kLimitKindCount) >= kTileLeast;
  const std::size_t columns = one_row ? kLimitKindCount : (kLimitKindCount + 1) / 2;
  const qreal wide = wide_of(columns);
  const qreal high = one_row ? kTileHeight : kLowTileHeight;
  return {kPadding + static_cast<qreal>(tile % columns) * (wide + kTileGap),
          kTilesTop + static_cast<qreal>(tile / columns) * (high + kTileGap), wide, high};
}

qreal LimitsView::table_middle() const { return tile_place(kLimitKindCount - 1).bottom() + 26; }

qreal LimitsView::rows_top() const { return table_middle() + 16; }

QRectF LimitsView::rows_room() const {
  const qreal rows = std::floor((height() - rows_top() - kKeyHeight) / kRow);
  return {kPadding, rows_top(), width() - 2 * kPadding, std::max(1.0, rows) * kRow};
}

double LimitsView::first_row() const {
  const double most = static_cast<double>(board_.edges.size()) - rows_room().height() / kRow;
  return std::clamp(top_, 0.0, std::max(0.0, most));
}

std::vector<Layer> LimitsView::still_layers() const {
  std::vector<Layer> layers(1);
  DisplayList& list = layers[0].list;
  const Theme& c = colors();
  draw_frame(list);
  if (!has_moment()) return layers;
  for (std::size_t i = 0; i < kLimitKindCount; ++i) draw_tile(list, tile_place(i), kLimitKinds[i]);
  list.words(kPadding, table_middle(), tr("Call paths with limits at work"), Type::BodyMedium,
             c.mid);
  list.words_before(width() - kPadding, table_middle(), tr("over the run"), Type::Body, c.low);
  list.line({kPadding, rows_top() - 2}, {width() - kPadding, rows_top() - 2}, c.line);
  if (board_.edges.empty()) {
    list.text({kPadding, rows_top() + 22, width() - 2 * kPadding, 20},
              tr("No call was held back or tried again in this run."), Type::Body, c.mid,
              Qt::AlignHCenter)
        .tag = "empty";
    return layers;
  }
  const QRectF room = rows_room();
  Layer rows;
  rows.clip = room;
  const double first = first_row();
  for (auto i = static_cast<std::size_t>(first); i < board_.edges.size(); ++i) {
    const qreal top = room.top() + (static_cast<double>(i) - first) * kRow;
    if (top >= room.bottom()) break;
    draw_row(rows.list, board_.edges[i], top);
  }
  layers.push_back(std::move(rows));
  Layer foot;
  draw_scroll_bar(foot.list, room.adjusted(0, 0, 10, 0), first, room.height() / kRow,
                  static_cast<double>(board_.edges.size()));
  const qreal middle = height() - 24.0;
  qreal x = kPadding;
  const auto key = [&](State state, const QString& text) {
    foot.list.box({x, middle - 4, 14, 8}, 1, c.state(state));
    x = foot.list.words(x + 20, middle, text, Type::Body, c.low) + 20;
  };
  key(State::Failing, tr("breaker open"));
  key(State::Recovering, tr("half-open"));
  key(State::Degraded, tr("tries behind the first"));
  layers.push_back(std::move(foot));
  return layers;
}

void LimitsView::draw_tile(DisplayList& list, const QRectF& tile, LimitKind kind) const {
  const Theme& c = colors();
  const auto index = static_cast<std::size_t>(kind);
  const auto second = second_at(*shown().run, shown().at);
  const std::uint64_t now =
      second && *second < board_.totals.size() ? board_.totals[*second][index] : 0;
  list.box(tile, 9, c.card, c.line).tag = QString{"tile %1"}.arg(index);
  const QRectF inside = tile.adjusted(8, 0, -8, 0);
  const qreal title = height_of(Type::SmallMedium);
  list.text({inside.left(), tile.top() + 18 - title / 2, inside.width() + 6, title}, name_of(kind),
            Type::SmallMedium, c.mid);
  const QString rate = rate_text(static_cast<double>(now));
  const Type type = width_of(rate, Type::Number) <= inside.width() ? Type::Number : Type::Heading;
  Shape& value = list.text({inside.left(), tile.top() + 30, inside.width(), 30}, rate, type,
                           now == 0 ? c.low : c.text_of(state_of(kind)));
  value.tag = QString{"limit %1"}.arg(index);
  if (tile.height() < kTileHeight) return;
  const QRectF chart{inside.left(), tile.bottom() - 38, inside.width(), 26};
  list.line(chart.bottomLeft(), chart.bottomRight(), c.line);
  const double end = to_seconds(shown().run->end().since_start());
  if (board_.most[index] > 0 && end > 0) {
    // A column a pixel, as high as the worst second that falls on it.
    QPainterPath area{chart.bottomLeft()};
    const auto columns = static_cast<std::size_t>(chart.width());
    for (std::size_t column = 0; column < columns; ++column) {
      const double of_column = end / static_cast<double>(columns);
      const auto from = static_cast<std::size_t>(static_cast<double>(column) * of_column);
      const auto to = static_cast<std::size_t>(static_cast<double>(column + 1) * of_column);
      std::uint64_t worst = 0;
      for (std::size_t s = from; s <= to && s < board_.totals.size(); ++s) {
        worst = std::max(worst, board_.totals[s][index]);
      }
      const double share = static_cast<double>(worst) / static_cast<double>(board_.most[index]);
      area.lineTo(chart.left() + static_cast<qreal>(column),
                  chart.bottom() - share * chart.height());
    }
    area.lineTo(chart.bottomRight());
    area.closeSubpath();
    list.path(area, faded(c.state(state_of(kind)), 0.45));
  }
  const qreal x = chart.left() +
                  std::clamp(to_seconds(shown().at.since_start()) / std::max(end, 1.0), 0.0, 1.0) *
                      chart.width();
  list.line({x, chart.top() - 3}, {x, chart.bottom()}, c.focus, 1.2);
}

void LimitsView::draw_row(DisplayList& list, std::size_t edge, qreal top) const {
  const Theme& c = colors();
  const RecordedRun& run = *shown().run;
  const recording::SceneEdge& ends = run.scene().edges[edge];
  const EdgeNow& now = shown().moment->edges[edge];
  const QString from =
      ends.from == recording::kOutside ? tr("users") : short_name(run.scene().services[ends.from]);
  const QString to = short_name(run.scene().services[ends.to]);
  const bool selected = shown().selected == ends.to || shown().selected == ends.from;
  if (selected) list.box({kPadding - 8, top + 8, 2, kRow - 16}, 1, c.focus).tag = "of selected";
  const qreal first = top + 18;
  const qreal second = top + 37;
  draw_switch(list, edge, {kPadding + 17, top + kRow / 2});
  const qreal left = kPadding + 46;
  const qreal middle = kPadding + (width() - 2 * kPadding) * 0.52;
  const qreal height = height_of(Type::BodyStrong);
  list.text({left, first - height / 2, middle - left, height}, from + " → " + to, Type::BodyStrong,
            c.high);
  const auto at = second_at(run, shown().at);
  const LimitCounts counts = at ? limits_of(run, edge, *at) : LimitCounts{};
  QStringList said;
  QString state;
  if (now.open > 0) {
    const Instant since =
        Instant::at(Duration::seconds(static_cast<std::int64_t>(now.open_since.value_or(0))));
    state =
        tr("open %1 s")
            .arg(QString::number(std::max(0.0, to_seconds(shown().moment->at - since)), 'f', 0));
  } else if (now.trying > 0) {
    state = tr("half-open");
  }
  if (state.isEmpty()) said << tr("%1 calls").arg(rate_text(now.per_second));
  if (counts[1] > 0) said << tr("%1 stopped").arg(rate_text(static_cast<double>(counts[1])));
  if (counts[2] > 0) said << tr("%1 no room").arg(rate_text(static_cast<double>(counts[2])));
  if (counts[3] > 0) said << tr("%1 over").arg(rate_text(static_cast<double>(counts[3])));
  if (counts[4] > 0) said << tr("%1 not admitted").arg(rate_text(static_cast<double>(counts[4])));
  if (counts[0] > 0) said << tr("%1 again").arg(rate_text(static_cast<double>(counts[0])));
  qreal x = left;
  if (!state.isEmpty()) {
    x = list.words(x, second, state, Type::SmallStrong,
                   c.state(now.open > 0 ? State::Failing : State::Recovering)) +
        10;
  }
  const qreal small = height_of(Type::Small);
  list.text({x, second - small / 2, middle + 10 - x, small}, said.join(" · "), Type::Small, c.mid)
      .tag = QString{"limits of %1"}.arg(edge);
  draw_strip(list, edge, {middle + 24, top + 12, width() - kPadding - middle - 24, kRow - 24});
  list.target({kPadding, top, width() - 2 * kPadding, kRow}, QString{"select %1"}.arg(ends.to),
              QString{"limit row %1"}.arg(edge));
  list.line({kPadding, top + kRow - 0.5}, {width() - kPadding, top + kRow - 0.5},
            faded(c.line, 0.6));
}

void LimitsView::draw_switch(DisplayList& list, std::size_t edge, QPointF at) const {
  const Theme& c = colors();
  const EdgeNow& now = shown().moment->edges[edge];
  const bool open = now.open > 0;
  const bool trying = !open && now.trying > 0;
  const QColor color = open ? c.state(State::Failing) : trying ? c.state(State::Recovering) : c.low;
  Shape& box =
      list.box({at.x() - 17, at.y() - 10, 34, 20}, 10, c.panel, color, open || trying ? 1.4 : 1);
  box.tag = QString{"switch %1"}.arg(edge);
  box.state = open ? State::Failing : trying ? State::Recovering : State::Healthy;
  draw_breaker_lever(list, at,
                     open     ? LeverPosition::Open
                     : trying ? LeverPosition::HalfOpen
                              : LeverPosition::Closed,
                     color);
}

void LimitsView::draw_strip(DisplayList& list, std::size_t edge, const QRectF& strip) const {
  const Theme& c = colors();
  const RecordedRun& run = *shown().run;
  const double end = to_seconds(run.end().since_start());
  if (end <= 0) return;
  const double now = to_seconds(shown().at.since_start());
  constexpr qreal kCell = 3;
  const auto cells = static_cast<std::size_t>(strip.width() / kCell);
  const double of_cell = end / static_cast<double>(cells);
  list.line({strip.left(), strip.bottom()}, {strip.right(), strip.bottom()}, c.line);
  for (std::size_t i = 0; i < cells; ++i) {
    const auto from = static_cast<std::size_t>(static_cast<double>(i) * of_cell);
    const auto to =
        std::max(from + 1, static_cast<std::size_t>(static_cast<double>(i + 1) * of_cell));
    std::uint32_t open = 0;
    std::uint32_t trying = 0;
    std::uint32_t retries = 0;
    std::uint32_t started = 0;
    for (std::size_t s = from; s < to && s < run.history().seconds(); ++s) {
      const CallSecond& calls = run.history().edge(edge, s);
      open = std::max<std::uint32_t>(open, calls.open);
      trying = std::max<std::uint32_t>(trying, calls.trying);
      retries += calls.retries;
      started += calls.started;
    }
    const double alpha = static_cast<double>(from) > now ? 0.35 : 1;
    const qreal x = strip.left() + static_cast<qreal>(i) * kCell;
    // Tries behind the first above the line, the breaker below.
    if (retries > 0) {
      const double share =
          std::clamp(static_cast<double>(retries) / std::max(1U, started), 0.12, 1.0);
      const qreal tall = share * (strip.height() - 9);
      list.box({x, strip.bottom() - 9 - tall, kCell - 1, tall}, 0,
               faded(c.state(State::Degraded), alpha));
    }
    if (open + trying > 0) {
      list.box({x, strip.bottom() - 7, kCell - 1, 7}, 0,
               faded(c.state(open > 0 ? State::Failing : State::Recovering), alpha))
          .state = open > 0 ? State::Failing : State::Recovering;
    }
  }
  const qreal x = strip.left() + std::clamp(now / end, 0.0, 1.0) * strip.width();
  list.line({x, strip.top()}, {x, strip.bottom() + 2}, c.focus, 1.2);
}

void LimitsView::scroll(double rows) {
  top_ = first_row() + rows;
  top_ = first_row();
  refresh();
}

void LimitsView::wheelEvent(QWheelEvent* event) {
  scroll(-event->angleDelta().y() / 120.0);
  event->accept();
}

void LimitsView::keyPressEvent(QKeyEvent* event) {
  const double page = std::floor(rows_room().height() / kRow);
  switch (event->key()) {
    case Qt::Key_Up:
      return scroll(-1);
    case Qt::Key_Down:
      return scroll(1);
    case Qt::Key_PageUp:
      return scroll(-page);
    case Qt::Key_PageDown:
      return scroll(page);
    default:
      return DrawerView::keyPressEvent(event);
  }
}

}  // namespace orrery::gui
