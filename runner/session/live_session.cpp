#include "runner/session/live_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "models/api/object_patch.h"
#include "models/api/taint_text.h"
#include "models/controllers/informer.h"
#include "models/recording/event_log.h"
#include "real-backend/control/remote_api_client.h"
#include "real-backend/loop/event_loop.h"
#include "real-backend/loop/process.h"
#include "runner/session/actions.h"
#include "runner/session/change_causes.h"
#include "runner/session/drain.h"
#include "runner/session/live_causes.h"
#include "runner/session/live_processes.h"
#include "runner/session/live_recording.h"
#include "runner/session/run_observer.h"
#include "runner/session/struck_pods.h"

namespace orrery::session {
namespace {

using runner::RunResult;
using scenario::ApplyAction;
using scenario::FaultAction;
using scenario::FaultKind;
using scenario::NodeAction;
using scenario::PatchAction;
using scenario::PolicyAction;
using scenario::Scenario;
using scenario::SetAction;

constexpr ports::OwnerId kOwner{100};
constexpr const char* kControlPlaneAddress = "10.90.0.254:7443";
constexpr int kStopPatienceSeconds = 10;
/// From the end of the run until its pods have to be gone.
constexpr Duration kCleanUpPatience = Duration::seconds(40);
/// From the end of the run, so long do pods stay for requests that are under way.
constexpr Duration kLastAnswersPatience = Duration::seconds(2);
constexpr Duration kLastAnswersGap = Duration::milliseconds(20);  ///< They are looked at so often.
constexpr Duration kRetryDelay = Duration::milliseconds(200);
const Duration kSamplePeriod = recording::RunInfo{}.period;
/// Generators write what they have every 200 ms.
constexpr Duration kRecordedBehind = Duration::seconds(1);

/// Every kind is watched: what an expectation asks for, and what the timeline edits.
constexpr std::uint32_t kWatchedCount = api::kKindCount;

/// What a run has made goes in this order, so that no controller makes it anew.
constexpr api::Kind kDeleted[] = {
    api::Kind::CronJob,     api::Kind::Job,        api::Kind::HorizontalPodAutoscaler,
    api::Kind::Deployment,  api::Kind::ReplicaSet, api::Kind::ReplicationController,
    api::Kind::StatefulSet, api::Kind::DaemonSet,  api::Kind::Pod};

enum class TimerPurpose : std::uint64_t {
  Timeline = 1,
  EndFault = 2,
  CleanUp = 3,
  End = 4,
  Retry = 5,
  Sample = 6
};

constexpr std::uint64_t timer_id(TimerPurpose purpose, std::uint64_t index) {
  return (std::uint64_t{0xffff} << 32) | (static_cast<std::uint64_t>(purpose) << 24) | index;
}

std::vector<std::string> services_of(const Scenario& scenario) {
  std::vector<std::string> names;
  for (const auto& [name, behaviour] : scenario.services) names.push_back(name);
  return names;
}

/// Plays the timeline against live processes, and watches what becomes of the objects.
class LiveSession final : public ports::Component, private RunView {
 public:
  LiveSession(const Scenario& scenario, ProgramPaths paths, BedStatus bed, std::string folder)
      : scenario_{scenario},
        paths_{std::move(paths)},
        bed_{std::move(bed)},
        folder_{std::move(folder)},
        draws_{scenario.first_seed},
        observer_{scenario},
        causes_{log_, struck_, services_of(scenario)},
        timeline_{scenario.timeline.begin(), scenario.timeline.end()} {}

  /// Before run(): it is recorded. `order` must outlive it.
  void record(const RecordOrder& order) { order_ = &order; }
  /// Before run(), which is recorded: this one gives orders.
  void hand_over(RunHand& hand) { hand_ = &hand; }

  Result<RunResult> run();

  void on_event(const ports::Event& event) override;

 private:
  struct Load {
    ChildProcess process;
    std::string journey;
    std::string service;
    LoadResults results;
  };
  /// What a fault with a duration undoes at its end.
  struct Ending {
    std::string id;
    FaultKind kind{};
    std::string node;
  };

  /// A call to the server, and the record that led to it; 0: none.
  struct Open {
    ports::ApiCall call;
    ports::CauseId cause = 0;
  };

  // RunView
  [[nodiscard]] Instant now() const override;
  [[nodiscard]] std::size_t records() const override { return log_.records().size(); }
  [[nodiscard]] std::size_t performed() const override { return performed_; }
  [[nodiscard]] std::vector<std::string> would_hit(
      const scenario::TimelineEntry& entry) const override;
  /// Nobody looks at a run that waits: this one never does.
  void show() override {}

  Result<void> start_control_plane();
  Result<void> start_agent(const scenario::ClusterNode& node);
  Result<void> start_load();
  Result<void> serve();
  void start_run();
  void on_changes(const std::vector<controllers::Change>& changes);
  void perform(const scenario::TimelineEntry& entry);
  void perform(const std::string& id, const SetAction& action);
  void perform(const std::string& id, const FaultAction& fault);
  void perform(const std::string& id, const NodeAction& action);
  void perform(const std::string& id, const ApplyAction& action);
  void perform(const std::string& id, const PatchAction& action);
  [[noreturn]] void perform(const std::string& id, const PolicyAction& action);
  void write(const std::string& id, const char* what, const std::vector<ports::ApiCall>& calls);
  [[nodiscard]] api::ObjectPtr current(const api::ObjectKey& key) const;
  void end_fault(const Ending& ending);
  void send(ports::ApiCall call, ports::CauseId cause = 0);
  void on_answer(const ports::Event& event);
  void arm(std::uint64_t id, Instant when);
  [[nodiscard]] bool ready_to_begin() const;
  void begin_clean_up();
  void delete_all();
  void clean_up();
  void take_samples();
  void obey();
  void fail(Failure failure);
  [[nodiscard]] const BedHost* host(const std::string& name) const;
  [[nodiscard]] std::vector<api::ObjectPtr> pods_and_nodes() const;
  Result<void> collect_load(RunResult& result);

  const Scenario& scenario_;
  ProgramPaths paths_;
  BedStatus bed_;
  std::string folder_;
  Draws draws_;
  recording::EventLog log_;
  RunObserver observer_;
  StruckPods struck_;
  ChangeCauses change_causes_{log_, struck_};
  LiveCauses causes_;
  const RecordOrder* order_ = nullptr;            ///< Null: the run is not recorded.
  std::unique_ptr<LiveRecording> recording_;      ///< Likewise.
  RunHand* hand_ = nullptr;                       ///< Null: nobody gives orders.
  std::deque<scenario::TimelineEntry> timeline_;  ///< The scenario's, then what was ordered.
  std::size_t performed_ = 0;                     ///< Of these.

  ChildProcess control_plane_;
  std::map<std::string, ChildProcess> agents_;
  std::vector<Load> loads_;

  std::unique_ptr<loop::EventLoop> loop_;
  std::unique_ptr<control::RemoteApiClient> api_;
  loop::Epoch epoch_{};
  std::vector<controllers::Informer> informers_;
  std::vector<ports::Timer> timers_;
  std::optional<ports::Timer> sample_timer_;
  std::optional<ports::Timer> clean_up_timer_;
  std::map<api::ObjectKey, api::ObjectPtr> objects_;
  std::vector<Ending> endings_;
  std::uint32_t next_call_ = 0;
  std::map<ports::CallId, Open> open_calls_;
  std::vector<Open> retries_;
  bool created_ = false;
  bool steady_known_ = false;
  bool steady_ = false;
  std::string steady_note_;
  bool cleaning_ = false;  ///< The run is over.
  bool deleting_ = false;  ///< And nobody waits for an answer any more.
  bool finished_ = false;
  std::optional<Failure> failed_;
};

const BedHost* LiveSession::host(const std::string& name) const {
  const auto found = std::find_if(bed_.hosts.begin(), bed_.hosts.end(),
                                  [&](const BedHost& h) { return h.name == name; });
  return found == bed_.hosts.end() ? nullptr : &*found;
}

Result<void> LiveSession::start_control_plane() {
  auto child = ChildProcess::start(
      {paths_.orrery, "control", "--state", folder_ + "/state", "--listen", kControlPlaneAddress,
       "--records", folder_ + "/records", "--seed", std::to_string(scenario_.first_seed),
       "--profile", scenario_.profile, "--ca", bed_.ca, "--certificate",
       bed_.dir + "/pki/control-plane.crt", "--key", bed_.dir + "/pki/control-plane.key"},
      folder_ + "/control-plane.log");
  if (!child) return tl::unexpected{child.error()};
  control_plane_ = *std::move(child);
  return {};
}

Result<void> LiveSession::start_agent(const scenario::ClusterNode& node) {
  const BedHost* where = host(node.name);
  if (where == nullptr) {
    return failure(fmt::format("the scenario's node {} is no host of the test bed", node.name),
                   "a live scenario lists its nodes as h1, h2, …");
  }
  std::vector<std::string> command{"nsenter",
                                   "--net=" + where->netns,
                                   paths_.orrery,
                                   "node",
                                   "--name",
                                   node.name,
                                   "--address",
                                   where->address,
                                   "--cpu",
                                   std::to_string(node.cpu_milli) + "m",
                                   "--memory",
                                   std::to_string(node.memory_bytes),
                                   "--pods",
                                   std::to_string(node.pods),
                                   "--control-plane",
                                   kControlPlaneAddress,
                                   "--containerd",
                                   where->socket,
                                   "--cgroup-parent",
                                   where->cgroup_parent,
                                   "--pod-logs",
                                   where->pod_log_dir,
                                   "--volumes",
                                   bed_.dir + "/" + node.name + "/volumes",
                                   "--tables",
                                   bed_.dir + "/" + node.name + "/tables.sock",
                                   "--records",
                                   folder_ + "/records",
                                   "--profile",
                                   scenario_.profile,
                                   "--ca",
                                   bed_.ca,
                                   "--certificate",
                                   where->certificate,
                                   "--key",
                                   where->key};
  for (const auto& [key, value] : scenario::labels_of(node)) {
    command.insert(command.end(), {"--node-label", key + "=" + value});
  }
  for (const api::Taint& taint : node.taints) {
    command.insert(command.end(), {"--register-with-taint", api::to_text(taint)});
  }
  if (scenario::ever_has(scenario_, api::Kind::HorizontalPodAutoscaler))
    command.emplace_back("--metrics");
  auto child = ChildProcess::start(command, folder_ + "/" + node.name + ".log");
  if (!child) return tl::unexpected{child.error()};
  agents_[node.name] = *std::move(child);
  return {};
}

Result<void> LiveSession::start_load() {
  const scenario::ClusterNode& node = scenario_.cluster.nodes.front();
  std::uint64_t index = 0;
  for (const scenario::Load& load : scenario_.load) {
    for (const auto& [name, weight] : load.mix) {
      const scenario::Journey& journey = scenario_.journeys.at(name);
      if (journey.steps.size() != 1) {
        return failure(fmt::format("journey {} has {} steps; live load sends single requests", name,
                                   journey.steps.size()),
                       "use journeys of one step, or --world sim");
      }
      Load generator;
      generator.journey = name;
      generator.service = journey.steps.front().service;
      generator.results = {fmt::format("{}/load-{}.jsonl", folder_, index),
                           static_cast<std::int64_t>(epoch_)};
      const Instant until = load.until.value_or(Instant::at(scenario_.duration));
      const Duration timeout =
          journey.timeout > Duration{} ? journey.timeout : Duration::seconds(30);
      const std::int64_t start_ns = static_cast<std::int64_t>(epoch_) + load.from.count_ns();
      auto child = ChildProcess::start(
          {"nsenter", "--net=" + host(node.name)->netns, paths_.workload, "load",
           fmt::format("--rate={}", load.rate_per_second * weight),
           fmt::format("--seed={}", scenario_.first_seed), fmt::format("--load-index={}", index),
           "--duration=" + to_string(until - load.from), "--timeout=" + to_string(timeout),
           "--endpoints=unix:" + bed_.dir + "/" + node.name + "/tables.sock",
           "--service=" + generator.service, "--out=" + generator.results.file(),
           fmt::format("--start-at={}", start_ns)},
          folder_ + "/load.log");
      if (!child) return tl::unexpected{child.error()};
      generator.process = *std::move(child);
      if (recording_ != nullptr) recording_->add_load(generator.results, name);
      loads_.push_back(std::move(generator));
      ++index;
    }
  }
  return {};
}

void LiveSession::fail(Failure failure) {
  if (!failed_) failed_ = std::move(failure);
  loop_->stop();
}

void LiveSession::arm(std::uint64_t id, Instant when) {
  timers_.emplace_back(*loop_, kOwner, id);
  timers_.back().arm(when);
}

void LiveSession::send(ports::ApiCall call, ports::CauseId cause) {
  const ports::CallId id = controllers::call_id(kWatchedCount, next_call_++);
  open_calls_[id] = {call, cause};
  api_->call(kOwner, id, std::move(call));
}

/// A call whose answer was lost with the control plane is made again: each of ours says how things
/// shall be, so that twice is as good as once.
void LiveSession::on_answer(const ports::Event& event) {
  const auto open = open_calls_.find(event.id);
  if (open == open_calls_.end()) return;
  auto [call, cause] = std::move(open->second);
  open_calls_.erase(open);
  change_causes_.done(call, event, cause);
  if (call.verb == ports::Verb::Evict) {
    log_.append(loop_->now(), cause, "evict", to_string(call.key), to_string(event.outcome));
    if (answer_of(event.outcome) != EvictionAnswer::Again || cleaning_) return;
    retries_.push_back({std::move(call), cause});
    arm(timer_id(TimerPurpose::Retry, retries_.size() - 1), loop_->now() + kEvictionRetry);
    return;
  }
  switch (event.outcome) {
    case ports::Outcome::Ok:
    case ports::Outcome::NotFound:
    case ports::Outcome::AlreadyExists:
      return;
    case ports::Outcome::Unknown:
    case ports::Outcome::Unreachable:
      retries_.push_back({std::move(call), cause});
      arm(timer_id(TimerPurpose::Retry, retries_.size() - 1), loop_->now() + kRetryDelay);
      return;
    default:
      if (cleaning_) return;
      fail({fmt::format("the control plane answered {} to a call of the run",
                        to_string(event.outcome)),
            "see " + folder_ + "/control-plane.log"});
  }
}

void LiveSession::take_samples() {
  const Instant now = loop_->now();
  recording_->advance(now - kRecordedBehind);
  if (hand_ != nullptr) obey();
  sample_timer_->arm(now + kSamplePeriod);
}

/// In whole microseconds, as a scenario says when.
Instant LiveSession::now() const {
  return Instant::at(Duration::microseconds(loop_->now().since_start().count_ns() / 1000));
}

std::vector<std::string> LiveSession::would_hit(const scenario::TimelineEntry& entry) const {
  std::vector<std::string> hits;
  if (const auto* set = std::get_if<SetAction>(&entry.action)) {
    if (current(set->target) != nullptr) hits.push_back(to_string(set->target));
  } else if (const auto* node = std::get_if<NodeAction>(&entry.action)) {
    const api::ObjectKey key{api::Kind::Node, "", node->node};
    if (current(key) != nullptr) hits.push_back(to_string(key));
  } else if (const auto* fault = std::get_if<FaultAction>(&entry.action)) {
    if (fault->kind == FaultKind::ControlPlaneKill) hits.emplace_back("control-plane");
    for (const auto& object : choose_targets(*fault, entry.id, pods_and_nodes(), draws_)) {
      hits.push_back(to_string(api::key_of(*object)));
    }
  }
  return hits;
}

void LiveSession::obey() {
  while (auto order = hand_->next(*this)) {
    log_.append(loop_->now(), 0, "command", order->entries.empty() ? "run" : order->entries[0].id,
                std::move(order->text));
    for (scenario::TimelineEntry& entry : order->entries) {
      arm(timer_id(TimerPurpose::Timeline, timeline_.size()), std::max(entry.at, loop_->now()));
      timeline_.push_back(std::move(entry));
    }
  }
}

Result<RunResult> LiveSession::run() {
  RunResult result;
  result.seed = scenario_.first_seed;
  if (auto served = serve(); !served) return tl::unexpected{served.error()};
  result.wall_seconds = to_seconds(scenario_.duration);
  result.simulated = scenario_.duration;
  result.steady_before_first_fault = steady_;
  result.steady_note = steady_note_;
  // A live run has no fingerprint: two of them never are the same.
  result.fingerprint = "live";
  observer_.finish(result);
  if (recording_ != nullptr) {
    recording_->advance(Instant::at(scenario_.duration));
    if (auto kept = recording_->finish(); !kept) return tl::unexpected{kept.error()};
  }
  if (auto collected = collect_load(result); !collected) return tl::unexpected{collected.error()};
  causes_.advance(Instant::never());
  result.log = causes_.log().records();
  result.failures = causes_.failures();
  result.events = result.log.size();
  return result;
}

Result<void> LiveSession::serve() {
  for (const char* name : {"state", "records"}) {
    std::error_code error;
    std::filesystem::create_directories(folder_ + "/" + name, error);
    if (error) return failure("cannot make " + folder_ + "/" + name + ": " + error.message());
  }
  if (auto started = start_control_plane(); !started) return started;
  const auto tls =
      control::read_tls_files({bed_.ca, bed_.dir + "/pki/admin.crt", bed_.dir + "/pki/admin.key"});
  if (!tls) return tl::unexpected{tls.error()};
  const auto facts = control::ask_run_facts(kControlPlaneAddress, *tls, Duration::seconds(20));
  if (!facts) return tl::unexpected{facts.error()};
  epoch_ = facts->epoch;
  if (order_ != nullptr) {
    auto recording = LiveRecording::create(
        *order_, scenario_, loop::calendar_start_ns(epoch_) / 1'000'000'000, causes_);
    if (!recording) return tl::unexpected{recording.error()};
    recording_ = *std::move(recording);
  }
  for (const scenario::ClusterNode& node : scenario_.cluster.nodes) {
    if (auto started = start_agent(node); !started) return started;
  }
  loop_ = std::make_unique<loop::EventLoop>(epoch_);
  api_ = std::make_unique<control::RemoteApiClient>(
      *loop_, control::RemoteApiConfig{.address = kControlPlaneAddress, .tls = *tls});
  loop_->attach(kOwner, *this);
  if (auto started = start_load(); !started) {
    api_->stop();
    return started;
  }
  start_run();
  const loop::StopSignals interrupts{*loop_};
  loop_->run();
  if (!finished_ && !failed_) failed_ = Failure{"the run was interrupted", ""};
  timers_.clear();
  sample_timer_.reset();
  clean_up_timer_.reset();
  api_->stop();
  for (Load& load : loads_) load.process.terminate(kStopPatienceSeconds);
  for (auto& [name, agent] : agents_) agent.terminate(kStopPatienceSeconds);
  control_plane_.terminate(kStopPatienceSeconds);
  if (failed_) return tl::unexpected{*failed_};
  return {};
}

void LiveSession::start_run() {
  const controllers::Ports ports{*loop_, *api_, kOwner};
  informers_.reserve(kWatchedCount);
  for (std::uint32_t slot = 0; slot < kWatchedCount; ++slot) {
    informers_.emplace_back(ports, slot, static_cast<api::Kind>(slot),
                            controllers::InformerConfig{});
  }
  for (controllers::Informer& informer : informers_) informer.start();
  for (std::uint64_t i = 0; i < timeline_.size(); ++i) {
    arm(timer_id(TimerPurpose::Timeline, i), timeline_[i].at);
  }
  clean_up_timer_.emplace(*loop_, kOwner, timer_id(TimerPurpose::CleanUp, 0));
  clean_up_timer_->arm(Instant::at(scenario_.duration));
  if (recording_ == nullptr) return;
  sample_timer_.emplace(*loop_, kOwner, timer_id(TimerPurpose::Sample, 0));
  sample_timer_->arm(loop_->now() + kSamplePeriod);
}

/// All kinds are watched and every node is Ready: a run begins with a cluster, not with its
/// assembly.
bool LiveSession::ready_to_begin() const {
  return std::all_of(informers_.begin(), informers_.end(),
                     [](const controllers::Informer& i) { return i.synced(); }) &&
         std::all_of(scenario_.cluster.nodes.begin(), scenario_.cluster.nodes.end(),
                     [&](const scenario::ClusterNode& node) {
                       const auto known = current({api::Kind::Node, "", node.name});
                       return known != nullptr && api::is_ready(std::get<api::Node>(*known));
                     });
}

void LiveSession::on_event(const ports::Event& event) {
  if (event.kind == ports::EventKind::Timer && controllers::slot_of(event.id) == 0xffff) {
    const auto purpose = static_cast<TimerPurpose>((event.id >> 24) & 0xff);
    const std::uint64_t index = event.id & 0xffffff;
    switch (purpose) {
      case TimerPurpose::Timeline:
        ++performed_;
        return perform(timeline_[index]);
      case TimerPurpose::EndFault:
        return end_fault(endings_[index]);
      case TimerPurpose::CleanUp:
        return cleaning_ ? delete_all() : begin_clean_up();
      case TimerPurpose::Retry:
        return send(retries_[index].call, retries_[index].cause);
      case TimerPurpose::End:
        return fail({"the pods of the run did not go in time", "see the logs in " + folder_});
      case TimerPurpose::Sample:
        if (!cleaning_) take_samples();
        return;
    }
  }
  const std::uint32_t slot = controllers::slot_of(event.id);
  if (slot < kWatchedCount) {
    on_changes(informers_[slot].on_event(event));
    if (!created_ && ready_to_begin()) {
      created_ = true;
      for (ports::ApiCall& call : creations(scenario_)) send(std::move(call));
    }
    return;
  }
  if (event.kind == ports::EventKind::ApiReply) on_answer(event);
}

void LiveSession::on_changes(const std::vector<controllers::Change>& changes) {
  std::vector<ObjectChange> seen;
  for (const controllers::Change& change : changes) {
    // What the run deletes when it is over has no cause in it.
    if (cleaning_) {
      log_.append_write(loop_->now(), 0, change.before.get(), change.after.get());
    } else {
      change_causes_.log(loop_->now(), change);
    }
    seen.push_back({change.before.get(), change.after.get()});
    const api::ObjectKey key = api::key_of(change.latest());
    if (change.after == nullptr) {
      objects_.erase(key);
    } else {
      objects_[key] = change.after;
    }
  }
  // What goes when the run is over is no part of it.
  if (cleaning_) return clean_up();
  observer_.on_changes(loop_->now(), seen);
  causes_.on_changes(loop_->now(), changes);
  if (recording_ != nullptr) recording_->on_changes(loop_->now(), changes);
}

std::vector<api::ObjectPtr> LiveSession::pods_and_nodes() const {
  std::vector<api::ObjectPtr> found;
  for (const auto& [key, object] : objects_) {
    if (key.kind == api::Kind::Pod || key.kind == api::Kind::Node) found.push_back(object);
  }
  return found;
}

void LiveSession::perform(const scenario::TimelineEntry& entry) {
  if (!steady_known_) {
    steady_known_ = true;
    steady_ = observer_.steady(steady_note_);
  }
  std::visit([&](const auto& action) { perform(entry.id, action); }, entry.action);
}

void LiveSession::perform(const std::string& id, const SetAction& action) {
  const ports::CauseId cause = log_.append(loop_->now(), 0, "set", to_string(action.target), id);
  const api::ObjectPtr object = current(action.target);
  if (object == nullptr) return fail({to_string(action.target) + " does not exist", ""});
  send(update_of(*object, action), cause);
  observer_.rollout_started(loop_->now(), id, action.target);
}

void LiveSession::perform(const std::string& id, const NodeAction& action) {
  const api::ObjectKey key{api::Kind::Node, "", action.node};
  const char* what = to_string(action.what);
  const ports::CauseId cause = log_.append(loop_->now(), 0, what, to_string(key), id);
  const api::ObjectPtr node = current(key);
  if (node == nullptr) return fail({to_string(key) + " does not exist", ""});
  const bool cordons = action.what != NodeAction::What::Uncordon;
  if (auto call = cordon_of(std::get<api::Node>(*node), cordons)) send(*std::move(call), cause);
  std::string effect = fmt::format("{}: {}", what, to_string(key));
  if (action.what == NodeAction::What::Drain) {
    auto calls = evictions_of(action.node, pods_and_nodes());
    effect = fmt::format("{} pods to evict from {}", calls.size(), action.node);
    for (ports::ApiCall& call : calls) send(std::move(call), cause);
  }
  observer_.fault_struck(loop_->now(), id, what, {to_string(key)}, {}, std::move(effect));
}

api::ObjectPtr LiveSession::current(const api::ObjectKey& key) const {
  const auto seen = objects_.find(key);
  return seen == objects_.end() ? nullptr : seen->second;
}

void LiveSession::write(const std::string& id, const char* what,
                        const std::vector<ports::ApiCall>& calls) {
  std::vector<std::string> targets;
  for (const ports::ApiCall& call : calls) {
    targets.push_back(to_string(call.key));
    send(call, log_.append(loop_->now(), 0, what, targets.back(), id));
  }
  std::string effect = fmt::format("wrote {}", fmt::join(targets, ", "));
  if (calls.empty()) effect = "nothing matched its target";
  observer_.objects_written(loop_->now(), id, what, calls, std::move(effect));
}

void LiveSession::perform(const std::string& id, const ApplyAction& action) {
  std::vector<ports::ApiCall> calls;
  for (const api::ManifestObject& manifest : action.objects) {
    const api::ObjectPtr known = current(api::key_of(manifest.object));
    calls.push_back(application_of(known.get(), manifest.object));
  }
  write(id, "apply", calls);
}

void LiveSession::perform(const std::string& id, const PatchAction& action) {
  std::vector<ports::ApiCall> calls;
  for (const api::ObjectKey& key : choose_patched(action, id, pods_and_nodes(), draws_)) {
    const api::ObjectPtr object = current(key);
    if (object == nullptr) return fail({to_string(key) + " does not exist", ""});
    auto changed = api::patched(*object, action.merge);
    if (!changed) return fail(changed.error());
    calls.push_back(replacement_by(*std::move(changed)));
  }
  write(id, "patch", calls);
}

void LiveSession::perform(const std::string& /*id*/, const PolicyAction& /*action*/) {
  contract_violation("scenarios with policies are not run on live hosts");
}

void LiveSession::perform(const std::string& id, const FaultAction& fault) {
  const Instant now = loop_->now();
  const ports::CauseId cause =
      log_.append(now, 0, "fault", fault.target ? to_string(*fault.target) : "control-plane",
                  fmt::format("{}: {}", id, to_string(fault.kind)));
  std::vector<std::string> targets;
  std::vector<std::string> victims;
  std::string effect;
  const auto undo_later = [&](const std::string& node) {
    endings_.push_back({id, fault.kind, node});
    arm(timer_id(TimerPurpose::EndFault, endings_.size() - 1),
        now + fault.lasts.value_or(Duration{}));
  };
  if (fault.kind == FaultKind::ControlPlaneKill) {
    if (control_plane_.running()) targets.emplace_back("control-plane");
    control_plane_.kill();
    effect = "control plane killed";
    undo_later({});
  }
  for (const api::ObjectPtr& object : choose_targets(fault, id, pods_and_nodes(), draws_)) {
    const api::ObjectKey key = api::key_of(*object);
    const auto* pod = std::get_if<api::Pod>(object.get());
    bool hit = false;
    switch (fault.kind) {
      case FaultKind::ContainerKill: {
        if (pod == nullptr || host(pod->spec.node_name) == nullptr) break;
        for (const api::ContainerStatus& container : pod->status.container_statuses) {
          if (!fault.container.empty() && container.name != fault.container) continue;
          hit = kill_first_process(*host(pod->spec.node_name), container.container_id);
          break;
        }
        break;
      }
      case FaultKind::PodKill:
        hit = pod != nullptr;
        if (hit) send(deletion_of(key, Duration{}), cause);
        break;
      case FaultKind::NodeAgentKill:
      case FaultKind::NodeLoss: {
        const auto agent = agents_.find(key.name);
        hit = agent != agents_.end() && agent->second.running();
        if (!hit) break;
        agent->second.kill();
        if (fault.kind == FaultKind::NodeLoss) {
          const auto crashed = run_program({paths_.testbed, "fault", "host-crash", key.name});
          if (!crashed) return fail(crashed.error());
          for (const auto& [other, pod_object] : objects_) {
            const auto* there = std::get_if<api::Pod>(pod_object.get());
            if (there == nullptr || there->spec.node_name != key.name) continue;
            struck_.hit(other, cause);
            if (std::string owner = observer_.workload_of(*there); !owner.empty()) {
              victims.push_back(std::move(owner));
            }
          }
        }
        if (fault.lasts || fault.kind == FaultKind::NodeAgentKill) undo_later(key.name);
        break;
      }
      default:
        break;  // Of the control plane; others are refused before a live run.
    }
    if (!hit) continue;
    targets.push_back(to_string(key));
    if (pod != nullptr) {
      struck_.hit(key, cause);
      if (std::string owner = observer_.workload_of(*pod); !owner.empty()) {
        victims.push_back(std::move(owner));
      }
    }
  }
  if (effect.empty()) {
    effect = targets.empty() ? "nothing matched its target"
                             : fmt::format("hit {}", fmt::join(targets, ", "));
  }
  observer_.fault_struck(now, id, to_string(fault.kind), std::move(targets), victims,
                         std::move(effect));
}

void LiveSession::end_fault(const Ending& ending) {
  log_.append(loop_->now(), 0, "fault-ends",
              ending.node.empty() ? "control-plane" : "Node/" + ending.node, ending.id);
  Result<void> restarted;
  if (ending.kind == FaultKind::ControlPlaneKill) {
    restarted = start_control_plane();
  } else {
    if (ending.kind == FaultKind::NodeLoss) {
      const auto back = run_program({paths_.testbed, "fault", "daemon-restart", ending.node});
      if (!back) return fail(back.error());
    }
    for (const scenario::ClusterNode& node : scenario_.cluster.nodes) {
      if (node.name == ending.node) restarted = start_agent(node);
    }
  }
  if (!restarted) return fail(restarted.error());
  if (ending.kind != FaultKind::NodeLoss) observer_.process_recovered(loop_->now(), ending.id);
}

/// The run is over: everything it made is deleted, so that the hosts are as they were. Who asked
/// before has an answer first.
void LiveSession::begin_clean_up() {
  if (!steady_known_) {
    steady_known_ = true;
    steady_ = observer_.steady(steady_note_);
  }
  cleaning_ = true;
  arm(timer_id(TimerPurpose::End, 0), loop_->now() + kCleanUpPatience);
  delete_all();
}

void LiveSession::delete_all() {
  const bool answered = std::all_of(loads_.begin(), loads_.end(),
                                    [](const Load& load) { return load.process.over(); });
  if (!answered && loop_->now() < Instant::at(scenario_.duration) + kLastAnswersPatience) {
    clean_up_timer_->arm(loop_->now() + kLastAnswersGap);
    return;
  }
  deleting_ = true;
  for (const api::Kind kind : kDeleted) {
    for (const auto& [key, object] : objects_) {
      if (key.kind == kind) send(deletion_of(key, std::nullopt));
    }
  }
  clean_up();
}

void LiveSession::clean_up() {
  if (!deleting_) return;
  bool any_pod = false;
  for (const auto& [key, object] : objects_) {
    if (key.kind == api::Kind::Pod) any_pod = true;
    // What a controller made while its owner was going has to go as well.
    const bool made_late =
        std::find(std::begin(kDeleted), std::end(kDeleted), key.kind) != std::end(kDeleted) &&
        !api::meta_of(*object).deletion;
    if (made_late) send(deletion_of(key, std::nullopt));
  }
  if (any_pod) return;
  finished_ = true;
  loop_->stop();
}

Result<void> LiveSession::collect_load(RunResult& result) {
  std::vector<std::pair<LoadLine, sim::ServiceIndex>> failed;
  for (Load& load : loads_) {
    const auto service = static_cast<sim::ServiceIndex>(
        std::distance(scenario_.services.begin(), scenario_.services.find(load.service)));
    if (!std::filesystem::exists(load.results.file())) {
      return failure("the load generator left no results in " + load.results.file());
    }
    runner::RequestSeries series;
    std::map<std::int64_t, runner::RequestStats> seconds;
    for (const LoadLine& line : load.results.take()) {
      if (!line.over) continue;
      runner::RequestStats& stats = seconds[line.due.count_ns() / 1'000'000'000];
      ++stats.requests;
      ++stats.tries;
      if (line.outcome == sim::RequestOutcome::Ok) {
        ++stats.succeeded;
      } else {
        ++stats.errors[sim::to_string(line.outcome)];
        failed.emplace_back(line, service);
      }
      stats.latency.add(line.latency);
    }
    for (auto& [second, stats] : seconds) {
      series.samples.push_back({Instant::at(Duration::seconds(second)), std::move(stats)});
    }
    for (const auto& [known, target] :
         {std::pair{&result.journeys, load.journey}, std::pair{&result.services, load.service}}) {
      runner::RequestSeries& merged = (*known)[target];
      for (const runner::RequestSample& sample : series.samples) {
        const auto same = std::find_if(merged.samples.begin(), merged.samples.end(),
                                       [&](const auto& s) { return s.at == sample.at; });
        if (same != merged.samples.end()) {
          same->stats.merge(sample.stats);
        } else {
          merged.samples.push_back(sample);
        }
      }
      std::sort(merged.samples.begin(), merged.samples.end(),
                [](const auto& a, const auto& b) { return a.at < b.at; });
    }
  }
  // A recording was told of them as it went.
  if (recording_ != nullptr) return {};
  std::stable_sort(failed.begin(), failed.end(), [](const auto& a, const auto& b) {
    return a.first.due + a.first.latency < b.first.due + b.first.latency;
  });
  for (const auto& [line, service] : failed) {
    causes_.failed(service, line.outcome, line.endpoint, line.due + line.latency);
  }
  return {};
}

}  // namespace

Result<std::vector<RunResult>> run_live(const Scenario& scenario, const std::string& out,
                                        const RecordOrder* record, RunHand* hand) {
  expects(hand == nullptr || record != nullptr, "a run in hand is recorded");
  const auto paths = find_programs();
  if (!paths) return tl::unexpected{paths.error()};
  auto bed = bed_status(*paths);
  if (!bed) return tl::unexpected{bed.error()};
  const bool own_bed = bed->hosts.empty();
  if (own_bed) {
    const auto up =
        run_program({paths->testbed, "up", std::to_string(scenario.cluster.nodes.size()),
                     "--workload", paths->workload});
    if (!up) return tl::unexpected{up.error()};
    bed = bed_status(*paths);
    if (!bed) return tl::unexpected{bed.error()};
  }
  const std::string folder = std::filesystem::absolute(out).string() + "/live";
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  // Its processes are gone before the bed is.
  Result<RunResult> result = [&]() -> Result<RunResult> {
    LiveSession session{scenario, *paths, *bed, folder};
    if (record != nullptr) session.record(*record);
    if (hand != nullptr) session.hand_over(*hand);
    return session.run();
  }();
  if (own_bed) {
    const auto down = run_program({paths->testbed, "down"});
    if (!down && result) return tl::unexpected{down.error()};
  }
  if (!result) return tl::unexpected{result.error()};
  std::vector<RunResult> results;
  results.push_back(*std::move(result));
  return results;
}

}  // namespace orrery::session
