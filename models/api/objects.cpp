#include "models/api/objects.h"

namespace orrery::api {

bool is_ready(const Node& node) {
  const Condition* ready = find_condition(node.status.conditions, "Ready");
  return ready != nullptr && ready->status == ConditionStatus::True;
}

Object::Object() = default;
Object::Object(const Object& other) = default;
Object::Object(Object&& other) noexcept = default;
Object& Object::operator=(const Object& other) = default;
Object& Object::operator=(Object&& other) noexcept = default;
Object::~Object() = default;

bool operator==(const Object& a, const Object& b) {
  return static_cast<const AnyKind&>(a) == static_cast<const AnyKind&>(b);
}

const ObjectMeta& meta_of(const Object& object) {
  return std::visit([](const auto& o) -> const ObjectMeta& { return o.meta; }, object);
}

ObjectMeta& meta_of(Object& object) {
  return std::visit([](auto& o) -> ObjectMeta& { return o.meta; }, object);
}

ObjectKey key_of(const Object& object) {
  const ObjectMeta& meta = meta_of(object);
  return {kind_of(object), meta.namespace_name, meta.name};
}

}  // namespace orrery::api
