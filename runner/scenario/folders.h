/// @file
/// Where the names of files count from that a scenario of several files has.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "runner/scenario/document.h"

namespace orrery::scenario {

/// A file's own folder, unless another was given for it.
class Folders {
 public:
  /// Names in `file` begin at `folder`.
  Folders(std::string file, std::string folder) { (void)give(std::move(file), std::move(folder)); }

  /// The same of a further file. Returns false if it has another already.
  [[nodiscard]] bool give(std::string file, std::string folder) {
    const auto [known, fresh] = given_.try_emplace(std::move(file), std::move(folder));
    return fresh || known->second == folder;
  }
  /// Where names in `value` begin.
  [[nodiscard]] std::string of(const Value& value) const {
    const auto given = given_.find(value.where.file);
    if (given != given_.end()) return given->second;
    return std::filesystem::path{value.where.file}.parent_path().string();
  }
  /// What `name` in `value` names.
  [[nodiscard]] std::string path(const Value& value, const std::string& name) const {
    return (std::filesystem::path{of(value)} / name).lexically_normal().string();
  }

 private:
  std::map<std::string, std::string> given_;  ///< By file.
};

}  // namespace orrery::scenario
