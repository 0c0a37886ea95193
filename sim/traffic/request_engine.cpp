#include "sim/traffic/request_engine.h"

#include <algorithm>

#include "sim/traffic/traffic_events.h"

namespace orrery::sim {
namespace {

constexpr std::uint8_t kSameNode = 0;
constexpr std::uint8_t kInZone = 1;
constexpr std::uint8_t kBetweenZones = 2;
/// The records of so many calls stay in a cache; see RequestEngine::look_ahead().
constexpr std::uint32_t kCallsInCache = 4096;

bool happens(std::uint64_t below, const Draws& draws, Purpose purpose, std::uint64_t key,
             std::uint64_t attempt) {
  if (below == 0) return false;
  return below == ~0ULL || draws.bits(purpose, key, attempt) < below;
}

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
      state.weight_sum += share.weight;
    }
    for (std::uint32_t user = 0; user < load.users && state.weight_sum > 0; ++user) {
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
  instance.zone = spec.zone;
  instance.address = address_index(spec.address, spec.port);
  instance.concurrency = service.concurrency;
  instance.queue_max = service.queue_max;
  instance.drains = service.drains_on_term;
  instance.cpu_group = spec.cpu_group;
  instance.flawed = spec.error_probability > 0;
  expects(spec.cpu_group == kNone || spec.cpu_group < cpu_groups_.size(),
          "an instance's CPU group was added");
  instance.first_route = add_routes(spec.service, spec.zone);
  const auto index = static_cast<std::uint32_t>(instances_.size());
  addresses_[instance.address] = index;
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
  std::uint32_t& answers = addresses_[instances_[index].address];
  if (answers == index) answers = kNone;
  address_causes_[instances_[index].address] = instance_causes_[index].state;
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
  if (!(said == *last)) last = std::make_shared<const Endpoints>(std::move(said));
  table.endpoints = last;
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

// --- Events -------------------------------------------------------------------------------------

void RequestEngine::enter() {
  now_ = kernel_.now();
  if (next_gauge_ <= now_) [[unlikely]]
    sample_gauges();
}

[[gnu::noinline]] void RequestEngine::sample_gauges() {
  while (next_gauge_ <= now_) {
    for (ServiceIndex i = 0; i < services_.size(); ++i) gauges_.push_back(gauge(i));
    if (has_topics_) sample_groups(next_gauge_);
    next_gauge_ = next_gauge_ + model_.sample_interval;
  }
}

void RequestEngine::note_features() {
  const bool of_servers =
      has_gates_ || has_paces_ || has_handshakes_ || has_leaders_ || has_topics_;
  const bool of_calls = !model_.routes.empty() || !program_.specials.empty() ||
                        program_.has_detached || !turns_.empty() || users_think_;
  const bool of_faults = impaired_ || !passages_.empty() || guarded_ || !held_up_.empty();
  plain_ = !of_servers && !of_calls && !of_faults;
}

bool RequestEngine::dispatch(KernelEvent event) {
  if (event.kind >= kFirstForeignKind) return false;
  if (calls_.slot_count() > kCallsInCache) [[unlikely]]
    look_ahead();
  enter();
  if (plain_) {
    dispatch_plain(event);
  } else {
    dispatch_call<false>(event);
  }
  return true;
}

/// With all that a plain hop does in one piece: it is some twenty small functions.
[[gnu::flatten]] void RequestEngine::dispatch_plain(KernelEvent event) {
  dispatch_call<true>(event);
}

template <bool kPlain>
void RequestEngine::dispatch_call(KernelEvent event) {
  if (event.kind == kEndService) [[likely]] {
    Call& call = calls_[event.index];
    if (call.ghost) [[unlikely]] {
      call.ghost = false;
      if (call.phase == CallPhase::Spent) calls_.free(event.index);
      return;
    }
    fingerprint_.add(now_, kTrafficComponent | kEndService, call.key);
    end_service<kPlain>(event.index);
  } else if (event.kind == kArrival) {
    run<kPlain>(arrive(event.index));
  } else if (event.kind == kReachInstance) {
    fingerprint_.add(now_, kTrafficComponent | kReachInstance, calls_[event.index].key);
    reach_instance<kPlain>(event.index);
  } else if (event.kind == kReachCaller) {
    fingerprint_.add(now_, kTrafficComponent | kReachCaller, calls_[event.index].key);
    reach_caller<kPlain>(event.index);
  } else {
    dispatch_other(event);
  }
  drain_work<kPlain>();
}

/// What is less frequent than the ways of a call and its service.
void RequestEngine::dispatch_other(KernelEvent event) {
  if (event.kind == kWork || event.kind >= kHedge) {
    dispatch_aside(event);
    return;
  }
  Call& call = calls_[event.index];
  if (event.kind == kTryAgain && call.ghost) {
    call.ghost = false;
    if (call.phase == CallPhase::Spent) calls_.free(event.index);
    return;
  }
  fingerprint_.add(now_, kTrafficComponent | event.kind, call.key);
  switch (event.kind) {
    case kTimeout:
      time_out(event.index);
      break;
    case kTryAgain:
      if (tries_[event.index].call_begun) {
        begin_try(event.index);
      } else {
        let_go(event.index);
      }
      break;
    case kNextStep:
      run(event.index);
      break;
    case kSendAgain:
      send_again(event.index);
      break;
    default:
      contract_violation("a traffic event is of a known kind");
  }
}

/// What is about no call of the slab.
void RequestEngine::dispatch_aside(KernelEvent event) {
  const std::uint64_t about =
      event.kind == kHedge ? calls_[hedged_[event.index].tries[0]].key : event.index;
  fingerprint_.add(now_, kTrafficComponent | event.kind, about);
  switch (event.kind) {
    case kWork:
      work(event.index);
      break;
    case kHedge:
      send_due_hedges(event.index);
      break;
    case kCheckHosts:
      check_hosts(event.index);
      break;
    case kCloseConnection:
      end_closing(event.index);
      break;
    case kGroupDue:
      group_due(event.index);
      break;
    case kElection:
      elect(event.index);
      break;
    default:
      contract_violation("a traffic event is of a known kind");
  }
}

template <bool kPlain>
void RequestEngine::drain_work() {
  for (std::uint32_t call = at_once_.take(); call != kNone; call = at_once_.take()) {
    if ((call & kAnswers) != 0) {
      reach_caller<kPlain>(call & ~kAnswers);
    } else {
      reach_instance<kPlain>(call);
    }
  }
}

// --- The life of a call -------------------------------------------------------------------------

[[gnu::noinline]] bool RequestEngine::takes(std::uint64_t key, const CallSite& site) const {
  const std::uint32_t position =
      site.special == kNone ? site.position : program_.specials[site.special].taken_position;
  return happens(site.taken_below, draws_, Purpose::CallTaken, key, position);
}

template <bool kPlain>
void RequestEngine::run(std::uint32_t index) {
  run<kPlain>(index, program_.operations[program_.sites[calls_[index].site].operation]);
}

template <bool kPlain>
void RequestEngine::run(std::uint32_t index, const ProgramOperation& operation) {
  if (!kPlain && is_cancelled(index)) {
    finish(index, RequestOutcome::Timeout);
    return;
  }
  Call& call = calls_[index];
  const std::uint32_t end = !kPlain && call.undoing ? operation.end_undo : operation.end_step;
  while (call.next_step != end) {
    const ProgramStep step = program_.steps[call.next_step++];
    const bool failed = !kPlain && call.step_failed;
    if (!kPlain) call.step_failed = false;
    // Before the first launch, so that no child can end the step for those that follow.
    call.pending = step.count;
    for (std::uint32_t site = step.first; site < step.first + step.count; ++site) {
      const CallSite& s = program_.sites[site];
      if (s.taken_below != ~0ULL && !takes(call.key, s)) {
        --call.pending;
      } else if (kPlain || s.special == kNone) {
        launch<kPlain>(index, site, 0);
      } else if (!begins(index, site, failed)) {
        --call.pending;
      }
    }
    if (call.pending > 0) return;
  }
  finish<kPlain>(index, call, call.outcome);
}

template <bool kPlain>
std::uint32_t RequestEngine::launch(std::uint32_t parent_index, std::uint32_t site_index,
                                    std::uint32_t repetition, RecordId cause) {
  const std::uint32_t index = allocate_call<kPlain>();
  Call& call = calls_[index];
  const Call& parent = calls_[parent_index];
  const CallSite& site = program_.sites[site_index];
  ++launched_;
  call.key = call_key(parent.key, site.position, repetition);
  call.start_ns = now_.count_ns();
  call.parent = parent_index;
  call.parent_generation = parent.generation;
  call.site = site_index;
  call.repetition = repetition;
  call.cause = cause != 0 ? cause : parent.cause;
  const std::size_t table = table_of(parent, site);
  const bool has_endpoints = !endpoints_[table]->addresses.empty();
  if (kPlain && has_endpoints) {
    count_first_try(site);
  } else {
    count_start(site, call.start_ns);
  }
  if (parent.followed) [[unlikely]]
    follow(index, parent_index);

  if (!kPlain && !tries_.empty()) {
    Try& its = tries_[index];
    const Try& parents = tries_[parent_index];
    its.deadline = its.passed = parents.passed;
    its.user = parents.user;
    its.session = parents.session;
    if (site.route != kNone) {
      begin_call(index);
      return index;
    }
  }
  if (!has_endpoints) [[unlikely]] {
    reject(index, RequestOutcome::NoEndpoints);
    return index;
  }
  std::optional<std::uint32_t> leader;
  if (!kPlain && has_leaders_ && is_write(site)) [[unlikely]] {
    leader = leader_in(*endpoints_[table], site.service);
    if (!leader) {
      reject(index, RequestOutcome::NoEndpoints);
      return index;
    }
  }
  if (!kPlain) count_try(site);
  const std::uint32_t address = leader ? *leader : choose(parent, table, call.key);
  if (!kPlain || site.timeout > Duration{}) arm_give_up(index);
  connect<kPlain>(index, call, address);
  return index;
}

template <bool kPlain>
std::uint32_t RequestEngine::allocate_call() {
  const std::uint32_t index = calls_.allocate();
  if (!kPlain && !model_.routes.empty()) {
    tries_.grow_to(calls_.slot_count());
    tries_[index] = Try{};
  }
  return index;
}

ConsumerIndex RequestEngine::consumer_of(const Call& parent) const {
  return parent.instance == kNone ? kOutsideClients : instances_[parent.instance].node + 1;
}

std::size_t RequestEngine::table_of(const Call& parent, const CallSite& site) const {
  return std::size_t{consumer_of(parent)} * service_count_ + site.service;
}

template <bool kPlain>
void RequestEngine::connect(std::uint32_t index, Call& call, std::uint32_t address) {
  call.instance = addresses_[address];
  if (call.instance == kNone) {
    if (const RecordId gone = cause_of_absence(index, address_causes_[address])) call.cause = gone;
    await_connection(index);
    return;
  }
  if (!kPlain && guarded_ && !is_let_through(index)) [[unlikely]] {
    await_connection(index);
    return;
  }
  call.distance = distance(calls_[call.parent].instance, instances_[call.instance]) & 3U;
  call.phase = CallPhase::Outbound;
  if (!kPlain && has_handshakes_ && shakes_hands(index)) return;
  travel<kPlain>(index, call, false);
}

[[gnu::noinline]] void RequestEngine::reject(std::uint32_t index, RequestOutcome outcome) {
  Call& call = calls_[index];
  call.cause = cause_of_rejection(index, outcome);
  call.phase = CallPhase::Answering;
  call.outcome = outcome;
  at_once_.add(index | kAnswers);
}

std::uint32_t RequestEngine::choose(const Call& parent, std::size_t index, std::uint64_t key) {
  const Endpoints& table = *endpoints_[index];
  if (table.affinity || !table.node_ends.empty() || !turns_.empty()) [[unlikely]]
    return choose_otherwise(parent, index, key);
  const std::size_t size = table.addresses.size();
  return table.addresses[size == 1 ? 0 : draws_.index(Purpose::EndpointChoice, size, key)];
}

/// Where not each of the table's is as probable at every call.
[[gnu::noinline]] std::uint32_t RequestEngine::choose_otherwise(const Call& parent,
                                                                std::size_t index,
                                                                std::uint64_t key) {
  const Endpoints& table = *endpoints_[index];
  const std::size_t size = table.addresses.size();
  const auto drawn = [&] {
    if (!table.node_ends.empty()) {
      return table.addresses[ports::endpoint_by_node(table.node_ends,
                                                     draws_.uniform(Purpose::EndpointChoice, key))];
    }
    if (!turns_.empty() && parent.instance != kNone) {
      if (turn_hosts_.size() < size) turn_hosts_.resize(size);
      return table
          .addresses[*turns_[index].pick(resilience::Hosts{std::span{turn_hosts_}.first(size)})];
    }
    return table.addresses[size == 1 ? 0 : draws_.index(Purpose::EndpointChoice, size, key)];
  };
  if (!table.affinity) return drawn();
  const bool journey = parent.instance == kNone;
  const ClientOfTable client{
      journey, journey ? client_key(parent) : instances_[parent.instance].address, index};
  const auto [entry, is_new] = attachments_.try_emplace(client);
  Attachment& kept = entry->second;
  const bool holds = !is_new && now_ - kept.last <= *table.affinity &&
                     std::find(table.addresses.begin(), table.addresses.end(), kept.address) !=
                         table.addresses.end();
  if (!holds) kept.address = drawn();
  kept.last = now_;
  return kept.address;
}

std::uint8_t RequestEngine::distance(std::uint32_t caller, const Instance& callee) const {
  if (caller == kNone) return kBetweenZones;  // The clients outside are in a zone of their own.
  const Instance& from = instances_[caller];
  if (from.node == callee.node) return kSameNode;
  return from.zone == callee.zone ? kInZone : kBetweenZones;
}

template <bool kPlain>
void RequestEngine::travel(std::uint32_t index, Call& call, bool answers) {
  Duration way = latency_[call.distance];
  if (!kPlain && !program_.specials.empty()) way += time_of_payload(call, answers);
  if (!kPlain && impaired_ &&
      (!call.probe || host_checks_.contains(index) || is_replication(index))) [[unlikely]] {
    if (!gets_on_its_way(index, answers, way)) return;
  }
  if (way == Duration{}) {
    at_once_.add(answers ? index | kAnswers : index);
  } else {
    kernel_.schedule(now_ + way, EventClass::Ordinary,
                     {answers ? kReachCaller : kReachInstance, index});
  }
}

template <bool kPlain>
void RequestEngine::reach_instance(std::uint32_t index) {
  Call& call = calls_[index];
  if (!kPlain && is_cancelled(index)) {
    discard<kPlain>(index, call);
    return;
  }
  if (instances_[call.instance].state != InstanceState::Listening) {
    // The address may belong to another process by now, or to nobody.
    const std::uint32_t answers = addresses_[instances_[call.instance].address];
    if (answers == kNone || instances_[answers].state == InstanceState::Silent) {
      const RecordId ended = instance_causes_[call.instance].state;
      if (const RecordId gone = cause_of_absence(index, ended)) call.cause = gone;
      await_connection(index);
      return;
    }
    call.instance = answers;
  }
  Instance& instance = instances_[call.instance];
  if (instance.state != InstanceState::Listening) {
    const RecordId closed =
        call.probe ? instance_causes_[call.instance].state : cause_of_closed(call.instance);
    if (const RecordId why = cause_of_absence(index, closed)) call.cause = why;
    answer<kPlain>(index, call, RequestOutcome::Refused);
    return;
  }
  if (!kPlain && opening_ > 0 && !is_opened(index)) [[unlikely]]
    return;
  if (call.probe && answers_aside(index)) [[unlikely]]
    return;
  if (!kPlain && has_leaders_ && !accepts(index)) [[unlikely]]
    return;
  const bool at_once = instance.busy < instance.concurrency;
  if ((!at_once && instance.queued >= instance.queue_max) ||
      (!kPlain && has_gates_ && !lets_in(index))) {
    call.cause = cause_of_full(call.instance);
    answer<kPlain>(index, call, RequestOutcome::Refused);
    return;
  }
  if (!kPlain && call.site >= program_.first_question) [[unlikely]]
    count_question(index);
  if (at_once) {
    begin_service<kPlain>(index, call);
  } else {
    call.phase = CallPhase::Queued;
    if (!kPlain && has_gates_) entries_[index].before = instance.queue.tail;
    calls_.append(instance.queue, index);
    ++instance.queued;
    ++service_loads_[instance.service].queued;
  }
}

template <bool kPlain>
void RequestEngine::begin_service(std::uint32_t index, Call& call) {
  Instance& instance = instances_[call.instance];
  if (++instance.busy > instance.busy_max) overloaded_.push_back(InstanceId{call.instance});
  ++service_loads_[instance.service].busy;
  call.phase = CallPhase::InService;
  if (!kPlain && !tries_.empty()) tries_[index].served_at = now_;
  if (call.followed) [[unlikely]]
    observer_->work_began(followed(index), now_);
  if (instance.hanging) {
    call.held = true;
  } else {
    begin_work<kPlain>(index, call);
  }
}

template <bool kPlain>
void RequestEngine::begin_work(std::uint32_t index, Call& call) {
  Instance& instance = instances_[call.instance];
  const ProgramOperation& operation = program_.operations[program_.sites[call.site].operation];
  call.next_step = operation.first_step;
  Duration cpu;
  if (operation.uses_cpu) cpu = operation.cpu.draw(draws_, Purpose::ServiceTime, call.key, 0);
  if (!kPlain && call.opens) [[unlikely]]
    cpu += model_.services[instance.service].handshake.cpu;
  if (!kPlain && has_paces_) cpu = begin_paced(index, cpu);
  if (instance.cpu_group != kNone) {
    begin_on_cpu(index, call, instance, cpu);
    return;
  }
  instance.cpu_ns += cpu.count_ns();
  Duration wait = operation.wait.draw(draws_, Purpose::ServiceTime, call.key, 1);
  if (instance.strained) [[unlikely]]
    wait += begin_strained(index);
  kernel_.schedule(now_ + cpu + wait, EventClass::Ordinary, {kEndService, index});
}

[[gnu::noinline]] void RequestEngine::begin_on_cpu(std::uint32_t index, Call& call,
                                                   const Instance& instance, Duration cpu) {
  if (instance.strained) [[unlikely]]
    begin_strained(index);
  call.on_cpu = true;
  cpu_groups_[instance.cpu_group].group.add(index, cpu, now_);
  work(instance.cpu_group);
  if (cpu_groups_[instance.cpu_group].node != kNone && call.cause == 0) {
    call.cause = stress_beside(instance.cpu_group);
  }
}

void RequestEngine::work(std::uint32_t index) {
  CpuUser& cpu = cpu_groups_[index];
  cpu.group.advance(now_);
  for (const std::uint32_t done : cpu.group.take_done()) {
    Call& call = calls_[done];
    call.on_cpu = false;
    const ProgramOperation& operation = program_.operations[program_.sites[call.site].operation];
    instances_[call.instance].cpu_ns += cpu_of(done).count_ns();
    Duration wait = operation.wait.draw(draws_, Purpose::ServiceTime, call.key, 1);
    if (instances_[call.instance].strained) [[unlikely]]
      wait += begin_strained(done);
    kernel_.schedule(now_ + wait, EventClass::Ordinary, {kEndService, done});
  }
  if (const std::optional<Instant> next = cpu.group.next()) {
    kernel_.arm(cpu.timer, *next, EventClass::Ordinary);
  } else {
    kernel_.disarm(cpu.timer);
  }
  if (cpu.node != kNone) want_cores(index);
}

template <bool kPlain>
void RequestEngine::end_service(std::uint32_t index) {
  if (!kPlain && !held_up_.empty() && is_held_up(index)) [[unlikely]]
    return;
  if (!kPlain && has_paces_ && puts_off(index)) return;
  if (!kPlain && has_leaders_ && !is_replicated(index)) [[unlikely]]
    return;
  Call& call = calls_[index];
  call.phase = CallPhase::Calling;
  const ProgramOperation& operation = program_.operations[program_.sites[call.site].operation];
  if (instances_[call.instance].failing ||
      happens(operation.fails_below, draws_, Purpose::CallError, call.key, 0)) {
    if (ledger_ != nullptr) {
      const RecordId illness = instance_causes_[call.instance].illness;
      // Whoever was ill when calls were sent there is not what has changed.
      call.cause = illness != 0 ? std::max(illness, sent_there_by(index))
                                : ledger_->own_errors(instances_[call.instance].service, now_);
    }
    finish<kPlain>(index, call, RequestOutcome::Error);
  } else if (instances_[call.instance].flawed && meets_flaw(index)) {
    finish<kPlain>(index, call, RequestOutcome::Error);
  } else {
    run<kPlain>(index, operation);
  }
}

template <bool kPlain>
void RequestEngine::finish(std::uint32_t index, Call& call, RequestOutcome outcome) {
  if (!kPlain && has_topics_ && outcome == RequestOutcome::Ok) [[unlikely]]
    publish_messages(index);     // Before any reference into the slab.
  if (call.instance == kNone) {  // A journey's root.
    end_journey(index, outcome);
    return;
  }
  if (!kPlain && has_gates_) leave_gate(index, true);
  release_slot<kPlain>(call.instance, call.cause);
  if (call.abandoned) {
    discard<kPlain>(index, call);
  } else {
    answer<kPlain>(index, call, outcome);
  }
}

std::uint32_t RequestEngine::next_in_queue(Instance& instance) {
  const std::uint32_t next = calls_.take_first(instance.queue);
  if (next == kNone) return kNone;
  --instance.queued;
  --service_loads_[instance.service].queued;
  return next;
}

template <bool kPlain>
void RequestEngine::release_slot(std::uint32_t index, RecordId cause) {
  Instance& instance = instances_[index];
  ServiceLoad& load = service_loads_[instance.service];
  --instance.busy;
  --load.busy;
  if (++instance.served > instance.served_max) overloaded_.push_back(InstanceId{index});
  const std::uint32_t next = !kPlain && has_gates_ ? next_admitted(index) : next_in_queue(instance);
  if (next != kNone) {
    if (calls_[next].cause == 0) calls_[next].cause = cause;
    begin_service<kPlain>(next);
  } else if (instance.busy == 0 && instance.state == InstanceState::Draining) {
    instance.state = InstanceState::Stopped;
    drained_.push_back(InstanceId{index});
  }
}

template <bool kPlain>
void RequestEngine::answer(std::uint32_t index, Call& call, RequestOutcome outcome) {
  if (call.abandoned) {  // Whoever would hear it has left.
    discard<kPlain>(index, call);
    return;
  }
  call.phase = CallPhase::Answering;
  call.outcome = outcome;
  travel<kPlain>(index, call, true);
}

template <bool kPlain>
void RequestEngine::reach_caller(std::uint32_t index) {
  Call& call = calls_[index];
  if (call.abandoned) {
    discard<kPlain>(index, call);
    return;
  }
  disarm_timer(call);
  if (call.probe) {
    if (!end_check(index, call.outcome)) {
      probe_answers_.push_back({call.repetition, call.outcome, call.cause});
    }
    discard<kPlain>(index, call);
    return;
  }
  if (call.followed) report_try(index, call.outcome);
  if (!kPlain && program_.sites[call.site].route != kNone) {
    end_routed(index, call.outcome, true);
    return;
  }
  const RecordId failure = end_counted(call, call.outcome);
  const Return result = return_of(call, call.outcome, failure);
  discard<kPlain>(index, call);
  tell_caller<kPlain>(result);
}

[[gnu::noinline]] void RequestEngine::time_out(std::uint32_t index) {
  Call& call = calls_[index];
  expects(call.phase != CallPhase::Free && !call.abandoned, "a caller waits until its timeout");
  call.timed = false;
  call.cause = cause_of_waiting(index);
  if (call.probe) {
    if (!end_check(index, RequestOutcome::Timeout)) {
      probe_answers_.push_back({call.repetition, RequestOutcome::Timeout, call.cause});
    }
    abandon(index);
    return;
  }
  const RequestOutcome outcome = is_reset(index) ? RequestOutcome::Reset : RequestOutcome::Timeout;
  if (call.followed) report_try(index, outcome);
  if (program_.sites[call.site].route != kNone) {
    end_routed(index, outcome, false);
    return;
  }
  const RecordId failure = end_counted(call, outcome);
  const Return result = return_of(call, outcome, failure);
  leave(index);
  tell_caller(result);
}

RequestEngine::Return RequestEngine::return_of(const Call& call, RequestOutcome outcome,
                                               RecordId failure) {
  expects(calls_[call.parent].generation == call.parent_generation, "a caller outlives its calls");
  return {call.parent, call.site, call.repetition, outcome, failure};
}

template <bool kPlain>
void RequestEngine::tell_caller(const Return& result) {
  if (!kPlain && result.site >= program_.first_question) [[unlikely]] {
    hear_limit(result);
    return;
  }
  if (!kPlain && program_.has_fallbacks && program_.sites[result.site].stands_for != kNone)
      [[unlikely]] {
    tell_caller(end_fallback(result));
    return;
  }
  if (!kPlain && !program_.caches.empty()) fill_cache(result);
  hear<kPlain>(result);
}

template <bool kPlain>
void RequestEngine::hear(const Return& result) {
  const CallSite& site = program_.sites[result.site];
  if (result.outcome == RequestOutcome::Ok && makes_next<kPlain>(site, result)) return;
  Call& caller = calls_[result.caller];
  if (result.outcome != RequestOutcome::Ok) {
    if (!kPlain &&
        (caller.undoing || (site.special != kNone && program_.specials[site.special].optional))) {
      caller.step_failed = true;
    } else {
      // A user sees what happened; a service turns it into a failure of its own.
      caller.outcome = caller.instance == kNone ? result.outcome : RequestOutcome::Upstream;
      caller.cause = result.failure;
    }
  }
  if (--caller.pending > 0) return;
  if (!kPlain && caller.aside) {
    discard<kPlain>(result.caller, caller);
    if (has_topics_) [[unlikely]]
      end_delivery(result);
  } else if (caller.outcome == RequestOutcome::Ok ||
             (!kPlain && (caller.undoing || begin_undo(caller)))) {
    if (!kPlain && users_think_ && caller.instance == kNone && thinks_between_steps(result.caller))
      return;
    run<kPlain>(result.caller);
  } else {
    finish<kPlain>(result.caller, caller, caller.outcome);
  }
}

template <bool kPlain>
bool RequestEngine::makes_next(const CallSite& site, const Return& result) {
  if (result.repetition + 1 >= site.times) return false;
  if (!kPlain && site.special != kNone) return makes_next_special(site, result);
  launch_again<kPlain>(result);
  return true;
}

/// One function, for launch() is long and has its place where a step begins.
template <bool kPlain>
[[gnu::noinline]] void RequestEngine::launch_again(const Return& result) {
  launch<kPlain>(result.caller, result.site, result.repetition + 1);
}

// --- Parts of it --------------------------------------------------------------------------------

[[gnu::noinline]] void RequestEngine::count_start(const CallSite& site, std::int64_t start_ns) {
  services_[site.service].started(start_ns);
  if (observer_ != nullptr) observer_->call_began(site.edge);
  if (site.journey != kNone) journey_steps_[site.journey].started(start_ns);
}

void RequestEngine::count_first_try(const CallSite& site) {
  services_[site.service].tried_first(now_.count_ns());
  if (observer_ != nullptr) observer_->call_began(site.edge);
  if (site.journey != kNone) journey_steps_[site.journey].tried_first(now_.count_ns());
}

void RequestEngine::count_try(const CallSite& site) {
  services_[site.service].tried(now_.count_ns());
  if (site.journey != kNone) journey_steps_[site.journey].tried(now_.count_ns());
}

RecordId RequestEngine::end_counted(const Call& call, RequestOutcome outcome) {
  count_end(program_.sites[call.site], call.start_ns, outcome, outcome);
  if (outcome == RequestOutcome::Ok || ledger_ == nullptr) return 0;
  const RecordId failure = note_failure(call, outcome);
  // What a user's call asks first, or makes instead, is no request of the user's.
  const bool of_step = program_.sites[call.site].journey != kNone;
  if (of_step || calls_[call.parent].instance != kNone) count_failure(call.start_ns, failure);
  return failure;
}

void RequestEngine::count_failure(std::int64_t start_ns, RecordId failure) {
  if (start_ns < count_from_.since_start().count_ns()) return;
  ledger_->count(failure, now_);
}

void RequestEngine::count_service_end(const CallSite& site, const RequestEnd& end,
                                      RequestOutcome outcome) {
  services_[site.service].ended(end, outcome);
  if (observer_ != nullptr) {
    observer_->call_ended(site.edge, Duration::nanoseconds(end.latency_ns), outcome);
  }
}

void RequestEngine::count_end(const CallSite& site, std::int64_t start_ns, RequestOutcome outcome,
                              RequestOutcome heard) {
  const RequestEnd end{start_ns, now_.count_ns()};
  count_service_end(site, end, outcome);
  if (site.journey != kNone) journey_steps_[site.journey].ended(end, heard);
}

/// Nobody answers at the address: the caller waits for the shorter of its timeouts.
[[gnu::noinline]] void RequestEngine::await_connection(std::uint32_t index) {
  Call& call = calls_[index];
  call.phase = CallPhase::Hanging;
  if (call.abandoned) {
    discard(index);
  } else {
    arm_connect_timeout(index);
  }
}

void RequestEngine::arm_connect_timeout(std::uint32_t index) {
  const Call& call = calls_[index];
  const std::uint32_t route = program_.sites[call.site].route;
  Instant start = Instant::at(Duration::nanoseconds(call.start_ns));
  Duration connect_timeout = model_.connect_timeout;
  if (route != kNone) {
    const Try& its = tries_[index];
    start = its.sent_at;
    const Duration own = routes_[its.route].policy().connect_timeout(its.host.cluster);
    if (own > Duration{}) connect_timeout = own;
  }
  const Instant no_connection = start + connect_timeout;
  if (give_up_at(index) <= no_connection) return;
  if (route != kNone) tries_[index].unconnected = true;
  // A way longer than the connect timeout: the caller gives up no earlier than now.
  arm_timer(index, std::max(now_, no_connection));
}

[[gnu::noinline]] Instant RequestEngine::arm_give_up(std::uint32_t index) {
  const Instant at = give_up_at(index);
  // A deadline that was passed on may be over.
  if (at != Instant::never()) arm_timer(index, std::max(at, now_));
  return at;
}

Instant RequestEngine::give_up_at(std::uint32_t index) const {
  const Call& call = calls_[index];
  const CallSite& site = program_.sites[call.site];
  Instant at = Instant::never();
  if (site.route == kNone && site.timeout > Duration{}) {
    at = Instant::at(Duration::nanoseconds(call.start_ns)) + site.timeout;
  }
  if (index < passages_.size() && passages_[index].key == call.key) {
    at = std::min(at, passages_[index].given_up_at);
  }
  if (tries_.empty()) return at;
  const Try& its = tries_[index];
  if (its.unheard) [[unlikely]]
    return Instant::never();
  at = std::min(at, its.deadline);
  if (site.route == kNone) return at;
  return try_deadline(routes_[its.route].policy().timeouts, its.sent_at, at).at;
}

void RequestEngine::arm_timer(std::uint32_t index, Instant when) {
  Call& call = calls_[index];
  if (call.timer == kNone) {
    call.timer = static_cast<std::uint32_t>(kernel_.create_timer({kTimeout, index}));
  }
  call.timed = true;
  kernel_.arm(KernelTimer{call.timer}, when, EventClass::Timeout);
}

void RequestEngine::disarm_timer(Call& call) {
  if (!call.timed) return;
  call.timed = false;
  kernel_.disarm(KernelTimer{call.timer});
}

/// The caller gave up or is gone. The server goes on; what only the caller kept alive is over.
void RequestEngine::abandon(std::uint32_t index) {
  Call& call = calls_[index];
  call.abandoned = true;
  call.parent = kNone;
  switch (call.phase) {
    case CallPhase::Asking:
      drop_question(index);
      discard(index);
      break;
    case CallPhase::Backoff:
      call.ghost = true;
      [[fallthrough]];
    case CallPhase::Hanging:
    case CallPhase::Pending:
    case CallPhase::Unthreaded:
      discard(index);
      break;
    default:
      break;
  }
}

void RequestEngine::leave(std::uint32_t index) {
  const CallPhase phase = calls_[index].phase;
  abandon(index);
  if (phase != CallPhase::Queued && phase != CallPhase::InService) return;
  if (is_cancelled(index)) cancel(index);
}

void RequestEngine::forget_call(std::uint32_t index) {
  const CallSite& site = program_.sites[calls_[index].site];
  services_[site.service].forget(calls_[index].start_ns);
  if (observer_ != nullptr) observer_->call_forgotten(site.edge);
}

template <bool kPlain>
void RequestEngine::discard(std::uint32_t index, Call& call) {
  if (!kPlain && has_threads_ && tries_[index].on_thread) [[unlikely]]
    return_thread(index);
  if (call.ghost) {
    call.phase = CallPhase::Spent;
    call.parent = kNone;  // It is told by now, and its slot may become another call's.
  } else {
    calls_.free(index);
  }
}

// For the parts of the engine that are files of their own.
template void RequestEngine::drain_work<false>();
template void RequestEngine::run<false>(std::uint32_t);
template std::uint32_t RequestEngine::launch<false>(std::uint32_t, std::uint32_t, std::uint32_t,
                                                    RecordId);
template std::uint32_t RequestEngine::allocate_call<false>();
template void RequestEngine::connect<false>(std::uint32_t, Call&, std::uint32_t);
template void RequestEngine::travel<false>(std::uint32_t, Call&, bool);
template void RequestEngine::begin_service<false>(std::uint32_t, Call&);
template void RequestEngine::begin_work<false>(std::uint32_t, Call&);
template void RequestEngine::finish<false>(std::uint32_t, Call&, RequestOutcome);
template void RequestEngine::answer<false>(std::uint32_t, Call&, RequestOutcome);
template void RequestEngine::tell_caller<false>(const Return&);
template void RequestEngine::hear<false>(const Return&);
template void RequestEngine::discard<false>(std::uint32_t, Call&);
template void RequestEngine::release_slot<false>(std::uint32_t, RecordId);

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
