/// @file
/// Two variants under common random numbers: run by run with the same seeds, so that what differs
/// is the variants and not luck.
///
/// Every figure is compared on the confidence interval of its mean difference over seeds. As many
/// figures are looked at, each interval is as much wider that all of them hold at once with the
/// wanted confidence (Bonferroni), so that equal variants are rarely told apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runner/run_result.h"
#include "runner/scenario/scenario.h"
#include "runner/verdict/run_figures.h"
#include "runner/verdict/statistics.h"
#include "runner/verdict/verdict.h"

namespace orrery::verdict {

/// One variant: its scenario, and the results of its seeds in their order.
struct Variant {
  const scenario::Scenario& scenario;
  const std::vector<runner::RunResult>& results;
  const Judgement& judgement;
};

enum class Change : std::uint8_t { Same, Better, Worse, Different, Unclear };
[[nodiscard]] const char* to_string(Change change);

struct FigureChange {
  std::string name;
  std::string unit;
  double base = 0;  ///< Mean over seeds.
  double head = 0;
  Estimate difference;  ///< Of head minus base.
  Change change = Change::Same;
};

struct VerdictChange {
  std::string id;
  std::string base;  ///< "pass", "fail", "inconclusive" or "absent".
  std::string head;
  bool regression = false;  ///< Passed before and does not now.
};

/// Where the event logs of the first seed part.
struct Divergence {
  std::uint64_t seed = 0;
  std::size_t index = 0;  ///< Records that are equal before it.
  std::string base;       ///< The record, or "the end of the log".
  std::string head;
};

struct Comparison {
  std::vector<FigureChange> figures;  ///< Those that both have in all runs.
  std::vector<std::string> missing;   ///< Those that one side lacks.
  std::vector<VerdictChange> verdicts;
  std::optional<Divergence> divergence;  ///< Nothing: the logs are equal.
  bool regression = false;
};

/// Differences smaller than `tolerance` of the base (of the failed share, for success) do not
/// count. Requires: both have the same seeds; 0 < confidence < 1; tolerance >= 0.
[[nodiscard]] Comparison compare(const Variant& base, const Variant& head, double confidence,
                                 double tolerance);

}  // namespace orrery::verdict
