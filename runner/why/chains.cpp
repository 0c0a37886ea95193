#include "runner/why/chains.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "runner/why/policy_lines.h"

namespace orrery::why {
namespace {

using recording::LogRecord;
using runner::FailureKind;

constexpr const char* kFailing = "failing";
/// Failures this far apart are still the same ones.
constexpr Duration kStillGoingOn = Duration::seconds(1);

/// From the origin to the record. Requires: every cause stands before its effect.
std::vector<LogRecord> steps_to(const std::vector<LogRecord>& log, ports::CauseId record) {
  std::vector<LogRecord> steps;
  for (ports::CauseId at = record; at != 0 && at <= log.size();) {
    const LogRecord& step = log[at - 1];
    expects(step.id == at && step.cause < at, "a log is numbered, and causes come first");
    steps.push_back(step);
    at = step.cause;
  }
  std::reverse(steps.begin(), steps.end());
  return steps;
}

bool is_asked_for(const FailureKind& failure, const Question& question) {
  if (failure.count == 0) return false;
  if (question.what.empty() ? !failure.from.empty() : failure.to != question.what) return false;
  return !question.at ||
         (failure.first <= *question.at && *question.at - failure.last <= kStillGoingOn);
}

/// "1:05", or "1:05.250".
std::string clock(Instant at, bool with_milliseconds) {
  const std::int64_t ms = at.since_start().count_ns() / 1'000'000;
  const std::string text = fmt::format("{}:{:02}", ms / 60'000, ms / 1000 % 60);
  return with_milliseconds ? fmt::format("{}.{:03}", text, ms % 1000) : text;
}

/// "shop/cart" of "Service/shop/cart".
std::string name_of(const std::string& subject) { return subject.substr(subject.find('/') + 1); }

std::string share_of(std::uint64_t part, std::uint64_t all) {
  return fmt::format("{:.3g} %", 100.0 * static_cast<double>(part) / static_cast<double>(all));
}

/// What started it, in a few words.
std::string origin_of(const Chain& chain) {
  const LogRecord& origin = chain.steps.front();
  if (origin.what == "load") return "the load alone on " + name_of(origin.subject);
  if (origin.what == "rate-limit") return "a rate limit of " + name_of(origin.subject);
  if (origin.what == "errors") return "errors of " + name_of(origin.subject) + " itself";
  if (origin.what == "injected") return "faults injected into calls to " + name_of(origin.subject);
  if (origin.what == "network-policy") {
    return fmt::format("NetworkPolicies before {} ({})", name_of(origin.subject), origin.detail);
  }
  if (origin.what == "policy") {
    return fmt::format("a policy of calls to {} ({})", name_of(origin.subject), origin.detail);
  }
  if (origin.what == "no-endpoints") return "no ready pod of " + name_of(origin.subject);
  if (origin.what == "fault") {
    // "id: kind"
    const std::size_t colon = origin.detail.rfind(": ");
    if (colon != std::string::npos) {
      return fmt::format("{} of {} ({})", origin.detail.substr(colon + 2), origin.subject,
                         origin.detail.substr(0, colon));
    }
  }
  return origin.what + " " + origin.subject +
         (origin.detail.empty() ? "" : " (" + origin.detail + ")");
}

}  // namespace

std::vector<Chain> chains_of(const std::vector<LogRecord>& log,
                             const std::vector<FailureKind>& failures, const Question& question) {
  struct Group {
    Chain chain;
    std::uint64_t most = 0;
  };
  std::set<ports::CauseId> self_feeding;
  for (const FailureKind& failure : failures) {
    if (failure.feeds_itself) self_feeding.insert(failure.record);
  }
  std::map<ports::CauseId, Group> groups;  // By origin.
  for (const FailureKind& failure : failures) {
    if (!is_asked_for(failure, question)) continue;
    std::vector<LogRecord> steps = steps_to(log, failure.record);
    if (steps.empty()) continue;
    Group& group = groups[steps.front().id];
    Chain& chain = group.chain;
    const bool is_first = chain.count == 0;
    chain.first = is_first ? failure.first : std::min(chain.first, failure.first);
    chain.last = is_first ? failure.last : std::max(chain.last, failure.last);
    chain.count += failure.count;
    for (const LogRecord& step : steps) {
      chain.feeds_itself = chain.feeds_itself || self_feeding.contains(step.id);
    }
    if (failure.count > group.most) {
      group.most = failure.count;
      chain.steps = std::move(steps);
    }
  }
  std::vector<Chain> chains;
  for (auto& [origin, group] : groups) chains.push_back(std::move(group.chain));
  std::stable_sort(chains.begin(), chains.end(),
                   [](const Chain& a, const Chain& b) { return a.count > b.count; });
  return chains;
}

std::uint64_t failures_in(const std::vector<Chain>& chains) {
  std::uint64_t all = 0;
  for (const Chain& chain : chains) all += chain.count;
  return all;
}

std::string in_one_line(const Chain& chain, std::uint64_t all, bool unicode) {
  std::string line = fmt::format(
      "{} of {} failed requests, {} to {}: {}", share_of(chain.count, all), grouped(all),
      clock(chain.first, false), clock(chain.last, false), origin_of(chain));
  std::string last;
  for (const LogRecord& step : chain.steps) {
    if (step.what != kFailing) continue;
    const std::string name = name_of(step.subject);
    if (name == last) continue;
    line += (unicode ? " \u2192 " : " > ") + name;
    last = name;
  }
  if (chain.feeds_itself) line += ", kept up by its own failures";
  return line;
}

std::string in_full(const std::vector<Chain>& chains, const Question& question) {
  const std::string whose = question.what.empty() ? "request of users" : "call to " + question.what;
  const std::string when = question.at ? " at " + clock(*question.at, false) : "";
  if (chains.empty()) return fmt::format("No {} failed{}.\n", whose, when);
  const std::uint64_t all = failures_in(chains);
  const std::string whose_many =
      question.what.empty() ? "requests of users" : "calls to " + question.what;
  std::string text = fmt::format("{} {} failed{}.\n", grouped(all), whose_many,
                                 question.at ? ", of the kinds that did" + when : "");
  std::size_t number = 0;
  for (const Chain& chain : chains) {
    text += fmt::format("\n{}. {} ({}), {} to {}: {}\n", ++number, share_of(chain.count, all),
                        grouped(chain.count), clock(chain.first, false), clock(chain.last, false),
                        origin_of(chain));
    std::size_t what_width = 0;
    std::size_t subject_width = 0;
    for (const LogRecord& step : chain.steps) {
      what_width = std::max(what_width, step.what.size());
      subject_width = std::max(subject_width, step.subject.size());
    }
    for (const LogRecord& step : chain.steps) {
      text += fmt::format("   {:>10}  {:<{}}  {:<{}}  {}", clock(step.at, true), step.what,
                          what_width, step.subject, subject_width, step.detail);
      while (text.back() == ' ') text.pop_back();
      text += '\n';
    }
    if (chain.feeds_itself) {
      text +=
          "   These failures led to more of the same (retries, and who waited behind them):\n"
          "   they may go on after their origin is gone.\n";
    }
  }
  return text;
}

}  // namespace orrery::why
