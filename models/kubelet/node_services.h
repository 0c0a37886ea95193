/// @file
/// What every part of one kubelet is handed: its identity, its ports and its numbers.
#pragma once

#include <string>

#include "models/base/random.h"
#include "models/kubelet/call_tag.h"
#include "models/kubelet/kubelet_config.h"
#include "models/ports/api_client.h"
#include "models/ports/container_runtime.h"
#include "models/ports/executor.h"
#include "models/ports/prober.h"

namespace orrery::kubelet {

/// The ports must outlive it.
struct NodeServices {
  ports::OwnerId owner{};
  std::string node_name;
  std::string address;
  Instant started_at;  ///< When this kubelet began.
  ports::Executor& executor;
  ports::ApiClient& api;
  ports::ContainerRuntime& runtime;
  ports::Prober& prober;
  Draws draws;
  KubeletConfig config;
  api::NodeResources allocatable;

  [[nodiscard]] Instant now() const { return executor.now(); }
  [[nodiscard]] ports::Timer timer(CallTag tag) const { return {executor, owner, encode(tag)}; }
  void call_runtime(CallTag tag, ports::RuntimeCall call) const {
    runtime.call(owner, encode(tag), std::move(call));
  }
  void call_api(CallTag tag, ports::ApiCall call) const {
    api.call(owner, encode(tag), std::move(call));
  }
};

}  // namespace orrery::kubelet
