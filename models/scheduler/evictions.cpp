#include "models/scheduler/evictions.h"

#include <memory>
#include <utility>

namespace orrery::scheduler {

using api::Pod;
using ports::Outcome;

bool is_preempted(const Pod& pod) {
  if (!pod.meta.deletion) return false;
  const api::Condition* target = api::find_condition(pod.status.conditions, kDisruptionTarget);
  return target != nullptr && target->status == api::ConditionStatus::True &&
         target->reason == kPreemptionByScheduler;
}

void Evictions::start(const std::vector<api::ObjectPtr>& victims) {
  expects(!busy(), "one preemption is carried out at a time");
  failed_ = false;
  for (const api::ObjectPtr& victim : victims) {
    // What is on its way out needs no second request.
    if (!std::get<Pod>(*victim).meta.deletion) mark(victim);
  }
}

void Evictions::mark(const api::ObjectPtr& pod) {
  api::Object marked = *pod;
  Pod& next = std::get<Pod>(marked);
  api::set_condition(
      next.status.conditions, kDisruptionTarget, api::ConditionStatus::True, kPreemptionByScheduler,
      "default-scheduler: preempting to accommodate a higher priority pod", ports_.executor.now());
  ports::ApiCall call;
  call.verb = ports::Verb::UpdateStatus;
  call.uid = next.meta.uid;
  call.resource_version = next.meta.resource_version;
  call.object = std::make_shared<const api::Object>(std::move(marked));
  send(pod, /*deleting=*/false, std::move(call));
}

void Evictions::erase(const api::ObjectPtr& pod) {
  ports::ApiCall call;
  call.verb = ports::Verb::Delete;
  call.uid = std::get<Pod>(*pod).meta.uid;
  send(pod, /*deleting=*/true, std::move(call));
}

void Evictions::send(const api::ObjectPtr& pod, bool deleting, ports::ApiCall call) {
  call.key = api::key_of(*pod);
  const ports::CallId id = controllers::call_id(slot_, ++sequence_);
  open_.emplace(id, Step{pod, deleting});
  ports_.api.call(ports_.owner, id, std::move(call));
}

void Evictions::on_event(const ports::Event& event) {
  const auto entry = open_.find(event.id);
  if (entry == open_.end()) return;
  const Step step = std::move(entry->second);
  open_.erase(entry);
  const std::string& uid = std::get<Pod>(*step.pod).meta.uid;
  switch (event.outcome) {
    case Outcome::Ok:
      if (!step.deleting) erase(step.pod);
      return;
    case Outcome::NotFound:
      return;
    case Outcome::Conflict: {
      if (step.deleting) return;  // Another pod has its name by now.
      const auto* current =
          event.body == nullptr ? nullptr : std::get_if<ports::ApiObject>(event.body.get());
      if (current == nullptr || current->object == nullptr ||
          api::meta_of(*current->object).uid != uid) {
        return;
      }
      mark(current->object);
      return;
    }
    default:
      failed_ = true;
  }
}

}  // namespace orrery::scheduler
