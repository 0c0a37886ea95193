#include "real-backend/control/control_plane.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>

#include "runner/replay/replay.h"
#include "tests/control/live_store.h"

namespace orrery::control {
namespace {

using ports::Verb;
using ports_suite::run_until;

constexpr ports::OwnerId kOwner{40};

struct ApiListener : ports::Component {
  std::vector<ports::Event> events;
  void on_event(const ports::Event& event) override { events.push_back(event); }
};

/// A control plane in a process of its own, made before this process touches gRPC, which does not
/// survive a fork. It begins when it is told the port to listen on.
class Incarnation {
 public:
  explicit Incarnation(ControlPlaneOptions options) {
    EXPECT_EQ(::pipe(begin_), 0);
    EXPECT_EQ(::pipe(listening_), 0);
    pid_ = ::fork();
    if (pid_ != 0) return;
    int port = 0;
    if (::read(begin_[0], &port, sizeof port) != sizeof port) ::_exit(1);
    options.listen_address = "127.0.0.1:" + std::to_string(port);
    options.on_listening = [this](int p) {
      if (::write(listening_[1], &p, sizeof p) != sizeof p) ::_exit(1);
    };
    ::_exit(run_control_plane(options));
  }
  Incarnation(const Incarnation&) = delete;
  Incarnation& operator=(const Incarnation&) = delete;
  ~Incarnation() {
    if (pid_ > 0) end_with(SIGKILL);
    for (const int end : {begin_[0], begin_[1], listening_[0], listening_[1]}) ::close(end);
  }

  int begin(int port) {
    EXPECT_EQ(::write(begin_[1], &port, sizeof port), static_cast<ssize_t>(sizeof port));
    EXPECT_EQ(::read(listening_[0], &port, sizeof port), static_cast<ssize_t>(sizeof port));
    return port;
  }
  /// The wait status.
  int end_with(int signal) {
    ::kill(pid_, signal);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

 private:
  int begin_[2] = {};
  int listening_[2] = {};
  pid_t pid_ = -1;
};

TEST(ControlPlane, KilledAndStartedAgainItLosesNothingAndBothLivesCanBeReplayed) {
  const TemporaryFolder folder;
  const std::string records = folder.path() + "/records";
  std::filesystem::create_directory(records);
  ControlPlaneOptions options;
  options.state_directory = folder.path();
  options.record_directory = records;
  options.tls = pki().sign("server");
  options.seed = 5;
  const TlsTexts admin = pki().texts("admin");
  Incarnation first{options};
  Incarnation second{options};
  const int port = first.begin(0);

  const auto facts = ask_run_facts("127.0.0.1:" + std::to_string(port), admin, 10_s);
  ASSERT_TRUE(facts) << facts.error().what;
  EXPECT_EQ(facts->seed, 5U);
  loop::EventLoop loop{facts->epoch};
  ApiListener listener;
  loop.attach(kOwner, listener);
  RemoteApiConfig config;
  config.address = "127.0.0.1:" + std::to_string(port);
  config.tls = admin;
  config.retry_initial = 10_ms;
  RemoteApiClient client{loop, config};
  const auto create = [&](ports::CallId id, api::Object object) {
    ports::ApiCall call;
    call.verb = Verb::Create;
    call.key = api::key_of(object);
    call.object = std::make_shared<const api::Object>(std::move(object));
    client.call(kOwner, id, std::move(call));
  };
  ports::ApiCall watch;
  watch.verb = Verb::Watch;
  watch.key.kind = api::Kind::Pod;
  client.call(kOwner, 1, watch);
  api::Node node;
  node.meta.name = "h1";
  node.status.allocatable = {8000, std::int64_t{16} << 30, 110};
  node.status.capacity = node.status.allocatable;
  api::set_condition(node.status.conditions, "Ready", api::ConditionStatus::True, "", "",
                     loop.now());
  create(2, node);
  api::Deployment web;
  web.meta.name = "web";
  web.meta.namespace_name = "default";
  web.spec.replicas = 3;
  web.spec.selector.match_labels["app"] = "web";
  web.spec.pod_template.labels["app"] = "web";
  web.spec.pod_template.spec.containers.emplace_back().name = "c";
  create(3, web);

  // What we have been told, we hold the control plane to.
  std::map<std::string, std::string> node_of_uid;
  ASSERT_TRUE(run_until(loop, [&] {
    for (const ports::Event& event : listener.events) {
      if (event.kind != ports::EventKind::WatchEvent) continue;
      const auto& pod = std::get<api::Pod>(*std::get<ports::WatchDelta>(*event.body).object);
      if (!pod.spec.node_name.empty()) node_of_uid[pod.meta.uid] = pod.spec.node_name;
    }
    return node_of_uid.size() == 3;
  }));
  EXPECT_TRUE(WIFSIGNALED(first.end_with(SIGKILL)));
  ASSERT_TRUE(run_until(loop, [&] {
    return std::any_of(listener.events.begin(), listener.events.end(), [](const ports::Event& e) {
      return e.kind == ports::EventKind::WatchClosed && e.id == 1;
    });
  }));

  EXPECT_EQ(second.begin(port), port);
  ASSERT_TRUE(run_until(loop, [&] { return client.connected(); }));
  listener.events.clear();
  ports::ApiCall list;
  list.verb = Verb::List;
  list.key.kind = api::Kind::Pod;
  client.call(kOwner, 4, list);
  ASSERT_TRUE(run_until(loop, [&] { return !listener.events.empty(); }));
  ASSERT_EQ(listener.events[0].outcome, ports::Outcome::Ok);
  std::map<std::string, std::string> found;
  for (const api::ObjectPtr& object : std::get<ports::ApiList>(*listener.events[0].body).objects) {
    const auto& pod = std::get<api::Pod>(*object);
    found[pod.meta.uid] = pod.spec.node_name;
  }
  EXPECT_EQ(found, node_of_uid);
  client.stop();
  const int status = second.end_with(SIGTERM);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);

  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(records)) {
    paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  ASSERT_EQ(paths.size(), 2U);
  for (const std::string& path : paths) {
    const auto result = replay::replay_record(path);
    ASSERT_TRUE(result) << result.error().what;
    EXPECT_FALSE(result->divergence) << replay::to_string(*result);
    EXPECT_EQ(result->ended, path == paths.back());
    EXPECT_GT(result->calls_compared, 10U);
  }
}

TEST(ControlPlane, OptionsThatCannotWorkAreSaidAndEndWithTwo) {
  ControlPlaneOptions options;
  options.state_directory = "/no/such/folder";
  EXPECT_EQ(run_control_plane(options), 2);
}

}  // namespace
}  // namespace orrery::control
