/// @file
/// One simulated node and somebody who calls its runtime.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/world/sim_worlds.h"

namespace orrery::sim {

using ports::ContainerState;
using ports::Outcome;
using ports::RuntimeCall;
using ports::RuntimeVerb;

struct RuntimeListener : ports::Component {
  std::vector<ports::Event> events;
  void on_event(const ports::Event& event) override { events.push_back(event); }
};

class SimNodeTest : public testing::Test {
 protected:
  static constexpr ports::OwnerId kOwner{5};

  SimNodeTest() { world_.attach(kOwner, listener_); }

  ports::Event ask(RuntimeCall call) {
    const ports::CallId id = ++next_id_;
    world_.node.call(kOwner, id, std::move(call));
    const auto answered = [&] {
      for (const ports::Event& e : listener_.events) {
        if (e.kind == ports::EventKind::RuntimeReply && e.id == id) return true;
      }
      return false;
    };
    EXPECT_TRUE(world_.run(answered));
    for (const ports::Event& e : listener_.events) {
      if (e.kind == ports::EventKind::RuntimeReply && e.id == id) return e;
    }
    return {};
  }
  static const ports::RuntimeResult& result(const ports::Event& event) {
    return std::get<ports::RuntimeResult>(*event.body);
  }
  static RuntimeCall call(RuntimeVerb verb) {
    RuntimeCall c;
    c.verb = verb;
    return c;
  }
  /// The pod whose containers are run; tests may change it first.
  static api::Pod make_pod() {
    api::Pod p;
    p.meta.name = "web-1";
    p.meta.namespace_name = "default";
    p.meta.uid = "uid-1";
    api::Container c;
    c.name = "app";
    c.image = "app:1";
    p.spec.containers.push_back(c);
    return p;
  }
  [[nodiscard]] std::shared_ptr<const api::Object> pod() const {
    return std::make_shared<const api::Object>(pod_);
  }
  std::string run_sandbox(std::uint32_t attempt = 0) {
    RuntimeCall c = call(RuntimeVerb::RunSandbox);
    c.pod = pod();
    c.attempt = attempt;
    return result(ask(c)).id;
  }
  std::string create(const std::string& sandbox) {
    RuntimeCall c = call(RuntimeVerb::CreateContainer);
    c.pod = pod();
    c.sandbox_id = sandbox;
    return result(ask(c)).id;
  }
  Outcome start(const std::string& container) {
    RuntimeCall c = call(RuntimeVerb::StartContainer);
    c.container_id = container;
    return ask(c).outcome;
  }
  ports::RuntimeResult list() { return result(ask(call(RuntimeVerb::List))); }

  api::Pod pod_ = make_pod();
  ports_suite::SimNodeWorld world_;
  RuntimeListener listener_;
  ports::CallId next_id_ = 0;
};

}  // namespace orrery::sim
