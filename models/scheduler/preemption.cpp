#include "models/scheduler/preemption.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace orrery::scheduler {
namespace {

using api::PodDisruptionBudget;

/// A pod that has not started counts as starting now.
Instant start_of(const PlacedPod& pod, Instant now) {
  return pod.get().status.start_time.value_or(now);
}

/// Splits victims, most important first, into those beyond what some budget allows, and the rest.
std::vector<char> violations(const std::vector<const PlacedPod*>& victims,
                             const std::vector<const PodDisruptionBudget*>& budgets) {
  std::vector<std::int64_t> allowed;
  for (const PodDisruptionBudget* budget : budgets) {
    allowed.push_back(budget->status.disruptions_allowed);
  }
  std::vector<char> violating(victims.size(), 0);
  for (std::size_t i = 0; i < victims.size(); ++i) {
    const api::ObjectMeta& meta = victims[i]->get().meta;
    if (meta.labels.empty()) continue;
    for (std::size_t b = 0; b < budgets.size(); ++b) {
      const PodDisruptionBudget& budget = *budgets[b];
      if (budget.meta.namespace_name != meta.namespace_name) continue;
      const auto& selector = budget.spec.selector;
      if (!selector || *selector == api::LabelSelector{} || !api::matches(*selector, meta.labels)) {
        continue;
      }
      // Its disruption has been counted already.
      if (budget.status.disrupted_pods.contains(meta.name)) continue;
      if (--allowed[b] < 0) violating[i] = 1;
    }
  }
  return violating;
}

/// The earliest start among the victims of the highest priority.
Instant earliest_start(const Candidate& candidate, Instant now) {
  Instant earliest = start_of(*candidate.victims.front(), now);
  const std::int32_t highest = candidate.victims.front()->shape->priority;
  for (const PlacedPod* victim : candidate.victims) {
    if (victim->shape->priority == highest) earliest = std::min(earliest, start_of(*victim, now));
  }
  return earliest;
}

}  // namespace

bool more_important(const PlacedPod& a, const PlacedPod& b, Instant now) {
  if (a.shape->priority != b.shape->priority) return a.shape->priority > b.shape->priority;
  const Instant start_a = start_of(a, now);
  const Instant start_b = start_of(b, now);
  return start_a != start_b ? start_a < start_b : *a.name < *b.name;
}

Verdict check_with_nominated(ClusterState& state, FilterRun& run, const PodName& name,
                             const PodShape& shape, Slot slot, std::vector<std::string>* reasons) {
  if (!state.has_nominations()) return run.check(slot, reasons);
  std::vector<std::shared_ptr<PodShape>> added;
  for (const NominatedPod& nominated : state.nominated_on(slot)) {
    if (nominated.name == name || nominated.shape->priority < shape.priority) continue;
    added.push_back(nominated.shape);
  }
  if (added.empty()) return run.check(slot, reasons);
  for (const auto& other : added) state.add(*other, slot, false);
  run.refresh();
  const Verdict with = run.check(slot, reasons);
  for (const auto& other : added) state.remove(*other, slot, false);
  run.refresh();
  return with.fits() ? run.check(slot, reasons) : with;
}

std::int64_t candidates_to_find(std::int64_t node_count, const PreemptionConfig& config) {
  const std::int64_t share = node_count * config.candidate_nodes_percent / 100;
  return std::min(node_count, std::max(share, config.candidate_nodes_min));
}

std::optional<Candidate> victims_on(ClusterState& state, const Preemptor& preemptor, Slot slot,
                                    const std::vector<const PodDisruptionBudget*>& budgets,
                                    Instant now, std::vector<std::string>& reasons) {
  std::vector<const PlacedPod*> possible;
  for (const PlacedPod* pod : state.pods_on(slot)) {
    if (pod->shape->priority < preemptor.shape.priority) possible.push_back(pod);
  }
  if (possible.empty()) {
    reasons.emplace_back("No preemption victims found for incoming pod");
    return std::nullopt;
  }
  std::sort(possible.begin(), possible.end(),
            [&](const PlacedPod* a, const PlacedPod* b) { return more_important(*a, *b, now); });

  const auto take_off = [&](const PlacedPod& pod) {
    state.remove(*pod.shape, slot, pod.terminating);
  };
  const auto put_on = [&](const PlacedPod& pod) { state.add(*pod.shape, slot, pod.terminating); };
  const auto fits = [&] {
    preemptor.run.refresh();
    return check_with_nominated(state, preemptor.run, preemptor.name, preemptor.shape, slot).fits();
  };

  for (const PlacedPod* pod : possible) take_off(*pod);
  if (!fits()) {
    (void)check_with_nominated(state, preemptor.run, preemptor.name, preemptor.shape, slot,
                               &reasons);
    for (const PlacedPod* pod : possible) put_on(*pod);
    preemptor.run.refresh();
    return std::nullopt;
  }
  Candidate candidate{slot, {}, 0};
  const std::vector<char> violating = violations(possible, budgets);
  // Those whose budget would be violated have the first chance to stay.
  for (const char round : {char{1}, char{0}}) {
    for (std::size_t i = 0; i < possible.size(); ++i) {
      if (violating[i] != round) continue;
      put_on(*possible[i]);
      if (fits()) continue;
      take_off(*possible[i]);
      candidate.victims.push_back(possible[i]);
      candidate.budgets_violated += round;
    }
  }
  for (const PlacedPod* pod : candidate.victims) put_on(*pod);
  preemptor.run.refresh();
  if (candidate.victims.empty()) return std::nullopt;
  std::sort(candidate.victims.begin(), candidate.victims.end(),
            [&](const PlacedPod* a, const PlacedPod* b) { return more_important(*a, *b, now); });
  return candidate;
}

std::vector<Candidate> find_candidates(ClusterState& state, const Preemptor& preemptor,
                                       const std::vector<Slot>& nodes, std::size_t offset,
                                       const PreemptionConfig& config,
                                       const std::vector<const PodDisruptionBudget*>& budgets,
                                       Instant now, std::vector<std::string>& reasons) {
  const auto wanted =
      static_cast<std::size_t>(candidates_to_find(static_cast<std::int64_t>(nodes.size()), config));
  std::vector<Candidate> candidates;
  bool one_is_clean = false;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Slot slot = nodes[(offset + i) % nodes.size()];
    auto candidate = victims_on(state, preemptor, slot, budgets, now, reasons);
    if (!candidate) continue;
    one_is_clean = one_is_clean || candidate->budgets_violated == 0;
    candidates.push_back(std::move(*candidate));
    if (one_is_clean && candidates.size() >= wanted) break;
  }
  return candidates;
}

const Candidate& best_candidate(const std::vector<Candidate>& candidates, Instant now) {
  expects(!candidates.empty(), "one of some candidates is the best");
  // Smaller is better, so that "latest start" is negated.
  const auto badness = [&](const Candidate& c) {
    std::int64_t sum = 0;
    for (const PlacedPod* victim : c.victims) {
      sum += std::int64_t{victim->shape->priority} +
             std::int64_t{std::numeric_limits<std::int32_t>::max()} + 1;
    }
    return std::tuple{c.budgets_violated, c.victims.front()->shape->priority, sum, c.victims.size(),
                      -earliest_start(c, now).count_ns()};
  };
  return *std::min_element(
      candidates.begin(), candidates.end(),
      [&](const Candidate& a, const Candidate& b) { return badness(a) < badness(b); });
}

}  // namespace orrery::scheduler
