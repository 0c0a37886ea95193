#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "runner/scenario/parts.h"
#include "runner/scenario/scalars.h"
#include "runner/scenario/series_file.h"

namespace orrery::scenario {
namespace {

constexpr std::int64_t kUsersMax = 1'000'000;
constexpr Duration kOffsetMax = Duration::minutes(60 * 24 * 366);
constexpr const char* kRateExpected = "a rate above 0, such as \"200/s\" or \"600/min\"";

std::optional<double> read_share(const Value& value, bool& percent, Report& report) {
  if (value.type == Value::Type::Text) {
    percent = true;
    return read_percent(value, report);
  }
  const auto weight = value.type == Value::Type::Number ? parse_number(value.text) : std::nullopt;
  if (weight && *weight >= 0 && *weight <= 1e9) return weight;
  report.add(value, "a percentage or a weight of 0 and above");
  return std::nullopt;
}

void read_mix(const Value& mix, Load& load, Reading& reading) {
  std::vector<std::string> journeys;
  for (const auto& [name, journey] : reading.scenario.journeys) journeys.push_back(name);
  std::size_t percent_count = 0;
  double sum = 0;
  bool complete = true;
  for (const Value& share : named_members(mix, "an object of journeys", reading.report)) {
    if (!reading.scenario.journeys.contains(share.key)) {
      reading.report.add(share.where, "the name of a journey", fmt::format("\"{}\"", share.key),
                         did_you_mean(share.key, journeys));
      complete = false;
    }
    bool percent = false;
    const auto weight = read_share(share, percent, reading.report);
    percent_count += percent ? 1 : 0;
    complete = complete && weight.has_value();
    load.mix[share.key] = weight.value_or(0);
    sum += weight.value_or(0);
  }
  if (!complete || mix.type != Value::Type::Object) return;
  if (percent_count != 0 && percent_count != mix.children.size()) {
    reading.report.add(mix.where, "either percentages or weights", "both");
  } else if (percent_count != 0 && std::abs(sum - 1.0) > 1e-6) {
    reading.report.add(mix.where, "percentages that sum to 100%",
                       fmt::format("{:.6g}%", sum * 100));
  } else if (sum <= 0) {
    reading.report.add(mix.where, "at least one journey with a weight above 0", "none");
  } else {
    for (auto& [name, weight] : load.mix) weight /= sum;
  }
}

/// "10/s" or "0/s".
std::optional<double> read_rate_of_point(const Value& value, Report& report) {
  const bool text = value.type == Value::Type::Text;
  const auto slash = value.text.find('/');
  if (text && slash != std::string::npos && parse_number(value.text.substr(0, slash)) == 0.0 &&
      parse_rate("1" + value.text.substr(slash))) {
    return 0;
  }
  const auto rate = text ? parse_rate(value.text) : std::nullopt;
  if (!rate) report.add(value, "a rate of 0 or more, such as \"200/s\" or \"600/min\"");
  return rate;
}

void read_points(const Value& list, Load& into, Report& report) {
  for (const Value& item : items(list, "a list of rates, or a file of them", report)) {
    const Fields point{item, {"at", "rate"}, report};
    const Value* at = point.require("at", "a time of the load, such as \"90s\"");
    const Value* value = point.require("rate", "a rate, such as \"200/s\"");
    if (at == nullptr || value == nullptr) continue;
    const auto time = read_duration(*at, report);
    const auto rate = read_rate_of_point(*value, report);
    if (!time || !rate) continue;
    if (!into.rates.empty() && *time <= into.rates.back().first) {
      report.add(*at, "a time after the one before");
    }
    into.rates.emplace_back(*time, *rate);
  }
  if (list.type == Value::Type::List && list.children.empty()) {
    report.add(list.where, "at least one rate", "none");
  }
}

/// What stands beside "rates", and what it does to them.
void read_shape(const Fields& fields, const Value& rates, Load& load, Report& report) {
  if (const Value* between = fields.find("between")) {
    const std::string word = read_text(*between, "steps or lines", report).value_or("");
    load.rates_in_lines = word == "lines";
    if (!word.empty() && word != "steps" && word != "lines") {
      report.add(*between, "steps or lines", did_you_mean(word, {"steps", "lines"}));
    }
  }
  if (const Value* scale = fields.find("scale")) {
    double factor = 0;
    if (scale->type == Value::Type::Number) factor = parse_number(scale->text).value_or(0);
    if (factor > 0 && factor <= 1e9) {
      for (auto& [at, rate] : load.rates) rate *= factor;
    } else {
      report.add(*scale, "a number above 0");
    }
  }
  if (const Value* every = fields.find("every")) {
    load.period = read_duration(*every, report).value_or(Duration{});
    if (!load.rates.empty() && load.period > Duration{} && load.period <= load.rates.back().first) {
      report.add(*every, fmt::format("longer than the {} of the rates",
                                     to_string(load.rates.back().first)));
    }
  }
  if (const Value* offset = fields.find("offset")) {
    load.offset = read_duration(*offset, report).value_or(Duration{});
    if (load.offset > kOffsetMax) report.add(*offset, "a year or less");
  }
  const bool none = std::all_of(load.rates.begin(), load.rates.end(),
                                [](const auto& point) { return point.second <= 0; });
  if (!load.rates.empty() && none) report.add(rates.where, "a rate above 0", "none");
}

void read_rates(const Value& rates, const Fields& fields, const Folders& folders, Load& load,
                Reading& reading) {
  Report& report = reading.report;
  Duration per = Duration::seconds(1);
  std::optional<Duration> interval;
  const bool is_file = rates.type == Value::Type::Text;
  for (const char* key : {"per", "interval"}) {
    const Value* value = fields.find(key);
    if (value == nullptr) continue;
    if (!is_file) {
      report.add(*value, fmt::format("no \"{}\" unless the rates are in a file", key));
      continue;
    }
    const auto given = read_duration(*value, report);
    if (given && *given <= Duration{}) {
      report.add(*value, "a duration above 0");
    } else if (given && std::string_view{key} == "per") {
      per = *given;
    } else if (given) {
      interval = given;
    }
  }
  if (is_file) {
    const std::string path = folders.path(rates, rates.text);
    const double in_a_second = 1 / to_seconds(per);
    read_series_file(
        path, rates, interval,
        [&](Instant at, std::string_view text) {
          const auto count = parse_number(text);
          if (!count || *count < 0 || *count > 1e12) return false;
          load.rates.emplace_back(at.since_start(), *count * in_a_second);
          return true;
        },
        report);
  } else {
    read_points(rates, load, report);
  }
  read_shape(fields, rates, load, report);
}

void read_users(const Value& users, const Fields& fields, Load& load, Reading& reading) {
  Report& report = reading.report;
  load.users = static_cast<std::uint32_t>(read_count(users, 1, kUsersMax, report).value_or(1));
  if (const Value* think = fields.find("think")) {
    load.think = read_distribution(*think, report).value_or(load.think);
  }
  if (const Value* ramp = fields.find("rampUp")) {
    load.ramp_up = read_duration(*ramp, report).value_or(Duration{});
    if (load.ramp_up > reading.scenario.duration) {
      report.add(*ramp,
                 fmt::format("no longer than the run of {}", to_string(reading.scenario.duration)));
    }
  }
}

/// "population": 1000, or with how unequally often its users come.
void read_population(const Value& value, Load& load, Report& report) {
  const auto take = [&](const Value& count) {
    const auto users = read_count(count, 1, kUsersMax, report).value_or(1);
    load.population = static_cast<std::uint32_t>(users);
  };
  if (value.type != Value::Type::Object) {
    take(value);
    return;
  }
  const Fields fields{value, {"count", "zipf"}, report};
  if (const Value* count = fields.require("count", "how many users there are")) take(*count);
  const Value* zipf = fields.find("zipf");
  if (zipf == nullptr) return;
  const auto exponent = zipf->type == Value::Type::Number ? parse_number(zipf->text) : std::nullopt;
  if (exponent && *exponent >= 0 && *exponent <= 10) {
    load.population_zipf = *exponent;
  } else {
    report.add(*zipf, "a number from 0 to 10");
  }
}

/// Keys that say more about another kind of load.
void report_strays(const Fields& fields, const std::string& kind, Report& report) {
  struct Key {
    const char* key;
    const char* of;
  };
  constexpr std::array<Key, 8> kKeys = {{{"think", "users"},
                                         {"rampUp", "users"},
                                         {"between", "rates"},
                                         {"scale", "rates"},
                                         {"every", "rates"},
                                         {"offset", "rates"},
                                         {"per", "rates"},
                                         {"interval", "rates"}}};
  for (const Key& key : kKeys) {
    const Value* value = fields.find(key.key);
    if (value == nullptr || kind == key.of) continue;
    report.add(value->where, fmt::format("\"{}\" with \"{}\" alone", key.key, key.of),
               fmt::format("with \"{}\"", kind));
  }
}

Load read_one_load(const Value& value, const Folders& folders, Reading& reading) {
  Load load;
  Report& report = reading.report;
  const Fields fields{value,
                      {"poisson", "rates", "users", "mix", "from", "until", "between", "scale",
                       "every", "offset", "per", "interval", "think", "rampUp", "population"},
                      report};
  std::vector<std::string> kinds;
  for (const char* kind : {"poisson", "rates", "users"}) {
    if (fields.find(kind) != nullptr) kinds.emplace_back(kind);
  }
  if (kinds.empty()) {
    (void)fields.require("poisson",
                         "journeys per time, such as \"200/s\"; or \"rates\", or "
                         "\"users\"");
  } else if (kinds.size() > 1) {
    report.add(value.where, "one of \"poisson\", \"rates\" and \"users\"", "several");
  } else {
    report_strays(fields, kinds.front(), report);
    const Value& content = *fields.find(kinds.front());
    if (kinds.front() == "poisson") {
      const auto parsed =
          content.type == Value::Type::Text ? parse_rate(content.text) : std::nullopt;
      if (!parsed) report.add(content, kRateExpected);
      load.rate_per_second = parsed.value_or(0);
    } else if (kinds.front() == "rates") {
      read_rates(content, fields, folders, load, reading);
    } else {
      read_users(content, fields, load, reading);
    }
  }
  if (const Value* population = fields.find("population")) {
    if (fields.find("users") != nullptr) {
      report.add(population->where, "no \"population\" with \"users\", who are one", "both");
    }
    read_population(*population, load, report);
  }
  if (const Value* mix = fields.find("mix")) {
    read_mix(*mix, load, reading);
  } else if (reading.scenario.journeys.size() == 1) {
    load.mix.emplace(reading.scenario.journeys.begin()->first, 1.0);
  } else {
    report.add(value.where, "\"mix\": the share of each journey", "nothing");
  }
  const auto bounded_instant = [&](const Value* at) -> std::optional<Instant> {
    const auto instant = at == nullptr ? std::nullopt : read_instant(*at, at->text, reading);
    if (!instant) return std::nullopt;
    const Duration end = reading.scenario.duration;
    if (*instant >= Instant{} && *instant <= Instant::at(end)) return instant;
    report.add(*at, fmt::format("a time within the run of {}", to_string(end)));
    return std::nullopt;
  };
  load.from = bounded_instant(fields.find("from")).value_or(Instant{});
  load.until = bounded_instant(fields.find("until"));
  if (load.until && *load.until <= load.from) {
    report.add(*fields.find("until"), "a time after \"from\"");
  }
  return load;
}

}  // namespace

void read_load(const Value& load, const Folders& folders, Reading& reading) {
  for (const Value& item : items(load, "a list of loads", reading.report)) {
    reading.scenario.load.push_back(read_one_load(item, folders, reading));
  }
  if (load.type == Value::Type::List && load.children.empty()) {
    reading.report.add(load.where, "at least one load", "none");
  }
}

}  // namespace orrery::scenario
