/// @file
/// Collecting problems, and reading the members of an object so that none is overlooked.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "models/api/reading.h"
#include "runner/scenario/document.h"

namespace orrery::scenario {

/// Everything that is wrong with one input, in the order it was found.
class Report {
 public:
  void add(const api::Place& where, std::string expected, std::string found, std::string hint = {});
  /// The same, with the value itself as what was found.
  void add(const Value& value, std::string expected, std::string hint = {});
  void append(const std::vector<api::Problem>& problems);
  [[nodiscard]] const std::vector<api::Problem>& problems() const { return problems_; }

 private:
  std::vector<api::Problem> problems_;
};

/// A value for people, in a few words: `"250"`, `12`, `an object`.
[[nodiscard]] std::string found_text(const Value& value);

/// "did you mean "cart"?" when a candidate is near; otherwise the candidates themselves when there
/// are few, or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       const std::vector<std::string>& candidates);

/// "a, b or c".
[[nodiscard]] std::string one_of(const std::vector<std::string>& words);

/// The members of an object of which all keys are known. Keys that are not are reported at once,
/// and so is a value that is no object, which then acts as an empty one.
///
/// `object` must outlive this.
class Fields {
 public:
  Fields(const Value& object, std::initializer_list<std::string_view> known, Report& report);

  /// The member, or nullptr. Requires: `key` is one of the known keys.
  [[nodiscard]] const Value* find(std::string_view key) const;

  /// The member; if it is missing, a problem that says what was expected, and nullptr.
  [[nodiscard]] const Value* require(std::string_view key, const std::string& expected) const;

 private:
  const Value& object_;
  std::vector<std::string> known_;
  Report& report_;
};

/// The members of an object whose keys are names that the user chose; reports any other value.
[[nodiscard]] const std::vector<Value>& named_members(const Value& value,
                                                      const std::string& expected, Report& report);

/// The items of a list; reports any other value.
[[nodiscard]] const std::vector<Value>& items(const Value& value, const std::string& expected,
                                              Report& report);

}  // namespace orrery::scenario
