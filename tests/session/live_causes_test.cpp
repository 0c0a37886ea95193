#include "runner/session/live_causes.h"

#include <gtest/gtest.h>

#include "models/controllers/endpoint_slices.h"
#include "runner/why/chains.h"

namespace orrery::session {
namespace {

using sim::RequestOutcome;

constexpr const char* kPod = "Pod/default/web-1";
const api::ObjectKey kWebPod{api::Kind::Pod, "default", "web-1"};

Instant ms(std::int64_t value) { return Instant::at(Duration::milliseconds(value)); }

class LiveCausesTest : public testing::Test {
 protected:
  void SetUp() override {
    api::Pod pod;
    pod.meta.namespace_name = "default";
    pod.meta.name = "web-1";
    pod.status.pod_ip = "10.91.1.2";
    causes_.on_changes(ms(10), {{nullptr, std::make_shared<const api::Object>(std::move(pod))}});
    seen_.append(ms(10), 0, "created", kPod);
    seen_.append(ms(20), 1, "ready", kPod);
  }
  ports::CauseId kill(Instant at) {
    const ports::CauseId fault = seen_.append(at, 0, "fault", "Deployment/default/web", "it: kill");
    struck_.hit(kWebPod, fault);
    return fault;
  }
  ports::CauseId ready(Instant at) {
    const ports::CauseId record = seen_.append(at, 0, "ready", kPod);
    struck_.well(kWebPod, record);
    return record;
  }
  void slice(const char* name, const char* service) {
    api::EndpointSlice made;
    made.meta.namespace_name = "default";
    made.meta.name = name;
    made.meta.labels[controllers::kServiceNameLabel] = service;
    causes_.on_changes(ms(10), {{nullptr, std::make_shared<const api::Object>(std::move(made))}});
  }
  void fail(RequestOutcome outcome, const char* endpoint, Instant at) {
    causes_.failed(0, outcome, endpoint, at);
  }
  /// The origin and what failed because of it, of the kind that came last.
  [[nodiscard]] std::vector<std::string> last_chain() const {
    std::vector<std::string> whats;
    const auto& log = causes_.log().records();
    for (ports::CauseId at = causes_.failures().back().record; at != 0; at = log[at - 1].cause) {
      whats.insert(whats.begin(), log[at - 1].what);
    }
    return whats;
  }

  using Chain = std::vector<std::string>;
  recording::EventLog seen_;
  StruckPods struck_;
  LiveCauses causes_{seen_, struck_, {"default/web"}};
};

TEST_F(LiveCausesTest, ARequestToAPodThatAFaultHasHitFailsBecauseOfIt) {
  kill(ms(100));
  fail(RequestOutcome::Refused, "10.91.1.2:8080", ms(130));
  EXPECT_EQ(last_chain(), (Chain{"fault", "failing"}));
  EXPECT_EQ(causes_.log().records().back().at, ms(130))
      << "when it failed, not when that was known";
  const auto chains = why::chains_of(causes_.log().records(), causes_.failures(), {});
  ASSERT_EQ(chains.size(), 1U);
  EXPECT_EQ(chains[0].steps.front().what, "fault");
}

TEST_F(LiveCausesTest, WhatFailsBeforeTheFaultOrOnceThePodIsBackIsNotBlamedOnIt) {
  fail(RequestOutcome::Timeout, "10.91.1.2:8080", ms(90));
  EXPECT_EQ(last_chain(), (Chain{"failing"}));
  const ports::CauseId fault = kill(ms(100));
  fail(RequestOutcome::Reset, "10.91.1.2:8080", ms(110));
  EXPECT_EQ(last_chain(), (Chain{"fault", "failing"}));
  seen_.append(ms(150), fault, "not-ready", kPod);
  ready(ms(400));
  fail(RequestOutcome::Refused, "10.91.1.2:8080", ms(500));
  EXPECT_EQ(last_chain(), (Chain{"failing"}));
}

TEST_F(LiveCausesTest, WhenAPodWasIllCountsAtTheTimeOfTheRequestNotWhenItIsKnown) {
  kill(ms(100));
  ready(ms(150));
  const ports::CauseId second = kill(ms(200));
  EXPECT_EQ(struck_.fault_of(kWebPod, seen_.records().size()), second);
  fail(RequestOutcome::Reset, "10.91.1.2:8080", ms(110));
  EXPECT_EQ(last_chain(), (Chain{"fault", "failing"}));
  fail(RequestOutcome::Refused, "10.91.1.2:8080", ms(160));
  EXPECT_EQ(last_chain(), (Chain{"failing"}));
}

TEST_F(LiveCausesTest, WhereThereIsNoEndpointWhatEmptiedThemIsTheCause) {
  fail(RequestOutcome::NoEndpoints, "", ms(15));
  EXPECT_EQ(last_chain(), (Chain{"no-endpoints", "failing"}));
  slice("web-abcde", "web");
  slice("web-b-abcde", "web-b");
  const ports::CauseId fault = kill(ms(100));
  const ports::CauseId gone = seen_.append(ms(101), fault, "deleted", kPod);
  seen_.append(ms(102), gone, "endpoints", "EndpointSlice/default/web-abcde", "1 -> 0 ready");
  seen_.append(ms(102), 0, "endpoints", "EndpointSlice/default/web-b-abcde", "1 -> 0 ready");
  fail(RequestOutcome::NoEndpoints, "", ms(140));
  EXPECT_EQ(last_chain(), (Chain{"fault", "deleted", "endpoints", "failing"}));
}

TEST_F(LiveCausesTest, ASliceIsOfTheServiceThatItsLabelNames) {
  slice("by-hand", "web");
  slice("web-abcde", "web-b");
  seen_.append(ms(101), 0, "not-ready", kPod);
  seen_.append(ms(102), 3, "endpoints", "EndpointSlice/default/by-hand", "1 -> 0 ready");
  seen_.append(ms(103), 0, "endpoints", "EndpointSlice/default/web-abcde", "1 -> 0 ready");
  fail(RequestOutcome::NoEndpoints, "", ms(140));
  EXPECT_EQ(last_chain(), (Chain{"not-ready", "endpoints", "failing"}));
}

TEST_F(LiveCausesTest, FailuresStandAmongWhatWasSeenInTheOrderOfTime) {
  const ports::CauseId fault = kill(ms(100));
  seen_.append(ms(200), fault, "not-ready", kPod);
  fail(RequestOutcome::Refused, "10.91.1.2:8080", ms(130));
  fail(RequestOutcome::Refused, "10.91.1.2:8080", ms(140));
  causes_.advance(Instant::never());
  Chain whats;
  for (const auto& record : causes_.log().records()) whats.push_back(record.what);
  EXPECT_EQ(whats, (Chain{"created", "ready", "fault", "failing", "not-ready"}));
  EXPECT_EQ(causes_.log().records().back().cause, 3U)
      << "causes have the numbers that they have now";
  ASSERT_EQ(causes_.failures().size(), 1U);
  EXPECT_EQ(causes_.failures()[0].count, 2U);
  EXPECT_EQ(causes_.failures()[0].first, ms(130));
}

}  // namespace
}  // namespace orrery::session
