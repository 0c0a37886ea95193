#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "runner/scenario/parts.h"

namespace orrery::scenario {
namespace {

/// The parts of a scenario that describe a system; the rest are questions about it.
constexpr std::array<std::string_view, 6> kDescribingParts = {"cluster",    "images",   "services",
                                                              "rateLimits", "policies", "load"};

struct Source {
  std::string prefix;
  Provenance provenance = Provenance::Given;
  std::string note;
};

/// A distribution, a call and a list of plain values each count once.
bool is_one_value(const Value& value) {
  switch (value.type) {
    case Value::Type::Object:
      return value.find("lognormal") != nullptr || value.find("exponential") != nullptr ||
             value.find("uniform") != nullptr || value.find("to") != nullptr;
    case Value::Type::List:
      return std::none_of(value.children.begin(), value.children.end(), [](const Value& item) {
        return item.type == Value::Type::Object || item.type == Value::Type::List;
      });
    case Value::Type::Null:
    case Value::Type::Boolean:
    case Value::Type::Number:
    case Value::Type::Text:
      return true;
  }
  contract_violation("a value has one of the known types");
}

bool is_within(std::string_view pointer, std::string_view prefix) {
  return pointer.starts_with(prefix) &&
         (pointer.size() == prefix.size() || pointer[prefix.size()] == '/');
}

std::optional<Source> read_source(const Value& value, Report& report) {
  Source source;
  source.prefix = value.key;
  const auto colon = value.text.find(':');
  const std::string word = value.text.substr(0, colon);
  if (colon != std::string::npos) {
    const auto start = value.text.find_first_not_of(' ', colon + 1);
    if (start != std::string::npos) source.note = value.text.substr(start);
  }
  const bool given = word == "given";
  if (word == "measured") source.provenance = Provenance::Measured;
  if (word == "assumed") source.provenance = Provenance::Assumed;
  const bool known = given || ((word == "measured" || word == "assumed") && !source.note.empty());
  if (value.type == Value::Type::Text && known) return source;
  report.add(value, "\"given\", \"measured: where\" or \"assumed: why\"");
  return std::nullopt;
}

bool any_within(const Value& value, std::string_view prefix) {
  return is_within(value.where.pointer, prefix) ||
         std::any_of(value.children.begin(), value.children.end(),
                     [&](const Value& child) { return any_within(child, prefix); });
}

void collect(const Value& value, const std::vector<Source>& sources, std::vector<Input>& into) {
  if (!is_one_value(value)) {
    for (const Value& child : value.children) collect(child, sources, into);
    return;
  }
  Input input;
  input.pointer = value.where.pointer;
  std::size_t longest = 0;
  for (const Source& source : sources) {
    const bool nearer = source.prefix.size() >= longest;
    if (!nearer || !is_within(input.pointer, source.prefix)) continue;
    longest = source.prefix.size();
    input.provenance = source.provenance;
    input.note = source.note;
  }
  into.push_back(std::move(input));
}

}  // namespace

std::vector<Input> collect_inputs(const Value& root, const Value* provenance,
                                  const Assumptions& assumptions, Report& report) {
  std::vector<Source> sources;
  if (provenance != nullptr) {
    for (const Value& entry : named_members(*provenance, "an object of JSON Pointers", report)) {
      if (!any_within(root, entry.key)) {
        report.add(entry.where, "a JSON Pointer to something in this file",
                   fmt::format("\"{}\", where nothing stands", entry.key));
      }
      if (auto source = read_source(entry, report)) sources.push_back(std::move(*source));
    }
  }
  std::vector<Input> inputs;
  for (const std::string_view part : kDescribingParts) {
    if (const Value* value = root.find(part)) collect(*value, sources, inputs);
  }
  inputs.insert(inputs.end(), assumptions.inputs().begin(), assumptions.inputs().end());
  return inputs;
}

}  // namespace orrery::scenario
