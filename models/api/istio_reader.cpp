#include "models/api/istio_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include "models/api/istio_parts.h"
#include "models/api/name_rules.h"

namespace orrery::api::istio {
namespace {

constexpr std::string_view kGroup = "networking.istio.io/";
constexpr std::array<const char*, 3> kVersions{"v1", "v1beta1", "v1alpha3"};

RuleMeta read_meta(ObjectReader& root) {
  RuleMeta meta;
  meta.namespace_name = "default";
  meta.where = root.reading().place(root.here());
  if (!root.require("metadata", "metadata with a name")) return meta;
  root.object("metadata", "metadata", [&](ObjectReader& in) {
    in.text("name", meta.name);
    in.text("namespace", meta.namespace_name);
    if (!is_dns_subdomain(meta.name)) {
      in.reading().problem(in.field_or_here("name"),
                           "a name of at most 253 of a-z 0-9 - . (a DNS name)",
                           meta.name.empty() ? "none" : "\"" + meta.name + "\"");
    }
    if (!is_dns_label(meta.namespace_name)) {
      in.reading().wrong(in.field_or_here("namespace"), "a namespace of at most 63 of a-z 0-9 -");
    }
    in.pass_over({"labels", "annotations", "uid", "creationTimestamp", "managedFields",
                  "resourceVersion", "generation", "selfLink", "finalizers"});
    in.finish({"generateName", "ownerReferences"});
  });
  return meta;
}

/// The unit at the start of the text, with its length in nanoseconds.
std::pair<std::string_view, double> unit_of(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, double>, 8> kUnits{{{"ns", 1},
                                                                              {"us", 1e3},
                                                                              {"µs", 1e3},
                                                                              {"μs", 1e3},
                                                                              {"ms", 1e6},
                                                                              {"s", 1e9},
                                                                              {"m", 60e9},
                                                                              {"h", 3600e9}}};
  for (const auto& unit : kUnits) {
    if (text.starts_with(unit.first)) return unit;
  }
  return {{}, 0};
}

std::optional<double> number_of(const Value& value) {
  if (value.type == Value::Type::Integer) return static_cast<double>(value.integer);
  if (value.type != Value::Type::Decimal) return std::nullopt;
  double number = 0;
  const char* end = value.text.data() + value.text.size();
  const auto [stop, error] = std::from_chars(value.text.data(), end, number);
  if (error != std::errc{} || stop != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

}  // namespace

bool is_networking_group(const std::string& api_version) { return api_version.starts_with(kGroup); }

std::optional<Duration> parse_duration(std::string_view text) {
  constexpr double kMost = 1e18;  // [ns] Some thirty years.
  if (text == "0") return Duration{};
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    double number = 0;
    // No sign and no exponent: "1e3s" is none of Go's durations.
    if (text.front() != '.' && (text.front() < '0' || text.front() > '9')) return std::nullopt;
    const auto [stop, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    const auto [unit, ns] = unit_of(text);
    if (unit.empty()) return std::nullopt;
    text.remove_prefix(unit.size());
    total += number * ns;
    if (total > kMost) return std::nullopt;
  }
  return Duration::nanoseconds(std::llround(total));
}

bool read_duration(ObjectReader& in, const char* name, Duration least, Duration& out) {
  const std::optional<Cursor> at = in.field(name);
  if (!at) return false;
  const bool text = at->value->type == Value::Type::Text;
  const std::optional<Duration> read = text ? parse_duration(at->value->text) : std::nullopt;
  if (!read || *read < least) {
    in.reading().wrong(
        *at, least == Duration{}
                 ? std::string{"a duration, such as \"1.5s\" or \"250ms\""}
                 : fmt::format("a duration of at least {}, such as \"1.5s\"", to_string(least)));
    return false;
  }
  out = *read;
  return true;
}

bool read_duration(ObjectReader& in, const char* name, Duration least,
                   std::optional<Duration>& out) {
  Duration read;
  if (!read_duration(in, name, least, read)) return false;
  out = read;
  return true;
}

bool read_count(ObjectReader& in, const char* name, std::uint32_t& out, std::int64_t max) {
  std::int64_t number = 0;
  if (!in.integer(name, number, 0, max)) return false;
  out = static_cast<std::uint32_t>(number);
  return true;
}

void read_limit(ObjectReader& in, const char* name, std::optional<std::uint32_t>& out) {
  std::uint32_t limit = 0;
  if (read_count(in, name, limit) && limit > 0) out = limit;
}

bool read_percent(ObjectReader& in, const char* name, double& out) {
  const std::optional<Cursor> at = in.field(name);
  if (!at) return false;
  const std::optional<double> number = number_of(*at->value);
  if (!number || *number < 0 || *number > 100) {
    in.reading().wrong(*at, "a number from 0 to 100");
    return false;
  }
  out = *number;
  return true;
}

void note(ObjectReader& in, const char* name) {
  if (const auto at = in.field(name)) in.reading().not_modelled(*at, "field " + field_path(*at));
}

void read_rule(const std::string& api_version, const std::string& kind, ObjectReader& root,
               Rules& rules) {
  static const std::vector<const char*> kKinds{"DestinationRule", "EnvoyFilter",   "Gateway",
                                               "ProxyConfig",     "ServiceEntry",  "Sidecar",
                                               "VirtualService",  "WorkloadEntry", "WorkloadGroup"};
  const bool destination = kind == "DestinationRule";
  if (!destination && kind != "VirtualService") {
    const bool known = std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end();
    const std::optional<std::string> meant = known ? std::nullopt : nearest(kind, kKinds);
    if (meant) {
      root.reading().wrong(root.field_or_here("kind"), "a kind of " + api_version,
                           "did you mean \"" + *meant + "\"?");
    } else {
      root.reading().not_modelled(root.here(), "kind " + kind);
    }
    return;
  }
  const std::string version = api_version.substr(kGroup.size());
  if (std::find(kVersions.begin(), kVersions.end(), version) == kVersions.end()) {
    root.reading().problem(root.field_or_here("apiVersion"),
                           fmt::format("apiVersion {0}v1, {0}v1beta1 or {0}v1alpha3", kGroup),
                           "\"" + api_version + "\"");
  }
  const RuleMeta meta = read_meta(root);
  if (root.require("spec", destination ? "a spec with a host" : "a spec with hosts")) {
    root.object("spec", kind.c_str(), [&](ObjectReader& spec) {
      if (destination) {
        rules.destination_rules.push_back(read_destination_rule(meta, spec));
      } else {
        rules.virtual_services.push_back(read_virtual_service(meta, spec));
      }
    });
  }
  root.pass_over({"status"});
  root.finish({});
}

}  // namespace orrery::api::istio
