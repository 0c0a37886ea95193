#include "models/recording/port_codec.h"

#include <gtest/gtest.h>

#include "models/api/reading.h"
#include "models/base/random.h"

namespace orrery::recording {
namespace {

/// Random values of every type, most of them with some fields left at their defaults.
class Maker {
 public:
  explicit Maker(std::uint64_t seed) : draws_{seed} {}

  std::uint64_t below(std::uint64_t count) {
    return draws_.index(Purpose::ObjectName, count, next_++);
  }
  bool coin() { return below(2) == 1; }
  std::int64_t number() {
    static constexpr std::int64_t kEdges[] = {0, 1, -1, INT64_MAX, INT64_MIN, 1'000'000'007};
    return kEdges[below(6)];
  }
  std::int32_t small() { return static_cast<std::int32_t>(number()); }
  std::string text() {
    static const std::string kTexts[] = {"",
                                         "web-1",
                                         "with \"quotes\" and \\",
                                         "two\nlines\ttab",
                                         "größer ≥ ✓",
                                         std::string("\0x", 2),
                                         "</script>",
                                         "{\"in\":1}",
                                         " "};
    return kTexts[below(9)];
  }
  std::vector<std::string> texts() {
    std::vector<std::string> all(below(4));
    for (std::string& t : all) t = text();
    return all;
  }
  api::Labels labels() {
    api::Labels all;
    for (std::uint64_t i = below(4); i > 0; --i) all[text()] = text();
    return all;
  }
  api::PortReference port() {
    if (coin()) return small();
    return text();
  }
  api::ObjectPtr object() {
    switch (below(4)) {
      case 0:
        return nullptr;
      case 1: {
        api::Pod pod;
        pod.meta.name = text();
        pod.meta.namespace_name = "default";
        pod.meta.labels = labels();
        pod.spec.containers.emplace_back().name = "c";
        pod.spec.containers.back().image = text();
        pod.status.pod_ip = text();
        return std::make_shared<const api::Object>(pod);
      }
      case 2: {
        api::Lease lease;
        lease.meta.name = text();
        lease.holder = text();
        lease.renew_time = Instant::at(Duration::nanoseconds(number()));
        return std::make_shared<const api::Object>(lease);
      }
      default: {
        api::ConfigMap map;
        map.meta.name = text();
        map.meta.resource_version = below(UINT64_MAX);
        map.data = labels();
        return std::make_shared<const api::Object>(map);
      }
    }
  }
  ports::ApiCall api_call() {
    ports::ApiCall call;
    call.verb = static_cast<ports::Verb>(below(10));
    call.key = {static_cast<api::Kind>(below(api::kKindCount)), text(), text()};
    call.object = object();
    call.node_name = text();
    call.uid = text();
    if (coin()) call.grace = Duration::nanoseconds(number());
    if (coin()) call.resource_version = below(UINT64_MAX);
    if (coin()) call.label_selector.match_labels = labels();
    for (std::uint64_t i = below(3); i > 0; --i) {
      const auto op = static_cast<api::SelectorRequirement::Operator>(below(6));
      const std::string key = text();
      call.label_selector.match_expressions.push_back({key, op, texts()});
    }
    for (std::uint64_t i = below(3); i > 0; --i) {
      const std::string field = text();
      const std::string value = text();
      call.field_selector.push_back({field, value, coin()});
    }
    call.propagation = static_cast<ports::Propagation>(below(4));
    call.bookmarks = coin();
    return call;
  }
  ports::EventBody body() {
    switch (below(5)) {
      case 0: {
        const api::ObjectPtr made = object();
        return ports::ApiObject{made, text()};
      }
      case 1: {
        ports::ApiList list;
        for (std::uint64_t i = below(3); i > 0; --i) list.objects.push_back(object());
        list.resource_version = below(UINT64_MAX);
        return list;
      }
      case 2: {
        const auto kind = static_cast<ports::DeltaKind>(below(4));
        const api::ObjectPtr made = object();
        return ports::WatchDelta{kind, made, coin() ? below(UINT64_MAX) : 0};
      }
      case 3: {
        ports::RuntimeResult r;
        r.id = text();
        r.ip = text();
        r.exit_code = small();
        r.message = text();
        for (auto* supply : {&r.node.memory, &r.node.disk, &r.node.inodes, &r.node.image_disk,
                             &r.node.image_inodes, &r.node.processes}) {
          if (coin()) *supply = ports::Supply{small(), small()};
        }
        for (std::uint64_t i = below(3); i > 0; --i) r.images.push_back({text(), small()});
        for (std::uint64_t i = below(3); i > 0; --i) {
          r.volumes.push_back({text(), text(), small()});
        }
        for (std::uint64_t i = below(3); i > 0; --i) {
          ports::ContainerStats s;
          s.id = text();
          s.memory_bytes = small();
          s.disk_bytes = small();
          s.processes = small();
          r.stats.push_back(s);
        }
        for (std::uint64_t i = below(3); i > 0; --i) {
          ports::SandboxInfo s;
          s.id = text();
          s.pod_uid = text();
          s.pod_name = text();
          s.pod_namespace = text();
          s.attempt = static_cast<std::uint32_t>(below(UINT32_MAX));
          s.state = coin() ? ports::SandboxState::Ready : ports::SandboxState::NotReady;
          s.ip = text();
          s.pod_json = R"({"a":["b"]})";
          r.sandboxes.push_back(s);
        }
        for (std::uint64_t i = below(3); i > 0; --i) {
          ports::ContainerInfo c;
          c.id = text();
          c.sandbox_id = text();
          c.name = text();
          c.attempt = static_cast<std::uint32_t>(below(9));
          c.state = static_cast<ports::ContainerState>(below(4));
          c.exit_code = small();
          c.reason = text();
          c.image = text();
          c.started_at = Instant::at(Duration::nanoseconds(number()));
          c.finished_at = Instant::at(Duration::nanoseconds(number()));
          r.containers.push_back(c);
        }
        return r;
      }
      default: {
        ports::RuntimeNotice n;
        n.what = static_cast<ports::RuntimeNotice::What>(below(4));
        n.id = text();
        n.exit_code = small();
        n.reason = text();
        n.at = Instant::at(Duration::nanoseconds(number()));
        return n;
      }
    }
  }
  ports::Event event() {
    ports::Event e;
    e.owner = ports::OwnerId{static_cast<std::uint32_t>(below(UINT32_MAX))};
    e.kind = static_cast<ports::EventKind>(below(7));
    e.outcome = static_cast<ports::Outcome>(below(10));
    e.value = small();
    e.id = below(UINT64_MAX);
    e.cause = coin() ? below(UINT64_MAX) : 0;
    if (coin()) e.body = std::make_shared<const ports::EventBody>(body());
    return e;
  }
  ports::RuntimeCall runtime_call() {
    ports::RuntimeCall call;
    call.verb = static_cast<ports::RuntimeVerb>(below(13));
    call.sandbox_id = text();
    call.container_id = text();
    call.pod = object();
    call.container_index = static_cast<std::uint32_t>(below(3));
    call.init_container = coin();
    call.attempt = static_cast<std::uint32_t>(below(3));
    call.image = text();
    if (coin()) {
      api::EnvVar env;
      env.name = text();
      env.value = text();
      env.config_map = text();
      env.config_map_key = text();
      env.secret = text();
      env.secret_key = text();
      env.field_path = text();
      env.optional = coin();
      if (coin()) env.resource = {text(), text(), number()};
      call.env.push_back(env);
    }
    if (coin()) call.mounts.push_back({text(), text(), text(), coin(), text()});
    if (coin()) {
      call.volume = {text(),   text(), static_cast<ports::VolumeOrder::Kind>(below(5)),
                     labels(), coin(), text(),
                     text(),   text()};
    }
    call.command = texts();
    call.timeout = Duration::nanoseconds(number());
    return call;
  }
  StoredProbe probe() {
    StoredProbe p;
    switch (below(4)) {
      case 0: {
        api::HttpGetAction http;
        http.path = text();
        http.port = port();
        http.host = text();
        http.https = coin();
        http.headers = labels();
        p.action = http;
        break;
      }
      case 1:
        p.action = api::ExecAction{texts()};
        break;
      case 2: {
        api::TcpSocketAction tcp;
        tcp.port = port();
        tcp.host = text();
        p.action = tcp;
        break;
      }
      default:
        p.action = api::GrpcAction{small(), text()};
        break;
    }
    p.address = text();
    p.port = small();
    p.container_id = text();
    p.timeout = Duration::nanoseconds(number());
    return p;
  }
  ports::EndpointTable table() {
    ports::EndpointTable t;
    t.service = text();
    t.port_name = text();
    t.service_port = small();
    t.version = below(UINT64_MAX);
    for (std::uint64_t i = below(4); i > 0; --i) {
      ports::TableEndpoint e;
      e.address = text();
      e.port = small();
      e.pod_name = text();
      t.endpoints.push_back(e);
    }
    if (coin()) t.session_affinity = Duration::nanoseconds(number());
    if (coin()) t.node_ends = {1, static_cast<std::uint32_t>(2 + below(9))};
    return t;
  }

 private:
  Draws draws_;
  std::uint64_t next_ = 0;
};

bool same(const api::ObjectPtr& a, const api::ObjectPtr& b) {
  return (a == nullptr) == (b == nullptr) && (a == nullptr || *a == *b);
}

void expect_same(const ports::ApiCall& a, const ports::ApiCall& b) {
  EXPECT_EQ(a.verb, b.verb);
  EXPECT_EQ(a.key, b.key);
  EXPECT_TRUE(same(a.object, b.object));
  EXPECT_EQ(a.node_name, b.node_name);
  EXPECT_EQ(a.uid, b.uid);
  EXPECT_EQ(a.grace, b.grace);
  EXPECT_EQ(a.resource_version, b.resource_version);
  EXPECT_EQ(a.label_selector, b.label_selector);
  EXPECT_EQ(a.field_selector, b.field_selector);
  EXPECT_EQ(a.propagation, b.propagation);
  EXPECT_EQ(a.bookmarks, b.bookmarks);
}

struct SameBody {
  const ports::EventBody& other;
  void operator()(const ports::ApiObject& a) const {
    EXPECT_TRUE(same(a.object, std::get<ports::ApiObject>(other).object));
    EXPECT_EQ(a.message, std::get<ports::ApiObject>(other).message);
  }
  void operator()(const ports::ApiList& a) const {
    const auto& b = std::get<ports::ApiList>(other);
    EXPECT_EQ(a.resource_version, b.resource_version);
    ASSERT_EQ(a.objects.size(), b.objects.size());
    for (std::size_t i = 0; i < a.objects.size(); ++i) {
      EXPECT_TRUE(same(a.objects[i], b.objects[i]));
    }
  }
  void operator()(const ports::WatchDelta& a) const {
    const auto& b = std::get<ports::WatchDelta>(other);
    EXPECT_EQ(a.kind, b.kind);
    EXPECT_TRUE(same(a.object, b.object));
    EXPECT_EQ(a.resource_version, b.resource_version);
  }
  void operator()(const ports::RuntimeResult& a) const {
    const auto& b = std::get<ports::RuntimeResult>(other);
    EXPECT_EQ(std::tie(a.id, a.ip, a.exit_code, a.message),
              std::tie(b.id, b.ip, b.exit_code, b.message));
    EXPECT_EQ(a.node, b.node);
    ASSERT_EQ(a.volumes.size(), b.volumes.size());
    for (std::size_t i = 0; i < a.volumes.size(); ++i) {
      EXPECT_EQ(a.volumes[i].pod_uid, b.volumes[i].pod_uid);
      EXPECT_EQ(a.volumes[i].name, b.volumes[i].name);
      EXPECT_EQ(a.volumes[i].bytes, b.volumes[i].bytes);
    }
    ASSERT_EQ(a.images.size(), b.images.size());
    for (std::size_t i = 0; i < a.images.size(); ++i) {
      EXPECT_EQ(a.images[i].name, b.images[i].name);
      EXPECT_EQ(a.images[i].bytes, b.images[i].bytes);
    }
    ASSERT_EQ(a.stats.size(), b.stats.size());
    for (std::size_t i = 0; i < a.stats.size(); ++i) {
      const ports::ContainerStats& s = a.stats[i];
      const ports::ContainerStats& t = b.stats[i];
      EXPECT_EQ(std::tie(s.id, s.at, s.cpu, s.memory_bytes, s.disk_bytes, s.processes),
                std::tie(t.id, t.at, t.cpu, t.memory_bytes, t.disk_bytes, t.processes));
    }
    ASSERT_EQ(a.sandboxes.size(), b.sandboxes.size());
    for (std::size_t i = 0; i < a.sandboxes.size(); ++i) {
      const ports::SandboxInfo& s = a.sandboxes[i];
      const ports::SandboxInfo& t = b.sandboxes[i];
      EXPECT_EQ(std::tie(s.id, s.pod_uid, s.pod_name, s.pod_namespace, s.attempt, s.state, s.ip,
                         s.pod_json),
                std::tie(t.id, t.pod_uid, t.pod_name, t.pod_namespace, t.attempt, t.state, t.ip,
                         t.pod_json));
    }
    ASSERT_EQ(a.containers.size(), b.containers.size());
    for (std::size_t i = 0; i < a.containers.size(); ++i) {
      const ports::ContainerInfo& c = a.containers[i];
      const ports::ContainerInfo& d = b.containers[i];
      EXPECT_EQ(std::tie(c.id, c.sandbox_id, c.name, c.attempt, c.state, c.exit_code, c.reason,
                         c.image, c.started_at, c.finished_at),
                std::tie(d.id, d.sandbox_id, d.name, d.attempt, d.state, d.exit_code, d.reason,
                         d.image, d.started_at, d.finished_at));
    }
  }
  void operator()(const ports::RuntimeNotice& a) const {
    const auto& b = std::get<ports::RuntimeNotice>(other);
    EXPECT_EQ(std::tie(a.what, a.id, a.exit_code, a.reason, a.at),
              std::tie(b.what, b.id, b.exit_code, b.reason, b.at));
  }
};

constexpr int kRounds = 300;

TEST(PortCodec, EveryApiCallComesBackAsItWas) {
  Maker make{1};
  for (int round = 0; round < kRounds; ++round) {
    const ports::ApiCall call = make.api_call();
    const std::string text = encode(call);
    ASSERT_EQ(text.find('\n'), std::string::npos) << text;
    const auto read = decode_api_call(text);
    ASSERT_TRUE(read) << read.error().what << "\n" << text;
    expect_same(call, *read);
    ASSERT_EQ(encode(*read), text);
  }
}

TEST(PortCodec, EveryEventComesBackAsItWas) {
  Maker make{2};
  for (int round = 0; round < kRounds; ++round) {
    const ports::Event event = make.event();
    const std::string text = encode(event);
    ASSERT_EQ(text.find('\n'), std::string::npos) << text;
    const auto read = decode_event(text);
    ASSERT_TRUE(read) << read.error().what << "\n" << text;
    EXPECT_EQ(std::tie(event.owner, event.kind, event.outcome, event.value, event.id, event.cause),
              std::tie(read->owner, read->kind, read->outcome, read->value, read->id, read->cause));
    ASSERT_EQ(event.body == nullptr, read->body == nullptr);
    if (event.body != nullptr) {
      ASSERT_EQ(event.body->index(), read->body->index());
      std::visit(SameBody{*read->body}, *event.body);
    }
    ASSERT_EQ(encode(*read), text);
  }
}

TEST(PortCodec, EveryRuntimeCallComesBackAsItWas) {
  Maker make{3};
  for (int round = 0; round < kRounds; ++round) {
    const ports::RuntimeCall call = make.runtime_call();
    const std::string text = encode(call);
    const auto read = decode_runtime_call(text);
    ASSERT_TRUE(read) << read.error().what << "\n" << text;
    EXPECT_EQ(std::tie(call.verb, call.sandbox_id, call.container_id, call.container_index,
                       call.init_container, call.attempt, call.image, call.env, call.command,
                       call.timeout),
              std::tie(read->verb, read->sandbox_id, read->container_id, read->container_index,
                       read->init_container, read->attempt, read->image, read->env, read->command,
                       read->timeout));
    EXPECT_TRUE(same(call.pod, read->pod));
    ASSERT_EQ(encode(*read), text);
  }
}

TEST(PortCodec, EveryProbeComesBackAsItWas) {
  Maker make{4};
  for (int round = 0; round < kRounds; ++round) {
    const StoredProbe probe = make.probe();
    const std::string text = encode(probe.request());
    const auto read = decode_probe(text);
    ASSERT_TRUE(read) << read.error().what << "\n" << text;
    EXPECT_EQ(probe.action, read->action);
    EXPECT_EQ(std::tie(probe.address, probe.port, probe.container_id, probe.timeout),
              std::tie(read->address, read->port, read->container_id, read->timeout));
  }
}

TEST(PortCodec, EveryEndpointTableComesBackAsItWas) {
  Maker make{5};
  for (int round = 0; round < kRounds; ++round) {
    const ports::EndpointTable table = make.table();
    const auto read = decode_endpoint_table(encode(table));
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(table, *read);
  }
}

TEST(PortCodec, AnEndpointTableHasTheKeysItsReadersKnow) {
  const ports::EndpointTable table{"default/web", "http", 80, 3, {{"10.91.1.2", 8080, "web-1"}}};
  EXPECT_EQ(encode(table),
            R"({"service":"default/web","portName":"http","servicePort":80,"version":3,)"
            R"("endpoints":[{"address":"10.91.1.2","port":8080,"pod":"web-1"}]})");
}

TEST(PortCodec, ForeignTextIsAFailureAndNeverACrash) {
  Maker make{6};
  for (const char* text : {"", "{", "null", "[]", "7", "{}", R"({"verb":"get"})",
                           R"({"verb":"fly","kind":"Pod","namespace":"","name":""})",
                           R"({"verb":1,"kind":"Pod","namespace":"","name":""})", R"({"owner":-1})",
                           R"({"owner":1,"kind":"x","id":1})"}) {
    EXPECT_FALSE(decode_api_call(text)) << text;
    EXPECT_FALSE(decode_event(text)) << text;
    EXPECT_FALSE(decode_runtime_call(text)) << text;
    EXPECT_FALSE(decode_probe(text)) << text;
    EXPECT_FALSE(decode_endpoint_table(text)) << text;
  }
  // Every prefix of a true text, and every text with one byte changed.
  const std::string event = encode(make.event());
  for (std::size_t i = 0; i < event.size(); ++i) {
    EXPECT_FALSE(decode_event(event.substr(0, i)));
    std::string changed = event;
    changed[i] = static_cast<char>(changed[i] ^ 0x11);
    (void)decode_event(changed);
  }
}

TEST(PortCodec, BytesThatAreNoTextAreReplaced) {
  ports::RuntimeCall call;
  call.image =
      "a\xff"
      "b";
  const auto read = decode_runtime_call(encode(call));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->image,
            "a\xef\xbf\xbd"
            "b");
}

}  // namespace
}  // namespace orrery::recording
