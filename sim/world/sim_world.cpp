#include "sim/world/sim_world.h"

#include <algorithm>
#include <utility>

#include "models/controllers/cluster_autoscaler.h"
#include "models/discovery/policy_agent.h"
#include "sim/traffic/request_engine.h"

namespace orrery::sim {

const char* to_string(ControlPart part) {
  return part == ControlPart::Controllers ? "controller-manager" : "scheduler";
}

/// A process of the control plane. With several of a kind, the component exists while it leads.
struct SimWorld::Replica {
  ControlPart part{};
  std::size_t place = 0;
  ProcessId process{};
  SimApiClient client;
  std::unique_ptr<controllers::LeaderElector> elector;
  std::unique_ptr<controllers::ControllerManager> controllers;
  std::unique_ptr<scheduler::Scheduler> scheduler;

  [[nodiscard]] bool works() const { return controllers != nullptr || scheduler != nullptr; }
};

struct SimWorld::ProxyProcess {
  ProxyProcess(ProcessId id, ports::OwnerId owner, store::ClientId client_id, SimApi& api,
               Dispatcher& dispatcher, SimDataPlane& data_plane,
               const discovery::NodeProxyConfig& config)
      : process{id},
        client{api, client_id},
        component{owner, dispatcher, client, data_plane, config} {}

  ProcessId process;
  SimApiClient client;
  discovery::NodeProxy component;
};

struct SimWorld::PolicyProcess {
  PolicyProcess(ports::OwnerId owner, store::ClientId client_id, SimApi& api,
                Dispatcher& dispatcher, RequestEngine& engine)
      : client{api, client_id},
        filter{dispatcher, engine},
        component{owner, dispatcher, client, filter} {}

  SimApiClient client;
  SimNetworkFilter filter;
  discovery::PolicyAgent component;
};

struct SimWorld::KubeletProcess {
  KubeletProcess(ProcessId id, Dispatcher& dispatcher, SimApi& api, SimNode& node,
                 const WorldNode& spec, const WorldConfig& config)
      : process{id},
        client{api, api.connect(config.timings.node, "Node/" + spec.name)},
        owner{dispatcher.add_owner(id)},
        component{{owner, spec.name, spec.resources, spec.name},
                  dispatcher,
                  client,
                  node,
                  node,
                  Draws{config.seed},
                  kubelet_config(spec, config)} {}

  static kubelet::KubeletConfig kubelet_config(const WorldNode& spec, const WorldConfig& config) {
    kubelet::KubeletConfig kubelet = config.profile.kubelet;
    kubelet.node_labels = spec.labels;
    kubelet.node_taints = spec.taints;
    kubelet.reserved_cpu_milli = spec.reserved_cpu_milli;
    kubelet.reserved_memory_bytes = spec.reserved_memory_bytes;
    if (spec.eviction_hard) kubelet.eviction.hard = *spec.eviction_hard;
    return kubelet;
  }

  ProcessId process;
  SimApiClient client;
  ports::OwnerId owner;
  kubelet::Kubelet component;
};

/// A node and what runs on it. The node outlives its processes.
struct SimWorld::Host {
  WorldNode spec;
  std::unique_ptr<SimNode> node;
  std::unique_ptr<SimDataPlane> tables;
  std::unique_ptr<KubeletProcess> kubelet;
  std::unique_ptr<ProxyProcess> proxy;
};

namespace {

/// What the kubelets of the group's nodes would register.
controllers::NodeGroup node_group(const MachineGroup& group, const WorldConfig& config) {
  controllers::NodeGroup made{group.name, group.min, group.max, group.priority, {}};
  const auto spec = std::find_if(config.nodes.begin(), config.nodes.end(),
                                 [&](const WorldNode& node) { return node.group == group.name; });
  if (spec == config.nodes.end()) return made;
  kubelet::KubeletConfig kubelet = config.profile.kubelet;
  kubelet.reserved_cpu_milli = spec->reserved_cpu_milli;
  kubelet.reserved_memory_bytes = spec->reserved_memory_bytes;
  if (spec->eviction_hard) kubelet.eviction.hard = *spec->eviction_hard;
  made.node.meta.labels = spec->labels;
  made.node.spec.taints = spec->taints;
  made.node.status.capacity = spec->resources;
  made.node.status.allocatable = kubelet::allocatable_of(spec->resources, kubelet);
  return made;
}

}  // namespace

struct SimWorld::AutoscalerProcess {
  AutoscalerProcess(ProcessId id, ports::OwnerId owner, SimApi& api, SimCloud& machines,
                    Dispatcher& dispatcher, const WorldConfig& config)
      : process{id},
        client{api, api.connect(config.timings.control_plane, "cluster-autoscaler")},
        cloud{machines},
        component{owner,
                  dispatcher,
                  client,
                  cloud,
                  Draws{config.seed},
                  groups_of(config),
                  config.profile.scheduler.profiles,
                  config.profile.cluster_autoscaler,
                  config.profile.controllers.informer} {}

  static std::vector<controllers::NodeGroup> groups_of(const WorldConfig& config) {
    std::vector<controllers::NodeGroup> groups;
    for (const MachineGroup& group : config.groups) groups.push_back(node_group(group, config));
    return groups;
  }

  ProcessId process;
  SimApiClient client;
  SimCloudClient cloud;
  controllers::ClusterAutoscaler component;
};

SimWorld::SimWorld(WorldConfig config, recording::EventLog& log, WriteObserver* observer)
    : config_{std::move(config)}, log_{log}, dispatcher_{kernel_} {
  const auto node_count = static_cast<std::uint32_t>(config_.nodes.size());
  api_ = std::make_unique<SimApi>(kernel_, dispatcher_, log, config_.seed, observer, config_.api);
  expects(config_.replicas >= 1, "a control plane has at least one of each");
  replicas_.resize(std::size_t{2} * config_.replicas);
  engine_ = std::make_unique<RequestEngine>(kernel_, config_.traffic, Draws{config_.seed},
                                            node_count, dispatcher_.fingerprint());
  std::vector<std::string> services;
  for (const ServiceModel& service : config_.traffic.services) services.push_back(service.name);
  failures_ = std::make_unique<FailureLedger>(log_, services);
  engine_->explain_failures(*failures_, config_.warmup);
  const bool pulls = std::any_of(
      config_.images.begin(), config_.images.end(),
      [](const auto& image) { return !image.second.on_nodes && !image.second.missing; });
  if (pulls) {
    auto fabric = make_fabric(config_.fabric);
    expects(fabric.has_value(), "a scenario with image pulls is refused where flows cannot run");
    fabric_ = *std::move(fabric);
  }
  node_environment_ = std::make_unique<NodeEnvironment>(NodeEnvironment{
      .kernel = kernel_,
      .dispatcher = dispatcher_,
      .engine = *engine_,
      .log = log_,
      .fabric = fabric_.get(),
      .draws = Draws{config_.seed},
      .timings = config_.timings.runtime,
      .probe_latency = config_.timings.probe_latency,
      .counts_memory =
          std::any_of(config_.images.begin(), config_.images.end(),
                      [](const auto& image) { return image.second.process.memory.any(); }),
      .counts_volumes =
          std::any_of(config_.images.begin(), config_.images.end(),
                      [](const auto& image) { return !image.second.process.disk.volume.empty(); }),
      .shares_cores = config_.shares_cores,
      .images = config_.images,
      .services = config_.bindings,
      .operations = {},
      .probes = {},
      .container_events = {},
      .storage = {}});
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
    const NodeCapacity capacity{host->spec.resources.memory_bytes, host->spec.disk_bytes,
                                host->spec.resources.cpu_milli};
    host->node = std::make_unique<SimNode>(*node_environment_, host->spec.name, i, host->spec.zone,
                                           capacity);
    if (config_.shares_cores) engine_->share_cores(i, capacity.cores());
    host->tables = std::make_unique<SimDataPlane>(*table_environment_, i + 1);
    hosts_.push_back(std::move(host));
  }
  cloud_ = std::make_unique<SimCloud>(dispatcher_, *api_, Draws{config_.seed},
                                      config_.timings.cloud, config_.groups);
  std::map<std::string, std::int32_t> on;
  for (const MachineGroup& group : config_.groups) on[group.name] = group.initial;
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    const WorldNode& spec = hosts_[i]->spec;
    if (spec.group.empty()) continue;
    const bool is_on = on[spec.group]-- > 0;
    cloud_->add_host(i, spec.name, spec.group, is_on);
    if (!is_on) hosts_[i]->node->crash();
  }
  outside_tables_ = std::make_unique<SimDataPlane>(*table_environment_, kOutsideClients);
  if (config_.metrics.empty()) return;
  std::vector<const SimNode*> nodes;
  for (const auto& host : hosts_) nodes.push_back(host->node.get());
  meter_ =
      std::make_unique<PodMeter>(*engine_, std::move(nodes), std::move(services), config_.metrics);
  config_.profile.controllers.autoscaler.metrics = meter_.get();
}

SimWorld::~SimWorld() = default;

void SimWorld::start() {
  start_control_plane(0);
  for (const auto& host : hosts_) {
    if (host->node->crashed()) continue;
    start_kubelet_of(*host);
    start_proxy_of(*host);
  }
  outside_proxy_ = start_proxy("outside", *outside_tables_, nullptr);
  if (config_.has_network_policies) start_policy_agent();
  engine_->start();
}

// --- the control plane ---------------------------------------------------------------------------

std::size_t SimWorld::place_of(ControlPart part) const {
  return part == ControlPart::Controllers ? 0 : config_.replicas;
}

void SimWorld::begin_work(Replica& replica) {
  const ports::OwnerId owner = dispatcher_.add_owner(replica.process);
  if (replica.part == ControlPart::Controllers) {
    replica.controllers = std::make_unique<controllers::ControllerManager>(
        owner, dispatcher_, replica.client, config_.profile.controllers);
    dispatcher_.attach(owner, *replica.controllers);
    replica.controllers->start();
  } else {
    replica.scheduler = std::make_unique<scheduler::Scheduler>(
        owner, dispatcher_, replica.client, Draws{config_.seed}, config_.profile.scheduler);
    dispatcher_.attach(owner, *replica.scheduler);
    replica.scheduler->start();
  }
}

void SimWorld::start_replica(std::size_t place) {
  const ControlPart part =
      place < config_.replicas ? ControlPart::Controllers : ControlPart::Scheduler;
  const ProcessId process = dispatcher_.start_process();
  replicas_[place] = std::make_unique<Replica>(
      Replica{part, place, process,
              SimApiClient{*api_, api_->connect(config_.timings.control_plane, to_string(part))},
              nullptr, nullptr, nullptr});
  Replica& replica = *replicas_[place];
  if (config_.replicas == 1) {
    // Alone it has nobody to hold a lease against; but who cannot renew one in time ends and begins
    // anew, and knows nothing of the silence of an API server that it could not hear.
    api_->remind_of_silence(replica.client.client(), config_.profile.leader_election.renew_deadline,
                            static_cast<std::uint32_t>(place));
    begin_work(replica);
    return;
  }
  const ports::OwnerId owner = dispatcher_.add_owner(process);
  const auto changed = [this, place](bool leads) {
    if (leads) {
      begin_work(*replicas_[place]);
    } else {
      // It is its own elector that says so: it is ended in an event of its own.
      api_->remind(kernel_.now(), static_cast<std::uint32_t>(place));
    }
  };
  replica.elector = std::make_unique<controllers::LeaderElector>(
      controllers::LeaderElector::Candidate{
          owner, std::string{"kube-"} + to_string(part),
          std::string{to_string(part)} + "-" + std::to_string(++replicas_started_)},
      dispatcher_, replica.client, config_.profile.leader_election, changed);
  dispatcher_.attach(owner, *replica.elector);
  replica.elector->start();
}

void SimWorld::stop_replica(std::size_t place) {
  dispatcher_.kill_process(replicas_[place]->process);
  api_->disconnect(replicas_[place]->client.client());
  replicas_[place].reset();
}

void SimWorld::set_traffic_observer(TrafficObserver* observer) { engine_->set_observer(observer); }

void SimWorld::set_policy(std::uint32_t route, resilience::RoutePolicy policy, PolicyCauses causes,
                          Keeps keeps) {
  engine_->set_policy(route, std::move(policy), causes, keeps);
}

std::uint32_t SimWorld::add_edge_fault(EdgeFault fault) {
  return engine_->add_edge_fault(std::move(fault));
}

std::uint64_t SimWorld::remove_edge_fault(std::uint32_t handle) {
  return engine_->remove_edge_fault(handle);
}

std::optional<ServiceIndex> SimWorld::service_named(const std::string& name) const {
  const auto& services = config_.traffic.services;
  for (ServiceIndex i = 0; i < services.size(); ++i) {
    if (services[i].name == name) return i;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> SimWorld::node_named(const std::string& name) const {
  for (std::uint32_t i = 0; i < hosts_.size(); ++i) {
    if (hosts_[i]->spec.name == name) return i;
  }
  return std::nullopt;
}

bool SimWorld::start_control_plane(ports::CauseId cause) {
  if (api_runs_) return false;
  api_runs_ = true;
  dispatcher_.set_cause(cause);
  api_->come_up();
  for (std::size_t place = 0; place < replicas_.size(); ++place) {
    if (replicas_[place] == nullptr) start_replica(place);
  }
  if (!config_.groups.empty()) start_autoscaler();
  dispatcher_.set_cause(0);
  return true;
}

bool SimWorld::kill_control_plane() {
  if (!std::exchange(api_runs_, false)) return false;
  for (std::size_t place = 0; place < replicas_.size(); ++place) {
    if (replicas_[place] != nullptr) stop_replica(place);
  }
  if (autoscaler_ != nullptr) {
    dispatcher_.kill_process(autoscaler_->process);
    api_->disconnect(autoscaler_->client.client());
    autoscaler_.reset();
  }
  // As live, the API server is part of the process.
  api_->go_down();
  return true;
}

bool SimWorld::kill_control_part(ControlPart part) {
  std::optional<std::size_t> victim;
  for (std::size_t place = place_of(part); place < place_of(part) + config_.replicas; ++place) {
    if (replicas_[place] == nullptr) continue;
    if (!victim || replicas_[place]->works()) victim = place;
  }
  if (!victim) return false;
  stop_replica(*victim);
  return true;
}

bool SimWorld::start_control_part(ControlPart part, ports::CauseId cause) {
  bool started = false;
  dispatcher_.set_cause(cause);
  for (std::size_t place = place_of(part); place < place_of(part) + config_.replicas; ++place) {
    // With the API server's process gone, they come back with it.
    if (replicas_[place] != nullptr || !api_runs_) continue;
    start_replica(place);
    started = true;
  }
  dispatcher_.set_cause(0);
  return started;
}

bool SimWorld::crash_control_part(ControlPart part, std::uint32_t writes, Duration downtime) {
  if (!api_->is_connected(to_string(part))) return false;
  for (std::size_t place = place_of(part); place < place_of(part) + config_.replicas; ++place) {
    downtimes_[place] = downtime;
  }
  api_->crash_after(to_string(part), writes);
  return true;
}

void SimWorld::start_autoscaler() {
  const ProcessId process = dispatcher_.start_process();
  const ports::OwnerId owner = dispatcher_.add_owner(process);
  autoscaler_ =
      std::make_unique<AutoscalerProcess>(process, owner, *api_, *cloud_, dispatcher_, config_);
  dispatcher_.attach(owner, autoscaler_->component);
  autoscaler_->component.start();
}

void SimWorld::turn(std::size_t index, bool on) {
  Host& host = *hosts_[index];
  if (!on) {
    (void)crash_node(host.spec.name, 0);
    return;
  }
  // A new machine: nothing of what the last one was is left, nor what the cluster knew of it.
  ports::ApiCall forget;
  forget.verb = ports::Verb::Delete;
  forget.key = {api::Kind::Node, "", host.spec.name};
  (void)api_->call_now(forget, 0);
  host.node->replace();
  (void)restore_node(host.spec.name, 0);
}

void SimWorld::on_reminders() {
  for (const std::uint32_t place : api_->take_reminders()) {
    if (SimCloud::is_ours(place)) {
      if (const auto due = cloud_->take_due(place)) turn(due->host, due->on);
      continue;
    }
    // Who had lost the lease is ended first.
    if (replicas_[place] != nullptr) stop_replica(place);
    if (api_runs_) start_replica(place);
  }
  for (const store::ClientId client : api_->take_crashed()) {
    const auto replica = std::find_if(replicas_.begin(), replicas_.end(), [&](const auto& r) {
      return r != nullptr && r->client.client() == client;
    });
    if (replica == replicas_.end()) continue;
    const auto place = static_cast<std::size_t>(replica - replicas_.begin());
    stop_replica(place);
    api_->remind(kernel_.now() + downtimes_[place], static_cast<std::uint32_t>(place));
  }
}

// --- nodes ---------------------------------------------------------------------------------------

std::unique_ptr<SimWorld::ProxyProcess> SimWorld::start_proxy(std::string name,
                                                              SimDataPlane& data_plane,
                                                              const WorldNode* node) {
  const ProcessId process = dispatcher_.start_process();
  const ports::OwnerId owner = dispatcher_.add_owner(process);
  const store::ClientId client = api_->connect(config_.timings.node, std::move(name));
  discovery::NodeProxyConfig config = config_.profile.proxy;
  if (node != nullptr) {
    config.node_name = node->name;
    if (const auto zone = node->labels.find(controllers::kZoneLabel); zone != node->labels.end()) {
      config.zone = zone->second;
    }
  }
  auto proxy = std::make_unique<ProxyProcess>(process, owner, client, *api_, dispatcher_,
                                              data_plane, config);
  dispatcher_.attach(owner, proxy->component);
  proxy->component.start();
  return proxy;
}

void SimWorld::start_policy_agent() {
  const ports::OwnerId owner = dispatcher_.add_owner(dispatcher_.start_process());
  const store::ClientId client = api_->connect(config_.timings.node, "PolicyAgent");
  policy_agent_ = std::make_unique<PolicyProcess>(owner, client, *api_, dispatcher_, *engine_);
  dispatcher_.attach(owner, policy_agent_->component);
  policy_agent_->component.start();
}

void SimWorld::start_kubelet_of(Host& host) {
  const ProcessId process = dispatcher_.start_process();
  host.kubelet =
      std::make_unique<KubeletProcess>(process, dispatcher_, *api_, *host.node, host.spec, config_);
  dispatcher_.attach(host.kubelet->owner, host.kubelet->component);
  host.kubelet->component.start();
}

void SimWorld::start_proxy_of(Host& host) {
  host.tables->restart();
  host.proxy = start_proxy("Proxy/" + host.spec.name, *host.tables, &host.spec);
}

void SimWorld::stop_kubelet_of(Host& host) {
  if (host.kubelet == nullptr) return;
  dispatcher_.kill_process(host.kubelet->process);
  api_->disconnect(host.kubelet->client.client());
  host.kubelet.reset();
}

void SimWorld::stop_proxy_of(Host& host) {
  if (host.proxy == nullptr) return;
  dispatcher_.kill_process(host.proxy->process);
  api_->disconnect(host.proxy->client.client());
  host.proxy.reset();
}

SimWorld::Host* SimWorld::host_named(const std::string& name) {
  const auto host = std::find_if(hosts_.begin(), hosts_.end(),
                                 [&](const auto& h) { return h->spec.name == name; });
  return host == hosts_.end() ? nullptr : host->get();
}

bool SimWorld::kill_node_agent(const std::string& node, ports::CauseId cause) {
  Host* host = host_named(node);
  if (host == nullptr || (host->kubelet == nullptr && host->proxy == nullptr)) return false;
  stop_kubelet_of(*host);
  stop_proxy_of(*host);
  api_->set_silence(node, cause);
  return true;
}

bool SimWorld::start_node_agent(const std::string& node, ports::CauseId cause) {
  Host* host = host_named(node);
  if (host == nullptr || host->node->crashed()) return false;
  if (host->kubelet != nullptr && host->proxy != nullptr) return false;
  api_->set_silence(node, 0);
  dispatcher_.set_cause(cause);
  if (host->kubelet == nullptr) start_kubelet_of(*host);
  if (host->proxy == nullptr) start_proxy_of(*host);
  dispatcher_.set_cause(0);
  return true;
}

bool SimWorld::kill_kubelet(const std::string& node, ports::CauseId cause) {
  Host* host = host_named(node);
  if (host == nullptr || host->kubelet == nullptr) return false;
  stop_kubelet_of(*host);
  api_->set_silence(node, cause);
  return true;
}

bool SimWorld::start_kubelet(const std::string& node, ports::CauseId cause) {
  Host* host = host_named(node);
  if (host == nullptr || host->kubelet != nullptr || host->node->crashed()) return false;
  api_->set_silence(node, 0);
  dispatcher_.set_cause(cause);
  start_kubelet_of(*host);
  dispatcher_.set_cause(0);
  return true;
}

bool SimWorld::cut_node(const std::string& node, ports::CauseId cause) {
  if (host_named(node) == nullptr) return false;
  ApiFault cut;
  cut.cut = true;
  api_->set_fault("Node/" + node, cut);
  api_->set_fault("Proxy/" + node, cut);
  api_->set_silence(node, cause);
  return true;
}

void SimWorld::restore_connection(const std::string& node) {
  api_->set_silence(node, 0);
  api_->clear_fault("Node/" + node);
  api_->clear_fault("Proxy/" + node);
}

bool SimWorld::set_registry(std::optional<std::int64_t> bytes_per_second) {
  if (fabric_ == nullptr) return false;
  fabric_->set_up(kernel_.now(), kRegistryHost, bytes_per_second.has_value());
  if (bytes_per_second) fabric_->set_bandwidth(kernel_.now(), kRegistryHost, *bytes_per_second);
  return true;
}

template <class Act>
bool SimWorld::act_on(const api::Pod& pod, ports::CauseId cause, const Act& act) {
  Host* host = host_named(pod.spec.node_name);
  if (host == nullptr || host->node->crashed()) return false;
  dispatcher_.set_cause(cause);
  const bool hit = act(*host->node);
  dispatcher_.set_cause(0);
  return hit;
}

bool SimWorld::kill_container(const api::Pod& pod, const std::string& container,
                              ports::CauseId cause) {
  return act_on(pod, cause,
                [&](SimNode& node) { return node.kill_container(pod.meta.uid, container); });
}

api::ObjectPtr SimWorld::leader_of(const std::string& service) const {
  const std::optional<InstanceId> leader = engine_->leader(service_named(service).value());
  if (!leader) return nullptr;
  const std::string& address = engine_->spec(*leader).address;
  for (const api::ObjectPtr& object : api().objects_of(api::Kind::Pod)) {
    if (std::get<api::Pod>(*object).status.pod_ip == address) return object;
  }
  return nullptr;
}

void SimWorld::slow_leader(const std::string& service, Duration by, ports::CauseId cause) {
  engine_->slow_leader(service_named(service).value(), by, cause);
}

bool SimWorld::afflict(const api::Pod& pod, const std::string& container, Illness illness,
                       Duration lasts, ports::CauseId cause) {
  return act_on(pod, cause, [&](SimNode& node) {
    return node.afflict(pod.meta.uid, container, illness, lasts);
  });
}

bool SimWorld::strain(const api::Pod& pod, const std::string& container, const Strain& strain,
                      Duration lasts, ports::CauseId cause) {
  return act_on(pod, cause,
                [&](SimNode& node) { return node.strain(pod.meta.uid, container, strain, lasts); });
}

bool SimWorld::stop_world(const api::Pod& pod, const std::string& container, Duration lasts,
                          ports::CauseId cause) {
  return act_on(pod, cause,
                [&](SimNode& node) { return node.stop_world(pod.meta.uid, container, lasts); });
}

void SimWorld::put_image(const std::string& name, const ImageModel& image) {
  if (!node_environment_->images.emplace(name, image).second) return;
  for (const auto& host : hosts_) host->node->put_image(name);
}

bool SimWorld::set_disk_full(const std::string& node, bool full, ports::CauseId cause) {
  Host* host = host_named(node);
  if (host == nullptr || (full && host->node->crashed())) return false;
  host->node->set_disk_full(full, cause);
  return true;
}

bool SimWorld::cut_proxy(const std::string& node, ports::CauseId cause) {
  const bool outside = node == "clients";
  const Host* host = outside ? nullptr : host_named(node);
  if (outside ? outside_proxy_ == nullptr : host == nullptr || host->proxy == nullptr) return false;
  ApiFault cut;
  cut.cut = true;
  api_->set_fault(outside ? "outside" : "Proxy/" + node, cut);
  engine_->set_stale(outside ? kOutsideClients : host->node->index() + 1, cause);
  return true;
}

void SimWorld::restore_proxy(const std::string& node) {
  const bool outside = node == "clients";
  api_->clear_fault(outside ? "outside" : "Proxy/" + node);
  engine_->set_stale(outside ? kOutsideClients : *node_named(node) + 1, 0);
}

std::optional<DataId> SimWorld::data_at(const api::Pod& pod, const std::string& container,
                                        const std::string& path) const {
  for (const auto& host : hosts_) {
    if (host->spec.name != pod.spec.node_name || host->node->crashed()) continue;
    return host->node->data_at(pod.meta.uid, container, path);
  }
  return std::nullopt;
}

bool SimWorld::crash_node(const std::string& name, ports::CauseId cause) {
  Host* host = host_named(name);
  if (host == nullptr || host->node->crashed()) return false;
  dispatcher_.set_cause(cause);
  stop_kubelet_of(*host);
  stop_proxy_of(*host);
  host->node->crash();
  api_->set_silence(name, cause);
  if (fabric_ != nullptr) fabric_->set_up(kernel_.now(), host->node->index(), false);
  dispatcher_.set_cause(0);
  return true;
}

bool SimWorld::restore_node(const std::string& name, ports::CauseId cause) {
  Host* host = host_named(name);
  if (host == nullptr || !host->node->crashed()) return false;
  // A machine that was given back meanwhile does not return.
  if (!cloud_->is_on(host->node->index())) return false;
  host->node->restore();
  if (fabric_ != nullptr) fabric_->set_up(kernel_.now(), host->node->index(), true);
  return start_node_agent(name, cause);
}

void SimWorld::finish_flows() {
  for (const FlowResult& done : flows_done_) {
    const auto slot = static_cast<std::uint32_t>(done.tag);
    const RuntimeOperation operation = node_environment_->operations.take(slot);
    dispatcher_.set_cause(operation.cause);
    operation.node->on_pull_done(slot, operation, done.end == FlowEnd::Done);
    dispatcher_.set_cause(0);
  }
  flows_done_.clear();
}

void SimWorld::dispatch(KernelEvent event) {
  const bool handled = engine_->dispatch(event) || dispatcher_.dispatch(event) ||
                       api_->dispatch(event) || sim::dispatch(*node_environment_, event) ||
                       sim::dispatch(*table_environment_, event);
  expects(handled, "every event of the kernel has a handler");
  if (api_->has_notices()) on_reminders();
  if (engine_->has_notices()) tell_nodes();
}

void SimWorld::tell_nodes() {
  const auto node_of = [&](InstanceId instance) -> SimNode& {
    return *hosts_[engine_->spec(instance).node]->node;
  };
  for (const InstanceId instance : engine_->take_drained()) node_of(instance).on_drained(instance);
  for (const InstanceId instance : engine_->take_overloaded()) {
    node_of(instance).on_overload(instance);
  }
  for (const ProbeAnswer& answer : engine_->take_probe_answers()) {
    const PendingProbe probe = node_environment_->probes.take(answer.tag);
    dispatcher_.set_cause(probe.cause);
    probe.node->on_probe_served(probe, answer);
    dispatcher_.set_cause(0);
  }
  for (const BreakerNotice& notice : engine_->take_breaker_changes()) {
    log_.append(kernel_.now(), notice.cause, "breaker",
                "Service/" + config_.traffic.services[notice.to].name,
                caller_text(notice.from, notice.caller) + ": " + to_string(notice.change.to) +
                    ", " + to_string(notice.change.cause) + ", at " + to_string(notice.change.at));
  }
  for (const EjectionNotice& notice : engine_->take_ejections()) {
    using What = resilience::OutlierEvent::What;
    const What what = notice.event.what;
    const char* done = what == What::Ejected       ? "ejects "
                       : what == What::Returned    ? "takes back "
                       : what == What::NotEnforced ? "spares "
                                                   : "cannot eject any more, so keeps ";
    log_.append(kernel_.now(), notice.cause, "outlier",
                "Service/" + config_.traffic.services[notice.to].name,
                caller_text(notice.from, notice.caller) + " " + done + notice.address +
                    (notice.subset.empty() ? "" : " in subset " + notice.subset) + ", " +
                    to_string(notice.event.kind));
  }
  for (const OwnShareNotice& notice : engine_->take_own_shares()) {
    const std::string what =
        notice.share == kNoZone
            ? " sends its calls to all zones alike"
            : " keeps " + std::to_string(notice.share / 100) + "% of its calls in its zone";
    log_.append(kernel_.now(), 0, "zones", "Service/" + config_.traffic.services[notice.to].name,
                caller_text(notice.from, notice.caller) + what);
  }
}

std::string SimWorld::caller_text(ServiceIndex service, std::uint32_t instance) const {
  if (service == kClients) return "clients";
  return config_.traffic.services[service].name + " at " +
         engine_->spec(InstanceId{instance}).address;
}

void SimWorld::run_until(Instant end) {
  while (true) {
    const Instant own = kernel_.next_time();
    const Instant flow = fabric_ == nullptr ? Instant::never() : fabric_->next();
    if (meter_ != nullptr) meter_->look_until(std::min({own, flow, end}));
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
