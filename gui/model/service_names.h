/// @file
/// Which service a workload, a pod or an endpoint slice belongs to, as far as names tell.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace orrery::gui {

class ServiceNames {
 public:
  /// "namespace/name" each, as in the scene of a recording.
  explicit ServiceNames(const std::vector<std::string>& services);

  /// Of "shop/cart" itself, or the longest name that "shop/cart-7f9c-x2x" goes on from with a
  /// hyphen; nothing: none has such a name.
  [[nodiscard]] std::optional<std::uint32_t> of(std::string_view name) const;
  /// Of "Pod/shop/cart-7f9c-x2x".
  [[nodiscard]] std::optional<std::uint32_t> of_object(std::string_view object) const;

 private:
  std::map<std::string, std::uint32_t, std::less<>> by_name_;
};

}  // namespace orrery::gui
