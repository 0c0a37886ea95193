#include "runner/external/child_program.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/external/programs.h"
#include "tests/support/temporary_folder.h"

namespace orrery::external {
namespace {

using namespace orrery::literals;

std::unique_ptr<ChildProgram> started(const scenario::Program& program) {
  auto child = ChildProgram::start(program);
  if (!child) ADD_FAILURE() << child.error().what;
  return child ? *std::move(child) : nullptr;
}

/// How the first question ends.
std::string failure_of(const scenario::Program& program) {
  const auto child = started(program);
  const auto answer = child->ask("?");
  return answer ? "answered " + *answer : answer.error().what;
}

TEST(ChildProgram, AnswersEachLineWithALine) {
  {
    const auto child = started(script("while read -r l; do echo \"got $l\"; done"));
    EXPECT_EQ(child->ask("one"), "got one");
    EXPECT_EQ(child->ask("two \\ \"$HOME\""), "got two \\ \"$HOME\"");
    EXPECT_TRUE(has_children());
  }
  EXPECT_FALSE(has_children()) << "it ends with its conversation, and leaves no zombie";
}

TEST(ChildProgram, GetsItsArgumentsAsTheyAreAndRunsInItsFolder) {
  const tests::TemporaryFolder folder;
  scenario::Program program = script("read l; echo \"$0\"; read l; pwd -P", {"$(id); * \"x\""});
  program.folder = folder.path();
  const auto child = started(program);
  EXPECT_EQ(child->ask("?"), "$(id); * \"x\"");
  EXPECT_EQ(child->ask("?"), std::filesystem::canonical(folder.path()).string());
}

TEST(ChildProgram, HasAnEnvironmentInWhichRunsDoNotDiffer) {
  setenv("TZ", "Asia/Tokyo", 1);
  setenv("ORRERY_TEST_WORD", "kept", 1);
  const auto child =
      started(script("read l; echo \"$TZ $LC_ALL $PYTHONHASHSEED $ORRERY_TEST_WORD\""));
  EXPECT_EQ(child->ask("?"), "UTC C.UTF-8 0 kept");
  unsetenv("TZ");
  unsetenv("ORRERY_TEST_WORD");
}

TEST(ChildProgram, KnowsNoneOfTheFilesThatThisProcessHasOpen) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const std::string number = std::to_string(ends[1]);
  const auto child = started(
      script("read l; if [ -e /proc/self/fd/$0 ]; then echo open; else echo closed; fi", {number}));
  EXPECT_EQ(child->ask("?"), "closed");
  close(ends[0]);
  close(ends[1]);
}

TEST(ChildProgram, ThatCannotBeRunSaysWhy) {
  scenario::Program program = script("");
  program.path = "./nothing";
  const auto child = ChildProgram::start(program);
  ASSERT_FALSE(child.has_value());
  EXPECT_NE(child.error().what.find("cannot be run: No such file"), std::string::npos)
      << child.error().what;
  EXPECT_FALSE(has_children());
}

TEST(ChildProgram, ThatEndsSaysHow) {
  EXPECT_EQ(failure_of(script("read l; exit 3")), "ended with exit status 3");
  EXPECT_EQ(failure_of(script("exit 0")), "ended with exit status 0");
  EXPECT_EQ(failure_of(script("kill -9 $$")), "was ended by signal 9");
  EXPECT_EQ(failure_of(script("exec >&-; sleep 100")), "closed its output and did not end");
  EXPECT_EQ(failure_of(script("printf half; exit 0")), "ended with exit status 0")
      << "half a line is no answer";
  EXPECT_FALSE(has_children());
}

TEST(ChildProgram, IsAskedNoMoreOnceItHasEnded) {
  const auto child = started(script("exit 1"));
  EXPECT_FALSE(child->ask("?").has_value());
  EXPECT_EQ(child->ask("?").error().what, "has ended before");
}

TEST(ChildProgram, ThatDoesNotAnswerInTimeIsEndedWithAllItStarted) {
  const auto child = started(script("sleep 1000 & read l; echo $!; sleep 1000", {}, 2_s));
  const auto other = child->ask("?");
  ASSERT_TRUE(other.has_value());
  EXPECT_EQ(child->ask("?").error().what, "has not answered within 2s");
  EXPECT_TRUE(is_gone(*other));
  EXPECT_FALSE(has_children());
}

TEST(ChildProgram, ThatGoesOnAfterItsInputIsEndedWithAllItStarted) {
  std::string other;
  {
    const auto child = started(script("sleep 1000 & read l; echo $!; sleep 1000"));
    other = *child->ask("?");
  }
  EXPECT_TRUE(is_gone(other));
  EXPECT_FALSE(has_children());
}

TEST(ChildProgram, ALineIsBounded) {
  EXPECT_EQ(failure_of(script("read l; head -c 3000000 /dev/zero; sleep 1000")),
            "answered with a line of more than 1048576 bytes");
  EXPECT_FALSE(has_children());
}

TEST(ChildProgram, QuestionsAndComplaintsMayBeLongerThanAPipeHolds) {
  const auto child = started(
      script("head -c 1000000 /dev/zero | tr '\\0' '\\n' >&2; echo last >&2; head -n 1 | wc -c"));
  EXPECT_EQ(child->ask(std::string(300'000, 'x')), "300001");
  EXPECT_TRUE(child->last_words().ends_with("last")) << child->last_words();
  EXPECT_LE(child->last_words().size(), 600U);
}

TEST(ChildProgram, WhatItSaidBeforeItEndedIsKept) {
  const auto child = started(script("echo 'the reason' >&2; exit 1"));
  EXPECT_FALSE(child->ask("?").has_value());
  EXPECT_EQ(child->last_words(), "the reason");
}

TEST(ChildProgram, AnAnswerBeforeTheQuestionIsNone) {
  const auto child = started(script("read l; printf 'one\\ntwo\\n'; read l; echo three"));
  EXPECT_EQ(child->ask("?"), "one");
  // Whether the second line has come already is up to chance; it is never the answer "three".
  const auto second = child->ask("?");
  EXPECT_NE(second.value_or("answered before it was asked"), "three");
}

}  // namespace
}  // namespace orrery::external
