#include "gui/views/why_text.h"

#include <QCoreApplication>
#include <algorithm>
#include <array>

#include "gui/views/words.h"

namespace orrery::gui {
namespace {

struct WhyText {
  Q_DECLARE_TR_FUNCTIONS(WhyText)
};

struct FaultWords {
  const char* kind;
  const char* text;
};

/// What a fault does to what it hits.
constexpr std::array kFaults{
    FaultWords{"zone-loss", QT_TRANSLATE_NOOP("WhyText", "went dark")},
    FaultWords{"node-loss", QT_TRANSLATE_NOOP("WhyText", "was lost")},
    FaultWords{"pod-kill", QT_TRANSLATE_NOOP("WhyText", "was killed")},
    FaultWords{"container-kill", QT_TRANSLATE_NOOP("WhyText", "was killed")},
    FaultWords{"control-plane-kill", QT_TRANSLATE_NOOP("WhyText", "was killed")},
    FaultWords{"controller-manager-kill", QT_TRANSLATE_NOOP("WhyText", "was killed")},
    FaultWords{"scheduler-kill", QT_TRANSLATE_NOOP("WhyText", "was killed")},
    FaultWords{"kubelet-kill", QT_TRANSLATE_NOOP("WhyText", "lost its kubelet")},
    FaultWords{"node-agent-kill", QT_TRANSLATE_NOOP("WhyText", "lost its node agent")},
    FaultWords{"unwell", QT_TRANSLATE_NOOP("WhyText", "became unwell")},
    FaultWords{"node-partition", QT_TRANSLATE_NOOP("WhyText", "was cut off")},
    FaultWords{"network-partition", QT_TRANSLATE_NOOP("WhyText", "was cut off")},
    FaultWords{"crash-after-writes", QT_TRANSLATE_NOOP("WhyText", "crashes after writes")},
    FaultWords{"api-slow", QT_TRANSLATE_NOOP("WhyText", "answers slowly")},
    FaultWords{"api-refusing", QT_TRANSLATE_NOOP("WhyText", "refuses calls")},
    FaultWords{"api-unavailable", QT_TRANSLATE_NOOP("WhyText", "cannot be reached")},
    FaultWords{"watch-stale", QT_TRANSLATE_NOOP("WhyText", "is told old news")},
    FaultWords{"watch-miss", QT_TRANSLATE_NOOP("WhyText", "is not told of changes")},
    FaultWords{"watch-late", QT_TRANSLATE_NOOP("WhyText", "is told of changes late")},
    FaultWords{"store-kill", QT_TRANSLATE_NOOP("WhyText", "lost members of its store")},
    FaultWords{"store-slow", QT_TRANSLATE_NOOP("WhyText", "has a slow store")},
    FaultWords{"registry-slow", QT_TRANSLATE_NOOP("WhyText", "gets images slowly")},
    FaultWords{"registry-down", QT_TRANSLATE_NOOP("WhyText", "gets no images")},
    FaultWords{"network-delay", QT_TRANSLATE_NOOP("WhyText", "has a slow network")},
    FaultWords{"network-loss", QT_TRANSLATE_NOOP("WhyText", "loses packets")},
    FaultWords{"network-corrupt", QT_TRANSLATE_NOOP("WhyText", "gets corrupt packets")},
    FaultWords{"network-bandwidth", QT_TRANSLATE_NOOP("WhyText", "has little bandwidth")},
    FaultWords{"reset", QT_TRANSLATE_NOOP("WhyText", "has connections reset")},
    FaultWords{"dns-error", QT_TRANSLATE_NOOP("WhyText", "has a name that is not found")},
    FaultWords{"http-abort", QT_TRANSLATE_NOOP("WhyText", "has calls aborted")},
    FaultWords{"http-delay", QT_TRANSLATE_NOOP("WhyText", "has calls held up")},
    FaultWords{"http-replace", QT_TRANSLATE_NOOP("WhyText", "has answers replaced")},
    FaultWords{"pod-failure", QT_TRANSLATE_NOOP("WhyText", "stopped working")},
    FaultWords{"cpu-stress", QT_TRANSLATE_NOOP("WhyText", "has its CPU taken")},
    FaultWords{"memory-stress", QT_TRANSLATE_NOOP("WhyText", "has its memory taken")},
    FaultWords{"gc-pause", QT_TRANSLATE_NOOP("WhyText", "stands still")},
    FaultWords{"io-latency", QT_TRANSLATE_NOOP("WhyText", "waits longer for its disk")},
    FaultWords{"stale-endpoints", QT_TRANSLATE_NOOP("WhyText", "has stale endpoints")},
    FaultWords{"leader-kill", QT_TRANSLATE_NOOP("WhyText", "lost its leader")},
    FaultWords{"slow-leader", QT_TRANSLATE_NOOP("WhyText", "has a slow leader")},
    FaultWords{"limit-data", QT_TRANSLATE_NOOP("WhyText", "has larger messages cut off")},
    FaultWords{"disk-full", QT_TRANSLATE_NOOP("WhyText", "has a full disk")},
    FaultWords{"bad-config", QT_TRANSLATE_NOOP("WhyText", "has misconfigured callers")},
    FaultWords{"slow-close", QT_TRANSLATE_NOOP("WhyText", "closes connections slowly")}};

/// "timeout" of "calls from shop/front: timeout"
std::string outcome_of(const std::string& detail) {
  const std::size_t colon = detail.rfind(": ");
  return colon == std::string::npos ? detail : detail.substr(colon + 2);
}

QString failing_text(const std::string& outcome, const QString& share) {
  if (outcome == "timeout") return WhyText::tr("%1 of calls time out").arg(share);
  if (outcome == "refused") return WhyText::tr("%1 of calls are refused").arg(share);
  if (outcome == "reset") return WhyText::tr("%1 of calls are cut off").arg(share);
  if (outcome == "no-endpoints") return WhyText::tr("has no ready pod");
  if (outcome == "circuit-open") return WhyText::tr("is cut off by open breakers");
  if (outcome == "overflow") return WhyText::tr("%1 of calls find no room").arg(share);
  if (outcome == "rate-limited") return WhyText::tr("%1 of calls are over the limit").arg(share);
  if (outcome == "not-admitted") return WhyText::tr("%1 of calls are not admitted").arg(share);
  if (outcome == "upstream") return WhyText::tr("fails with it, %1 errors").arg(share);
  return WhyText::tr("%1 errors").arg(share);
}

/// "VirtualService cart": what is applied beside a service often has the name of the service.
QString kind_and_name(const std::string& subject) {
  const std::string kind = subject.substr(0, subject.find('/'));
  return QString::fromStdString(kind) + ' ' + subject_text(subject);
}

QString seek(Instant at) { return QString{"seek %1"}.arg(at.count_ns() / 1000); }

WhyPart origin_part(const WhyStep& step) {
  WhyPart part;
  part.state = State::Lost;
  part.who = subject_text(step.subject);
  if (step.what == "fault") {
    part.what = fault_text(outcome_of(step.detail));
  } else if (step.what == "load") {
    part.state = State::Degraded;
    part.what = WhyText::tr("has more to do than it can");
  } else if (step.what == "errors") {
    part.state = State::Failing;
    part.what = WhyText::tr("makes errors of its own");
  } else if (step.what == "no-endpoints") {
    part.what = WhyText::tr("has no ready pod");
  } else if (step.what == "network-policy") {
    part.state = State::Failing;
    part.what = WhyText::tr("is shut by NetworkPolicies");
  } else if (step.what == "rate-limit") {
    part.state = State::Degraded;
    part.what = WhyText::tr("is asked for more than a rate limit lets through");
  } else if (step.what == "injected") {
    part.state = State::Degraded;
    part.what = WhyText::tr("has faults injected into its calls");
  } else if (step.what == "apply") {
    part.state = State::Starting;
    part.who = kind_and_name(step.subject);
    part.what = WhyText::tr("was applied");
  } else if (step.what == "delete") {
    part.state = State::Starting;
    part.who = kind_and_name(step.subject);
    part.what = WhyText::tr("was deleted");
  } else if (step.what == "policy") {
    part.state = State::Starting;
    part.what = WhyText::tr("has callers whose policies were changed");
  } else if (step.what == "set" || step.what == "spec-changed" || step.what == "patch") {
    part.state = State::Starting;
    part.what = WhyText::tr("was changed");
  } else {
    part.state = State::Starting;
    part.what = QString::fromStdString(step.what);
  }
  return part;
}

}  // namespace

WhyPart origin_part(const RecordedRun& run, std::uint64_t event) {
  const recording::RunEvent& origin = *run.events().find(event);
  WhyStep step;
  step.what = run.text(origin.what);
  step.subject = run.text(origin.subject);
  step.detail = run.text(origin.detail);
  WhyPart part = origin_part(step);
  part.action = seek(origin.at);
  return part;
}

QString calls_text(const std::string& outcome) {
  if (outcome == "timeout") return WhyText::tr("time out");
  if (outcome == "refused") return WhyText::tr("are refused");
  if (outcome == "reset") return WhyText::tr("are cut off");
  if (outcome == "no-endpoints") return WhyText::tr("find no ready pod");
  if (outcome == "circuit-open") return WhyText::tr("stop at an open breaker");
  if (outcome == "overflow") return WhyText::tr("find no room");
  if (outcome == "rate-limited") return WhyText::tr("are over the limit");
  if (outcome == "not-admitted") return WhyText::tr("are not admitted");
  if (outcome == "upstream") return WhyText::tr("fail further on");
  return WhyText::tr("end in errors");
}

QString fault_text(const std::string& kind) {
  const auto* known = std::find_if(kFaults.begin(), kFaults.end(),
                                   [&](const FaultWords& fault) { return kind == fault.kind; });
  if (known != kFaults.end()) return WhyText::tr(known->text);
  QString words = QString::fromStdString(kind);
  return words.replace('-', ' ');
}

std::vector<WhyPart> why_parts(const Moment& moment, const RecordedRun& run) {
  std::vector<WhyPart> parts;
  for (const WhyStep& step : moment.why) {
    WhyPart part;
    if (&step == &moment.why.front() && step.what != "failing") {
      part = origin_part(step);
    } else if (step.service) {
      part.state = step.state;
      part.who = short_name(run.scene().services[*step.service]);
      const double share = moment.services[*step.service].calls.error_share();
      part.what = &step == &moment.why.back()
                      ? WhyText::tr("%1 errors").arg(percent_text(share))
                      : failing_text(outcome_of(step.detail), percent_text(share));
    } else {
      continue;
    }
    part.action = seek(step.at);
    parts.push_back(std::move(part));
  }
  constexpr double kSomeFail = 0.01;
  const bool any_bad = std::any_of(moment.services.begin(), moment.services.end(),
                                   [](const ServiceNow& service) { return is_bad(service.state); });
  if (!parts.empty()) {
    // What failed is told of for a while.
    if (moment.users_error_share < kSomeFail && !any_bad) {
      parts.push_back(
          {State::Recovering, WhyText::tr("Users"), WhyText::tr("are served again"), {}});
    }
    return parts;
  }
  WhyPart calm;
  if (moment.users_error_share >= kSomeFail) {
    calm.state = State::Failing;
    calm.who = WhyText::tr("Users see %1 errors").arg(percent_text(moment.users_error_share));
    calm.what = WhyText::tr("what led to them is not recorded");
    parts.push_back(calm);
    return parts;
  }
  calm.state = any_bad ? State::Degraded : State::Healthy;
  calm.who = any_bad ? WhyText::tr("Users notice nothing") : WhyText::tr("All is well");
  calm.what = any_bad ? WhyText::tr("calls fail inside, but no request of theirs does")
                      : WhyText::tr("no request of users fails");
  parts.push_back(calm);
  return parts;
}

}  // namespace orrery::gui
