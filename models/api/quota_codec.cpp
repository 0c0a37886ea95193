// Quotas, limit ranges, priorities and namespaces as text.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "models/api/enum_names.h"
#include "models/api/kind_readers.h"
#include "models/api/kind_writers.h"
#include "models/api/part_writers.h"
#include "models/api/quota_scopes.h"
#include "models/api/quota_usage.h"
#include "models/base/quantity.h"

namespace orrery::api {
namespace {

constexpr std::array kLimitTypes{"Container", "Pod"};
constexpr Names<6> kScopes{"Terminating",   "NotTerminating", "BestEffort",
                           "NotBestEffort", "PriorityClass",  "CrossNamespacePodAffinity"};
constexpr std::array kPreemptionPolicies{"Never", "PreemptLowerPriority"};
/// Source: Kubernetes scheduling HighestUserDefinablePriority.
constexpr std::int32_t kUserPriorityMax = 1'000'000'000;

void read_amounts(ObjectReader& root, const char* name, QuotaAmounts& amounts) {
  root.object(name, "ResourceList", [&](ObjectReader& in) {
    for (const Member& member : in.here().value->members) {
      const char* resource = member.key.c_str();
      std::optional<std::int64_t> amount;
      read_quantity(in, resource, amount, is_cpu_quota(member.key) ? parse_milli : parse_amount);
      if (!amount) continue;
      if (in.manifest() && !is_counted_quota(member.key)) {
        in.reading().not_modelled(*in.field(resource), "quota of " + member.key);
      } else {
        amounts[member.key] = *amount;
      }
    }
    in.finish({});
  });
}

void write_amounts(JsonWriter& out, const char* name, const QuotaAmounts& amounts) {
  if (amounts.empty()) return;
  out.begin_object(name);
  for (const auto& [resource, amount] : amounts) {
    out.text(resource, is_cpu_quota(resource) ? milli_text(amount) : amount_text(amount));
  }
  out.end_object();
}

using Operator = SelectorRequirement::Operator;

/// The scopes of one quota as they are read: each must be able to hold with the others, and for
/// what is limited.
struct ScopeCheck {
  const QuotaAmounts& hard;
  std::vector<QuotaScope> seen;

  void operator()(Reading& reading, const Cursor& at, QuotaScope scope) {
    if (!reading.manifest()) return;
    for (const auto& [resource, amount] : hard) {
      if (may_limit(scope, resource)) continue;
      reading.wrong(at, fmt::format("a scope in which {} can be limited", resource),
                    scope == QuotaScope::BestEffort
                        ? "BestEffort: pods alone"
                        : "scopes are those of pods: pods, cpu and memory");
    }
    for (const auto& [one, other] : {std::pair{QuotaScope::BestEffort, QuotaScope::NotBestEffort},
                                     {QuotaScope::Terminating, QuotaScope::NotTerminating}}) {
      const bool conflict = (scope == one && has_seen(other)) || (scope == other && has_seen(one));
      if (!conflict) continue;
      reading.wrong(
          at, fmt::format("not both {} and {}", name_of(one, kScopes), name_of(other, kScopes)));
    }
    seen.push_back(scope);
  }

 private:
  [[nodiscard]] bool has_seen(QuotaScope scope) const {
    return std::find(seen.begin(), seen.end(), scope) != seen.end();
  }
};

void read_scopes(ObjectReader& in, ResourceQuota& quota) {
  ScopeCheck check{quota.hard, {}};
  in.each("scopes", [&](const Cursor& at) {
    const auto* found = at.value->type != Value::Type::Text
                            ? kScopes.end()
                            : std::find(kScopes.begin(), kScopes.end(), at.value->text);
    if (found == kScopes.end()) {
      return in.reading().wrong(at, fmt::format("{}", fmt::join(kScopes, ", ")));
    }
    const auto scope = static_cast<QuotaScope>(found - kScopes.begin());
    check(in.reading(), at, scope);
    quota.scopes.push_back(scope);
  });
}

ScopeRequirement read_requirement(Reading& reading, const Cursor& at, ScopeCheck& check) {
  ObjectReader in{reading, at, "ScopedResourceSelectorRequirement"};
  ScopeRequirement required;
  in.require("scopeName", "the name of a scope");
  if (in.choice("scopeName", required.scope, kScopes)) {
    check(reading, *in.field("scopeName"), required.scope);
  }
  in.require("operator", "In, NotIn, Exists or DoesNotExist");
  in.choice("operator", required.op, kSelectorOperators);
  in.texts("values", required.values);
  in.finish({});
  if (!reading.manifest()) return required;
  if (required.op == Operator::Gt || required.op == Operator::Lt) {
    reading.wrong(in.field_or_here("operator"), "In, NotIn, Exists or DoesNotExist");
    return required;
  }
  if (required.scope != QuotaScope::PriorityClass && required.op != Operator::Exists) {
    reading.wrong(in.field_or_here("operator"), "Exists", "only PriorityClass has values");
  }
  const bool has_values = required.op == Operator::In || required.op == Operator::NotIn;
  if (has_values) {
    in.require("values", "at least one value");
  } else if (!required.values.empty()) {
    reading.wrong(in.field_or_here("values"), "no values with Exists or DoesNotExist");
  }
  return required;
}

void write_scopes(JsonWriter& out, const ResourceQuota& quota) {
  std::vector<std::string> names;
  for (const QuotaScope scope : quota.scopes) names.emplace_back(name_of(scope, kScopes));
  write_texts(out, "scopes", names);
  if (quota.scope_selector.empty()) return;
  out.begin_object("scopeSelector");
  write_list(out, "matchExpressions", quota.scope_selector,
             [](JsonWriter& o, const ScopeRequirement& required) {
               o.text("scopeName", name_of(required.scope, kScopes));
               o.text("operator", name_of(required.op, kSelectorOperators));
               write_texts(o, "values", required.values);
             });
  out.end_object();
}

void read_item(Reading& reading, const Cursor& at, std::vector<LimitRangeItem>& items) {
  ObjectReader in{reading, at, "LimitRangeItem"};
  LimitRangeItem item;
  enum class Type : std::uint8_t { Container, Pod };
  Type type = Type::Container;
  std::string text;
  in.require("type", "Container or Pod");
  const bool of_claims = in.text("type", text) && text == "PersistentVolumeClaim";
  if (of_claims) {
    reading.not_modelled(*in.field("type"), "limits of PersistentVolumeClaims");
  } else {
    in.choice("type", type, kLimitTypes);
  }
  item.pod = type == Type::Pod;
  const auto read = [&](const char* name, ResourceList& list) {
    in.object(name, "ResourceList", [&](ObjectReader& r) { read_resource_list(r, list); });
  };
  read("min", item.min);
  read("max", item.max);
  read("default", item.default_limit);
  read("defaultRequest", item.default_request);
  in.finish({"maxLimitRequestRatio"});
  if (in.manifest() && item.pod && in.field("default")) {
    reading.wrong(*in.field("default"), "no default for pods, only for containers");
  }
  if (!of_claims) items.push_back(std::move(item));
}

}  // namespace

void read_body(ObjectReader& root, ResourceQuota& quota) {
  root.object("spec", "ResourceQuotaSpec", [&](ObjectReader& in) {
    read_amounts(in, "hard", quota.hard);
    read_scopes(in, quota);
    in.object("scopeSelector", "ScopeSelector", [&](ObjectReader& selector) {
      ScopeCheck check{quota.hard, {}};
      selector.list("matchExpressions", quota.scope_selector, [&](const Cursor& at) {
        return read_requirement(selector.reading(), at, check);
      });
      selector.finish({});
    });
    in.finish({});
  });
  if (root.manifest()) return root.pass_over({"status"});
  root.object("status", "ResourceQuotaStatus", [&](ObjectReader& in) {
    read_amounts(in, "used", quota.used);
    in.finish({});
  });
}

void write_body(JsonWriter& out, const ResourceQuota& quota) {
  out.begin_object("spec");
  write_amounts(out, "hard", quota.hard);
  write_scopes(out, quota);
  out.end_object();
  out.begin_object("status");
  write_amounts(out, "used", quota.used);
  out.end_object();
}

void read_body(ObjectReader& root, LimitRange& range) {
  root.require("spec", "a spec with limits");
  root.object("spec", "LimitRangeSpec", [&](ObjectReader& in) {
    in.each("limits", [&](const Cursor& at) { read_item(in.reading(), at, range.limits); });
    in.finish({});
  });
}

void write_body(JsonWriter& out, const LimitRange& range) {
  out.begin_object("spec");
  write_list(out, "limits", range.limits, [](JsonWriter& item_out, const LimitRangeItem& item) {
    item_out.text("type", item.pod ? "Pod" : "Container");
    write_resource_list(item_out, "min", item.min);
    write_resource_list(item_out, "max", item.max);
    write_resource_list(item_out, "default", item.default_limit);
    write_resource_list(item_out, "defaultRequest", item.default_request);
  });
  out.end_object();
}

void read_body(ObjectReader& root, PriorityClass& priority) {
  root.require("value", "a whole number up to 1000000000");
  root.integer("value", priority.value, std::numeric_limits<std::int32_t>::min(), kUserPriorityMax);
  root.flag("globalDefault", priority.global_default);
  enum class Policy : std::uint8_t { Never, PreemptLowerPriority };
  Policy policy = Policy::PreemptLowerPriority;
  root.choice("preemptionPolicy", policy, kPreemptionPolicies);
  priority.preempts = policy == Policy::PreemptLowerPriority;
  root.pass_over({"description"});
  if (root.manifest() && priority.meta.name.starts_with("system-")) {
    root.reading().problem(root.here(), "a name that does not begin with system-",
                           "\"" + priority.meta.name + "\"",
                           "the system's own classes exist without a manifest");
  }
}

void write_body(JsonWriter& out, const PriorityClass& priority) {
  out.number_in_full("value", priority.value);
  out.flag("globalDefault", priority.global_default);
  if (!priority.preempts) out.text("preemptionPolicy", "Never");
}

void read_body(ObjectReader& root, Namespace& /*space*/) { root.pass_over({"spec", "status"}); }

void write_body(JsonWriter& /*out*/, const Namespace& /*space*/) {}

}  // namespace orrery::api
