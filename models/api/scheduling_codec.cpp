#include "models/api/scheduling_codec.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <string>
#include <utility>

#include "models/api/enum_names.h"
#include "models/api/kind_readers.h"
#include "models/api/name_rules.h"
#include "models/api/part_writers.h"
#include "models/base/quantity.h"

namespace orrery::api {
namespace {

using Operator = SelectorRequirement::Operator;

enum class PreemptionPolicy : std::uint8_t { PreemptLowerPriority, Never };
inline constexpr Names<2> kPreemptionPolicies{"PreemptLowerPriority", "Never"};
enum class Unsatisfiable : std::uint8_t { DoNotSchedule, ScheduleAnyway };
inline constexpr Names<2> kUnsatisfiable{"DoNotSchedule", "ScheduleAnyway"};
enum class InclusionPolicy : std::uint8_t { Honor, Ignore };
inline constexpr Names<2> kInclusionPolicies{"Honor", "Ignore"};

constexpr std::int64_t kWeightMax = 100;
/// Allocatable of a node: how many volumes of a driver it can have attached.
constexpr std::string_view kAttachablePrefix = "attachable-volumes-";

bool is_whole_number(const std::string& text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end;
}

void check_node_requirement(ObjectReader& in, const SelectorRequirement& requirement,
                            bool is_field) {
  Reading& reading = in.reading();
  in.require("key", is_field ? "metadata.name" : "the key of a label");
  if (is_field && requirement.key != "metadata.name") {
    reading.wrong(in.field_or_here("key"), "metadata.name, the only field to select nodes by");
  } else if (!is_field && !requirement.key.empty() && !is_label_key(requirement.key)) {
    reading.wrong(in.field_or_here("key"), "the key of a label");
  }
  if (!in.require("operator", "In, NotIn, Exists, DoesNotExist, Gt or Lt")) return;
  const bool one_of_values = requirement.op == Operator::In || requirement.op == Operator::NotIn;
  if (is_field && (!one_of_values || requirement.values.size() != 1)) {
    reading.wrong(in.here(), "operator In or NotIn with one value");
    return;
  }
  switch (requirement.op) {
    case Operator::In:
    case Operator::NotIn:
      in.require("values", "at least one value");
      break;
    case Operator::Exists:
    case Operator::DoesNotExist:
      if (!requirement.values.empty()) {
        reading.wrong(in.field_or_here("values"), "no values with Exists or DoesNotExist");
      }
      break;
    case Operator::Gt:
    case Operator::Lt:
      if (requirement.values.size() != 1 || !is_whole_number(requirement.values.front())) {
        reading.wrong(in.field_or_here("values"), "one whole number, as text");
      }
      break;
  }
}

SelectorRequirement read_node_requirement(Reading& reading, const Cursor& at, bool is_field) {
  ObjectReader in{reading, at, "NodeSelectorRequirement"};
  SelectorRequirement requirement;
  in.text("key", requirement.key);
  in.choice("operator", requirement.op, kSelectorOperators);
  in.texts("values", requirement.values);
  in.finish({});
  if (in.manifest()) check_node_requirement(in, requirement, is_field);
  return requirement;
}

void read_term_fields(ObjectReader& in, NodeSelectorTerm& term) {
  in.list("matchExpressions", term.match_expressions, [&](const Cursor& at) {
    return read_node_requirement(in.reading(), at, /*is_field=*/false);
  });
  in.list("matchFields", term.match_fields, [&](const Cursor& at) {
    return read_node_requirement(in.reading(), at, /*is_field=*/true);
  });
  in.finish({});
}

void read_weight(ObjectReader& in, std::int32_t& weight) {
  in.require("weight", "a weight from 1 to 100");
  in.integer("weight", weight, 1, kWeightMax);
}

void read_node_affinity(ObjectReader& in, NodeAffinity& affinity) {
  in.object("requiredDuringSchedulingIgnoredDuringExecution", "NodeSelector",
            [&](ObjectReader& selector) {
              affinity.required.emplace();
              selector.require("nodeSelectorTerms", "at least one term");
              selector.list("nodeSelectorTerms", *affinity.required, [&](const Cursor& at) {
                return read_node_selector_term(in.reading(), at);
              });
              selector.finish({});
            });
  in.list("preferredDuringSchedulingIgnoredDuringExecution", affinity.preferred,
          [&](const Cursor& at) {
            ObjectReader fields{in.reading(), at, "PreferredSchedulingTerm"};
            PreferredNodeTerm preferred;
            read_weight(fields, preferred.weight);
            fields.require("preference", "a node selector term");
            fields.object("preference", "NodeSelectorTerm",
                          [&](ObjectReader& term) { read_term_fields(term, preferred.term); });
            fields.finish({});
            return preferred;
          });
  in.finish({});
}

void read_optional_selector(ObjectReader& in, const char* name,
                            std::optional<LabelSelector>& selector) {
  in.object(name, "LabelSelector",
            [&](ObjectReader& fields) { read_selector(fields, selector.emplace()); });
}

void read_topology_key(ObjectReader& in, std::string& key) {
  in.text("topologyKey", key);
  if (in.require("topologyKey", "the key of a node label") && in.manifest() && !is_label_key(key)) {
    in.reading().wrong(in.field_or_here("topologyKey"), "the key of a node label");
  }
}

void read_pod_term(ObjectReader& in, PodAffinityTerm& term) {
  read_optional_selector(in, "labelSelector", term.selector);
  in.texts("namespaces", term.namespaces);
  read_optional_selector(in, "namespaceSelector", term.namespace_selector);
  read_topology_key(in, term.topology_key);
  in.finish({"matchLabelKeys", "mismatchLabelKeys"});
}

void read_pod_affinity(ObjectReader& in, PodAffinity& affinity) {
  in.list("requiredDuringSchedulingIgnoredDuringExecution", affinity.required,
          [&](const Cursor& at) {
            ObjectReader fields{in.reading(), at, "PodAffinityTerm"};
            PodAffinityTerm term;
            read_pod_term(fields, term);
            return term;
          });
  in.list("preferredDuringSchedulingIgnoredDuringExecution", affinity.preferred,
          [&](const Cursor& at) {
            ObjectReader fields{in.reading(), at, "WeightedPodAffinityTerm"};
            WeightedPodAffinityTerm preferred;
            read_weight(fields, preferred.weight);
            fields.require("podAffinityTerm", "a term of pod affinity");
            fields.object("podAffinityTerm", "PodAffinityTerm",
                          [&](ObjectReader& term) { read_pod_term(term, preferred.term); });
            fields.finish({});
            return preferred;
          });
  in.finish({});
}

bool read_policy(ObjectReader& in, const char* name, bool honor) {
  InclusionPolicy policy = honor ? InclusionPolicy::Honor : InclusionPolicy::Ignore;
  in.choice(name, policy, kInclusionPolicies);
  return policy == InclusionPolicy::Honor;
}

TopologySpreadConstraint read_spread(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "TopologySpreadConstraint"};
  TopologySpreadConstraint constraint;
  in.require("maxSkew", "a skew of at least 1");
  in.integer("maxSkew", constraint.max_skew, 1);
  read_topology_key(in, constraint.topology_key);
  in.require("whenUnsatisfiable", "DoNotSchedule or ScheduleAnyway");
  Unsatisfiable otherwise = Unsatisfiable::DoNotSchedule;
  in.choice("whenUnsatisfiable", otherwise, kUnsatisfiable);
  constraint.schedule_anyway = otherwise == Unsatisfiable::ScheduleAnyway;
  read_optional_selector(in, "labelSelector", constraint.selector);
  std::int32_t domains = 0;
  if (in.integer("minDomains", domains, 1)) constraint.min_domains = domains;
  constraint.honor_node_affinity =
      read_policy(in, "nodeAffinityPolicy", constraint.honor_node_affinity);
  constraint.honor_node_taints = read_policy(in, "nodeTaintsPolicy", constraint.honor_node_taints);
  in.texts("matchLabelKeys", constraint.match_label_keys);
  in.finish({});
  if (!in.manifest()) return constraint;
  if (constraint.min_domains && constraint.schedule_anyway) {
    reading.wrong(*in.field("minDomains"), "no minDomains with ScheduleAnyway");
  }
  if (!constraint.match_label_keys.empty() && !constraint.selector) {
    reading.wrong(*in.field("matchLabelKeys"), "no matchLabelKeys without a labelSelector");
  }
  return constraint;
}

void check_spread(ObjectReader& in, const PodSpec& spec) {
  std::set<std::pair<std::string, bool>> known;
  for (std::size_t i = 0; i < spec.topology_spread.size(); ++i) {
    const TopologySpreadConstraint& constraint = spec.topology_spread[i];
    if (known.emplace(constraint.topology_key, constraint.schedule_anyway).second) continue;
    const Cursor list = *in.field("topologySpreadConstraints");
    const Cursor at{list.value->items[i].get(), &list, {}, i, true};
    in.reading().problem(at, "constraints that differ in topologyKey or whenUnsatisfiable",
                         "a second one for \"" + constraint.topology_key + "\"");
  }
}

void write_requirements(JsonWriter& out, const char* name,
                        const std::vector<SelectorRequirement>& requirements) {
  write_list(out, name, requirements, [](JsonWriter& o, const SelectorRequirement& requirement) {
    o.text("key", requirement.key);
    o.text("operator", name_of(requirement.op, kSelectorOperators));
    write_texts(o, "values", requirement.values);
  });
}

void write_optional_selector(JsonWriter& out, const char* name,
                             const std::optional<LabelSelector>& selector) {
  if (selector) write_selector(out, name, *selector);
}

void write_node_affinity(JsonWriter& out, const NodeAffinity& affinity) {
  if (affinity == NodeAffinity{}) return;
  out.begin_object("nodeAffinity");
  if (affinity.required) {
    out.begin_object("requiredDuringSchedulingIgnoredDuringExecution");
    write_list(out, "nodeSelectorTerms", *affinity.required, write_node_selector_term);
    out.end_object();
  }
  write_list(out, "preferredDuringSchedulingIgnoredDuringExecution", affinity.preferred,
             [](JsonWriter& o, const PreferredNodeTerm& preferred) {
               o.number_in_full("weight", preferred.weight);
               o.begin_object("preference");
               write_node_selector_term(o, preferred.term);
               o.end_object();
             });
  out.end_object();
}

void write_pod_term(JsonWriter& out, const PodAffinityTerm& term) {
  write_optional_selector(out, "labelSelector", term.selector);
  write_texts(out, "namespaces", term.namespaces);
  write_optional_selector(out, "namespaceSelector", term.namespace_selector);
  out.text("topologyKey", term.topology_key);
}

void write_pod_affinity(JsonWriter& out, const char* name, const PodAffinity& affinity) {
  if (affinity == PodAffinity{}) return;
  out.begin_object(name);
  write_list(out, "requiredDuringSchedulingIgnoredDuringExecution", affinity.required,
             write_pod_term);
  write_list(out, "preferredDuringSchedulingIgnoredDuringExecution", affinity.preferred,
             [](JsonWriter& o, const WeightedPodAffinityTerm& preferred) {
               o.number_in_full("weight", preferred.weight);
               o.begin_object("podAffinityTerm");
               write_pod_term(o, preferred.term);
               o.end_object();
             });
  out.end_object();
}

void write_spread(JsonWriter& out, const TopologySpreadConstraint& constraint) {
  out.number_in_full("maxSkew", constraint.max_skew);
  out.text("topologyKey", constraint.topology_key);
  out.text("whenUnsatisfiable", constraint.schedule_anyway ? "ScheduleAnyway" : "DoNotSchedule");
  write_optional_selector(out, "labelSelector", constraint.selector);
  if (constraint.min_domains) out.number_in_full("minDomains", *constraint.min_domains);
  if (!constraint.honor_node_affinity) out.text("nodeAffinityPolicy", "Ignore");
  if (constraint.honor_node_taints) out.text("nodeTaintsPolicy", "Honor");
  write_texts(out, "matchLabelKeys", constraint.match_label_keys);
}

}  // namespace

NodeSelectorTerm read_node_selector_term(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "NodeSelectorTerm"};
  NodeSelectorTerm term;
  read_term_fields(in, term);
  return term;
}

void write_node_selector_term(JsonWriter& out, const NodeSelectorTerm& term) {
  write_requirements(out, "matchExpressions", term.match_expressions);
  write_requirements(out, "matchFields", term.match_fields);
}

void read_extended(ObjectReader& in, std::map<std::string, std::int64_t>& extended) {
  for (const Member& member : in.here().value->members) {
    const bool has_prefix = member.key.find('/') != std::string::npos;
    if (!has_prefix && member.key.rfind(kAttachablePrefix, 0) != 0) continue;
    std::optional<std::int64_t> amount;
    read_quantity(in, member.key.c_str(), amount, parse_amount);
    if (amount) extended[member.key] = *amount;
  }
}

void write_extended(JsonWriter& out, const std::map<std::string, std::int64_t>& extended) {
  for (const auto& [name, amount] : extended) out.text_in_full(name, amount_text(amount));
}

void read_scheduling(ObjectReader& in, PodSpec& spec) {
  in.object("affinity", "Affinity", [&](ObjectReader& affinity) {
    affinity.object("nodeAffinity", "NodeAffinity",
                    [&](ObjectReader& fields) { read_node_affinity(fields, spec.affinity.node); });
    affinity.object("podAffinity", "PodAffinity",
                    [&](ObjectReader& fields) { read_pod_affinity(fields, spec.affinity.pod); });
    affinity.object("podAntiAffinity", "PodAntiAffinity",
                    [&](ObjectReader& fields) { read_pod_affinity(fields, spec.affinity.anti); });
    affinity.finish({});
  });
  in.list("topologySpreadConstraints", spec.topology_spread,
          [&](const Cursor& at) { return read_spread(in.reading(), at); });
  std::int32_t priority = 0;
  if (in.integer("priority", priority)) spec.priority = priority;
  in.text("priorityClassName", spec.priority_class_name);
  PreemptionPolicy policy = PreemptionPolicy::PreemptLowerPriority;
  in.choice("preemptionPolicy", policy, kPreemptionPolicies);
  spec.preempts = policy == PreemptionPolicy::PreemptLowerPriority;
  in.list("schedulingGates", spec.scheduling_gates, [&](const Cursor& at) {
    ObjectReader gate{in.reading(), at, "PodSchedulingGate"};
    std::string name;
    gate.require("name", "the name of a gate");
    gate.text("name", name);
    gate.finish({});
    return name;
  });
  in.text("schedulerName", spec.scheduler_name);
  in.object("overhead", "overhead",
            [&](ObjectReader& overhead) { read_resource_list(overhead, spec.overhead); });
  if (!in.manifest()) return;
  check_spread(in, spec);
  if (!spec.scheduling_gates.empty() && !spec.node_name.empty()) {
    in.reading().wrong(*in.field("nodeName"), "no nodeName while the pod has schedulingGates");
  }
}

void write_scheduling(JsonWriter& out, const PodSpec& spec) {
  if (spec.affinity != Affinity{}) {
    out.begin_object("affinity");
    write_node_affinity(out, spec.affinity.node);
    write_pod_affinity(out, "podAffinity", spec.affinity.pod);
    write_pod_affinity(out, "podAntiAffinity", spec.affinity.anti);
    out.end_object();
  }
  write_list(out, "topologySpreadConstraints", spec.topology_spread.view(), write_spread);
  if (spec.priority) out.number_in_full("priority", *spec.priority);
  out.text("priorityClassName", spec.priority_class_name);
  if (!spec.preempts) out.text("preemptionPolicy", "Never");
  write_list(out, "schedulingGates", spec.scheduling_gates,
             [](JsonWriter& o, const std::string& gate) { o.text("name", gate); });
  out.text("schedulerName", spec.scheduler_name);
  write_resource_list(out, "overhead", spec.overhead);
}

}  // namespace orrery::api
