#include <grpcpp/grpcpp.h>
#include <openssl/rand.h>

#include <cstdlib>

#include "real-backend/control/authorisation.h"
#include "tests/control/live_store.h"
#include "tests/ports/api_client_suite.h"

namespace orrery::control {
namespace {

using ports::EventKind;
using ports::Outcome;
using ports::Verb;
using ports_suite::ApiListener;
using ports_suite::run_until;

constexpr ports::OwnerId kOwner{40};

/// The API client of the control plane's own components.
struct LocalWorld {
  TemporaryFolder folder;
  LiveStore store{folder.path()};

  ports::ApiClient& client() { return *store.service; }
  void attach(ports::OwnerId owner, ports::Component& component) {
    store.loop.attach(owner, component);
  }
  bool run(const std::function<bool()>& done) { return run_until(store.loop, done); }
};

/// The API client of another process, over loopback and mTLS; client and server share a loop.
struct RemoteWorld {
  TemporaryFolder folder;
  LiveStore store{folder.path()};
  std::unique_ptr<RemoteApiClient> remote;

  explicit RemoteWorld(const std::string& client_name = kAdministrator) {
    store.listen(tls_of("server"));
    RemoteApiConfig config;
    config.address = address();
    config.tls = tls_of(client_name);
    remote = std::make_unique<RemoteApiClient>(store.loop, config);
  }
  ~RemoteWorld() {
    if (remote != nullptr) remote->stop();
  }
  [[nodiscard]] std::string address() const {
    return "127.0.0.1:" + std::to_string(store.front->port());
  }
  ports::ApiClient& client() { return *remote; }
  void attach(ports::OwnerId owner, ports::Component& component) {
    store.loop.attach(owner, component);
  }
  bool run(const std::function<bool()>& done) { return run_until(store.loop, done); }
};

ports::ApiCall create_call(api::Object object) {
  ports::ApiCall call;
  call.verb = Verb::Create;
  call.key = api::key_of(object);
  call.object = std::make_shared<const api::Object>(std::move(object));
  return call;
}
ports::ApiCall call_on(Verb verb, const api::ObjectKey& key) {
  ports::ApiCall call;
  call.verb = verb;
  call.key = key;
  return call;
}
api::Object named_map(const std::string& name) {
  api::ConfigMap map;
  map.meta.name = name;
  map.meta.namespace_name = "default";
  return map;
}
api::Object named_node(const std::string& name) {
  api::Node node;
  node.meta.name = name;
  return node;
}

// --- who may do what ----------------------------------------------------------------------------

TEST(Authorisation, ANodeWritesItselfAndItsPodsAndNothingElse) {
  store::ApiServer server{1};
  const auto put = [&](const api::Object& object) {
    (void)server.handle(kLocalClient, kOwner, 1, create_call(object), Instant{}, 0);
  };
  for (const auto& [name, node] : {std::pair{"mine", "h1"}, {"theirs", "h2"}, {"unbound", ""}}) {
    api::Pod pod;
    pod.meta.name = name;
    pod.meta.namespace_name = "default";
    pod.spec.node_name = node;
    put(pod);
  }
  const auto pod_key = [](const char* name) {
    return api::ObjectKey{api::Kind::Pod, "default", name};
  };
  const auto status = [&](const api::ObjectKey& key) {
    ports::ApiCall call = call_on(Verb::UpdateStatus, key);
    call.object = server.find(key);
    return call;
  };
  const auto update = [&](const api::Object& object) {
    ports::ApiCall call = create_call(object);
    call.verb = Verb::Update;
    return call;
  };
  api::Lease lease;
  lease.meta.namespace_name = "kube-node-lease";
  lease.meta.name = "h1";
  api::Lease other_lease = lease;
  other_lease.meta.name = "h2";
  api::Object disguised = named_node("h2");
  ports::ApiCall disguise = create_call(disguised);
  disguise.key.name = "h1";
  ports::ApiCall bind = call_on(Verb::Bind, pod_key("unbound"));
  bind.node_name = "h1";

  const auto metrics = [](const char* name) {
    api::PodMetrics of_pod;
    of_pod.meta.namespace_name = "default";
    of_pod.meta.name = name;
    return of_pod;
  };
  ports::ApiCall renamed_metrics = create_call(metrics("theirs"));
  renamed_metrics.key.name = "mine";

  struct Case {
    const char* what;
    ports::ApiCall call;
    bool allowed;
  };
  const Case cases[] = {
      {"read any pod", call_on(Verb::Get, pod_key("theirs")), true},
      {"list pods", call_on(Verb::List, {api::Kind::Pod, "", ""}), true},
      {"watch services", call_on(Verb::Watch, {api::Kind::Service, "", ""}), true},
      {"create its node", create_call(named_node("h1")), true},
      {"update its node", update(named_node("h1")), true},
      {"create another node", create_call(named_node("h2")), false},
      {"create another node under its own key", disguise, false},
      {"delete its node", call_on(Verb::Delete, {api::Kind::Node, "", "h1"}), false},
      {"create its lease", create_call(lease), true},
      {"renew its lease", update(lease), true},
      {"renew another lease", update(other_lease), false},
      {"status of its pod", status(pod_key("mine")), true},
      {"status of another node's pod", status(pod_key("theirs")), false},
      {"status of an unbound pod", status(pod_key("unbound")), false},
      {"delete its pod", call_on(Verb::Delete, pod_key("mine")), true},
      {"delete another node's pod", call_on(Verb::Delete, pod_key("theirs")), false},
      {"delete a pod that is gone", call_on(Verb::Delete, pod_key("gone")), true},
      {"evict its pod", call_on(Verb::Evict, pod_key("mine")), true},
      {"evict another node's pod", call_on(Verb::Evict, pod_key("theirs")), false},
      {"evict an unbound pod", call_on(Verb::Evict, pod_key("unbound")), false},
      {"metrics of its pod", create_call(metrics("mine")), true},
      {"newer metrics of its pod", update(metrics("mine")), true},
      {"metrics of another node's pod", create_call(metrics("theirs")), false},
      {"metrics of another node's pod under the key of its own", renamed_metrics, false},
      {"newer metrics of another node's pod", update(metrics("theirs")), false},
      {"delete metrics of a pod that is gone",
       call_on(Verb::Delete, {api::Kind::PodMetrics, "default", "gone"}), true},
      {"delete metrics of another node's pod",
       call_on(Verb::Delete, {api::Kind::PodMetrics, "default", "theirs"}), false},
      {"bind a pod to itself", bind, false},
      {"create a pod", create_call(api::Pod{}), false},
      {"create a config map", create_call(named_map("h1")), false},
      {"delete a service", call_on(Verb::Delete, {api::Kind::Service, "default", "h1"}), false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(may_call("h1", c.call, server), c.allowed) << c.what;
    EXPECT_TRUE(may_call(kAdministrator, c.call, server)) << c.what;
    EXPECT_FALSE(may_call("", c.call, server)) << c.what;
  }
}

TEST(ApiService, ANodeIsRefusedWhatIsNotItsOwn) {
  RemoteWorld world{"h1"};
  ApiListener listener;
  world.attach(kOwner, listener);
  world.client().call(kOwner, 1, create_call(named_node("h1")));
  world.client().call(kOwner, 2, create_call(named_node("h2")));
  ASSERT_TRUE(world.run([&] { return listener.events.size() == 2; }));
  for (const ports::Event& event : listener.events) {
    EXPECT_EQ(event.outcome, event.id == 1 ? Outcome::Ok : Outcome::Refused) << event.id;
  }
  EXPECT_EQ(world.store.server.find({api::Kind::Node, "", "h2"}), nullptr);
}

TEST(StoreService, WithoutARecordNothingIsStoredOrAnswered) {
  LocalWorld world;
  ApiListener listener;
  world.attach(kOwner, listener);
  world.store.record.writable = false;
  world.client().call(kOwner, 1, create_call(named_map("a")));
  ASSERT_TRUE(world.run([&] { return world.store.service->failed().has_value(); }));
  EXPECT_TRUE(listener.events.empty());
  world.store.journal.reset();
  const auto again = Journal::open(world.folder.path() + "/store.sqlite", 7);
  ASSERT_TRUE(again);
  EXPECT_TRUE((*again)->restored().objects.empty());
}

// --- who gets in --------------------------------------------------------------------------------

TEST(ApiService, TheRunsFactsAreToldToWhoHasACertificate) {
  RemoteWorld world;
  const auto facts = ask_run_facts(world.address(), tls_of("h1"), 10_s);
  ASSERT_TRUE(facts) << facts.error().what;
  EXPECT_EQ(static_cast<std::int64_t>(facts->epoch), world.store.journal->restored().run.epoch_ns);
  EXPECT_EQ(facts->seed, 7U);
}

TEST(ApiService, AClientOfAnotherAuthorityIsRefused) {
  RemoteWorld world;
  TestPki foreign;
  TlsTexts forged = foreign.texts("admin");
  forged.ca = tls_of("admin").ca;  // It trusts the server; the server does not trust it.
  EXPECT_FALSE(ask_run_facts(world.address(), forged, 500_ms));
}

TEST(ApiService, AServerOfAnotherAuthorityIsNotTalkedTo) {
  RemoteWorld world;
  TlsTexts mistrusting = tls_of("admin");
  mistrusting.ca = TestPki{}.texts("x").ca;
  EXPECT_FALSE(ask_run_facts(world.address(), mistrusting, 500_ms));
}

TEST(ApiService, AClientWithoutCertificateOrWithoutTlsIsRefused) {
  RemoteWorld world;
  for (const auto& credentials :
       {grpc::SslCredentials({tls_of("admin").ca, "", ""}), grpc::InsecureChannelCredentials()}) {
    const auto channel = grpc::CreateChannel(world.address(), credentials);
    EXPECT_FALSE(channel->WaitForConnected(std::chrono::system_clock::now() +
                                           std::chrono::milliseconds(500)));
  }
}

TEST(TlsFiles, OpenSslIsWholeUntilTheProcessEnds) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // In a process where nothing has used it yet.
  const auto exit_while_a_thread_ends = [] {
    // Runs after what OpenSSL would do at exit, as what was registered last runs first.
    std::atexit([] {
      unsigned char byte = 0;
      std::_Exit(RAND_bytes(&byte, 1) == 1 ? 3 : 4);
    });
    keep_openssl_at_exit();
    unsigned char byte = 0;
    RAND_bytes(&byte, 1);
    std::exit(5);
  };
  EXPECT_EXIT(exit_while_a_thread_ends(), testing::ExitedWithCode(3), "");
}

// --- sessions that break ------------------------------------------------------------------------

TEST(RemoteApiClient, WithoutAServerEveryCallIsUnreachable) {
  loop::EventLoop loop{loop::Epoch{loop::monotonic_ns()}};
  ApiListener listener;
  loop.attach(kOwner, listener);
  RemoteApiConfig config;
  config.address = "127.0.0.1:1";
  config.tls = tls_of("h1");
  config.connect_deadline = 100_ms;
  RemoteApiClient client{loop, config};
  client.call(kOwner, 1, call_on(Verb::Get, {api::Kind::Node, "", "h1"}));
  client.call(kOwner, 2, call_on(Verb::Watch, {api::Kind::Node, "", ""}));
  ASSERT_TRUE(run_until(loop, [&] { return listener.events.size() == 2; }));
  EXPECT_EQ(listener.events[0].kind, EventKind::ApiReply);
  EXPECT_EQ(listener.events[0].outcome, Outcome::Unreachable);
  EXPECT_EQ(listener.events[1].kind, EventKind::WatchClosed);
  EXPECT_EQ(listener.events[1].outcome, Outcome::Unreachable);
  client.stop();
}

TEST(RemoteApiClient, AfterAServerRestartWatchesAreClosedAndTheClientComesBack) {
  const TemporaryFolder folder;
  auto server = std::make_unique<LiveStore>(folder.path());
  server->listen(tls_of("server"));
  const int port = server->front->port();

  // A loop of its own: a client is another process.
  loop::EventLoop loop{loop::Epoch{server->journal->restored().run.epoch_ns}};
  ApiListener listener;
  loop.attach(kOwner, listener);
  RemoteApiConfig config;
  config.address = "127.0.0.1:" + std::to_string(port);
  config.tls = tls_of("admin");
  config.retry_initial = 10_ms;
  RemoteApiClient client{loop, config};
  // The two loops take turns on this thread.
  const auto run_both = [&](const std::function<bool()>& done) {
    for (int i = 0; i < 3'000 && !done(); ++i) {
      int looks = 0;
      run_until(loop, [&] { return ++looks > 5; });
      looks = 0;
      if (server != nullptr) run_until(server->loop, [&] { return ++looks > 5; });
    }
    return done();
  };
  client.call(kOwner, 1, call_on(Verb::Watch, {api::Kind::ConfigMap, "", ""}));
  client.call(kOwner, 2, create_call(named_map("before")));
  ASSERT_TRUE(run_both([&] { return listener.events.size() == 2; }));

  server.reset();
  ASSERT_TRUE(run_both([&] { return listener.events.size() == 3; }));
  EXPECT_EQ(listener.events[2].kind, EventKind::WatchClosed);
  EXPECT_EQ(listener.events[2].outcome, Outcome::Unreachable);
  EXPECT_EQ(listener.events[2].id, 1U);

  server = std::make_unique<LiveStore>(folder.path());
  server->listen(tls_of("server"), port);
  ASSERT_TRUE(run_both([&] { return client.connected(); }));
  listener.events.clear();
  client.call(kOwner, 3, call_on(Verb::Get, {api::Kind::ConfigMap, "default", "before"}));
  ASSERT_TRUE(run_both([&] { return listener.events.size() == 1; }));
  EXPECT_EQ(listener.events[0].outcome, Outcome::Ok);
  client.stop();
  server.reset();
}

TEST(RemoteApiClient, ACallThatWasSentAndNotAnsweredMayHaveBeenDone) {
  const TemporaryFolder folder;
  LiveStore server{folder.path()};
  server.listen(tls_of("server"));
  loop::EventLoop loop{loop::Epoch{server.journal->restored().run.epoch_ns}};
  ApiListener listener;
  loop.attach(kOwner, listener);
  RemoteApiConfig config;
  config.address = "127.0.0.1:" + std::to_string(server.front->port());
  config.tls = tls_of("admin");
  config.beat_period = 5_ms;
  config.silence_max = 50_ms;
  RemoteApiClient client{loop, config};
  for (int i = 0; i < 3'000 && !client.connected(); ++i) {
    int looks = 0;
    run_until(loop, [&] { return ++looks > 5; });
    looks = 0;
    run_until(server.loop, [&] { return ++looks > 5; });
  }
  ASSERT_TRUE(client.connected());
  // The server's loop stands still from here on, as if it were cut off.
  client.call(kOwner, 1, create_call(named_map("perhaps")));
  ASSERT_TRUE(run_until(loop, [&] { return listener.events.size() == 1; }));
  EXPECT_EQ(listener.events[0].outcome, Outcome::Unknown);
  client.stop();
}

TEST(ApiFront, WatchesOfAClientThatIsGoneAreEnded) {
  RemoteWorld world;
  ApiListener listener;
  world.attach(kOwner, listener);
  world.client().call(kOwner, 1, call_on(Verb::Watch, {api::Kind::ConfigMap, "", ""}));
  world.client().call(kOwner, 2, create_call(named_map("a")));
  ASSERT_TRUE(world.run([&] { return listener.events.size() == 2; }));
  world.remote->stop();
  world.remote.reset();
  std::size_t deliveries = 99;
  ASSERT_TRUE(world.run([&] {
    const store::Handled handled = world.store.server.handle(
        kLocalClient, kOwner, 9, create_call(named_map("b")), Instant{}, 0);
    deliveries = handled.deliveries.size();
    (void)world.store.server.handle(kLocalClient, kOwner, 9,
                                    call_on(Verb::Delete, {api::Kind::ConfigMap, "default", "b"}),
                                    Instant{}, 0);
    return deliveries == 1;  // The reply alone.
  }));
}

}  // namespace
}  // namespace orrery::control

namespace orrery::ports_suite {
INSTANTIATE_TYPED_TEST_SUITE_P(LiveLocal, ApiClientSuite, control::LocalWorld);
INSTANTIATE_TYPED_TEST_SUITE_P(LiveRemote, ApiClientSuite, control::RemoteWorld);
}  // namespace orrery::ports_suite
