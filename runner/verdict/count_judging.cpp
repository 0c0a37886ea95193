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

std::int64_t figure_of(const std::string& figure, const runner::GroupSample& sample) {
  if (figure == "lag") return static_cast<std::int64_t>(sample.lag());
  if (figure == "age") return sample.age.count_ns() / 1'000'000;
  if (figure == "published") return static_cast<std::int64_t>(sample.published);
  if (figure == "finished") return static_cast<std::int64_t>(sample.finished);
  if (figure == "dead") return static_cast<std::int64_t>(sample.dead);
  if (figure == "redelivered") return static_cast<std::int64_t>(sample.redelivered);
  contract_violation("the reader admits known figures only");
}

std::vector<CountSample> group_of(const scenario::GroupCount& what, const runner::RunResult& run) {
  std::vector<CountSample> samples;
  const auto group = run.groups.find(what.topic + "/" + what.group);
  if (group == run.groups.end()) return samples;
  for (const runner::GroupSample& sample : group->second) {
    samples.push_back({sample.at, figure_of(what.figure, sample)});
  }
  return samples;
}

/// An age is counted in milliseconds; its bound is in seconds.
bool is_age(const CountExpectation& what) {
  const auto* group = std::get_if<scenario::GroupCount>(&what.count);
  return group != nullptr && group->figure == "age";
}

double measured(const CountExpectation& what, std::int64_t value) {
  return static_cast<double>(value) * (is_age(what) ? 1e-3 : 1.0);
}

std::string text_of(const CountExpectation& what, std::int64_t value) {
  return is_age(what) ? seconds_text(measured(what, value)) : std::to_string(value);
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
                                  const CountExpectation& what) {
  std::optional<Instant> since;
  for (const Stretch& stretch : stretches) {
    if (!keeps(what.bound, measured(what, stretch.value))) {
      since.reset();
      continue;
    }
    if (!since) since = stretch.from;
    if (stretch.until - *since >= what.lasting) return since;
  }
  return std::nullopt;
}

/// The first stretch whose value keeps the bound, or does not.
std::optional<Instant> first_where(const std::vector<Stretch>& stretches,
                                   const CountExpectation& what, bool kept) {
  for (const Stretch& stretch : stretches) {
    if (keeps(what.bound, measured(what, stretch.value)) == kept) return stretch.from;
  }
  return std::nullopt;
}

std::string range_text(const CountExpectation& what, const CountOutcome& outcome) {
  const std::string least = text_of(what, outcome.least);
  if (outcome.least == outcome.most) return fmt::format("{} {}", what.subject, least);
  return fmt::format("{} {}..{}", what.subject, least, text_of(what, outcome.most));
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
  if (const auto* group = std::get_if<scenario::GroupCount>(&what.count)) {
    return group_of(*group, run);
  }
  const auto found = run.counts.find(id);
  return found == run.counts.end() ? std::vector<CountSample>{} : found->second;
}

std::string why_behind(const scenario::GroupCount& what, const runner::RunResult& run, Instant at) {
  const recording::LogRecord* last = nullptr;
  for (const recording::LogRecord& record : run.log) {
    if (record.at > at) break;
    const bool leaves = record.what == "consumers-leave" &&
                        record.subject == "Service/" + what.group &&
                        record.detail.starts_with("topic " + what.topic + ":");
    if (leaves) last = &record;
  }
  if (last == nullptr) return "no consumer had left: more is published than they do in time";
  const recording::LogRecord* origin = last;
  while (origin->cause != 0) origin = &run.log.at(origin->cause - 1);
  std::string text = fmt::format("consumers left at {}", to_string(last->at));
  if (origin == last) return text;
  text += fmt::format(": {} {}", origin->what, origin->subject);
  return origin->detail.empty() ? text : fmt::format("{} ({})", text, origin->detail);
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
      outcome.broken = first_where(stretches, what, false);
      outcome.keeps = !outcome.broken;
      outcome.figure = measured(what, wants_large ? outcome.least : outcome.most);
      break;
    case Quantifier::Never:
      outcome.broken = first_where(stretches, what, true);
      outcome.keeps = !outcome.broken;
      outcome.figure = measured(what, wants_large ? outcome.most : outcome.least);
      break;
    case Quantifier::Eventually: {
      const auto since = first_time(stretches, what);
      outcome.keeps = since.has_value();
      if (since) outcome.figure = to_seconds(*since - what.during.from);
      break;
    }
    case Quantifier::Finally:
      outcome.keeps = keeps(what.bound, measured(what, outcome.last));
      outcome.figure = measured(what, outcome.last);
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
      if (side > 0) return fmt::format("min {} {}", what.subject, text_of(what, outcome.least));
      if (side < 0) return fmt::format("max {} {}", what.subject, text_of(what, outcome.most));
      return range_text(what, outcome);
    }
    case Quantifier::Eventually:
      if (!outcome.keeps || !over_runs) {
        return range_text(what, outcome);
      }
      return fmt::format("{} after {}", what.subject, seconds_text(over_runs->mean));
    case Quantifier::Finally:
      return fmt::format("{} {} at the end", what.subject, text_of(what, outcome.last));
  }
  contract_violation("a quantifier has one of the known values");
}

}  // namespace orrery::verdict
