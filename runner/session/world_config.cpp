#include "runner/session/world_config.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "models/api/object_patch.h"
#include "runner/session/actions.h"

namespace orrery::session {
namespace {

using scenario::Scenario;

/// Index of each service of the scenario, by name.
std::map<std::string, sim::ServiceIndex> service_indices(const Scenario& scenario) {
  std::map<std::string, sim::ServiceIndex> indices;
  for (const auto& [name, behaviour] : scenario.services) {
    const auto index = static_cast<sim::ServiceIndex>(indices.size());
    indices[name] = index;
  }
  return indices;
}

std::uint32_t operation_index(const Scenario& scenario, const std::string& service,
                              const std::string& operation) {
  const auto& operations = scenario.services.at(service).operations;
  if (operation.empty()) return 0;
  const auto found = std::find_if(operations.begin(), operations.end(),
                                  [&](const auto& o) { return o.name == operation; });
  expects(found != operations.end(), "the reader has resolved every operation");
  return static_cast<std::uint32_t>(found - operations.begin());
}

/// The Service as the manifests have it, and as the timeline makes it one time after another.
std::vector<api::Service> versions_of_service(const Scenario& scenario, const std::string& name) {
  std::vector<api::Service> versions;
  const auto take = [&](const api::Object& object) {
    const auto* service = std::get_if<api::Service>(&object);
    if (service == nullptr || service->meta.namespace_name + "/" + service->meta.name != name) {
      return;
    }
    versions.push_back(*service);
  };
  for (const api::ManifestObject& manifest : scenario.objects) take(manifest.object);
  for (const scenario::TimelineEntry& entry : scenario.timeline) {
    if (const auto* apply = std::get_if<scenario::ApplyAction>(&entry.action)) {
      for (const api::ManifestObject& manifest : apply->objects) take(manifest.object);
    }
    const auto* patch = std::get_if<scenario::PatchAction>(&entry.action);
    if (patch == nullptr || versions.empty()) continue;
    if (patch->target != api::key_of(versions.back())) continue;
    if (const auto after = api::patched(versions.back(), patch->merge)) take(*after);
  }
  return versions;
}

sim::ServiceModel service_model(const Scenario& scenario, const std::string& name,
                                const std::map<std::string, sim::ServiceIndex>& indices) {
  const scenario::ServiceBehaviour& behaviour = scenario.services.at(name);
  sim::ServiceModel model;
  model.name = name;
  const std::vector<api::Service> versions = versions_of_service(scenario, name);
  if (!versions.empty() && !versions.front().spec.ports.empty()) {
    model.port_name = versions.front().spec.ports.front().name;
  }
  model.concurrency = behaviour.concurrency;
  model.queue_max = behaviour.queue_max;
  model.drains_on_term = behaviour.drains_on_term;
  model.probes_share_threads = behaviour.probes_share_threads;
  model.server = behaviour.server;
  if (behaviour.leader) {
    model.leader = {behaviour.leader->election, behaviour.leader->acks,
                    behaviour.leader->replicate};
  }
  model.warm_up = {behaviour.warm_up.factor, behaviour.warm_up.lasts, behaviour.warm_up.requests};
  model.handshake = {behaviour.handshake.round_trips, behaviour.handshake.cpu};
  model.pauses = {behaviour.pauses.length, behaviour.pauses.every, behaviour.pauses.requests};
  for (const scenario::Operation& operation : behaviour.operations) {
    sim::OperationModel o;
    o.name = operation.name;
    o.cpu = operation.cpu;
    o.wait = operation.wait;
    o.error_probability = operation.error_probability;
    o.writes = operation.writes;
    for (const auto& step : operation.steps) {
      sim::CallStep s;
      for (const scenario::Call& call : step) {
        s.calls.push_back({.to = indices.at(call.to),
                           .operation = operation_index(scenario, call.to, call.operation),
                           .times = call.times,
                           .probability = call.probability,
                           .timeout = call.timeout,
                           .times_least = call.times_least,
                           .condition = static_cast<sim::CallCondition>(call.when),
                           .optional = call.optional,
                           .detached = !call.waits,
                           .request_bytes = call.request_bytes,
                           .answer_bytes = call.answer_bytes});
        if (call.cache) {
          s.calls.back().cache = {call.cache->hit_probability, call.cache->keys,
                                  call.cache->exponent,        call.cache->capacity,
                                  call.cache->time_to_live,    call.cache->single_flight};
        }
        if (call.undo) {
          s.calls.back().undo = {indices.at(call.undo->to),
                                 operation_index(scenario, call.undo->to, call.undo->operation)};
        }
      }
      o.steps.push_back(std::move(s));
    }
    model.operations.push_back(std::move(o));
  }
  return model;
}

void add_topics(const Scenario& scenario, const std::map<std::string, sim::ServiceIndex>& indices,
                sim::TrafficModel& model) {
  std::map<std::string, std::uint32_t> topics;
  for (const auto& [name, topic] : scenario.topics) {
    const auto index = static_cast<std::uint32_t>(topics.size());
    topics[name] = index;
  }
  for (const auto& [name, topic] : scenario.topics) {
    sim::TopicModel t;
    t.name = name;
    t.broker = indices.at(topic.broker);
    if (!topic.publish.empty()) {
      t.operation = operation_index(scenario, topic.broker, topic.publish);
    }
    t.partitions = topic.partitions;
    for (const auto& [service, group] : topic.groups) {
      t.groups.push_back({.service = indices.at(service),
                          .operation = operation_index(scenario, service, group.operation),
                          .consumers = group.consumers,
                          .taken = group.taken,
                          .retries = group.retries,
                          .backoff = group.backoff,
                          .dead_letters = group.dead_letters.empty()
                                              ? sim::kNoTopic
                                              : topics.at(group.dead_letters),
                          .timeout = group.timeout,
                          .session_timeout = group.session_timeout,
                          .rebalance = group.rebalance});
    }
    model.topics.push_back(std::move(t));
  }
}

sim::TrafficModel traffic_model(const Scenario& scenario) {
  const auto indices = service_indices(scenario);
  sim::TrafficModel model;
  for (const auto& [name, index] : indices) {
    model.services.push_back(service_model(scenario, name, indices));
  }
  std::map<std::string, std::uint32_t> journeys;
  for (const auto& [name, journey] : scenario.journeys) {
    journeys[name] = static_cast<std::uint32_t>(model.journeys.size());
    sim::JourneyModel j;
    j.name = name;
    j.timeout = journey.timeout;
    j.think = journey.think;
    for (const scenario::JourneyStep& step : journey.steps) {
      j.steps.push_back({.service = indices.at(step.service),
                         .operation = operation_index(scenario, step.service, step.operation),
                         .times = step.times,
                         .probability = step.probability});
    }
    model.journeys.push_back(std::move(j));
  }
  std::map<std::string, std::uint32_t> limits;
  for (const auto& [name, limit] : scenario.rate_limits) {
    limits[name] = static_cast<std::uint32_t>(model.shared_limits.size());
    model.shared_limits.push_back(
        {.service = indices.at(limit.service),
         .operation = operation_index(scenario, limit.service, limit.operation),
         .requests_per_unit = limit.requests,
         .unit = limit.unit});
  }
  for (const auto& [way, policy] : scenario.policies) {
    const auto& [from, to] = way;
    model.routes.push_back({.from = from.empty() ? sim::kClients : indices.at(from),
                            .to = indices.at(to),
                            .policy = policy});
    sim::RouteModel& route = model.routes.back();
    if (policy.shared_limit) route.shared_limit = limits.at(policy.shared_limit->name);
    if (policy.health && !policy.health->path.empty()) {
      route.checked_operation = operation_index(scenario, to, policy.health->path);
    }
    if (!policy.fallback_call) continue;
    const auto& [other, operation] = *policy.fallback_call;
    route.fallback = {.to = indices.at(other),
                      .operation = operation_index(scenario, other, operation)};
  }
  model.nodes_take_turns = scenario.cluster.ipvs;
  add_topics(scenario, indices, model);
  for (const scenario::Load& load : scenario.load) {
    sim::LoadModel l;
    l.rate_per_second = load.rate_per_second;
    for (const auto& [at, rate] : load.rates) l.rates.points.push_back({at, rate});
    l.rates.lines = load.rates_in_lines;
    l.rates.period = load.period;
    l.rates.offset = load.offset;
    l.users = load.users;
    l.think = load.think;
    l.ramp_up = load.ramp_up;
    l.from = load.from;
    l.until = load.until.value_or(Instant::never());
    for (const auto& [name, weight] : load.mix) l.mix.push_back({journeys.at(name), weight});
    l.population = load.population;
    l.population_zipf = load.population_zipf;
    model.load.push_back(std::move(l));
  }
  const scenario::Network& network = scenario.cluster.network;
  model.latency_same_node = network.same_node;
  model.latency_in_zone = network.in_zone;
  model.latency_between_zones = network.between_zones;
  model.bytes_per_second_in_zone = network.node_bytes_per_second;
  model.bytes_per_second_between_zones =
      std::min(network.node_bytes_per_second, network.zone_bytes_per_second);
  return model;
}

/// The place of a name that the reader has checked.
template <class Names>
std::size_t position_of(const std::string& name, const Names& names) {
  const auto found = std::find(names.begin(), names.end(), name);
  expects(found != names.end(), "the reader admits known plug-ins only");
  return static_cast<std::size_t>(found - names.begin());
}

scheduler::PluginSet plugin_set(const scenario::SchedulerSettings& settings) {
  scheduler::PluginSet plugins;
  for (const std::string& name : settings.filters_off) {
    plugins.filters.reset(position_of(name, scheduler::kFilterNames));
  }
  if (settings.scores) {
    plugins.weights = {};
    for (const auto& [name, weight] : *settings.scores) {
      plugins.weights[position_of(name, scheduler::kScoreNames)] = weight;
    }
  }
  if (!settings.scoring_type.empty()) {
    plugins.scoring.type = static_cast<scheduler::ScoringType>(
        position_of(settings.scoring_type, scheduler::kScoringNames));
  }
  if (!settings.resources.empty()) plugins.scoring.resources = settings.resources;
  for (const auto& [utilization, score] : settings.shape) {
    plugins.scoring.shape.push_back({utilization, score});
  }
  if (settings.takes_first) plugins.tie_break = scheduler::TieBreak::First;
  plugins.percentage_of_nodes_to_score = settings.percentage_of_nodes_to_score;
  plugins.preempts = settings.preempts;
  plugins.external_weight = settings.program_weight;
  return plugins;
}

controllers::ClusterAutoscalerConfig autoscaler_config(
    controllers::ClusterAutoscalerConfig config,
    const scenario::ClusterAutoscalerSettings& settings) {
  if (!settings.expander.empty()) {
    config.expander = static_cast<controllers::Expander>(
        position_of(settings.expander, controllers::kExpanderNames));
  }
  const auto set = [](const auto& from, auto& into) {
    if (from) into = *from;
  };
  set(settings.scan_interval, config.scan_interval);
  set(settings.new_pod_scale_up_delay, config.new_pod_scale_up_delay);
  set(settings.max_node_provision_time, config.max_node_provision_time);
  set(settings.nodes_total_max, config.nodes_total_max);
  set(settings.utilization_threshold, config.utilization_threshold);
  set(settings.unneeded_time, config.scale_down_unneeded_time);
  set(settings.unready_time, config.scale_down_unready_time);
  set(settings.delay_after_add, config.scale_down_delay_after_add);
  set(settings.delay_after_failure, config.scale_down_delay_after_failure);
  return config;
}

}  // namespace

sim::WorldConfig world_config(const Scenario& scenario, std::uint64_t seed) {
  sim::WorldConfig config;
  config.seed = seed;
  config.warmup = Instant::at(scenario.warmup);
  const auto profile = profile::profile_named(scenario.profile);
  expects(profile.has_value(), "the reader admits known profiles only");
  config.profile = *profile;
  config.profile.controllers.cron_job.epoch_seconds = scenario.start_time;
  // Nobody else reads metrics, so that other runs send nothing for them.
  config.profile.kubelet.reports_metrics =
      scenario::ever_has(scenario, api::Kind::HorizontalPodAutoscaler);
  config.shares_cores = scenario.cluster.shares_cores;
  config.has_network_policies = scenario::ever_has(scenario, api::Kind::NetworkPolicy);
  const scenario::Storage& storage = scenario.cluster.storage;
  config.profile.controllers.storage = {storage.provision, storage.remove, storage.resize,
                                        storage.attach, storage.detach};
  for (const auto& [name, settings] : scenario.schedulers) {
    config.profile.scheduler.profiles[name] = plugin_set(settings);
  }

  const scenario::Network& network = scenario.cluster.network;
  std::map<std::string, std::uint32_t> zones;
  for (const scenario::ClusterNode& node : scenario.cluster.nodes) {
    const auto zone =
        zones.emplace(node.zone, static_cast<std::uint32_t>(zones.size())).first->second;
    sim::WorldNode world_node;
    world_node.name = node.name;
    world_node.zone = zone;
    world_node.resources = {node.cpu_milli, node.memory_bytes, node.pods, node.extended};
    world_node.labels = scenario::labels_of(node);
    world_node.taints = node.taints;
    world_node.disk_bytes = node.disk_bytes;
    world_node.reserved_cpu_milli = node.reserved_cpu_milli;
    world_node.reserved_memory_bytes = node.reserved_memory_bytes;
    if (node.eviction_hard) {
      world_node.eviction_hard.emplace();
      for (const scenario::EvictionHard& hard : *node.eviction_hard) {
        const auto signal = kubelet::signal_named(hard.signal);
        expects(signal.has_value(), "the reader admits known signals only");
        world_node.eviction_hard->push_back({*signal, hard.amount, hard.percent});
      }
    }
    world_node.group = node.group;
    if (!node.group.empty()) world_node.labels[controllers::kNodeGroupLabel] = node.group;
    config.nodes.push_back(std::move(world_node));
    config.fabric.nodes.push_back({node.zone, network.node_bytes_per_second});
  }
  for (const scenario::NodeGroup& group : scenario.cluster.groups) {
    config.groups.push_back(
        {group.name, group.min, group.max, group.initial, group.start_time, group.priority});
  }
  config.profile.cluster_autoscaler =
      autoscaler_config(config.profile.cluster_autoscaler, scenario.cluster.autoscaler);
  config.fabric.zone_bytes_per_second = network.zone_bytes_per_second;
  config.fabric.registry_bytes_per_second = network.registry_bytes_per_second;
  config.fabric.latency_in_zone = network.in_zone;
  config.fabric.latency_between_zones = network.between_zones;
  config.fabric.latency_to_registry = network.between_zones;

  for (const auto& [name, image] : scenario.images) {
    sim::ImageModel model;
    for (std::size_t i = 0; i < image.layers.size(); ++i) {
      const scenario::Layer& layer = image.layers[i];
      model.layers.push_back(
          {layer.id.empty() ? name + "/" + std::to_string(i) : layer.id, layer.bytes});
    }
    model.on_nodes = image.on_nodes;
    model.missing = image.missing;
    model.start = image.start;
    model.process = {.runs_for = image.runs_for,
                     .exit_code = image.exit_code,
                     .ignores_term = image.ignores_term,
                     .unwell_after = image.unwell_after,
                     .unwell_for = image.unwell_for,
                     .error_probability = image.error_probability,
                     .memory = {image.memory.base, image.memory.per_second,
                                image.memory.per_request, image.memory.per_served},
                     .disk = {image.disk.base, image.disk.per_second, image.disk.volume}};
    config.images[name] = model;
  }
  config.traffic = traffic_model(scenario);
  for (sim::ServiceIndex i = 0; i < config.traffic.services.size(); ++i) {
    const sim::ServiceModel& model = config.traffic.services[i];
    for (const api::Service& service : versions_of_service(scenario, model.name)) {
      if (service.spec.selector.empty() || service.spec.ports.empty()) continue;
      config.bindings.push_back({.service = i,
                                 .namespace_name = service.meta.namespace_name,
                                 .selector = service.spec.selector,
                                 .target_port = service.spec.ports.front().target_port,
                                 .drains_on_term = model.drains_on_term});
    }
  }
  for (const auto& [name, metric] : scenario.metrics) {
    sim::MetricModel model;
    switch (metric.what) {
      case scenario::Metric::What::RequestRate:
        model.what = sim::MetricModel::What::RequestRate;
        break;
      case scenario::Metric::What::InFlight:
        model.what = sim::MetricModel::What::InFlight;
        break;
      case scenario::Metric::What::Queued:
        model.what = sim::MetricModel::What::Queued;
        break;
      case scenario::Metric::What::External:
        model.what = sim::MetricModel::What::External;
        break;
    }
    model.every = metric.every;
    model.over = metric.over;
    model.series = metric.series;
    config.metrics[name] = std::move(model);
  }
  const scenario::ControlPlane& control = scenario.cluster.control;
  config.replicas = control.replicas;
  config.api.store.members = control.stores;
  config.api.store.election_timeout = control.election_timeout;
  if (network.endpoint_delay) config.timings.endpoint_delay = *network.endpoint_delay;
  return config;
}

}  // namespace orrery::session
