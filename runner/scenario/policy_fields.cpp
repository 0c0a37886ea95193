#include "runner/scenario/policy_fields.h"

#include <algorithm>

namespace orrery::scenario {

void take_duration(const Fields& fields, std::string_view key, Duration& into, Report& report) {
  if (const Value* value = fields.find(key)) into = read_duration(*value, report).value_or(into);
}

void take_count(const Fields& fields, std::string_view key, std::int64_t least, std::uint32_t& into,
                Report& report) {
  const Value* value = fields.find(key);
  if (value == nullptr) return;
  if (const auto count = read_count(*value, least, kCountMax, report)) {
    into = static_cast<std::uint32_t>(*count);
  }
}

void take_number(const Fields& fields, std::string_view key, double least, double most,
                 double& into, Report& report) {
  const Value* value = fields.find(key);
  if (value == nullptr) return;
  const auto number = value->type == Value::Type::Number ? parse_number(value->text) : std::nullopt;
  if (number && *number >= least && *number <= most) {
    into = *number;
  } else {
    report.add(*value, fmt::format("a number from {} to {}", least, most));
  }
}

void take_flag(const Fields& fields, std::string_view key, bool& into, Report& report) {
  if (const Value* value = fields.find(key)) into = read_boolean(*value, report).value_or(into);
}

void take_share(const Fields& fields, std::string_view key, std::uint32_t& into, Report& report) {
  const Value* value = fields.find(key);
  if (value == nullptr) return;
  if (const auto part = read_percent(*value, report)) {
    into = static_cast<std::uint32_t>(*part * 100 + 0.5);
  }
}

std::optional<Variant> read_variant(const Value& value, const std::string& what,
                                    const std::vector<std::string>& names, Report& report) {
  Variant variant;
  if (value.type == Value::Type::Text) {
    variant.name = value.text;
  } else if (value.type == Value::Type::Object && value.children.size() == 1) {
    variant = {value.children.front().key, &value.children.front()};
  }
  if (std::find(names.begin(), names.end(), variant.name) != names.end()) return variant;
  report.add(value, fmt::format("{}: {}", what, one_of(names)), did_you_mean(variant.name, names));
  return std::nullopt;
}

Fields fields_of(const Variant& variant, std::initializer_list<std::string_view> known,
                 Report& report) {
  static const Value kNone = [] {
    Value value;
    value.type = Value::Type::Object;
    return value;
  }();
  return Fields{variant.settings == nullptr ? kNone : *variant.settings, known, report};
}

}  // namespace orrery::scenario
