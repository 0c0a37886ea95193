// What requests and limits mean to the kernel (sheet section 6).
#include "models/kubelet/qos.h"

#include <gtest/gtest.h>

#include "models/base/time_types.h"

namespace orrery::kubelet {
namespace {

constexpr std::int64_t kMi = 1 << 20;
constexpr std::int64_t kGi = 1 << 30;

using Amount = std::optional<std::int64_t>;

api::Container container(Amount cpu_request, Amount cpu_limit, Amount memory_request,
                         Amount memory_limit) {
  api::Container made;
  made.requests.cpu_milli = cpu_request;
  made.limits.cpu_milli = cpu_limit;
  made.requests.memory_bytes = memory_request;
  made.limits.memory_bytes = memory_limit;
  return made;
}

api::PodSpec spec_of(std::vector<api::Container> containers) {
  api::PodSpec spec;
  spec.containers = std::move(containers);
  return spec;
}

TEST(OomScore, IsFixedForGuaranteedBestEffortAndNodeCriticalPods) {
  const api::PodSpec guaranteed = spec_of({container(500, 500, kGi, kGi)});
  EXPECT_EQ(oom_score_adj(guaranteed, guaranteed.containers[0], 16 * kGi), -997);
  const api::PodSpec best_effort = spec_of({api::Container{}});
  EXPECT_EQ(oom_score_adj(best_effort, best_effort.containers[0], 16 * kGi), 1000);
  api::PodSpec critical = best_effort;
  critical.priority_class_name = "system-node-critical";
  EXPECT_EQ(oom_score_adj(critical, critical.containers[0], 16 * kGi), -997);
}

TEST(OomScore, OfBurstableFallsWithTheRequestBetween3And999) {
  const auto score = [](std::int64_t request) {
    const api::PodSpec spec = spec_of({container({}, {}, request, {})});
    return oom_score_adj(spec, spec.containers[0], 16 * kGi);
  };
  EXPECT_EQ(score(kGi), 938);
  EXPECT_EQ(score(4 * kGi), 750);
  EXPECT_EQ(score(1), 999) << "below the best-effort score";
  EXPECT_EQ(score(16 * kGi), 3);
}

TEST(OomScore, OfASidecarIsNoHigherThanThatOfTheMainContainerWithTheSmallestRequest) {
  api::PodSpec spec = spec_of({container({}, {}, 4 * kGi, {}), container({}, {}, 2 * kGi, {})});
  api::Container sidecar = container({}, {}, 64 * kMi, {});
  sidecar.sidecar = true;
  spec.init_containers = {sidecar};
  EXPECT_EQ(oom_score_adj(spec, sidecar, 16 * kGi), 875) << "1000 - 1000 * 2 / 16";
  sidecar.requests.memory_bytes = 8 * kGi;
  EXPECT_EQ(oom_score_adj(spec, sidecar, 16 * kGi), 500);
  sidecar.sidecar = false;
  sidecar.requests.memory_bytes = 64 * kMi;
  EXPECT_EQ(oom_score_adj(spec, sidecar, 16 * kGi), 997);
}

TEST(Cpu, RequestsBecomeSharesWithinTheKernelsRange) {
  EXPECT_EQ(cpu_shares(0), 2);
  EXPECT_EQ(cpu_shares(1), 2);
  EXPECT_EQ(cpu_shares(100), 102);
  EXPECT_EQ(cpu_shares(1000), 1024);
  EXPECT_EQ(cpu_shares(1'000'000), 262'144);
}

TEST(Cpu, SharesBecomeAWeightOfCgroupVersion2) {
  EXPECT_EQ(cpu_weight(2), 1);
  EXPECT_EQ(cpu_weight(1024), 39);
  EXPECT_EQ(cpu_weight(262'144), 10'000);
}

TEST(Cpu, LimitsBecomeAQuotaOf100msPeriodsOfAtLeastOneMillisecond) {
  EXPECT_EQ(cpu_quota(0), Duration{});
  EXPECT_EQ(cpu_quota(500), 50_ms);
  EXPECT_EQ(cpu_quota(1), 1_ms);
  EXPECT_EQ(cpu_quota(15), 1500_us);
  EXPECT_EQ(cpu_quota(2500), 250_ms);
}

}  // namespace
}  // namespace orrery::kubelet
