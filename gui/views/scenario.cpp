#include "gui/views/scenario.h"

#include <QFileInfo>
#include <QFontMetricsF>
#include <QKeyEvent>
#include <QRegularExpression>
#include <QUndoCommand>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <utility>

namespace orrery::gui {
namespace {

constexpr qreal kTitleMiddle = 70;
constexpr qreal kButtonsApart = 36;  ///< Of lines of buttons.
constexpr qreal kStateBelow = 35;    ///< What is said of it, below the last of those.
constexpr qreal kLinksBelow = 27;    ///< Below what is said, if they have no room beside it.
constexpr qreal kRowsBelow = 24;
constexpr qreal kSaidAt = kPadding + 22;
constexpr int kSaidLines = 4;
constexpr qreal kRow = 20;
constexpr qreal kNumbers = 38;

/// Around a value that is changed: its line of text is as high as the field's letters.
constexpr QMarginsF kFieldAround{5, 2, 5, 2};
constexpr qreal kFieldLeast = 120;

qreal button_width(const QString& name) { return width_of(name, Type::BodyMedium) + 26; }
qreal world_width(const QString& name) { return width_of(name, Type::BodyMedium) + 18; }

/// How a run came out: "FAIL: 3 passed, 1 failed, 0 inconclusive"; behind it stands what helps at a
/// terminal.
struct Verdict {
  QString word;
  QString passed;
  QString failed;
  QString inconclusive;
};

std::optional<Verdict> verdict_in(const QString& said) {
  static const QRegularExpression kVerdict{
      R"(^(PASS|FAIL|INCONCLUSIVE): (\d+) passed, (\d+) failed, (\d+) inconclusive)"};
  const QRegularExpressionMatch found = kVerdict.match(said);
  if (!found.hasMatch()) return std::nullopt;
  return Verdict{found.captured(1), found.captured(2), found.captured(3), found.captured(4)};
}

}  // namespace

/// One value became another.
class ScenarioView::Edit : public QUndoCommand {
 public:
  Edit(ScenarioView& view, const ValuePlace& place, QString after)
      : view_{view},
        place_{place},
        before_{view.text_.lines[place.line - 1].mid(place.from, place.length)},
        after_{std::move(after)} {}

  void undo() override { view_.put(place_.line, place_.from, after_.size(), before_); }
  void redo() override { view_.put(place_.line, place_.from, before_.size(), after_); }

 private:
  ScenarioView& view_;
  ValuePlace place_;
  QString before_;
  QString after_;
};

ScenarioView::ScenarioView(const Shown& shown, QWidget* parent)
    : DrawerView{shown, parent}, field_{new SearchField{shown, this, false}} {
  setAccessibleName(tr("Scenario"));
  field_->setFont(font_of(Type::Mono));
  field_->setTextMargins(static_cast<int>(kFieldAround.left()) - 2, 0, 2, 0);
  field_->setAccessibleName(tr("Value"));
  field_->installEventFilter(this);
  field_->hide();
}

void ScenarioView::set_text(ScenarioText text) {
  end_edit(false);
  const bool other = text.path != text_.path;
  text_ = std::move(text);
  saved_ = text_.lines;
  edits_.clear();
  if (other) {
    top_ = 0;
    chosen_.reset();
  }
  read_values();
  refresh();
}

void ScenarioView::set_problems(std::vector<Problem> problems) {
  text_.problems = std::move(problems);
  // The first problem is in view; who changes a value looks at that.
  if (!text_.problems.empty() && !is_changed()) {
    top_ = std::max(0, text_.problems.front().line - 6);
  }
  if (editing_) place_field();
  refresh();
}

void ScenarioView::set_saved() {
  saved_ = text_.lines;
  edits_.setClean();
  refresh();
}

void ScenarioView::read_values() {
  values_ = values_of(text_.lines, QFileInfo{text_.path}.suffix().toLower() == "json");
  if (chosen_ && *chosen_ >= values_.size()) chosen_.reset();
}

void ScenarioView::put(int line, qsizetype from, qsizetype length, const QString& text) {
  text_.lines[line - 1].replace(from, length, text);
  read_values();
  const auto at = std::find_if(values_.begin(), values_.end(), [&](const ValuePlace& value) {
    return value.line == line && value.from + value.length > from;
  });
  if (at != values_.end()) chosen_ = static_cast<std::size_t>(at - values_.begin());
  reveal(line);
}

void ScenarioView::undo() {
  end_edit(false);
  if (!edits_.canUndo()) return;
  edits_.undo();
  note_edit();
}

void ScenarioView::redo() {
  end_edit(false);
  if (!edits_.canRedo()) return;
  edits_.redo();
  note_edit();
}

void ScenarioView::note_edit() {
  refresh();
  // Not from within an edit: only now it is known whether the text is that of its file.
  if (on_edit) on_edit();
}

void ScenarioView::choose(std::size_t value) {
  if (values_.empty()) return;
  chosen_ = std::min(value, values_.size() - 1);
  reveal(values_[*chosen_].line);
  refresh();
}

void ScenarioView::begin_edit(std::size_t value) {
  end_edit(true);
  if (value >= values_.size()) return;
  choose(value);
  const ValuePlace& place = values_[value];
  const QString now = text_.lines[place.line - 1].mid(place.from, place.length);
  place_field();
  field_->setText(now);
  // What is typed stands between the quotation marks.
  const bool quoted = now.size() >= 2 && (now.front() == '"' || now.front() == '\'');
  field_->setSelection(quoted ? 1 : 0, static_cast<int>(now.size()) - (quoted ? 2 : 0));
  editing_ = true;
  field_->show();
  field_->setFocus();
}

void ScenarioView::place_field() {
  const ValuePlace& place = values_[*chosen_];
  const QString& line = text_.lines[place.line - 1];
  const std::vector<Row> all = rows();
  const auto row = std::find_if(all.begin(), all.end(), [&](const Row& any) {
    return any.line == place.line && any.problem == nullptr;
  });
  const QRectF room = rows_room();
  const double rows_above = static_cast<double>(row - all.begin()) - first_row(all.size());
  const qreal left = std::min(room.left() + kNumbers + width_of(line.left(place.from), Type::Mono),
                              room.right() - kFieldLeast);
  const qreal wide =
      std::min(std::max(kFieldLeast, width_of(line.mid(place.from, place.length), Type::Mono) + 40),
               room.right() - left);
  field_->setGeometry(QRectF{left, room.top() + rows_above * kRow, wide, kRow}
                          .marginsAdded(kFieldAround)
                          .toAlignedRect());
}

void ScenarioView::end_edit(bool keep) {
  if (!editing_) return;
  editing_ = false;
  const QString after = field_->text().trimmed();
  const ValuePlace place = values_[*chosen_];
  field_->hide();
  setFocus();
  if (!keep || after.isEmpty()) return;
  if (after == text_.lines[place.line - 1].mid(place.from, place.length)) return;
  edits_.push(new Edit{*this, place, after});
  note_edit();
}

void ScenarioView::set_live_hosts(bool on) {
  live_hosts_ = on;
  refresh();
}

void ScenarioView::set_phase(Phase phase, const QString& said) {
  phase_ = phase;
  said_ = said;
  if (editing_) place_field();
  refresh();
}

QRectF ScenarioView::rows_room() const {
  const qreal top = head().bottom;
  const qreal rows = std::floor((height() - top - 16) / kRow);
  return {kPadding, top, width() - 2 * kPadding, std::max(1.0, rows) * kRow};
}

std::vector<ScenarioView::Row> ScenarioView::rows() const {
  std::vector<Row> rows;
  const qreal room = rows_room().width() - kNumbers - 18;
  const auto add = [&](const Problem& problem) {
    const bool fits = width_of(problem.text, Type::SmallMedium) <= room;
    rows.push_back({problem.line, &problem, fits ? 1 : 2});
    if (!fits) rows.push_back({problem.line, &problem, 0});
  };
  auto problem = text_.problems.begin();
  for (; problem != text_.problems.end() && problem->line == 0; ++problem) {
    add(*problem);
  }
  for (int line = 1; line <= static_cast<int>(text_.lines.size()); ++line) {
    rows.push_back({line, nullptr, 1});
    for (; problem != text_.problems.end() && problem->line == line; ++problem) {
      add(*problem);
    }
  }
  return rows;
}

void ScenarioView::scroll(double by) {
  end_edit(true);
  top_ = first_row(rows().size()) + by;
  top_ = first_row(rows().size());
  refresh();
}

void ScenarioView::reveal(int line) {
  const std::vector<Row> all = rows();
  const auto row = std::find_if(all.begin(), all.end(), [&](const Row& any) {
    return any.line == line && any.problem == nullptr;
  });
  const double shown_rows = rows_room().height() / kRow;
  const auto at = static_cast<double>(row - all.begin());
  const double first = first_row(all.size());
  if (at < first + 1 || at > first + shown_rows - 2) top_ = at - std::floor(shown_rows / 2);
}

bool ScenarioView::is_right() const {
  return !text_.path.isEmpty() && text_.problems.empty() && phase_ != Phase::Wrong &&
         phase_ != Phase::Checking;
}

double ScenarioView::first_row(std::size_t count) const {
  const double most = static_cast<double>(count) - rows_room().height() / kRow;
  return std::clamp(top_, 0.0, std::max(0.0, most));
}

QString ScenarioView::phase_text() const {
  switch (phase_) {
    case Phase::Checking:
      return tr("Is checked…");
    case Phase::Wrong:
      return said_.isEmpty() ? tr("%1 problems").arg(text_.problems.size()) : said_;
    case Phase::Right:
      return live_hosts_ ? tr("Live hosts can run it.") : tr("Nothing is wrong with it.");
    case Phase::Running:
      if (!said_.isEmpty()) return said_;
      return live_hosts_ ? tr("Hosts are made ready; then it runs by the clock.")
                         : tr("Runs; what is over can be looked at already.");
    case Phase::Over:
      break;
  }
  const auto verdict = verdict_in(said_);
  if (!verdict) return said_;
  if (verdict->passed == "0" && verdict->failed == "0" && verdict->inconclusive == "0") {
    return tr("It is over. Nothing was expected of it.");
  }
  const QString word = verdict->word == "PASS"   ? tr("Passed")
                       : verdict->word == "FAIL" ? tr("Failed")
                                                 : tr("Inconclusive");
  QStringList parts{tr("%1 passed").arg(verdict->passed)};
  if (verdict->failed != "0") parts << tr("%1 failed").arg(verdict->failed);
  if (verdict->inconclusive != "0") parts << tr("%1 inconclusive").arg(verdict->inconclusive);
  return tr("%1: %2 of what was expected.").arg(word, parts.join(", "));
}

State ScenarioView::phase_state() const {
  switch (phase_) {
    case Phase::Wrong:
      return State::Failing;
    case Phase::Checking:
    case Phase::Running:
      return State::Starting;
    case Phase::Right:
      return State::Healthy;
    case Phase::Over:
      break;
  }
  const auto verdict = verdict_in(said_);
  if (!verdict || verdict->word == "PASS") return State::Healthy;
  return verdict->word == "FAIL" ? State::Failing : State::Degraded;
}

std::vector<ScenarioView::Button> ScenarioView::buttons() const {
  if (phase_ == Phase::Running) return {{tr("Stop"), "scenario stop"}};
  std::vector<Button> buttons;
  if (is_right()) {
    buttons.push_back({tr("Run"), "scenario run", true});
    buttons.push_back({tr("Run by hand"), "scenario hand"});
  }
  buttons.push_back({tr("Check"), "scenario check"});
  if (!shown().session.isEmpty()) buttons.push_back({tr("Save what was done…"), "hand save"});
  return buttons;
}

std::vector<ScenarioView::Button> ScenarioView::links() const {
  std::vector<Button> links;
  if (is_changed()) links.push_back({tr("Save"), "scenario save"});
  if (edits_.canRedo()) links.push_back({tr("Redo"), "scenario redo"});
  if (edits_.canUndo()) links.push_back({tr("Undo"), "scenario undo"});
  return links;
}

ScenarioView::Head ScenarioView::head() const {
  Head head;
  const qreal edge = width() - kPadding;
  const QString name = QFileInfo{text_.path}.fileName();
  const qreal beside_name = kPadding + width_of(name, Type::Heading) + 12;
  qreal middle = kTitleMiddle;
  qreal right = edge;
  qreal name_ends = edge;
  for (const Button& button : buttons()) {
    const qreal wide = button_width(button.name);
    if (middle == kTitleMiddle ? right - wide < beside_name : right - wide < kPadding) {
      middle += kButtonsApart;
      right = edge;
    }
    head.buttons.emplace_back(right - wide, middle - 15, wide, 30);
    right -= wide + 8;
    if (middle == kTitleMiddle) name_ends = right - 4;
  }
  const qreal tall = height_of(Type::Heading);
  head.name = {kPadding, kTitleMiddle - tall / 2, name_ends - kPadding, tall};

  qreal beside = edge;
  if (phase_ != Phase::Running) {
    for (const QString& world : {tr("Live hosts"), tr("Simulated")})
      beside -= world_width(world) + 4;
    beside -= 8;
  }
  for (const Button& link : links()) beside -= width_of(link.name, Type::BodyMedium) + 16;
  head.links_middle = middle + kStateBelow;
  const qreal line = height_of(Type::Body);
  const QString said = said_text();
  head.said = {kSaidAt, head.links_middle - line / 2, beside - kSaidAt, line};
  if (width_of(said, Type::Body) > head.said.width()) {
    head.said.setWidth(edge - kSaidAt);
    const QFontMetricsF metrics{font_of(Type::Body)};
    const QRectF room{0, 0, head.said.width(), kSaidLines * metrics.lineSpacing()};
    const qreal lines = metrics.boundingRect(room, Qt::TextWordWrap, said).height();
    head.said.setHeight(std::clamp(lines + 1, line, room.height()));
    head.said_wraps = lines > line + 2;
    if (beside < edge) head.links_middle = head.said.bottom() + kLinksBelow - line / 2;
  }
  head.bottom = std::max(head.links_middle, head.said.bottom() - line / 2) + kRowsBelow;
  return head;
}

QString ScenarioView::said_text() const {
  return is_changed() ? tr("%1 Not saved.").arg(phase_text()) : phase_text();
}

void ScenarioView::draw_head(DisplayList& list) const {
  const Theme& c = colors();
  const Head head = this->head();
  list.text(head.name, QFileInfo{text_.path}.fileName(), Type::Heading, c.high).tag = "file name";
  const std::vector<Button> all = buttons();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool chosen = all[i].chosen;
    Shape& shape =
        list.box(head.buttons[i], 8, chosen ? c.accent : c.card, chosen ? QColor{} : c.line);
    shape.action = all[i].action;
    shape.tag = all[i].action;
    list.text(head.buttons[i], all[i].name, Type::BodyMedium, chosen ? c.window : c.high,
              Qt::AlignHCenter);
  }
  const qreal first = head.said.top() + height_of(Type::Body) / 2;
  list.glyph(phase_state(), {kPadding + 7, first}, 13).tag = "phase";
  qreal left = width() - kPadding;
  if (phase_ != Phase::Running) left = draw_worlds(list, left, head.links_middle);
  for (const Button& link : links()) {
    const qreal right = left;
    left = list.words_before(right, head.links_middle, link.name, Type::BodyMedium, c.accent);
    list.target({left - 6, head.links_middle - 14, right - left + 12, 28}, link.action,
                link.action);
    left -= 16;
  }
  Shape& said = list.text(head.said, head.said_wraps ? QString{} : said_text(), Type::Body, c.mid);
  said.tag = "phase text";
  if (!head.said_wraps) return;
  said.text = said_text();
  said.wraps = true;
}

qreal ScenarioView::draw_worlds(DisplayList& list, qreal right, qreal middle) const {
  const Theme& c = colors();
  qreal left = right;
  for (const bool live : {true, false}) {
    const QString name = live ? tr("Live hosts") : tr("Simulated");
    const bool chosen = live == live_hosts_;
    const qreal wide = world_width(name);
    const QRectF cell{left - wide, middle - 12, wide, 24};
    Shape& shape = list.box(cell, 7, chosen ? c.raised : QColor{}, c.line);
    shape.action = live ? "scenario world live" : "scenario world sim";
    shape.tag = shape.action;
    shape.says =
        chosen ? tr("Where it runs: %1, chosen").arg(name) : tr("Where it runs: %1").arg(name);
    list.text(cell, name, chosen ? Type::BodyMedium : Type::Body, chosen ? c.high : c.mid,
              Qt::AlignHCenter);
    left = cell.left() - 4;
  }
  return left - 12;
}

void ScenarioView::draw_problem(DisplayList& list, const Row& row, const QRectF& room) const {
  const Theme& c = colors();
  const qreal tall = kRow * row.tall;
  Shape& box = list.box({room.left(), room.top() + 1, room.width() + 2, tall - 2}, 4,
                        c.fill_of(State::Failing));
  box.says = tr("line %1, %2").arg(row.line).arg(row.problem->text);
  list.glyph(State::Failing, {room.left() + 18, room.top() + kRow / 2}, 12);
  Shape& said = list.text({room.left() + kNumbers, room.top(), room.width() - kNumbers - 8, tall},
                          {}, Type::SmallMedium, c.text_of(State::Failing));
  said.text = row.problem->text;
  said.wraps = row.tall > 1;
  said.tag = QString{"problem %1"}.arg(row.line);
}

void ScenarioView::draw_line(DisplayList& list, int line, const QRectF& room) const {
  const Theme& c = colors();
  const QString& text = text_.lines[line - 1];
  if (text != saved_[line - 1]) {
    list.box({room.left() - 8, room.top() + 4, 2, kRow - 8}, 1, c.focus).tag =
        QString{"changed %1"}.arg(line);
  }
  list.text({room.left(), room.top(), kNumbers - 12, kRow}, QString::number(line), Type::Mono,
            c.low, Qt::AlignRight);
  list.target(room.adjusted(kNumbers, 0, 0, 0), {}, QString{"line %1"}.arg(line));
  qreal x = room.left() + kNumbers;
  qsizetype at = 0;
  const auto words = [&](qsizetype until, const QColor& color) {
    const QString part = text.mid(at, until - at);
    const qreal wide = width_of(part, Type::Mono);
    at = until;
    const QRectF place{x, room.top(), std::min(wide + 1, room.right() - x), kRow};
    x += wide;
    if (place.width() > 0 && !part.trimmed().isEmpty()) list.text(place, part, Type::Mono, color);
    return place;
  };
  auto value =
      std::lower_bound(values_.begin(), values_.end(), line,
                       [](const ValuePlace& place, int wanted) { return place.line < wanted; });
  for (; value != values_.end() && value->line == line; ++value) {
    const auto index = static_cast<std::size_t>(value - values_.begin());
    words(value->from, c.mid);
    const QRectF place = words(value->from + value->length, c.high);
    if (place.width() < 4) continue;
    const QRectF around = place.adjusted(-4, 1, 3, -1);
    if (chosen_ == index && !editing_) {
      list.box(around, 4, {}, c.focus, 1.3).tag = "chosen value";
    }
    const QString action = QString{"scenario value %1"}.arg(index);
    list.target(around, action, action).says = tr("line %1, %2").arg(line).arg(text.trimmed());
  }
  words(text.size(), c.mid);
}

std::vector<Layer> ScenarioView::still_layers() const {
  std::vector<Layer> layers(1);
  const Theme& c = colors();
  draw_frame(layers[0].list);
  if (text_.path.isEmpty()) {
    layers[0].list.text({kPadding, 80, width() - 2 * kPadding, 20},
                        tr("Open a scenario: drop a JSON or YAML file here."), Type::Body, c.mid,
                        Qt::AlignHCenter);
    return layers;
  }
  draw_head(layers[0].list);
  const QRectF room = rows_room();
  layers[0].list.line({kPadding, room.top() - 6}, {width() - kPadding, room.top() - 6}, c.line);
  Layer text;
  text.clip = room.adjusted(-10, 0, 0, 0);
  const std::vector<Row> all = rows();
  const double first = first_row(all.size());
  for (auto i = static_cast<std::size_t>(first); i < all.size(); ++i) {
    const qreal top = room.top() + (static_cast<double>(i) - first) * kRow;
    if (top >= room.bottom()) break;
    const Row& row = all[i];
    if (row.tall == 0) continue;
    const QRectF line{room.left(), top, room.width() - 10, kRow};
    if (row.problem != nullptr) {
      draw_problem(text.list, row, line);
    } else {
      draw_line(text.list, row.line, line);
    }
  }
  layers.push_back(std::move(text));
  Layer bar;
  draw_scroll_bar(bar.list, room.adjusted(0, 0, 10, 0), first, room.height() / kRow,
                  static_cast<double>(all.size()));
  layers.push_back(std::move(bar));
  return layers;
}

bool ScenarioView::is_tab_stop(const Shape& shape) const {
  return !shape.action.startsWith("scenario value ");
}

void ScenarioView::wheelEvent(QWheelEvent* event) {
  scroll(-event->angleDelta().y() / 120.0 * 3);
  event->accept();
}

void ScenarioView::keyPressEvent(QKeyEvent* event) {
  const double page = std::floor(rows_room().height() / kRow) - 1;
  const auto all = static_cast<double>(rows().size());
  switch (event->key()) {
    case Qt::Key_Down:
      return choose(chosen_ ? *chosen_ + 1 : 0);
    case Qt::Key_Up:
      return choose(chosen_ && *chosen_ > 0 ? *chosen_ - 1 : 0);
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (reached() != nullptr || !chosen_) return DrawerView::keyPressEvent(event);
      return begin_edit(*chosen_);
    case Qt::Key_PageUp:
      return scroll(-page);
    case Qt::Key_PageDown:
      return scroll(page);
    case Qt::Key_Home:
      return scroll(-all);
    case Qt::Key_End:
      return scroll(all);
    default:
      return DrawerView::keyPressEvent(event);
  }
}

bool ScenarioView::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::FocusOut) end_edit(true);
  if (event->type() != QEvent::KeyPress) return DrawerView::eventFilter(watched, event);
  const std::size_t value = chosen_.value_or(0);
  switch (static_cast<const QKeyEvent*>(event)->key()) {
    case Qt::Key_Escape:
      end_edit(false);
      return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      end_edit(true);
      return true;
    case Qt::Key_Tab:
    case Qt::Key_Down:
      begin_edit(value + 1);
      return true;
    case Qt::Key_Backtab:
    case Qt::Key_Up:
      if (value > 0) begin_edit(value - 1);
      return true;
    default:
      return false;
  }
}

void ScenarioView::resizeEvent(QResizeEvent* event) {
  end_edit(true);
  DrawerView::resizeEvent(event);
}

}  // namespace orrery::gui
