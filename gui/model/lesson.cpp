#include "gui/model/lesson.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>
#include <algorithm>
#include <cmath>

namespace orrery::gui {
namespace {

/// Reads a lesson's JSON and keeps all that is wrong with it.
class LessonReader {
 public:
  LessonReader(QString folder, Lesson& lesson) : folder_{std::move(folder)}, lesson_{lesson} {}

  void read(const QJsonObject& root) {
    lesson_.title = text(root, "title", "", true);
    lesson_.about = text(root, "about", "", true);
    const QJsonArray steps = root.value("steps").toArray();
    if (steps.isEmpty()) wrong("/steps", "at least one step");
    for (qsizetype i = 0; i < steps.size(); ++i) {
      read_step(steps[i].toObject(), QString{"/steps/%1"}.arg(i));
    }
  }
  [[nodiscard]] const QStringList& problems() const { return problems_; }

 private:
  void wrong(const QString& pointer, const QString& expected) {
    problems_ << QString{"%1: expected %2"}.arg(pointer, expected);
  }
  LessonText text(const QJsonObject& in, const QString& key, const QString& at, bool needed) {
    const QJsonObject both = in.value(key).toObject();
    const LessonText read{both.value("en").toString(), both.value("ko").toString()};
    const bool whole = !read.english.isEmpty() && !read.korean.isEmpty();
    if (!whole && (needed || in.contains(key))) {
      wrong(at + "/" + key, R"({"en": "…", "ko": "…"})");
    }
    return read;
  }
  void read_step(const QJsonObject& in, const QString& at) {
    LessonStep step;
    step.scenario = QDir::cleanPath(QDir{folder_}.filePath(in.value("scenario").toString()));
    if (!QFileInfo{step.scenario}.isFile()) wrong(at + "/scenario", "a scenario of the lab");
    step.text = text(in, "text", at, true);
    step.after = text(in, "after", at, false);
    const QJsonArray questions = in.value("questions").toArray();
    if (questions.isEmpty()) wrong(at + "/questions", "at least one question");
    for (qsizetype i = 0; i < questions.size(); ++i) {
      step.questions.push_back(
          question(questions[i].toObject(), QString{"%1/questions/%2"}.arg(at).arg(i)));
    }
    lesson_.steps.push_back(std::move(step));
  }
  Question question(const QJsonObject& in, const QString& at) {
    Question read;
    read.text = text(in, "text", at, true);
    read.unit = text(in, "unit", at, false);
    read.measure = in.value("measure").toString();
    read.within = in.value("within").toDouble();
    read.setting = in.value("set").toString();
    for (const QJsonValue& choice : in.value("choices").toArray()) {
      const QJsonObject both = choice.toObject();
      read.choices.push_back({both.value("en").toString(), both.value("ko").toString()});
    }
    read.right = in.value("right").toInt(-1);
    const int ways = (read.measure.isEmpty() ? 0 : 1) + (read.setting.isEmpty() ? 0 : 1) +
                     (read.choices.empty() ? 0 : 1);
    if (ways != 1) wrong(at, R"(one of "measure", "set" and "choices")");
    const int last = static_cast<int>(read.choices.size()) - 1;
    if (!read.choices.empty() && (read.right < 0 || read.right > last)) {
      wrong(at + "/right", "the number of a choice, from 0");
    }
    return read;
  }

  QString folder_;
  Lesson& lesson_;
  QStringList problems_;
};

QString plain(QString markdown) {
  markdown.remove("**").remove('`');
  return markdown.simplified();
}

/// The title, what stands before the table, a step for each scenario of the table, and the answer
/// behind the last one.
Lesson lesson_of_readme(const QString& folder, const QString& readme) {
  static const QRegularExpression kScenario{R"(^\|\s*`([\w-]+\.json)`\s*\|(.*)\|\s*$)"};
  Lesson lesson;
  QStringList about;
  QString paragraph;
  bool table = false;
  QString answer;
  const auto end_paragraph = [&] {
    const QString text = plain(paragraph);
    if (text.startsWith("Answer.")) answer = text;
    if (!table && !text.isEmpty()) about << text;
    paragraph.clear();
  };
  for (const QString& line : readme.split('\n')) {
    const QRegularExpressionMatch row = kScenario.match(line);
    if (line.startsWith("# ")) {
      lesson.title.english = plain(line.mid(2));
    } else if (row.hasMatch()) {
      const QString path = QDir{folder}.filePath(row.captured(1));
      const QStringList cells = row.captured(2).split('|');
      LessonStep step;
      step.scenario = QDir::cleanPath(path);
      step.text.english = plain(cells.value(0));
      step.after.english = plain(cells.mid(1).join("; "));
      step.questions.emplace_back();
      if (QFileInfo{path}.isFile()) lesson.steps.push_back(std::move(step));
    } else if (line.startsWith('|')) {
      end_paragraph();
      table = true;
    } else if (line.startsWith("```") || line.trimmed().isEmpty()) {
      end_paragraph();
    } else {
      paragraph += line + ' ';
    }
  }
  if (lesson.steps.empty() && QFileInfo{QDir{folder}.filePath("lab.json")}.isFile()) {
    LessonStep step;
    step.scenario = QDir{folder}.filePath("lab.json");
    step.questions.emplace_back();
    lesson.steps.push_back(std::move(step));
  }
  lesson.about.english = about.join("\n\n");
  if (!lesson.steps.empty() && !answer.isEmpty()) {
    lesson.steps.back().after.english += "\n\n" + answer;
  }
  return lesson;
}

QString text_of(const QString& path) {
  QFile file{path};
  return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString{};
}

std::optional<double> number_of(const QString& said) {
  bool is_number = false;
  const double number = said.trimmed().toDouble(&is_number);
  return is_number ? std::optional{number} : std::nullopt;
}

}  // namespace

Result<Lesson> read_lesson(const QString& folder) {
  Lesson lesson;
  const QString path = QDir{folder}.filePath("lesson/lesson.json");
  if (QFileInfo{path}.isFile()) {
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(text_of(path).toUtf8(), &error);
    if (error.error != QJsonParseError::NoError) {
      return failure(path.toStdString() + ": " + error.errorString().toStdString());
    }
    LessonReader reader{folder, lesson};
    reader.read(document.object());
    if (!reader.problems().isEmpty()) {
      return failure(path.toStdString() + ": " + reader.problems().join("; ").toStdString());
    }
    return lesson;
  }
  lesson = lesson_of_readme(folder, text_of(QDir{folder}.filePath("README.md")));
  if (lesson.steps.empty()) {
    return failure(folder.toStdString() + ": it is no lab",
                   "A lab has a README.md that names its scenarios.");
  }
  return lesson;
}

std::vector<Outcome> read_outcomes(const QJsonObject& summary) {
  std::vector<Outcome> outcomes;
  for (const QJsonValue& value : summary.value("expectations").toArray()) {
    const QJsonObject said = value.toObject();
    Outcome outcome;
    outcome.id = said.value("id").toString();
    outcome.bound = said.value("bound").toString();
    outcome.passed = said.value("verdict") == "pass";
    if (said.value("observed").isDouble()) outcome.observed = said.value("observed").toDouble();
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

bool is_answer(const Question& question, const QString& said) {
  if (question.is_free()) return !said.trimmed().isEmpty();
  const auto number = number_of(said);
  if (question.choices.empty()) return number.has_value();
  return number && *number >= 0 && *number < static_cast<double>(question.choices.size());
}

Grade grade(const Question& question, const QString& said, const std::vector<Outcome>& outcomes) {
  Grade result;
  if (!question.choices.empty()) {
    result.right = number_of(said) == question.right;
  } else if (!question.setting.isEmpty()) {
    result.right = !outcomes.empty() && std::all_of(outcomes.begin(), outcomes.end(),
                                                    [](const Outcome& o) { return o.passed; });
  } else if (!question.measure.isEmpty()) {
    for (const Outcome& outcome : outcomes) {
      if (outcome.id == question.measure) result.measured = outcome.observed;
    }
    const auto number = number_of(said);
    result.right =
        number && result.measured && std::abs(*number - *result.measured) <= question.within + 1e-9;
  }
  return result;
}

}  // namespace orrery::gui
