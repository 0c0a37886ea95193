#include "runner/report/report.h"

namespace orrery::report {

std::vector<runner::PolicyCounts> policies_of(const FinishedRun& run) {
  std::vector<runner::PolicyCounts> sums = run.results.front().policies;
  for (std::size_t i = 1; i < run.results.size(); ++i) {
    const std::vector<runner::PolicyCounts>& more = run.results[i].policies;
    for (std::size_t at = 0; at < sums.size(); ++at) {
      sums[at].calls += more[at].calls;
      sums[at].tries += more[at].tries;
      sums[at].retries += more[at].retries;
      sums[at].hedges += more[at].hedges;
      sums[at].fallbacks += more[at].fallbacks;
      sums[at].openings += more[at].openings;
      sums[at].ejections += more[at].ejections;
      for (const runner::TurnedAwayKind& kind : runner::kTurnedAwayKinds) {
        sums[at].turned_away.*kind.count += more[at].turned_away.*kind.count;
      }
    }
  }
  return sums;
}

}  // namespace orrery::report
