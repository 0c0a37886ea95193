#include "sim/traffic/request_engine.h"

#include <algorithm>

#include "sim/traffic/traffic_events.h"

namespace orrery::sim {
namespace {

/// Of each of so many users, the probability that one of those up to it comes.
std::vector<double> popularity(std::uint32_t users, double zipf) {
  expects(zipf >= 0, "an exponent of popularity is not negative");
  std::vector<double> sums;
  double sum = 0;
  for (std::uint32_t user = 1; user <= users; ++user) {
    sum += portable_exp(-zipf * portable_log(static_cast<double>(user)));
    sums.push_back(sum);
  }
  for (double& part : sums) part /= sum;
  return sums;
}

std::vector<RequestSeries> empty_series(std::size_t count, const TrafficModel& model) {
  std::vector<RequestSeries> series;
  series.reserve(count);
  while (series.size() < count) series.emplace_back(model.sample_interval, model.measure_from);
  return series;
}

}  // namespace

RequestEngine::RequestEngine(Kernel& kernel, TrafficModel model, Draws draws,
                             std::uint32_t node_count, Fingerprint& fingerprint)
    : kernel_{kernel},
      fingerprint_{fingerprint},
      model_{std::move(model)},
      program_{compile(model_)},
      service_count_{model_.services.size()},
      draws_{draws},
      latency_{model_.latency_same_node, model_.latency_in_zone, model_.latency_between_zones} {
  for (const Duration latency : latency_) {
    expects(latency >= Duration{}, "a way takes no negative time");
  }
  expects(model_.connect_timeout > Duration{}, "a connect timeout is positive");
  services_ = empty_series(model_.services.size(), model_);
  lacks_.resize(model_.services.size());
  shrunk_tables_.assign(model_.services.size(), 0);
  service_loads_.resize(model_.services.size());
  journey_steps_ = empty_series(model_.journeys.size(), model_);
  journeys_ = empty_series(model_.journeys.size(), model_);
  last_endpoints_.assign(model_.services.size(), std::make_shared<const Endpoints>());
  tables_.resize((std::size_t{node_count} + 1) * model_.services.size());
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    tables_[i].endpoints = last_endpoints_[i % model_.services.size()];
    endpoints_.push_back(tables_[i].endpoints.get());
  }
  agreeing_.assign(model_.services.size(), std::size_t{node_count} + 1);
  for (const auto& endpoints : last_endpoints_) same_endpoints_.push_back(endpoints.get());
  next_gauge_ = Instant::at(model_.sample_interval);
  route_counts_.resize(model_.routes.size());
  for (const CacheModel& cache : program_.caches) {
    popularity_.emplace_back();
    if (cache.keys > 0) popularity_.back().emplace(cache.keys, cache.exponent);
  }
  for (const RouteModel& route : model_.routes) {
    policies_.push_back(&route.policy);
    clusters_most_ = std::max(clusters_most_, route.policy.split.size());
    has_threads_ = has_threads_ || route.policy.thread_pool.has_value();
    has_rare_policies_ = has_rare_policies_ || has_rare(route.policy);
  }
  for (const SharedLimitModel& limit : model_.shared_limits) {
    shared_limits_.emplace_back(limit.requests_per_unit, limit.unit);
  }
  if (model_.nodes_take_turns) turns_.resize(tables_.size());
  (void)add_routes(kNone, kNoZone);
  for (const ServiceModel& service : model_.services) {
    expects(service.concurrency >= 1, "a pod works on at least one request");
    has_gates_ = has_gates_ || !service.server.is_plain();
    has_paces_ = has_paces_ || service.warm_up.factor > 1 || service.pauses.length > Duration{};
    has_handshakes_ =
        has_handshakes_ || service.handshake.round_trips > 0 || service.handshake.cpu > Duration{};
  }
  add_topics();
  add_leaders();
  for (const JourneyModel& journey : model_.journeys) {
    users_think_ = users_think_ || !(journey.think == Distribution{});
  }
  for (const LoadModel& load : model_.load) {
    Load state;
    expects(load.rate_per_second >= 0, "an arrival rate is not negative");
    if (load.rate_per_second > 0) state.seconds_per_arrival = 1.0 / load.rate_per_second;
    if (!load.rates.points.empty()) state.rate.emplace(load.rates);
    for (const LoadModel::Share& share : load.mix) {
      expects(share.journey < model_.journeys.size(), "a load's journey exists");
      expects(share.weight >= 0, "a weight is not negative");
      state.weights.push_back(state.weight_sum() + share.weight);
    }
    for (std::uint32_t user = 0; user < load.users && state.weight_sum() > 0; ++user) {
      users_.push_back({static_cast<std::uint32_t>(loads_.size()), user});
    }
    state.population = popularity(load.population, load.population_zipf);
    loads_.push_back(std::move(state));
  }
  expects(loads_.size() + users_.size() < (1U << 27), "a user fits a kernel event");
  note_features();
}

// --- Pods ---------------------------------------------------------------------------------------

InstanceId RequestEngine::add_instance(InstanceSpec spec, ports::CauseId cause) {
  expects(spec.service < model_.services.size(), "an instance serves a service of the model");
  expects((std::size_t{spec.node} + 2) * model_.services.size() <= tables_.size(),
          "an instance runs on one of the nodes");
  const ServiceModel& service = model_.services[spec.service];
  Instance instance;
  instance.service = spec.service;
  instance.node = spec.node;
  expects(spec.zone < Instance::kNowhere || spec.zone == kNoZone, "a zone's number fits 16 bits");
  instance.zone = spec.zone == kNoZone ? Instance::kNowhere : static_cast<std::uint16_t>(spec.zone);
  instance_addresses_.push_back(address_index(spec.address, spec.port));
  instance.concurrency = service.concurrency;
  instance.queue_max = service.queue_max;
  instance.drains = service.drains_on_term;
  instance.cpu_group = spec.cpu_group;
  instance.flawed = spec.error_probability > 0;
  expects(spec.cpu_group == kNone || spec.cpu_group < cpu_groups_.size(),
          "an instance's CPU group was added");
  instance.first_route = add_routes(spec.service, spec.zone);
  const auto index = static_cast<std::uint32_t>(instances_.size());
  addresses_[instance_addresses_.back()] = index;
  instances_.push_back(instance);
  if (has_gates_) {
    gates_.emplace_back(service.server, service.queue_max, kernel_.now(),
                        draws_.bits(Purpose::Admission, address_key(spec.address)));
  }
  if (instance.flawed) flaws_[index].fails_below = threshold(spec.error_probability);
  if (has_paces_) paces_.emplace_back(service.warm_up, service.pauses, kernel_.now(), 0.0);
  for (std::uint32_t topic = 0; topic < brokers_.size(); ++topic) {
    if (model_.topics[topic].broker == spec.service) brokers_[topic].push_back(index);
  }
  if (!spec.unprobed_pod.empty()) unprobed_starts_[index].since = kernel_.now();
  specs_.push_back(std::move(spec));
  if (!checked_routes_.empty()) {
    enter();
    begin_checks_of(index);
  }
  instance_causes_.push_back({static_cast<RecordId>(cause), 0});
  return InstanceId{index};
}

void RequestEngine::set_listening(InstanceId id, bool listens) {
  enter();
  Instance& instance = instances_[index_of(id)];
  expects(instance.state == InstanceState::Starting || instance.state == InstanceState::Listening,
          "only a running process listens");
  const bool changes = listens == (instance.state == InstanceState::Starting);
  if (has_paces_ && listens && changes) begin_pace(index_of(id));
  instance.state = listens ? InstanceState::Listening : InstanceState::Starting;
  if (!changes) return;
  if (listens) unprobed_starts_.erase(index_of(id));
  if (has_topics_) {
    if (listens) {
      join_groups(index_of(id));
    } else {
      leave_groups(index_of(id), Departure::Told);
    }
    drain_work();
  }
  if (has_leaders_) {
    if (listens) {
      stand_for_election(index_of(id));
    } else {
      end_lead(index_of(id));
    }
  }
}

std::uint32_t RequestEngine::add_cpu_group(Duration quota, std::uint32_t cores) {
  const auto index = static_cast<std::uint32_t>(cpu_groups_.size());
  cpu_groups_.push_back(
      {CpuGroup{quota, cores, kernel_.now()}, kernel_.create_timer({kWork, index})});
  return index;
}

void RequestEngine::set_failing(InstanceId id, bool fails, ports::CauseId cause) {
  const std::uint32_t index = index_of(id);
  if (instances_[index].failing == fails) return;
  instances_[index].failing = fails;
  instance_causes_[index].illness = fails ? static_cast<RecordId>(cause) : 0;
  holders_at_ = Instant::never();
}

void RequestEngine::set_hanging(InstanceId id, bool hangs, ports::CauseId cause) {
  enter();
  const std::uint32_t index = index_of(id);
  if (instances_[index].hanging == hangs) return;
  instances_[index].hanging = hangs;
  const RecordId held_by =
      std::exchange(instance_causes_[index].illness, hangs ? static_cast<RecordId>(cause) : 0);
  holders_at_ = Instant::never();
  if (hangs) return;
  // Rare, so the slab is searched, as for a process that ends.
  std::vector<std::uint32_t> held;
  for (std::uint32_t i = 0; i < calls_.slot_count(); ++i) {
    if (calls_[i].held && calls_[i].instance == index) held.push_back(i);
  }
  for (const std::uint32_t i : held) {
    calls_[i].held = false;
    if (calls_[i].cause == 0) calls_[i].cause = held_by;
    begin_work(i);
  }
}

void RequestEngine::set_busy_watch(InstanceId id, std::uint32_t busy_max) {
  instances_[index_of(id)].busy_max = busy_max;
}

void RequestEngine::set_served_watch(InstanceId id, std::uint32_t served_max) {
  instances_[index_of(id)].served_max = served_max;
}

bool RequestEngine::probes_share_threads(InstanceId id) const {
  return model_.services[instances_[index_of(id)].service].probes_share_threads;
}

void RequestEngine::serve_probe(InstanceId id, std::uint32_t tag, Instant deadline) {
  enter();
  const std::uint32_t index = allocate_call();
  Call& call = calls_[index];
  call.key = mix64((std::uint64_t{1} << 32) + tag);
  call.start_ns = now_.count_ns();
  call.site = program_.probe_site;
  call.instance = index_of(id);
  call.repetition = tag;
  call.probe = true;
  call.phase = CallPhase::Outbound;
  arm_timer(index, std::max(deadline, now_));
  at_once_.add(index);  // It has arrived.
  drain_work();
}

void RequestEngine::terminate(InstanceId id, ports::CauseId cause) {
  enter();
  const std::uint32_t index = index_of(id);
  Instance& instance = instances_[index];
  if (instance.state != InstanceState::Starting && instance.state != InstanceState::Listening) {
    return;
  }
  set_state_cause(index, cause);
  const bool drains = instance.drains && instance.busy > 0;
  if (drains) instance.state = InstanceState::Draining;
  if (has_leaders_) end_lead(index);
  if (has_topics_) {
    leave_groups(index, Departure::Told);
    drain_work();
  }
  if (drains) return;
  end_process(index, InstanceState::Stopped);
  drained_.push_back(id);
}

void RequestEngine::kill(InstanceId id, ports::CauseId cause) {
  enter();
  set_state_cause(index_of(id), cause);
  end_process(index_of(id), InstanceState::Stopped);
}

void RequestEngine::lose(InstanceId id, ports::CauseId cause) {
  enter();
  set_state_cause(index_of(id), cause);
  end_process(index_of(id), InstanceState::Silent);
}

void RequestEngine::lose_node(std::uint32_t node, ports::CauseId cause) {
  enter();
  for (std::uint32_t i = 0; i < instances_.size(); ++i) {
    if (instances_[i].node != node) continue;
    set_state_cause(i, cause);
    end_process(i, InstanceState::Silent);
  }
}

void RequestEngine::remove(InstanceId id, ports::CauseId cause) {
  enter();
  const std::uint32_t index = index_of(id);
  set_state_cause(index, cause);
  end_process(index, InstanceState::Stopped);
  instances_[index].state = InstanceState::Silent;
  std::uint32_t& answers = addresses_[instance_addresses_[index]];
  if (answers == index) answers = kNone;
  address_causes_[instance_addresses_[index]] = instance_causes_[index].state;
}

/// Whoever ends a process in several steps says why with the first of them.
void RequestEngine::set_state_cause(std::uint32_t index, ports::CauseId cause) {
  if (cause != 0) instance_causes_[index].state = static_cast<RecordId>(cause);
  holders_at_ = Instant::never();
}

/// What the process worked on ends with it. Faults are rare, so the slab is searched for it; a list
/// through every call would cost each hop.
void RequestEngine::end_process(std::uint32_t index, InstanceState state) {
  Instance& instance = instances_[index];
  instance.state = state;
  unprobed_starts_.erase(index);
  if (!program_.caches.empty()) forget_caches(index);
  if (const std::uint32_t group = instance.cpu_group;
      group != kNone && cpu_groups_[group].node != kNone) {
    stress_cpu_group(group, 0);
  }
  if (has_leaders_) end_lead(index);
  // Then nobody waits in its queue either; what nobody waits for, or no slot is for, may go on.
  const bool has_others = program_.has_detached || has_leaders_ || has_threads_;
  if (instance.busy == 0 && !has_others) return;
  if (has_leaders_) forget_writes(index);
  ServiceLoad& load = service_loads_[instance.service];
  load.busy -= instance.busy;
  load.queued -= instance.queued;
  instance.busy = 0;
  instance.queued = 0;
  instance.queue = {};

  if (has_threads_) forget_threads(index);
  std::vector<std::uint32_t> residents;
  for (std::uint32_t i = 0; i < calls_.slot_count(); ++i) {
    Call& call = calls_[i];
    if (call.instance != index) continue;
    if (call.phase == CallPhase::Queued || call.phase == CallPhase::InService ||
        call.phase == CallPhase::Calling) {
      call.doomed = true;
      residents.push_back(i);
    }
  }
  // First the calls it made itself: nobody waits for them any more, but their servers do not know.
  for (std::uint32_t i = 0; i < calls_.slot_count(); ++i) {
    if (const std::uint32_t parent = calls_[i].parent;
        calls_[i].phase != CallPhase::Free && parent != kNone && calls_[parent].doomed) {
      if (forget_hedge(i) && (tries_.empty() || !tries_[i].unheard)) {
        forget_call(i);
        const CallSite& site = program_.sites[calls_[i].site];
        if (site.stands_for != kNone) {
          first_failures_.erase({parent, site.stands_for, calls_[i].repetition});
        }
      }
      disarm_timer(calls_[i]);
      if (opening_ > 0) forget_opening(i);
      abandon(i);
    }
  }
  for (const std::uint32_t i : residents) {
    Call& call = calls_[i];
    call.doomed = false;
    if (const RecordId ended_by = instance_causes_[index].state) call.cause = ended_by;
    if (call.on_cpu) {
      const std::uint32_t group = instances_[index].cpu_group;
      cpu_groups_[group].group.remove(i, now_);
      call.on_cpu = false;
      if (cpu_groups_[group].node != kNone) work(group);
    } else {
      call.ghost = call.phase == CallPhase::InService && !call.held;
      call.held = false;
    }
    if (call.abandoned) {
      if (has_topics_) forget_delivery(i);
      discard(i);
    } else if (state == InstanceState::Silent) {
      call.phase = CallPhase::Hanging;
      if (is_replication(i)) await_connection(i);
    } else {
      answer(i, RequestOutcome::Reset);
    }
  }
  if (has_topics_) {
    leave_groups(index, state == InstanceState::Silent ? Departure::Silent : Departure::Ended);
  }
  drain_work();
}

const InstanceSpec& RequestEngine::spec(InstanceId id) const { return specs_[index_of(id)]; }

InstanceView RequestEngine::view(InstanceId id) const {
  const Instance& instance = instances_[index_of(id)];
  return {instance.state, instance.busy, instance.queued, Duration::nanoseconds(instance.cpu_ns),
          instance.served};
}

std::uint32_t RequestEngine::index_of(InstanceId id) const {
  const auto index = static_cast<std::uint32_t>(id);
  expects(index < instances_.size(), "the instance was added");
  return index;
}

// --- Endpoint tables ----------------------------------------------------------------------------

void RequestEngine::publish(ConsumerIndex consumer, ServiceIndex service,
                            std::span<const ports::TableEndpoint> endpoints, std::uint64_t version,
                            std::optional<Duration> affinity, ports::CauseId cause,
                            std::span<const std::uint32_t> node_ends) {
  expects(service < model_.services.size(), "a table is of a service of the model");
  const std::size_t at = std::size_t{consumer} * model_.services.size() + service;
  expects(at < tables_.size(), "a table's consumer exists");
  Table& table = tables_[at];
  if (version < table.version) return;
  table.version = version;
  table.cause = static_cast<RecordId>(cause);
  note_size(table, service, endpoints.size(), table.cause);
  Endpoints said{{}, {node_ends.begin(), node_ends.end()}, affinity};
  said.addresses.reserve(endpoints.size());
  for (const ports::TableEndpoint& endpoint : endpoints) {
    said.addresses.push_back(address_index(endpoint.address, endpoint.port));
  }
  std::shared_ptr<const Endpoints>& last = last_endpoints_[service];
  if (!(said == *last)) {
    last = std::make_shared<const Endpoints>(std::move(said));
    agreeing_[service] = 0;
  }
  if (std::exchange(table.endpoints, last) != last) ++agreeing_[service];
  same_endpoints_[service] = agreeing_[service] == consumer_count() ? last.get() : nullptr;
  endpoints_[at] = last.get();
  if (checked_routes_.empty()) return;
  enter();
  for (const auto& [route, checked] : checked_routes_) {
    const bool outside = checked.caller == kNone;
    const ConsumerIndex by = outside ? kOutsideClients : instances_[checked.caller].node + 1;
    if (by == consumer && model_.routes[checked.model].to == service) take_checked_table(route);
  }
}

void RequestEngine::set_stale(ConsumerIndex consumer, ports::CauseId cause) {
  stale_.erase(consumer);
  if (cause != 0) stale_[consumer] = static_cast<RecordId>(cause);
}

ports::EndpointTable RequestEngine::table(ConsumerIndex consumer, ServiceIndex service) const {
  expects(service < model_.services.size(), "a table is of a service of the model");
  const Table& kept = tables_.at(std::size_t{consumer} * model_.services.size() + service);
  ports::EndpointTable shown{
      model_.services[service].name, model_.services[service].port_name, 0, kept.version, {},
      kept.endpoints->affinity,      kept.endpoints->node_ends};
  for (const std::uint32_t index : kept.endpoints->addresses) {
    const auto& [address, port] = place_of(index);
    shown.endpoints.push_back({address, port, {}});
  }
  return shown;
}

const std::pair<std::string, std::int32_t>& RequestEngine::place_of(std::uint32_t address) const {
  return std::find_if(address_indices_.begin(), address_indices_.end(),
                      [&](const auto& entry) { return entry.second == address; })
      ->first;
}

std::uint32_t RequestEngine::address_index(const std::string& address, std::int32_t port) {
  const auto [entry, added] =
      address_indices_.try_emplace({address, port}, static_cast<std::uint32_t>(addresses_.size()));
  if (added) {
    addresses_.push_back(kNone);
    address_causes_.push_back(0);
  }
  return entry->second;
}

ServiceGauge RequestEngine::gauge(ServiceIndex service) const {
  const ServiceLoad& load = service_loads_[service];
  return {services_[service].open(), load.busy, load.queued};
}

std::vector<ServiceGauge> RequestEngine::gauges(ServiceIndex service) const {
  std::vector<ServiceGauge> column;
  for (std::size_t i = service; i < gauges_.size(); i += services_.size()) {
    column.push_back(gauges_[i]);
  }
  return column;
}

}  // namespace orrery::sim
