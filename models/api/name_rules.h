/// @file
/// What Kubernetes accepts as a name, and what a misspelt name was meant to be.
///
/// Source: Kubernetes apimachinery util/validation. Each rule returns whether `name` keeps it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace orrery::api {

/// At most 63 of a-z 0-9 -, first and last a letter or digit (RFC 1123 label).
[[nodiscard]] bool is_dns_label(std::string_view name);

/// As is_dns_label, and starting with a letter (RFC 1035 label): names of Services.
[[nodiscard]] bool is_service_name(std::string_view name);

/// At most 253 characters: labels joined by dots (RFC 1123 subdomain).
[[nodiscard]] bool is_dns_subdomain(std::string_view name);

/// At most 15 of a-z 0-9 -, with a letter, no "--", no - at the ends (IANA service name).
[[nodiscard]] bool is_port_name(std::string_view name);

/// [subdomain/]name, name at most 63 of A-Z a-z 0-9 - _ . with a letter or digit at the ends.
[[nodiscard]] bool is_label_key(std::string_view key);

/// Empty, or as the name part of a label key.
[[nodiscard]] bool is_label_value(std::string_view value);

/// At most 253 of A-Z a-z 0-9 - _ ., but not . and not beginning with ..: a key of a ConfigMap or
/// Secret.
[[nodiscard]] bool is_config_key(std::string_view key);

/// The candidate that `name` was probably meant to be: equal but for upper and lower case, or at
/// most two slips away (one for names below five letters). Nothing if no candidate is that near.
[[nodiscard]] std::optional<std::string> nearest(std::string_view name,
                                                 const std::vector<const char*>& candidates);

}  // namespace orrery::api
