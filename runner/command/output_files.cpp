#include "runner/command/output_files.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>

namespace orrery::command {
namespace {

namespace fs = std::filesystem;

/// One name for one file: links are followed as far as there is something.
std::string resolved(const std::string& path) {
  std::error_code error;
  const fs::path whole = fs::weakly_canonical(fs::absolute(path, error), error);
  return error ? path : whole.string();
}

}  // namespace

Result<void> can_write_all(const std::vector<NamedFile>& outputs,
                           const std::vector<NamedFile>& inputs) {
  std::map<std::string, std::string> taken;
  for (const NamedFile& input : inputs) taken.emplace(resolved(input.path), input.who);
  for (const NamedFile& output : outputs) {
    if (output.path.empty() || output.path == "-") continue;
    std::error_code error;
    if (fs::is_directory(output.path, error)) {
      return failure(fmt::format("{}: {} is a folder", output.who, output.path), "name a file");
    }
    const fs::path folder = fs::path{output.path}.parent_path();
    if (!folder.empty() && !fs::is_directory(folder, error)) {
      return failure(fmt::format("{}: there is no folder {}", output.who, folder.string()),
                     "make it first");
    }
    const auto [at, free] = taken.emplace(resolved(output.path), output.who);
    if (!free) {
      return failure(
          fmt::format("{}: {} is the file of {} as well", output.who, output.path, at->second),
          "name another file");
    }
  }
  return {};
}

}  // namespace orrery::command
