#include "runner/session/sim_session.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "models/api/object_patch.h"
#include "runner/external/run_programs.h"
#include "runner/run_result_json.h"
#include "runner/scenario/policies.h"
#include "runner/session/actions.h"
#include "runner/session/drain.h"
#include "runner/session/edge_strikes.h"
#include "runner/session/pod_strikes.h"
#include "runner/session/process_pool.h"
#include "runner/session/run_observer.h"
#include "runner/session/sim_faults.h"
#include "runner/session/targets.h"
#include "runner/session/world_config.h"
#include "sim/traffic/request_engine.h"

namespace orrery::session {
namespace {

/// By the keys that Istio's rules change. Requires: at least one.
sim::PolicyCauses causes_of(const std::map<std::string, ports::CauseId>& records) {
  sim::PolicyCauses causes{records.begin()->second};
  const auto take = [&](ports::CauseId& cause, std::initializer_list<const char*> keys) {
    for (const char* key : keys) {
      if (const auto known = records.find(key); known != records.end()) cause = known->second;
    }
  };
  take(causes.timeouts, {"connectTimeout", "perTryTimeout", "timeout"});
  take(causes.places, {"connectionPool"});
  take(causes.injected, {"fault"});
  take(causes.shares, {"route"});
  return causes;
}

runner::TurnedAwayCounts turned_away(const sim::RouteCounts& did) {
  const auto by = [&](sim::TurnedAwayBy what) {
    return did.turned_away[static_cast<std::size_t>(what)];
  };
  return {.breaker = by(sim::TurnedAwayBy::Breaker),
          .rate_limit = by(sim::TurnedAwayBy::RateLimit),
          .admission = by(sim::TurnedAwayBy::Admission),
          .bulkhead = by(sim::TurnedAwayBy::Bulkhead),
          .pool = by(sim::TurnedAwayBy::Pool),
          .retry_limit = by(sim::TurnedAwayBy::RetryLimit)};
}

using runner::RunResult;
using scenario::ApplyAction;
using scenario::FaultAction;
using scenario::FaultKind;
using scenario::NodeAction;
using scenario::PatchAction;
using scenario::PolicyAction;
using scenario::Scenario;
using scenario::SetAction;
using scenario::TimelineEntry;

/// Hands the writes of the simulated API server to the observer.
class ObserverAdapter final : public sim::WriteObserver {
 public:
  explicit ObserverAdapter(RunObserver& observer) : observer_{observer} {}

  void on_write(Instant now, const store::Write& write, ports::CauseId /*cause*/) override {
    const bool gone = write.kind == ports::DeltaKind::Deleted;
    const std::vector<ObjectChange> changes{
        {write.before.get(), gone ? nullptr : write.after.get()}};
    observer_.on_changes(now, changes);
    if (recorder_ != nullptr) recorder_->on_changes(changes);
  }
  void set_recorder(RunRecorder* recorder) { recorder_ = recorder; }

 private:
  RunObserver& observer_;
  RunRecorder* recorder_ = nullptr;
};

/// Rules of Istio that change are pushed when for so long no other has, but no later than so long
/// after the first. Source: istio pilot/pkg/features, PILOT_DEBOUNCE_AFTER and PILOT_DEBOUNCE_MAX.
constexpr Duration kPushAfter = Duration::milliseconds(100);
constexpr Duration kPushMax = Duration::seconds(10);
/// How long a run may go on after one of its programs broke it.
constexpr Duration kProgramCheck = Duration::seconds(1);
/// The first byte of what a run's process hands over if a program broke it.
constexpr char kBrokenMark = '\x01';

/// What the world is made from, with the programs where they decide.
sim::WorldConfig config_with(const Scenario& scenario, std::uint64_t seed,
                             external::RunPrograms* programs) {
  sim::WorldConfig config = world_config(scenario, seed);
  if (programs == nullptr) return config;
  config.profile.controllers.autoscaler.advisor = programs->advisor();
  for (auto& [name, plugins] : config.profile.scheduler.profiles) {
    plugins.external = programs->plugin(name);
  }
  return config;
}

/// A fault that leaves its pods there, so that it is over when it ends.
bool is_strain(FaultKind kind) {
  return is_lasting_pod_fault(kind) && kind != FaultKind::PodFailure;
}

/// Why a fault of pods or nodes has no target.
std::string nothing_hit(const FaultAction& fault, bool had_pods) {
  if (had_pods && fault.kind == FaultKind::CpuStress) {
    return "no container of it has a CPU limit whose quota could be shared, and nodes have no "
           "cpuContention";
  }
  if (fault.kind == FaultKind::LeaderKill) return "nobody leads";
  return "nothing matched its target";
}

/// One run: a world, and the hand that does to it what the timeline says.
class SimSession : private RunView {
 public:
  /// `programs` are null if the scenario names none; `hand`, if nobody has the run in hand.
  SimSession(const Scenario& scenario, std::uint64_t seed, external::RunPrograms* programs,
             RunHand* hand)
      : scenario_{scenario},
        seed_{seed},
        programs_{programs},
        hand_{hand},
        timeline_{scenario.timeline},
        draws_{seed},
        observer_{scenario},
        adapter_{observer_},
        world_{config_with(scenario, seed, programs), log_, &adapter_},
        policy_samples_(scenario.policies.size()) {}

  /// Before run(): it is recorded. A Failure if the file cannot be written.
  Result<void> record(const RecordOrder& order);

  Result<RunResult> run(std::vector<runner::ProgramVersion> versions);

 private:
  /// What a fault with a duration undoes at its end.
  struct Ending {
    Instant at;
    std::string id;
    FaultAction fault;
    std::string node;  ///< NodeLoss and its like: which.
  };

  /// What rules of Istio change, on its way to the proxies.
  struct Push {
    struct Key {
      std::string id;  ///< Of the entry of the timeline that changed it last.
      scenario::ChangedKey its;
      ports::CauseId cause = 0;  ///< The record of the rules that say it.
    };
    struct Change {
      resilience::RoutePolicy policy;
      std::vector<Key> keys;  ///< In the order of their change.
    };
    Instant first;  ///< Rule that is in it.
    Instant at = Instant::never();
    std::map<scenario::Way, Change> changes;
  };

  /// An eviction to be asked for.
  struct Eviction {
    Instant at;
    std::string id;
    ports::ApiCall call;
    ports::CauseId cause = 0;
  };

  // RunView
  [[nodiscard]] Instant now() const override { return world_.now(); }
  [[nodiscard]] std::size_t records() const override { return log_.records().size(); }
  [[nodiscard]] std::size_t performed() const override { return performed_; }
  [[nodiscard]] std::vector<std::string> would_hit(const TimelineEntry& entry) const override {
    return session::would_hit(world_, entry, draws_);
  }
  void show() override { recorder_->show(); }

  void create_objects();
  void play(RunResult& result);
  /// The entries of the timeline that are due.
  void perform_due(RunResult& result);
  void obey(RunResult& result);
  void perform(const TimelineEntry& entry);
  void perform(const std::string& id, const SetAction& action);
  void perform(const std::string& id, const FaultAction& fault);
  void perform_on_world(const std::string& id, const FaultAction& fault, ports::CauseId cause);
  void settle_faults();
  void end_later(const std::string& id, const FaultAction& fault, std::string node);
  void perform(const std::string& id, const NodeAction& action);
  void perform(const std::string& id, const ApplyAction& action);
  void perform(const std::string& id, const PatchAction& action);
  void perform(const std::string& id, const PolicyAction& action);
  void write(const std::string& id, const char* what, ports::ApiCall call,
             std::vector<ports::ApiCall>& written, std::string& effect);
  void push_later(const std::string& id, const ApplyAction& action,
                  std::map<std::string, ports::CauseId> records);
  void push_rules();
  void set_policy(const scenario::Way& way, const resilience::RoutePolicy& policy,
                  sim::PolicyCauses causes, sim::Keeps keeps);
  void evict(Eviction eviction);
  void end_fault(const Ending& ending);
  void run_until(Instant when);
  /// No further than to where a program breaks the run.
  void run_world_until(Instant when);
  [[nodiscard]] bool is_broken() const { return programs_ != nullptr && programs_->broken(); }
  [[nodiscard]] std::vector<std::string> owners_of_pods_on(const std::string& node) const;
  /// What policies have done by now.
  void sample_policies();
  void collect_series(RunResult& result) const;

  const Scenario& scenario_;
  std::uint64_t seed_;
  external::RunPrograms* programs_;
  RunHand* hand_;
  std::vector<TimelineEntry> timeline_;  ///< The scenario's, and what was ordered by hand.
  std::size_t performed_ = 0;            ///< Of these.
  Draws draws_;
  recording::EventLog log_;
  RunObserver observer_;
  ObserverAdapter adapter_;
  std::unique_ptr<RunRecorder> recorder_;  ///< Null: the run is not recorded.
  sim::SimWorld world_;
  EdgeStrikes edges_;
  PodStrikes pods_;
  std::vector<Ending> endings_;                                    ///< By time.
  std::vector<Eviction> evictions_;                                ///< By time.
  Push push_;                                                      ///< Never due: there is none.
  std::vector<std::vector<runner::PolicySample>> policy_samples_;  ///< By the scenario's policies.
  Instant next_second_ = Instant::at(Duration::seconds(1));        ///< When they are sampled.
};

/// "python3 hpa.py; hpa.py sha256:ab12..."
std::string version_text(const runner::ProgramVersion& version) {
  std::string text = fmt::format("{}", fmt::join(version.exec, " "));
  for (const runner::ProgramFile& file : version.files) {
    text += fmt::format("; {} sha256:{}", file.name, file.sha256);
  }
  return text;
}

Result<void> SimSession::record(const RecordOrder& order) {
  auto recorder = RunRecorder::create(order, scenario_, seed_, "sim", scenario_.start_time,
                                      world_.traffic().edges(), &world_.traffic());
  if (!recorder) return tl::unexpected{recorder.error()};
  recorder_ = *std::move(recorder);
  // What the world began with.
  for (const api::ObjectPtr& object : pods_and_nodes(world_)) {
    recorder_->on_changes({{nullptr, object.get()}});
  }
  adapter_.set_recorder(recorder_.get());
  world_.set_traffic_observer(&recorder_->traffic());
  return {};
}

Result<RunResult> SimSession::run(std::vector<runner::ProgramVersion> versions) {
  RunResult result;
  result.seed = seed_;
  for (const runner::ProgramVersion& version : versions) {
    log_.append(world_.now(), 0, "program", version.title, version_text(version));
  }
  const auto wall_start = std::chrono::steady_clock::now();
  create_objects();
  world_.start();
  if (recorder_ != nullptr) recorder_->sample(world_.now(), log_);
  play(result);
  if (is_broken()) return tl::unexpected{*programs_->broken()};
  if (performed_ == 0) result.steady_before_first_fault = observer_.steady(result.steady_note);
  result.wall_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - wall_start).count();
  settle_faults();
  result.simulated = scenario_.duration;
  result.events = world_.events();
  Fingerprint fingerprint = world_.fingerprint();
  external::add_to(fingerprint, versions);
  result.fingerprint = to_string(fingerprint);
  result.programs = std::move(versions);
  observer_.finish(result);
  collect_series(result);
  if (recorder_ != nullptr) {
    if (const auto kept = recorder_->finish(log_); !kept) {
      return tl::unexpected{kept.error()};
    }
  }
  result.log = log_.records();
  return result;
}

void SimSession::play(RunResult& result) {
  const Instant end = Instant::at(scenario_.duration);
  Instant next = performed_ < timeline_.size() ? timeline_[performed_].at : end;
  if (hand_ != nullptr) next = Instant{};
  while (true) {
    run_until(next);
    if (is_broken() || (next == end)) return;
    perform_due(result);
    if (hand_ != nullptr) obey(result);
    next = performed_ < timeline_.size() ? timeline_[performed_].at : end;
    if (hand_ != nullptr) next = std::min(next, recorder_->next());
  }
}

void SimSession::perform_due(RunResult& result) {
  while (performed_ < timeline_.size() && timeline_[performed_].at == world_.now()) {
    if (performed_ == 0) result.steady_before_first_fault = observer_.steady(result.steady_note);
    const TimelineEntry entry = timeline_[performed_++];
    perform(entry);
  }
}

/// Whoever has the run in hand is asked where it was sampled, so that a recording shows all that
/// they see.
void SimSession::obey(RunResult& result) {
  if (recorder_->last() != world_.now()) return;
  while (auto order = hand_->next(*this)) {
    log_.append(world_.now(), 0, "command", order->entries.empty() ? "run" : order->entries[0].id,
                std::move(order->text));
    for (TimelineEntry& entry : order->entries) {
      expects(entry.at >= world_.now(), "what is ordered by hand is not over");
      insert_by_time(timeline_, std::move(entry));
    }
    for (TimelineEntry& entry : order->later) {
      const auto to_come = timeline_.begin() + static_cast<std::ptrdiff_t>(performed_);
      const auto its = std::find_if(to_come, timeline_.end(),
                                    [&](const TimelineEntry& one) { return one.id == entry.id; });
      if (its != timeline_.end()) its->action = std::move(entry.action);
    }
    perform_due(result);
  }
}

void SimSession::create_objects() {
  for (const ports::ApiCall& call : creations(scenario_)) {
    expects(world_.apply(call, 0) == ports::Outcome::Ok, "what the reader admitted can be created");
  }
}

void SimSession::run_world_until(Instant when) {
  while (true) {
    Instant stop = when;
    if (programs_ != nullptr) stop = std::min(stop, world_.now() + kProgramCheck);
    if (recorder_ != nullptr) stop = std::min(stop, recorder_->next());
    if (!policy_samples_.empty()) stop = std::min(stop, next_second_);
    world_.run_until(stop);
    if (stop == next_second_) sample_policies();
    if (recorder_ != nullptr && stop == recorder_->next()) {
      recorder_->sample(stop, log_);
    }
    if (stop == when || is_broken()) return;
  }
}

void SimSession::sample_policies() {
  next_second_ = next_second_ + Duration::seconds(1);
  for (std::uint32_t route = 0; route < policy_samples_.size(); ++route) {
    const sim::RouteCounts& did = world_.traffic().route(route);
    policy_samples_[route].push_back(
        {did.retries, did.hedges, did.fallbacks, did.openings, did.ejections,
         std::accumulate(did.turned_away.begin(), did.turned_away.end(), std::uint64_t{0})});
  }
}

void SimSession::run_until(Instant when) {
  while (!is_broken()) {
    const Instant end = endings_.empty() ? Instant::never() : endings_.front().at;
    const Instant next = evictions_.empty() ? Instant::never() : evictions_.front().at;
    if (std::min({end, next, push_.at}) > when) break;
    if (push_.at <= std::min(end, next)) {
      run_world_until(push_.at);
      if (!is_broken()) push_rules();
      continue;
    }
    if (next < end) {
      Eviction eviction = std::move(evictions_.front());
      evictions_.erase(evictions_.begin());
      run_world_until(eviction.at);
      evict(std::move(eviction));
      continue;
    }
    const Ending ending = endings_.front();
    endings_.erase(endings_.begin());
    run_world_until(ending.at);
    end_fault(ending);
  }
  if (!is_broken()) run_world_until(when);
}

void SimSession::perform(const TimelineEntry& entry) {
  std::visit([&](const auto& action) { perform(entry.id, action); }, entry.action);
}

void SimSession::perform(const std::string& id, const SetAction& action) {
  const api::ObjectPtr current = world_.api().find(action.target);
  const ports::CauseId cause = log_.append(world_.now(), 0, "set", to_string(action.target), id);
  if (current == nullptr) return;
  world_.apply(update_of(*current, action), cause);
  observer_.rollout_started(world_.now(), id, action.target);
}

void SimSession::perform(const std::string& id, const NodeAction& action) {
  const char* what = to_string(action.what);
  const api::ObjectKey key{api::Kind::Node, "", action.node};
  const ports::CauseId cause = log_.append(world_.now(), 0, what, to_string(key), id);
  const api::ObjectPtr node = world_.api().find(key);
  if (node == nullptr) {
    observer_.fault_struck(world_.now(), id, what, {}, {}, "the node is not there");
    return;
  }
  const bool cordons = action.what != NodeAction::What::Uncordon;
  if (const auto call = cordon_of(std::get<api::Node>(*node), cordons)) world_.apply(*call, cause);
  std::vector<std::string> victims;
  std::string effect = fmt::format("{}: {}", what, to_string(key));
  if (action.what == NodeAction::What::Drain) {
    victims = owners_of_pods_on(action.node);
    const auto calls = evictions_of(action.node, world_.api().objects_of(api::Kind::Pod));
    effect = fmt::format("{} pods to evict from {}", calls.size(), action.node);
    for (const ports::ApiCall& call : calls) evict({world_.now(), id, call, cause});
  }
  observer_.fault_struck(world_.now(), id, what, {to_string(key)}, victims, std::move(effect));
}

void SimSession::perform(const std::string& id, const ApplyAction& action) {
  std::vector<ports::ApiCall> written;
  std::string effect;
  for (const api::ManifestObject& manifest : action.objects) {
    const api::ObjectKey key = api::key_of(manifest.object);
    const api::ObjectPtr current = world_.api().find(key);
    write(id, "apply", application_of(current.get(), manifest.object), written, effect);
  }
  const char* what = action.deletes ? "delete" : "apply";
  std::map<std::string, ports::CauseId> records;  // By rule.
  for (const std::string& rule : action.rules) {
    records[rule] = log_.append(world_.now(), 0, what, rule, id);
    if (!effect.empty()) effect += ", ";
    effect += (action.deletes ? "deleted " : "applied ") + rule;
  }
  if (!action.rules.empty() && action.changes.empty()) effect += ", which changes no calls";
  push_later(id, action, std::move(records));
  observer_.objects_written(world_.now(), id, what, written, std::move(effect), action.rules);
}

void SimSession::push_later(const std::string& id, const ApplyAction& action,
                            std::map<std::string, ports::CauseId> records) {
  if (action.changes.empty()) return;
  if (push_.changes.empty()) push_.first = world_.now();
  push_.at = std::min(push_.first + kPushMax, world_.now() + kPushAfter);
  for (const auto& [way, change] : action.changes) {
    Push::Change& pushed = push_.changes[way];
    pushed.policy = change.policy;
    for (const scenario::ChangedKey& key : change.keys) {
      std::erase_if(pushed.keys, [&](const Push::Key& one) { return one.its.key == key.key; });
      // Where it is not known which of several rules said it, one record names them all.
      ports::CauseId& cause = records[fmt::format("{}", fmt::join(key.rules, ", "))];
      if (cause == 0) {
        cause = log_.append(world_.now(), 0, action.deletes ? "delete" : "apply",
                            fmt::format("{}", fmt::join(key.rules, ", ")), id);
      }
      pushed.keys.push_back({id, key, cause});
    }
  }
}

void SimSession::push_rules() {
  const Push push = std::exchange(push_, {});
  for (const auto& [way, change] : push.changes) {
    // A record of what each rule says, so that what fails leads to that which made it fail.
    std::map<ports::CauseId, std::vector<const Push::Key*>> by_rule;
    for (const Push::Key& key : change.keys) by_rule[key.cause].push_back(&key);
    std::map<std::string, ports::CauseId> records;
    for (const auto& [cause, keys] : by_rule) {
      std::string words;
      for (const Push::Key* key : keys) words += (words.empty() ? "" : ", ") + key->its.words;
      const ports::CauseId record = log_.append(
          world_.now(), cause, "policy", "Service/" + way.second,
          fmt::format("{}: {} from {}", keys.front()->id, words, scenario::caller_name(way.first)));
      for (const Push::Key* key : keys) records[key->its.key] = record;
    }
    set_policy(way, change.policy, causes_of(records), sim::Keeps::Unchanged);
  }
}

void SimSession::set_policy(const scenario::Way& way, const resilience::RoutePolicy& policy,
                            sim::PolicyCauses causes, sim::Keeps keeps) {
  const auto route = scenario_.policies.find(way);
  const auto index = std::distance(scenario_.policies.begin(), route);
  world_.set_policy(static_cast<std::uint32_t>(index), policy, causes, keeps);
}

void SimSession::perform(const std::string& id, const PatchAction& action) {
  std::vector<ports::ApiCall> written;
  std::string effect;
  for (const api::ObjectKey& key : choose_patched(action, id, pods_and_nodes(world_), draws_)) {
    const api::ObjectPtr current = world_.api().find(key);
    if (current == nullptr) continue;
    auto changed = api::patched(*current, action.merge);
    if (changed) {
      write(id, "patch", replacement_by(*std::move(changed)), written, effect);
    } else {
      effect += (effect.empty() ? "" : ", ") + changed.error().what;
    }
  }
  if (effect.empty()) effect = "nothing matched " + to_string(action.target);
  observer_.objects_written(world_.now(), id, "patch", written, std::move(effect));
}

void SimSession::perform(const std::string& id, const PolicyAction& action) {
  std::vector<std::string> targets = services_called(action);
  const std::string changed = fmt::format("{}", fmt::join(action.keys, ", "));
  for (const auto& [way, policy] : action.policies) {
    const std::string caller = scenario::caller_name(way.first);
    const ports::CauseId cause = log_.append(world_.now(), 0, "policy", "Service/" + way.second,
                                             fmt::format("{}: {} from {}", id, changed, caller));
    set_policy(way, policy, cause, sim::Keeps::Nothing);
    push_.changes.erase(way);  // It has what the rules say, too.
  }
  if (push_.changes.empty()) push_.at = Instant::never();
  std::string effect = fmt::format("{} of calls to {}", changed, fmt::join(targets, ", "));
  observer_.fault_struck(world_.now(), id, "policy", std::move(targets), {}, std::move(effect));
}

/// Sends the call; a write that is done goes to `written`, and what came of it to `effect`.
void SimSession::write(const std::string& id, const char* what, ports::ApiCall call,
                       std::vector<ports::ApiCall>& written, std::string& effect) {
  const std::string subject = to_string(call.key);
  const ports::CauseId cause = log_.append(world_.now(), 0, what, subject, id);
  const ports::Outcome outcome = world_.apply(call, cause);
  const bool creates = call.verb == ports::Verb::Create;
  if (!effect.empty()) effect += ", ";
  effect += outcome == ports::Outcome::Ok
                ? fmt::format("{} {}", creates ? "created" : "changed", subject)
                : fmt::format("{}: {}", subject, to_string(outcome));
  if (outcome == ports::Outcome::Ok) written.push_back(std::move(call));
}

void SimSession::evict(Eviction eviction) {
  const ports::Outcome outcome = world_.apply(eviction.call, eviction.cause);
  log_.append(world_.now(), eviction.cause, "evict", to_string(eviction.call.key),
              fmt::format("{}: {}", eviction.id, to_string(outcome)));
  if (answer_of(outcome) != EvictionAnswer::Again) return;
  eviction.at = world_.now() + kEvictionRetry;
  const auto later = std::find_if(evictions_.begin(), evictions_.end(),
                                  [&](const Eviction& e) { return e.at > eviction.at; });
  evictions_.insert(later, std::move(eviction));
}

std::vector<std::string> SimSession::owners_of_pods_on(const std::string& node) const {
  std::vector<std::string> owners;
  for (const api::ObjectPtr& object : world_.api().objects_of(api::Kind::Pod)) {
    const auto& pod = std::get<api::Pod>(*object);
    const std::string owner = observer_.workload_of(pod);
    if (pod.spec.node_name == node && !owner.empty()) owners.push_back(owner);
  }
  return owners;
}

void SimSession::perform(const std::string& id, const FaultAction& fault) {
  const char* kind = to_string(fault.kind);
  const ports::CauseId cause =
      log_.append(world_.now(), 0, "fault", place_of(fault), fmt::format("{}: {}", id, kind));
  if (fault.edge) {
    Strike struck = edges_.begin(world_, id, fault, pods_and_nodes(world_), draws_, cause);
    if (!struck.targets.empty()) end_later(id, fault, {});
    observer_.fault_struck(world_.now(), id, kind, std::move(struck.targets), {},
                           std::move(struck.effect));
    return;
  }
  if (is_world_fault(fault.kind)) return perform_on_world(id, fault, cause);
  std::vector<std::string> targets;
  std::vector<std::string> victims;
  const std::vector<api::ObjectPtr> chosen = targets_of(world_, id, fault, draws_);
  for (const api::ObjectPtr& object : chosen) {
    const api::ObjectKey key = api::key_of(*object);
    const api::Pod* pod = std::get_if<api::Pod>(object.get());
    bool hit = false;
    const bool of_node = fault.kind == FaultKind::NodeLoss || fault.kind == FaultKind::ZoneLoss ||
                         fault.kind == FaultKind::NodeAgentKill;
    if (!of_node) {
      hit = pod != nullptr && pods_.begin(world_, id, fault, *pod, cause);
    } else {
      const std::string node = pod != nullptr ? pod->spec.node_name : key.name;
      const bool lost = fault.kind != FaultKind::NodeAgentKill;
      for (std::string& owner : owners_of_pods_on(node)) {
        if (lost) victims.push_back(std::move(owner));
      }
      hit = lost ? world_.crash_node(node, cause) : world_.kill_node_agent(node, cause);
      if (hit && (fault.lasts || !lost)) end_later(id, fault, node);
    }
    if (!hit) continue;
    targets.push_back(to_string(key));
    if (pod != nullptr && fault.kind != FaultKind::NodeAgentKill) {
      const std::string owner = observer_.workload_of(*pod);
      if (!owner.empty()) victims.push_back(owner);
    }
  }
  const bool ends = is_lasting_pod_fault(fault.kind) || fault.kind == FaultKind::Unwell;
  if (!targets.empty() && ends && fault.lasts) end_later(id, fault, {});
  if (is_strain(fault.kind)) victims.clear();
  std::string effect = targets.empty() ? nothing_hit(fault, !chosen.empty())
                                       : fmt::format("{} {} hit", targets.size(),
                                                     targets.size() == 1 ? "target" : "targets");
  for (const std::string& target : targets) {
    effect += (&target == targets.data() ? ": " : ", ") + target;
  }
  observer_.fault_struck(world_.now(), id, kind, std::move(targets), victims, std::move(effect));
}

void SimSession::perform_on_world(const std::string& id, const FaultAction& fault,
                                  ports::CauseId cause) {
  Strike struck = strike(world_, fault, cause);
  // A process that was killed is started again, at once unless something else is said.
  const bool restarts =
      fault.kind == FaultKind::ControlPlaneKill || fault.kind == FaultKind::ControllerManagerKill ||
      fault.kind == FaultKind::SchedulerKill || fault.kind == FaultKind::KubeletKill;
  const bool ends = (fault.lasts || restarts) && fault.kind != FaultKind::CrashAfterWrites;
  if (!struck.targets.empty() && ends) end_later(id, fault, {});
  observer_.fault_struck(world_.now(), id, to_string(fault.kind), std::move(struck.targets), {},
                         std::move(struck.effect));
}

/// Faults that wait for a chance may have had none.
void SimSession::settle_faults() {
  for (const auto& [id, why] : edges_.idle(world_)) observer_.fault_hit_nothing(id, why);
  for (const TimelineEntry& entry : timeline_) {
    const auto* fault = std::get_if<FaultAction>(&entry.action);
    if (fault == nullptr) continue;
    const std::string why = missed_chance(world_, *fault);
    if (!why.empty()) observer_.fault_hit_nothing(entry.id, why);
  }
}

void SimSession::end_later(const std::string& id, const FaultAction& fault, std::string node) {
  endings_.push_back({world_.now() + fault.lasts.value_or(Duration{}), id, fault, std::move(node)});
  std::stable_sort(endings_.begin(), endings_.end(),
                   [](const Ending& a, const Ending& b) { return a.at < b.at; });
}

void SimSession::end_fault(const Ending& ending) {
  std::string where = ending.node.empty() ? "control-plane" : "Node/" + ending.node;
  if (ending.node.empty() && ending.fault.target) where = to_string(*ending.fault.target);
  if (ending.node.empty() && !ending.fault.process.empty()) where = ending.fault.process;
  if (ending.fault.edge) where = place_of(ending.fault);
  const ports::CauseId cause = log_.append(world_.now(), 0, "fault-ends", where, ending.id);
  if (ending.fault.edge) {
    const std::string nothing = edges_.end(world_, ending.id);
    if (nothing.empty()) {
      observer_.process_recovered(world_.now(), ending.id);
    } else {
      observer_.fault_hit_nothing(ending.id, nothing);
    }
    return;
  }
  if (is_lasting_pod_fault(ending.fault.kind)) {
    pods_.end(world_, ending.id, cause);
    // A workload that was short of pods has recovered when it is not any more.
    if (is_strain(ending.fault.kind)) observer_.process_recovered(world_.now(), ending.id);
    return;
  }
  switch (ending.fault.kind) {
    case FaultKind::NodeAgentKill:
      if (world_.start_node_agent(ending.node, cause)) {
        observer_.process_recovered(world_.now(), ending.id);
      }
      return;
    case FaultKind::NodeLoss:
    case FaultKind::ZoneLoss:
      world_.restore_node(ending.node, cause);
      return;
    case FaultKind::ContainerKill:
    case FaultKind::PodKill:
    case FaultKind::LeaderKill:
    case FaultKind::Unwell:
      return;
    default:
      break;
  }
  const FaultEnd end = end_strike(world_, ending.fault, cause);
  if (end.recovered) observer_.process_recovered(world_.now(), ending.id);
  if (!end.nothing.empty()) observer_.fault_hit_nothing(ending.id, end.nothing);
}

runner::RequestSeries series_of(const sim::RequestSeries& from, Duration interval) {
  runner::RequestSeries series;
  series.interval = interval;
  for (const sim::RequestSample& sample : from.samples()) {
    runner::RequestSample out;
    out.at = sample.at;
    out.stats.requests = sample.counts.ended_count();
    out.stats.tries = sample.tries;
    out.stats.succeeded = sample.counts.of(sim::RequestOutcome::Ok);
    for (std::uint32_t i = 1; i < sim::kRequestOutcomeCount; ++i) {
      if (sample.counts.ended[i] == 0) continue;
      out.stats.errors[sim::to_string(static_cast<sim::RequestOutcome>(i))] =
          sample.counts.ended[i];
    }
    runner::LatencyHistogram::Buckets buckets;
    buckets.reserve(sample.counts.latency.size());
    for (const sim::LatencyCount& count : sample.counts.latency)
      buckets[count.bucket] = count.count;
    out.stats.latency = runner::LatencyHistogram::restore(
        std::move(buckets), sample.counts.latency_sum_ns, sample.counts.latency_max_ns);
    series.samples.push_back(std::move(out));
  }
  return series;
}

void SimSession::collect_series(RunResult& result) const {
  sim::ServiceIndex service = 0;
  const Duration interval = Duration::seconds(1);
  for (const auto& [name, behaviour] : scenario_.services) {
    result.services[name] = series_of(world_.traffic().service(service++), interval);
  }
  std::vector<std::string> names;
  for (const auto& [name, behaviour] : scenario_.services) names.push_back(name);
  for (const sim::FailureTally& tally : world_.failures()) {
    if (tally.count == 0 && !tally.feeds_itself) continue;
    const std::string from = tally.kind.from == sim::kClients ? "" : names.at(tally.kind.from);
    result.failures.push_back({tally.record, from, names.at(tally.kind.to),
                               sim::to_string(tally.kind.outcome), tally.first, tally.last,
                               tally.count, tally.feeds_itself});
  }
  std::uint32_t route = 0;
  for (const auto& [way, policy] : scenario_.policies) {
    const sim::RouteCounts& did = world_.traffic().route(route++);
    result.policies.push_back({way.first, way.second, did.calls, did.tries, did.retries, did.hedges,
                               did.fallbacks, did.openings, did.ejections, turned_away(did)});
  }
  result.policy_samples = policy_samples_;
  std::uint32_t group = 0;
  for (const auto& [topic, settings] : scenario_.topics) {
    for (const auto& [consumer, unused] : settings.groups) {
      std::vector<runner::GroupSample>& samples = result.groups[topic + "/" + consumer];
      for (const sim::GroupSample& sample : world_.traffic().group_samples(group)) {
        const sim::GroupCounts& counts = sample.counts;
        samples.push_back({sample.at, counts.published, counts.finished, counts.dead,
                           counts.redelivered, sample.age});
      }
      ++group;
    }
  }
  std::uint32_t journey = 0;
  for (const auto& [name, steps] : scenario_.journeys) {
    result.journeys[name] = series_of(world_.traffic().journey_steps(journey++), interval);
  }
}

}  // namespace

Result<void> can_simulate(const Scenario& scenario) {
  const bool pulls = std::any_of(scenario.images.begin(), scenario.images.end(),
                                 [](const auto& image) { return !image.second.on_nodes; });
  if (!pulls) return {};
  const auto fabric = sim::make_fabric(world_config(scenario, scenario.first_seed).fabric);
  if (!fabric) return tl::unexpected{fabric.error()};
  return {};
}

Result<RunResult> try_simulate(const Scenario& scenario, std::uint64_t seed,
                               const RecordOrder* record, RunHand* hand) {
  expects(hand == nullptr || record != nullptr, "what is in hand is recorded");
  const auto run = [&](external::RunPrograms* programs,
                       std::vector<runner::ProgramVersion> versions) -> Result<RunResult> {
    SimSession session{scenario, seed, programs, hand};
    if (record != nullptr) {
      if (const auto begun = session.record(*record); !begun) {
        return tl::unexpected{begun.error()};
      }
    }
    return session.run(std::move(versions));
  };
  if (programs_of(scenario).empty()) return run(nullptr, {});
  auto versions = external::program_versions(scenario);
  if (!versions) return tl::unexpected{versions.error()};
  const auto programs = external::RunPrograms::start(scenario, seed);
  if (!programs) return tl::unexpected{programs.error()};
  return run(programs->get(), *std::move(versions));
}

RunResult simulate(const Scenario& scenario, std::uint64_t seed) {
  auto result = try_simulate(scenario, seed);
  expects(result.has_value(), "a run without programs comes to its end");
  return *std::move(result);
}

Runs simulate_all(const Scenario& scenario, unsigned parallel,
                  const std::function<void(std::uint64_t done)>& progress) {
  expects(parallel >= 1, "at least one run at a time");
  if (scenario.first_seed == scenario.last_seed) {
    auto result = try_simulate(scenario, scenario.first_seed);
    if (!result) return tl::unexpected{RunFailure{result.error(), true}};
    std::vector<RunResult> one;
    one.push_back(*std::move(result));
    progress(1);
    return one;
  }
  std::optional<Failure> broken;
  std::map<std::uint64_t, RunResult> done;
  Pool pool;
  pool.tasks = scenario.last_seed - scenario.first_seed + 1;
  pool.parallel = parallel;
  pool.work = [&](std::uint64_t task) -> Result<std::string> {
    const auto result = try_simulate(scenario, scenario.first_seed + task);
    if (!result) return kBrokenMark + result.error().what;
    return runner::to_json_text(*result);
  };
  pool.done = [&](std::uint64_t task, std::string text) -> Result<void> {
    if (text.starts_with(kBrokenMark)) {
      broken = Failure{fmt::format("{}: {}", pool.name(task), text.substr(1)), ""};
      return tl::unexpected{*broken};
    }
    auto result = runner::run_result_from_json_text(text);
    if (!result) return tl::unexpected{result.error()};
    done.emplace(task, *std::move(result));
    progress(done.size());
    return {};
  };
  pool.name = [&](std::uint64_t task) {
    return fmt::format("the run of seed {}", scenario.first_seed + task);
  };
  if (const auto ran = run_pool(pool); !ran) {
    return tl::unexpected{RunFailure{ran.error(), broken.has_value()}};
  }
  std::vector<RunResult> results;
  for (auto& [task, result] : done) results.push_back(std::move(result));
  return results;
}

}  // namespace orrery::session
