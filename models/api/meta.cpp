#include "models/api/meta.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "models/api/enum_names.h"

namespace orrery::api {
namespace {

std::optional<long long> integer(const std::string& text) {
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

const char* to_string(Kind kind) { return name_of(kind, kKinds); }

std::optional<Kind> kind_named(std::string_view name) {
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (name == kKinds[i]) return static_cast<Kind>(i);
  }
  return std::nullopt;
}

bool is_namespaced(Kind kind) {
  switch (kind) {
    case Kind::Node:
    case Kind::PersistentVolume:
    case Kind::StorageClass:
    case Kind::VolumeAttachment:
    case Kind::Namespace:
    case Kind::PriorityClass:
    case Kind::IngressClass:
      return false;
    default:
      return true;
  }
}

std::string to_string(const ObjectKey& key) {
  std::string text = to_string(key.kind);
  if (!key.namespace_name.empty()) text += "/" + key.namespace_name;
  return text + "/" + key.name;
}

const OwnerReference* controller_of(const ObjectMeta& meta) {
  const auto owner = std::find_if(meta.owners.begin(), meta.owners.end(),
                                  [](const OwnerReference& o) { return o.controller; });
  return owner == meta.owners.end() ? nullptr : &*owner;
}

bool matches(const SelectorRequirement& requirement, const Labels& labels) {
  using Operator = SelectorRequirement::Operator;
  const auto label = labels.find(requirement.key);
  const bool present = label != labels.end();
  const auto listed = [&] {
    return std::find(requirement.values.begin(), requirement.values.end(), label->second) !=
           requirement.values.end();
  };
  switch (requirement.op) {
    case Operator::In:
      return present && listed();
    case Operator::NotIn:
      return !present || !listed();
    case Operator::Exists:
      return present;
    case Operator::DoesNotExist:
      return !present;
    case Operator::Gt:
    case Operator::Lt: {
      if (!present || requirement.values.size() != 1) return false;
      const auto have = integer(label->second);
      const auto want = integer(requirement.values.front());
      if (!have || !want) return false;
      return requirement.op == Operator::Gt ? *have > *want : *have < *want;
    }
  }
  contract_violation("a selector operator has one of the known values");
}

bool has_all(const Labels& labels, const Labels& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& one) {
    const auto label = labels.find(one.first);
    return label != labels.end() && label->second == one.second;
  });
}

bool matches(const LabelSelector& selector, const Labels& labels) {
  return has_all(labels, selector.match_labels) &&
         std::all_of(selector.match_expressions.begin(), selector.match_expressions.end(),
                     [&](const SelectorRequirement& r) { return matches(r, labels); });
}

}  // namespace orrery::api
