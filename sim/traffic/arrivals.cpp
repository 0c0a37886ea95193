/// @file
/// Who starts journeys: open loads by a process of arrivals, closed ones by users who wait for the
/// end of one journey before they start the next.
#include <algorithm>

#include "sim/traffic/request_engine.h"
#include "sim/traffic/traffic_events.h"

namespace orrery::sim {
namespace {

/// A user whose journey took no time comes again after this, whatever the think time: otherwise one
/// who is turned away at once would come again for ever within the same instant.
constexpr Duration kLeastCycle = Duration::milliseconds(1);

}  // namespace

void RequestEngine::start() {
  enter();
  for (std::uint32_t i = 0; i < loads_.size(); ++i) {
    const bool comes = loads_[i].seconds_per_arrival > 0 || loads_[i].rate.has_value();
    if (comes && loads_[i].weight_sum() > 0) arm_arrival(i);
  }
  for (std::uint32_t i = 0; i < users_.size(); ++i) {
    const LoadModel& model = model_.load[users_[i].load];
    const double share = static_cast<double>(users_[i].number) / model.users;
    const auto late =
        static_cast<std::int64_t>(share * static_cast<double>(model.ramp_up.count_ns()));
    let_user_think(i, std::max(now_, model.from) + Duration::nanoseconds(late));
  }
}

void RequestEngine::arm_arrival(std::uint32_t index) {
  const Load& load = loads_[index];
  const LoadModel& model = model_.load[index];
  // An exponential of mean 1 s, divided by the rate: a mean in whole nanoseconds would be coarse.
  const Duration unit =
      draws_.exponential(Purpose::Arrival, Duration::seconds(1), index, load.started);
  const Instant begin = std::max(now_, model.from);
  Instant when;
  if (load.rate) {
    const Duration next = load.rate->next(begin - model.from, to_seconds(unit));
    if (next >= model.until - model.from) return;
    when = model.from + next;
  } else {
    when = begin + Duration::nanoseconds(static_cast<std::int64_t>(
                       static_cast<double>(unit.count_ns()) * load.seconds_per_arrival));
  }
  if (when < model.until) kernel_.schedule(when, EventClass::Ordinary, {kArrival, index});
}

std::uint32_t RequestEngine::arrive(std::uint32_t index) {
  if (index < loads_.size()) {
    const std::uint64_t ordinal = loads_[index].started++;
    return begin_journey(index, ordinal, kNone);
  }
  const auto user = static_cast<std::uint32_t>(index - loads_.size());
  User& its = users_[user];
  const std::uint64_t ordinal = (std::uint64_t{its.number} << 32) + its.started++;
  return begin_journey(its.load, ordinal, user);
}

std::uint32_t RequestEngine::begin_journey(std::uint32_t index, std::uint64_t ordinal,
                                           std::uint32_t user) {
  const LoadModel& model = model_.load[index];
  const std::uint32_t journey =
      model.mix.size() == 1 ? model.mix.front().journey : chosen_journey(index, ordinal);
  const std::uint32_t root = allocate_call();
  Call& call = calls_[root];
  call.key = journey_key(index, ordinal);
  call.start_ns = now_.count_ns();
  call.site = program_.journey_roots[journey];
  call.next_step = program_.operations[program_.sites[call.site].operation].first_step;
  call.phase = CallPhase::Calling;
  call.repetition = user;
  if (!tries_.empty()) {
    tries_[root].session = call.key;
    tries_[root].user = user == kNone ? user_of(index, ordinal) : user_key(users_[user]);
  }
  fingerprint_.add(now_, kTrafficComponent | kArrival, call.key);
  journeys_[journey].started(call.start_ns);
  if (observer_ != nullptr) {
    call.followed = observer_->journey_began(journey, call.key, root, now_);
  }
  if (user == kNone) arm_arrival(index);
  return root;
}

std::uint32_t RequestEngine::chosen_journey(std::uint32_t index, std::uint64_t ordinal) const {
  const Load& load = loads_[index];
  const double choice = draws_.uniform(Purpose::JourneyChoice, index, ordinal) * load.weight_sum();
  const auto last = load.weights.end() - 1;
  const auto share = std::upper_bound(load.weights.begin(), last, choice);
  return model_.load[index].mix[static_cast<std::size_t>(share - load.weights.begin())].journey;
}

void RequestEngine::let_user_think(std::uint32_t index, Instant from) {
  const User& user = users_[index];
  const LoadModel& model = model_.load[user.load];
  const Duration think = model.think.draw(draws_, Purpose::Arrival, user_key(user), user.started);
  if (from >= model.until || think >= model.until - from) return;
  kernel_.schedule(from + think, EventClass::Ordinary,
                   {kArrival, static_cast<std::uint32_t>(loads_.size()) + index});
}

bool RequestEngine::thinks_between_steps(std::uint32_t root) {
  const Call& call = calls_[root];
  const CallSite& site = program_.sites[call.site];
  const Distribution& think = model_.journeys[site.journey].think;
  if (think == Distribution{}) return false;  // Others of the model may.
  // Nobody thinks about steps that are left out.
  const std::uint32_t end = program_.operations[site.operation].end_step;
  std::uint32_t next = call.next_step;
  while (next != end && !takes(call.key, program_.sites[program_.steps[next].first])) ++next;
  if (next == end) return false;
  // A root works nowhere, so that its key draws no other service time.
  const Duration thinks = think.draw(draws_, Purpose::ServiceTime, call.key, call.next_step);
  kernel_.schedule(now_ + thinks, EventClass::Ordinary, {kNextStep, root});
  return true;
}

void RequestEngine::end_journey(std::uint32_t root, RequestOutcome outcome) {
  const Call& call = calls_[root];
  const std::uint32_t journey = program_.sites[call.site].journey;
  const std::uint32_t user = call.repetition;
  const std::int64_t start_ns = call.start_ns;
  journeys_[journey].ended({start_ns, now_.count_ns()}, outcome);
  if (observer_ != nullptr) {
    const Instant start = Instant::at(Duration::nanoseconds(start_ns));
    const std::uint32_t place = call.followed ? root : TrafficObserver::kNotFollowed;
    observer_->journey_ended(journey, place, start, now_, outcome);
  }
  if (user == kNone && !attachments_.empty()) {
    attachments_.erase(attachments_.lower_bound({true, call.key, 0}),
                       attachments_.upper_bound({true, call.key, tables_.size()}));
  }
  discard(root);
  if (user == kNone) return;
  const bool at_once = now_.count_ns() == start_ns;
  let_user_think(user, at_once ? now_ + kLeastCycle : now_);
}

std::uint64_t RequestEngine::user_key(const User& user) {
  return mix64(journey_key(user.load, std::uint64_t{user.number} << 32) + 1);
}

std::uint64_t RequestEngine::client_key(const Call& root) const {
  if (root.repetition == kNone) return root.key;
  return user_key(users_[root.repetition]);
}

}  // namespace orrery::sim
