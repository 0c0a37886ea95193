#include "models/api/manifest_sources.h"

#include <algorithm>

namespace orrery::api {
namespace {

constexpr std::string_view kMark = "# Source: ";
constexpr std::size_t kSourceMax = 300;

}  // namespace

ManifestSources::ManifestSources(std::string_view text) {
  if (text.find(kMark) == std::string_view::npos) return;
  documents_.push_back({1, {}});
  int number = 1;
  for (std::size_t at = 0; at < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("---")) {
      documents_.push_back({number, {}});
    } else if (line.starts_with(kMark)) {
      documents_.back().source = std::string{line.substr(kMark.size(), kSourceMax)};
    }
    at = end + 1;
  }
}

void ManifestSources::name(const std::string& file, Place& place) const {
  if (documents_.empty() || place.line <= 0 || place.file != file) return;
  const auto next = std::upper_bound(
      documents_.begin(), documents_.end(), place.line,
      [](int line, const Document& document) { return line < document.first_line; });
  if (next == documents_.begin()) return;
  const std::string& source = std::prev(next)->source;
  if (!source.empty()) place.file = source + " at " + file;
}

}  // namespace orrery::api
