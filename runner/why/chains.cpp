#include "runner/why/chains.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>

#include "runner/why/policy_lines.h"

namespace orrery::why {
namespace {

using recording::LogRecord;
using runner::FailureKind;

constexpr const char* kFailing = "failing";
constexpr const char* kNotListening = "not-listening";
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

/// Whether it tells of a pod that was made and came up, as all do.
bool is_birth(const LogRecord& step) {
  static constexpr std::array<std::string_view, 7> kBirths{
      "created", "scheduled", "waiting", "phase", "started", "ready", kNotListening};
  return std::find(kBirths.begin(), kBirths.end(), step.what) != kBirths.end();
}

/// Without what led to the origin and did not make anything fail. An autoscaler goes by its object
/// as it last changed, so each of its changes names the one before: only the last one counts. And
/// that a pod was made explains nothing once something has happened to it.
void begin_at_origin(std::vector<LogRecord>& steps) {
  static constexpr std::string_view kChanged = "spec-changed";
  for (std::size_t i = steps.size(); i-- > 1;) {
    const LogRecord& before = steps[i - 1];
    if (steps[i].what != kChanged || before.what != kChanged) continue;
    if (steps[i].subject != before.subject) continue;
    steps.erase(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(i));
    break;
  }
  const auto told = std::find_if_not(steps.begin(), steps.end(), is_birth);
  if (told != steps.end() && told->what != kFailing) steps.erase(steps.begin(), told);
}

std::string namespace_of(const std::string& subject) {
  const std::size_t kind = subject.find('/');
  return subject.substr(kind + 1, subject.find('/', kind + 1) - kind - 1);
}

/// What the pods of the namespace that do not come up were waiting for at `until`.
std::string waiting_in(const std::string& name, const std::vector<LogRecord>& log, Instant until) {
  std::map<std::string, const LogRecord*> last;
  for (const LogRecord& record : log) {
    if (record.at > until) break;
    if (!record.subject.starts_with("Pod/") || namespace_of(record.subject) != name) continue;
    last[record.subject] = &record;
  }
  const LogRecord* first = nullptr;
  std::size_t count = 0;
  for (const auto& [pod, record] : last) {
    const bool on_its_way = record->detail.ends_with(": ContainerCreating") ||
                            record->detail.ends_with(": PodInitializing");
    const bool runs = record->what == "started" ||
                      (record->what == "phase" && record->detail.ends_with("-> Running"));
    const bool waits =
        record->what == "unschedulable" || (record->what == "waiting" && !on_its_way);
    if (!runs && !waits) continue;
    if (first == nullptr) first = record;
    ++count;
  }
  if (first == nullptr) return {};
  const bool waits = first->what == "unschedulable" || first->what == "waiting";
  const std::string state = waits ? fmt::format("{}, {}", first->what, first->detail)
                                  : std::string{"has started, and was never ready"};
  return fmt::format("{}: {}{}", first->subject, state,
                     count == 1 ? "" : fmt::format(" (and {} more)", count - 1));
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

/// Whether it leads over a pod that was called before its process listened.
bool lacks_probe(const Chain& chain) {
  return std::any_of(chain.steps.begin(), chain.steps.end(),
                     [](const LogRecord& step) { return step.what == kNotListening; });
}

std::string first_of(const Chain& chain) {
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
  if (origin.what == "spec-changed") {
    return fmt::format("a change of {} ({})", origin.subject, origin.detail);
  }
  if (origin.what == "ended") {
    return fmt::format("the process of {} ended ({})", origin.subject, origin.detail);
  }
  if (origin.what == "not-ready") return origin.subject + " was not ready";
  if (is_birth(origin)) {
    return lacks_probe(chain) ? "the start of " + origin.subject
                              : origin.subject + ", which nothing had changed";
  }
  if (origin.what == kFailing) return origin.detail + ", and nothing in the log that led to it";
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

/// What started it, in a few words.
std::string origin_of(const Chain& chain) {
  return first_of(chain) + (lacks_probe(chain) ? ", and no readiness probe" : "");
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
    begin_at_origin(steps);
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
  for (auto& [origin, group] : groups) {
    const LogRecord& first = group.chain.steps.front();
    if (first.what == "no-endpoints") {
      group.chain.waiting = waiting_in(namespace_of(first.subject), log, group.chain.last);
    }
    chains.push_back(std::move(group.chain));
  }
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
    if (!chain.waiting.empty()) {
      text += fmt::format("   Not up in its namespace: {}\n", chain.waiting);
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
