/// @file
/// The named zones of the tz database whose rules repeat every year, as POSIX TZ strings.
///
/// Source: tz database 2025b. Left out are zones whose clocks follow the Islamic calendar
/// (Africa/Casablanca, Africa/El_Aaiun, Asia/Gaza, Asia/Hebron): no yearly rule describes them.
#pragma once

#include <span>
#include <string_view>

namespace orrery::api {

struct NamedZone {
  std::string_view name;   ///< "Europe/Berlin"
  std::string_view rules;  ///< "CET-1CEST,M3.5.0,M10.5.0/3"
};

/// Sorted by name.
[[nodiscard]] std::span<const NamedZone> named_zones();

}  // namespace orrery::api
