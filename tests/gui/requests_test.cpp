#include "gui/model/requests.h"

#include <gtest/gtest.h>

#include "tests/gui/recorded.h"

namespace orrery::gui {
namespace {

using recording::Span;
using recording::Trace;

class RequestsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto run = RecordedRun::open(test::recording_path().toStdString());
    ASSERT_TRUE(run);
    run_ = *std::move(run);
    while (run_->take_more().value_or(false)) {
    }
    ASSERT_TRUE(requests_.load(*run_, at(69.5)));
  }
  [[nodiscard]] static Instant at(double seconds) {
    return Instant::at(Duration::milliseconds(static_cast<std::int64_t>(seconds * 1000)));
  }
  [[nodiscard]] const Trace& request(std::uint64_t key) const { return *requests_.find(key); }

  std::unique_ptr<RecordedRun> run_;
  Requests requests_;
};

TEST_F(RequestsTest, AreThoseOfTheFiveSecondsOfTheInstant) {
  EXPECT_EQ(requests_.all().size(), 2U);
  ASSERT_TRUE(requests_.load(*run_, at(70)));
  EXPECT_TRUE(requests_.all().empty());
}

TEST_F(RequestsTest, AreListedByServiceFailureAndLength) {
  const auto list = [&](std::optional<std::uint32_t> service, RequestOrder order) {
    return requests_.list(*run_, service, order);
  };
  EXPECT_EQ(list(std::nullopt, RequestOrder::ByTime).size(), 2U);
  EXPECT_EQ(list(2U, RequestOrder::ByTime).size(), 2U);
  EXPECT_TRUE(list(3U, RequestOrder::ByTime).empty()) << "none calls mail";
  ASSERT_EQ(list(std::nullopt, RequestOrder::Failed).size(), 1U);
  EXPECT_EQ(list(std::nullopt, RequestOrder::Failed)[0]->key, 11U);
  EXPECT_EQ(list(std::nullopt, RequestOrder::Slowest)[0]->key, 12U);
}

TEST_F(RequestsTest, OneThatHasFailedIsWorthALookBeforeTheSlowest) {
  const auto all = requests_.list(*run_, std::nullopt, RequestOrder::ByTime);
  EXPECT_EQ(worth_a_look(all, at(69.8))->key, 11U);
  EXPECT_EQ(worth_a_look({&request(12)}, at(69.8))->key, 12U);
  EXPECT_EQ(worth_a_look({}, at(69.8)), nullptr);
}

TEST_F(RequestsTest, AWaterfallHasEachCallBelowItsCaller) {
  const auto rows = waterfall_of(request(11), {});
  ASSERT_EQ(rows.size(), 5U) << "users, front, cart, db twice";
  EXPECT_EQ(rows[0].span, Span::kJourney);
  EXPECT_EQ(rows[2].depth, 2U);
  EXPECT_EQ(rows[4].depth, 3U);
  EXPECT_EQ(rows[4].start, Duration::milliseconds(120));
}

TEST_F(RequestsTest, TheCauseIsACallThatFailedWithNoFailedCallOfItsOwn) {
  const auto rows = waterfall_of(request(11), {});
  EXPECT_EQ(rows[2].failed, 1U);
  EXPECT_FALSE(rows[2].is_cause) << "cart failed because db did";
  EXPECT_TRUE(rows[3].is_cause);
}

TEST_F(RequestsTest, ManySiblingsAlikeShareARowUntilItIsOpened) {
  const auto closed = waterfall_of(request(12), {});
  ASSERT_EQ(closed.size(), 4U);
  EXPECT_EQ(closed[3].count, 6U);
  EXPECT_EQ(closed[3].failed, 5U);
  EXPECT_EQ(closed[3].end, Duration::milliseconds(610));
  const auto opened = waterfall_of(request(12), {closed[3].span});
  ASSERT_EQ(opened.size(), 10U);
  EXPECT_TRUE(opened[3].is_open);
  EXPECT_EQ(opened[9].failed, 0U);
}

TEST_F(RequestsTest, ACallThatFailedIsOfTheFailureThatWasRecorded) {
  const FailingRecord* record = record_of(*run_, request(11), 2);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(record->id, 3U);
  EXPECT_EQ(record->origin, 2U);
}

}  // namespace
}  // namespace orrery::gui
