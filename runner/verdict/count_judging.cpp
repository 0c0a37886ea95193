#include "runner/verdict/count_judging.h"

#include <fmt/format.h>

#include <algorithm>

#include "models/base/contract.h"
#include "runner/scenario/glob.h"
#include "runner/verdict/bounds.h"

namespace orrery::verdict {
namespace {

using runner::CountSample;
using scenario::CountExpectation;
using scenario::Quantifier;

std::int64_t count_of(const std::string& metric, const runner::WorkloadSample& sample) {
  if (metric == "desired") return sample.desired;
  if (metric == "available") return sample.available;
  if (metric == "ready") return sample.ready;
  if (metric == "total") return sample.total;
  if (metric == "updated") return sample.updated;
  contract_violation("the reader admits known counts only");
}

bool counts(const scenario::EventCount& what, const recording::LogRecord& record) {
  return (what.what.empty() || record.what == what.what) &&
         (what.subject.empty() || scenario::matches_glob(record.subject, what.subject)) &&
         (what.detail.empty() || record.detail.find(what.detail) != std::string::npos);
}

std::vector<CountSample> events_of(const scenario::EventCount& what, const runner::RunResult& run) {
  std::vector<CountSample> samples = {{Instant{}, 0}};
  for (const recording::LogRecord& record : run.log) {
    if (!counts(what, record)) continue;
    const std::int64_t count = samples.back().value + 1;
    if (samples.back().at == record.at) {
      samples.back().value = count;
    } else {
      samples.push_back({record.at, count});
    }
  }
  return samples;
}

std::vector<CountSample> pods_of(const scenario::TargetCount& what, const runner::RunResult& run) {
  std::vector<CountSample> samples;
  const auto workload = run.workloads.find(runner::workload_name(what.target));
  if (workload == run.workloads.end()) return samples;
  for (const runner::WorkloadSample& sample : workload->second.samples) {
    samples.push_back({sample.at, count_of(what.metric, sample)});
  }
  return samples;
}

/// A value of the count and when it holds, cut to the window.
struct Stretch {
  Instant from;
  Instant until;
  std::int64_t value = 0;
};

std::vector<Stretch> stretches_of(const std::vector<CountSample>& samples, Instant from,
                                  Instant until) {
  std::vector<Stretch> stretches;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Instant ends = i + 1 < samples.size() ? samples[i + 1].at : Instant::never();
    if (ends <= from || samples[i].at >= until) continue;
    stretches.push_back({std::max(samples[i].at, from), std::min(ends, until), samples[i].value});
  }
  return stretches;
}

/// When the bound first holds for `lasting` without a break.
std::optional<Instant> first_time(const std::vector<Stretch>& stretches,
                                  const scenario::Bound& bound, Duration lasting) {
  std::optional<Instant> since;
  for (const Stretch& stretch : stretches) {
    if (!keeps(bound, static_cast<double>(stretch.value))) {
      since.reset();
      continue;
    }
    if (!since) since = stretch.from;
    if (stretch.until - *since >= lasting) return since;
  }
  return std::nullopt;
}

/// The first stretch whose value keeps the bound, or does not.
std::optional<Instant> first_where(const std::vector<Stretch>& stretches,
                                   const scenario::Bound& bound, bool kept) {
  for (const Stretch& stretch : stretches) {
    if (keeps(bound, static_cast<double>(stretch.value)) == kept) return stretch.from;
  }
  return std::nullopt;
}

std::string range_text(const CountExpectation& what, const CountOutcome& outcome) {
  if (outcome.least == outcome.most) return fmt::format("{} {}", what.subject, outcome.least);
  return fmt::format("{} {}..{}", what.subject, outcome.least, outcome.most);
}

}  // namespace

std::vector<CountSample> count_series(const CountExpectation& what, const std::string& id,
                                      const runner::RunResult& run) {
  if (const auto* pods = std::get_if<scenario::TargetCount>(&what.count)) {
    return pods_of(*pods, run);
  }
  if (const auto* events = std::get_if<scenario::EventCount>(&what.count)) {
    return events_of(*events, run);
  }
  const auto found = run.counts.find(id);
  return found == run.counts.end() ? std::vector<CountSample>{} : found->second;
}

std::optional<CountOutcome> judge_count(const CountExpectation& what,
                                        const std::vector<CountSample>& samples, Instant end) {
  const Instant until = std::min(what.during.until, end);
  const std::vector<Stretch> stretches = stretches_of(samples, what.during.from, until);
  if (stretches.empty()) return std::nullopt;
  CountOutcome outcome;
  outcome.least = outcome.most = stretches.front().value;
  for (const Stretch& stretch : stretches) {
    outcome.least = std::min(outcome.least, stretch.value);
    outcome.most = std::max(outcome.most, stretch.value);
  }
  outcome.last = stretches.back().value;
  const bool wants_large = direction(what.bound) > 0;
  switch (what.quantifier) {
    case Quantifier::Always:
      outcome.broken = first_where(stretches, what.bound, false);
      outcome.keeps = !outcome.broken;
      outcome.figure = static_cast<double>(wants_large ? outcome.least : outcome.most);
      break;
    case Quantifier::Never:
      outcome.broken = first_where(stretches, what.bound, true);
      outcome.keeps = !outcome.broken;
      outcome.figure = static_cast<double>(wants_large ? outcome.most : outcome.least);
      break;
    case Quantifier::Eventually: {
      const auto since = first_time(stretches, what.bound, what.lasting);
      outcome.keeps = since.has_value();
      if (since) outcome.figure = to_seconds(*since - what.during.from);
      break;
    }
    case Quantifier::Finally:
      outcome.keeps = keeps(what.bound, static_cast<double>(outcome.last));
      outcome.figure = static_cast<double>(outcome.last);
      break;
  }
  return outcome;
}

bool is_worse(const CountOutcome& a, const CountOutcome& b) { return b.keeps && !a.keeps; }

std::string count_text(const CountExpectation& what, const CountOutcome& outcome,
                       const std::optional<Estimate>& over_runs) {
  switch (what.quantifier) {
    case Quantifier::Always:
    case Quantifier::Never: {
      const int side = direction(what.bound) * (what.quantifier == Quantifier::Always ? 1 : -1);
      if (side > 0) return fmt::format("min {} {}", what.subject, outcome.least);
      if (side < 0) return fmt::format("max {} {}", what.subject, outcome.most);
      return range_text(what, outcome);
    }
    case Quantifier::Eventually:
      if (!outcome.keeps || !over_runs) {
        return range_text(what, outcome);
      }
      return fmt::format("{} after {}", what.subject, seconds_text(over_runs->mean));
    case Quantifier::Finally:
      return fmt::format("{} {} at the end", what.subject, outcome.last);
  }
  contract_violation("a quantifier has one of the known values");
}

}  // namespace orrery::verdict
