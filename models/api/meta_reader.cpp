#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include "models/api/enum_names.h"
#include "models/api/kind_readers.h"
#include "models/api/name_rules.h"

namespace orrery::api {
namespace {

Cursor member_of(const Cursor& map, const std::string& key) {
  const Member* member = find_member(*map.value, key);
  return member == nullptr ? map : Cursor{member->value.get(), &map, member->key, 0, false};
}

/// Annotations by which meshes, ingress controllers and clouds are told how to treat requests or
/// nodes: timeouts, retries, canaries, what a proxy leaves alone. None of it is played.
bool changes_behaviour(std::string_view key) {
  static constexpr std::array<std::string_view, 20> kPrefixes{"linkerd.io/",
                                                              "config.linkerd.io/",
                                                              "config.alpha.linkerd.io/",
                                                              "retry.linkerd.io/",
                                                              "timeout.linkerd.io/",
                                                              "balancer.linkerd.io/",
                                                              "proxy.istio.io/",
                                                              "traffic.sidecar.istio.io/",
                                                              "networking.istio.io/",
                                                              "nginx.ingress.kubernetes.io/",
                                                              "nginx.org/",
                                                              "traefik.ingress.kubernetes.io/",
                                                              "alb.ingress.kubernetes.io/",
                                                              "haproxy.org/",
                                                              "haproxy-ingress.github.io/",
                                                              "konghq.com/",
                                                              "projectcontour.io/",
                                                              "consul.hashicorp.com/",
                                                              "service.beta.kubernetes.io/",
                                                              "karpenter.sh/"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](std::string_view prefix) { return key.starts_with(prefix); });
}

void check_label_keys(ObjectReader& in, const Cursor& at, const Labels& labels) {
  for (const auto& [key, value] : labels) {
    if (is_label_key(key)) continue;
    in.reading().problem(member_of(at, key),
                         "a key of letters, digits, - _ . (with an optional prefix and /)",
                         "\"" + key + "\"");
  }
}

void check_name(ObjectReader& in, Kind kind, const char* field, std::string name) {
  const std::optional<Cursor> at = in.field(field);
  if (!at || name.empty()) return;
  // A generated suffix replaces what may end a prefix.
  if (std::string_view{field} == "generateName" && name.back() == '-') name += "x";
  if (kind == Kind::Service && !is_service_name(name)) {
    in.reading().wrong(*at, "a name of at most 63 of a-z 0-9 - that starts with a letter");
  } else if (!is_dns_subdomain(name)) {
    in.reading().wrong(*at, "a name of at most 253 of a-z 0-9 - . (a DNS name)");
  }
}

void check_meta(ObjectReader& in, Kind kind, ObjectMeta& meta) {
  if (meta.name.empty() && meta.generate_name.empty()) {
    in.reading().problem(in.field_or_here("name"), "a name of the object", "none");
  }
  check_name(in, kind, "name", meta.name);
  check_name(in, kind, "generateName", meta.generate_name);
  if (!is_namespaced(kind)) {
    if (!meta.namespace_name.empty()) {
      in.reading().wrong(*in.field("namespace"),
                         std::string{"no namespace: a "} + to_string(kind) + " belongs to none");
    }
    meta.namespace_name.clear();
  } else if (meta.namespace_name.empty()) {
    meta.namespace_name = "default";
  } else if (!is_dns_label(meta.namespace_name)) {
    in.reading().wrong(*in.field("namespace"), "a namespace of at most 63 of a-z 0-9 -");
  }
}

OwnerReference read_owner(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "OwnerReference"};
  OwnerReference owner;
  in.choice("kind", owner.kind, kKinds);
  in.text("name", owner.name);
  in.text("uid", owner.uid);
  in.flag("controller", owner.controller);
  in.flag("blockOwnerDeletion", owner.block_deletion);
  in.finish({});
  return owner;
}

void read_server_fields(ObjectReader& in, ObjectMeta& meta) {
  in.text("uid", meta.uid);
  std::string version;
  if (in.text("resourceVersion", version)) {
    const char* end = version.data() + version.size();
    const auto [stop, error] = std::from_chars(version.data(), end, meta.resource_version);
    if (error != std::errc{} || stop != end) {
      in.reading().wrong(*in.field("resourceVersion"), "a whole number as text");
    }
  }
  in.integer("generation", meta.generation);
  in.instant("creationTimestamp", meta.creation);
  in.instant("deletionTimestamp", meta.deletion);
  in.seconds("deletionGracePeriodSeconds", meta.deletion_grace);
  in.list("ownerReferences", meta.owners,
          [&](const Cursor& at) { return read_owner(in.reading(), at); });
}

SelectorRequirement read_requirement(Reading& reading, const Cursor& at) {
  using Operator = SelectorRequirement::Operator;
  ObjectReader in{reading, at, "LabelSelectorRequirement"};
  SelectorRequirement requirement;
  in.text("key", requirement.key);
  in.choice("operator", requirement.op, kSelectorOperators);
  in.texts("values", requirement.values);
  in.finish({});
  if (!in.manifest()) return requirement;
  if (in.require("key", "the key of a label") && !is_label_key(requirement.key)) {
    reading.wrong(in.field_or_here("key"), "the key of a label");
  }
  if (!in.require("operator", "In, NotIn, Exists or DoesNotExist")) return requirement;
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
      reading.wrong(in.field_or_here("operator"), "In, NotIn, Exists or DoesNotExist");
      break;
  }
  return requirement;
}

}  // namespace

void read_labels(ObjectReader& in, const char* name, Labels& labels) {
  if (!in.labels(name, labels) || !in.manifest()) return;
  const Cursor at = *in.field(name);
  check_label_keys(in, at, labels);
  for (const auto& [key, value] : labels) {
    if (is_label_value(value)) continue;
    in.reading().wrong(member_of(at, key),
                       "a value of at most 63 letters, digits, - _ . with no - _ . at the ends");
  }
}

void read_annotations(ObjectReader& in, const char* name, Labels& annotations) {
  if (!in.labels(name, annotations) || !in.manifest()) return;
  const Cursor at = *in.field(name);
  check_label_keys(in, at, annotations);
  for (const auto& [key, value] : annotations) {
    if (changes_behaviour(key)) in.reading().not_modelled(member_of(at, key), "annotation " + key);
  }
}

void read_meta(ObjectReader& root, Kind kind, ObjectMeta& meta) {
  const bool present = root.object("metadata", "metadata", [&](ObjectReader& in) {
    in.text("name", meta.name);
    in.text("generateName", meta.generate_name);
    in.text("namespace", meta.namespace_name);
    read_labels(in, "labels", meta.labels);
    read_annotations(in, "annotations", meta.annotations);
    in.texts("finalizers", meta.finalizers);
    if (in.manifest()) {
      check_meta(in, kind, meta);
      in.pass_over({"uid", "creationTimestamp", "managedFields", "resourceVersion", "generation",
                    "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds"});
      in.finish({"ownerReferences"});
    } else {
      read_server_fields(in, meta);
      in.finish({});
    }
  });
  if (!present && root.manifest()) {
    root.reading().problem(root.here(), "metadata with a name", "no field \"metadata\"");
  }
}

void read_selector(ObjectReader& in, LabelSelector& selector) {
  read_labels(in, "matchLabels", selector.match_labels);
  in.list("matchExpressions", selector.match_expressions,
          [&](const Cursor& at) { return read_requirement(in.reading(), at); });
  in.finish({});
}

Condition read_condition(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "Condition"};
  Condition condition;
  in.text("type", condition.type);
  in.choice("status", condition.status, kConditionStatuses);
  in.text("reason", condition.reason);
  in.text("message", condition.message);
  in.instant("lastTransitionTime", condition.last_transition);
  in.instant("lastUpdateTime", condition.last_update);
  in.finish({});
  return condition;
}

void read_quantity(ObjectReader& in, const char* name, std::optional<std::int64_t>& amount,
                   std::optional<std::int64_t> (*parse)(std::string_view)) {
  const std::optional<Cursor> at = in.field(name);
  if (!at) return;
  const Value& value = *at->value;
  std::optional<std::int64_t> read;
  if (value.type == Value::Type::Integer) {
    read = parse(std::to_string(value.integer));
  } else if (value.type == Value::Type::Text || value.type == Value::Type::Decimal) {
    read = parse(value.text);
  }
  if (read) {
    amount = read;
  } else {
    in.reading().wrong(*at, "a quantity of at least 0, such as \"250m\" or \"64Mi\"");
  }
}

void finish_resources(ObjectReader& in) {
  for (const Member& member : in.here().value->members) {
    if (!member.key.starts_with("hugepages-")) continue;
    const Cursor at{member.value.get(), &in.here(), member.key, 0, false};
    in.reading().not_modelled(at, "field " + field_path(at));
    in.pass_over({member.key.c_str()});
  }
  in.finish({"ephemeral-storage", "storage"});
}

}  // namespace orrery::api
