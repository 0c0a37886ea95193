#include "gui/model/event_list.h"

#include <gtest/gtest.h>

#include "tests/gui/recorded.h"

namespace orrery::gui {
namespace {

class Events : public testing::Test {
 protected:
  void SetUp() override {
    auto run = RecordedRun::open(test::recording_path().toStdString());
    ASSERT_TRUE(run);
    run_ = *std::move(run);
    while (run_->take_more().value_or(false)) {
    }
    list_.set_run(run_.get());
  }
  /// The numbers of the events that pass.
  [[nodiscard]] std::vector<std::uint64_t> passing(const std::string& text) {
    list_.set_filter(read_filter(text));
    std::vector<std::uint64_t> ids;
    for (std::size_t row = 0; row < list_.size(); ++row) ids.push_back(list_.event(row).id);
    return ids;
  }
  using Ids = std::vector<std::uint64_t>;

  std::unique_ptr<RecordedRun> run_;
  EventList list_;
};

TEST_F(Events, WithoutAFilterAllPassInOrder) { EXPECT_EQ(passing(""), (Ids{1, 2, 3, 4, 5, 6})); }

TEST_F(Events, AWordIsLookedForInKindObjectAndText) {
  EXPECT_EQ(passing("cart"), (Ids{3, 4})) << "cart as a caller and as what is called";
  EXPECT_EQ(passing("DARK"), (Ids{2, 6})) << "in small or capital letters";
  EXPECT_EQ(passing("endpoints"), (Ids{1}));
}

TEST_F(Events, AWordWithAFieldIsLookedForThereAlone) {
  EXPECT_EQ(passing("object:cart"), (Ids{4}));
  EXPECT_EQ(passing("text:cart"), (Ids{3}));
  EXPECT_EQ(passing("kind:fault"), (Ids{2, 6}));
}

TEST_F(Events, AllWordsMustPassAndNoneWithAHyphen) {
  EXPECT_EQ(passing("failing upstream"), (Ids{4, 5}));
  EXPECT_EQ(passing("failing -upstream"), (Ids{3}));
}

TEST_F(Events, TimesAreFromAndUpTo) {
  EXPECT_EQ(passing("after:1:00.02"), (Ids{4, 5, 6}));
  EXPECT_EQ(passing("after:1:00 before:1:30"), (Ids{2, 3, 4, 5}));
  EXPECT_EQ(read_filter("after:noon x").wrong, (std::vector<std::string>{"after:noon"}));
}

TEST_F(Events, AGroupIsWhatTheyAreAbout) {
  EventFilter filter;
  filter.group = EventGroup::Failures;
  list_.set_filter(filter);
  EXPECT_EQ(list_.size(), 3U);
  EXPECT_EQ(group_of("created", "Pod/shop/cart-1"), EventGroup::Pods);
  EXPECT_EQ(group_of("scaled", "ReplicaSet/shop/cart"), EventGroup::Changes);
  EXPECT_EQ(group_of("delete", "VirtualService/shop/back"), EventGroup::Changes);
}

TEST_F(Events, WhatHappenedIsCountedUpToTheInstant) {
  list_.set_filter(read_filter("failing"));
  const auto happened = [&](int ms) {
    return list_.happened(Instant::at(Duration::milliseconds(ms)));
  };
  EXPECT_EQ(happened(60'009), 0U);
  EXPECT_EQ(happened(60'010), 1U);
  EXPECT_EQ(happened(120'000), 3U);
}

}  // namespace
}  // namespace orrery::gui
