#include "gui/views/why_text.h"

#include <QCoreApplication>

#include "gui/views/words.h"

namespace orrery::gui {
namespace {

struct WhyText {
  Q_DECLARE_TR_FUNCTIONS(WhyText)
};

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
  if (kind == "zone-loss") return WhyText::tr("went dark");
  if (kind == "node-loss") return WhyText::tr("was lost");
  if (kind == "pod-kill" || kind == "container-kill" || kind == "control-plane-kill" ||
      kind == "controller-manager-kill" || kind == "scheduler-kill") {
    return WhyText::tr("was killed");
  }
  if (kind == "unwell") return WhyText::tr("became unwell");
  if (kind == "node-partition") return WhyText::tr("was cut off");
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
  if (!parts.empty()) return parts;
  WhyPart calm;
  constexpr double kSomeFail = 0.01;
  if (moment.users_error_share >= kSomeFail) {
    calm.state = State::Failing;
    calm.who = WhyText::tr("Users see %1 errors").arg(percent_text(moment.users_error_share));
    calm.what = WhyText::tr("what led to them is not recorded");
    parts.push_back(calm);
    return parts;
  }
  const bool any = [&] {
    for (const ServiceNow& service : moment.services) {
      if (is_bad(service.state)) return true;
    }
    return false;
  }();
  calm.state = any ? State::Degraded : State::Healthy;
  calm.who = any ? WhyText::tr("Users notice nothing") : WhyText::tr("All is well");
  calm.what = any ? WhyText::tr("calls fail inside, but no request of theirs does")
                  : WhyText::tr("no request of users fails");
  parts.push_back(calm);
  return parts;
}

}  // namespace orrery::gui
