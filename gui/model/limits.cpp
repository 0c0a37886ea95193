#include "gui/model/limits.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace orrery::gui {
namespace {

std::uint32_t outcome_named(std::string_view name) {
  std::uint32_t outcome = 0;
  while (recording::outcome_name(outcome) != name) ++outcome;
  return outcome;
}

std::uint64_t sum_of(const LimitCounts& counts) {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : counts) sum += count;
  return sum;
}

}  // namespace

LimitCounts limits_of(const RecordedRun& run, std::size_t edge, std::size_t second) {
  static const std::uint32_t kStopped = outcome_named("circuit-open");
  static const std::uint32_t kNoRoom = outcome_named("overflow");
  static const std::uint32_t kOverLimit = outcome_named("rate-limited");
  static const std::uint32_t kNotAdmitted = outcome_named("not-admitted");
  const History& history = run.history();
  return {history.edge(edge, second).retries, history.edge_failures(edge, second, 1, kStopped),
          history.edge_failures(edge, second, 1, kNoRoom),
          history.edge_failures(edge, second, 1, kOverLimit),
          history.edge_failures(edge, second, 1, kNotAdmitted)};
}

std::optional<std::size_t> route_of(const recording::Scene& scene, std::size_t edge) {
  const auto found = std::find(scene.routes.begin(), scene.routes.end(), scene.edges[edge]);
  if (found == scene.routes.end()) return std::nullopt;
  return static_cast<std::size_t>(found - scene.routes.begin());
}

bool is_caller_with_policies(const RecordedRun& run, std::uint32_t service) {
  const std::vector<recording::SceneEdge>& routes = run.scene().routes;
  return std::any_of(routes.begin(), routes.end(),
                     [&](const recording::SceneEdge& route) { return route.from == service; });
}

PolicyTotals policy_totals(const RecordedRun& run, std::optional<std::uint32_t> caller) {
  PolicyTotals totals;
  totals.seconds.resize(run.history().seconds());
  for (std::size_t route = 0; route < run.scene().routes.size(); ++route) {
    if (caller && run.scene().routes[route].from != *caller) continue;
    for (std::size_t second = 0; second < totals.seconds.size(); ++second) {
      const PolicySecond did = run.history().policies(route, second);
      for (std::size_t field = 0; field < did.size(); ++field) {
        totals.seconds[second][field] += did[field];
      }
    }
  }
  PolicySecond sum{};
  for (const PolicySecond& did : totals.seconds) {
    for (std::size_t field = 0; field < did.size(); ++field) {
      sum[field] += did[field];
      totals.most[field] = std::max(totals.most[field], did[field]);
    }
    totals.until.push_back(sum);
  }
  return totals;
}

LimitBoard limit_board(const RecordedRun& run) {
  LimitBoard board;
  const std::size_t seconds = run.history().seconds();
  board.totals.resize(seconds);
  board.policies = policy_totals(run, std::nullopt);
  std::vector<std::pair<std::uint64_t, std::size_t>> edges;
  for (std::size_t edge = 0; edge < run.scene().edges.size(); ++edge) {
    std::uint64_t held = 0;
    const auto route = route_of(run.scene(), edge);
    for (std::size_t second = 0; second < seconds; ++second) {
      const LimitCounts counts = limits_of(run, edge, second);
      for (std::size_t kind = 0; kind < kLimitKindCount; ++kind) {
        board.totals[second][kind] += counts[kind];
      }
      const CallSecond& calls = run.history().edge(edge, second);
      held += sum_of(counts) + calls.open + calls.trying;
      if (!route) continue;
      for (const recording::PolicyField deed : kPolicyDeeds) {
        held += count_of(run.history().policies(*route, second), deed);
      }
    }
    if (held > 0) edges.emplace_back(held, edge);
  }
  std::stable_sort(edges.begin(), edges.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  for (const auto& [held, edge] : edges) board.edges.push_back(edge);
  for (const LimitCounts& counts : board.totals) {
    for (std::size_t kind = 0; kind < kLimitKindCount; ++kind) {
      board.most[kind] = std::max(board.most[kind], counts[kind]);
    }
  }
  return board;
}

}  // namespace orrery::gui
