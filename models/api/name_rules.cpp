#include "models/api/name_rules.h"

#include <algorithm>
#include <array>

namespace orrery::api {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower_or_digit(char c) { return is_lower(c) || is_digit(c); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_letter_or_digit(char c) { return is_lower_or_digit(lower(c)); }

bool is_qualified_part(std::string_view name) {
  return !name.empty() && name.size() <= 63 && is_letter_or_digit(name.front()) &&
         is_letter_or_digit(name.back()) && std::all_of(name.begin(), name.end(), [](char c) {
           return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
         });
}

bool is_lower_label(std::string_view name) {
  return !name.empty() && is_lower_or_digit(name.front()) && is_lower_or_digit(name.back()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

constexpr std::size_t kSpellingMax = 48;

/// Insertions, deletions, substitutions and swaps of neighbours, letter case ignored.
std::size_t slips(std::string_view a, std::string_view b) {
  // Three rows of the usual table; row[j] is the distance of a's first i and b's first j letters.
  std::array<std::size_t, kSpellingMax + 1> before_last{};
  std::array<std::size_t, kSpellingMax + 1> last{};
  std::array<std::size_t, kSpellingMax + 1> row{};
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = row;
  }
  return last[b.size()];
}

}  // namespace

bool is_dns_label(std::string_view name) { return name.size() <= 63 && is_lower_label(name); }

bool is_service_name(std::string_view name) { return is_dns_label(name) && is_lower(name.front()); }

bool is_dns_subdomain(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  while (true) {
    const std::size_t dot = name.find('.');
    if (!is_lower_label(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

bool is_port_name(std::string_view name) {
  return name.size() <= 15 && is_lower_label(name) && name.find("--") == std::string_view::npos &&
         std::any_of(name.begin(), name.end(), is_lower);
}

bool is_label_key(std::string_view key) {
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return is_qualified_part(key);
  return is_dns_subdomain(key.substr(0, slash)) && is_qualified_part(key.substr(slash + 1));
}

bool is_label_value(std::string_view value) { return value.empty() || is_qualified_part(value); }

bool is_config_key(std::string_view key) {
  return !key.empty() && key.size() <= 253 && key != "." && !key.starts_with("..") &&
         key.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
             "0123456789-_.") == std::string_view::npos;
}

std::optional<std::string> nearest(std::string_view name,
                                   const std::vector<const char*>& candidates) {
  if (name.size() > kSpellingMax) return std::nullopt;
  std::size_t best = name.size() < 5 ? 2 : 3;
  std::optional<std::string> found;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > kSpellingMax) continue;
    const std::size_t distance = slips(name, candidate);
    if (distance >= best || distance >= candidate.size()) continue;
    best = distance;
    found = std::string{candidate};
  }
  return found;
}

}  // namespace orrery::api
