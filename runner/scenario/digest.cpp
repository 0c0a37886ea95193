#include "runner/scenario/digest.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "models/base/random.h"

namespace orrery::scenario {
namespace {

std::string text_of_file(const std::string& path) {
  std::ifstream stream{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
}

}  // namespace

std::string sources_of(const std::string& path, const ScenarioReading& reading,
                       const std::vector<Override>& settings) {
  std::string all = text_of_file(path);
  for (const auto* files : {&reading.files, &reading.includes}) {
    for (const std::string& file : *files) all += '\0' + file + '\0' + text_of_file(file);
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
