/// @file
/// An API server with nobody around it, and objects to put into it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "models/store/api_server.h"

namespace orrery::store {

/// What came of one call.
struct Came {
  ports::Outcome outcome = ports::Outcome::Ok;
  api::ObjectPtr object;
  std::string message;
  Handled handled;
};

struct StoreWorld {
  ApiServer server{1};
  Instant now = Instant::at(Duration::seconds(5));

  Came call(const ports::ApiCall& call) {
    Came came;
    came.handled = server.handle(ClientId{1}, ports::OwnerId{7}, 1, call, now, 0);
    const ports::Event& reply = came.handled.deliveries.front().event;
    came.outcome = reply.outcome;
    if (reply.body != nullptr) {
      const auto& body = std::get<ports::ApiObject>(*reply.body);
      came.object = body.object;
      came.message = body.message;
    }
    return came;
  }
  Came create(api::Object object) {
    ports::ApiCall c;
    c.verb = ports::Verb::Create;
    c.key = api::key_of(object);
    c.object = std::make_shared<const api::Object>(std::move(object));
    return call(c);
  }
  Came write(ports::Verb verb, api::Object object) {
    ports::ApiCall c;
    c.verb = verb;
    c.key = api::key_of(object);
    c.object = std::make_shared<const api::Object>(std::move(object));
    return call(c);
  }
  Came remove(const api::ObjectKey& key,
              ports::Propagation propagation = ports::Propagation::Default) {
    ports::ApiCall c;
    c.verb = ports::Verb::Delete;
    c.key = key;
    c.propagation = propagation;
    return call(c);
  }
  template <class T>
  [[nodiscard]] T stored(const api::ObjectKey& key) const {
    return std::get<T>(*server.find(key));
  }
};

inline api::Pod pod_named(const std::string& name, const std::string& namespace_name = "default") {
  api::Pod pod;
  pod.meta.name = name;
  pod.meta.namespace_name = namespace_name;
  pod.spec.containers.emplace_back().name = "c";
  pod.spec.containers.back().image = "app:1";
  return pod;
}
inline api::ObjectKey pod_key(const std::string& name) { return {api::Kind::Pod, "default", name}; }

}  // namespace orrery::store
