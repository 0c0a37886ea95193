#include "models/api/manifest_patch.h"

#include <algorithm>
#include <array>
#include <utility>

namespace orrery::api {
namespace {

constexpr std::string_view kDirective = "$patch";

struct MergeKey {
  std::string_view list;
  std::string_view key;
};

/// `ports` has one in pods and another in Services: the first that all items have decides.
constexpr std::array kMergeKeys = {MergeKey{"containers", "name"},
                                   MergeKey{"initContainers", "name"},
                                   MergeKey{"env", "name"},
                                   MergeKey{"volumes", "name"},
                                   MergeKey{"imagePullSecrets", "name"},
                                   MergeKey{"ports", "containerPort"},
                                   MergeKey{"ports", "port"},
                                   MergeKey{"volumeMounts", "mountPath"},
                                   MergeKey{"hostAliases", "ip"},
                                   MergeKey{"topologySpreadConstraints", "topologyKey"},
                                   MergeKey{"conditions", "type"}};

/// The scalar under that key as text; empty: none.
std::string_view scalar_at(const Value& map, std::string_view key) {
  const Member* member = map.type == Value::Type::Map ? find_member(map, key) : nullptr;
  return member == nullptr ? std::string_view{} : std::string_view{member->value->text};
}

/// Numbers are compared by value: `80` and `0x50` are one port.
bool same_key(const Value& a, const Value& b, std::string_view key) {
  const Member* left = find_member(a, key);
  const Member* right = find_member(b, key);
  if (left == nullptr || right == nullptr || left->value->type != right->value->type) return false;
  return left->value->type == Value::Type::Integer ? left->value->integer == right->value->integer
                                                   : left->value->text == right->value->text;
}

bool all_have(const Value& list, std::string_view key) {
  return std::all_of(list.items.begin(), list.items.end(), [key](const ValuePtr& item) {
    return item->type == Value::Type::Map &&
           (find_member(*item, key) != nullptr || find_member(*item, kDirective) != nullptr);
  });
}

std::string_view merge_key(std::string_view list_name, const Value& base, const Value& patch) {
  for (const MergeKey& candidate : kMergeKeys) {
    if (candidate.list == list_name && all_have(base, candidate.key) &&
        all_have(patch, candidate.key)) {
      return candidate.key;
    }
  }
  return {};
}

ValuePtr without_directive(const ValuePtr& map) {
  Value copy = *map;
  std::erase_if(copy.members, [](const Member& member) { return member.key == kDirective; });
  return std::make_shared<const Value>(std::move(copy));
}

ValuePtr merged(const ValuePtr& base, const ValuePtr& patch, std::string_view name);

ValuePtr merged_lists(const ValuePtr& base, const ValuePtr& patch, std::string_view key) {
  Value list = *base;
  for (const ValuePtr& item : patch->items) {
    const std::string_view directive = scalar_at(*item, kDirective);
    if (directive == "replace") {
      list.items.clear();
      continue;
    }
    const auto known = std::find_if(list.items.begin(), list.items.end(), [&](const ValuePtr& old) {
      return same_key(*old, *item, key);
    });
    if (directive == "delete") {
      if (known != list.items.end()) list.items.erase(known);
    } else if (known != list.items.end()) {
      *known = merged(*known, item, {});
    } else {
      list.items.push_back(item);
    }
  }
  return std::make_shared<const Value>(std::move(list));
}

ValuePtr merged(const ValuePtr& base, const ValuePtr& patch, std::string_view name) {
  if (base->type == Value::Type::List && patch->type == Value::Type::List) {
    const std::string_view key = merge_key(name, *base, *patch);
    return key.empty() ? patch : merged_lists(base, patch, key);
  }
  if (base->type != Value::Type::Map || patch->type != Value::Type::Map) return patch;
  if (scalar_at(*patch, kDirective) == "replace") return without_directive(patch);
  Value map = *base;
  for (const Member& member : patch->members) {
    const auto known = std::find_if(map.members.begin(), map.members.end(),
                                    [&](const Member& old) { return old.key == member.key; });
    if (member.value->type == Value::Type::Null) {
      if (known != map.members.end()) map.members.erase(known);
    } else if (known == map.members.end()) {
      map.members.push_back(member);
    } else {
      known->value = merged(known->value, member.value, member.key);
    }
  }
  return std::make_shared<const Value>(std::move(map));
}

bool fits(const ManifestPatch& patch, const Value& object) {
  if (scalar_at(object, "kind") != patch.kind) return false;
  const Member* metadata = find_member(object, "metadata");
  if (metadata == nullptr || scalar_at(*metadata->value, "name") != patch.name) return false;
  std::string_view named = scalar_at(*metadata->value, "namespace");
  if (named.empty()) named = "default";
  return patch.namespace_name.empty() || named == patch.namespace_name;
}

}  // namespace

ValuePtr patched(const ValuePtr& object, const ValuePtr& patch) {
  return merged(object, patch, {});
}

void ManifestPatches::add(ManifestPatch patch) {
  patches_.push_back(std::move(patch));
  uses_.push_back(0);
}

ValuePtr ManifestPatches::apply(const ValuePtr& document) {
  if (document->type != Value::Type::Map) return document;
  const Member* items = find_member(*document, "items");
  if (items != nullptr && items->value->type == Value::Type::List &&
      scalar_at(*document, "kind").ends_with("List")) {
    Value list = *items->value;
    for (ValuePtr& item : list.items) item = apply(item);
    Value copy = *document;
    for (Member& member : copy.members) {
      if (member.key == "items") member.value = std::make_shared<const Value>(list);
    }
    return std::make_shared<const Value>(std::move(copy));
  }
  ValuePtr object = document;
  for (std::size_t i = 0; i < patches_.size(); ++i) {
    if (!fits(patches_[i], *object)) continue;
    ++uses_[i];
    object = patched(object, patches_[i].merge);
  }
  return object;
}

std::vector<const ManifestPatch*> ManifestPatches::unused() const {
  std::vector<const ManifestPatch*> unused;
  for (std::size_t i = 0; i < patches_.size(); ++i) {
    if (uses_[i] == 0) unused.push_back(&patches_[i]);
  }
  return unused;
}

}  // namespace orrery::api
