/// @file
/// From the tallies of failures and the log to what people read.
#include "runner/why/chains.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "runner/why/policy_lines.h"
#include "runner/why/run_folder.h"

namespace orrery::why {
namespace {

using namespace orrery::literals;
using recording::LogRecord;
using runner::FailureKind;

const std::vector<LogRecord> kLog{
    {1, 0, Instant::at(12_s), "fault", "Pod/shop/cart-1", "slow: unwell"},
    {2, 0, Instant::at(12_s), "container-kill", "Pod/shop/ad-1", "kill"},
    {3, 1, Instant::at(13_s), "failing", "Service/shop/cart", "calls from front: timeout"},
    {4, 3, Instant::at(13_s), "failing", "Service/shop/front", "calls from users: upstream"},
    {5, 2, Instant::at(14_s), "failing", "Service/shop/front", "calls from users: reset"},
};

FailureKind kind(ports::CauseId record, const char* from, const char* to, Duration first,
                 Duration last, std::uint64_t count, bool feeds = false) {
  return {record, from, to, "timeout", Instant::at(first), Instant::at(last), count, feeds};
}

const std::vector<FailureKind> kFailures{kind(3, "front", "cart", 13_s, 20_s, 1000, true),
                                         kind(4, "", "front", 13_s, 20_s, 990),
                                         kind(5, "", "front", 14_s, 15_s, 10)};

TEST(Chains, OfUsersLeadFromEachOriginMostFailuresFirst) {
  const auto chains = chains_of(kLog, kFailures, {});
  ASSERT_EQ(chains.size(), 2U);
  EXPECT_EQ(chains[0].count, 990U);
  ASSERT_EQ(chains[0].steps.size(), 3U);
  EXPECT_EQ(chains[0].steps[0].id, 1U);
  EXPECT_EQ(chains[0].steps[2].id, 4U);
  EXPECT_TRUE(chains[0].feeds_itself) << "one of its links does";
  EXPECT_EQ(chains[1].steps.front().id, 2U);
  EXPECT_FALSE(chains[1].feeds_itself);
  EXPECT_EQ(in_one_line(chains[0], 1000, false),
            "99 % of 1,000 failed requests, 0:13 to 0:20: unwell of Pod/shop/cart-1 (slow) > "
            "shop/cart > shop/front, kept up by its own failures");
}

TEST(Chains, CanBeAskedForAServiceAndAnInstant) {
  Question cart;
  cart.what = "cart";
  ASSERT_EQ(chains_of(kLog, kFailures, cart).size(), 1U);
  EXPECT_EQ(chains_of(kLog, kFailures, cart)[0].count, 1000U);
  Question late;
  late.at = Instant::at(18_s);
  ASSERT_EQ(chains_of(kLog, kFailures, late).size(), 1U);
  EXPECT_EQ(chains_of(kLog, kFailures, late)[0].count, 990U);
  late.at = Instant::at(30_s);
  EXPECT_TRUE(chains_of(kLog, kFailures, late).empty());
  EXPECT_EQ(in_full({}, late), "No request of users failed at 0:30.\n");
}

TEST(Chains, InFullNameEveryStep) {
  EXPECT_EQ(in_full(chains_of(kLog, {kFailures[2]}, {}), {}),
            "10 requests of users failed.\n"
            "\n"
            "1. 100 % (10), 0:14 to 0:15: container-kill Pod/shop/ad-1 (kill)\n"
            "     0:12.000  container-kill  Pod/shop/ad-1       kill\n"
            "     0:14.000  failing         Service/shop/front  calls from users: reset\n");
}

/// The line of the only chain that leads to the last record.
std::string line_of(const std::vector<LogRecord>& log) {
  const auto chains = chains_of(log, {kind(log.size(), "", "front", 13_s, 14_s, 10)}, {});
  return chains.size() == 1 ? in_one_line(chains[0], 10, false) : "not one chain";
}

TEST(Chains, BeginAtTheLastOfSeveralChangesOfOneObject) {
  std::vector<LogRecord> log{
      {1, 0, Instant::at(2_s), "set", "Deployment/web", "rollout"},
      {2, 1, Instant::at(2_s), "spec-changed", "Deployment/web", "pod template or strategy"},
      {3, 2, Instant::at(6_s), "spec-changed", "Deployment/web", "replicas 2 -> 10"},
      {4, 3, Instant::at(12_s), "spec-changed", "Deployment/web", "replicas 10 -> 5"},
      {5, 4, Instant::at(13_s), "failing", "Service/shop/front", "calls from users: refused"}};
  EXPECT_EQ(line_of(log),
            "100 % of 10 failed requests, 0:13 to 0:14: a change of Deployment/web (replicas 10 -> "
            "5) > shop/front");
  log.erase(log.begin() + 2, log.begin() + 4);
  log[2].id = 3;
  log[2].cause = 2;
  EXPECT_EQ(line_of(log),
            "100 % of 10 failed requests, 0:13 to 0:14: set Deployment/web (rollout) > shop/front");
}

TEST(Chains, DoNotBeginAtTheMakingOfAPodToWhichSomethingHappened) {
  std::vector<LogRecord> log{
      {1, 0, Instant::at(0_s), "created", "ReplicaSet/web-1", "by Deployment/web"},
      {2, 1, Instant::at(0_s), "scheduled", "Pod/web-1-a", "to node-1"},
      {3, 2, Instant::at(12_s), "not-ready", "Pod/web-1-a", ""},
      {4, 3, Instant::at(13_s), "failing", "Service/shop/front", "calls from users: refused"}};
  EXPECT_EQ(line_of(log),
            "100 % of 10 failed requests, 0:13 to 0:14: Pod/web-1-a was not ready > shop/front");
  log.erase(log.begin() + 2);
  log[2].id = 3;
  log[2].cause = 2;
  EXPECT_EQ(line_of(log),
            "100 % of 10 failed requests, 0:13 to 0:14: ReplicaSet/web-1, which nothing had "
            "changed > shop/front");
  EXPECT_EQ(line_of({{1, 0, Instant::at(13_s), "failing", "Service/shop/front",
                      "calls from users: refused"}}),
            "100 % of 10 failed requests, 0:13 to 0:14: calls from users: refused, and nothing in "
            "the log that led to it > shop/front");
}

TEST(Chains, OfAServiceThatWasNeverThereSayWhatItsPodsWaitFor) {
  const std::vector<LogRecord> log{
      {1, 0, Instant::at(0_s), "waiting", "Pod/shop/a", "container c: ContainerCreating"},
      {2, 0, Instant::at(0_s), "unschedulable", "Pod/shop/b", "0/3 nodes are available"},
      {3, 0, Instant::at(0_s), "unschedulable", "Pod/shop/c", "0/3 nodes are available"},
      {4, 0, Instant::at(0_s), "waiting", "Pod/other/d", "container c: ErrImagePull"},
      {5, 0, Instant::at(1_s), "no-endpoints", "Service/shop/front", "it has had no ready pod"},
      {6, 5, Instant::at(1_s), "failing", "Service/shop/front", "calls from users"},
      {7, 3, Instant::at(2_s), "scheduled", "Pod/shop/c", "to node-1"},
      {8, 3, Instant::at(3_s), "waiting", "Pod/shop/c", "container c: ImagePullBackOff"},
      {9, 1, Instant::at(4_s), "started", "Pod/shop/a", "container c"}};
  const auto waiting = [&](Duration last) {
    return chains_of(log, {kind(6, "", "front", 1_s, last, 10)}, {}).at(0).waiting;
  };
  EXPECT_EQ(waiting(1_s), "Pod/shop/b: unschedulable, 0/3 nodes are available (and 1 more)");
  EXPECT_EQ(waiting(2_s), "Pod/shop/b: unschedulable, 0/3 nodes are available");
  EXPECT_EQ(waiting(3_s), "Pod/shop/b: unschedulable, 0/3 nodes are available (and 1 more)");
  EXPECT_EQ(waiting(4_s), "Pod/shop/a: has started, and was never ready (and 2 more)");
  EXPECT_NE(in_full(chains_of(log, {kind(6, "", "front", 1_s, 2_s, 10)}, {}), {})
                .find("   Not up in its namespace: Pod/shop/b: unschedulable"),
            std::string::npos);
}

struct Folder {
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const char* name, const std::string& text) const {
    std::ofstream{path / name} << text;
  }
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("orrery-why-test-" + std::to_string(::getpid()));
};

TEST(RunFolder, GivesBackTheFailuresAndTheLogOfOneSeed) {
  const Folder folder;
  folder.write("summary.json", R"({"seeds": [7, 8], "services": {"default/web": {}}, "failures": [
    {"seed": 7, "record": 2, "from": "", "to": "web", "outcome": "reset", "first": 1.5, "last": 2,
     "count": 3, "feedsItself": false},
    {"seed": 8, "record": 1, "from": "", "to": "web", "outcome": "reset", "first": 1, "last": 2,
     "count": 9, "feedsItself": true}], "policies": [
    {"seed": 7, "from": "default/front", "to": "shop/cart", "calls": 10, "tries": 14, "retries": 0,
     "hedges": 4, "fallbacks": 1, "openings": 0, "ejections": 0,
     "turnedAway": {"bulkhead": 2, "pool": 1}},
    {"seed": 7, "from": "", "to": "default/front", "calls": 10, "tries": 10, "retries": 0,
     "hedges": 0, "fallbacks": 0, "openings": 0, "ejections": 0},
    {"seed": 8, "from": "default/front", "to": "shop/cart", "calls": 9, "tries": 9, "retries": 0,
     "hedges": 0, "fallbacks": 0, "openings": 0, "ejections": 0}]})");
  folder.write("events.jsonl", R"({"seed":7,"t":1.25,"id":1,"what":"kill","subject":"Pod/p"}
{"seed":8,"t":1,"id":1,"what":"failing","subject":"Service/web"}
{"seed":7,"t":1.5,"id":2,"cause":1,"what":"failing","subject":"Service/web","detail":"d"}
)");
  const auto first = read_run_folder(folder.path, std::nullopt);
  ASSERT_TRUE(first.has_value()) << first.error().what;
  EXPECT_EQ(first->seed, 7U);
  EXPECT_EQ(first->services, std::vector<std::string>{"default/web"});
  ASSERT_EQ(first->log.size(), 2U);
  EXPECT_EQ(first->log[1].cause, 1U);
  EXPECT_EQ(first->log[0].at, Instant::at(1250_ms));
  ASSERT_EQ(first->failures.size(), 1U);
  EXPECT_EQ(first->failures[0].count, 3U);
  EXPECT_EQ(
      policy_lines(first->policies),
      std::vector<std::string>{"front -> shop/cart: 10 calls, 14 tries, 4 hedges, 1 fallbacks, "
                               "2 turned away by bulkheads, 1 by connection pools"})
      << "those that did anything";
  EXPECT_TRUE(policy_lines(read_run_folder(folder.path, 8)->policies).empty());
  ASSERT_TRUE(read_run_folder(folder.path, 8).has_value());
  EXPECT_TRUE(read_run_folder(folder.path, 8)->failures[0].feeds_itself);
}

TEST(RunFolder, SaysWhatIsMissingOrDamagedAndWhere) {
  const Folder folder;
  const auto what = [&] { return read_run_folder(folder.path, std::nullopt).error().what; };
  const std::string at = folder.path.string();
  EXPECT_EQ(what(), "cannot read " + at + "/summary.json");
  folder.write("summary.json", "{");
  EXPECT_TRUE(what().starts_with(at + "/summary.json: ")) << what();
  folder.write("summary.json", R"({"seeds": [], "services": {}, "failures": []})");
  EXPECT_EQ(what(), at + "/summary.json: no seeds");
  folder.write("summary.json", R"({"seeds": [1], "services": {}, "failures": []})");
  EXPECT_EQ(what(), "cannot read " + at + "/events.jsonl");
  EXPECT_EQ(read_run_folder(folder.path, 3).error().what, at + "/summary.json: seed 3 was not run");
  for (const char* line :
       {"{", R"({"seed":1})", R"({"seed":1,"t":1,"id":2,"what":"a","subject":"b"})",
        R"({"seed":1,"t":1,"id":1,"cause":1,"what":"a","subject":"b"})", "3"}) {
    folder.write("events.jsonl", std::string{line} + "\n");
    EXPECT_TRUE(what().starts_with(at + "/events.jsonl:1: ")) << line << ": " << what();
  }
}

}  // namespace
}  // namespace orrery::why
