#include "models/recording/recorded_process.h"

#include <algorithm>
#include <utility>

#include "models/controllers/controller_manager.h"
#include "models/discovery/node_proxy.h"
#include "models/kubelet/kubelet.h"
#include "models/profile/profile.h"
#include "models/scheduler/scheduler.h"

namespace orrery::recording {

RecordedProcess::RecordedProcess(const PortSet& ports, RecordSink& sink)
    : sink_{sink},
      executor_{ports.executor, sink},
      api_{ports.api, sink},
      runtime_{ports.runtime, sink},
      prober_{ports.prober, sink},
      data_plane_{ports.data_plane, sink},
      recorded_{executor_, api_, runtime_, prober_, data_plane_} {}

void RecordedProcess::add(ports::OwnerId owner, std::unique_ptr<ports::Component> component,
                          std::function<void()> start) {
  expects(this->component(owner) == nullptr, "a component is added once");
  auto recorded = std::make_unique<RecordedComponent>(*component, executor_, sink_);
  parts_.push_back({owner, std::move(component), std::move(start), std::move(recorded)});
}

std::vector<ports::OwnerId> RecordedProcess::owners() const {
  std::vector<ports::OwnerId> all;
  for (const Part& part : parts_) all.push_back(part.owner);
  return all;
}

void RecordedProcess::start(ports::OwnerId owner) {
  const auto part =
      std::find_if(parts_.begin(), parts_.end(), [&](const Part& p) { return p.owner == owner; });
  expects(part != parts_.end(), "a component is added before it is started");
  record_start(sink_, executor_.now(), owner);
  part->start();
}

ports::Component* RecordedProcess::component(ports::OwnerId owner) {
  const auto part =
      std::find_if(parts_.begin(), parts_.end(), [&](const Part& p) { return p.owner == owner; });
  return part == parts_.end() ? nullptr : part->recorded.get();
}

namespace {

/// Adds a component that has `start()`.
template <class T>
void add(RecordedProcess& process, ports::OwnerId owner, std::unique_ptr<T> component) {
  T& started = *component;
  process.add(owner, std::move(component), [&started] { started.start(); });
}

}  // namespace

Result<void> add_components(RecordedProcess& process, const RecordHeader& header) {
  const auto profile = profile::profile_named(header.profile);
  if (!profile) {
    return failure("there is no profile " + header.profile, "the profile is part of the scenario");
  }
  const PortSet& ports = process.ports();
  if (header.role == ProcessRole::ControlPlane) {
    controllers::ControllerManagerConfig controllers = profile->controllers;
    controllers.cron_job.epoch_seconds = header.calendar_start_seconds;
    add(process, kControllerManager,
        std::make_unique<controllers::ControllerManager>(kControllerManager, ports.executor,
                                                         ports.api, controllers));
    add(process, kScheduler,
        std::make_unique<scheduler::Scheduler>(kScheduler, ports.executor, ports.api,
                                               Draws{header.seed}, profile->scheduler));
    return {};
  }
  kubelet::KubeletConfig kubelet = profile->kubelet;
  kubelet.node_labels = header.node_labels;
  kubelet.node_taints = header.node_taints;
  kubelet.reports_metrics = header.reports_metrics;
  add(process, kKubelet,
      std::make_unique<kubelet::Kubelet>(
          kubelet::NodeIdentity{kKubelet, header.node_name, header.node_resources,
                                header.node_address},
          ports.executor, ports.api, ports.runtime, ports.prober, Draws{header.seed},
          std::move(kubelet)));
  discovery::NodeProxyConfig proxy = profile->proxy;
  proxy.node_name = header.node_name;
  if (const auto zone = header.node_labels.find(controllers::kZoneLabel);
      zone != header.node_labels.end()) {
    proxy.zone = zone->second;
  }
  add(process, kNodeProxy,
      std::make_unique<discovery::NodeProxy>(kNodeProxy, ports.executor, ports.api,
                                             ports.data_plane, proxy));
  return {};
}

}  // namespace orrery::recording
