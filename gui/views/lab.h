/// @file
/// A lesson: its text, one step at a time; what is predicted before a run, and how it is graded
/// after it. Without a lesson, the labs there are.
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "gui/model/lesson.h"
#include "gui/views/drawer.h"
#include "gui/views/search_field.h"

namespace orrery::gui {

class LabView : public DrawerView {
  Q_DECLARE_TR_FUNCTIONS(LabView)

 public:
  enum class Phase { Asked, Running, Graded };

  LabView(const Shown& shown, QWidget* parent);

  /// The folders of labs that can be opened, with their titles.
  void set_labs(std::vector<std::pair<QString, LessonText>> labs);
  void set_lesson(Lesson lesson);
  /// Back to the list of labs.
  void leave();
  [[nodiscard]] bool has_lesson() const { return !lesson_.steps.empty(); }
  [[nodiscard]] const Lesson& lesson() const { return lesson_; }

  void show_step(std::size_t step);
  [[nodiscard]] std::size_t step() const { return step_; }
  /// What is said to a question of the step; it is kept once it is committed.
  void answer(std::size_t question, const QString& said);
  void choose(std::size_t question, int choice);
  [[nodiscard]] bool is_answered() const;
  /// A step that was committed runs; there is one at a time.
  [[nodiscard]] bool is_running() const;
  /// What was graded is asked once more.
  void ask_again();
  /// From now on the answers stand. Requires: is_answered().
  void commit();
  [[nodiscard]] Phase phase() const { return now().phase; }
  /// The settings that the answers make for the run.
  [[nodiscard]] QStringList settings() const;
  [[nodiscard]] const QString& scenario() const { return lesson_.steps[step_].scenario; }

  /// The run of the step that was committed is over.
  void set_outcomes(std::vector<Outcome> outcomes);
  /// It did not come to its end; the answers may be given again.
  void set_failure(const QString& why);

 protected:
  [[nodiscard]] std::vector<Layer> still_layers() const override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  struct StepNow {
    Phase phase = Phase::Asked;
    std::vector<QString> said;
    std::vector<Outcome> outcomes;
    QString failure;
  };
  /// Something of the page and where it stands in it.
  struct Part {
    enum class Kind { About, Text, Question, Choice, Field, Outcomes, Outcome, After, Failure };
    Kind kind;
    QRectF place;
    std::size_t index = 0;  ///< Of the question, or the outcome.
    int choice = 0;
  };

  [[nodiscard]] const StepNow& now() const { return steps_[step_]; }
  [[nodiscard]] const LessonStep& told() const { return lesson_.steps[step_]; }
  [[nodiscard]] std::vector<Part> parts() const;
  [[nodiscard]] QRectF page() const;
  [[nodiscard]] double page_top(const std::vector<Part>& parts) const;
  void scroll(double pixels);
  /// Puts the fields where the questions are.
  void arrange();
  void draw_head(DisplayList& list) const;
  void draw_list(DisplayList& list) const;
  [[nodiscard]] QRectF list_room() const;          ///< Of the labs there are to choose from.
  [[nodiscard]] std::size_t first_listed() const;  ///< Of these; an index into labs_.
  void draw_part(DisplayList& list, const Part& part) const;
  void draw_grade(DisplayList& list, const Part& part) const;
  void draw_foot(DisplayList& list) const;
  [[nodiscard]] QString text_of_part(const Part& part) const;

  std::vector<std::pair<QString, LessonText>> labs_;
  Lesson lesson_;
  std::vector<StepNow> steps_;
  std::size_t step_ = 0;
  double top_ = 0;  ///< Of the page, that is scrolled.
  std::array<SearchField*, 4> fields_{};
};

}  // namespace orrery::gui
