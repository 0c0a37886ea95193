#include "runner/replay/replay.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/recording/memory_world.h"
#include "tests/support/temporary_folder.h"

namespace orrery::replay {
namespace {

using recording::MemoryWorld;
using recording::RecordFile;
using recording::RecordHeader;

constexpr ports::OwnerId kOwner{5};

using orrery::tests::TemporaryFolder;

/// Uses every port, and lets what it is told decide what it does next.
class Walker : public ports::Component {
 public:
  Walker(const recording::PortSet& ports, int quirk_at)
      : ports_{ports},
        timer_{ports.executor, kOwner, 1},
        spare_{ports.executor, kOwner, 2},
        quirk_at_{quirk_at} {}

  void start() {
    began_ = ports_.executor.now();
    timer_.arm(began_ + 1_s);
  }
  void on_event(const ports::Event& event) override {
    ++step_;
    switch (event.kind) {
      case ports::EventKind::Timer: {
        api::ConfigMap map;
        map.meta.name = "round-" + std::to_string(step_);
        map.meta.namespace_name = "default";
        if (step_ == quirk_at_) map.data["quirk"] = "1";
        ports::ApiCall call;
        call.verb = ports::Verb::Create;
        call.key = {api::Kind::ConfigMap, "default", map.meta.name};
        call.object = std::make_shared<const api::Object>(std::move(map));
        spare_.arm(ports_.executor.now() + 5_s);
        ports_.api.call(kOwner, 10, std::move(call));
        break;
      }
      case ports::EventKind::ApiReply: {
        ports::RuntimeCall call;
        call.verb = ports::RuntimeVerb::PullImage;
        call.image = api::meta_of(*std::get<ports::ApiObject>(*event.body).object).uid;
        ports_.runtime.call(kOwner, 11, std::move(call));
        break;
      }
      case ports::EventKind::RuntimeReply: {
        const api::ProbeAction action = api::TcpSocketAction{};
        const std::string address = std::get<ports::RuntimeResult>(*event.body).id;
        ports_.prober.probe(kOwner, 12, {&action, address, 80, {}, 1_s});
        break;
      }
      default:
        spare_.disarm();
        ports_.data_plane.publish(kOwner, {"default/web", "", event.value, ++version_, {}});
        if (version_ < 4) timer_.arm(ports_.executor.now() + 1_s);
        break;
    }
  }

 private:
  recording::PortSet ports_;
  ports::Timer timer_;
  ports::Timer spare_;
  int quirk_at_;
  int step_ = 0;
  std::uint64_t version_ = 0;
  Instant began_;
};

/// `quirk_at`: the step at which this build of the component does something else; 0: never.
AddComponents walker(int quirk_at = 0) {
  return [quirk_at](recording::RecordedProcess& process, const RecordHeader&) -> Result<void> {
    auto component = std::make_unique<Walker>(process.ports(), quirk_at);
    Walker& w = *component;
    process.add(kOwner, std::move(component), [&w] { w.start(); });
    return {};
  };
}

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file{path};
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

void write_lines(const std::string& path, const std::vector<std::string>& lines) {
  std::ofstream file{path, std::ios::trunc};
  for (const std::string& line : lines) file << line << '\n';
}

/// Records a run of the walker; `ends`: by itself.
void record_walk(const std::string& path, bool ends = true) {
  RecordHeader header;
  header.seed = 3;
  header.built_at = Instant::at(7_s);
  auto file = RecordFile::create(path, header);
  ASSERT_TRUE(file) << file.error().what;
  MemoryWorld world{**file, header};
  ASSERT_TRUE(walker()(world.process(), header));
  world.start();
  world.run(Instant::at(60_s));
  if (ends) (*file)->end();
}

TEST(Replay, AnUntouchedRecordMakesTheSameCalls) {
  const TemporaryFolder folder;
  record_walk(folder.file("r"));
  const auto result = replay_record(folder.file("r"), walker());
  ASSERT_TRUE(result) << result.error().what;
  EXPECT_FALSE(result->divergence) << to_string(*result);
  EXPECT_TRUE(result->ended);
  EXPECT_FALSE(result->torn_tail);
  EXPECT_EQ(result->inputs, 1U + 4 * 5);  // A start; per round four events and a request.
  EXPECT_GT(result->calls_compared, 4U * 6);
}

TEST(Replay, EveryDroppedLineIsNoticed) {
  const TemporaryFolder folder;
  record_walk(folder.file("r"));
  const auto lines = lines_of(folder.file("r"));
  for (std::size_t dropped = 0; dropped < lines.size(); ++dropped) {
    auto rest = lines;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(dropped));
    write_lines(folder.file("d"), rest);
    const auto result = replay_record(folder.file("d"), walker());
    if (dropped == 0) {
      EXPECT_FALSE(result) << "without a header";
    } else if (dropped + 1 == lines.size()) {
      // Without its last line a record looks like that of a process that was killed; that is said.
      ASSERT_TRUE(result);
      EXPECT_FALSE(result->ended);
    } else {
      ASSERT_TRUE(result);
      ASSERT_TRUE(result->divergence) << "line " << dropped + 1;
      EXPECT_EQ(result->divergence->line, dropped + 1);
      EXPECT_FALSE(result->ended);
    }
  }
}

TEST(Replay, EverySwapOfNeighboursIsNoticed) {
  const TemporaryFolder folder;
  record_walk(folder.file("r"));
  const auto lines = lines_of(folder.file("r"));
  for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
    auto swapped = lines;
    std::swap(swapped[i], swapped[i + 1]);
    write_lines(folder.file("s"), swapped);
    const auto result = replay_record(folder.file("s"), walker());
    ASSERT_TRUE(result);
    ASSERT_TRUE(result->divergence) << "line " << i + 1;
    EXPECT_EQ(result->divergence->line, i + 1);
  }
}

TEST(Replay, EveryChangedByteIsNoticed) {
  const TemporaryFolder folder;
  record_walk(folder.file("r"));
  const auto lines = lines_of(folder.file("r"));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    auto changed = lines;
    char& byte = changed[i][changed[i].size() / 2];
    byte = byte == '7' ? '8' : '7';
    write_lines(folder.file("c"), changed);
    const auto result = replay_record(folder.file("c"), walker());
    ASSERT_TRUE(result);
    ASSERT_TRUE(result->divergence) << "line " << i + 1;
    EXPECT_EQ(result->divergence->line, i + 1);
  }
}

/// A record whose lines were numbered and chained anew by somebody: only the components tell.
void rewrite(const std::string& path, const recording::Record& record,
             const std::vector<std::string>& bodies) {
  std::filesystem::remove(path);
  auto file = RecordFile::create(path, record.header);
  ASSERT_TRUE(file);
  for (const std::string& body : bodies) (*file)->out(body);
  (*file)->end();
}

TEST(Replay, ADroppedOrMovedCallIsNoticedEvenWhereTheChainWasForged) {
  const TemporaryFolder folder;
  record_walk(folder.file("r"));
  const auto record = recording::read_record(folder.file("r"));
  ASSERT_TRUE(record);
  int checked = 0;
  for (std::size_t i = 0; i < record->bodies.size(); ++i) {
    auto without = record->bodies;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    rewrite(folder.file("f"), *record, without);
    const auto dropped = replay_record(folder.file("f"), walker());
    ASSERT_TRUE(dropped);
    EXPECT_TRUE(dropped->divergence) << "without " << record->bodies[i];
    if (i + 1 == record->bodies.size()) continue;
    auto swapped = record->bodies;
    std::swap(swapped[i], swapped[i + 1]);
    rewrite(folder.file("f"), *record, swapped);
    const auto moved = replay_record(folder.file("f"), walker());
    ASSERT_TRUE(moved);
    EXPECT_TRUE(moved->divergence) << "moved " << record->bodies[i];
    ++checked;
  }
  EXPECT_GT(checked, 40);
}

TEST(Replay, AComponentThatActsOtherwiseIsCaughtAtItsFirstCall) {
  const TemporaryFolder folder;
  record_walk(folder.file("r"));
  const auto result = replay_record(folder.file("r"), walker(/*quirk_at=*/5));
  ASSERT_TRUE(result);
  ASSERT_TRUE(result->divergence);
  EXPECT_NE(result->divergence->found.find("quirk"), std::string::npos) << to_string(*result);
  EXPECT_EQ(result->divergence->expected.find("quirk"), std::string::npos);
}

TEST(Replay, ATornTailIsToleratedAndSaid) {
  const TemporaryFolder folder;
  record_walk(folder.file("r"));
  std::ifstream file{folder.file("r")};
  std::ostringstream content;
  content << file.rdbuf();
  const std::string text = content.str();
  const std::size_t header_end = text.find('\n') + 1;
  for (std::size_t size = header_end; size < text.size(); size += 37) {
    std::ofstream{folder.file("t"), std::ios::trunc} << text.substr(0, size);
    const auto result = replay_record(folder.file("t"), walker());
    ASSERT_TRUE(result);
    EXPECT_FALSE(result->divergence) << to_string(*result);
    EXPECT_FALSE(result->ended);
    EXPECT_EQ(result->torn_tail, text[size - 1] != '\n');
  }
}

TEST(Replay, ARecordOfAKilledProcessIsComparedAsFarAsItGoes) {
  const TemporaryFolder folder;
  record_walk(folder.file("r"), /*ends=*/false);
  const auto result = replay_record(folder.file("r"), walker());
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->divergence) << to_string(*result);
  EXPECT_FALSE(result->ended);
}

TEST(Replay, ControllersAndSchedulerMakeTheSameCallsAgain) {
  const TemporaryFolder folder;
  RecordHeader header;
  header.seed = 11;
  header.built_at = Instant::at(1_s);
  std::size_t pods = 0;
  {
    auto file = RecordFile::create(folder.file("r"), header);
    ASSERT_TRUE(file);
    MemoryWorld world{**file, header};
    ASSERT_TRUE(recording::add_components(world.process(), header));
    world.start();
    world.run(Instant::at(2_s));
    const auto create = [&](api::Object object) {
      ports::ApiCall call;
      call.verb = ports::Verb::Create;
      call.key = api::key_of(object);
      call.object = std::make_shared<const api::Object>(std::move(object));
      world.request(std::move(call));
    };
    api::Node node;
    node.meta.name = "h1";
    node.status.allocatable = {8000, std::int64_t{16} << 30, 110};
    node.status.capacity = node.status.allocatable;
    api::set_condition(node.status.conditions, "Ready", api::ConditionStatus::True, "", "",
                       Instant::at(2_s));
    create(node);
    api::Deployment web;
    web.meta.name = "web";
    web.meta.namespace_name = "default";
    web.spec.replicas = 3;
    web.spec.selector.match_labels["app"] = "web";
    web.spec.pod_template.labels["app"] = "web";
    web.spec.pod_template.spec.containers.emplace_back().name = "c";
    create(web);
    world.run(Instant::at(30_s));
    pods = world.server().objects_of(api::Kind::Pod).size();
    (*file)->end();
  }
  EXPECT_EQ(pods, 3U);
  const auto result = replay_record(folder.file("r"));
  ASSERT_TRUE(result) << result.error().what;
  EXPECT_FALSE(result->divergence) << to_string(*result);
  EXPECT_TRUE(result->ended);
  EXPECT_GT(result->calls_compared, 30U);
}

TEST(Replay, KubeletAndNodeProxyMakeTheSameCallsAgain) {
  const TemporaryFolder folder;
  RecordHeader header;
  header.role = recording::ProcessRole::NodeAgent;
  header.seed = 12;
  header.built_at = Instant::at(90_s);  // An agent that starts late in a run.
  header.node_name = "h1";
  header.node_address = "10.90.0.1";
  header.node_resources = {4000, std::int64_t{8} << 30, 110, {}};
  header.node_labels["zone"] = "a";
  header.node_taints.push_back({"dedicated", "batch", "NoSchedule", std::nullopt});
  header.reports_metrics = true;
  {
    auto file = RecordFile::create(folder.file("r"), header);
    ASSERT_TRUE(file);
    MemoryWorld world{**file, header};
    ASSERT_TRUE(recording::add_components(world.process(), header));
    world.start();
    world.run(Instant::at(95_s));
    api::Pod pod;
    pod.meta.name = "p";
    pod.meta.namespace_name = "default";
    pod.spec.node_name = "h1";
    pod.spec.containers.emplace_back().name = "c";
    pod.spec.containers.back().image = "localhost/app:1";
    pod.spec.containers.back().liveness = api::Probe{};
    ports::ApiCall call;
    call.verb = ports::Verb::Create;
    call.key = api::key_of(pod);
    call.object = std::make_shared<const api::Object>(std::move(pod));
    world.request(std::move(call));
    world.run(Instant::at(200_s));
    const auto node = world.server().find({api::Kind::Node, "", "h1"});
    ASSERT_NE(node, nullptr);
    EXPECT_EQ(api::meta_of(*node).labels.at("zone"), "a");
    (*file)->end();
  }
  const auto record = recording::read_record(folder.file("r"));
  ASSERT_TRUE(record);
  const auto count = [&](const std::string& start) {
    return std::count_if(record->bodies.begin(), record->bodies.end(),
                         [&](const std::string& b) { return b.starts_with(start); });
  };
  EXPECT_GT(count(R"({"out":"runtime")"), 3);
  EXPECT_GT(count(R"({"out":"probe")"), 3);
  // Eviction asks once, as the node's use is not known; then metrics ask every 15 s.
  EXPECT_GT(std::count_if(record->bodies.begin(), record->bodies.end(),
                          [](const std::string& b) {
                            return b.starts_with(R"({"out":"runtime")") &&
                                   b.find(R"("verb":"stats")") != std::string::npos;
                          }),
            5);
  const auto result = replay_record(folder.file("r"));
  ASSERT_TRUE(result) << result.error().what;
  EXPECT_FALSE(result->divergence) << to_string(*result);
  EXPECT_TRUE(result->ended);
}

TEST(Record, AnExistingFileIsNotOverwritten) {
  const TemporaryFolder folder;
  record_walk(folder.file("r"));
  EXPECT_FALSE(RecordFile::create(folder.file("r"), {}));
}

TEST(Record, WhatIsNotThereCannotBeMadeOrRead) {
  const TemporaryFolder folder;
  EXPECT_FALSE(RecordFile::create(folder.file("no/such/folder"), {}));
  EXPECT_FALSE(recording::read_record(folder.file("nothing")));
}

}  // namespace
}  // namespace orrery::replay
