#include "gui/model/run_events.h"

#include <algorithm>
#include <charconv>

namespace orrery::gui {
namespace {

bool starts_with(const std::string& text, const char* start) { return text.rfind(start, 0) == 0; }

std::string after_slash(const std::string& subject) {
  return subject.substr(subject.find('/') + 1);
}

}  // namespace

bool is_change(std::string_view what) {
  return what == "apply" || what == "delete" || what == "patch" || what == "policy" ||
         what == "drain" || what == "cordon" || what == "uncordon";
}

void Steps::put(Instant at, std::int64_t value) {
  if (!steps_.empty() && steps_.back().first == at) {
    steps_.back().second = value;
  } else {
    steps_.emplace_back(at, value);
  }
}

std::optional<std::int64_t> Steps::at(Instant t) const {
  const auto after = std::upper_bound(steps_.begin(), steps_.end(), t,
                                      [](Instant at, const auto& step) { return at < step.first; });
  if (after == steps_.begin()) return std::nullopt;
  return std::prev(after)->second;
}

RunEvents::RunEvents(const recording::Scene& scene)
    : names_{scene.services},
      ready_now_(scene.services.size()),
      ready_(scene.services.size()),
      starting_now_(scene.services.size()),
      starting_(scene.services.size()) {}

void RunEvents::take(const recording::RunReader& reader,
                     const std::vector<recording::RunEvent>& events) {
  for (const recording::RunEvent& event : events) {
    if (!all_.empty() && event.id <= all_.back().id) continue;
    all_.push_back(event);
    const std::string what{reader.text(event.what)};
    const std::string subject{reader.text(event.subject)};
    const std::string detail{reader.text(event.detail)};
    if (what == "fault") {
      const std::size_t colon = detail.rfind(": ");
      FaultSpan span;
      span.event = event.id;
      span.id = detail.substr(0, colon);
      span.kind = colon == std::string::npos ? detail : detail.substr(colon + 2);
      span.subject = subject;
      span.from = event.at;
      // A kill is over at once.
      if (span.kind == "pod-kill" || span.kind == "container-kill") {
        span.to = span.from;
      }
      faults_.push_back(std::move(span));
    } else if (what == "fault-ends") {
      // The last of its parts that ends.
      for (FaultSpan& span : faults_) {
        if (span.id == detail && span.from <= event.at) span.to = event.at;
      }
    } else if (is_change(what) && event.cause == 0) {
      // Behind the name of a change of policies stands what changed, once for each caller.
      const std::string id = what == "policy" ? detail.substr(0, detail.find(": ")) : detail;
      if (changes_.empty() || changes_.back().id != id || changes_.back().at != event.at) {
        changes_.push_back({id, event.at, what, subject});
      }
    } else if (what == "failing") {
      take_failing(event, subject, detail);
    } else if (what == "endpoints") {
      take_endpoints(event.at, subject, detail);
    } else if (starts_with(subject, "Pod/")) {
      take_pod(event, what, subject, detail);
    } else if (what == "scaled" || (what == "spec-changed" && starts_with(detail, "replicas"))) {
      take_scaling(reader, event, subject, detail);
    } else if (starts_with(subject, "Deployment/") || starts_with(subject, "StatefulSet/")) {
      take_rollout(event.at, what, subject, detail);
    }
  }
}

void RunEvents::take_failing(const recording::RunEvent& event, const std::string& subject,
                             const std::string& detail) {
  // "calls from shop/front: timeout"
  constexpr std::size_t kCallsFrom = 11;
  const std::size_t colon = detail.rfind(": ");
  const auto to = names_.of_object(subject);
  if (!to || colon == std::string::npos || colon < kCallsFrom) return;
  FailingRecord record;
  record.id = event.id;
  record.cause = event.cause;
  record.at = event.at;
  record.to = *to;
  const std::string from = detail.substr(kCallsFrom, colon - kCallsFrom);
  if (from != "users") record.from = names_.of(from);
  record.outcome = detail.substr(colon + 2);
  record.origin = event.id;
  for (const recording::RunEvent* at = find(event.cause); at != nullptr; at = find(at->cause)) {
    record.origin = at->id;
  }
  failing_.push_back(std::move(record));
}

void RunEvents::take_endpoints(Instant at, const std::string& subject, const std::string& detail) {
  // "3 -> 2 ready"
  const std::size_t arrow = detail.find("-> ");
  const auto service = names_.of_object(subject);
  if (arrow == std::string::npos || !service) return;
  std::int64_t now = 0;
  std::from_chars(detail.data() + arrow + 3, detail.data() + detail.size(), now);
  std::int64_t& known = slices_[subject];
  ready_now_[*service] += now - known;
  known = now;
  ready_[*service].put(at, ready_now_[*service]);
}

void RunEvents::take_pod(const recording::RunEvent& event, const std::string& what,
                         const std::string& subject, const std::string& detail) {
  const auto service = names_.of_object(subject);
  if (!service) return;
  if (what == "created") {
    if (!starting_pods_.emplace(subject, *service).second) return;
    ++starting_now_[*service];
  } else if (what == "ready" || what == "deleted" || what == "terminating" ||
             (what == "phase" && detail.find("-> Running") == std::string::npos)) {
    if (starting_pods_.erase(subject) == 0) return;
    --starting_now_[*service];
  } else {
    return;
  }
  starting_[*service].put(event.at, starting_now_[*service]);
}

void RunEvents::take_scaling(const recording::RunReader& reader, const recording::RunEvent& event,
                             const std::string& subject, const std::string& detail) {
  // "replicas 2 -> 3", "2 -> 3"
  const recording::RunEvent* cause = find(event.cause);
  const std::size_t arrow = detail.find("-> ");
  if (cause == nullptr || arrow == std::string::npos || reader.text(cause->what) != "set") return;
  std::int64_t now = 0;
  std::from_chars(detail.data() + arrow + 3, detail.data() + detail.size(), now);
  changes_.push_back({std::string{reader.text(cause->detail)}, event.at, "set", subject, now});
}

void RunEvents::take_rollout(Instant at, const std::string& what, const std::string& subject,
                             const std::string& detail) {
  const std::string name = after_slash(subject);
  if (what == "spec-changed") {
    RolloutSpan span;
    span.name = name;
    span.from = at;
    for (RolloutSpan& earlier : rollouts_) {
      if (earlier.name == name && at < earlier.to) earlier.to = at;
    }
    rollouts_.push_back(std::move(span));
  } else if (what == "condition" && detail.find("NewReplicaSetAvailable") != std::string::npos) {
    for (RolloutSpan& span : rollouts_) {
      if (span.name == name && span.to == Instant::never()) span.to = at;
    }
  }
}

const recording::RunEvent* RunEvents::find(std::uint64_t id) const {
  const auto found = std::lower_bound(
      all_.begin(), all_.end(), id,
      [](const recording::RunEvent& event, std::uint64_t v) { return event.id < v; });
  return found == all_.end() || found->id != id ? nullptr : &*found;
}

const FailingRecord* RunEvents::failing_record(std::uint64_t id) const {
  const auto found =
      std::lower_bound(failing_.begin(), failing_.end(), id,
                       [](const FailingRecord& record, std::uint64_t v) { return record.id < v; });
  return found == failing_.end() || found->id != id ? nullptr : &*found;
}

std::optional<std::int64_t> RunEvents::ready(std::uint32_t service, Instant t) const {
  return ready_[service].at(t);
}

std::int64_t RunEvents::starting(std::uint32_t service, Instant t) const {
  return starting_[service].at(t).value_or(0);
}

}  // namespace orrery::gui
