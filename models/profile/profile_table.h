/// @file
/// Every value of a profile by name, with where it comes from. The rows are made from the
/// configuration structs themselves, so that none is forgotten.
#pragma once

#include <concepts>
#include <optional>
#include <ranges>
#include <string>
#include <type_traits>
#include <vector>

#include "models/api/count_or_percent.h"
#include "models/profile/profile.h"

namespace orrery::profile {

struct Row {
  const char* name;  ///< "controllers.node_lifecycle.monitor_grace"
  std::string (*value)(const Profile&);
  const char* source;  ///< The flag, file or API field it is the default of, in words.
};

/// In the order of the structs.
[[nodiscard]] const std::vector<Row>& table();

[[nodiscard]] std::string number_text(double value);

/// A value for people: "40s", "yes", "15", "none".
template <class T>
[[nodiscard]] std::string text_of(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "yes" : "no";
  } else if constexpr (std::is_same_v<T, Duration> || std::is_same_v<T, Instant>) {
    return to_string(value);
  } else if constexpr (std::is_integral_v<T>) {
    return std::to_string(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    return number_text(value);
  } else if constexpr (std::is_convertible_v<T, std::string>) {
    return std::string{value};
  } else if constexpr (requires {
                         *value;
                         value.has_value();
                       }) {
    return value.has_value() ? text_of(*value) : "none";
  } else if constexpr (std::is_enum_v<T>) {
    if constexpr (requires { to_string(value); }) {
      return to_string(value);
    } else {
      return std::to_string(static_cast<int>(value));
    }
  } else if constexpr (requires {
                         value.first;
                         value.second;
                       }) {
    return text_of(value.first) + "=" + text_of(value.second);
  } else if constexpr (std::ranges::range<T>) {
    std::string text;
    for (const auto& item : value) text += (text.empty() ? "" : " ") + text_of(item);
    return text.empty() ? "none" : text;
  } else if constexpr (requires {
                         value.value;
                         value.percent;
                       }) {
    return std::to_string(value.value) + (value.percent ? "%" : "");
  } else if constexpr (requires {
                         value.name;
                         value.weight;
                       }) {
    return text_of(value.name) + ":" + text_of(value.weight);
  } else if constexpr (requires { value.name; }) {
    return text_of(value.name);
  } else if constexpr (std::is_pointer_v<T>) {
    return value == nullptr ? "none" : "given";
  } else if constexpr (requires { to_string(value); }) {
    return to_string(value);
  } else {
    return "see the source";
  }
}

}  // namespace orrery::profile
