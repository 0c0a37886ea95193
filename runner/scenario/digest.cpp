#include "runner/scenario/digest.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "models/base/random.h"

namespace orrery::scenario {
namespace {

std::string text_of_file(const std::string& path) {
  std::ifstream stream{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
}

/// Of a file as seen from the folder, wherever the two are asked for.
std::string name_beside(const std::string& folder, const std::string& file) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path name = fs::proximate(file, folder.empty() ? "." : folder, error);
  return error ? file : name.generic_string();
}

}  // namespace

std::string sources_of(const std::string& path, const ScenarioReading& reading,
                       const std::vector<Override>& settings) {
  std::string all = text_of_file(path);
  const std::string folder = std::filesystem::path{path}.parent_path();
  for (const auto* files : {&reading.files, &reading.includes}) {
    for (const std::string& file : *files) {
      all += '\0' + name_beside(folder, file) + '\0' + text_of_file(file);
    }
  }
  for (const Override& change : settings) {
    all += '\0' + change.target + '\0' + change.pointer + '\0' + change.value;
  }
  return all;
}

std::string digest_of(const std::string& sources) {
  return fmt::format("{:016x}", key_of(sources.data(), sources.size()));
}

}  // namespace orrery::scenario
