#include "runner/session/load_results.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

namespace orrery::session {
namespace {

std::optional<sim::RequestOutcome> outcome_named(const std::string& name) {
  for (std::uint32_t i = 0; i < sim::kRequestOutcomeCount; ++i) {
    const auto outcome = static_cast<sim::RequestOutcome>(i);
    if (name == sim::to_string(outcome)) return outcome;
  }
  return std::nullopt;
}

std::optional<LoadLine> line_of(const std::string& text, std::int64_t start_ns) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("at")) return std::nullopt;
  LoadLine line;
  line.due = Instant::at(Duration::nanoseconds(json.value("at", std::int64_t{0}) - start_ns));
  if (json.contains("due")) {
    line.ordinal = json.value("due", std::uint64_t{0});
    return line;
  }
  const auto outcome = outcome_named(json.value("outcome", std::string{}));
  if (!outcome) return std::nullopt;
  line.over = true;
  line.ordinal = json.value("n", std::uint64_t{0});
  line.outcome = *outcome;
  line.latency =
      Duration::nanoseconds(std::max<std::int64_t>(0, json.value("responseTime", std::int64_t{0})));
  line.endpoint = json.value("endpoint", std::string{});
  return line;
}

}  // namespace

std::vector<LoadLine> LoadResults::take() {
  std::vector<LoadLine> lines;
  std::ifstream file{file_};
  if (!file.seekg(taken_)) return lines;
  std::string text;
  // A line without its end is still being written.
  while (std::getline(file, text) && !file.eof()) {
    taken_ += static_cast<std::streamoff>(text.size()) + 1;
    if (auto line = line_of(text, start_ns_)) lines.push_back(*std::move(line));
  }
  return lines;
}

}  // namespace orrery::session
