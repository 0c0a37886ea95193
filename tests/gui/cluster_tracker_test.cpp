#include "gui/model/cluster_tracker.h"

#include <gtest/gtest.h>

#include "tests/gui/recorded.h"

namespace orrery::gui {
namespace {

/// Frames made by hand, over the texts of the recording.
class Tracker : public testing::Test {
 protected:
  void SetUp() override {
    auto run = RecordedRun::open(test::recording_path().toStdString());
    ASSERT_TRUE(run);
    run_ = *std::move(run);
    moment_.services.resize(run_->scene().services.size());
    tracker_.emplace(*run_, moment_);
    frame_ = run_->frame(Instant::at(Duration::seconds(10))).value();
  }
  bool show() { return tracker_->show(frame_, Instant::at(Duration::seconds(10))); }
  /// What a tracker that has seen nothing before makes of the frame.
  [[nodiscard]] Moment afresh() const {
    Moment moment;
    moment.services.resize(run_->scene().services.size());
    ClusterTracker tracker{*run_, moment};
    (void)tracker.show(frame_, Instant::at(Duration::seconds(10)));
    return moment;
  }
  void expect_as_afresh() const {
    const Moment wanted = afresh();
    EXPECT_EQ(moment_.pod_count, wanted.pod_count);
    EXPECT_EQ(moment_.pods_starting, wanted.pods_starting);
    EXPECT_EQ(moment_.pods_lost, wanted.pods_lost);
    for (std::size_t s = 0; s < wanted.services.size(); ++s) {
      EXPECT_EQ(moment_.services[s].pods, wanted.services[s].pods) << s;
      EXPECT_EQ(moment_.services[s].ready, wanted.services[s].ready) << s;
    }
    ASSERT_EQ(moment_.zones.size(), wanted.zones.size());
    for (std::size_t z = 0; z < wanted.zones.size(); ++z) {
      EXPECT_EQ(moment_.zones[z].state, wanted.zones[z].state);
      for (std::size_t n = 0; n < wanted.zones[z].nodes.size(); ++n) {
        const NodeNow& now = moment_.zones[z].nodes[n];
        const NodeNow& then = wanted.zones[z].nodes[n];
        EXPECT_EQ(now.worst, then.worst);
        EXPECT_DOUBLE_EQ(now.affected, then.affected);
        ASSERT_EQ(now.pods.size(), then.pods.size());
        for (std::size_t p = 0; p < then.pods.size(); ++p) {
          EXPECT_EQ(now.pods[p].name, then.pods[p].name);
          EXPECT_EQ(now.pods[p].state, then.pods[p].state);
        }
      }
    }
  }

  std::unique_ptr<RecordedRun> run_;
  Moment moment_;
  std::optional<ClusterTracker> tracker_;
  recording::Frame frame_;
};

TEST_F(Tracker, TheSameFrameChangesNothing) {
  EXPECT_TRUE(show());
  EXPECT_FALSE(show());
  expect_as_afresh();
}

TEST_F(Tracker, APodThatIsNotReadyIsCountedOnItsNodeAndService) {
  show();
  frame_.pods[1].state.ready = false;
  EXPECT_TRUE(show());
  EXPECT_EQ(moment_.pods_starting, 1U);
  expect_as_afresh();
  frame_.pods[1].state.ready = true;
  EXPECT_TRUE(show());
  expect_as_afresh();
}

TEST_F(Tracker, PodsComeGoAndMove) {
  show();
  recording::Named<recording::PodState> gone = frame_.pods[0];
  frame_.pods.erase(frame_.pods.begin());
  show();
  EXPECT_EQ(moment_.pod_count, 3U);
  expect_as_afresh();
  frame_.pods.insert(frame_.pods.begin(), gone);
  show();
  EXPECT_EQ(moment_.pod_count, 4U);
  expect_as_afresh();
  frame_.pods[0].state.node = frame_.nodes[1].name;
  show();
  expect_as_afresh();
  frame_.pods[0].state.phase = recording::PodPhaseCode::Succeeded;
  show();
  EXPECT_EQ(moment_.pod_count, 3U);
  expect_as_afresh();
}

TEST_F(Tracker, ALostNodeTakesItsPodsWithItAndGivesThemBack) {
  show();
  frame_.nodes[1].state.ready = false;
  show();
  EXPECT_EQ(moment_.pods_lost, 1U);
  expect_as_afresh();
  frame_.nodes[1].state.ready = true;
  show();
  EXPECT_EQ(moment_.pods_lost, 0U);
  expect_as_afresh();
}

TEST_F(Tracker, NodesThatComeAndGoTakeTheirPodsAlong) {
  show();
  const auto node = frame_.nodes[1];
  frame_.nodes.pop_back();
  show();
  expect_as_afresh();
  frame_.nodes.push_back(node);
  show();
  expect_as_afresh();
}

}  // namespace
}  // namespace orrery::gui
