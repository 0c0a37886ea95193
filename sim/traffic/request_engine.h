/// @file
/// The request engine: who calls whom, where requests wait, and how each one ends.
///
/// A request is a 64-byte record in a slab, not an object with an address; a service is a flat
/// program; whatever takes time is a plain event of the kernel. Nothing is allocated per call once
/// the slab has grown to the number of calls in flight, and nothing recurses: what happens at once
/// goes through a work list.
///
/// Rules that decide ties, fixed by configuration and never by load:
/// - A way that takes no time is no event: the call is where it goes within the same event.
/// - Service always is an event, even if it takes no time.
/// - A call that ends gives its slot to the head of the queue before its answer leaves.
/// - An answer that arrives when the timeout is due beats it (EventClass).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "models/api/network_rules.h"
#include "models/base/fingerprint.h"
#include "models/base/random.h"
#include "models/ports/data_plane.h"
#include "models/resilience/balancers/ipvs_round_robin.h"
#include "models/resilience/global_rate_limit.h"
#include "sim/kernel/kernel.h"
#include "sim/traffic/arrival_rate.h"
#include "sim/traffic/call_program.h"
#include "sim/traffic/call_slab.h"
#include "sim/traffic/calls_at_once.h"
#include "sim/traffic/consumer_group.h"
#include "sim/traffic/cpu_group.h"
#include "sim/traffic/edge_faults.h"
#include "sim/traffic/engine_views.h"
#include "sim/traffic/failure_ledger.h"
#include "sim/traffic/features.h"
#include "sim/traffic/instance_spec.h"
#include "sim/traffic/node_cpu.h"
#include "sim/traffic/request_series.h"
#include "sim/traffic/route.h"
#include "sim/traffic/server_gate.h"
#include "sim/traffic/traffic_model.h"

namespace orrery::sim {

/// Kinds 0..15 of KernelEvent belong to this class.
///
/// The kernel and the fingerprint must outlive it. Faults and changes are told between two events,
/// never from inside dispatch(); they take effect at once, delays are the caller's business. Each
/// may be told with its cause, a record of the run's log.
class RequestEngine {
 public:
  /// `node_count` nodes besides the clients outside. Every event with an effect is folded into
  /// `fingerprint`. Requires: a model whose indices exist (see compile()).
  RequestEngine(Kernel& kernel, TrafficModel model, Draws draws, std::uint32_t node_count,
                Fingerprint& fingerprint);

  // --- Pods -----------------------------------------------------------------------------------

  /// A process that does not listen yet. It takes over its address from an earlier instance there:
  /// whoever connects from now on reaches this one.
  [[nodiscard]] InstanceId add_instance(InstanceSpec spec, ports::CauseId cause = 0);

  /// Requires: the instance is Starting or Listening.
  void set_listening(InstanceId instance, bool listens);

  /// TERM. If the service drains: refuses connections, finishes what it accepted, then is listed in
  /// take_drained(). If not: as kill(), and listed at once. Without effect unless Starting or
  /// Listening.
  void terminate(InstanceId instance, ports::CauseId cause = 0);

  /// The process is gone, its host is not: what it had accepted is reset (callers learn it after
  /// the way back), connections are refused. A Silent instance's host answers again.
  void kill(InstanceId instance, ports::CauseId cause = 0);

  /// The instance and its host are gone without a word. Callers that wait for an answer wait until
  /// their own timeout, for ever if they have none: so does a connection without one. Who connects
  /// from now on waits for connect_timeout or the own timeout, whichever is shorter.
  void lose(InstanceId instance, ports::CauseId cause = 0);
  void lose_node(std::uint32_t node, ports::CauseId cause = 0);

  /// kill(), and from now on nobody answers at its address until an instance is added there.
  void remove(InstanceId instance, ports::CauseId cause = 0);

  /// A quota per 100 ms, counted from now, on a node with so many cores. Requires: quota > 0.
  [[nodiscard]] std::uint32_t add_cpu_group(Duration quota, std::uint32_t cores);

  // Nodes whose cores the containers share; see shared_cpu.cpp.

  /// Groups on the node share so many cores. Requires: not told before.
  void share_cores(std::uint32_t node, std::uint32_t cores);
  /// What a container there is entitled to; `quota` per 100 ms, counted from now. Requires: the
  /// node's cores are shared; quota > 0.
  [[nodiscard]] std::uint32_t add_cpu_group(std::uint32_t node, const CpuClaim& claim,
                                            std::optional<Duration> quota);
  /// From now on so many threads work beside the group's calls. Of an instance it ends with that.
  void stress_cpu_group(std::uint32_t group, std::uint32_t threads, ports::CauseId cause = 0);
  /// That of all burstable pods on the node (NodeCpu). Requires: its cores are shared.
  void set_burstable_weight(std::uint32_t node, std::int64_t weight);

  /// From now on its requests end with Error when their own work is done, or no longer so.
  void set_failing(InstanceId instance, bool fails, ports::CauseId cause = 0);

  /// From now on it accepts requests and does nothing about them, or goes on with them: those that
  /// came meanwhile are begun, those whose work is done are answered.
  void set_hanging(InstanceId instance, bool hangs, ports::CauseId cause = 0);

  /// From now on its requests to operations that write end with Error, or no longer so.
  void set_disk_full(InstanceId instance, bool full, ports::CauseId cause = 0);

  // What slows the work of an instance from outside; see strained_instances.cpp.

  /// From now on whatever a request that begins there waits for takes so much longer; zero: as
  /// usual.
  void slow_waits(InstanceId instance, Duration by, ports::CauseId cause = 0);
  /// From now on so many threads beside its requests use its quota. False: it has no quota.
  bool stress_cpu(InstanceId instance, std::uint32_t threads, ports::CauseId cause = 0);
  /// What it works on now is done so much later.
  void hold_up_work(InstanceId instance, Duration by, ports::CauseId cause = 0);

  /// From now on it is listed in take_overloaded() when it works on more requests than this.
  void set_busy_watch(InstanceId instance, std::uint32_t busy_max);
  /// The same when it has served more than this.
  void set_served_watch(InstanceId instance, std::uint32_t served_max);

  /// Whether the instance's health checks wait for its slots.
  [[nodiscard]] bool probes_share_threads(InstanceId instance) const;
  /// A health check from the instance's own node, given up at `deadline`; one ProbeAnswer follows.
  void serve_probe(InstanceId instance, std::uint32_t tag, Instant deadline);

  [[nodiscard]] const InstanceSpec& spec(InstanceId instance) const;
  [[nodiscard]] InstanceView view(InstanceId instance) const;

  /// Instances that ended by TERM since the last call of this, in order.
  [[nodiscard]] std::vector<InstanceId> take_drained() { return std::exchange(drained_, {}); }
  /// Instances beyond their busy watch, likewise.
  [[nodiscard]] std::vector<InstanceId> take_overloaded() { return std::exchange(overloaded_, {}); }
  /// Health checks that are over, likewise.
  [[nodiscard]] std::vector<ProbeAnswer> take_probe_answers() {
    return std::exchange(probe_answers_, {});
  }
  /// Circuit breakers of callers that opened, closed or began a trial, likewise.
  [[nodiscard]] std::vector<BreakerNotice> take_breaker_changes() {
    return std::exchange(breaker_changes_, {});
  }
  /// Hosts that callers ejected or took back, likewise.
  [[nodiscard]] std::vector<EjectionNotice> take_ejections() {
    return std::exchange(ejections_, {});
  }
  /// Other shares of calls that stay in their caller's zone, likewise.
  [[nodiscard]] std::vector<OwnShareNotice> take_own_shares() {
    return std::exchange(own_shares_, {});
  }
  /// One of these is not empty.
  [[nodiscard]] bool has_notices() const {
    return !drained_.empty() || !overloaded_.empty() || !probe_answers_.empty() ||
           !breaker_changes_.empty() || !ejections_.empty() || !own_shares_.empty();
  }

  // --- Endpoint tables ------------------------------------------------------------------------

  /// The consumer's next requests to the service go to one of these, uniformly drawn per request.
  /// Empty: they end with NoEndpoints. A version older than the one in place is ignored.
  ///
  /// With `affinity` a client keeps the endpoint it was given, as long as the table has it and the
  /// client's last request to the service is not longer ago. A pod is a client, and so is a
  /// journey.
  ///
  /// With `node_ends` a client takes a node, then an endpoint on it (ports::EndpointTable); a route
  /// of the client's own balances over the endpoints all the same.
  void publish(ConsumerIndex consumer, ServiceIndex service,
               std::span<const ports::TableEndpoint> endpoints, std::uint64_t version,
               std::optional<Duration> affinity = std::nullopt, ports::CauseId cause = 0,
               std::span<const std::uint32_t> node_ends = {});

  /// The consumer's tables are behind what is so for this reason; 0: they are not. What goes to an
  /// address where nobody serves fails for it.
  void set_stale(ConsumerIndex consumer, ports::CauseId cause);

  /// What the consumer's requests to the service go by now; pod names are not kept.
  [[nodiscard]] ports::EndpointTable table(ConsumerIndex consumer, ServiceIndex service) const;

  // --- Policies -------------------------------------------------------------------------------

  /// From now on calls of the route begin by this policy; those under way end by theirs. What the
  /// old one knew (breakers, hosts that were ejected, budgets, connections) is known no more, as
  /// where Envoy takes a changed cluster, but for what `keeps` says. Timeouts that are shorter,
  /// limits of places or rates that are new or changed, faults that are injected, and clusters that
  /// get more of the calls than at first have these causes from then on. Requires: an index into
  /// TrafficModel::routes; the same fallback_call and shared_limit as before.
  void set_policy(std::uint32_t route, resilience::RoutePolicy policy, PolicyCauses causes = {},
                  Keeps keeps = Keeps::Nothing);

  // --- Edges ----------------------------------------------------------------------------------

  /// Messages that are sent from now on may meet it; returns its handle.
  [[nodiscard]] std::uint32_t add_edge_fault(EdgeFault fault);
  /// Messages that are sent, or sent again, from now on do not meet it; what it holds up stays so.
  /// Returns the number of messages it did something to. Requires: it was added, and not removed.
  std::uint64_t remove_edge_fault(std::uint32_t handle);
  /// The same number so far. Requires: likewise.
  [[nodiscard]] std::uint64_t edge_fault_hits(std::uint32_t handle) const {
    return edge_faults_.hits(handle);
  }

  /// Connections that are opened from now on are judged by these rules of the network. Each call
  /// opens one, first asking for the name of what it calls; those under way go on. Whoever is not
  /// let through waits as for an address where nobody answers. The services' own health checks come
  /// from their nodes and pass. Requires: not null.
  void set_network_rules(std::shared_ptr<const api::NetworkRules> rules,
                         const NetworkCauses& causes = {});

  // --- Leaders --------------------------------------------------------------------------------
  // Of services that have them; see leaders.cpp.

  /// From now on whatever requests wait for takes so much longer at the one that leads, whichever
  /// it is; zero: as usual. Requires: the service has leaders.
  void slow_leader(ServiceIndex service, Duration by, ports::CauseId cause = 0);
  /// The one that leads; nothing while there is none. Requires: likewise.
  [[nodiscard]] std::optional<InstanceId> leader(ServiceIndex service) const;

  // --- Causes ---------------------------------------------------------------------------------

  /// From now on every failed call is told to `ledger`, which must outlive this, with its cause;
  /// those that began before `count_from` are not counted.
  void explain_failures(FailureLedger& ledger, Instant count_from = {});

  // --- Running --------------------------------------------------------------------------------

  /// Told of what happens from now on; must outlive the engine. Null: nobody. Changes nothing.
  void set_observer(TrafficObserver* observer) { observer_ = observer; }
  /// Who calls whom in the model.
  [[nodiscard]] const std::vector<CallEdge>& edges() const { return program_.edges; }

  /// Arms the first arrival of every load.
  void start();

  /// Returns false if the event is not of this class. Requires: it was just popped.
  bool dispatch(KernelEvent event);

  // --- What was seen --------------------------------------------------------------------------

  /// Calls to the service, by services and users.
  [[nodiscard]] const RequestSeries& service(ServiceIndex index) const { return services_[index]; }
  /// Single steps of the journey, as its users see them.
  [[nodiscard]] const RequestSeries& journey_steps(std::uint32_t index) const {
    return journey_steps_[index];
  }
  /// Whole journeys, from the first step's start to the last one's end; a failed step's outcome.
  [[nodiscard]] const RequestSeries& journey(std::uint32_t index) const { return journeys_[index]; }

  [[nodiscard]] ServiceGauge gauge(ServiceIndex service) const;
  /// The gauge at one, two, … sample intervals, before the events of that instant; as far as events
  /// have been dispatched. Taken in passing: recording adds no event.
  [[nodiscard]] std::vector<ServiceGauge> gauges(ServiceIndex service) const;

  /// The groups of all topics, in order.
  [[nodiscard]] std::uint32_t group_count() const {
    return static_cast<std::uint32_t>(groups_.size());
  }
  [[nodiscard]] const ConsumerGroup& group(std::uint32_t index) const {
    return groups_[index].group;
  }
  /// As for gauges, and now.
  [[nodiscard]] std::vector<GroupSample> group_samples(std::uint32_t index) const;

  /// Call and journey records in use; 0 once all is over.
  [[nodiscard]] std::uint32_t live_calls() const { return calls_.live(); }
  /// Calls that were launched, whether counted or not.
  [[nodiscard]] std::uint64_t launched() const { return launched_; }
  /// What the policies of a route did, all pods of the caller together.
  [[nodiscard]] const RouteCounts& route(std::uint32_t index) const { return route_counts_[index]; }
  /// The hosts that callers keep out of what they choose from, once for each caller, by caller.
  /// O(callers that ever kept one out, times their hosts).
  [[nodiscard]] std::vector<HostKeptOut> kept_out(Instant now) const;

 private:
  /// One cache line of what a call needs of its instance; the rest is in specs_.
  struct alignas(64) Instance {
    std::int64_t cpu_ns = 0;  ///< Work done.
    std::uint32_t service = 0;
    std::uint32_t node = 0;
    std::uint32_t concurrency = 0;
    std::uint32_t queue_max = 0;
    std::uint32_t busy = 0;
    std::uint32_t queued = 0;
    CallQueue queue;
    std::uint32_t cpu_group = kNone;
    std::uint32_t busy_max = kNone;  ///< Beyond it, it is overloaded.
    std::uint32_t first_route = 0;   ///< Of the calls it makes, in routes_.
    std::uint32_t served = 0;
    std::uint32_t served_max = kNone;
    std::uint16_t zone = 0;  ///< Or kNowhere.
    InstanceState state = InstanceState::Starting;
    bool drains : 1 = true;
    bool failing : 1 = false;
    bool hanging : 1 = false;
    bool strained : 1 = false;  ///< It has a Strain.
    bool flawed : 1 = false;    ///< It has a Flaw.

    static constexpr std::uint16_t kNowhere = 0xffff;
  };
  static_assert(sizeof(Instance) == 64);
  /// Why some of an instance's requests fail when their work is done.
  struct Flaw {
    std::uint64_t fails_below = 0;  ///< One does if 64 uniform bits are below.
    bool disk_full = false;
    RecordId disk_cause = 0;
  };
  /// Why it is as it is; 0: it is well, or nobody said.
  struct InstanceCauses {
    RecordId state = 0;
    RecordId illness = 0;
  };
  /// What holds a slot or a place: a cause; the work of a service; or whatever holds the slots of
  /// an instance, the places of a route (see holders_of_route) or a pool.
  struct Voice {
    RecordId cause = 0;
    ServiceIndex service = kNone;
    std::uint32_t instance = kNone;

    friend auto operator<=>(const Voice&, const Voice&) = default;
  };
  /// A process that does not listen yet, of a pod that counts as ready all the same.
  struct UnprobedStart {
    Instant since;
    RecordId record = 0;  ///< That it was called, or missed; 0: it was not.
  };
  /// Since when callers of a service find no room there, and when one did last; never(): none has.
  struct Lack {
    Instant since = Instant::never();
    Instant last = Instant::never();
  };
  /// What slows an instance from outside, and why.
  struct Strain {
    Duration waits;
    RecordId waits_cause = 0;
    Duration leading;  ///< Likewise, while it leads.
    RecordId leading_cause = 0;
    std::uint32_t threads = 0;
    RecordId threads_cause = 0;

    [[nodiscard]] bool is_any() const {
      return waits > Duration{} || leading > Duration{} || threads > 0;
    }
  };
  /// Work that was under way when its process was held up, by the call's slot.
  struct HeldUp {
    std::uint64_t key = 0;  ///< Of the call.
    Duration by;
  };
  /// A consumer group, and who hands it its messages.
  struct GroupState {
    ConsumerGroup group;
    KernelTimer timer{};
    std::uint32_t topic = 0;
    std::uint32_t site = 0;  ///< Of a delivery.
    std::uint32_t dead_letters = kNoTopic;
    std::vector<std::uint32_t> roots{};  ///< By consumer: the slot that stands for its broker.
    std::vector<GroupSample> samples{};
    Instant due = Instant::never();  ///< Of the timer.
    RecordId change = 0;             ///< Why its consumers have changed, the last time.
  };
  /// By the slot of what stands for the broker.
  struct HandedOver {
    std::uint32_t group = kNone;
    std::uint32_t call = kNone;
    Delivery delivery{};
  };
  /// Who leads a service, if it has leaders.
  struct Leadership {
    KernelTimer timer{};
    std::uint32_t leader = kNone;
    bool electing = false;
    std::uint32_t elections = 0;
    RecordId cause = 0;  ///< Of there being none.
    Duration slow;
    RecordId slow_cause = 0;
  };
  struct CpuUser {
    CpuGroup group;
    KernelTimer timer{};
    std::uint32_t node = kNone;  ///< Whose cores it shares; kNone: it has its own.
    CpuClaim claim = {};
  };
  struct SharedNode {
    NodeCpu cpu;
    std::map<std::uint32_t, RecordId> stressed;  ///< Why, by group.
  };
  /// What many consumers' tables say alike.
  struct Endpoints {
    std::vector<std::uint32_t> addresses;  ///< Indices into addresses_.
    std::vector<std::uint32_t> node_ends;  ///< As in ports::EndpointTable.
    std::optional<Duration> affinity;

    friend bool operator==(const Endpoints&, const Endpoints&) = default;
  };
  struct Table {
    std::shared_ptr<const Endpoints> endpoints;  ///< Not null.
    std::uint64_t version = 0;
    RecordId cause = 0;         ///< Of this version.
    std::size_t full_size = 0;  ///< It had so many endpoints before it shrank; 0: it has them.
    RecordId shrunk_by = 0;     ///< Why it shrank, until what came of that is over.
  };
  /// A client and the table it goes by: the address index of a pod, or the key of a journey.
  struct ClientOfTable {
    bool journey = false;
    std::uint64_t client = 0;
    std::size_t table = 0;

    friend auto operator<=>(const ClientOfTable&, const ClientOfTable&) = default;
  };
  struct Attachment {
    std::uint32_t address = 0;
    Instant last;
  };
  struct Load {
    std::uint64_t started = 0;
    double seconds_per_arrival = 0;
    std::vector<double> weights;      ///< Of the mix: sums of those up to each.
    std::vector<double> population;   ///< User -> how probable it is that one up to it comes.
    std::optional<ArrivalRate> rate;  ///< In place of a constant one.

    [[nodiscard]] double weight_sum() const { return weights.empty() ? 0 : weights.back(); }
  };
  /// One of a closed load's.
  struct User {
    std::uint32_t load = 0;
    std::uint32_t number = 0;   ///< Among the load's.
    std::uint32_t started = 0;  ///< Journeys.
  };
  /// What a try does about the new connection of a pool that it is to go out on.
  enum class Opening : std::uint8_t {
    No,         ///< It is there, or another opens it.
    Trying,     ///< It opens it; who opens it is not heard yet, or nobody does.
    Handshake,  ///< The same, and the end of the handshake is an event of its own.
  };
  /// What a call's route remembers of it, by the call's slot; kept where the model has routes.
  struct Try {
    Instant deadline = Instant::never();  ///< Of the whole call: its own, or inherited.
    Instant passed = Instant::never();    ///< The deadline that the server knows.
    Instant sent_at;                      ///< When this try began.
    Instant served_at;                    ///< When an instance began to work on it.
    std::uint64_t user = 0;               ///< Who made the journey that it is part of.
    std::uint64_t session = 0;            ///< That journey.
    RetriesMade retries;
    RouteHost host;               ///< Of this try, or of the one before; the call's cluster.
    std::uint32_t route = kNone;  ///< Index into routes_.
    bool call_begun = false;      ///< The route waits to hear how the call ends.
    bool try_begun = false;       ///< Likewise, the try.
    bool sent = false;            ///< Likewise, the host.
    bool unconnected = false;     ///< Nobody answers at the address.
    bool on_thread = false;       ///< It has one of the route's threads.
    bool turned_away = false;     ///< By what stands before its retries.
    bool opens = false;           ///< Its connection is a new one of the pool.
    bool unheard = false;         ///< Nobody waits for it, but it has its turn on a thread.
    bool stranded = false;        ///< The connection that it waited for did not come.
    Opening opening = Opening::No;
    /// What the shared limit said to its question.
    resilience::RateLimitReply limit_reply = resilience::RateLimitReply::Error;
    std::uint32_t question = kNone;  ///< The slot of what it asks a shared limit, while it does.
  };
  /// A call that failed and has another service called in its place.
  struct FailedCall {
    std::uint32_t caller = kNone;
    std::uint32_t site = 0;
    std::uint32_t repetition = 0;

    friend auto operator<=>(const FailedCall&, const FailedCall&) = default;
  };
  struct FirstFailure {
    std::int64_t start_ns = 0;
    RequestOutcome outcome = RequestOutcome::Error;
    RecordId record = 0;
    std::uint32_t route = kNone;  ///< Index into routes_.
  };
  /// A call with several tries at a time. Of its tries none is in a back-off.
  struct HedgedCall {
    resilience::GrpcHedge hedge;
    KernelTimer timer{};                                              ///< Of the next try; kept.
    std::array<std::uint32_t, resilience::kGrpcAttemptsMax> tries{};  ///< Under way: their slots.
    std::uint32_t under_way = 1;
    std::uint32_t begun = 1;  ///< Tries so far.
  };
  /// What of a route's policy was changed while the run goes on: the records of it.
  struct PolicyChange {
    RecordId timeouts = 0;              ///< They are shorter.
    RecordId places = 0;                ///< Connections, requests or threads are limited otherwise.
    RecordId rates = 0;                 ///< So are requests per time.
    RecordId injected = 0;              ///< Calls are held up or aborted.
    std::vector<RecordId> shares = {};  ///< By cluster: it gets more of the calls than at first.
  };
  /// A route whose caller asks its hosts how they are.
  struct CheckedRoute {
    KernelTimer timer{};           ///< Of the next check.
    std::uint32_t caller = kNone;  ///< Instance; kNone: the clients outside.
    std::uint32_t model = 0;       ///< RouteModel.
  };
  struct HostCheck {
    std::uint32_t route = kNone;
    RouteHost host;
    std::int32_t status = 0;  ///< That it was answered with; 0: the one its outcome stands for.
  };
  /// What is to be said of one of a route's several clusters if it has nobody to call.
  struct ClusterCauses {
    RecordId failed = 0;   ///< Of the last try that failed.
    RecordId emptied = 0;  ///< Of its last host's leaving; 0: it has some, or never had.
    bool has_hosts = false;
  };
  /// What faults on edges do to a call, by the call's slot; as many as any was done to.
  struct Passage {
    std::uint64_t key = 0;      ///< Of the call that this is about.
    bool answers = false;       ///< About its answer.
    std::uint32_t resends = 0;  ///< Of the message.
    std::uint32_t legs = 0;     ///< Messages of a handshake that come before the request.
    RecordId cause = 0;         ///< Of what holds the message up.
    Instant reset_at = Instant::never();
    Instant given_up_at = Instant::never();  ///< By a caller that was told to.
    RecordId given_up_cause = 0;
  };
  /// A write that a follower is told of, by the slot of the message.
  struct Replication {
    std::uint32_t leader = kNone;
    std::uint32_t write = kNone;  ///< Its slot.
    std::uint64_t key = 0;        ///< Of the write.
  };
  /// A write that waits for acknowledgements, by its slot.
  struct Replicated {
    std::uint64_t key = 0;
    std::size_t needed = 0;                ///< Acknowledgements that it still waits for.
    std::vector<std::uint32_t> followers;  ///< The slots of what may still bring one.
  };
  /// A connection of a pool that is being closed.
  struct Closing {
    std::uint32_t route = kNone;   ///< Index into routes_.
    std::uint32_t caller = kNone;  ///< Instance; kNone: the clients outside.
    RouteHost host;
    RecordId cause = 0;  ///< Of its taking long; 0: nothing is being closed here.
  };
  struct ServiceLoad {
    std::uint64_t busy = 0;
    std::uint64_t queued = 0;
  };
  /// A cache of an instance, and a key that one call fetches for it.
  struct CacheOfProcess {
    std::uint32_t instance = kNone;
    std::uint32_t cache = kNone;

    friend auto operator<=>(const CacheOfProcess&, const CacheOfProcess&) = default;
  };
  struct Flight {
    CacheOfProcess cache;
    std::uint32_t key = 0;

    friend auto operator<=>(const Flight&, const Flight&) = default;
  };
  /// A caller that waits for a call of another.
  struct Waiter {
    std::uint32_t caller = kNone;
    std::uint32_t generation = 0;
    std::uint32_t repetition = 0;
  };
  /// Whether an instance may open connections to another.
  struct NetworkVerdict {
    std::uint32_t rules = 0;  ///< Which: the number of those that there had been.
    bool passes = true;
    RecordId cause = 0;  ///< Of its not passing.
  };
  /// Of a call whose process does not work evenly.
  struct PacedWork {
    std::int64_t cpu_ns = 0;
    std::int64_t paused_ns = 0;  ///< Of the process's pauses, what its end has been put off by.
  };
  /// Of a call in a process with a gate.
  struct Entry {
    Instant at;
    std::uint32_t in_flight = 0;
    std::uint32_t before = kNone;  ///< In the queue, who came before it.
  };
  /// What a call that is over leaves for its caller.
  struct Return {
    std::uint32_t caller = kNone;
    std::uint32_t site = 0;
    std::uint32_t repetition = 0;
    RequestOutcome outcome = RequestOutcome::Ok;
    RecordId failure = 0;  ///< The record of the failure.
  };

  // The life of a call: hop.cpp. Without all features it is not asked for what a model does not
  // have; what is rare then goes on with all.
  void note_features();  ///< Sets features_; called when any of them may have come or gone.
  template <Features kHas>
  void dispatch_call(KernelEvent event);
  [[gnu::noinline]] void dispatch_plain(KernelEvent event);
  [[gnu::noinline]] void dispatch_routed(KernelEvent event);

  void enter();  ///< Reads the clock and takes the gauges that are due.
  void sample_gauges();
  [[gnu::noinline]] void dispatch_other(KernelEvent event);
  void dispatch_aside(KernelEvent event);  ///< About no call of the slab.
  /// With more calls than a cache holds: has what the next events need on its way from memory.
  void look_ahead() const;
  template <Features kHas = Features::All>
  void drain_work();
  [[gnu::noinline]] void drain_at_once();  ///< The same, out of line.

  // Who starts journeys: arrivals.cpp.
  void arm_arrival(std::uint32_t load);
  /// Of a load, or of a user behind all loads. Returns the root of the journey, which is to be run.
  [[nodiscard]] std::uint32_t arrive(std::uint32_t index);
  /// `user`: index into users_, or kNone.
  std::uint32_t begin_journey(std::uint32_t load, std::uint64_t ordinal, std::uint32_t user);
  /// Of a load that has several.
  [[nodiscard]] std::uint32_t chosen_journey(std::uint32_t load, std::uint64_t ordinal) const;
  /// The user thinks, and starts the next journey if the load lasts.
  void let_user_think(std::uint32_t user, Instant from);
  /// Whether the user of a journey thinks before its next step, which then is an event.
  [[nodiscard]] bool thinks_between_steps(std::uint32_t root);
  void end_journey(std::uint32_t root, RequestOutcome outcome);
  /// Whose endpoints an affinity keeps: a user's, or else a journey's.
  [[nodiscard]] std::uint64_t client_key(const Call& root) const;
  [[nodiscard]] static std::uint64_t user_key(const User& user);

  /// Whether the caller with that key makes the call of the site.
  [[nodiscard]] bool takes(std::uint64_t key, const CallSite& site) const;
  template <Features kHas = Features::All>
  void run(std::uint32_t call);  ///< Its next step, or its end if there is none.
  template <Features kHas>
  void run(std::uint32_t call, const ProgramOperation& its_operation);
  // Calls that are made on a condition, by nobody, or not at all: special_calls.cpp.
  /// Whether the call of the site is made and waited for. It, or what stands for it, is under way
  /// then. `failed`: a call of the step before has.
  [[nodiscard]] bool begins(std::uint32_t parent, std::uint32_t site, bool failed);
  /// Whether the cache of the caller's process has what the call would fetch, or another call is
  /// under way for it, which the caller then waits for.
  enum class Saved : std::uint8_t { No, ByCache, ByFlight };
  [[nodiscard]] Saved saved(std::uint32_t parent, std::uint32_t site, std::uint32_t repetition);
  [[nodiscard]] std::uint32_t cache_key(std::uint64_t parent_key, const CallSite& site,
                                        std::uint32_t repetition) const;
  // Processes that choose whom they serve: gated_calls.cpp.
  /// Whether the call that has reached its instance may wait or be served there.
  [[nodiscard]] bool lets_in(std::uint32_t call);
  void leave_gate(std::uint32_t call, bool served);
  [[nodiscard]] std::uint32_t take_waiting(Instance& instance, bool newest);
  void take_out(Instance& instance, std::uint32_t call);  ///< Of the queue.
  /// Whose turn it is, out of the queue; others are turned away.
  [[nodiscard]] std::uint32_t next_admitted(std::uint32_t instance);
  void begin_pace(std::uint32_t instance);                                     ///< It listens now.
  [[nodiscard]] static std::uint64_t address_key(const std::string& address);  ///< For its draws.
  /// Core time of the work that begins now.
  [[nodiscard]] Duration begin_paced(std::uint32_t call, Duration cpu);
  [[nodiscard]] Duration cpu_of(std::uint32_t call) const;  ///< Of work that has begun.
  /// Whether its process has paused meanwhile, so that its work ends later.
  [[nodiscard]] bool puts_off(std::uint32_t call);
  void forget_caches(std::uint32_t instance);
  /// A call that a cache waited for has ended. Whoever waited with it hears of it.
  void fill_cache(const Return& result);
  [[nodiscard]] bool makes_next_special(const CallSite& site, const Return& result);
  void launch_aside(std::uint32_t parent, std::uint32_t site);
  /// How often the site's call is made for the parent.
  [[nodiscard]] std::uint32_t times_of(const CallSite& site, std::uint64_t parent_key) const;
  /// Whether anything has to be undone of an operation that has failed; it goes on with that then.
  [[nodiscard]] bool begin_undo(Call& call) const;
  [[nodiscard]] std::uint32_t payload_of(const Call& call, bool answers) const;
  [[nodiscard]] Duration time_of_payload(const Call& call, bool answers) const;
  /// Returns the slot of the call. `cause`: what made its caller make it, if that is not the
  /// caller's own.
  template <Features kHas = Features::All>
  std::uint32_t launch(std::uint32_t parent, std::uint32_t site, std::uint32_t repetition,
                       RecordId cause = 0);
  template <Features kHas = Features::All>
  [[nodiscard]] std::uint32_t allocate_call();
  /// The caller hears of the failure still within this event.
  void reject(std::uint32_t call, RequestOutcome outcome);
  /// The same, by a policy of its caller. Requires: its call site has a route.
  void turn_away(std::uint32_t call, TurnedAwayBy by, RequestOutcome outcome);
  /// When the caller of a call that is under way stops waiting; never() if it does not.
  [[nodiscard]] Instant give_up_at(std::uint32_t call) const;
  Instant arm_give_up(std::uint32_t call);  ///< Its timer, for then. Returns give_up_at().
  [[nodiscard]] std::size_t consumer_count() const { return tables_.size() / service_count_; }
  /// The table that the caller's node, or the clients outside, go by.
  [[nodiscard]] ConsumerIndex consumer_of(const Call& parent) const;
  [[nodiscard]] std::size_t table_of(const Call& parent, const CallSite& site) const;
  [[nodiscard]] const Endpoints& endpoints_of(const Call& parent, const CallSite& site) const {
    const Endpoints* const same = same_endpoints_[site.service];
    return same != nullptr ? *same : *endpoints_[table_of(parent, site)];
  }
  /// The call takes its way to whoever answers at the address now.
  template <Features kHas = Features::All>
  void connect(std::uint32_t call, std::uint32_t address) {
    connect<kHas>(call, calls_[call], address);
  }
  template <Features kHas>
  void connect(std::uint32_t call, Call& record, std::uint32_t address);
  /// The address a new call of `parent` goes to. Requires: the table is not empty.
  [[nodiscard]] std::uint32_t choose(const Call& parent, const CallSite& site, std::uint64_t key);
  [[nodiscard]] std::uint32_t choose_otherwise(const Call& parent, std::size_t table,
                                               std::uint64_t key);
  /// One of the endpoints, each as probable. Requires: there is one.
  [[nodiscard]] std::uint32_t any_of(const Endpoints& table, std::uint64_t key) const {
    const std::size_t size = table.addresses.size();
    return table.addresses[size == 1 ? 0 : draws_.index(Purpose::EndpointChoice, size, key)];
  }
  template <Features kHas = Features::All>
  void travel(std::uint32_t call, bool answer) {
    travel<kHas>(call, calls_[call], answer);
  }
  template <Features kHas>
  void travel(std::uint32_t call, Call& record, bool answer);
  template <Features kHas = Features::All>
  void reach_instance(std::uint32_t call);
  template <Features kHas = Features::All>
  void begin_service(std::uint32_t call) {
    begin_service<kHas>(call, calls_[call]);
  }
  template <Features kHas>
  void begin_service(std::uint32_t call, Call& record);
  template <Features kHas = Features::All>
  void begin_work(std::uint32_t call) {
    begin_work<kHas>(call, calls_[call]);
  }
  template <Features kHas>
  void begin_work(std::uint32_t call, Call& record);
  /// Whether the call, whose work is done, meets a flaw of its instance; its cause is set then.
  [[nodiscard]] bool meets_flaw(std::uint32_t call);
  void begin_on_cpu(std::uint32_t index, Call& call, const Instance& instance, Duration cpu);
  void work(std::uint32_t group);  ///< What is due there is done; the rest is armed.
  template <Features kHas = Features::All>
  void end_service(std::uint32_t call);
  template <Features kHas = Features::All>
  void finish(std::uint32_t call, RequestOutcome outcome) {
    finish<kHas>(call, calls_[call], outcome);
  }
  template <Features kHas>
  void finish(std::uint32_t call, Call& record, RequestOutcome outcome);
  template <Features kHas = Features::All>
  void answer(std::uint32_t call, RequestOutcome outcome) {
    answer<kHas>(call, calls_[call], outcome);
  }
  template <Features kHas>
  void answer(std::uint32_t call, Call& record, RequestOutcome outcome);
  template <Features kHas = Features::All>
  void reach_caller(std::uint32_t call);
  void time_out(std::uint32_t call);
  [[nodiscard]] Return return_of(const Call& call, RequestOutcome outcome, RecordId failure);
  template <Features kHas = Features::All>
  void tell_caller(const Return& result);
  template <Features kHas = Features::All>
  void hear(const Return& result);  ///< What the caller does about it.
  /// Whether the site's call is made once more, or something stands for it.
  template <Features kHas = Features::All>
  bool makes_next(const CallSite& site, const Return& result);
  template <Features kHas>
  void launch_again(const Return& result);

  // Causes: call_causes.cpp.
  /// The record of a call that failed for the reason it carries.
  [[nodiscard]] RecordId note_failure(const Call& call, RequestOutcome outcome);
  /// Why a call fails that was not sent.
  [[nodiscard]] RecordId cause_of_rejection(std::uint32_t call, RequestOutcome outcome);
  /// Why nobody serves where a call was sent to: a table that is old, or what ended who served.
  [[nodiscard]] RecordId cause_of_absence(std::uint32_t call, RecordId ended) const;
  /// Why the instance has no room.
  [[nodiscard]] RecordId cause_of_full(std::uint32_t instance);
  /// Why a call still waits.
  [[nodiscard]] RecordId cause_of_waiting(std::uint32_t call);
  [[nodiscard]] RecordId illness_or_state(std::uint32_t instance) const;
  /// Why the instance, whose process is there, answers nobody.
  [[nodiscard]] RecordId cause_of_closed(std::uint32_t instance);
  /// The pod that callers are sent to before it listens, if that is since when others of the
  /// service have no room, and as long as they have none; 0: there is none such.
  [[nodiscard]] RecordId start_behind_lack(ServiceIndex service, bool goes_on);
  /// What stands for the load of a service: what took endpoints from it, or else the load alone.
  [[nodiscard]] RecordId load_on(ServiceIndex service);
  /// The table gets so many endpoints in place of those it has.
  void note_size(Table& table, ServiceIndex service, std::size_t size, RecordId cause);
  /// Whether somebody found no room there of late.
  [[nodiscard]] bool lacked_room(ServiceIndex service, Instant now) const;
  void forget_shrinking(Table& table, ServiceIndex service);
  [[nodiscard]] std::uint32_t holders_of_route(std::uint32_t route) const;
  [[nodiscard]] std::uint32_t holders_of_pool(std::uint32_t route, RouteHost host) const;
  [[nodiscard]] std::size_t holders_count() const;
  /// The cause of most of what holds an instance or a route; the load of `service` if there is
  /// none.
  [[nodiscard]] RecordId majority(std::uint32_t holders, ServiceIndex service);
  [[nodiscard]] Voice most_of(std::uint32_t holders, std::vector<std::uint32_t>& asked) const;
  void look_at_holders();

  // Calls whose route has policies: routed_hop.h, and routed_calls.cpp for what few of them do.
  [[nodiscard]] std::uint32_t add_routes(ServiceIndex caller, std::uint32_t zone);
  /// Who starts the `ordinal`-th journey of a load.
  [[nodiscard]] std::uint64_t user_of(std::uint32_t load, std::uint64_t ordinal) const;
  [[nodiscard]] std::uint64_t hash_of(const Try& its, const CallSite& site) const;
  void take_table(std::uint32_t route, const Table& table);
  /// The cause of the last failure of the call's cluster.
  [[nodiscard]] RecordId& last_failure(std::uint32_t route, std::uint32_t cluster);
  void take_peers(Route& route, const Instance& caller);
  [[nodiscard]] std::uint32_t zone_at(std::uint32_t address) const;
  [[nodiscard]] static std::uint32_t zone_of(const Instance& instance) {
    return instance.zone == Instance::kNowhere ? kNoZone : instance.zone;
  }
  template <Features kHas>
  void begin_call(std::uint32_t call, Call& record);
  /// The whole way of a call from there to where it is sent, which is nearly always the same event.
  [[gnu::noinline]] void begin_routed(std::uint32_t call, Call& record);
  /// Whether the caller's proxy injects a delay, after which the call is let go.
  [[nodiscard]] bool is_delayed(std::uint32_t call);
  /// Whether it injects an error; the call has ended with it then.
  [[nodiscard]] bool is_aborted(std::uint32_t call);
  /// The route has an outcome for the call at once.
  void turn_away_by_route(std::uint32_t call, RequestOutcome outcome);
  /// The try does not get a connection at once.
  void await_connection_of_pool(std::uint32_t call, resilience::PoolAdmission admission);
  void hold_up(std::uint32_t call, Duration delay);
  template <Features kHas = Features::All>
  void let_go(std::uint32_t call);
  template <Features kHas = Features::All>
  void begin_tries(std::uint32_t call);
  template <Features kHas = Features::All>
  void begin_try(std::uint32_t call);
  template <Features kHas = Features::All>
  void run_try(std::uint32_t call);  ///< It has a thread, if it needs one.
  template <Features kHas = Features::All>
  void send_try(std::uint32_t call);
  template <Features kHas>
  TryEnd end_try(std::uint32_t call, Call& record, RequestOutcome outcome);
  /// Whether another try follows. The call's record waits for it, or a new one if the server still
  /// has that one.
  [[nodiscard]] bool try_again(std::uint32_t call, const TryEnd& end, bool answered);
  /// `answered`: nothing of the try is left anywhere. Otherwise its caller gave up.
  void end_routed(std::uint32_t call, RequestOutcome outcome, bool answered);
  /// The same with Features::Routes, of one that was answered well.
  void end_answered(std::uint32_t call, Call& record);
  /// arm_give_up() with Features::Routes.
  Instant arm_try(std::uint32_t call, const Try& its, const Route& route);
  /// Whether nobody waits any more, and the server knows it.
  [[nodiscard]] bool is_cancelled(std::uint32_t call) const {
    return !tries_.empty() && calls_[call].abandoned && tries_[call].passed != Instant::never();
  }
  /// The server drops what it has not done yet of an abandoned call.
  void cancel(std::uint32_t call);
  /// The calls that wait for a connection to the host get what room there is, `freed` first.
  void serve_waiting(std::uint32_t route, RouteHost host, FreedConnection freed);
  void stop_waiting(std::uint32_t call);
  void note_changes(std::uint32_t route, std::uint32_t model, std::uint32_t caller);

  // What calls wait for at their caller, and whom it calls in their place: detoured_calls.cpp.
  /// Whether the try may run now. Otherwise it waits for a thread, or is turned away.
  [[nodiscard]] bool takes_thread(std::uint32_t call);
  void stop_waiting_for_thread(std::uint32_t call);
  /// The try keeps its place in the queue and runs when it is its turn, heard by nobody. Returns
  /// the record in which its call goes on.
  [[nodiscard]] std::uint32_t leave_behind(std::uint32_t call);
  void end_unheard(std::uint32_t call, RequestOutcome outcome, bool answered);
  /// The work of a try is over, wherever its caller is: its thread takes the next one.
  void return_thread(std::uint32_t call);
  void forget_threads(std::uint32_t instance);  ///< Its process is gone.
  void ask_limit(std::uint32_t call);
  void count_question(std::uint32_t question);  ///< It has reached the service of its limit.
  void hear_limit(const Return& answer);
  void drop_question(std::uint32_t call);  ///< Whoever asks is gone.
  /// Calls the other service; the caller hears how that ends.
  void call_in_place_of(const FailedCall& call, const FirstFailure& failure);
  /// The call in place of another is over: what the caller hears of it.
  [[nodiscard]] Return end_fallback(const Return& result);

  // Calls of several tries at a time: hedged_calls.cpp.
  void begin_hedged(std::uint32_t call);
  /// The hedged call that the try is part of; or kNone.
  [[nodiscard]] std::uint32_t hedged_of(std::uint32_t call) const {
    return call < hedged_by_slot_.size() ? hedged_by_slot_[call] : kNone;
  }
  void send_due_hedges(std::uint32_t hedged);
  /// One more try, for the same caller as the given one.
  void send_hedge(std::uint32_t hedged, std::uint32_t beside, RecordId cause);
  /// One that the route's limit of retries does not let out.
  void refuse_hedge(std::uint32_t beside);
  /// A try is over. Whether its call goes on without it; it is discarded or left then.
  [[nodiscard]] bool hedges_on(std::uint32_t call, const TryEnd& end, bool answered);
  /// The record is no longer one of the call's tries. Returns whether none is left.
  bool leave_hedged(std::uint32_t call);
  /// The caller is gone. Whether it was the last of its call's tries.
  [[nodiscard]] bool forget_hedge(std::uint32_t call);
  /// Its call goes on in another record.
  void move_hedged(std::uint32_t from, std::uint32_t to);
  /// The call is over: whatever tries are left are cancelled.
  void end_hedged(std::uint32_t hedged);
  void cancel_try(std::uint32_t call);

  // Policies that change: changed_policies.cpp. `at`: index into routes_.
  /// The route goes where those are that no call begins by. Returns its new place.
  std::uint32_t retire_route(std::uint32_t at, std::uint32_t route, std::uint32_t caller);
  /// What is under way by routes finds them in their new places; kNone: it has none.
  void move_routes(const std::vector<std::uint32_t>& moved);
  /// `before`: where the one stands whose place it takes.
  void begin_route(std::uint32_t at, std::uint32_t route, std::uint32_t caller,
                   std::uint32_t before, Keeps keeps);
  /// Why its subsets have nobody is known of those that are the same in `before`.
  void take_causes(std::uint32_t at, std::uint32_t before, Keeps keeps);
  /// What a call that ends so has to do with a change of its policy; 0: nothing.
  [[nodiscard]] RecordId changed_policy_of(std::uint32_t call, RequestOutcome outcome) const;
  /// The change that gave the call's cluster more of the calls; 0: none did.
  [[nodiscard]] RecordId sent_there_by(std::uint32_t call) const;
  /// What a fault that a proxy injects into the call comes from.
  [[nodiscard]] RecordId cause_of_injection(std::uint32_t call);
  [[nodiscard]] std::uint32_t route_of(const CallSite& site, std::uint32_t caller) const {
    return site.route_position + (caller == kNone ? 0 : instances_[caller].first_route);
  }

  // Callers that ask hosts how they are: host_checks.cpp. `at`: index into routes_.
  void begin_checks_of(std::uint32_t caller);
  void take_checked_table(std::uint32_t at);
  [[nodiscard]] bool is_gone(std::uint32_t caller) const;
  void arm_checks(std::uint32_t at);
  void check_hosts(std::uint32_t at);  ///< Those that are due.
  void send_check(std::uint32_t at, RouteHost host);
  /// The cluster's connections to the host are closed; what is under way on them is reset.
  void close_connections(std::uint32_t at, RouteHost host);
  /// Whether the probe needs none of the server's threads; it is dealt with then.
  [[nodiscard]] bool answers_aside(std::uint32_t call);
  /// Whether the probe was such a check; its caller has heard of it then.
  [[nodiscard]] bool end_check(std::uint32_t call, RequestOutcome outcome);
  /// The instance that made the call, or the check; kNone: somebody outside.
  [[nodiscard]] std::uint32_t caller_of(std::uint32_t call) const;

  // Instances that something slows: strained_instances.cpp.
  /// How much longer the waits of a call that begins take there.
  Duration begin_strained(std::uint32_t call);
  /// What is in service at the instance has this cause unless it has one.
  void blame_work(std::uint32_t instance, RecordId cause);
  [[nodiscard]] std::vector<std::uint32_t> work_at(std::uint32_t instance) const;
  /// Whether the work that is due was held up: it is due later now.
  [[nodiscard]] bool is_held_up(std::uint32_t call);

  // Containers that share their node's cores: shared_cpu.cpp.
  /// The group wants more or less than before. Requires: it shares cores, as do the next.
  void want_cores(std::uint32_t group);
  void deal_cores(const NodeCpu& cpu);
  /// Why there are too few cores for the group; 0: there are enough, or it is the load.
  [[nodiscard]] RecordId stress_beside(std::uint32_t group) const;
  // Messages of topics, which consumers are handed as calls by the broker: topic_calls.cpp.
  void add_topics();
  void publish_messages(std::uint32_t call);  ///< Those that its operation publishes.
  void append(std::uint32_t topic, std::uint64_t key);
  void serve_group(std::uint32_t group);  ///< Whoever can begin with a message does.
  void hand_over(std::uint32_t group, std::uint32_t broker, const Delivery& delivery);
  /// The broker hears how it went.
  void end_delivery(const Return& result);
  /// What stands for the broker is gone, or its consumer is missed.
  void forget_delivery(std::uint32_t root);
  void join_groups(std::uint32_t instance);
  void leave_groups(std::uint32_t instance, Departure how);
  void group_due(std::uint32_t group);
  void sample_groups(Instant at);
  [[nodiscard]] GroupSample sample_of(const GroupState& state, Instant at) const;
  [[nodiscard]] std::uint32_t broker_of(std::uint32_t topic, std::uint32_t partition) const;
  void note_consumers(GroupState& state, const char* what, RecordId cause);

  // Services of which one pod leads: leaders.cpp.
  void add_leaders();
  [[nodiscard]] bool is_write(const CallSite& site) const {
    return program_.operations[site.operation].writes &&
           model_.services[site.service].leader.has_value();
  }
  /// The address of the leader if the table has it.
  [[nodiscard]] std::optional<std::uint32_t> leader_in(const Endpoints& endpoints,
                                                       ServiceIndex service) const;
  void stand_for_election(std::uint32_t instance);
  void end_lead(std::uint32_t instance);
  void elect(ServiceIndex service);  ///< The election is over.
  void show_lead(ServiceIndex service);
  [[nodiscard]] RecordId cause_of_no_leader(ServiceIndex service);
  /// Whether the call may be served where it has arrived: a write by the leader alone. Otherwise it
  /// is answered.
  [[nodiscard]] bool accepts(std::uint32_t call);
  /// Whether the write has the acknowledgements it needs. Otherwise it waits for them, or has
  /// failed.
  [[nodiscard]] bool is_replicated(std::uint32_t call);
  /// Tells a follower of the write; returns the slot of the message.
  std::uint32_t send_replication(std::uint32_t write, std::uint32_t follower);
  [[nodiscard]] bool is_replication(std::uint32_t call) const {
    return has_leaders_ && replications_.contains(call);
  }
  /// Whether the rules of the network hold the message back; it is sent again later then.
  [[nodiscard]] bool is_held_back(std::uint32_t message);
  void begin_replication(std::uint32_t message);  ///< It has reached its follower.
  /// Whether the call is such a message; its leader has heard of it then.
  [[nodiscard]] bool end_replication(std::uint32_t call, RequestOutcome outcome);
  void forget_writes(std::uint32_t leader);  ///< Its process is gone.
  /// Why the write waits for its followers; 0: it does not, or nothing holds them up.
  [[nodiscard]] RecordId held_up_followers(std::uint32_t write) const;

  // Calls that meet faults of edges: impaired_calls.cpp.
  /// False: it is lost, or what becomes of it is told already. It may take longer than `way`, and
  /// what comes to the caller may be an answer by somebody else.
  [[nodiscard]] bool gets_on_its_way(std::uint32_t call, bool& answer, Duration& way);
  void send_again(std::uint32_t call);
  [[nodiscard]] Passage& passage_of(std::uint32_t call);
  /// The cause of what holds up a message under way; 0: nothing does.
  [[nodiscard]] RecordId held_up_by(std::uint32_t call) const;
  /// Whether the timer that is due is a reset.
  [[nodiscard]] bool is_reset(std::uint32_t call) const;
  /// Why the caller waits no longer, if it was told to; 0: it was not.
  [[nodiscard]] RecordId given_up_by(std::uint32_t call) const;
  /// Whether the connection that the try was answered on is closed now, which takes its time.
  [[nodiscard]] bool closes_slowly(std::uint32_t call, RequestOutcome outcome);
  void end_closing(std::uint32_t closing);  ///< Index into closing_.

  // New connections: opened_connections.cpp.
  /// Whether a connection that the try opens is there only later, if at all.
  [[nodiscard]] bool opens_later(std::uint32_t call);
  /// The try, which waits, goes out to open a connection of its pool.
  void open_connection(std::uint32_t call);
  /// It is there: others may go out on it, too. Returns false if the try does not.
  bool connection_opened(std::uint32_t call);
  /// The same where the try has come to somebody who listens.
  [[nodiscard]] bool is_opened(std::uint32_t call) {
    return tries_[call].opening == Opening::No || connection_opened(call);
  }
  void forget_opening(std::uint32_t call);  ///< Its caller's process is gone.
  /// What of its connection the try gives back. Whoever waits for what never comes fails with it.
  [[nodiscard]] GivenBack give_back(std::uint32_t call, const TryEnd& end);
  /// Whether the call goes out on a connection that has to be opened first; it is under way then.
  [[nodiscard]] bool shakes_hands(std::uint32_t call);
  /// Whether the next message of a handshake is under way; otherwise there is none left.
  [[nodiscard]] bool goes_on_shaking(std::uint32_t call);

  // Calls through a network with rules: guarded_calls.cpp.
  /// Whether the call, whose instance is known, is let through; otherwise its cause is set.
  [[nodiscard]] bool is_let_through(std::uint32_t call);
  /// The cause of a refusal between two instances that had no verdict before.
  [[nodiscard]] RecordId cause_of_refusal(const api::PolicyRefusal& refusal, ServiceIndex service);

  void count_start(const CallSite& site, std::int64_t start_ns);
  void count_first_try(const CallSite& site);  ///< count_start() and count_try(), now.
  // To the observer, of calls that it follows; see followed_calls.cpp.
  void follow(std::uint32_t call, std::uint32_t caller);    ///< As it follows the caller.
  void stand_for(std::uint32_t call, std::uint32_t other);  ///< `call` for `other`, if followed.
  void report_try(std::uint32_t call, RequestOutcome outcome);
  void count_try(const CallSite& site);
  /// Of the service, whatever the caller makes of it.
  void count_service_end(const CallSite& site, const RequestEnd& end, RequestOutcome outcome);
  /// `heard`: what the caller makes of the outcome.
  void count_end(const CallSite& site, std::int64_t start_ns, RequestOutcome outcome,
                 RequestOutcome heard);
  /// count_end() of a call without policies; returns the record of its failure, 0 if it is none.
  RecordId end_counted(const Call& call, RequestOutcome outcome);
  void count_failure(std::int64_t start_ns, RecordId failure);
  void await_connection(std::uint32_t call);
  /// Its caller waits no longer for the connection than its connect timeout, or for the call.
  void arm_connect_timeout(std::uint32_t call);
  void arm_timer(std::uint32_t call, Instant when);
  void disarm_timer(Call& call);
  void abandon(std::uint32_t call);
  void leave(std::uint32_t call);  ///< Abandons it, and tells the server if the caller would.
  /// Nobody will hear how it ends, so it counts as if it had not been made.
  void forget_call(std::uint32_t call);
  template <Features kHas = Features::All>
  void discard(std::uint32_t call) {
    discard<kHas>(call, calls_[call]);
  }
  template <Features kHas>
  void discard(std::uint32_t call, Call& record);
  /// `cause`: of the call that held it; who waited for the slot was held up by it.
  template <Features kHas = Features::All>
  void release_slot(std::uint32_t instance, RecordId cause);
  [[nodiscard]] std::uint32_t next_in_queue(Instance& instance);  ///< Taken out of it; or kNone.
  void end_process(std::uint32_t instance, InstanceState state);
  void set_state_cause(std::uint32_t instance, ports::CauseId cause);

  /// What stands for the address: the inverse of address_index(). A search, for what is rare.
  [[nodiscard]] const std::pair<std::string, std::int32_t>& place_of(std::uint32_t address) const;
  [[nodiscard]] std::uint32_t address_index(const std::string& address, std::int32_t port);
  [[nodiscard]] std::uint8_t distance(std::uint32_t caller, const Instance& callee) const;
  [[nodiscard]] std::uint32_t index_of(InstanceId instance) const;

  Kernel& kernel_;
  Fingerprint& fingerprint_;
  TrafficModel model_;
  CallProgram program_;
  std::size_t service_count_;
  TrafficObserver* observer_ = nullptr;
  Draws draws_;
  Instant now_;
  std::array<Duration, 3> latency_;  ///< One way, by distance.
  Features features_ = Features::All;
  bool has_rare_policies_ = false;  ///< Some route has had one.
  bool impaired_ = false;           ///< There are faults on edges.
  bool has_handshakes_ = false;     ///< Opening a connection to some service takes something.
  bool users_think_ = false;        ///< Between the steps of some journey.

  CallSlab calls_;
  StableArray<Try> tries_;                 ///< By slot; empty if the model has no routes.
  std::vector<Route> routes_;              ///< Those of outside, then those of each instance.
  std::vector<RouteCounts> route_counts_;  ///< By RouteModel.
  std::size_t clusters_most_ = 0;          ///< Of the route that is split over most; 0: none is.
  std::vector<const resilience::RoutePolicy*> policies_;  ///< In force, by RouteModel.
  std::deque<resilience::RoutePolicy> changed_policies_;  ///< All so far, beside the model's.
  std::vector<PolicyChange> policy_changes_;  ///< By RouteModel; empty before the first change.
  std::map<std::uint32_t, std::uint32_t> retired_callers_;  ///< Instance by retired route.
  /// By route that has ejected a host: its RouteModel, and the instance that calls by it.
  std::map<std::uint32_t, std::pair<std::uint32_t, std::uint32_t>> ejecting_routes_;
  std::vector<HedgedCall> hedged_;
  std::vector<std::uint32_t> free_hedged_;
  std::vector<std::uint32_t> hedged_by_slot_;  ///< kNone; empty before the first hedged call.
  std::map<std::uint32_t, CheckedRoute> checked_routes_;  ///< By route; those that have checks.
  std::map<std::uint32_t, HostCheck> host_checks_;        ///< Under way, by slot.
  std::uint64_t checks_sent_ = 0;
  std::uint32_t opening_ = 0;                             ///< Tries that open connections of pools.
  std::map<std::uint32_t, std::uint32_t> left_openings_;  ///< Caller by slot of one that was left.
  CallsAtOnce at_once_;
  bool has_threads_ = false;                           ///< Some route has.
  std::map<FailedCall, FirstFailure> first_failures_;  ///< Of calls that another stands in for.
  std::vector<resilience::FixedWindowLimit> shared_limits_;
  bool has_gates_ = false;
  std::vector<ServerGate> gates_;  ///< By instance, if any service chooses.
  std::vector<Entry> entries_;     ///< By slot of a call, likewise.
  bool has_paces_ = false;
  std::vector<ProcessPace> paces_;     ///< By instance, if any service has its own.
  std::vector<PacedWork> paced_work_;  ///< By slot of a call, likewise.
  std::vector<std::optional<KeyPopularity>> popularity_;  ///< By cache; nothing: a fixed rate.
  std::map<CacheOfProcess, CallCache> caches_;
  std::map<Flight, std::vector<Waiter>> flights_;  ///< Calls that others may wait for, too.
  std::uint64_t launched_ = 0;

  bool has_topics_ = false;
  std::vector<GroupState> groups_;
  std::vector<HandedOver> handed_over_;              ///< By slot; empty without topics.
  std::vector<std::vector<std::uint32_t>> brokers_;  ///< By topic: instances that there have been.
  bool has_leaders_ = false;
  std::vector<Leadership> leaderships_;  ///< By service, if any has leaders.
  std::map<std::uint32_t, Replicated> replicated_;
  std::map<std::uint32_t, Replication> replications_;

  EdgeFaults edge_faults_;
  std::vector<Passage> passages_;  ///< By slot; empty before the first fault on an edge.
  std::vector<Closing> closing_;
  std::vector<std::uint32_t> free_closing_;

  bool guarded_ = false;  ///< The network has rules.
  std::shared_ptr<const api::NetworkRules> network_rules_;
  NetworkCauses network_causes_;
  std::uint32_t network_rules_count_ = 0;  ///< That there have been.
  /// By caller and called.
  std::map<std::pair<std::uint32_t, std::uint32_t>, NetworkVerdict> network_verdicts_;
  std::map<ConsumerIndex, RecordId> stale_;  ///< Why its tables are old.
  std::map<std::uint32_t, Strain> strains_;  ///< By instance.
  std::map<std::uint32_t, Flaw> flaws_;      ///< By instance.
  std::map<std::uint32_t, HeldUp> held_up_;  ///< By slot.

  FailureLedger* ledger_ = nullptr;  ///< Null: nobody asks for causes.
  Instant count_from_;
  std::vector<InstanceCauses> instance_causes_;
  std::vector<RecordId> address_causes_;  ///< Why nobody answers there.
  std::vector<RecordId> route_causes_;    ///< Of the last try that failed, by route.
  /// By route and cluster, where there are several.
  std::map<std::pair<std::uint32_t, std::uint32_t>, ClusterCauses> cluster_causes_;
  std::vector<Lack> lacks_;                                 ///< By service.
  std::map<std::uint32_t, UnprobedStart> unprobed_starts_;  ///< By instance.
  std::map<ServiceIndex, RecordId> lacks_by_start_;  ///< That were put down to one of them last.
  std::vector<std::uint32_t> shrunk_tables_;         ///< By service: how many have `shrunk_by`.
  std::vector<std::map<Voice, std::uint32_t>> holders_;  ///< By instance, route, then pool.
  Instant holders_at_ = Instant::never();                ///< When they were looked at.

  std::vector<Instance> instances_;
  std::vector<std::uint32_t> instance_addresses_;  ///< By instance: index into addresses_.
  std::vector<InstanceSpec> specs_;
  std::map<std::pair<std::string, std::int32_t>, std::uint32_t> address_indices_;
  std::vector<std::uint32_t> addresses_;  ///< Address -> the instance that answers there, or kNone.
  std::vector<Table> tables_;             ///< consumer * services + service.
  std::vector<const Endpoints*> endpoints_;  ///< Of these; a call needs no more of them.
  /// By service: what the last table said that was published.
  std::vector<std::shared_ptr<const Endpoints>> last_endpoints_;
  std::vector<std::size_t> agreeing_;  ///< By service: tables that say that.
  /// By service: that, if all tables say it. Those of all consumers do not fit a cache.
  std::vector<const Endpoints*> same_endpoints_;
  std::vector<resilience::IpvsRoundRobin> turns_;  ///< By table, where nodes take turns.
  std::vector<resilience::HostView> turn_hosts_;   ///< As many as the longest of these tables has.
  std::map<ClientOfTable, Attachment> attachments_;  ///< Of tables with affinity.
  std::vector<InstanceId> drained_;
  std::vector<InstanceId> overloaded_;
  std::vector<ProbeAnswer> probe_answers_;
  std::vector<BreakerNotice> breaker_changes_;
  std::vector<EjectionNotice> ejections_;
  std::vector<OwnShareNotice> own_shares_;
  std::vector<CpuUser> cpu_groups_;
  std::map<std::uint32_t, SharedNode> shared_nodes_;

  std::vector<Load> loads_;
  std::vector<User> users_;  ///< Of all closed loads, in order.
  std::vector<RequestSeries> services_;
  std::vector<RequestSeries> journey_steps_;
  std::vector<RequestSeries> journeys_;
  std::vector<ServiceLoad> service_loads_;
  std::vector<ServiceGauge> gauges_;  ///< Row per interval, column per service.
  Instant next_gauge_;
};

}  // namespace orrery::sim
