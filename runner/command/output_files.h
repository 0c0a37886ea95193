/// @file
/// Files that a command is to write, looked at before it begins: its end is not the moment to learn
/// that a result cannot be kept, or that one has been written over another.
#pragma once

#include <string>
#include <vector>

#include "models/base/result.h"

namespace orrery::command {

/// A file and whose it is: "--junit", "the scenario".
struct NamedFile {
  std::string who;
  std::string path;
};

/// Fails if an output is a folder, lies in no folder, or is the same file as an input or as another
/// output, by whatever name or link it is reached. Outputs with an empty path or "-" are left out.
[[nodiscard]] Result<void> can_write_all(const std::vector<NamedFile>& outputs,
                                         const std::vector<NamedFile>& inputs);

}  // namespace orrery::command
