/// @file
/// The repository's own files: scenarios, and texts that are reviewed as a diff.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace orrery::scenario {

inline std::string text_of_file(const std::string& path) {
  std::ifstream stream{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
}

/// Scenarios that come with Orrery, and the parts they include.
inline std::vector<std::string> shipped_files() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{"scenarios"}) {
    const bool schema = entry.path().parent_path().filename() == "schema";
    if (entry.path().extension() == ".json" && !schema) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// Expects the file to hold `actual`; with ORRERY_UPDATE_GOLDEN=1 in the environment, writes it.
inline void expect_golden(const std::string& path, const std::string& actual) {
  const char* update = std::getenv("ORRERY_UPDATE_GOLDEN");
  if (update != nullptr && std::string{update} == "1") {
    std::ofstream{path, std::ios::binary} << actual;
    return;
  }
  EXPECT_EQ(text_of_file(path), actual)
      << path << " differs; if the new text is right, run again with ORRERY_UPDATE_GOLDEN=1";
}

}  // namespace orrery::scenario
