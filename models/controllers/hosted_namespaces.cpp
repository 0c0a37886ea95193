#include "models/controllers/hosted_namespaces.h"

#include <algorithm>
#include <utility>

namespace orrery::controllers {
namespace {

using api::Kind;
using api::ObjectKey;

constexpr const char* kFinalizer = "kubernetes";
/// From a deletion to the next look: half of the longest grace period and a second.
/// Source: namespace_controller.go (ResourcesRemainingError).
constexpr Duration kLookAgain = Duration::seconds(1);

}  // namespace

void NamespaceController::observe(const Change& change, WorkQueue& queue, Instant /*now*/) {
  if (api::kind_of(change.latest()) != Kind::Namespace) return;
  if (!change.after) {
    found_.erase(api::meta_of(change.latest()).name);
  } else if (api::meta_of(*change.after).deletion) {
    queue.add(api::key_of(*change.after));
  }
}

Plan NamespaceController::reconcile(const ObjectKey& key,
                                    const std::optional<CallFailure>& /*last_failure*/,
                                    Instant /*now*/) {
  Plan plan;
  const auto* space = caches_.namespaces.find<api::Namespace>("", key.name);
  if (space == nullptr || !space->meta.deletion) return plan;
  const auto found = found_.find(key.name);
  if (found == found_.end()) {
    Batch lists;
    for (int number = 0; number < api::kKindCount; ++number) {
      const Kind kind = static_cast<Kind>(number);
      if (!api::is_namespaced(kind)) continue;
      ports::ApiCall list;
      list.verb = ports::Verb::List;
      list.key = {kind, key.name, ""};
      lists.push_back(std::move(list));
    }
    found_[key.name];
    plan.batches.push_back(std::move(lists));
    plan.look_again(Duration::nanoseconds(1));
    return plan;
  }
  const std::vector<api::ObjectPtr> left = std::move(found->second);
  found_.erase(found);
  if (left.empty()) {
    api::Namespace next = *space;
    std::erase(next.meta.finalizers, kFinalizer);
    plan.then(update_call(std::move(next)));
    return plan;
  }
  Batch deletions;
  Duration grace;
  for (const api::ObjectPtr& object : left) {
    const api::ObjectMeta& meta = api::meta_of(*object);
    if (const auto* pod = std::get_if<api::Pod>(object.get())) {
      grace = std::max(grace, pod->spec.termination_grace);
    }
    if (!meta.deletion) deletions.push_back(delete_call(meta, api::kind_of(*object)));
  }
  if (!deletions.empty()) plan.batches.push_back(std::move(deletions));
  plan.look_again(grace / 2 + kLookAgain);
  return plan;
}

void NamespaceController::on_answer(const ObjectKey& key, const ports::ApiCall& call,
                                    const ports::Event& reply) {
  if (call.verb != ports::Verb::List) return;
  if (reply.outcome != ports::Outcome::Ok) {
    found_.erase(key.name);  // Half an answer is none.
    return;
  }
  const auto entry = found_.find(key.name);
  if (entry == found_.end()) return;
  for (const api::ObjectPtr& object : std::get<ports::ApiList>(*reply.body).objects) {
    entry->second.push_back(object);
  }
}

}  // namespace orrery::controllers
