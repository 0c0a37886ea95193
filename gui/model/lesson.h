/// @file
/// A lab as a lesson: what is told, what is asked before each run, and how it is graded after it.
#pragma once

#include <QJsonObject>
#include <QString>
#include <QStringList>
#include <map>
#include <optional>
#include <vector>

#include "models/base/result.h"

namespace orrery::gui {

/// In English, and in Korean as far as it is there.
struct LessonText {
  QString english;
  QString korean;
  [[nodiscard]] const QString& in(bool in_korean) const {
    return in_korean && !korean.isEmpty() ? korean : english;
  }
};

/// What the student commits to before the run.
struct Question {
  LessonText text;
  LessonText unit;    ///< Of a number; may be empty.
  QString measure;    ///< The expectation whose value is asked for; empty: none.
  double within = 0;  ///< So far the number may be from it.
  QString setting;    ///< The run gets the answer as this setting; empty: it does not.
  std::vector<LessonText> choices;  ///< The answer is one of these, by its number.
  int right = 0;                    ///< Of the choices.

  /// Neither is measured nor put into the run: it is kept to be read again.
  [[nodiscard]] bool is_free() const {
    return measure.isEmpty() && setting.isEmpty() && choices.empty();
  }
};

struct LessonStep {
  QString scenario;  ///< Path.
  LessonText text;
  std::vector<Question> questions;
  LessonText after;  ///< Told when it is graded.
};

struct Lesson {
  LessonText title;
  LessonText about;
  std::vector<LessonStep> steps;
};

/// The lesson of a lab's folder: lesson/lesson.json, or what its README.md says. A Failure says all
/// that is wrong with it.
[[nodiscard]] Result<Lesson> read_lesson(const QString& folder);

/// What became of an expectation of a scenario.
struct Outcome {
  QString id;
  QString bound;  ///< "always <= 13"
  std::optional<double> observed;
  bool passed = false;
};
/// Of a run's summary.json.
[[nodiscard]] std::vector<Outcome> read_outcomes(const QJsonObject& summary);

/// Whether something that can be graded was said: of numbers one, of choices one of them.
[[nodiscard]] bool is_answer(const Question& question, const QString& said);

struct Grade {
  std::optional<bool> right;       ///< Absent: a person has to judge it.
  std::optional<double> measured;  ///< What was asked for.
};
/// A setting is right if all that had to hold held with it.
[[nodiscard]] Grade grade(const Question& question, const QString& said,
                          const std::vector<Outcome>& outcomes);

}  // namespace orrery::gui
