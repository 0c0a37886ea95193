#include "gui/views/lab.h"

#include <QFontMetricsF>
#include <QKeyEvent>
#include <QLocale>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <utility>

namespace orrery::gui {
namespace {

constexpr qreal kTitleMiddle = 66;
constexpr qreal kStepsMiddle = 98;
constexpr qreal kPageTop = 124;
constexpr qreal kFoot = 64;
constexpr qreal kFieldWidth = 120;
constexpr qreal kFieldHeight = 32;
constexpr qreal kRow = 24;
constexpr qreal kListRow = 30;

bool is_korean() { return QLocale{}.language() == QLocale::Korean; }

qreal height_in(const QString& text, Type type, qreal width) {
  if (text.isEmpty()) return 0;
  const QFontMetricsF metrics{font_of(type)};
  const int flags = Qt::TextWordWrap | Qt::AlignLeft | Qt::AlignTop;
  return metrics.boundingRect(QRectF{0, 0, width, 10'000}, flags, text).height() + 2;
}

QString number_text(double number) {
  return QString::number(number, 'f', std::abs(number - std::round(number)) < 0.005 ? 0 : 2);
}

}  // namespace

LabView::LabView(const Shown& shown, QWidget* parent) : DrawerView{shown, parent} {
  setAccessibleName(tr("Lab"));
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    fields_[i] = new SearchField{shown, this, false};
    fields_[i]->hide();
    QObject::connect(fields_[i], &QLineEdit::textEdited, this,
                     [this, i](const QString& text) { answer(i, text); });
    QObject::connect(fields_[i], &QLineEdit::returnPressed, this, [this] {
      if (is_answered() && phase() == Phase::Asked && on_action) on_action("lab commit");
    });
  }
}

void LabView::set_labs(std::vector<std::pair<QString, LessonText>> labs) {
  labs_ = std::move(labs);
  refresh();
}

void LabView::set_lesson(Lesson lesson) {
  lesson_ = std::move(lesson);
  steps_.clear();
  for (const LessonStep& step : lesson_.steps) {
    StepNow& made = steps_.emplace_back();
    made.said.resize(step.questions.size());
  }
  show_step(0);
}

void LabView::leave() {
  lesson_ = {};
  steps_.clear();
  step_ = 0;
  arrange();
  refresh();
}

void LabView::show_step(std::size_t step) {
  step_ = std::min(step, lesson_.steps.size() - 1);
  top_ = 0;
  arrange();
  refresh();
}

void LabView::answer(std::size_t question, const QString& said) {
  if (phase() != Phase::Asked || question >= now().said.size()) return;
  steps_[step_].said[question] = said;
  refresh();
}

void LabView::choose(std::size_t question, int choice) {
  answer(question, QString::number(choice));
}

bool LabView::is_answered() const {
  if (!has_lesson()) return false;
  for (std::size_t i = 0; i < told().questions.size(); ++i) {
    if (!is_answer(told().questions[i], now().said[i])) return false;
  }
  return true;
}

bool LabView::is_running() const {
  return std::any_of(steps_.begin(), steps_.end(),
                     [](const StepNow& step) { return step.phase == Phase::Running; });
}

void LabView::ask_again() {
  if (phase() != Phase::Graded) return;
  steps_[step_].phase = Phase::Asked;
  top_ = 0;
  arrange();
  refresh();
}

void LabView::commit() {
  steps_[step_].phase = Phase::Running;
  steps_[step_].failure.clear();
  arrange();
  refresh();
}

QStringList LabView::settings() const {
  QStringList settings;
  for (std::size_t i = 0; i < told().questions.size(); ++i) {
    const QString& setting = told().questions[i].setting;
    if (!setting.isEmpty()) settings << setting + "=" + now().said[i].trimmed();
  }
  return settings;
}

void LabView::set_outcomes(std::vector<Outcome> outcomes) {
  for (StepNow& step : steps_) {
    if (step.phase != Phase::Running) continue;
    step.phase = Phase::Graded;
    step.outcomes = std::move(outcomes);
    break;
  }
  arrange();
  refresh();
}

void LabView::set_failure(const QString& why) {
  for (StepNow& step : steps_) {
    if (step.phase != Phase::Running) continue;
    step.phase = Phase::Asked;
    step.failure = why;
  }
  arrange();
  refresh();
}

QRectF LabView::page() const {
  return {kPadding, kPageTop, width() - 2 * kPadding - 8, height() - kPageTop - kFoot - 6};
}

QString LabView::text_of_part(const Part& part) const {
  const bool korean = is_korean();
  switch (part.kind) {
    case Part::Kind::About:
      return lesson_.about.in(korean);
    case Part::Kind::Text:
      return told().text.in(korean);
    case Part::Kind::Question: {
      const Question& question = told().questions[part.index];
      return question.is_free() ? tr("What will happen, and why? Write it down before you run it.")
                                : question.text.in(korean);
    }
    case Part::Kind::Choice:
      return told().questions[part.index].choices[static_cast<std::size_t>(part.choice)].in(korean);
    case Part::Kind::After:
      return told().after.in(korean);
    case Part::Kind::Failure:
      return now().failure;
    case Part::Kind::Outcomes:
      return tr("What had to hold");
    case Part::Kind::Field:
    case Part::Kind::Outcome:
      break;
  }
  return {};
}

std::vector<LabView::Part> LabView::parts() const {
  std::vector<Part> parts;
  const qreal wide = page().width();
  qreal y = 0;
  const auto add = [&](Part part, Type type, qreal left, qreal below) {
    const qreal tall = height_in(text_of_part(part), type, wide - left);
    if (tall == 0) return;
    part.place = {left, y, wide - left, tall};
    y += tall + below;
    parts.push_back(part);
  };
  if (step_ == 0) add({Part::Kind::About, {}, 0, 0}, Type::Body, 0, 14);
  add({Part::Kind::Text, {}, 0, 0}, Type::Body, 0, 16);
  for (std::size_t i = 0; i < told().questions.size(); ++i) {
    const Question& question = told().questions[i];
    add({Part::Kind::Question, {}, i, 0}, Type::BodyStrong, 0, 6);
    for (int c = 0; c < static_cast<int>(question.choices.size()); ++c) {
      add({Part::Kind::Choice, {}, i, c}, Type::Body, 26, 6);
    }
    if (question.choices.empty()) {
      const qreal room = question.is_free() ? wide : kFieldWidth;
      parts.push_back({Part::Kind::Field, {0, y, room, kFieldHeight}, i, 0});
      y += kFieldHeight;
    }
    y += 16;
  }
  if (!now().failure.isEmpty()) {
    add({Part::Kind::Failure, {}, 0, 0}, Type::Body, 0, 14);
  }
  if (phase() != Phase::Graded) return parts;
  add({Part::Kind::Outcomes, {}, 0, 0}, Type::BodyStrong, 0, 6);
  for (std::size_t i = 0; i < now().outcomes.size(); ++i) {
    parts.push_back({Part::Kind::Outcome, {0, y, wide, kRow}, i, 0});
    y += kRow;
  }
  y += 12;
  add({Part::Kind::After, {}, 0, 0}, Type::Body, 0, 8);
  return parts;
}

QRectF LabView::list_room() const {
  // Whole rows: none is cut in two.
  const qreal top = kStepsMiddle - 8;
  const qreal rows = std::max(1.0, std::floor((height() - 12 - top) / kListRow));
  return {kPadding, top, width() - 2 * kPadding, rows * kListRow};
}

std::size_t LabView::first_listed() const {
  const double most = static_cast<double>(labs_.size()) * kListRow - list_room().height();
  return static_cast<std::size_t>(std::ceil(std::clamp(top_, 0.0, std::max(0.0, most)) / kListRow));
}

double LabView::page_top(const std::vector<Part>& parts) const {
  const double tall = parts.empty() ? 0 : parts.back().place.bottom() + 8;
  return std::clamp(top_, 0.0, std::max(0.0, tall - page().height()));
}

void LabView::arrange() {
  for (SearchField* field : fields_) field->hide();
  if (!has_lesson() || !isVisible()) return;
  const std::vector<Part> all = parts();
  const QPointF offset = page().topLeft() - QPointF{0, page_top(all)};
  for (const Part& part : all) {
    if (part.kind != Part::Kind::Field || part.index >= fields_.size()) continue;
    SearchField* field = fields_[part.index];
    const QRectF place = part.place.translated(offset);
    if (place.top() < page().top() || place.bottom() > page().bottom()) continue;
    field->setGeometry(place.toRect());
    if (field->text() != now().said[part.index]) field->setText(now().said[part.index]);
    field->setReadOnly(phase() != Phase::Asked);
    field->setAccessibleName(text_of_part({Part::Kind::Question, {}, part.index, 0}));
    field->show();
  }
}

void LabView::draw_head(DisplayList& list) const {
  const Theme& c = colors();
  const qreal height = height_of(Type::Heading);
  const QString all = tr("All labs");
  const qreal right =
      list.words_before(width() - kPadding, kTitleMiddle, all, Type::BodyMedium, c.accent);
  list.target({right - 6, kTitleMiddle - 14, width() - kPadding - right + 12, 28}, "lab list",
              "lab list");
  const qreal room = right - kPadding - 16;
  const QString title = lesson_.title.in(is_korean());
  const bool fits = width_of(title, Type::Heading) <= room;
  list.text({kPadding, kTitleMiddle - height / 2, room, height}, title,
            fits ? Type::Heading : Type::BodyStrong, c.high)
      .tag = "title";
  qreal x = list.words(kPadding, kStepsMiddle, tr("Step"), Type::Body, c.low) + 10;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const bool chosen = i == step_;
    const bool graded = steps_[i].phase == Phase::Graded;
    const QString name = QString::number(i + 1);
    const QRectF chip{x, kStepsMiddle - 13, graded ? 46.0 : 30.0, 26};
    Shape& shape = list.box(chip, 8, chosen ? c.raised : QColor{}, c.line);
    shape.action = QString{"lab step %1"}.arg(i);
    shape.tag = shape.action;
    list.text(graded ? chip.adjusted(0, 0, -16, 0) : chip, name, Type::BodyMedium,
              chosen ? c.high : c.mid, Qt::AlignHCenter);
    if (graded) {
      const bool held = std::all_of(steps_[i].outcomes.begin(), steps_[i].outcomes.end(),
                                    [](const Outcome& o) { return o.passed; });
      list.glyph(held ? State::Healthy : State::Failing, {chip.right() - 15, kStepsMiddle}, 12);
    }
    x = chip.right() + 6;
    if (x > width() - kPadding - 40) break;
  }
}

void LabView::draw_grade(DisplayList& list, const Part& part) const {
  const Theme& c = colors();
  const Question& question = told().questions[part.index];
  const qreal middle = part.place.center().y();
  qreal x = part.place.right() + 10;
  const QString unit = question.unit.in(is_korean());
  if (!unit.isEmpty()) x = list.words(x, middle, unit, Type::Body, c.low) + 16;
  if (phase() != Phase::Graded) return;
  const Grade graded = grade(question, now().said[part.index], now().outcomes);
  if (!graded.right) return;
  list.glyph(*graded.right ? State::Healthy : State::Failing, {x + 7, middle}, 14).tag =
      QString{"grade %1"}.arg(part.index);
  QString text = *graded.right ? tr("right") : tr("not so");
  if (graded.measured) {
    const QString measured = number_text(*graded.measured);
    text = *graded.right ? tr("right: measured %1").arg(measured)
                         : tr("not so: measured %1").arg(measured);
  }
  const qreal height = height_of(Type::BodyMedium);
  list.text({x + 20, middle - height / 2, page().width() - x - 20, height}, text, Type::BodyMedium,
            c.text_of(*graded.right ? State::Recovering : State::Failing));
}

void LabView::draw_part(DisplayList& list, const Part& part) const {
  const Theme& c = colors();
  const auto words = [&](Type type, const QColor& color) -> Shape& {
    Shape& shape = list.text(part.place, {}, type, color);
    shape.text = text_of_part(part);
    shape.align = Qt::AlignLeft | Qt::AlignTop;
    shape.wraps = true;
    return shape;
  };
  switch (part.kind) {
    case Part::Kind::About:
      words(Type::Body, c.mid).tag = "about";
      return;
    case Part::Kind::Text:
      words(Type::Body, c.high).tag = "text";
      return;
    case Part::Kind::Question:
      words(Type::BodyStrong, c.high).tag = QString{"question %1"}.arg(part.index);
      return;
    case Part::Kind::Failure:
      words(Type::Body, c.text_of(State::Failing)).tag = "failure";
      return;
    case Part::Kind::Outcomes:
      words(Type::BodyStrong, c.high);
      return;
    case Part::Kind::After:
      words(Type::Body, c.mid).tag = "after";
      return;
    case Part::Kind::Field:
      // Of a picture, and where the field is scrolled away.
      list.box(part.place.adjusted(0.5, 0.5, -0.5, -0.5), 8, c.card, c.line);
      list.text(part.place.adjusted(12, 0, -8, 0), now().said[part.index], Type::Body, c.high);
      return draw_grade(list, part);
    case Part::Kind::Choice: {
      const bool chosen = now().said[part.index] == QString::number(part.choice);
      QPainterPath ring;
      const QPointF centre{part.place.left() - 15, part.place.top() + 9};
      ring.addEllipse(centre, 6, 6);
      list.path(ring, c.card, chosen ? c.accent : c.low, 1.4);
      if (chosen) {
        QPainterPath dot;
        dot.addEllipse(centre, 3, 3);
        list.path(dot, c.accent);
      }
      words(Type::Body, chosen ? c.high : c.mid);
      if (phase() == Phase::Asked) {
        const QString action = QString{"lab choose %1 %2"}.arg(part.index).arg(part.choice);
        list.target(part.place.adjusted(-26, -3, 0, 3), action, action);
      } else if (phase() == Phase::Graded && part.choice == told().questions[part.index].right) {
        list.glyph(State::Healthy, {part.place.right() - 8, part.place.top() + 9}, 13).tag =
            QString{"right %1"}.arg(part.index);
      } else if (phase() == Phase::Graded && chosen) {
        list.glyph(State::Failing, {part.place.right() - 8, part.place.top() + 9}, 13);
      }
      return;
    }
    case Part::Kind::Outcome: {
      const Outcome& outcome = now().outcomes[part.index];
      const qreal middle = part.place.center().y();
      list.glyph(outcome.passed ? State::Healthy : State::Failing, {7, middle}, 13).tag =
          "outcome " + outcome.id;
      const QString value = outcome.observed ? number_text(*outcome.observed) : QStringLiteral("–");
      const qreal right =
          list.words_before(part.place.right(), middle, value, Type::BodyMedium, c.high);
      list.text({22, part.place.top(), 130, part.place.height()}, outcome.id, Type::BodyMedium,
                c.mid);
      list.text({158, part.place.top(), right - 168, part.place.height()}, outcome.bound,
                Type::Body, c.low);
      return;
    }
  }
}

void LabView::draw_foot(DisplayList& list) const {
  const Theme& c = colors();
  const qreal middle = height() - kFoot / 2.0;
  list.line({kPadding, height() - kFoot}, {width() - kPadding, height() - kFoot}, c.line);
  qreal right = width() - kPadding;
  const auto button = [&](const QString& name, const QString& action, bool on, bool main = true) {
    const QRectF box{right - width_of(name, Type::BodyMedium) - 26, middle - 16,
                     width_of(name, Type::BodyMedium) + 26, 32};
    const bool bright = on && main;
    Shape& shape = list.box(box, 8, bright ? c.accent : c.card, bright ? QColor{} : c.line);
    shape.tag = action;
    if (on) shape.action = action;
    const QColor& color = bright ? c.window : on ? c.high : c.low;
    list.text(box, name, Type::BodyMedium, color, Qt::AlignHCenter);
    right = box.left() - 12;
  };
  QString hint;
  if (phase() == Phase::Asked) {
    button(tr("Commit and run"), "lab commit", is_answered());
    hint = is_answered() ? tr("What you commit to cannot be changed.")
                         : tr("Answer first; then it is run.");
  } else if (phase() == Phase::Running) {
    button(tr("Stop"), "lab stop", true, false);
    hint = tr("It runs…");
  } else {
    if (step_ + 1 < steps_.size()) {
      button(tr("Next step"), QString{"lab step %1"}.arg(step_ + 1), true);
    }
    button(tr("Once more"), "lab again", true, false);
    hint = tr("Look what happened.");
  }
  const qreal height = height_of(Type::Body);
  list.text({kPadding, middle - height / 2, right - kPadding, height}, hint, Type::Body, c.low)
      .tag = "hint";
}

void LabView::draw_list(DisplayList& list) const {
  const Theme& c = colors();
  list.text({kPadding, kTitleMiddle - 12, width() - 2 * kPadding, 24}, tr("Labs"), Type::Heading,
            c.high);
  if (labs_.empty()) {
    list.text({kPadding, kStepsMiddle - 10, width() - 2 * kPadding, 20},
              tr("There are none beside this program."), Type::Body, c.mid);
    return;
  }
  const QRectF room = list_room();
  const auto rows = static_cast<std::size_t>(room.height() / kListRow);
  const std::size_t first = first_listed();
  draw_scroll_bar(list, room.adjusted(0, 0, 10, 0), static_cast<double>(first),
                  static_cast<double>(rows), static_cast<double>(labs_.size()));
  qreal y = room.top();
  for (std::size_t i = first; i < std::min(labs_.size(), first + rows); ++i) {
    const auto& [folder, title] = labs_[i];
    const QRectF row{kPadding - 8, y, width() - 2 * kPadding + 16, kListRow};
    list.text(row.adjusted(8, 0, -8, 0), title.in(is_korean()), Type::Body, c.accent);
    list.target(row, "lab open " + folder, "lab open " + folder.section('/', -1));
    y += kListRow;
  }
}

std::vector<Layer> LabView::still_layers() const {
  std::vector<Layer> layers(1);
  draw_frame(layers[0].list);
  if (!has_lesson()) {
    draw_list(layers[0].list);
    return layers;
  }
  draw_head(layers[0].list);
  draw_foot(layers[0].list);
  const std::vector<Part> all = parts();
  const double top = page_top(all);
  Layer text;
  text.clip = page().adjusted(-2, 0, 2, 0);
  text.transform = QTransform::fromTranslate(page().left(), page().top() - top);
  for (const Part& part : all) draw_part(text.list, part);
  layers.push_back(std::move(text));
  Layer bar;
  const double tall = all.empty() ? 0 : all.back().place.bottom() + 8;
  draw_scroll_bar(bar.list, page().adjusted(0, 0, 10, 0), top, page().height(), tall);
  layers.push_back(std::move(bar));
  return layers;
}

void LabView::resizeEvent(QResizeEvent* event) {
  DrawerView::resizeEvent(event);
  arrange();
}

void LabView::changeEvent(QEvent* event) {
  DrawerView::changeEvent(event);
  if (event->type() == QEvent::LanguageChange) arrange();
}

void LabView::showEvent(QShowEvent* event) {
  DrawerView::showEvent(event);
  arrange();
}

void LabView::scroll(double pixels) {
  if (!has_lesson()) {
    top_ = static_cast<double>(first_listed()) * kListRow + pixels;
    return refresh();
  }
  const std::vector<Part> all = parts();
  top_ = page_top(all) + pixels;
  top_ = page_top(all);
  arrange();
  refresh();
}

void LabView::wheelEvent(QWheelEvent* event) {
  scroll(-event->angleDelta().y() / 120.0 * 48);
  event->accept();
}

void LabView::keyPressEvent(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_Up:
      return scroll(-48);
    case Qt::Key_Down:
      return scroll(48);
    case Qt::Key_PageUp:
      return scroll(-page().height() + 48);
    case Qt::Key_PageDown:
      return scroll(page().height() - 48);
    default:
      return DrawerView::keyPressEvent(event);
  }
}

}  // namespace orrery::gui
