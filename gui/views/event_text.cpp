#include "gui/views/event_text.h"

#include <QCoreApplication>
#include <array>
#include <utility>

#include "gui/views/why_text.h"
#include "gui/views/words.h"

namespace orrery::gui {
namespace {

struct EventText {
  Q_DECLARE_TR_FUNCTIONS(EventText)
};

struct Kind {
  const char* what;
  const char* text;
  State state;
};

constexpr std::array kKinds{
    Kind{"fault", QT_TRANSLATE_NOOP("EventText", "fault begins"), State::Lost},
    Kind{"fault-ends", QT_TRANSLATE_NOOP("EventText", "fault ends"), State::Recovering},
    Kind{"failing", QT_TRANSLATE_NOOP("EventText", "calls fail"), State::Failing},
    Kind{"no-endpoints", QT_TRANSLATE_NOOP("EventText", "no ready pod"), State::Failing},
    Kind{"errors", QT_TRANSLATE_NOOP("EventText", "own errors"), State::Failing},
    Kind{"load", QT_TRANSLATE_NOOP("EventText", "overloaded"), State::Degraded},
    Kind{"breaker", QT_TRANSLATE_NOOP("EventText", "circuit breaker"), State::Degraded},
    Kind{"outlier", QT_TRANSLATE_NOOP("EventText", "outlier"), State::Degraded},
    Kind{"evict", QT_TRANSLATE_NOOP("EventText", "evicted"), State::Draining},
    Kind{"program", QT_TRANSLATE_NOOP("EventText", "program"), State::Healthy},
    Kind{"control-plane", QT_TRANSLATE_NOOP("EventText", "control plane"), State::Healthy},
    Kind{"zones", QT_TRANSLATE_NOOP("EventText", "zones of calls"), State::Healthy},
    Kind{"command", QT_TRANSLATE_NOOP("EventText", "done by hand"), State::Starting},
    Kind{"set", QT_TRANSLATE_NOOP("EventText", "changed by hand"), State::Starting},
    Kind{"apply", QT_TRANSLATE_NOOP("EventText", "applied"), State::Starting},
    Kind{"delete", QT_TRANSLATE_NOOP("EventText", "deleted"), State::Starting},
    Kind{"patch", QT_TRANSLATE_NOOP("EventText", "patched"), State::Starting},
    Kind{"policy", QT_TRANSLATE_NOOP("EventText", "policy changed"), State::Starting},
    Kind{"cordon", QT_TRANSLATE_NOOP("EventText", "cordoned"), State::Starting},
    Kind{"drain", QT_TRANSLATE_NOOP("EventText", "drained"), State::Draining},
    Kind{"uncordon", QT_TRANSLATE_NOOP("EventText", "uncordoned"), State::Starting},
    Kind{"network-policy", QT_TRANSLATE_NOOP("EventText", "not let through"), State::Failing},
    Kind{"rate-limit", QT_TRANSLATE_NOOP("EventText", "rate limit reached"), State::Degraded},
    Kind{"injected", QT_TRANSLATE_NOOP("EventText", "faults injected"), State::Degraded},
    Kind{"spec-changed", QT_TRANSLATE_NOOP("EventText", "spec changed"), State::Starting},
    Kind{"scaled", QT_TRANSLATE_NOOP("EventText", "scaled"), State::Starting},
    Kind{"configured", QT_TRANSLATE_NOOP("EventText", "configured"), State::Starting},
    Kind{"created", QT_TRANSLATE_NOOP("EventText", "created"), State::Starting},
    Kind{"scheduled", QT_TRANSLATE_NOOP("EventText", "scheduled"), State::Starting},
    Kind{"unschedulable", QT_TRANSLATE_NOOP("EventText", "no node takes it"), State::Degraded},
    Kind{"waiting", QT_TRANSLATE_NOOP("EventText", "waits"), State::Starting},
    Kind{"started", QT_TRANSLATE_NOOP("EventText", "started"), State::Starting},
    Kind{"ready", QT_TRANSLATE_NOOP("EventText", "ready"), State::Healthy},
    Kind{"not-ready", QT_TRANSLATE_NOOP("EventText", "not ready"), State::Degraded},
    Kind{"not-listening", QT_TRANSLATE_NOOP("EventText", "called too early"), State::Degraded},
    Kind{"condition", QT_TRANSLATE_NOOP("EventText", "condition"), State::Healthy},
    Kind{"phase", QT_TRANSLATE_NOOP("EventText", "phase"), State::Healthy},
    Kind{"endpoints", QT_TRANSLATE_NOOP("EventText", "endpoints"), State::Healthy},
    Kind{"taints", QT_TRANSLATE_NOOP("EventText", "taints"), State::Degraded},
    Kind{"ended", QT_TRANSLATE_NOOP("EventText", "ended by itself"), State::Failing},
    Kind{"exited", QT_TRANSLATE_NOOP("EventText", "exited"), State::Draining},
    Kind{"terminating", QT_TRANSLATE_NOOP("EventText", "terminating"), State::Draining},
    Kind{"deleted", QT_TRANSLATE_NOOP("EventText", "deleted"), State::Draining},
    Kind{"bound", QT_TRANSLATE_NOOP("EventText", "bound"), State::Healthy},
    Kind{"attached", QT_TRANSLATE_NOOP("EventText", "attached"), State::Healthy},
    Kind{"detaching", QT_TRANSLATE_NOOP("EventText", "detaching"), State::Draining},
    Kind{"refused", QT_TRANSLATE_NOOP("EventText", "refused"), State::Degraded},
    Kind{"lost", QT_TRANSLATE_NOOP("EventText", "lost"), State::Lost}};

const Kind* kind_of(const std::string& what) {
  for (const Kind& kind : kKinds) {
    if (what == kind.what) return &kind;
  }
  return nullptr;
}

}  // namespace

QString event_kind_text(const std::string& what) {
  const Kind* kind = kind_of(what);
  return kind == nullptr ? QString::fromStdString(what) : EventText::tr(kind->text);
}

State event_state(const std::string& what) {
  const Kind* kind = kind_of(what);
  return kind == nullptr ? State::Healthy : kind->state;
}

QString event_detail_text(const std::string& what, const std::string& detail) {
  const std::string calls_from = "calls from ";
  const std::size_t colon = detail.rfind(": ");
  if (what == "failing" && detail.rfind(calls_from, 0) == 0 && colon != std::string::npos) {
    const std::string from = detail.substr(calls_from.size(), colon - calls_from.size());
    return EventText::tr("from %1: %2")
        .arg(from == "users" ? EventText::tr("users") : short_name(from),
             calls_text(detail.substr(colon + 2)));
  }
  const std::size_t from = detail.rfind(" from ");
  if (what == "policy" && colon != std::string::npos && from != std::string::npos) {
    const std::string caller = detail.substr(from + 6);
    return EventText::tr("%1: %2 of calls from %3")
        .arg(QString::fromStdString(detail.substr(0, colon)),
             QString::fromStdString(detail.substr(colon + 2, from - colon - 2)),
             caller == "clients" ? EventText::tr("users") : short_name(caller));
  }
  if (what == "fault" && colon != std::string::npos) return fault_text(detail.substr(colon + 2));
  return QString::fromStdString(detail);
}

}  // namespace orrery::gui
