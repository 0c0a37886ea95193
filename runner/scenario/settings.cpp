#include "runner/scenario/settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "runner/scenario/document.h"

namespace orrery::scenario {
namespace {

/// "load[0].poisson" -> "/load/0/poisson"; nothing when a bracket or a name is missing.
std::optional<std::string> pointer_of(std::string_view dotted) {
  std::string pointer;
  std::string step;
  const auto end_step = [&] {
    if (step.empty()) return false;
    pointer += pointer_step(step);
    step.clear();
    return true;
  };
  for (std::size_t at = 0; at < dotted.size(); ++at) {
    const char c = dotted[at];
    if (c == '.') {
      const bool after_bracket = at > 0 && dotted[at - 1] == ']';
      if (!end_step() && !after_bracket) return std::nullopt;
    } else if (c == '[') {
      const auto close = dotted.find(']', at);
      if (close == std::string_view::npos || close == at + 1) return std::nullopt;
      if (!step.empty()) end_step();
      step = dotted.substr(at + 1, close - at - 1);
      end_step();
      at = close;
    } else {
      step += c;
    }
  }
  const bool ends_in_bracket = dotted.ends_with(']');
  if (!end_step() && !ends_in_bracket) return std::nullopt;
  return pointer;
}

}  // namespace

Result<Override> parse_path(std::string_view path) {
  Override change;
  const auto colon = path.find(':');
  const auto slash = path.find('/');
  // "Kind/name:path" starts with a capital, which no key of a scenario does.
  const bool names_object = !path.empty() && path[0] >= 'A' && path[0] <= 'Z';
  if (names_object) {
    if (colon == std::string_view::npos || slash == std::string_view::npos || slash > colon) {
      return failure(fmt::format("expected Kind/name:path; found \"{}\"", path),
                     "such as Deployment/web:spec.replicas");
    }
    change.target = path.substr(0, colon);
    path.remove_prefix(colon + 1);
  }
  if (path.starts_with('/')) {
    change.pointer = path;
    return change;
  }
  const auto pointer = pointer_of(path);
  if (!pointer) {
    return failure(fmt::format("expected a path; found \"{}\"", path),
                   "such as load[0].poisson or /load/0/poisson");
  }
  change.pointer = *pointer;
  return change;
}

Result<Override> parse_setting(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos) {
    return failure(fmt::format("expected PATH=VALUE; found \"{}\"", text),
                   "such as load[0].poisson=200/s");
  }
  auto change = parse_path(text.substr(0, equals));
  if (change) change->value = text.substr(equals + 1);
  return change;
}

}  // namespace orrery::scenario
