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
    return NameView{a.first, a.second} < NameView{b.first, b.second};
  }
};

}  // namespace orrery::api
