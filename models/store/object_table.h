/// @file
/// The objects of one kind, by namespace and name; pods also by node.
///
/// Objects are shared and never change, so a list hands out pointers and copies nothing.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/api/name_order.h"
#include "models/api/objects.h"

namespace orrery::store {

class ObjectTable {
 public:
  /// The object of that name, or null.
  [[nodiscard]] api::ObjectPtr find(std::string_view namespace_name, std::string_view name) const;

  void put(const api::ObjectPtr& object);
  /// Requires: an object of that name is in the table.
  void erase(const api::Object& object);

  [[nodiscard]] bool empty() const { return objects_.empty(); }
  [[nodiscard]] std::size_t size() const { return objects_.size(); }

  /// Visits by namespace and name: all, those of a namespace, the pods bound to a node.
  void each(const std::function<void(const api::ObjectPtr&)>& visit) const;
  void each_in(std::string_view namespace_name,
               const std::function<void(const api::ObjectPtr&)>& visit) const;
  void each_on(std::string_view node,
               const std::function<void(const api::ObjectPtr&)>& visit) const;

 private:
  using ByName = std::map<std::pair<std::string, std::string>, api::ObjectPtr, api::NameLess>;

  /// Where the object of that name stands, or is to stand: null then.
  [[nodiscard]] static api::ObjectPtr& place_of(ByName& objects, const api::NameView& name);

  ByName objects_;
  std::map<std::string, ByName, std::less<>> on_node_;  ///< Bound pods.
};

using Tables = std::array<ObjectTable, api::kKindCount>;

[[nodiscard]] inline const ObjectTable& table_of(const Tables& tables, api::Kind kind) {
  return tables[static_cast<std::size_t>(kind)];
}

/// The node a pod is bound to, or empty; empty for other kinds.
[[nodiscard]] const std::string& node_of(const api::Object& object);

}  // namespace orrery::store
