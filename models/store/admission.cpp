#include "models/store/admission.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "models/api/quota_scopes.h"
#include "models/api/quota_usage.h"
#include "models/base/quantity.h"

namespace orrery::store {
namespace {

using api::Container;
using api::Kind;
using api::LimitRange;
using api::LimitRangeItem;
using api::Object;
using api::Pod;
using api::PriorityClass;
using api::ResourceList;
using api::ResourceQuota;

using Refusal = std::optional<std::string>;

constexpr Duration kDefaultTolerationSeconds = Duration::seconds(300);

/// Source: Kubernetes pkg/apis/scheduling/v1 SystemPriorityClasses; they exist without objects.
struct SystemClass {
  std::string_view name;
  std::int32_t value;
};
constexpr SystemClass kSystemClasses[] = {{"system-node-critical", 2'000'001'000},
                                          {"system-cluster-critical", 2'000'000'000}};

// --- namespaces ----------------------------------------------------------------------------------

Refusal refuse_in_namespace(const std::string& namespace_name, const Tables& tables) {
  const api::ObjectPtr found = table_of(tables, Kind::Namespace).find("", namespace_name);
  if (found == nullptr || !api::meta_of(*found).deletion) return std::nullopt;
  return fmt::format("unable to create new content in namespace {} because it is being terminated",
                     namespace_name);
}

// --- LimitRanger ---------------------------------------------------------------------------------

/// Defaults of an item that it does not state. Source: Kubernetes SetDefaults_LimitRangeItem.
LimitRangeItem completed(LimitRangeItem item) {
  if (item.pod) return item;
  const auto fill = [](auto& to, const auto& from) {
    if (!to && from) to = from;
  };
  fill(item.default_limit.cpu_milli, item.max.cpu_milli);
  fill(item.default_limit.memory_bytes, item.max.memory_bytes);
  fill(item.default_request.cpu_milli, item.default_limit.cpu_milli);
  fill(item.default_request.memory_bytes, item.default_limit.memory_bytes);
  fill(item.default_request.cpu_milli, item.min.cpu_milli);
  fill(item.default_request.memory_bytes, item.min.memory_bytes);
  return item;
}

/// A request that is missing beside a limit equals it, before any default is looked at.
void request_what_is_limited(Container& container) {
  if (!container.requests.cpu_milli) container.requests.cpu_milli = container.limits.cpu_milli;
  if (!container.requests.memory_bytes) {
    container.requests.memory_bytes = container.limits.memory_bytes;
  }
}

void fill_in(Container& container, const LimitRangeItem& item) {
  request_what_is_limited(container);
  const auto fill = [](auto& to, const auto& from) {
    if (!to && from) to = from;
  };
  fill(container.limits.cpu_milli, item.default_limit.cpu_milli);
  fill(container.limits.memory_bytes, item.default_limit.memory_bytes);
  fill(container.requests.cpu_milli, item.default_request.cpu_milli);
  fill(container.requests.memory_bytes, item.default_request.memory_bytes);
}

struct Bounds {
  const char* resource;
  const char* of;  ///< "Container" or "Pod".
  std::optional<std::int64_t> min;
  std::optional<std::int64_t> max;
  std::string (*text)(std::int64_t);
};

/// Source: Kubernetes limitranger minConstraint, maxConstraint.
void check(const Bounds& bounds, const std::optional<std::int64_t>& request,
           const std::optional<std::int64_t>& limit, std::vector<std::string>& problems) {
  if (bounds.min) {
    const std::string start = fmt::format("minimum {} usage per {} is {}", bounds.resource,
                                          bounds.of, bounds.text(*bounds.min));
    if (!request) {
      problems.push_back(start + ".  No request is specified");
    } else if (*request < *bounds.min) {
      problems.push_back(start + ", but request is " + bounds.text(*request));
    } else if (limit && *limit < *bounds.min) {
      problems.push_back(start + ", but limit is " + bounds.text(*limit));
    }
  }
  if (bounds.max) {
    const std::string start = fmt::format("maximum {} usage per {} is {}", bounds.resource,
                                          bounds.of, bounds.text(*bounds.max));
    if (!limit) {
      problems.push_back(start + ".  No limit is specified");
    } else if (*limit > *bounds.max) {
      problems.push_back(start + ", but limit is " + bounds.text(*limit));
    } else if (request && *request > *bounds.max) {
      problems.push_back(start + ", but request is " + bounds.text(*request));
    }
  }
}

/// The sum over containers that state the amount, or the largest init container if that is more.
std::optional<std::int64_t> of_pod(const Pod& pod, ResourceList Container::*list,
                                   std::optional<std::int64_t> ResourceList::*amount) {
  std::optional<std::int64_t> sum;
  for (const Container& container : pod.spec.containers) {
    if (const auto& stated = container.*list.*amount) sum = sum.value_or(0) + *stated;
  }
  for (const Container& container : pod.spec.init_containers) {
    if (const auto& stated = container.*list.*amount) sum = std::max(sum.value_or(0), *stated);
  }
  return sum;
}

void check(const LimitRangeItem& item, const Pod& pod, std::vector<std::string>& problems) {
  const auto check_one = [&](const char* resource, std::string (*text)(std::int64_t),
                             std::optional<std::int64_t> ResourceList::*amount) {
    const Bounds bounds{resource, item.pod ? "Pod" : "Container", item.min.*amount,
                        item.max.*amount, text};
    if (item.pod) {
      check(bounds, of_pod(pod, &Container::requests, amount),
            of_pod(pod, &Container::limits, amount), problems);
      return;
    }
    for (const auto* containers : {&pod.spec.containers, &pod.spec.init_containers}) {
      for (const Container& container : *containers) {
        check(bounds, container.requests.*amount, container.limits.*amount, problems);
      }
    }
  };
  check_one("cpu", milli_text, &ResourceList::cpu_milli);
  check_one("memory", amount_text, &ResourceList::memory_bytes);
}

Refusal apply_limit_ranges(Pod& pod, const Tables& tables) {
  const ObjectTable& ranges = table_of(tables, Kind::LimitRange);
  if (ranges.empty()) return std::nullopt;
  std::vector<LimitRangeItem> items;
  ranges.each_in(pod.meta.namespace_name, [&](const api::ObjectPtr& object) {
    for (const LimitRangeItem& item : std::get<LimitRange>(*object).limits) {
      items.push_back(completed(item));
    }
  });
  for (const LimitRangeItem& item : items) {
    if (item.pod) continue;
    for (auto* containers : {&pod.spec.containers, &pod.spec.init_containers}) {
      for (Container& container : *containers) fill_in(container, item);
    }
  }
  std::vector<std::string> problems;
  for (const LimitRangeItem& item : items) check(item, pod, problems);
  if (problems.empty()) return std::nullopt;
  return fmt::format("{}", fmt::join(problems, ", "));
}

// --- Priority ------------------------------------------------------------------------------------

struct Priority {
  std::int32_t value = 0;
  bool preempts = true;
};

const PriorityClass* default_class(const Tables& tables) {
  const PriorityClass* found = nullptr;
  table_of(tables, Kind::PriorityClass).each([&](const api::ObjectPtr& object) {
    const auto& candidate = std::get<PriorityClass>(*object);
    // Of several the least, as in Kubernetes.
    if (candidate.global_default && (found == nullptr || candidate.value < found->value)) {
      found = &candidate;
    }
  });
  return found;
}

std::optional<Priority> priority_of_class(const std::string& name, const Tables& tables) {
  for (const SystemClass& system : kSystemClasses) {
    if (name == system.name) return Priority{system.value, true};
  }
  const api::ObjectPtr found = table_of(tables, Kind::PriorityClass).find("", name);
  if (found == nullptr) return std::nullopt;
  const auto& named = std::get<PriorityClass>(*found);
  return Priority{named.value, named.preempts};
}

Refusal set_priority(Pod& pod, const Tables& tables) {
  Priority priority;
  if (pod.spec.priority_class_name.empty()) {
    if (const PriorityClass* general = default_class(tables)) {
      pod.spec.priority_class_name = general->meta.name;
      priority = {general->value, general->preempts};
    }
  } else {
    const auto named = priority_of_class(pod.spec.priority_class_name, tables);
    if (!named) {
      return fmt::format("no PriorityClass with name {} was found", pod.spec.priority_class_name);
    }
    priority = *named;
  }
  if (pod.spec.priority && *pod.spec.priority != priority.value) {
    return fmt::format(
        "the integer value of priority ({}) must not be provided in pod spec; priority admission "
        "controller computed {} from the given PriorityClass name",
        *pod.spec.priority, priority.value);
  }
  pod.spec.priority = priority.value;
  if (!priority.preempts) pod.spec.preempts = false;
  return std::nullopt;
}

Refusal refuse_second_default(const PriorityClass& added, const Tables& tables) {
  const PriorityClass* present = added.global_default ? default_class(tables) : nullptr;
  if (present == nullptr || present->meta.name == added.meta.name) return std::nullopt;
  return fmt::format(
      "PriorityClass {} is already marked as globalDefault. Only one PriorityClass can be marked "
      "as globalDefault",
      present->meta.name);
}

// --- DefaultTolerationSeconds --------------------------------------------------------------------

void add_default_tolerations(Pod& pod) {
  for (const char* key : {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}) {
    const bool tolerated = std::any_of(pod.spec.tolerations.begin(), pod.spec.tolerations.end(),
                                       [&](const api::Toleration& t) {
                                         return (t.key == key || (t.key.empty() && t.exists)) &&
                                                (t.effect == "NoExecute" || t.effect.empty());
                                       });
    if (tolerated) continue;
    pod.spec.tolerations.push_back({.key = key,
                                    .exists = true,
                                    .value = {},
                                    .effect = "NoExecute",
                                    .seconds = kDefaultTolerationSeconds});
  }
}

// --- scheduling gates ----------------------------------------------------------------------------

/// Source: Kubernetes pkg/registry/core/pod/strategy.go (applySchedulingGatedCondition).
void note_scheduling_gates(Pod& pod) {
  if (pod.spec.scheduling_gates.empty()) return;
  api::set_condition(pod.status.conditions, "PodScheduled", api::ConditionStatus::False,
                     "SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates",
                     pod.meta.creation);
}

}  // namespace

std::optional<std::string> admit(Object& object, const Tables& tables) {
  const api::ObjectMeta& meta = api::meta_of(object);
  if (!meta.namespace_name.empty()) {
    if (Refusal refusal = refuse_in_namespace(meta.namespace_name, tables)) return refusal;
  }
  if (auto* space = std::get_if<api::Namespace>(&object)) {
    auto& finalizers = space->meta.finalizers;
    if (std::find(finalizers.begin(), finalizers.end(), kNamespaceFinalizer) == finalizers.end()) {
      finalizers.emplace_back(kNamespaceFinalizer);
    }
  }
  if (const auto* added = std::get_if<PriorityClass>(&object)) {
    return refuse_second_default(*added, tables);
  }
  auto* pod = std::get_if<Pod>(&object);
  if (pod == nullptr) return std::nullopt;
  if (Refusal refusal = apply_limit_ranges(*pod, tables)) return refusal;
  if (Refusal refusal = set_priority(*pod, tables)) return refusal;
  add_default_tolerations(*pod);
  note_scheduling_gates(*pod);
  return std::nullopt;
}

QuotaCharge charge_quotas(const Object& object, const Tables& tables) {
  QuotaCharge charge;
  const ObjectTable& quotas = table_of(tables, Kind::ResourceQuota);
  const std::string& space = api::meta_of(object).namespace_name;
  if (quotas.empty() || space.empty()) return charge;
  const api::QuotaAmounts usage = api::quota_usage(object);
  const auto* pod = std::get_if<Pod>(&object);
  quotas.each_in(space, [&](const api::ObjectPtr& stored) {
    if (charge.refusal) return;
    ResourceQuota quota = std::get<ResourceQuota>(*stored);
    if (!api::in_scopes(quota, object)) return;
    if (pod != nullptr) {
      const std::string missing = api::missing_for_quota(pod->spec, quota.hard);
      if (!missing.empty()) {
        charge.refusal = fmt::format("failed quota: {}: must specify {}", quota.meta.name, missing);
        return;
      }
    }
    std::vector<std::string> requested;
    std::vector<std::string> used;
    std::vector<std::string> limited;
    bool charged = false;
    for (const auto& [resource, amount] : usage) {
      const auto hard = quota.hard.find(resource);
      if (hard == quota.hard.end() || amount == 0) continue;
      std::int64_t& taken = quota.used[resource];
      if (taken + amount > hard->second) {
        requested.push_back(api::quota_text(resource, amount));
        used.push_back(api::quota_text(resource, taken));
        limited.push_back(api::quota_text(resource, hard->second));
      }
      taken += amount;
      charged = true;
    }
    if (!requested.empty()) {
      charge.refusal =
          fmt::format("exceeded quota: {}, requested: {}, used: {}, limited: {}", quota.meta.name,
                      fmt::join(requested, ","), fmt::join(used, ","), fmt::join(limited, ","));
      return;
    }
    if (charged) charge.charged.push_back(std::move(quota));
  });
  return charge;
}

std::optional<std::string> refuse_deletion(const Object& object) {
  const auto* space = std::get_if<api::Namespace>(&object);
  if (space == nullptr) return std::nullopt;
  for (const char* lasting : {"default", "kube-system", "kube-public"}) {
    if (space->meta.name == lasting) return "this namespace may not be deleted";
  }
  return std::nullopt;
}

}  // namespace orrery::store
