// Quotas, limit ranges, priorities and namespaces as text.
#include <algorithm>
#include <array>
#include <string_view>

#include "models/api/enum_names.h"
#include "models/api/kind_readers.h"
#include "models/api/kind_writers.h"
#include "models/api/part_writers.h"
#include "models/api/quota_usage.h"
#include "models/base/quantity.h"

namespace orrery::api {
namespace {

constexpr std::array kLimitTypes{"Container", "Pod"};
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
    in.finish({"scopes", "scopeSelector"});
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
