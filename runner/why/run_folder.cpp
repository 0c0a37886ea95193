#include "runner/why/run_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

namespace orrery::why {
namespace {

using nlohmann::json;

constexpr const char* kHint = "the folder that orrery run --out wrote";

Instant instant(const json& seconds) {
  return Instant::at(Duration::nanoseconds(std::llround(seconds.get<double>() * 1e9)));
}

}  // namespace

Result<Evidence> read_run_folder(const std::string& folder, std::optional<std::uint64_t> seed) {
  Evidence evidence;
  const std::string summary_file = folder + "/summary.json";
  std::ifstream summary{summary_file};
  if (!summary) return failure("cannot read " + summary_file, kHint);
  try {
    const json whole = json::parse(summary);
    const auto seeds = whole.at("seeds").get<std::vector<std::uint64_t>>();
    if (seeds.empty()) return failure(summary_file + ": no seeds", kHint);
    evidence.seed = seed.value_or(seeds.front());
    if (std::find(seeds.begin(), seeds.end(), evidence.seed) == seeds.end()) {
      return failure(fmt::format("{}: seed {} was not run", summary_file, evidence.seed),
                     seeds.size() == 1
                         ? fmt::format("there is seed {}", seeds.front())
                         : fmt::format("there are seeds {} to {}", seeds.front(), seeds.back()));
    }
    if (const auto duration = whole.find("durationSeconds"); duration != whole.end()) {
      evidence.duration = instant(*duration).since_start();
    }
    for (const auto& [name, unused] : whole.at("services").items()) {
      evidence.services.push_back(name);
    }
    for (const json& f : whole.at("failures")) {
      if (f.at("seed").get<std::uint64_t>() != evidence.seed) continue;
      evidence.failures.push_back({.record = f.at("record").get<ports::CauseId>(),
                                   .from = f.at("from").get<std::string>(),
                                   .to = f.at("to").get<std::string>(),
                                   .outcome = f.at("outcome").get<std::string>(),
                                   .first = instant(f.at("first")),
                                   .last = instant(f.at("last")),
                                   .count = f.at("count").get<std::uint64_t>(),
                                   .feeds_itself = f.at("feedsItself").get<bool>()});
    }
    for (const json& p : whole.value("policies", json::array())) {
      if (p.at("seed").get<std::uint64_t>() != evidence.seed) continue;
      evidence.policies.push_back({.from = p.at("from").get<std::string>(),
                                   .to = p.at("to").get<std::string>(),
                                   .calls = p.at("calls").get<std::uint64_t>(),
                                   .tries = p.at("tries").get<std::uint64_t>(),
                                   .retries = p.at("retries").get<std::uint64_t>(),
                                   .hedges = p.at("hedges").get<std::uint64_t>(),
                                   .fallbacks = p.at("fallbacks").get<std::uint64_t>(),
                                   .openings = p.at("openings").get<std::uint64_t>(),
                                   .ejections = p.at("ejections").get<std::uint64_t>()});
      const json turned_away = p.value("turnedAway", json::object());
      for (const runner::TurnedAwayKind& kind : runner::kTurnedAwayKinds) {
        evidence.policies.back().turned_away.*kind.count =
            turned_away.value(kind.key, std::uint64_t{0});
      }
    }
  } catch (const json::exception& e) {
    return failure(summary_file + ": " + e.what(), "it was not written by this version");
  }

  const std::string events_file = folder + "/events.jsonl";
  std::ifstream events{events_file};
  if (!events) return failure("cannot read " + events_file, kHint);
  std::string line;
  for (std::size_t number = 1; std::getline(events, line); ++number) {
    const auto damaged = [&](const std::string& what) {
      return failure(fmt::format("{}:{}: {}", events_file, number, what), "the file is damaged");
    };
    try {
      const json record = json::parse(line);
      if (record.at("seed").get<std::uint64_t>() != evidence.seed) continue;
      recording::LogRecord entry{record.at("id").get<ports::CauseId>(),
                                 record.value("cause", ports::CauseId{0}),
                                 instant(record.at("t")),
                                 record.at("what").get<std::string>(),
                                 record.at("subject").get<std::string>(),
                                 record.value("detail", std::string{})};
      if (entry.id != evidence.log.size() + 1 || entry.cause >= entry.id) {
        return damaged("its records do not follow one another");
      }
      evidence.log.push_back(std::move(entry));
    } catch (const json::exception& e) {
      return damaged(e.what());
    }
  }
  return evidence;
}

}  // namespace orrery::why
