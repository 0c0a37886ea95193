#include "runner/scenario/glob.h"

namespace orrery::scenario {

bool matches_glob(std::string_view text, std::string_view pattern) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return text == pattern;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  text.remove_prefix(star);
  pattern.remove_prefix(star + 1);
  // Each part between stars is taken at its first place: a later one never helps.
  for (auto next = pattern.find('*'); next != std::string_view::npos; next = pattern.find('*')) {
    const std::string_view part = pattern.substr(0, next);
    const auto at = text.find(part);
    if (at == std::string_view::npos) return false;
    text.remove_prefix(at + part.size());
    pattern.remove_prefix(next + 1);
  }
  return text.ends_with(pattern);
}

}  // namespace orrery::scenario
