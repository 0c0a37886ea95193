#include "real-backend/cri/cri_requests.h"

#include <gtest/gtest.h>

#include <optional>

#include "models/api/reading.h"

namespace orrery::cri {
namespace {

using ports::Outcome;
using ports::RuntimeVerb;

TEST(Resources, FollowTheKubelet) {
  struct Case {
    const char* name;
    std::optional<std::int64_t> request, limit, memory;
    std::int64_t shares, quota, memory_limit;
  };
  const Case cases[] = {
      {"nothing asked for", {}, {}, {}, 2, 0, 0},
      {"a request alone", 250, {}, {}, 256, 0, 0},
      {"a limit alone is also the request", {}, 500, {}, 512, 50'000, 0},
      {"both", 100, 2000, 64 << 20, 102, 200'000, 64 << 20},
      {"a tiny request has two shares", 1, {}, {}, 2, 0, 0},
      {"a request of 0 is not the limit", 0, 500, {}, 2, 50'000, 0},
      {"a tiny limit has a millisecond", {}, 5, {}, 5, 1'000, 0},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    api::Container container;
    container.requests.cpu_milli = c.request;
    container.limits.cpu_milli = c.limit;
    container.limits.memory_bytes = c.memory;
    const auto resources = resources_of(container);
    EXPECT_EQ(resources.cpu_shares(), c.shares);
    EXPECT_EQ(resources.cpu_quota(), c.quota);
    EXPECT_EQ(resources.cpu_period(), c.quota > 0 ? 100'000 : 0);
    EXPECT_EQ(resources.memory_limit_in_bytes(), c.memory_limit);
  }
}

TEST(Seconds, AreRoundedUp) {
  EXPECT_EQ(ceil_seconds(Duration{}), 0);
  EXPECT_EQ(ceil_seconds(1_ns), 1);
  EXPECT_EQ(ceil_seconds(1_s), 1);
  EXPECT_EQ(ceil_seconds(1001_ms), 2);
}

TEST(Outcomes, SayWhetherTheCallMayHaveTakenEffect) {
  struct Case {
    const char* name;
    RuntimeVerb verb;
    grpc::StatusCode code;
    const char* text;
    Outcome outcome;
  };
  const Case cases[] = {
      {"success", RuntimeVerb::RunSandbox, grpc::OK, "", Outcome::Ok},
      {"run: deadline", RuntimeVerb::RunSandbox, grpc::DEADLINE_EXCEEDED, "Deadline Exceeded",
       Outcome::Unknown},
      {"create: deadline", RuntimeVerb::CreateContainer, grpc::DEADLINE_EXCEEDED, "",
       Outcome::Unknown},
      {"start: deadline", RuntimeVerb::StartContainer, grpc::DEADLINE_EXCEEDED, "",
       Outcome::Unknown},
      {"list: deadline", RuntimeVerb::List, grpc::DEADLINE_EXCEEDED, "", Outcome::Unreachable},
      {"exec: deadline", RuntimeVerb::Exec, grpc::DEADLINE_EXCEEDED, "timeout 1s exceeded",
       Outcome::Timeout},
      {"run: nobody there", RuntimeVerb::RunSandbox, grpc::UNAVAILABLE,
       "failed to connect to all addresses", Outcome::Unreachable},
      {"run: connection lost", RuntimeVerb::RunSandbox, grpc::UNAVAILABLE, "Socket closed",
       Outcome::Unknown},
      {"list: connection lost", RuntimeVerb::List, grpc::UNAVAILABLE, "Socket closed",
       Outcome::Unreachable},
      {"stop: no such container", RuntimeVerb::StopContainer, grpc::NOT_FOUND, "", Outcome::Ok},
      {"stop: no such sandbox", RuntimeVerb::StopSandbox, grpc::NOT_FOUND, "", Outcome::Ok},
      {"remove: no such container", RuntimeVerb::RemoveContainer, grpc::NOT_FOUND, "", Outcome::Ok},
      {"create: no such image", RuntimeVerb::CreateContainer, grpc::NOT_FOUND, "",
       Outcome::NotFound},
      {"start: bad command", RuntimeVerb::StartContainer, grpc::UNKNOWN,
       "failed to create containerd task: exec: \"nosuch\": executable file not found",
       Outcome::Refused},
      {"run: name taken", RuntimeVerb::RunSandbox, grpc::UNKNOWN,
       "failed to reserve sandbox name \"a\": name \"a\" is reserved for \"b\"",
       Outcome::AlreadyExists},
      {"pull: bad name", RuntimeVerb::PullImage, grpc::INVALID_ARGUMENT, "", Outcome::Invalid},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(outcome_of(c.verb, grpc::Status{c.code, c.text}), c.outcome) << c.name;
  }
}

TEST(SandboxConfig, CarriesThePodForAdoption) {
  api::Pod pod;
  pod.meta.name = "web-1";
  pod.meta.namespace_name = "shop";
  pod.meta.uid = "u1";
  const api::Object object = pod;
  const ContainerdNode node{"h1", "/orrery/h1", "/var/log/pods"};

  const auto config = sandbox_config(object, node, 3);

  EXPECT_EQ(config.metadata().name(), "web-1");
  EXPECT_EQ(config.metadata().namespace_(), "shop");
  EXPECT_EQ(config.metadata().uid(), "u1");
  EXPECT_EQ(config.metadata().attempt(), 3U);
  EXPECT_EQ(config.hostname(), "web-1");
  EXPECT_EQ(config.log_directory(), "/var/log/pods/shop_web-1_u1");
  EXPECT_EQ(config.linux_options().cgroup_parent(), "/orrery/h1");
  EXPECT_EQ(config.labels().at("app.kubernetes.io/managed-by"), "orrery");
  EXPECT_EQ(config.labels().at("orrery.node"), "h1");
  EXPECT_EQ(config.labels().at("io.kubernetes.pod.name"), "web-1");
  EXPECT_EQ(config.labels().at("io.kubernetes.pod.namespace"), "shop");
  EXPECT_EQ(config.labels().at("io.kubernetes.pod.uid"), "u1");
  const auto read_back = api::from_json_text(config.annotations().at("orrery.pod"));
  ASSERT_TRUE(read_back.has_value()) << read_back.error().what;
  EXPECT_EQ(*read_back, object);
}

TEST(ContainerConfig, IsTheContainerThatTheCallNames) {
  api::Pod pod;
  pod.meta.uid = "u1";
  pod.spec.init_containers.resize(1);
  pod.spec.init_containers[0].name = "prepare";
  pod.spec.containers.resize(2);
  pod.spec.containers[1].name = "app";
  pod.spec.containers[1].image = "localhost/app:1";
  pod.spec.containers[1].command = {"/app"};
  pod.spec.containers[1].args = {"serve", "--port=8080"};
  ports::RuntimeCall call;
  call.verb = RuntimeVerb::CreateContainer;
  call.pod = std::make_shared<const api::Object>(pod);
  call.container_index = 1;
  call.attempt = 4;
  call.env.emplace_back();
  call.env.back().name = "A";
  call.env.back().value = "1";
  const ContainerdNode node{"h1", "/orrery/h1", "/var/log/pods"};

  const auto config = container_config(call, node);
  EXPECT_EQ(config.metadata().name(), "app");
  EXPECT_EQ(config.metadata().attempt(), 4U);
  EXPECT_EQ(config.image().image(), "localhost/app:1");
  ASSERT_EQ(config.command_size(), 1);
  EXPECT_EQ(config.command(0), "/app");
  ASSERT_EQ(config.args_size(), 2);
  EXPECT_EQ(config.args(1), "--port=8080");
  ASSERT_EQ(config.envs_size(), 1);
  EXPECT_EQ(config.envs(0).key(), "A");
  EXPECT_EQ(config.envs(0).value(), "1");
  EXPECT_EQ(config.log_path(), "app_4.log");
  EXPECT_EQ(config.labels().at("io.kubernetes.container.name"), "app");
  EXPECT_EQ(config.labels().at("orrery.node"), "h1");

  call.init_container = true;
  call.container_index = 0;
  EXPECT_EQ(container_config(call, node).metadata().name(), "prepare");
}

}  // namespace
}  // namespace orrery::cri
