#include "models/store/object_table.h"

#include "models/base/contract.h"

namespace orrery::store {

const std::string& node_of(const api::Object& object) {
  static const std::string kNone;
  const auto* pod = std::get_if<api::Pod>(&object);
  return pod == nullptr ? kNone : pod->spec.node_name;
}

api::ObjectPtr ObjectTable::find(std::string_view namespace_name, std::string_view name) const {
  const auto found = objects_.find(api::NameView{namespace_name, name});
  return found == objects_.end() ? nullptr : found->second;
}

api::ObjectPtr& ObjectTable::place_of(ByName& objects, const api::NameView& name) {
  auto place = objects.lower_bound(name);
  if (place == objects.end() || api::NameLess{}(name, place->first)) {
    place = objects.emplace_hint(place, std::pair<std::string, std::string>{name}, nullptr);
  }
  return place->second;
}

void ObjectTable::put(const api::ObjectPtr& object) {
  const api::ObjectMeta& meta = api::meta_of(*object);
  const api::NameView name{meta.namespace_name, meta.name};
  const std::string& node = node_of(*object);
  api::ObjectPtr& held = place_of(objects_, name);
  if (held != nullptr) {
    const std::string& old_node = node_of(*held);
    if (!old_node.empty() && old_node != node) {
      ByName& pods = on_node_.find(old_node)->second;
      pods.erase(pods.find(name));
    }
  }
  held = object;
  if (!node.empty()) place_of(on_node_[node], name) = object;
}

void ObjectTable::erase(const api::Object& object) {
  const api::ObjectMeta& meta = api::meta_of(object);
  const auto found = objects_.find(api::NameView{meta.namespace_name, meta.name});
  expects(found != objects_.end(), "what is erased is in the table");
  if (const std::string& node = node_of(*found->second); !node.empty()) {
    const auto pods = on_node_.find(node);
    pods->second.erase(found->first);
    if (pods->second.empty()) on_node_.erase(pods);
  }
  objects_.erase(found);
}

void ObjectTable::each(const std::function<void(const api::ObjectPtr&)>& visit) const {
  for (const auto& [name, object] : objects_) visit(object);
}

void ObjectTable::each_in(std::string_view namespace_name,
                          const std::function<void(const api::ObjectPtr&)>& visit) const {
  for (auto at = objects_.lower_bound(api::NameView{namespace_name, {}});
       at != objects_.end() && at->first.first == namespace_name; ++at) {
    visit(at->second);
  }
}

void ObjectTable::each_on(std::string_view node,
                          const std::function<void(const api::ObjectPtr&)>& visit) const {
  const auto pods = on_node_.find(node);
  if (pods == on_node_.end()) return;
  for (const auto& [name, object] : pods->second) visit(object);
}

}  // namespace orrery::store
