#include <gtest/gtest.h>

#include <QApplication>
#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <algorithm>
#include <functional>

#include "gui/app/shipped.h"
#include "gui/app/window.h"
#include "runner/scenario/reading.h"
#include "tests/gui/keys.h"
#include "tests/gui/waiting.h"

namespace orrery::gui {
namespace {

const QString kLabs = ORRERY_LABS;

Outcome outcome(const char* id, double observed, bool passed) {
  return {id, "<= 1", observed, passed};
}

TEST(Lesson, OfEachLabThatIsShippedCanBeTaught) {
  const auto labs = labs_in(QFileInfo{kLabs}.absolutePath());
  EXPECT_GE(labs.size(), 15U);
  for (const auto& [folder, title] : labs) {
    const auto lesson = read_lesson(folder);
    ASSERT_TRUE(lesson) << lesson.error().what;
    EXPECT_FALSE(title.english.isEmpty());
    EXPECT_FALSE(lesson->about.english.isEmpty()) << folder.toStdString();
    for (const LessonStep& step : lesson->steps) {
      EXPECT_TRUE(QFileInfo{step.scenario}.isFile()) << step.scenario.toStdString();
      EXPECT_FALSE(step.questions.empty());
    }
  }
}

TEST(Lesson, AsksForValuesThatItsScenariosMeasure) {
  std::size_t measured = 0;
  for (const auto& [folder, title] : labs_in(QFileInfo{kLabs}.absolutePath())) {
    EXPECT_FALSE(title.korean.isEmpty()) << folder.toStdString();
    const auto lesson = read_lesson(folder);
    for (const LessonStep& step : lesson->steps) {
      const auto reading = scenario::read_scenario(step.scenario.toStdString());
      ASSERT_TRUE(reading.scenario) << step.scenario.toStdString();
      const auto& expected = reading.scenario->expectations;
      for (const Question& question : step.questions) {
        if (question.measure.isEmpty()) continue;
        ++measured;
        EXPECT_TRUE(
            std::any_of(expected.begin(), expected.end(),
                        [&](const auto& e) { return question.measure.toStdString() == e.id; }))
            << step.scenario.toStdString() << " does not expect " << question.measure.toStdString();
      }
    }
  }
  EXPECT_GE(measured, 30U);
}

TEST(Lesson, SaysAllThatIsWrongWithItAtOnce) {
  QTemporaryDir folder;
  QDir{folder.path()}.mkpath("lesson");
  QFile file{folder.filePath("lesson/lesson.json")};
  ASSERT_TRUE(file.open(QIODevice::WriteOnly));
  file.write(R"({"title": {"en": "x"}, "about": {"en": "x", "ko": "x"}, "steps": [
    {"scenario": "none.json", "text": {"en": "x", "ko": "x"},
     "questions": [{"text": {"en": "x", "ko": "x"}, "measure": "a", "set": "b"}]}]})");
  file.close();
  const auto lesson = read_lesson(folder.path());
  ASSERT_FALSE(lesson);
  for (const char* pointer : {"/title", "/steps/0/scenario", "/steps/0/questions/0"}) {
    EXPECT_NE(lesson.error().what.find(pointer), std::string::npos) << lesson.error().what;
  }
  EXPECT_FALSE(read_lesson(folder.filePath("lesson"))) << "it is no lab";
}

TEST(Lesson, OfALabWithoutOneIsWhatItsReadmeSays) {
  QTemporaryDir folder;
  const auto write = [&](const char* name, const char* text) {
    QFile file{folder.filePath(name)};
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write(text);
  };
  write("one.json", "{}");
  write("README.md",
        "# L99: a lab\n\nWhat it is\nabout.\n\n| scenario | what | holds |\n| --- | --- | --- |\n"
        "| `one.json` | it is **so** | two | three |\n| `none.json` | no | no |\n\n"
        "**Answer.** Because.\n");
  const auto lesson = read_lesson(folder.path());
  ASSERT_TRUE(lesson) << lesson.error().what;
  EXPECT_EQ(lesson->title.english, "L99: a lab");
  EXPECT_EQ(lesson->about.english, "What it is about.");
  ASSERT_EQ(lesson->steps.size(), 1U) << "of the scenarios that are there";
  EXPECT_EQ(lesson->steps[0].text.english, "it is so");
  EXPECT_EQ(lesson->steps[0].after.english, "two ; three\n\nAnswer. Because.");
  ASSERT_EQ(lesson->steps[0].questions.size(), 1U);
  EXPECT_TRUE(lesson->steps[0].questions[0].is_free());
}

TEST(Grade, OfANumberIsHowFarItIsFromWhatWasMeasured) {
  Question question;
  question.measure = "rolled";
  question.within = 0.5;
  const std::vector<Outcome> outcomes{outcome("rolled", 20.044, true)};
  EXPECT_EQ(grade(question, "20", outcomes).right, true);
  EXPECT_EQ(grade(question, " 20.5 ", outcomes).right, true);
  EXPECT_EQ(grade(question, "20.6", outcomes).right, false);
  EXPECT_EQ(grade(question, "20", outcomes).measured, 20.044);
  EXPECT_EQ(grade(question, "20", {}).right, false) << "nothing was measured";
  EXPECT_FALSE(is_answer(question, "soon"));
}

TEST(Grade, OfAChoiceIsWhetherItIsTheRightOne) {
  Question question;
  question.choices = {{"a", {}}, {"b", {}}};
  question.right = 1;
  EXPECT_EQ(grade(question, "1", {}).right, true);
  EXPECT_EQ(grade(question, "0", {}).right, false);
  EXPECT_FALSE(is_answer(question, "2"));
}

TEST(Grade, OfASettingIsWhetherAllHeldWithIt) {
  Question question;
  question.setting = "a=b";
  EXPECT_EQ(grade(question, "3", {outcome("x", 1, true)}).right, true);
  EXPECT_EQ(grade(question, "3", {outcome("x", 1, true), outcome("y", 1, false)}).right, false);
  EXPECT_FALSE(grade(Question{}, "free words", {outcome("x", 1, true)}).right)
      << "a person has to judge it";
}

class Lab : public testing::Test {
 protected:
  void SetUp() override {
    window_.resize(1600, 1000);
    window_.engine().set_program(ORRERY_PROGRAM);
    ASSERT_TRUE(window_.open(kLabs + "/l02-rolling-update"));
    (void)window_.picture(1);
  }
  static void wait_until(const std::function<bool()>& holds) { test::wait_until(holds, 120'000); }
  [[nodiscard]] const Shape* shows(const QString& tag) {
    (void)window_.picture(1);
    return window_.lab().find(tag);
  }
  Window window_;
};

TEST_F(Lab, IsAskedBeforeItIsRunAndGradedAfterIt) {
  LabView& lab = window_.lab();
  EXPECT_EQ(window_.shown().drawer, Drawer::Lab);
  ASSERT_NE(shows("lab commit"), nullptr);
  EXPECT_TRUE(shows("lab commit")->action.isEmpty()) << "not before all is answered";
  window_.lab().on_action("lab commit");
  EXPECT_EQ(lab.phase(), LabView::Phase::Asked);

  lab.answer(0, "13");
  lab.answer(1, "7");
  lab.answer(2, "20");
  ASSERT_EQ(shows("lab commit")->action, "lab commit");
  lab.on_action("lab commit");
  EXPECT_EQ(lab.phase(), LabView::Phase::Running);
  lab.answer(1, "8");
  wait_until([&] { return lab.phase() == LabView::Phase::Graded; });
  ASSERT_NE(shows("grade 0"), nullptr);
  EXPECT_EQ(shows("grade 0")->state, State::Healthy);
  EXPECT_EQ(shows("grade 1")->state, State::Failing) << "what was committed stands";
  EXPECT_EQ(shows("grade 2")->state, State::Healthy);
  EXPECT_NE(shows("outcome rolled"), nullptr);
  EXPECT_NE(shows("after"), nullptr);
  ASSERT_NE(window_.shown().run, nullptr);
  EXPECT_EQ(window_.shown().drawer, Drawer::Lab) << "the lesson stays beside the run";
}

TEST_F(Lab, RunsWithWhatTheStudentSets) {
  LabView& lab = window_.lab();
  const auto try_with = [&](const char* surge, const char* unavailable) {
    lab.on_action("lab step 3");
    lab.on_action("lab again");
    lab.answer(0, surge);
    lab.answer(1, unavailable);
    lab.on_action("lab commit");
    wait_until([&] { return lab.phase() == LabView::Phase::Graded; });
    return shows("grade 0")->state;
  };
  EXPECT_EQ(try_with("3", "0"), State::Failing);
  EXPECT_EQ(try_with("10", "0"), State::Healthy);
}

TEST_F(Lab, ThatCannotRunAsksAgainAndSaysWhy) {
  window_.engine().set_program("/no/such/program");
  LabView& lab = window_.lab();
  for (std::size_t i = 0; i < 3; ++i) lab.answer(i, "1");
  lab.on_action("lab commit");
  wait_until([&] { return lab.phase() == LabView::Phase::Asked; });
  EXPECT_NE(shows("failure"), nullptr);
}

TEST_F(Lab, IsOneOfAList) {
  window_.lab().on_action("lab list");
  EXPECT_FALSE(window_.lab().has_lesson());
  window_.lab().set_labs(labs_in(QFileInfo{kLabs}.absolutePath()));
  ASSERT_NE(shows("lab open l13-cascade"), nullptr);
  // In a small window they are scrolled.
  window_.resize(1280, 800);
  EXPECT_EQ(shows("lab open l20-control-plane"), nullptr);
  test::press(window_.lab(), Qt::Key_PageDown);
  EXPECT_NE(shows("lab open l20-control-plane"), nullptr);
  test::press(window_.lab(), Qt::Key_PageUp);
  ASSERT_NE(shows("lab open l01-desired-state"), nullptr);
  window_.resize(1600, 1000);
  window_.lab().on_action(shows("lab open l13-cascade")->action);
  EXPECT_EQ(window_.lab().lesson().steps.size(), 2U);
}

TEST(FirstStart, OffersThreeScenariosAndALab) {
  const auto offers = offers_in(QFileInfo{kLabs}.absolutePath());
  ASSERT_EQ(offers.size(), 4U);
  EXPECT_TRUE(offers[3].second.endsWith("/labs/l02-rolling-update"));
}

}  // namespace
}  // namespace orrery::gui
