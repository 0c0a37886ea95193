#include "gui/views/limits.h"

#include <QKeyEvent>
#include <QWheelEvent>
#include <algorithm>
#include <array>
#include <cmath>

#include "gui/views/breaker_lever.h"
#include "gui/views/words.h"

namespace orrery::gui {
namespace {

using recording::PolicyField;

constexpr qreal kTilesTop = 54;
constexpr qreal kTileHeight = 112;
constexpr qreal kLowTileHeight = 70;  ///< Without its chart.
constexpr qreal kTileGap = 6;
constexpr qreal kTileLeast = 86;
constexpr qreal kRow = 52;
constexpr qreal kKeyHeight = 44;
constexpr qreal kTitleBelow = 26;  ///< From tiles to the middle of the title that follows.
constexpr qreal kBelowTitle = 16;
constexpr qreal kLine = 20;
static_assert(kPolicyDeeds.size() == kLimitKindCount, "they stand below each other");

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

QString name_of(PolicyField deed) {
  switch (deed) {
    case PolicyField::Retries:
      return LimitKindText::tr("Retries");
    case PolicyField::Hedges:
      return LimitKindText::tr("Hedges");
    case PolicyField::Fallbacks:
      return LimitKindText::tr("Fallbacks");
    case PolicyField::Openings:
      return LimitKindText::tr("Openings");
    case PolicyField::Ejections:
      return LimitKindText::tr("Ejections");
    case PolicyField::Calls:
    case PolicyField::Tries:
    case PolicyField::ByBreaker:
    case PolicyField::ByRateLimit:
    case PolicyField::ByAdmission:
    case PolicyField::ByBulkhead:
    case PolicyField::ByPool:
    case PolicyField::ByRetryLimit:
    case PolicyField::KeptOut:
      break;
  }
  return {};
}

State state_of(LimitKind kind) {
  return kind == LimitKind::Retried ? State::Degraded : State::Failing;
}

/// The first of the parts, which is the most important, and as many more as there is room for.
QString as_fits(const QStringList& parts, qreal room, Type type) {
  QString text;
  for (const QString& part : parts) {
    const QString longer = text.isEmpty() ? part : text + " · " + part;
    if (!text.isEmpty() && width_of(longer, type) > room) break;
    text = longer;
  }
  return text;
}

/// Not of calls: rare, and counted since the beginning.
bool is_rare(PolicyField deed) {
  return deed == PolicyField::Openings || deed == PolicyField::Ejections;
}

}  // namespace

LimitsView::LimitsView(const Shown& shown, QWidget* parent) : DrawerView{shown, parent} {
  setAccessibleName(tr("Limits"));
}

void LimitsView::set_run(const RecordedRun* run) {
  board_ = run == nullptr ? LimitBoard{} : limit_board(*run);
  totals_of_.reset();
  refresh();
}

std::size_t LimitsView::seconds_to_now() const {
  const auto second = second_at(*shown().run, shown().at);
  return second ? *second + 1 : 0;
}

std::optional<std::uint32_t> LimitsView::caller() const {
  const auto selected = shown().selected;
  return selected && is_caller_with_policies(*shown().run, *selected) ? selected : std::nullopt;
}

bool LimitsView::is_one_row() const {
  constexpr auto kCount = static_cast<qreal>(kLimitKindCount);
  return width() - 2 * kPadding >= kTileLeast * kCount + kTileGap * (kCount - 1);
}

LimitsView::PolicyRoom LimitsView::policy_room() const {
  if (shown().run->scene().routes.empty()) return PolicyRoom::None;
  constexpr qreal kTitle = kTitleBelow + kBelowTitle;
  const qreal low = is_one_row() ? kLowTileHeight : 2 * kLowTileHeight + kTileGap;
  const qreal room = height() - kTilesTop - kTitle - kKeyHeight;
  if (is_one_row() && room >= 2 * kTileHeight + kTitle + 3 * kRow) return PolicyRoom::Tiles;
  if (room >= 2 * low + kTitle + 2 * kRow) return PolicyRoom::LowTiles;
  return room >= low + kTitleBelow + kLine + kRow ? PolicyRoom::Line : PolicyRoom::None;
}

qreal LimitsView::tile_height() const {
  const bool low =
      !is_one_row() || (policy_room() != PolicyRoom::Tiles && !shown().run->scene().routes.empty());
  return low ? kLowTileHeight : kTileHeight;
}

QRectF LimitsView::tile_place(qreal top, std::size_t tile) const {
  const std::size_t columns = is_one_row() ? kLimitKindCount : (kLimitKindCount + 1) / 2;
  const auto count = static_cast<qreal>(columns);
  const qreal wide = (width() - 2 * kPadding - kTileGap * (count - 1)) / count;
  const qreal high = tile_height();
  return {kPadding + static_cast<qreal>(tile % columns) * (wide + kTileGap),
          top + static_cast<qreal>(tile / columns) * (high + kTileGap), wide, high};
}

qreal LimitsView::tiles_bottom(qreal top) const {
  return tile_place(top, kLimitKindCount - 1).bottom();
}

qreal LimitsView::policies_middle() const { return tiles_bottom(kTilesTop) + kTitleBelow; }

qreal LimitsView::table_middle() const {
  switch (policy_room()) {
    case PolicyRoom::None:
      return tiles_bottom(kTilesTop) + kTitleBelow;
    case PolicyRoom::Line:
      return policies_middle() + kLine + kTitleBelow;
    case PolicyRoom::LowTiles:
    case PolicyRoom::Tiles:
      break;
  }
  return tiles_bottom(policies_middle() + kBelowTitle) + kTitleBelow;
}

qreal LimitsView::rows_top() const { return table_middle() + kBelowTitle; }

bool LimitsView::has_key() const { return height() - rows_top() - kKeyHeight >= kRow; }

QRectF LimitsView::rows_room() const {
  const qreal rows = std::floor((height() - rows_top() - (has_key() ? kKeyHeight : 4)) / kRow);
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
  for (std::size_t i = 0; i < kLimitKindCount; ++i) {
    draw_tile(list, tile_place(kTilesTop, i), limit_tile(kLimitKinds[i]));
  }
  if (policy_room() != PolicyRoom::None) draw_policies(list);
  const qreal titled = list.words(kPadding, table_middle(), tr("Call paths with limits at work"),
                                  Type::BodyMedium, c.mid);
  const QString when = tr("over the run");
  if (titled + 12 + width_of(when, Type::Body) <= width() - kPadding) {
    list.words_before(width() - kPadding, table_middle(), when, Type::Body, c.low);
  }
  list.line({kPadding, rows_top() - 2}, {width() - kPadding, rows_top() - 2}, c.line);
  if (board_.edges.empty()) {
    Shape& empty = list.text({kPadding, rows_top() + 13, width() - 2 * kPadding, 38}, {},
                             Type::Body, c.mid, Qt::AlignHCenter);
    empty.text = tr("No call was held back or tried again in this run.");
    empty.wraps = true;
    empty.tag = "empty";
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
  if (has_key()) draw_key(foot.list);
  layers.push_back(std::move(foot));
  return layers;
}

void LimitsView::draw_key(DisplayList& list) const {
  const Theme& c = colors();
  const bool ejections = count_of(board_.policies.most, PolicyField::Ejections) > 0;
  const std::array<std::pair<State, QString>, 3> states{
      {{State::Failing, tr("breaker open")},
       {State::Recovering, tr("half-open")},
       {State::Degraded, tr("tries behind the first")}}};
  const auto wanted = [&](Type type) {
    qreal sum = ejections ? 10 + width_of(tr("ejection"), type) : 0;
    for (const auto& [state, text] : states) sum += 20 + width_of(text, type);
    return sum;
  };
  const qreal room = width() - 2 * kPadding;
  const qreal gaps = ejections ? 3 : 2;
  const Type type = wanted(Type::Body) + gaps * 16 <= room ? Type::Body : Type::Small;
  const qreal gap = std::clamp((room - wanted(type)) / gaps, 4.0, 16.0);
  const qreal middle = height() - 24.0;
  qreal x = kPadding;
  for (const auto& [state, text] : states) {
    if (x + 20 + width_of(text, type) > width() - kPadding + 1) return;
    list.box({x, middle - 4, 14, 8}, 1, c.state(state)).tag = "key";
    x = list.words(x + 20, middle, text, type, c.low) + gap;
  }
  if (!ejections || x + 10 + width_of(tr("ejection"), type) > width() - kPadding + 1) return;
  list.box({x, middle - 1.5, 4, 3}, 0, c.high);
  list.words(x + 10, middle, tr("ejection"), type, c.low);
}

LimitsView::Tile LimitsView::limit_tile(LimitKind kind) const {
  const auto index = static_cast<std::size_t>(kind);
  const std::size_t known = seconds_to_now();
  const auto count = [this, index](std::size_t s) {
    return s < board_.totals.size() ? board_.totals[s][index] : 0;
  };
  const std::uint64_t now = known == 0 ? 0 : count(known - 1);
  return {.name = name_of(kind),
          .tag = QString{"limit %1"}.arg(index),
          .value = rate_text(static_cast<double>(now)),
          .state = state_of(kind),
          .is_none = now == 0,
          .count = count,
          .most = board_.most[index]};
}

LimitsView::Tile LimitsView::policy_tile(PolicyField deed, const PolicyTotals& totals) const {
  const auto count = [&totals, deed](std::size_t s) -> std::uint64_t {
    return s < totals.seconds.size() ? count_of(totals.seconds[s], deed) : 0;
  };
  const std::size_t known = seconds_to_now();
  std::uint64_t value = 0;
  if (known > 0 && known <= totals.seconds.size()) {
    value = count_of((is_rare(deed) ? totals.until : totals.seconds)[known - 1], deed);
  }
  return {.name = name_of(deed),
          .tag = QString{"policy %1"}.arg(static_cast<int>(deed)),
          .value = is_rare(deed) ? amount_text(value) : rate_text(static_cast<double>(value)),
          .beside = is_rare(deed) ? tr("so far") : QString{},
          .state = is_rare(deed) ? State::Failing : State::Degraded,
          .is_none = value == 0,
          .count = count,
          .most = count_of(totals.most, deed)};
}

void LimitsView::draw_policies(DisplayList& list) const {
  const Theme& c = colors();
  const auto caller = this->caller();
  if (caller && totals_of_ != caller) {
    totals_of_caller_ = policy_totals(*shown().run, caller);
    totals_of_ = caller;
  }
  const PolicyTotals& totals = caller ? totals_of_caller_ : board_.policies;
  const qreal middle = policies_middle();
  QString title = tr("What policies did");
  if (caller) {
    title = tr("What policies of %1 did").arg(short_name(shown().run->scene().services[*caller]));
  }
  const qreal height = height_of(Type::BodyMedium);
  const qreal right = width() - kPadding;
  qreal room = right - kPadding;
  const std::size_t known = seconds_to_now();
  if (known > 0 && known <= totals.seconds.size()) {
    const PolicySecond& now = totals.seconds[known - 1];
    const std::uint32_t calls = count_of(now, PolicyField::Calls);
    const double tries =
        static_cast<double>(count_of(now, PolicyField::Tries)) / std::max(1U, calls);
    const QString text = tr("%1 tries per call").arg(QString::number(tries, 'f', 2));
    const qreal wide = width_of(text, Type::Body);
    if (calls > 0 && width_of(title, Type::BodyMedium) + 16 + wide < room) {
      list.text({right - wide - 1, middle - height / 2, wide + 1, height}, text, Type::Body, c.low,
                Qt::AlignRight)
          .tag = "tries per call";
      room -= wide + 16;
    }
  }
  list.text({kPadding, middle - height / 2, room, height}, title, Type::BodyMedium, c.mid).tag =
      "policies";
  QStringList did;
  for (std::size_t i = 0; i < kPolicyDeeds.size(); ++i) {
    const Tile tile = policy_tile(kPolicyDeeds[i], totals);
    if (policy_room() != PolicyRoom::Line) {
      draw_tile(list, tile_place(middle + kBelowTitle, i), tile);
    } else if (!tile.is_none) {
      did << tile.name + " " + tile.value;
    }
  }
  if (policy_room() != PolicyRoom::Line) return;
  const QString text =
      did.isEmpty() ? tr("nothing yet") : as_fits(did, right - kPadding, Type::Body);
  Shape& line = list.text({kPadding, middle + kLine - height / 2, right - kPadding, height}, text,
                          Type::Body, did.isEmpty() ? c.low : c.high);
  line.tag = "policy line";
  line.says = title + ": " + (did.isEmpty() ? text : did.join(", "));
}

void LimitsView::draw_tile(DisplayList& list, const QRectF& place, const Tile& tile) const {
  const Theme& c = colors();
  Shape& box = list.box(place, 9, c.card, c.line);
  box.tag = "tile " + tile.tag;
  box.says = tile.name + ": " + tile.value;
  if (!tile.beside.isEmpty()) box.says += " " + tile.beside;
  const QRectF inside = place.adjusted(8, 0, -8, 0);
  const qreal title = height_of(Type::SmallMedium);
  list.text({inside.left(), place.top() + 18 - title / 2, inside.width() + 6, title}, tile.name,
            Type::SmallMedium, c.mid);
  const qreal wide = width_of(tile.value, Type::Number);
  const Type type = wide <= inside.width() ? Type::Number : Type::Heading;
  const QColor color = tile.is_none ? c.low : c.text_of(tile.state);
  list.text({inside.left(), place.top() + 30, inside.width(), 30}, tile.value, type, color).tag =
      tile.tag;
  const qreal room = inside.right() - inside.left() - wide - 6;
  if (!tile.beside.isEmpty() && width_of(tile.beside, Type::Small) <= room) {
    const qreal small = height_of(Type::Small);
    list.text({inside.right() - room, place.top() + 48 - small / 2, room, small}, tile.beside,
              Type::Small, c.low);
  }
  if (place.height() < kTileHeight) return;
  const QRectF chart{inside.left(), place.bottom() - 38, inside.width(), 26};
  list.line(chart.bottomLeft(), chart.bottomRight(), c.line);
  const double end = to_seconds(shown().run->end().since_start());
  if (tile.most > 0 && end > 0) {
    // A column a pixel, as high as the worst second that falls on it.
    QPainterPath area{chart.bottomLeft()};
    const auto columns = static_cast<std::size_t>(chart.width());
    for (std::size_t column = 0; column < columns; ++column) {
      const double of_column = end / static_cast<double>(columns);
      const auto from = static_cast<std::size_t>(static_cast<double>(column) * of_column);
      const auto to = static_cast<std::size_t>(static_cast<double>(column + 1) * of_column);
      std::uint64_t worst = 0;
      for (std::size_t s = from; s <= to; ++s) worst = std::max(worst, tile.count(s));
      const double share = static_cast<double>(worst) / static_cast<double>(tile.most);
      area.lineTo(chart.left() + static_cast<qreal>(column),
                  chart.bottom() - share * chart.height());
    }
    area.lineTo(chart.bottomRight());
    area.closeSubpath();
    list.path(area, faded(c.state(tile.state), 0.45));
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
  const QStringList said = said_of(edge, !state.isEmpty());
  qreal x = left;
  if (!state.isEmpty()) {
    x = list.words(x, second, state, Type::SmallStrong,
                   c.state(now.open > 0 ? State::Failing : State::Recovering)) +
        10;
  }
  const qreal small = height_of(Type::Small);
  const qreal room = middle + 10 - x;
  list.text({x, second - small / 2, room, small}, as_fits(said, room, Type::Small), Type::Small,
            c.mid)
      .tag = QString{"limits of %1"}.arg(edge);
  draw_strip(list, edge, {middle + 24, top + 12, width() - kPadding - middle - 24, kRow - 24});
  list.target({kPadding, top, width() - 2 * kPadding, kRow}, QString{"select %1"}.arg(ends.to),
              QString{"limit row %1"}.arg(edge))
      .says = (QStringList{from + " → " + to}
               << (state.isEmpty() ? QStringList{} : QStringList{state}) << said)
                  .join(", ");
  list.line({kPadding, top + kRow - 0.5}, {width() - kPadding, top + kRow - 0.5},
            faded(c.line, 0.6));
}

QStringList LimitsView::said_of(std::size_t edge, bool is_state_said) const {
  const RecordedRun& run = *shown().run;
  const std::size_t known = seconds_to_now();
  if (known == 0) return {};
  const LimitCounts counts = limits_of(run, edge, known - 1);
  const auto rate = [&](LimitKind kind) {
    return rate_text(static_cast<double>(counts[static_cast<std::size_t>(kind)]));
  };
  const auto some = [&](LimitKind kind) { return counts[static_cast<std::size_t>(kind)] > 0; };
  QStringList said;
  if (!is_state_said) said << tr("%1 calls").arg(rate_text(shown().moment->edges[edge].per_second));
  if (some(LimitKind::Stopped)) said << tr("%1 stopped").arg(rate(LimitKind::Stopped));
  const auto route = route_of(run.scene(), edge);
  const PolicySecond now = route ? run.history().policies(*route, known - 1) : PolicySecond{};
  const auto say = [&](const QString& words, PolicyField field) {
    const std::uint64_t count = count_of(now, field);
    if (count > 0) said << words.arg(rate_text(static_cast<double>(count)));
  };
  if (count_of(now, PolicyField::ByBulkhead) + count_of(now, PolicyField::ByPool) > 0) {
    say(tr("%1 no room in the bulkhead"), PolicyField::ByBulkhead);
    say(tr("%1 no room in the pool"), PolicyField::ByPool);
  } else if (some(LimitKind::NoRoom)) {
    said << tr("%1 no room").arg(rate(LimitKind::NoRoom));
  }
  if (some(LimitKind::OverLimit)) said << tr("%1 over").arg(rate(LimitKind::OverLimit));
  if (some(LimitKind::NotAdmitted)) {
    said << tr("%1 not admitted").arg(rate(LimitKind::NotAdmitted));
  }
  // Hedges are among the tries behind the first.
  const std::uint64_t hedges = count_of(now, PolicyField::Hedges);
  const std::uint64_t again = counts[static_cast<std::size_t>(LimitKind::Retried)];
  if (again > hedges) said << tr("%1 again").arg(rate_text(static_cast<double>(again - hedges)));
  if (hedges > 0) said << tr("%1 hedged").arg(rate_text(static_cast<double>(hedges)));
  if (!route) return said;
  const std::uint32_t fallbacks = count_of(now, PolicyField::Fallbacks);
  const PolicySecond& until = run.history().policies_until(*route, known - 1);
  const std::uint32_t openings = count_of(until, PolicyField::Openings);
  const std::uint32_t ejections = count_of(until, PolicyField::Ejections);
  say(tr("%1 over the limit of retries"), PolicyField::ByRetryLimit);
  if (fallbacks > 0) said << tr("%1 fell back").arg(rate_text(fallbacks));
  if (openings > 0) said << tr("opened %1×").arg(amount_text(openings));
  const std::uint32_t kept_out = run.history().kept_out(*route, known - 1);
  if (kept_out > 0) said << tr("%1 kept out").arg(amount_text(kept_out));
  if (ejections > 0) said << tr("ejected %1×").arg(amount_text(ejections));
  return said;
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
  const auto route = route_of(run.scene(), edge);
  list.line({strip.left(), strip.bottom()}, {strip.right(), strip.bottom()}, c.line);
  for (std::size_t i = 0; i < cells; ++i) {
    const auto from = static_cast<std::size_t>(static_cast<double>(i) * of_cell);
    const auto to =
        std::max(from + 1, static_cast<std::size_t>(static_cast<double>(i + 1) * of_cell));
    std::uint32_t open = 0;
    std::uint32_t trying = 0;
    std::uint32_t again = 0;
    std::uint32_t started = 0;
    std::uint32_t ejections = 0;
    for (std::size_t s = from; s < to && s < run.history().seconds(); ++s) {
      const CallSecond& calls = run.history().edge(edge, s);
      open = std::max<std::uint32_t>(open, calls.open);
      trying = std::max<std::uint32_t>(trying, calls.trying);
      again += calls.retries;
      started += calls.started;
      if (route) ejections += count_of(run.history().policies(*route, s), PolicyField::Ejections);
    }
    const double alpha = static_cast<double>(from) > now ? 0.35 : 1;
    const qreal x = strip.left() + static_cast<qreal>(i) * kCell;
    // Tries behind the first above the line, the breaker below.
    if (again > 0) {
      const double share =
          std::clamp(static_cast<double>(again) / std::max(1U, started), 0.12, 1.0);
      const qreal tall = share * (strip.height() - 9);
      list.box({x, strip.bottom() - 9 - tall, kCell - 1, tall}, 0,
               faded(c.state(State::Degraded), alpha));
    }
    if (ejections > 0) {
      list.box({x - 1, strip.top() - 4, kCell + 1, 3}, 0, faded(c.high, alpha)).tag = "ejection";
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
