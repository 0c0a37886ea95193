#include <gtest/gtest.h>

#include <QApplication>
#include <QFile>
#include <QTemporaryDir>
#include <functional>

#include "gui/app/window.h"
#include "tests/gui/recorded.h"
#include "tests/gui/waiting.h"

namespace orrery::gui {
namespace {

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

/// A program in place of the engine: it finds a scenario with the word "bad" wrong, and runs one by
/// handing out the recording of these tests.
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
  using Phase = ScenarioView::Phase;

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

TEST_F(Scenario, AnEngineThatIsNotThereIsSaid) {
  window_.engine().set_program(folder_.filePath("nothing"));
  ASSERT_TRUE(window_.open(write("x.json", "{}\n")));
  wait_until([&] { return window_.scenario().phase() == Phase::Wrong; });
  EXPECT_TRUE(window_.scenario().text().problems.empty());
}

}  // namespace
}  // namespace orrery::gui
