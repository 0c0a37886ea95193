/// @file
/// The life of a call: what becomes of it from one event to the next.
///
/// A hop is compiled three times, for models with more or fewer Features, and whole: it is some
/// thirty small functions, of which a plain one needs twenty. What is rare on the way is kept out
/// of line, so that what is not stays in a cache.
#include <algorithm>

#include "sim/traffic/request_engine.h"
#include "sim/traffic/routed_hop.h"
#include "sim/traffic/traffic_events.h"

namespace orrery::sim {
namespace {

constexpr std::uint8_t kSameNode = 0;
constexpr std::uint8_t kInZone = 1;
constexpr std::uint8_t kBetweenZones = 2;
/// The records of so many calls stay in a cache; see RequestEngine::look_ahead().
constexpr std::uint32_t kCallsInCache = 4096;

/// Whether calls have something of their routes to remember. `none`: the model has no routes.
template <Features kHas>
constexpr bool keeps_tries(bool none) {
  return kHas == Features::Routes || (kHas == Features::All && !none);
}

bool happens(std::uint64_t below, const Draws& draws, Purpose purpose, std::uint64_t key,
             std::uint64_t attempt) {
  if (below == 0) return false;
  return below == ~0ULL || draws.bits(purpose, key, attempt) < below;
}

}  // namespace

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
  const bool of_faults = impaired_ || !passages_.empty() || guarded_ || !held_up_.empty();
  const bool rare = !program_.specials.empty() || program_.has_detached || !turns_.empty() ||
                    users_think_ || has_threads_ || has_rare_policies_ || program_.has_fallbacks ||
                    !program_.caches.empty() || program_.first_question != kNone;
  features_ = of_servers || of_faults || rare ? Features::All
              : model_.routes.empty()         ? Features::None
                                              : Features::Routes;
}

bool RequestEngine::dispatch(KernelEvent event) {
  if (event.kind >= kFirstForeignKind) return false;
  if (calls_.slot_count() > kCallsInCache) [[unlikely]]
    look_ahead();
  enter();
  if (features_ == Features::None) {
    dispatch_plain(event);
  } else if (features_ == Features::Routes) {
    dispatch_routed(event);
  } else {
    dispatch_call<Features::All>(event);
  }
  return true;
}

[[gnu::flatten]] void RequestEngine::dispatch_plain(KernelEvent event) {
  dispatch_call<Features::None>(event);
}

[[gnu::flatten]] void RequestEngine::dispatch_routed(KernelEvent event) {
  dispatch_call<Features::Routes>(event);
}

[[gnu::flatten]] void RequestEngine::begin_routed(std::uint32_t index, Call& call) {
  begin_call<Features::Routes>(index, call);
}

template <Features kHas>
void RequestEngine::dispatch_call(KernelEvent event) {
  if (event.kind == kEndService) [[likely]] {
    Call& call = calls_[event.index];
    if (call.ghost) [[unlikely]] {
      call.ghost = false;
      if (call.phase == CallPhase::Spent) calls_.free(event.index);
      return;
    }
    fingerprint_.add(now_, kTrafficComponent | kEndService, call.key);
    end_service<kHas>(event.index);
  } else if (event.kind == kArrival) {
    run<kHas>(arrive(event.index));
  } else if (event.kind == kReachInstance) {
    fingerprint_.add(now_, kTrafficComponent | kReachInstance, calls_[event.index].key);
    reach_instance<kHas>(event.index);
  } else if (event.kind == kReachCaller) {
    fingerprint_.add(now_, kTrafficComponent | kReachCaller, calls_[event.index].key);
    reach_caller<kHas>(event.index);
  } else {
    dispatch_other(event);
  }
  if (kHas != Features::Routes) {
    drain_work<kHas>();
  } else if (!at_once_.empty()) [[unlikely]] {
    drain_at_once();
  }
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

void RequestEngine::drain_at_once() { drain_work<Features::All>(); }

template <Features kHas>
void RequestEngine::drain_work() {
  for (std::uint32_t call = at_once_.take(); call != kNone; call = at_once_.take()) {
    if ((call & kAnswers) != 0) {
      reach_caller<kHas>(call & ~kAnswers);
    } else {
      reach_instance<kHas>(call);
    }
  }
}

// --- The life of a call -------------------------------------------------------------------------

[[gnu::noinline]] bool RequestEngine::takes(std::uint64_t key, const CallSite& site) const {
  const std::uint32_t position =
      site.special == kNone ? site.position : program_.specials[site.special].taken_position;
  return happens(site.taken_below, draws_, Purpose::CallTaken, key, position);
}

template <Features kHas>
void RequestEngine::run(std::uint32_t index) {
  run<kHas>(index, program_.operations[program_.sites[calls_[index].site].operation]);
}

template <Features kHas>
void RequestEngine::run(std::uint32_t index, const ProgramOperation& operation) {
  if (kHas != Features::None && is_cancelled(index)) {
    finish(index, RequestOutcome::Timeout);
    return;
  }
  Call& call = calls_[index];
  const std::uint32_t end =
      kHas == Features::All && call.undoing ? operation.end_undo : operation.end_step;
  while (call.next_step != end) {
    const ProgramStep step = program_.steps[call.next_step++];
    const bool failed = kHas == Features::All && call.step_failed;
    if (kHas == Features::All) call.step_failed = false;
    // Before the first launch, so that no child can end the step for those that follow.
    call.pending = step.count;
    for (std::uint32_t site = step.first; site < step.first + step.count; ++site) {
      const CallSite& s = program_.sites[site];
      if (s.taken_below != ~0ULL && !takes(call.key, s)) {
        --call.pending;
      } else if (kHas != Features::All || s.special == kNone) {
        launch<kHas>(index, site, 0);
      } else if (!begins(index, site, failed)) {
        --call.pending;
      }
    }
    if (call.pending > 0) return;
  }
  finish<kHas>(index, call, call.outcome);
}

template <Features kHas>
std::uint32_t RequestEngine::launch(std::uint32_t parent_index, std::uint32_t site_index,
                                    std::uint32_t repetition, RecordId cause) {
  const std::uint32_t index = allocate_call<kHas>();
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
  const Endpoints& table = endpoints_of(parent, site);
  const bool has_endpoints = !table.addresses.empty();
  if (kHas == Features::None && has_endpoints) {
    count_first_try(site);
  } else if (kHas != Features::Routes || site.route == kNone) {
    count_start(site, call.start_ns);
  }
  if (parent.followed) [[unlikely]]
    follow(index, parent_index);

  if (keeps_tries<kHas>(tries_.empty())) {
    Try& its = tries_[index];
    const Try& parents = tries_[parent_index];
    its.deadline = its.passed = parents.passed;
    its.user = parents.user;
    its.session = parents.session;
    if (site.route != kNone) {
      if (kHas == Features::Routes) {
        begin_routed(index, call);
      } else {
        begin_call<kHas>(index, call);
      }
      return index;
    }
  }
  if (!has_endpoints) [[unlikely]] {
    reject(index, RequestOutcome::NoEndpoints);
    return index;
  }
  std::optional<std::uint32_t> leader;
  if (kHas == Features::All && has_leaders_ && is_write(site)) [[unlikely]] {
    leader = leader_in(table, site.service);
    if (!leader) {
      reject(index, RequestOutcome::NoEndpoints);
      return index;
    }
  }
  if (kHas != Features::None) count_try(site);
  const std::uint32_t address = leader ? *leader : choose(parent, site, call.key);
  if (kHas != Features::None || site.timeout > Duration{}) arm_give_up(index);
  connect<kHas>(index, call, address);
  return index;
}

template <Features kHas>
std::uint32_t RequestEngine::allocate_call() {
  const std::uint32_t index = calls_.allocate();
  if (keeps_tries<kHas>(model_.routes.empty())) {
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

template <Features kHas>
void RequestEngine::connect(std::uint32_t index, Call& call, std::uint32_t address) {
  call.instance = addresses_[address];
  if (call.instance == kNone) {
    if (const RecordId gone = cause_of_absence(index, address_causes_[address])) call.cause = gone;
    await_connection(index);
    return;
  }
  if (kHas == Features::All && guarded_ && !is_let_through(index)) [[unlikely]] {
    await_connection(index);
    return;
  }
  call.distance = distance(calls_[call.parent].instance, instances_[call.instance]) & 3U;
  call.phase = CallPhase::Outbound;
  if (kHas == Features::All && has_handshakes_ && shakes_hands(index)) return;
  travel<kHas>(index, call, false);
}

[[gnu::noinline]] void RequestEngine::reject(std::uint32_t index, RequestOutcome outcome) {
  Call& call = calls_[index];
  call.cause = cause_of_rejection(index, outcome);
  call.phase = CallPhase::Answering;
  call.outcome = outcome;
  at_once_.add(index | kAnswers);
}

std::uint32_t RequestEngine::choose(const Call& parent, const CallSite& site, std::uint64_t key) {
  const Endpoints& table = endpoints_of(parent, site);
  if (table.affinity || !table.node_ends.empty() || !turns_.empty()) [[unlikely]]
    return choose_otherwise(parent, table_of(parent, site), key);
  return any_of(table, key);
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
    return any_of(table, key);
  };
  if (!table.affinity) return drawn();
  const bool journey = parent.instance == kNone;
  const ClientOfTable client{
      journey, journey ? client_key(parent) : instance_addresses_[parent.instance], index};
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

template <Features kHas>
void RequestEngine::travel(std::uint32_t index, Call& call, bool answers) {
  Duration way = latency_[call.distance];
  if (kHas == Features::All && !program_.specials.empty()) way += time_of_payload(call, answers);
  if (kHas == Features::All && impaired_ &&
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

template <Features kHas>
void RequestEngine::reach_instance(std::uint32_t index) {
  Call& call = calls_[index];
  if (kHas != Features::None && is_cancelled(index)) {
    discard<kHas>(index, call);
    return;
  }
  if (instances_[call.instance].state != InstanceState::Listening) {
    // The address may belong to another process by now, or to nobody.
    const std::uint32_t answers = addresses_[instance_addresses_[call.instance]];
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
    answer<kHas>(index, call, RequestOutcome::Refused);
    return;
  }
  if (kHas != Features::None && opening_ > 0 && !is_opened(index)) [[unlikely]]
    return;
  if (call.probe && answers_aside(index)) [[unlikely]]
    return;
  if (kHas == Features::All && has_leaders_ && !accepts(index)) [[unlikely]]
    return;
  const bool at_once = instance.busy < instance.concurrency;
  if ((!at_once && instance.queued >= instance.queue_max) ||
      (kHas == Features::All && has_gates_ && !lets_in(index))) {
    call.cause = cause_of_full(call.instance);
    answer<kHas>(index, call, RequestOutcome::Refused);
    return;
  }
  if (kHas == Features::All && call.site >= program_.first_question) [[unlikely]]
    count_question(index);
  if (at_once) {
    begin_service<kHas>(index, call);
  } else {
    call.phase = CallPhase::Queued;
    if (kHas == Features::All && has_gates_) entries_[index].before = instance.queue.tail;
    calls_.append(instance.queue, index);
    ++instance.queued;
    ++service_loads_[instance.service].queued;
  }
}

template <Features kHas>
void RequestEngine::begin_service(std::uint32_t index, Call& call) {
  Instance& instance = instances_[call.instance];
  if (++instance.busy > instance.busy_max) overloaded_.push_back(InstanceId{call.instance});
  ++service_loads_[instance.service].busy;
  call.phase = CallPhase::InService;
  if (keeps_tries<kHas>(tries_.empty())) tries_[index].served_at = now_;
  if (call.followed) [[unlikely]]
    observer_->work_began(index, now_);
  if (instance.hanging) {
    call.held = true;
  } else {
    begin_work<kHas>(index, call);
  }
}

template <Features kHas>
void RequestEngine::begin_work(std::uint32_t index, Call& call) {
  Instance& instance = instances_[call.instance];
  const ProgramOperation& operation = program_.operations[program_.sites[call.site].operation];
  call.next_step = operation.first_step;
  Duration cpu;
  if (operation.uses_cpu) cpu = operation.cpu.draw(draws_, Purpose::ServiceTime, call.key, 0);
  if (kHas == Features::All && call.opens) [[unlikely]]
    cpu += model_.services[instance.service].handshake.cpu;
  if (kHas == Features::All && has_paces_) cpu = begin_paced(index, cpu);
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

template <Features kHas>
void RequestEngine::end_service(std::uint32_t index) {
  if (kHas == Features::All && !held_up_.empty() && is_held_up(index)) [[unlikely]]
    return;
  if (kHas == Features::All && has_paces_ && puts_off(index)) return;
  if (kHas == Features::All && has_leaders_ && !is_replicated(index)) [[unlikely]]
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
    finish<kHas>(index, call, RequestOutcome::Error);
  } else if (instances_[call.instance].flawed && meets_flaw(index)) {
    finish<kHas>(index, call, RequestOutcome::Error);
  } else {
    run<kHas>(index, operation);
  }
}

template <Features kHas>
void RequestEngine::finish(std::uint32_t index, Call& call, RequestOutcome outcome) {
  if (kHas == Features::All && has_topics_ && outcome == RequestOutcome::Ok) [[unlikely]]
    publish_messages(index);     // Before any reference into the slab.
  if (call.instance == kNone) {  // A journey's root.
    end_journey(index, outcome);
    return;
  }
  if (kHas == Features::All && has_gates_) leave_gate(index, true);
  release_slot<kHas>(call.instance, call.cause);
  if (call.abandoned) {
    discard<kHas>(index, call);
  } else {
    answer<kHas>(index, call, outcome);
  }
}

std::uint32_t RequestEngine::next_in_queue(Instance& instance) {
  const std::uint32_t next = calls_.take_first(instance.queue);
  if (next == kNone) return kNone;
  --instance.queued;
  --service_loads_[instance.service].queued;
  return next;
}

template <Features kHas>
void RequestEngine::release_slot(std::uint32_t index, RecordId cause) {
  Instance& instance = instances_[index];
  ServiceLoad& load = service_loads_[instance.service];
  --instance.busy;
  --load.busy;
  if (++instance.served > instance.served_max) overloaded_.push_back(InstanceId{index});
  const std::uint32_t next =
      kHas == Features::All && has_gates_ ? next_admitted(index) : next_in_queue(instance);
  if (next != kNone) {
    if (calls_[next].cause == 0) calls_[next].cause = cause;
    begin_service<kHas>(next);
  } else if (instance.busy == 0 && instance.state == InstanceState::Draining) {
    instance.state = InstanceState::Stopped;
    drained_.push_back(InstanceId{index});
  }
}

template <Features kHas>
void RequestEngine::answer(std::uint32_t index, Call& call, RequestOutcome outcome) {
  if (call.abandoned) {  // Whoever would hear it has left.
    discard<kHas>(index, call);
    return;
  }
  call.phase = CallPhase::Answering;
  call.outcome = outcome;
  travel<kHas>(index, call, true);
}

template <Features kHas>
void RequestEngine::reach_caller(std::uint32_t index) {
  Call& call = calls_[index];
  if (call.abandoned) {
    discard<kHas>(index, call);
    return;
  }
  disarm_timer(call);
  if (call.probe) {
    if (!end_check(index, call.outcome)) {
      probe_answers_.push_back({call.repetition, call.outcome, call.cause});
    }
    discard<kHas>(index, call);
    return;
  }
  if (call.followed) report_try(index, call.outcome);
  if (kHas != Features::None && program_.sites[call.site].route != kNone) {
    if (kHas == Features::Routes && call.outcome == RequestOutcome::Ok) {
      end_answered(index, call);
    } else {
      end_routed(index, call.outcome, true);
    }
    return;
  }
  const RecordId failure = end_counted(call, call.outcome);
  const Return result = return_of(call, call.outcome, failure);
  discard<kHas>(index, call);
  tell_caller<kHas>(result);
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

template <Features kHas>
void RequestEngine::tell_caller(const Return& result) {
  if (kHas == Features::All && result.site >= program_.first_question) [[unlikely]] {
    hear_limit(result);
    return;
  }
  if (kHas == Features::All && program_.has_fallbacks &&
      program_.sites[result.site].stands_for != kNone) [[unlikely]] {
    tell_caller(end_fallback(result));
    return;
  }
  if (kHas == Features::All && !program_.caches.empty()) fill_cache(result);
  hear<kHas>(result);
}

template <Features kHas>
void RequestEngine::hear(const Return& result) {
  const CallSite& site = program_.sites[result.site];
  if (result.outcome == RequestOutcome::Ok && makes_next<kHas>(site, result)) return;
  Call& caller = calls_[result.caller];
  if (result.outcome != RequestOutcome::Ok) {
    if (kHas == Features::All &&
        (caller.undoing || (site.special != kNone && program_.specials[site.special].optional))) {
      caller.step_failed = true;
    } else {
      // A user sees what happened; a service turns it into a failure of its own.
      caller.outcome = caller.instance == kNone ? result.outcome : RequestOutcome::Upstream;
      caller.cause = result.failure;
    }
  }
  if (--caller.pending > 0) return;
  if (kHas == Features::All && caller.aside) {
    discard<kHas>(result.caller, caller);
    if (has_topics_) [[unlikely]]
      end_delivery(result);
  } else if (caller.outcome == RequestOutcome::Ok ||
             (kHas == Features::All && (caller.undoing || begin_undo(caller)))) {
    if (kHas == Features::All && users_think_ && caller.instance == kNone &&
        thinks_between_steps(result.caller))
      return;
    run<kHas>(result.caller);
  } else {
    finish<kHas>(result.caller, caller, caller.outcome);
  }
}

template <Features kHas>
bool RequestEngine::makes_next(const CallSite& site, const Return& result) {
  if (result.repetition + 1 >= site.times) return false;
  if (kHas == Features::All && site.special != kNone) return makes_next_special(site, result);
  launch_again<kHas>(result);
  return true;
}

/// One function, for launch() is long and has its place where a step begins.
template <Features kHas>
[[gnu::noinline]] void RequestEngine::launch_again(const Return& result) {
  launch<kHas>(result.caller, result.site, result.repetition + 1);
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

template <Features kHas>
void RequestEngine::discard(std::uint32_t index, Call& call) {
  if (kHas == Features::All && has_threads_ && tries_[index].on_thread) [[unlikely]]
    return_thread(index);
  if (call.ghost) {
    call.phase = CallPhase::Spent;
    call.parent = kNone;  // It is told by now, and its slot may become another call's.
  } else {
    calls_.free(index);
  }
}

// For the parts of the engine that are files of their own.
template void RequestEngine::drain_work<Features::All>();
template void RequestEngine::run<Features::All>(std::uint32_t);
template std::uint32_t RequestEngine::launch<Features::All>(std::uint32_t, std::uint32_t,
                                                            std::uint32_t, RecordId);
template std::uint32_t RequestEngine::allocate_call<Features::All>();
template void RequestEngine::connect<Features::All>(std::uint32_t, Call&, std::uint32_t);
template void RequestEngine::travel<Features::All>(std::uint32_t, Call&, bool);
template void RequestEngine::begin_service<Features::All>(std::uint32_t, Call&);
template void RequestEngine::begin_work<Features::All>(std::uint32_t, Call&);
template void RequestEngine::finish<Features::All>(std::uint32_t, Call&, RequestOutcome);
template void RequestEngine::answer<Features::All>(std::uint32_t, Call&, RequestOutcome);
template void RequestEngine::tell_caller<Features::All>(const Return&);
template void RequestEngine::hear<Features::All>(const Return&);
template void RequestEngine::let_go<Features::All>(std::uint32_t);
template void RequestEngine::begin_tries<Features::All>(std::uint32_t);
template void RequestEngine::begin_try<Features::All>(std::uint32_t);
template void RequestEngine::run_try<Features::All>(std::uint32_t);
template void RequestEngine::send_try<Features::All>(std::uint32_t);
template TryEnd RequestEngine::end_try<Features::All>(std::uint32_t, Call&, RequestOutcome);
template void RequestEngine::discard<Features::All>(std::uint32_t, Call&);
template void RequestEngine::release_slot<Features::All>(std::uint32_t, RecordId);

}  // namespace orrery::sim
