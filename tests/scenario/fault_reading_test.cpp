#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "runner/scenario/fault.h"
#include "tests/scenario/scenario_text.h"

namespace orrery::scenario {
namespace {

using namespace orrery::literals;

/// The good scenario with this fault in place of its kill.
ScenarioReading with_fault(const std::string& fault, const std::string& cluster = R"("nodes": 2)") {
  std::string text = kGoodScenario;
  const std::string kill = R"("fault": "pod-kill", "target": "Deployment/web"})";
  text.replace(text.find(kill), kill.size(), fault + "}");
  const std::string nodes = R"("nodes": 2)";
  text.replace(text.find(nodes), nodes.size(), cluster);
  return read_scenario_text(text, "fault.json", "", {});
}

FaultAction fault_of(const ScenarioReading& reading) {
  if (!reading.scenario) {
    ADD_FAILURE() << text_of(reading.problems);
    return {};
  }
  return std::get<FaultAction>(reading.scenario->timeline[0].action);
}

TEST(ReadFault, TakesEveryFaultOfTheControlPlane) {
  struct Case {
    const char* text;
    FaultKind kind;
    const char* process;
  };
  const Case cases[] = {
      {R"("fault": "kubelet-kill", "target": "Node/node-1", "for": "30s")", FaultKind::KubeletKill,
       ""},
      {R"("fault": "node-partition", "target": "Node/node-1", "for": "30s")",
       FaultKind::NodePartition, ""},
      {R"("fault": "controller-manager-kill", "for": "30s")", FaultKind::ControllerManagerKill, ""},
      {R"("fault": "scheduler-kill")", FaultKind::SchedulerKill, ""},
      {R"("fault": "crash-after-writes", "target": "scheduler", "count": 3)",
       FaultKind::CrashAfterWrites, "scheduler"},
      {R"("fault": "api-slow", "delay": "1s", "for": "30s")", FaultKind::ApiSlow, ""},
      {R"("fault": "api-refusing", "target": "controller-manager", "for": "30s")",
       FaultKind::ApiRefusing, "controller-manager"},
      {R"("fault": "api-unavailable", "target": "Node/node-2", "for": "30s")",
       FaultKind::ApiUnavailable, "Node/node-2"},
      {R"("fault": "watch-stale", "target": "scheduler", "delay": "5s", "for": "30s")",
       FaultKind::WatchStale, "scheduler"},
      {R"("fault": "watch-miss", "target": "controller-manager", "for": "30s")",
       FaultKind::WatchMiss, "controller-manager"},
      {R"("fault": "watch-late", "target": "Node/node-1", "delay": "5s")", FaultKind::WatchLate,
       "Node/node-1"},
      {R"("fault": "registry-slow", "bandwidth": "1Mbps", "for": "30s")", FaultKind::RegistrySlow,
       ""},
      {R"("fault": "registry-down", "for": "30s")", FaultKind::RegistryDown, ""},
  };
  for (const Case& c : cases) {
    const FaultAction fault = fault_of(with_fault(c.text));
    EXPECT_EQ(fault.kind, c.kind) << c.text;
    EXPECT_EQ(fault.process, c.process) << c.text;
  }
}

TEST(ReadFault, TakesEveryFaultBetweenCallersAndTheCalled) {
  struct Case {
    const char* text;
    FaultKind kind;
    const char* from;
    const char* to;
  };
  const Case cases[] = {
      {R"("fault": "network-delay", "to": "Service/web", "delay": "1s", "jitter": "100ms")",
       FaultKind::NetworkDelay, "everybody", "Service/default/web"},
      {R"("fault": "network-loss", "to": "Deployment/web", "probability": "5%", "count": 1)",
       FaultKind::NetworkLoss, "everybody", "Deployment/default/web"},
      {R"("fault": "network-corrupt", "from": "clients", "probability": "5%")",
       FaultKind::NetworkCorrupt, "clients", "everybody"},
      {R"("fault": "network-partition", "from": "clients", "to": ["Node/node-1", "Node/node-2"])",
       FaultKind::NetworkPartition, "clients", "Node/node-1, Node/node-2"},
      {R"("fault": "reset", "to": "Service/web", "delay": "1s")", FaultKind::Reset, "everybody",
       "Service/default/web"},
      {R"("fault": "dns-error", "from": "clients")", FaultKind::DnsError, "clients", "everybody"},
      {R"("fault": "http-abort", "to": "Service/web", "status": 503)", FaultKind::HttpAbort,
       "everybody", "Service/default/web"},
      {R"("fault": "http-delay", "to": "Service/web", "delay": "1s", "probability": "10%")",
       FaultKind::HttpDelay, "everybody", "Service/default/web"},
      {R"("fault": "http-replace", "to": "Service/web", "status": 404)", FaultKind::HttpReplace,
       "everybody", "Service/default/web"},
      {R"("fault": "network-bandwidth", "to": "Service/web", "bandwidth": "1Mbps")",
       FaultKind::NetworkBandwidth, "everybody", "Service/default/web"},
      {R"("fault": "limit-data", "to": "Service/web", "limit": "1Ki", "probability": "5%")",
       FaultKind::LimitData, "everybody", "Service/default/web"},
      {R"("fault": "slow-close", "to": "Service/web", "delay": "1s", "probability": "10%")",
       FaultKind::SlowClose, "everybody", "Service/default/web"},
      {R"("fault": "bad-config", "from": "Deployment/web", "to": "Service/web", "count": 1, "how": "port")",
       FaultKind::BadConfig, "Deployment/default/web", "Service/default/web"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    const FaultAction fault = fault_of(with_fault(std::string(c.text) + R"(, "for": "5s")"));
    EXPECT_EQ(fault.kind, c.kind);
    ASSERT_TRUE(fault.edge);
    EXPECT_EQ(to_string(fault.edge->from), c.from);
    EXPECT_EQ(to_string(fault.edge->to), c.to);
  }
}

TEST(ReadFault, TakesWhatALinkHasLeftAndWhatCallersAreToldWrong) {
  const FaultAction narrow = fault_of(with_fault(
      R"("fault": "network-bandwidth", "to": "Service/web", "bandwidth": "8kbps", "buffer": "1Ki",
         "limit": "2Ki", "headers": 100, "direction": "both", "for": "1s")"));
  EXPECT_EQ(narrow.bytes_per_second, 1000);
  EXPECT_EQ(narrow.edge->burst_bytes, 1024);
  EXPECT_EQ(narrow.edge->limit_bytes, 2048);
  EXPECT_EQ(narrow.edge->header_bytes, 100);
  EXPECT_EQ(narrow.edge->direction, EdgeDirection::Both);
  EXPECT_EQ(fault_of(with_fault(R"("fault": "network-bandwidth", "to": "Service/web",
                                   "bandwidth": "8kbps", "for": "1s")"))
                .edge->header_bytes,
            700);

  const auto told = [](const std::string& how) {
    return fault_of(
        with_fault(R"("fault": "bad-config", "from": "clients", "for": "1s", "how": )" + how));
  };
  EXPECT_EQ(told(R"("port")").edge->wrong, WrongConfig::Port);
  EXPECT_EQ(told(R"("service")").edge->wrong, WrongConfig::Service);
  EXPECT_EQ(told(R"("timeout", "timeout": "5ms")").edge->wrong, WrongConfig::Timeout);
  EXPECT_EQ(told(R"("timeout", "timeout": "5ms")").edge->timeout, 5_ms);
}

TEST(ReadFault, ADiskThatIsFilledHasASize) {
  const std::string full = R"("fault": "disk-full", "target": "Node/node-1", "for": "30s")";
  const std::string sized = R"("nodes": [{"name": "node-1", "diskSize": "9Gi"}, "node-2"])";
  const FaultAction fault = fault_of(with_fault(full, sized));
  EXPECT_EQ(fault.kind, FaultKind::DiskFull);
  EXPECT_EQ(fault.target, (api::ObjectKey{api::Kind::Node, "", "node-1"}));
  const ScenarioReading without = with_fault(full);
  EXPECT_FALSE(without.scenario);
  EXPECT_NE(text_of(without.problems).find("a node with a \"diskSize\""), std::string::npos);
}

TEST(ReadFault, ARepeatedFaultIsSoManyEntries) {
  const ScenarioReading reading = with_fault(
      R"("fault": "network-partition", "to": "Service/web", "for": "1s", "every": "2s", "times": 3)");
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  const auto& timeline = reading.scenario->timeline;
  const auto second = std::find_if(timeline.begin(), timeline.end(),
                                   [](const auto& e) { return e.id.ends_with(".2"); });
  const auto third = std::find_if(timeline.begin(), timeline.end(),
                                  [](const auto& e) { return e.id.ends_with(".3"); });
  ASSERT_NE(second, timeline.end());
  ASSERT_NE(third, timeline.end());
  EXPECT_EQ(third->at - second->at, 2_s);
}

TEST(ReadFault, TakesZonesAndStoresFromTheCluster) {
  const std::string zones =
      R"("zones": {"a": {"nodes": 1}, "b": {"nodes": 1}}, "controlPlane": {"stores": 3, "replicas": 2, "electionTimeout": "2s"})";
  EXPECT_EQ(fault_of(with_fault(R"("fault": "zone-loss", "zone": "b")", zones)).zone, "b");
  const ScenarioReading reading =
      with_fault(R"("fault": "store-kill", "count": 2, "for": "30s")", zones);
  EXPECT_EQ(fault_of(reading).count, 2U);
  EXPECT_EQ(reading.scenario->cluster.control.replicas, 2U);
  EXPECT_EQ(reading.scenario->cluster.control.election_timeout, 2_s);
  EXPECT_EQ(
      fault_of(with_fault(R"("fault": "store-slow", "delay": "1s", "for": "30s")", zones)).count,
      3U)
      << "all of them, unless something else is said";
}

TEST(ReadFault, SaysWhatIsMissingOrDoesNotBelong) {
  struct Case {
    const char* text;
    const char* problem;
  };
  const Case cases[] = {
      {R"("fault": "api-slow", "for": "30s")", "\"delay\" with api-slow"},
      {R"("fault": "api-slow", "delay": "1s")", "how long api-slow lasts"},
      {R"("fault": "watch-miss", "for": "30s")", "a \"target\" for watch-miss"},
      {R"("fault": "watch-miss", "target": "Deployment/web", "for": "30s")",
       "\"controller-manager\", \"scheduler\" or \"Node/name\""},
      {R"("fault": "crash-after-writes", "target": "Node/node-1")",
       "\"controller-manager\" or \"scheduler\""},
      {R"("fault": "kubelet-kill")", "a \"target\" for kubelet-kill"},
      {R"("fault": "scheduler-kill", "target": "Node/node-1")", "no target for scheduler-kill"},
      {R"("fault": "scheduler-kill", "count": 2)", "no \"count\" with scheduler-kill"},
      {R"("fault": "watch-late", "target": "scheduler", "delay": "1s", "for": "5s")",
       "no \"for\" with watch-late"},
      {R"("fault": "zone-loss", "zone": "z")", "a zone of the cluster"},
      {R"("fault": "zone-loss")", "\"zone\" with zone-loss"},
      {R"("fault": "store-kill", "count": 2)", "at most 1, as many as the store has members"},
      {R"("fault": "registry-slow", "for": "5s")", "\"bandwidth\" with registry-slow"},
      {R"("fault": "pod-kill", "target": "Deployment/web", "delay": "1s")",
       "no \"delay\" with pod-kill"},
      {R"("fault": "network-delay", "delay": "1s")", "\"from\", \"to\" or both with network-delay"},
      {R"("fault": "network-delay", "to": "Service/web")", "\"delay\" with network-delay"},
      {R"("fault": "network-delay", "to": "Service/web", "delay": "1s", "jitter": "2s")",
       "at most the \"delay\""},
      {R"("fault": "network-loss", "to": "Service/web")", "\"probability\" with network-loss"},
      {R"("fault": "network-loss", "to": "Service/web", "probability": "0%")",
       "a percentage above 0%"},
      {R"("fault": "network-partition", "to": "web")", "\"Service/name\""},
      {R"("fault": "network-partition", "to": "Zone/q")", "a zone of the cluster"},
      {R"("fault": "network-partition", "to": [])", "at least one of whom it hits"},
      {R"("fault": "network-partition", "to": "Service/web", "probability": "5%")",
       "no \"probability\" with network-partition"},
      {R"("fault": "network-partition", "to": "Service/web", "direction": "up")",
       "\"to\", \"from\" or \"both\""},
      {R"("fault": "network-partition", "to": "Service/web", "count": 1)",
       "names workloads, whose pods are drawn from"},
      {R"("fault": "network-partition", "to": "Deployment/web", "count": 1, "share": "50%")",
       "either \"count\" or \"share\""},
      {R"("fault": "http-abort", "to": "Service/web", "status": 200)", "400"},
      {R"("fault": "http-replace", "to": "Service/web")", "\"status\" with http-replace"},
      {R"("fault": "reset", "to": "Service/web", "jitter": "1s")", "no \"jitter\" with reset"},
      {R"("fault": "network-bandwidth", "to": "Service/web")",
       "\"bandwidth\" with network-bandwidth"},
      {R"("fault": "network-bandwidth", "to": "Service/web", "bandwidth": "1Mbps", "probability": "5%")",
       "no \"probability\" with network-bandwidth"},
      {R"("fault": "network-bandwidth", "to": "Service/web", "bandwidth": "1Mbps", "limit": 0)",
       "a size above 0"},
      {R"("fault": "network-bandwidth", "to": "Service/web", "bandwidth": "1Mbps", "buffer": "x")",
       "a size up to 1Ti"},
      {R"("fault": "network-loss", "to": "Service/web", "probability": "5%", "headers": 100)",
       "no \"headers\" with network-loss"},
      {R"("fault": "reset", "to": "Service/web", "limit": 100)", "no \"limit\" with reset"},
      {R"("fault": "slow-close", "to": "Service/web")", "\"delay\" with slow-close"},
      {R"("fault": "limit-data", "to": "Service/web")", "\"limit\" with limit-data"},
      {R"("fault": "limit-data", "to": "Service/web", "limit": 9, "buffer": 9)",
       "no \"buffer\" with limit-data"},
      {R"("fault": "slow-close", "to": "Service/web", "delay": "1s", "direction": "both")",
       "no \"direction\" with slow-close"},
      {R"("fault": "bad-config", "from": "clients")", "\"how\" with bad-config"},
      {R"("fault": "bad-config", "from": "clients", "how": "hangs")",
       "\"port\", \"service\" or \"timeout\""},
      {R"("fault": "bad-config", "from": "clients", "how": "timeout")",
       "\"timeout\" with bad-config"},
      {R"("fault": "bad-config", "from": "clients", "how": "timeout", "timeout": "0s")",
       "a duration above 0"},
      {R"("fault": "bad-config", "from": "clients", "how": "port", "timeout": "1s")",
       "no \"timeout\" unless"},
      {R"("fault": "bad-config", "from": "clients", "how": "port", "probability": "5%")",
       "no \"probability\" with bad-config"},
      {R"("fault": "bad-config", "from": "clients", "to": "Deployment/web", "how": "port", "count": 1)",
       "it only where \"from\" names workloads"},
      {R"("fault": "disk-full", "for": "5s")", "a \"target\" for disk-full"},
      {R"("fault": "disk-full", "target": "Node/node-1")", "how long disk-full lasts"},
      {R"("fault": "disk-full", "target": "Node/node-1", "for": "5s", "count": 2)",
       "no \"count\" with disk-full"},
      {R"("fault": "disk-full", "target": "Deployment/web", "for": "5s")", "Node"},
      {R"("fault": "pod-kill", "target": "Deployment/web", "from": "clients")",
       "no \"from\" with pod-kill"},
      {R"("fault": "reset", "to": "Service/web", "every": "1s")",
       "\"every\" and \"times\" together"},
      {R"("fault": "reset", "to": "Service/web", "for": "2s", "every": "1s", "times": 2)",
       "no shorter than \"for\""},
      {R"("fault": "reset", "to": "Service/web", "every": "1s", "times": 1000)",
       "as many as begin within the run"},
      {R"("fault": "reset", "to": "Service/web", "for": "1ms", "every": "1ms", "times": 1000)",
       "at most 1000 entries, repetitions counted"},
      {R"("fault": "pod-kill", "target": "Deployment/web", "count": 1, "share": "50%")",
       "either \"count\" or \"share\""},
      {R"("fault": "node-loss", "target": "Node/node-1", "share": "50%")",
       "no \"share\" with node-loss"},
  };
  for (const Case& c : cases) {
    const ScenarioReading reading = with_fault(c.text);
    EXPECT_FALSE(reading.scenario) << c.text;
    EXPECT_NE(text_of(reading.problems).find(c.problem), std::string::npos)
        << c.text << "\n"
        << text_of(reading.problems);
  }
}

TEST(ReadFault, WantsAnOddNumberOfStores) {
  const ScenarioReading reading =
      with_fault(R"("fault": "scheduler-kill")", R"("nodes": 2, "controlPlane": {"stores": 2})");
  EXPECT_FALSE(reading.scenario);
  EXPECT_NE(text_of(reading.problems).find("an odd number"), std::string::npos);
}

}  // namespace
}  // namespace orrery::scenario
