#include "gui/model/service_names.h"

namespace orrery::gui {

ServiceNames::ServiceNames(const std::vector<std::string>& services) {
  for (std::uint32_t i = 0; i < services.size(); ++i) by_name_.emplace(services[i], i);
}

std::optional<std::uint32_t> ServiceNames::of(std::string_view name) const {
  while (true) {
    const auto found = by_name_.find(name);
    if (found != by_name_.end()) return found->second;
    const std::size_t hyphen = name.rfind('-');
    if (hyphen == std::string_view::npos) return std::nullopt;
    name = name.substr(0, hyphen);
  }
}

std::optional<std::uint32_t> ServiceNames::of_object(std::string_view object) const {
  const std::size_t slash = object.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  return of(object.substr(slash + 1));
}

}  // namespace orrery::gui
