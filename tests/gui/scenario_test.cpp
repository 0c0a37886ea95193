#include <gtest/gtest.h>

#include <QAbstractButton>
#include <QApplication>
#include <QFile>
#include <QFontMetricsF>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMessageBox>
#include <QTemporaryDir>
#include <QTimer>
#include <functional>

#include "gui/app/window.h"
#include "tests/gui/keys.h"
#include "tests/gui/recorded.h"
#include "tests/gui/waiting.h"

namespace orrery::gui {
namespace {

using test::press;

using test::wait_until;

TEST(Problems, StandAtTheirLinesAndThoseOfOtherFilesHaveTheirName) {
  const QString said =
      "/a/x.json:4: /services: expected a map; found 3\n"
      "/a/x.json:2: expected \"format\": 1; found nothing\n"
      "/a/web.yaml:7: expected a name; found nothing\n"
      "3 problems\n";
  const std::vector<Problem> problems = read_problems(said, "/a/x.json");
  ASSERT_EQ(problems.size(), 3U);
  EXPECT_EQ(problems[0].line, 0);
  EXPECT_TRUE(problems[0].text.startsWith("/a/web.yaml:7"));
  EXPECT_EQ(problems[1].line, 2);
  EXPECT_EQ(problems[2].line, 4);
  EXPECT_EQ(problems[2].text, "/services: expected a map; found 3");
}

QStringList texts_of(const QString& text, bool is_json) {
  const QStringList lines = text.split('\n');
  QStringList texts;
  for (const ValuePlace& value : values_of(lines, is_json)) {
    texts << lines[value.line - 1].mid(value.from, value.length);
  }
  return texts;
}

TEST(Values, OfJsonAreWhatIsNoKeyAndNoComment) {
  EXPECT_EQ(texts_of(R"({
  // "not": "this"
  "name": "A \"zone\"", /* nor
  "this": 3 */ "on": true,
  "load": [{"poisson": "50/s", "n": -1.5e3}], "none": null
})",
                     true),
            (QStringList{R"("A \"zone\"")", "true", R"("50/s")", "-1.5e3", "null"}));
}

TEST(Values, OfYamlAreScalarsOfOneLine) {
  EXPECT_EQ(texts_of("---\n"
                     "name: A zone: dark  # why\n"
                     "'a b': \"x # y\"\n"
                     "list:\n"
                     "  - 5\n"
                     "  - at: 3s\n"
                     "    {}\n"
                     "flow: {a: 1, b: [x y, 'z']}\n"
                     "text: |\n"
                     "  key: no value\n"
                     "link: *anchor\n"
                     "last: 10min\n",
                     false),
            (QStringList{"A zone: dark", "\"x # y\"", "5", "3s", "1", "x y", "'z'", "10min"}));
}

/// A program in place of the engine: it finds a scenario with the word "bad" wrong, and runs one by
/// handing out the recording of these tests. What it was told to run last stands beside it.
class Scenario : public testing::Test {
 protected:
  void SetUp() override {
    write("engine",
          "#!/bin/sh\n"
          "if [ \"$1\" = check ]; then\n"
          "  grep -q bad \"$2\" || exit 0\n"
          "  echo \"$2:2: expected good; found bad\" >&2\n"
          "  exit 2\n"
          "fi\n"
          "cp \"$2\" '" +
              folder_.filePath("ran") + "'\necho \"$@\" > '" + folder_.filePath("told") +
              "'\n"
              "while [ $# -gt 1 ]; do [ \"$1\" = --record ] && to=$2; shift; done\n"
              "cp '" +
              test::recording_path() +
              "' \"$to\"\n"
              "echo 'PASS: 1 passed'\n");
    QFile::setPermissions(folder_.filePath("engine"), QFile::ReadOwner | QFile::ExeOwner);
    window_.resize(1920, 1200);
    window_.engine().set_program(folder_.filePath("engine"));
  }
  QString write(const QString& name, const QString& text) {
    QFile file{folder_.filePath(name)};
    EXPECT_TRUE(file.open(QIODevice::WriteOnly));
    file.write(text.toUtf8());
    return file.fileName();
  }
  [[nodiscard]] bool shows(const QString& tag) {
    (void)window_.picture(1);
    return window_.scenario().find(tag) != nullptr;
  }
  [[nodiscard]] QString read(const QString& name) const {
    QFile file{folder_.filePath(name)};
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString{};
  }
  void await(ScenarioView::Phase phase) {
    wait_until([&] { return window_.scenario().phase() == phase; });
  }
  /// Another value in place of the one that is being changed.
  void type(const QString& text) {
    auto* field = window_.scenario().findChild<QLineEdit*>();
    ASSERT_FALSE(field->isHidden());
    field->setText(text);
    press(*field, Qt::Key_Return);
  }
  [[nodiscard]] QString line(int number) { return window_.scenario().text().lines[number - 1]; }
  using Phase = ScenarioView::Phase;
  static constexpr const char* kText = "{\n  \"mood\": \"good\",\n  \"count\": 3\n}\n";

  QTemporaryDir folder_;
  Window window_;
};

TEST_F(Scenario, AProblemStandsBelowItsLine) {
  ASSERT_TRUE(window_.open(write("x.json", "{\n  bad\n}\n")));
  EXPECT_EQ(window_.shown().drawer, Drawer::Scenario);
  wait_until([&] { return window_.scenario().phase() == Phase::Wrong; });
  ASSERT_TRUE(shows("problem 2"));
  QRectF line;
  QRectF problem;
  ASSERT_NE(window_.scenario().find("line 2", &line), nullptr);
  ASSERT_NE(window_.scenario().find("problem 2", &problem), nullptr);
  EXPECT_NEAR(problem.top(), line.bottom(), 1);
  EXPECT_FALSE(shows("scenario run")) << "what is wrong is not run";
}

TEST_F(Scenario, WhatIsRightRunsAndItsRecordingIsShown) {
  ASSERT_TRUE(window_.open(write("x.json", "{\n  good\n}\n")));
  wait_until([&] { return window_.scenario().phase() == Phase::Right; });
  ASSERT_TRUE(shows("scenario run"));
  window_.scenario().on_action("scenario run");
  wait_until([&] { return window_.scenario().phase() == Phase::Over; });
  ASSERT_NE(window_.shown().run, nullptr);
  EXPECT_EQ(window_.shown().run->info().scenario, "A zone goes dark");
  EXPECT_TRUE(window_.settings().recent.isEmpty()) << "it goes with the window";
}

TEST_F(Scenario, AValueIsChangedWhereItStandsIsCheckedAndIsUndone) {
  ASSERT_TRUE(window_.open(write("x.json", kText)));
  await(Phase::Right);
  ASSERT_TRUE(shows("scenario value 0"));
  EXPECT_FALSE(shows("scenario undo"));
  window_.scenario().on_action("scenario value 0");
  type("\"bad\"");
  EXPECT_EQ(line(2), "  \"mood\": \"bad\",");
  await(Phase::Wrong);
  EXPECT_TRUE(shows("problem 2")) << "of the text as it stands there";
  EXPECT_TRUE(shows("changed 2"));
  EXPECT_FALSE(shows("scenario run"));
  EXPECT_EQ(read("x.json"), kText) << "the file is as it was";
  press(window_, Qt::Key_Z, Qt::ControlModifier);
  EXPECT_EQ(line(2), "  \"mood\": \"good\",");
  await(Phase::Right);
  EXPECT_FALSE(shows("changed 2"));
  EXPECT_FALSE(window_.scenario().is_changed());
  press(window_, Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_EQ(line(2), "  \"mood\": \"bad\",");
}

TEST_F(Scenario, KeysGoFromValueToValueAndEscapeChangesNothing) {
  ASSERT_TRUE(window_.open(write("x.json", kText)));
  await(Phase::Right);
  ScenarioView& view = window_.scenario();
  press(view, Qt::Key_Down);
  press(view, Qt::Key_Down);
  EXPECT_TRUE(shows("chosen value"));
  press(view, Qt::Key_Return);
  auto* field = view.findChild<QLineEdit*>();
  EXPECT_EQ(field->text(), "3");
  field->setText("4");
  press(*field, Qt::Key_Escape);
  EXPECT_TRUE(field->isHidden());
  EXPECT_EQ(line(3), "  \"count\": 3");
  press(view, Qt::Key_Return);
  field->setText("4");
  press(*field, Qt::Key_Backtab);
  EXPECT_EQ(line(3), "  \"count\": 4") << "what is left is done";
  EXPECT_EQ(field->text(), "\"good\"");
  EXPECT_EQ(field->selectedText(), "good") << "what is typed stands in its quotation marks";
}

TEST_F(Scenario, WhatIsRunIsTheTextThatStandsThereAndTheFileIsSavedOnlyWhenAskedFor) {
  ASSERT_TRUE(window_.open(write("x.json", kText)));
  await(Phase::Right);
  window_.scenario().begin_edit(1);
  type("5");
  await(Phase::Right);
  window_.scenario().on_action("scenario run");
  await(Phase::Over);
  const QString changed = QString{kText}.replace("3", "5");
  EXPECT_EQ(read("ran"), changed);
  EXPECT_TRUE(read("told").contains("--folder " + folder_.path())) << read("told").toStdString();
  EXPECT_EQ(read("x.json"), kText);
  ASSERT_TRUE(shows("scenario save"));
  press(window_, Qt::Key_S, Qt::ControlModifier);
  EXPECT_EQ(read("x.json"), changed);
  EXPECT_FALSE(window_.scenario().is_changed());
  EXPECT_FALSE(shows("scenario save"));
  window_.scenario().undo();
  EXPECT_TRUE(window_.scenario().is_changed()) << "than what was saved";
}

TEST_F(Scenario, WhatAnotherProgramWroteIsNotLost) {
  ASSERT_TRUE(window_.open(write("x.json", kText)));
  await(Phase::Right);
  window_.scenario().begin_edit(1);
  type("5");
  write("x.json", "{}\n");
  window_.scenario().on_action("scenario save");
  EXPECT_EQ(read("x.json"), "{}\n");
  EXPECT_FALSE(window_.shown().notice.isEmpty());
  EXPECT_TRUE(window_.scenario().is_changed());
}

TEST_F(Scenario, WhatIsNotSavedIsAskedForBeforeItIsLost) {
  ASSERT_TRUE(window_.open(write("x.json", kText)));
  await(Phase::Right);
  window_.scenario().begin_edit(1);
  type("5");
  const auto answer = [](int button) {
    QTimer::singleShot(0, [button] {
      auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
      ASSERT_NE(box, nullptr);
      for (QAbstractButton* any : box->buttons()) {
        if (box->buttonRole(any) == button) return any->click();
      }
    });
  };
  const QString other = write("y.json", "{}\n");
  answer(QMessageBox::RejectRole);
  (void)window_.open(other);
  EXPECT_EQ(line(3), "  \"count\": 5") << "nothing was opened";
  answer(QMessageBox::AcceptRole);
  ASSERT_TRUE(window_.open(other));
  EXPECT_EQ(read("x.json"), QString{kText}.replace("3", "5"));
  EXPECT_EQ(window_.scenario().text().path, other);
}

/// What the drawer says after a run by hand, in every language, theme and size.
class AfterARunByHand : public Scenario {
 protected:
  void end_with(const QString& verdict) {
    const QString engine = read("engine");
    QFile::remove(folder_.filePath("engine"));
    write("engine", QString{engine}.replace("PASS: 1 passed", verdict));
    QFile::setPermissions(folder_.filePath("engine"), QFile::ReadOwner | QFile::ExeOwner);
    ASSERT_TRUE(window_.open(write("two-zones-and-a-rollout.json", kText)));
    await(Phase::Right);
    window_.scenario().on_action("scenario hand");
    await(Phase::Over);
    ASSERT_TRUE(shows("hand save"));
  }
  void check_words() {
    QRectF name;
    ASSERT_NE(window_.scenario().find("file name", &name), nullptr);
    EXPECT_EQ(window_.scenario().find("file name")->text, "two-zones-and-a-rollout.json");
    std::vector<QRectF> places{name};
    for (const char* tag : {"scenario run", "scenario hand", "scenario check", "hand save",
                            "scenario world sim", "scenario world live"}) {
      QRectF place;
      ASSERT_NE(window_.scenario().find(tag, &place), nullptr) << tag;
      places.push_back(place);
    }
    QRectF said;
    const Shape* text = window_.scenario().find("phase text", &said);
    ASSERT_NE(text, nullptr);
    EXPECT_FALSE(text->text.endsWith(QChar{0x2026})) << text->text.toStdString();
    const QRectF needs = QFontMetricsF{font_of(text->type)}.boundingRect(
        QRectF{0, 0, said.width(), 1000}, text->wraps ? Qt::TextWordWrap : Qt::TextSingleLine,
        text->text);
    EXPECT_LE(needs.width(), said.width() + 1);
    EXPECT_LE(needs.height(), said.height() + 2);
    places.push_back(said);
    for (std::size_t i = 0; i < places.size(); ++i) {
      EXPECT_LE(places[i].right(), window_.scenario().width() - 19);
      for (std::size_t k = 0; k < i; ++k) EXPECT_FALSE(places[i].intersects(places[k])) << i << k;
    }
    QRectF line;
    ASSERT_NE(window_.scenario().find("line 1", &line), nullptr);
    EXPECT_GE(line.top(), said.bottom());
  }
};

TEST_F(AfterARunByHand, TheNameOfTheFileAndTheVerdictAreReadableAtEverySize) {
  end_with(
      "FAIL: 13 passed, 2 failed, 4 inconclusive - out/report.html - again: orrery run x.json");
  for (const QSize size : {QSize{1280, 800}, QSize{1600, 1000}, QSize{1000, 700}}) {
    for (const char* language : {"en", "ko"}) {
      for (const Shade shade : {Shade::Dark, Shade::Light}) {
        window_.resize(size);
        window_.set_language(language);
        window_.set_shade(shade);
        (void)window_.picture(1);
        check_words();
      }
    }
  }
  window_.set_language("en");
}

TEST_F(AfterARunByHand, TheVerdictIsSaidInWordsOfTheWindowAndByItsSign) {
  end_with(
      "FAIL: 13 passed, 2 failed, 0 inconclusive - out/report.html - again: orrery run x.json");
  (void)window_.picture(1);
  EXPECT_EQ(window_.scenario().find("phase text")->text,
            "Failed: 13 passed, 2 failed of what was expected.");
  EXPECT_EQ(window_.scenario().find("phase")->state, State::Failing);
  window_.set_language("ko");
  (void)window_.picture(1);
  EXPECT_FALSE(window_.scenario().find("phase text")->text.contains("expected"));
  window_.set_language("en");
}

TEST_F(AfterARunByHand, ThatNothingWasExpectedIsNotCounted) {
  end_with("PASS: 0 passed, 0 failed, 0 inconclusive - out/report.html");
  EXPECT_EQ(window_.scenario().find("phase text")->text, "It is over. Nothing was expected of it.");
}

TEST_F(Scenario, AnEngineThatIsNotThereIsSaid) {
  window_.engine().set_program(folder_.filePath("nothing"));
  ASSERT_TRUE(window_.open(write("x.json", "{}\n")));
  wait_until([&] { return window_.scenario().phase() == Phase::Wrong; });
  EXPECT_TRUE(window_.scenario().text().problems.empty());
  EXPECT_EQ(window_.scenario().said(),
            "The program that runs scenarios was not found: " + folder_.filePath("nothing"));
}

/// A program that finds zones wrong for live hosts, and whose hosts are not there.
class LiveScenario : public Scenario {
 protected:
  void SetUp() override {
    Scenario::SetUp();
    engine_does("echo 'the bed failed: not root' >&2\necho 'no writable cgroup' >&2\nexit 2\n");
  }
  void engine_does(const QString& run) {
    QFile::remove(folder_.filePath("engine"));
    write("engine",
          "#!/bin/sh\n"
          "if [ \"$1\" = check ]; then\n"
          "  case \"$*\" in *'--world containerd'*) ;; *) exit 0 ;; esac\n"
          "  grep -q zone \"$2\" || exit 0\n"
          "  echo \"$2: expected what live hosts can do; found zone-loss\" >&2\n"
          "  exit 2\n"
          "fi\n"
          "echo \"$@\" > '" +
              folder_.filePath("told") + "'\n" + run);
    QFile::setPermissions(folder_.filePath("engine"), QFile::ReadOwner | QFile::ExeOwner);
  }
  void choose_live_hosts() {
    ASSERT_TRUE(shows("scenario world live"));
    window_.scenario().on_action("scenario world live");
  }
};

TEST_F(LiveScenario, WhatLiveHostsCannotDoIsSaidAboveTheText) {
  ASSERT_TRUE(window_.open(write("x.json", "{\n  \"fault\": \"zone\"\n}\n")));
  await(Phase::Right);
  choose_live_hosts();
  await(Phase::Wrong);
  ASSERT_TRUE(shows("problem 0"));
  EXPECT_EQ(window_.scenario().text().problems[0].text,
            "expected what live hosts can do; found zone-loss");
  EXPECT_FALSE(shows("scenario run"));
  window_.scenario().on_action("scenario world sim");
  await(Phase::Right);
  EXPECT_TRUE(shows("scenario run")) << "simulated, nothing is wrong with it";
}

TEST_F(LiveScenario, WhatTheHostsLackIsSaidLineByLine) {
  ASSERT_TRUE(window_.open(write("x.json", kText)));
  await(Phase::Right);
  choose_live_hosts();
  await(Phase::Right);
  window_.scenario().on_action("scenario run");
  await(Phase::Wrong);
  EXPECT_TRUE(read("told").contains("--world containerd"));
  EXPECT_FALSE(read("told").contains("--control"));
  const std::vector<Problem>& problems = window_.scenario().text().problems;
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[0].text, "the bed failed: not root");
  EXPECT_EQ(problems[1].text, "no writable cgroup");
  EXPECT_TRUE(shows("problem 0"));
  EXPECT_EQ(window_.scenario().said(), "Live hosts could not run it:");
}

TEST_F(LiveScenario, IsSimulatedUnlessSomebodyChoosesOtherwise) {
  ASSERT_TRUE(window_.open(write("x.json", kText)));
  await(Phase::Right);
  window_.scenario().on_action("scenario hand");
  await(Phase::Wrong);
  EXPECT_FALSE(read("told").contains("--world"));
  window_.scenario().on_action("scenario check");
  await(Phase::Right);
  choose_live_hosts();
  await(Phase::Right);
  window_.scenario().on_action("scenario hand");
  await(Phase::Wrong);
  EXPECT_TRUE(read("told").contains("--world containerd --control"));
}

TEST_F(LiveScenario, WhoStopsItDoesNotWaitUntilTheHostsAreInOrder) {
  engine_does("trap 'sleep 1; exit 2' TERM\necho > '" + folder_.filePath("begun") +
              "'\nwhile :; do sleep 0.05; done\n");
  ASSERT_TRUE(window_.open(write("x.json", kText)));
  await(Phase::Right);
  choose_live_hosts();
  await(Phase::Right);
  window_.scenario().on_action("scenario run");
  wait_until([&] { return QFile::exists(folder_.filePath("begun")); });
  window_.scenario().on_action("scenario stop");
  EXPECT_TRUE(window_.engine().is_running()) << "it puts them in order";
  await(Phase::Over);
  EXPECT_FALSE(window_.engine().is_running());
  EXPECT_TRUE(window_.scenario().is_right()) << "it may be run again";
}

}  // namespace
}  // namespace orrery::gui
