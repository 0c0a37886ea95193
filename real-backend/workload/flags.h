/// @file
/// Command-line flags of the form --name=value, read against the list of what a mode knows.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/result.h"
#include "models/base/time_types.h"

namespace orrery::workload {

/// The flags of one command line. The readers below take a flag's value, or the default if it is
/// absent; wrong values are collected, so that `check` tells all of them.
class Flags {
 public:
  explicit Flags(const std::vector<std::string>& arguments);

  [[nodiscard]] std::string text(const std::string& name, const std::string& otherwise);
  [[nodiscard]] std::int64_t count(const std::string& name, std::int64_t otherwise);  ///< >= 0
  [[nodiscard]] double rate(const std::string& name, double otherwise);  ///< [1/s], > 0
  [[nodiscard]] Duration duration(const std::string& name, Duration otherwise);
  [[nodiscard]] bool is_set(const std::string& name);  ///< --name alone

  /// Fails if a value was wrong, or a flag was given that nobody asked for. Call it last.
  [[nodiscard]] Result<bool> check() const;

 private:
  [[nodiscard]] const std::string* value_of(const std::string& name);

  std::map<std::string, std::string> values_;
  std::map<std::string, bool> asked_for_;
  std::string problems_;
};

}  // namespace orrery::workload
