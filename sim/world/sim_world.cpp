#include "sim/world/sim_world.h"

#include <algorithm>
#include <utility>

namespace orrery::sim {

/// Controllers and scheduler: one process, as a live control plane is.
struct SimWorld::ControlPlane {
  ControlPlane(ProcessId id, Dispatcher& dispatcher, SimApi& api, const WorldConfig& config)
      : process{id},
        client{api, api.connect(config.timings.control_plane)},
        controllers_owner{dispatcher.add_owner(id)},
        scheduler_owner{dispatcher.add_owner(id)},
        controllers{controllers_owner, dispatcher, client, config.profile.controllers},
        scheduler{scheduler_owner, dispatcher, client, Draws{config.seed},
                  config.profile.scheduler} {}

  ProcessId process;
  SimApiClient client;
  ports::OwnerId controllers_owner;
  ports::OwnerId scheduler_owner;
  controllers::ControllerManager controllers;
  scheduler::Scheduler scheduler;
};

struct SimWorld::Proxy {
  Proxy(ports::OwnerId owner, Dispatcher& dispatcher, SimApiClient& client,
        SimDataPlane& data_plane, const WorldConfig& config)
      : component{owner, dispatcher, client, data_plane, config.profile.proxy} {}

  discovery::NodeProxy component;
};

/// The kubelet and the proxy of one node: one process, as a live node agent is.
struct SimWorld::NodeAgent {
  NodeAgent(ProcessId id, Dispatcher& dispatcher, SimApi& api, SimNode& node, const WorldNode& spec,
            const WorldConfig& config)
      : process{id},
        client{api, api.connect(config.timings.node)},
        kubelet_owner{dispatcher.add_owner(id)},
        kubelet{{kubelet_owner, spec.name, spec.resources, spec.name},
                dispatcher,
                client,
                node,
                node,
                Draws{config.seed},
                kubelet_config(spec, config)} {}

  static kubelet::KubeletConfig kubelet_config(const WorldNode& spec, const WorldConfig& config) {
    kubelet::KubeletConfig kubelet = config.profile.kubelet;
    kubelet.node_labels = spec.labels;
    return kubelet;
  }

  ProcessId process;
  SimApiClient client;
  ports::OwnerId kubelet_owner;
  kubelet::Kubelet kubelet;
  std::unique_ptr<Proxy> proxy;
};

/// A node and what runs on it. The node outlives its agents.
struct SimWorld::Host {
  WorldNode spec;
  std::unique_ptr<SimNode> node;
  std::unique_ptr<SimDataPlane> tables;
  std::unique_ptr<NodeAgent> agent;
};

SimWorld::SimWorld(WorldConfig config, recording::EventLog& log, WriteObserver* observer)
    : config_{std::move(config)}, dispatcher_{kernel_} {
  const auto node_count = static_cast<std::uint32_t>(config_.nodes.size());
  api_ = std::make_unique<SimApi>(kernel_, dispatcher_, log, config_.seed, observer);
  engine_ = std::make_unique<RequestEngine>(kernel_, config_.traffic, Draws{config_.seed},
                                            node_count, dispatcher_.fingerprint());
  const bool pulls = std::any_of(config_.images.begin(), config_.images.end(),
                                 [](const auto& image) { return !image.second.on_nodes; });
  if (pulls) {
    auto fabric = make_fabric(config_.fabric);
    expects(fabric.has_value(), "a scenario with image pulls is refused where flows cannot run");
    fabric_ = *std::move(fabric);
  }
  node_environment_ = std::make_unique<NodeEnvironment>(
      NodeEnvironment{.kernel = kernel_,
                      .dispatcher = dispatcher_,
                      .engine = *engine_,
                      .fabric = fabric_.get(),
                      .draws = Draws{config_.seed},
                      .timings = config_.timings.runtime,
                      .probe_latency = config_.timings.probe_latency,
                      .images = config_.images,
                      .services = config_.bindings,
                      .operations = {},
                      .probes = {},
                      .container_events = {}});
  table_environment_ =
      std::make_unique<TableEnvironment>(TableEnvironment{.kernel = kernel_,
                                                          .dispatcher = dispatcher_,
                                                          .engine = *engine_,
                                                          .delay = config_.timings.endpoint_delay,
                                                          .services = {},
                                                          .pending = {}});
  for (ServiceIndex i = 0; i < config_.traffic.services.size(); ++i) {
    const ServiceModel& service = config_.traffic.services[i];
    table_environment_->services[{service.name, service.port_name}] = i;
  }
  for (std::uint32_t i = 0; i < node_count; ++i) {
    auto host = std::make_unique<Host>();
    host->spec = config_.nodes[i];
    host->node = std::make_unique<SimNode>(*node_environment_, host->spec.name, i, host->spec.zone);
    host->tables = std::make_unique<SimDataPlane>(*table_environment_, i + 1);
    hosts_.push_back(std::move(host));
  }
  outside_tables_ = std::make_unique<SimDataPlane>(*table_environment_, kOutsideClients);
}

SimWorld::~SimWorld() = default;

void SimWorld::start() {
  start_control_plane(0);
  for (const auto& host : hosts_) start_agent(*host);
  const ProcessId outside = dispatcher_.start_process();
  outside_client_ = std::make_unique<SimApiClient>(*api_, api_->connect(config_.timings.node));
  outside_proxy_ = start_proxy(outside, *outside_client_, *outside_tables_);
  engine_->start();
}

std::unique_ptr<SimWorld::Proxy> SimWorld::start_proxy(ProcessId process, SimApiClient& client,
                                                       SimDataPlane& data_plane) {
  const ports::OwnerId owner = dispatcher_.add_owner(process);
  auto proxy = std::make_unique<Proxy>(owner, dispatcher_, client, data_plane, config_);
  dispatcher_.attach(owner, proxy->component);
  proxy->component.start();
  return proxy;
}

bool SimWorld::start_control_plane(ports::CauseId cause) {
  if (control_plane_ != nullptr) return false;
  dispatcher_.set_cause(cause);
  api_->come_up();
  const ProcessId process = dispatcher_.start_process();
  control_plane_ = std::make_unique<ControlPlane>(process, dispatcher_, *api_, config_);
  dispatcher_.attach(control_plane_->controllers_owner, control_plane_->controllers);
  dispatcher_.attach(control_plane_->scheduler_owner, control_plane_->scheduler);
  control_plane_->controllers.start();
  control_plane_->scheduler.start();
  dispatcher_.set_cause(0);
  return true;
}

bool SimWorld::kill_control_plane() {
  if (control_plane_ == nullptr) return false;
  dispatcher_.kill_process(control_plane_->process);
  api_->disconnect(control_plane_->client.client());
  control_plane_.reset();
  // As live, the API server is part of the process.
  api_->go_down();
  return true;
}

void SimWorld::start_agent(Host& host) {
  const ProcessId process = dispatcher_.start_process();
  host.agent =
      std::make_unique<NodeAgent>(process, dispatcher_, *api_, *host.node, host.spec, config_);
  dispatcher_.attach(host.agent->kubelet_owner, host.agent->kubelet);
  host.agent->kubelet.start();
  host.tables->restart();
  host.agent->proxy = start_proxy(process, host.agent->client, *host.tables);
}

void SimWorld::stop_agent(Host& host) {
  dispatcher_.kill_process(host.agent->process);
  api_->disconnect(host.agent->client.client());
  host.agent.reset();
}

SimWorld::Host* SimWorld::host_named(const std::string& name) {
  const auto host = std::find_if(hosts_.begin(), hosts_.end(),
                                 [&](const auto& h) { return h->spec.name == name; });
  return host == hosts_.end() ? nullptr : host->get();
}

bool SimWorld::kill_node_agent(const std::string& node) {
  Host* host = host_named(node);
  if (host == nullptr || host->agent == nullptr) return false;
  stop_agent(*host);
  return true;
}

bool SimWorld::start_node_agent(const std::string& node, ports::CauseId cause) {
  Host* host = host_named(node);
  if (host == nullptr || host->agent != nullptr || host->node->crashed()) return false;
  dispatcher_.set_cause(cause);
  start_agent(*host);
  dispatcher_.set_cause(0);
  return true;
}

bool SimWorld::kill_container(const api::Pod& pod, const std::string& container,
                              ports::CauseId cause) {
  Host* host = host_named(pod.spec.node_name);
  if (host == nullptr || host->node->crashed()) return false;
  dispatcher_.set_cause(cause);
  const bool hit = host->node->kill_container(pod.meta.uid, container);
  dispatcher_.set_cause(0);
  return hit;
}

bool SimWorld::crash_node(const std::string& name, ports::CauseId cause) {
  Host* host = host_named(name);
  if (host == nullptr || host->node->crashed()) return false;
  dispatcher_.set_cause(cause);
  if (host->agent != nullptr) stop_agent(*host);
  host->node->crash();
  if (fabric_ != nullptr) fabric_->set_up(kernel_.now(), host->node->index(), false);
  dispatcher_.set_cause(0);
  return true;
}

bool SimWorld::restore_node(const std::string& name, ports::CauseId cause) {
  Host* host = host_named(name);
  if (host == nullptr || !host->node->crashed()) return false;
  host->node->restore();
  if (fabric_ != nullptr) fabric_->set_up(kernel_.now(), host->node->index(), true);
  return start_node_agent(name, cause);
}

void SimWorld::finish_flows() {
  for (const FlowResult& done : flows_done_) {
    const RuntimeOperation operation =
        node_environment_->operations.take(static_cast<std::uint32_t>(done.tag));
    dispatcher_.set_cause(operation.cause);
    operation.node->on_pull_done(operation, done.end == FlowEnd::Done);
    dispatcher_.set_cause(0);
  }
  flows_done_.clear();
}

void SimWorld::dispatch(KernelEvent event) {
  if (engine_->dispatch(event)) {
    for (const InstanceId instance : engine_->take_drained()) {
      hosts_[engine_->spec(instance).node]->node->on_drained(instance);
    }
    return;
  }
  const bool handled = dispatcher_.dispatch(event) || api_->dispatch(event) ||
                       sim::dispatch(*node_environment_, event) ||
                       sim::dispatch(*table_environment_, event);
  expects(handled, "every event of the kernel has a handler");
  for (const InstanceId instance : engine_->take_drained()) {
    hosts_[engine_->spec(instance).node]->node->on_drained(instance);
  }
}

void SimWorld::run_until(Instant end) {
  while (true) {
    const Instant own = kernel_.next_time();
    const Instant flow = fabric_ == nullptr ? Instant::never() : fabric_->next();
    if (std::min(own, flow) > end) break;
    if (flow <= own) {
      kernel_.advance_to(std::max(kernel_.now(), flow));
      fabric_->advance(flow, flows_done_);
      finish_flows();
      continue;
    }
    KernelEvent event;
    if (kernel_.pop(end, event)) dispatch(event);
  }
  kernel_.advance_to(end);
}

}  // namespace orrery::sim
