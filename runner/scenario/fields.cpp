#include "runner/scenario/fields.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace orrery::scenario {
namespace {

constexpr std::size_t kFoundLengthMax = 60;
constexpr std::size_t kCandidatesListed = 12;

/// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours count 1.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

const std::vector<Value> kNone;

}  // namespace

void Report::add(const api::Place& where, std::string expected, std::string found,
                 std::string hint) {
  problems_.push_back({where, std::move(expected), std::move(found), std::move(hint)});
}

void Report::add(const Value& value, std::string expected, std::string hint) {
  add(value.where, std::move(expected), found_text(value), std::move(hint));
}

void Report::append(const std::vector<api::Problem>& problems) {
  problems_.insert(problems_.end(), problems.begin(), problems.end());
}

std::string found_text(const Value& value) {
  switch (value.type) {
    case Value::Type::Null:
      return "nothing";
    case Value::Type::List:
      return "a list";
    case Value::Type::Object:
      return "an object";
    case Value::Type::Text:
    case Value::Type::Number:
    case Value::Type::Boolean:
      break;
  }
  std::string text = value.text.substr(0, kFoundLengthMax);
  if (text.size() < value.text.size()) text += "...";
  return value.type == Value::Type::Text ? fmt::format("\"{}\"", text) : text;
}

std::string one_of(const std::vector<std::string>& words) {
  if (words.empty()) return "nothing";
  if (words.size() == 1) return words.front();
  return fmt::format("{} or {}", fmt::join(words.begin(), words.end() - 1, ", "), words.back());
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t kWordMax = 100;
  const std::string* nearest = nullptr;
  std::size_t nearest_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    if (word.size() > kWordMax || candidate.size() > kWordMax) continue;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < nearest_distance && distance < candidate.size()) {
      nearest = &candidate;
      nearest_distance = distance;
    }
  }
  if (nearest != nullptr) return fmt::format("did you mean \"{}\"?", *nearest);
  if (candidates.empty() || candidates.size() > kCandidatesListed) return {};
  return fmt::format("there is {}", one_of(candidates));
}

Fields::Fields(const Value& object, std::initializer_list<std::string_view> known, Report& report)
    : object_{object}, known_{known.begin(), known.end()}, report_{report} {
  if (object.type != Value::Type::Object) {
    report.add(object, fmt::format("an object with {}", one_of(known_)));
    return;
  }
  for (const Value& member : object.children) {
    if (std::find(known_.begin(), known_.end(), member.key) != known_.end()) continue;
    report.add(member.where, "a known key", fmt::format("\"{}\"", member.key),
               did_you_mean(member.key, known_));
  }
}

const Value* Fields::find(std::string_view key) const {
  expects(std::find(known_.begin(), known_.end(), key) != known_.end(),
          "a field that is read is a known key");
  return object_.find(key);
}

const Value* Fields::require(std::string_view key, const std::string& expected) const {
  const Value* value = find(key);
  if (value == nullptr && object_.type == Value::Type::Object) {
    report_.add(object_.where, fmt::format("\"{}\": {}", key, expected), "nothing");
  }
  return value;
}

const std::vector<Value>& named_members(const Value& value, const std::string& expected,
                                        Report& report) {
  if (value.type == Value::Type::Object) return value.children;
  report.add(value, expected);
  return kNone;
}

const std::vector<Value>& items(const Value& value, const std::string& expected, Report& report) {
  if (value.type == Value::Type::List) return value.children;
  report.add(value, expected);
  return kNone;
}

}  // namespace orrery::scenario
