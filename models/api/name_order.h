/// @file
/// The order of objects by namespace and name, for maps that are asked with views.
#pragma once

#include <string_view>
#include <utility>

namespace orrery::api {

/// Namespace and name.
using NameView = std::pair<std::string_view, std::string_view>;

/// Orders names without making strings of views.
struct NameLess {
  using is_transparent = void;
  template <class A, class B>
  bool operator()(const A& a, const B& b) const {
    // Most names that are compared share their namespace: that one is equal costs no order.
    const std::string_view a_space{a.first};
    const std::string_view b_space{b.first};
    if (a_space != b_space) return a_space < b_space;
    return std::string_view{a.second} < std::string_view{b.second};
  }
};

}  // namespace orrery::api
