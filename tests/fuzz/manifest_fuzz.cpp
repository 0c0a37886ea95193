/// @file
/// Fuzzes the manifest reader: no input may crash it, hang it, or make a message of several lines;
/// what it accepts must survive being stored.
///
/// Not part of the build:
///   clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -I. tests/fuzz/manifest_fuzz.cpp
///     models/api/*.cpp models/base/*.cpp -lyaml-cpp -lfmt -o manifest_fuzz
///   ./manifest_fuzz -max_len=4096 -timeout=5 corpus/
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "models/api/reading.h"
#include "models/base/contract.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orrery;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const api::Manifests manifests = api::read_manifests(text, "fuzz");
  for (const api::Problem& problem : manifests.problems) {
    expects(api::to_string(problem).find('\n') == std::string::npos, "a problem is one line");
  }
  for (const api::ManifestObject& entry : manifests.objects) {
    const Result<api::Object> again = api::from_json_text(api::to_json_text(entry.object));
    expects(again.has_value() && *again == entry.object, "a read object survives being stored");
  }
  (void)api::from_json_text(text);
  return 0;
}
