#include "models/controllers/hosted_quotas.h"

#include <utility>

#include "models/api/quota_scopes.h"
#include "models/api/quota_usage.h"

namespace orrery::controllers {
namespace {

using api::Kind;
using api::ObjectKey;
using api::ResourceQuota;

bool is_ended_pod(const api::Object& object) {
  const auto* pod = std::get_if<api::Pod>(&object);
  return pod != nullptr && api::has_ended(*pod);
}

}  // namespace

void QuotaController::observe(const Change& change, WorkQueue& queue, Instant /*now*/) {
  const api::Object& latest = change.latest();
  if (std::holds_alternative<ResourceQuota>(latest)) {
    // Its use is written here and by the API server; only what it limits is news.
    const bool news =
        change.after && (!change.before || std::get<ResourceQuota>(*change.before).hard !=
                                               std::get<ResourceQuota>(latest).hard);
    if (news) queue.add(api::key_of(latest));
    return;
  }
  const bool freed = !change.after || (is_ended_pod(*change.after) &&
                                       (!change.before || !is_ended_pod(*change.before)));
  const std::string& space = api::meta_of(latest).namespace_name;
  if (!freed || space.empty()) return;
  for (const auto* quota : caches_.quotas.in_namespace<ResourceQuota>(space)) {
    queue.add({Kind::ResourceQuota, space, quota->meta.name});
  }
}

Plan QuotaController::reconcile(const ObjectKey& key,
                                const std::optional<CallFailure>& /*last_failure*/,
                                Instant /*now*/) {
  Plan plan;
  const auto* quota = caches_.quotas.find<ResourceQuota>(key.namespace_name, key.name);
  if (quota == nullptr || quota->meta.deletion) return plan;
  ResourceQuota next = *quota;
  next.used.clear();
  for (const auto& [resource, limit] : quota->hard) next.used[resource] = 0;
  for (int number = 0; number < api::kKindCount; ++number) {
    const Informer* informer = caches_.of(static_cast<Kind>(number));
    if (informer == nullptr || !api::is_namespaced(static_cast<Kind>(number))) continue;
    for (const api::ObjectPtr& object : informer->any_in(key.namespace_name)) {
      if (!api::in_scopes(*quota, *object)) continue;
      for (const auto& [resource, amount] : api::quota_usage(*object)) {
        const auto entry = next.used.find(resource);
        if (entry != next.used.end()) entry->second += amount;
      }
    }
  }
  if (next.used != quota->used) plan.then(update_status_call(std::move(next)));
  return plan;
}

}  // namespace orrery::controllers
