#include "gui/views/scenario.h"

#include <QFileInfo>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <utility>

namespace orrery::gui {
namespace {

constexpr qreal kTitleMiddle = 70;
constexpr qreal kStateMiddle = 98;
constexpr qreal kRowsTop = 122;
constexpr qreal kRow = 20;
constexpr qreal kNumbers = 38;

}  // namespace

ScenarioView::ScenarioView(const Shown& shown, QWidget* parent) : DrawerView{shown, parent} {
  setAccessibleName(tr("Scenario"));
}

void ScenarioView::set_text(ScenarioText text) {
  const bool other = text.path != text_.path;
  text_ = std::move(text);
  if (other) top_ = 0;
  // The first problem is in view.
  if (!text_.problems.empty()) top_ = std::max(0, text_.problems.front().line - 6);
  refresh();
}

void ScenarioView::set_phase(Phase phase, const QString& said) {
  phase_ = phase;
  said_ = said;
  refresh();
}

QRectF ScenarioView::rows_room() const {
  const qreal rows = std::floor((height() - kRowsTop - 16) / kRow);
  return {kPadding, kRowsTop, width() - 2 * kPadding, std::max(1.0, rows) * kRow};
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
      return tr("Nothing is wrong with it.");
    case Phase::Running:
      return tr("Runs; what is over can be looked at already.");
    case Phase::Over:
      return said_;
  }
  return {};
}

void ScenarioView::draw_head(DisplayList& list) const {
  const Theme& c = colors();
  qreal right = width() - kPadding;
  const auto button = [&](const QString& name, const QString& action, bool chosen) {
    const QRectF box{right - width_of(name, Type::BodyMedium) - 26, kTitleMiddle - 15,
                     width_of(name, Type::BodyMedium) + 26, 30};
    Shape& shape = list.box(box, 8, chosen ? c.accent : c.card, chosen ? QColor{} : c.line);
    shape.action = action;
    shape.tag = action;
    list.text(box, name, Type::BodyMedium, chosen ? c.window : c.high, Qt::AlignHCenter);
    right = box.left() - 8;
  };
  if (phase_ == Phase::Running) {
    button(tr("Stop"), "scenario stop", false);
  } else {
    if (phase_ != Phase::Wrong && phase_ != Phase::Checking) {
      button(tr("Run"), "scenario run", true);
      button(tr("Run by hand"), "scenario hand", false);
    }
    button(tr("Check"), "scenario check", false);
    if (!shown().session.isEmpty()) button(tr("Save what was done…"), "hand save", false);
  }
  const qreal height = height_of(Type::Heading);
  list.text({kPadding, kTitleMiddle - height / 2, right - kPadding - 8, height},
            QFileInfo{text_.path}.fileName(), Type::Heading, c.high);
  const State state = phase_ == Phase::Wrong                                  ? State::Failing
                      : phase_ == Phase::Checking || phase_ == Phase::Running ? State::Starting
                                                                              : State::Healthy;
  list.glyph(state, {kPadding + 7, kStateMiddle}, 13).tag = "phase";
  const qreal small = height_of(Type::Body);
  list.text({kPadding + 22, kStateMiddle - small / 2, width() - 2 * kPadding - 22, small},
            phase_text(), Type::Body, c.mid)
      .tag = "phase text";
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
  text.clip = room;
  const std::vector<Row> all = rows();
  const double first = first_row(all.size());
  for (auto i = static_cast<std::size_t>(first); i < all.size(); ++i) {
    const qreal top = room.top() + (static_cast<double>(i) - first) * kRow;
    if (top >= room.bottom()) break;
    const Row& row = all[i];
    const QRectF line{room.left() + kNumbers, top, room.width() - kNumbers - 10, kRow};
    if (row.tall == 0) continue;
    if (row.problem != nullptr) {
      text.list.box({room.left(), top + 1, room.width() - 8, kRow * row.tall - 2}, 4,
                    c.fill_of(State::Failing));
      text.list.glyph(State::Failing, {room.left() + 18, line.center().y()}, 12);
      Shape& said = text.list.text({line.left(), top, line.width() - 8, kRow * row.tall}, {},
                                   Type::SmallMedium, c.text_of(State::Failing));
      said.text = row.problem->text;
      said.wraps = row.tall > 1;
      said.tag = QString{"problem %1"}.arg(row.line);
      continue;
    }
    text.list.text({room.left(), top, kNumbers - 12, kRow}, QString::number(row.line), Type::Mono,
                   c.low, Qt::AlignRight);
    text.list.text(line, text_.lines[row.line - 1], Type::Mono, c.mid).tag =
        QString{"line %1"}.arg(row.line);
  }
  layers.push_back(std::move(text));
  Layer bar;
  draw_scroll_bar(bar.list, room.adjusted(0, 0, 10, 0), first, room.height() / kRow,
                  static_cast<double>(all.size()));
  layers.push_back(std::move(bar));
  return layers;
}

void ScenarioView::wheelEvent(QWheelEvent* event) {
  top_ = first_row(rows().size()) - event->angleDelta().y() / 120.0 * 3;
  top_ = first_row(rows().size());
  refresh();
  event->accept();
}

}  // namespace orrery::gui
