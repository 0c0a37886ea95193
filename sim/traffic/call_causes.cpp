/// @file
/// Where the cause of a failed call comes from. A call inherits that of the one below it; whoever
/// finds no room inherits the cause that most of those have who take the room up.
#include <algorithm>

#include "sim/traffic/request_engine.h"

namespace orrery::sim {
namespace {

/// What was found out about who holds what is good for so long; looking again is a search.
constexpr Duration kHoldersGoodFor = Duration::milliseconds(100);
/// What came of a lack of room is over when nobody has met it for so long.
constexpr Duration kRoomAfter = Duration::seconds(10);
/// Somebody turned away now and then is no lack of room yet: it goes on for so long at the least,
/// without a break as long.
constexpr Duration kLackAtLeast = Duration::seconds(1);

}  // namespace

void RequestEngine::explain_failures(FailureLedger& ledger, Instant count_from) {
  ledger_ = &ledger;
  count_from_ = count_from;
}

RecordId RequestEngine::illness_or_state(std::uint32_t index) const {
  const InstanceCauses& causes = instance_causes_[index];
  return causes.illness != 0 ? causes.illness : causes.state;
}

RecordId& RequestEngine::last_failure(std::uint32_t route, std::uint32_t cluster) {
  return routes_[route].has_subsets() ? cluster_causes_[{route, cluster}].failed
                                      : route_causes_[route];
}

RecordId RequestEngine::note_failure(const Call& call, RequestOutcome outcome) {
  if (ledger_ == nullptr || call.probe) return 0;
  const CallSite& site = program_.sites[call.site];
  const std::uint32_t caller = calls_[call.parent].instance;
  return ledger_->note(
      {caller == kNone ? kClients : instances_[caller].service, site.service, outcome, call.cause},
      now_);
}

RecordId RequestEngine::cause_of_rejection(std::uint32_t index, RequestOutcome outcome) {
  if (ledger_ == nullptr) return 0;
  const Call& call = calls_[index];
  const CallSite& site = program_.sites[call.site];
  if (const RecordId changed = changed_policy_of(index, outcome)) return changed;
  switch (outcome) {
    case RequestOutcome::NoEndpoints: {
      if (has_leaders_ && is_write(site) && leaderships_[site.service].leader == kNone) {
        return cause_of_no_leader(site.service);
      }
      const Table& table = tables_[table_of(calls_[call.parent], site)];
      const RecordId sent = sent_there_by(index);
      RecordId emptied = table.cause;
      if (site.route != kNone && !table.endpoints->addresses.empty()) {
        const Try& its = tries_[index];
        if (routes_[its.route].has_hosts(its.host.cluster)) {
          // By what they answered the caller has left them all out.
          const RecordId last = last_failure(its.route, its.host.cluster);
          if (last > sent) return last;
        } else {
          emptied = cluster_causes_[{its.route, its.host.cluster}].emptied;
        }
      }
      if (sent > emptied) return sent;  // Nobody was there when calls were sent there.
      return emptied != 0 ? emptied : ledger_->never_there(site.service, now_);
    }
    case RequestOutcome::CircuitOpen:
    case RequestOutcome::NotAdmitted:
      if (const RecordId opened = route_causes_[tries_[index].route]) return opened;
      break;
    case RequestOutcome::RateLimited:
      if (call.cause == 0) return ledger_->limited(site.service, now_);
      break;
    case RequestOutcome::Overflow: {
      const Try& its = tries_[index];
      const bool of_pool = its.try_begun && (!routes_[its.route].has_threads() || its.on_thread);
      return majority(of_pool ? holders_of_pool(its.route, its.host) : holders_of_route(its.route),
                      site.service);
    }
    default:
      break;
  }
  return call.cause != 0 ? call.cause : load_on(site.service);
}

/// What came of too few endpoints lasts longer than they were too few, so it names them as long as
/// it goes on.
void RequestEngine::note_size(Table& table, ServiceIndex service, std::size_t size,
                              RecordId cause) {
  const std::size_t before = table.endpoints->addresses.size();
  if (size >= std::max(before, table.full_size)) {
    table.full_size = 0;
    const bool over = !lacked_room(service, kernel_.now());
    if (table.shrunk_by != 0 && over) forget_shrinking(table, service);
  } else if (size < before && cause != 0) {
    const Lack& lack = lacks_[service];
    const bool for_long =
        lacked_room(service, kernel_.now()) && lack.last - lack.since >= kLackAtLeast;
    if (table.shrunk_by == 0 && for_long) return;  // It was too much for all of them.
    if (table.shrunk_by == 0) ++shrunk_tables_[service];
    table.full_size = std::max(before, table.full_size);
    table.shrunk_by = cause;
  }
}

bool RequestEngine::lacked_room(ServiceIndex service, Instant now) const {
  const Instant last = lacks_[service].last;
  return last != Instant::never() && now - last <= kRoomAfter;
}

void RequestEngine::forget_shrinking(Table& table, ServiceIndex service) {
  table.shrunk_by = 0;
  --shrunk_tables_[service];
}

RecordId RequestEngine::cause_of_closed(std::uint32_t index) {
  const auto start = unprobed_starts_.find(index);
  const RecordId state = instance_causes_[index].state;
  if (start == unprobed_starts_.end() || ledger_ == nullptr) return state;
  RecordId& record = start->second.record;
  if (record == 0) record = ledger_->not_listening(specs_[index].unprobed_pod, now_, state);
  return record;
}

RecordId RequestEngine::start_behind_lack(ServiceIndex service, bool goes_on) {
  for (const auto& [index, start] : unprobed_starts_) {
    const Instance& instance = instances_[index];
    // Those that had no room before it began lack it for another reason.
    if (instance.service != service || lacks_[service].since < start.since) continue;
    const std::vector<std::uint32_t>& called = last_endpoints_[service]->addresses;
    const std::uint32_t address = instance_addresses_[index];
    if (std::find(called.begin(), called.end(), address) == called.end()) continue;
    return lacks_by_start_[service] = cause_of_closed(index);
  }
  const auto last = lacks_by_start_.find(service);
  if (last == lacks_by_start_.end()) return 0;
  if (goes_on) return last->second;
  lacks_by_start_.erase(last);
  return 0;
}

RecordId RequestEngine::load_on(ServiceIndex service) {
  const bool goes_on = lacked_room(service, now_);
  Lack& lack = lacks_[service];
  if (lack.last == Instant::never() || now_ - lack.last >= kLackAtLeast) lack.since = now_;
  lack.last = now_;
  for (std::size_t at = service; shrunk_tables_[service] > 0; at += services_.size()) {
    Table& table = tables_[at];
    if (table.shrunk_by == 0) continue;
    if (table.full_size > 0 || goes_on) return table.shrunk_by;
    forget_shrinking(table, service);
  }
  if (const RecordId start = start_behind_lack(service, goes_on)) return start;
  return ledger_->load(service, now_);
}

RecordId RequestEngine::cause_of_absence(std::uint32_t index, RecordId ended) const {
  const Call& call = calls_[index];
  if (stale_.empty() || call.probe || call.parent == kNone) return ended;
  const auto stale = stale_.find(consumer_of(calls_[call.parent]));
  return stale == stale_.end() ? ended : stale->second;
}

RecordId RequestEngine::cause_of_full(std::uint32_t index) {
  if (ledger_ == nullptr) return 0;
  if (const RecordId ill = instance_causes_[index].illness) return ill;
  return majority(index, instances_[index].service);
}

RecordId RequestEngine::cause_of_waiting(std::uint32_t index) {
  if (ledger_ == nullptr) return 0;
  const Call& call = calls_[index];
  const ServiceIndex service = call.instance != kNone ? instances_[call.instance].service
                                                      : program_.sites[call.site].service;
  if (const RecordId told = given_up_by(index)) return told;
  const auto own = [&] {
    if (call.cause != 0) return call.cause;
    const RecordId changed = changed_policy_of(index, RequestOutcome::Timeout);
    return changed != 0 ? changed : load_on(service);
  };
  switch (call.phase) {
    case CallPhase::Calling:
      if (const RecordId followers = held_up_followers(index)) return followers;
      [[fallthrough]];
    case CallPhase::Queued:
      return cause_of_full(call.instance);
    case CallPhase::Pending:
      return majority(holders_of_pool(tries_[index].route, tries_[index].host), service);
    case CallPhase::Unthreaded:
      return majority(holders_of_route(tries_[index].route), service);
    case CallPhase::Asking:
      return cause_of_waiting(tries_[index].question);
    case CallPhase::InService:
      if (call.held) return illness_or_state(call.instance);
      return own();
    case CallPhase::Hanging:
      if (call.cause == 0 && call.instance != kNone) return instance_causes_[call.instance].state;
      return own();
    default:
      return own();
  }
}

std::uint32_t RequestEngine::holders_of_route(std::uint32_t route) const {
  return static_cast<std::uint32_t>(instances_.size()) + route;
}

std::uint32_t RequestEngine::holders_of_pool(std::uint32_t route, RouteHost host) const {
  if (clusters_most_ == 0) return holders_of_route(route);  // It is the route's only one.
  return static_cast<std::uint32_t>(instances_.size() + routes_.size() + route * clusters_most_ +
                                    host.cluster);
}

std::size_t RequestEngine::holders_count() const {
  return instances_.size() + routes_.size() * (clusters_most_ + 1);
}

RecordId RequestEngine::majority(std::uint32_t holders, ServiceIndex service) {
  if (holders_at_ > now_ || now_ - holders_at_ >= kHoldersGoodFor ||
      holders_.size() != holders_count()) {
    look_at_holders();
  }
  std::vector<std::uint32_t> asked;
  const Voice most = most_of(holders, asked);
  if (most.cause != 0) return most.cause;
  // Who holds the places of a service that has lost some of its own is not what it lacks.
  const bool own = most.service == kNone || shrunk_tables_[service] > 0;
  return load_on(own ? service : most.service);
}

/// One pass over all calls: what each of them waits for, or works on, is a voice for the slot it
/// holds, for the slots its callers hold, and for the places in their routes.
void RequestEngine::look_at_holders() {
  holders_at_ = now_;
  holders_.assign(holders_count(), {});
  for (std::uint32_t i = 0; i < calls_.slot_count(); ++i) {
    const Call& call = calls_[i];
    if (call.probe) continue;
    Voice voice;
    switch (call.phase) {
      case CallPhase::Queued:
        voice.instance = call.instance;
        break;
      case CallPhase::InService:
        voice.cause = call.held ? illness_or_state(call.instance) : call.cause;
        if (voice.cause == 0) voice.cause = sent_there_by(i);
        if (voice.cause == 0) voice.service = instances_[call.instance].service;
        ++holders_[call.instance][voice];
        break;
      case CallPhase::Hanging:
        voice.cause = call.cause != 0          ? call.cause
                      : call.instance != kNone ? instance_causes_[call.instance].state
                                               : 0;
        if (voice.cause == 0) voice.service = program_.sites[call.site].service;
        break;
      case CallPhase::Pending:
        voice.instance = holders_of_pool(tries_[i].route, tries_[i].host);
        break;
      case CallPhase::Unthreaded:
        voice.instance = holders_of_route(tries_[i].route);
        break;
      case CallPhase::Backoff:
        if (tries_[i].call_begun || call.cause == 0) continue;
        voice.cause = call.cause;  // It is held up.
        break;
      case CallPhase::Outbound:
      case CallPhase::Answering:
        voice.cause = held_up_by(i);
        if (voice.cause == 0) continue;
        break;
      case CallPhase::Calling:
        voice.cause = held_up_followers(i);
        if (voice.cause == 0) continue;
        ++holders_[call.instance][voice];
        break;
      default:
        continue;  // It waits for calls that speak for it.
    }
    const auto speak_for_route = [&](std::uint32_t slot) {
      if (tries_.empty() || (!tries_[slot].sent && !tries_[slot].on_thread)) return;
      const Try& its = tries_[slot];
      ++holders_[holders_of_route(its.route)][voice];
      if (clusters_most_ > 0) ++holders_[holders_of_pool(its.route, its.host)][voice];
    };
    speak_for_route(i);
    std::uint32_t generation = call.parent_generation;
    for (std::uint32_t up = call.parent; up != kNone; up = calls_[up].parent) {
      const Call& caller = calls_[up];
      if (caller.generation != generation || caller.instance == kNone || caller.aside) break;
      ++holders_[caller.instance][voice];
      speak_for_route(up);
      generation = caller.parent_generation;
    }
  }
  for (const Closing& closing : closing_) {
    if (closing.cause != 0) {
      ++holders_[holders_of_pool(closing.route, closing.host)][{closing.cause, kNone, kNone}];
    }
  }
}

RequestEngine::Voice RequestEngine::most_of(std::uint32_t holders,
                                            std::vector<std::uint32_t>& asked) const {
  asked.push_back(holders);
  std::map<Voice, std::uint32_t> plain;
  for (const auto& [voice, count] : holders_[holders]) {
    if (voice.instance == kNone) {
      plain[voice] += count;
    } else if (voice.instance < instances_.size() && instance_causes_[voice.instance].illness) {
      plain[{instance_causes_[voice.instance].illness, kNone, kNone}] += count;
    } else if (std::find(asked.begin(), asked.end(), voice.instance) == asked.end()) {
      plain[most_of(voice.instance, asked)] += count;
    }
  }
  Voice most;
  std::uint32_t count = 0;
  for (const auto& [voice, times] : plain) {
    if (times > count) {
      most = voice;
      count = times;
    }
  }
  return most;
}

}  // namespace orrery::sim
