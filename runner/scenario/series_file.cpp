#include "runner/scenario/series_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "models/api/time_zone.h"
#include "models/base/quantity.h"
#include "runner/scenario/manifest_files.h"
#include "runner/scenario/scalars.h"

namespace orrery::scenario {
namespace {

/// Lines of a file that are named; what is wrong with more of them is wrong with the file.
constexpr int kBadLinesNamed = 10;
constexpr Duration kLatest = Duration::seconds(1'000'000'000);

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

/// "1998-06-15 14:29", with or without seconds, T or a zone, in seconds since 1970.
std::optional<std::int64_t> date_of(std::string_view text) {
  constexpr std::size_t kMinutes = 16;  // As long as "1998-06-15 14:29".
  constexpr std::size_t kSeconds = kMinutes + 3;
  if (text.size() < kMinutes || text[4] != '-') return std::nullopt;
  std::string full{text};
  if (full[10] == ' ') full[10] = 'T';
  if (full.size() == kMinutes) full += ":00";
  if (full.size() == kSeconds) full += "Z";
  return api::parse_date_time(full);
}

/// The times of one file. Its dates count from the first of them.
class Times {
 public:
  std::optional<Instant> read(std::string_view text) {
    if (const auto duration = parse_duration(text)) return Instant{} + *duration;
    if (const auto date = date_of(text)) {
      if (!first_date_) first_date_ = date;
      const std::int64_t since = *date - *first_date_;
      if (since < 0 || since > kLatest.count_ns() / 1'000'000'000) return std::nullopt;
      return Instant{} + Duration::seconds(since);
    }
    const auto seconds = parse_number(text);
    if (!seconds || *seconds < 0 || *seconds > to_seconds(kLatest)) return std::nullopt;
    return Instant{} + Duration::nanoseconds(static_cast<std::int64_t>(*seconds * 1e9 + 0.5));
  }

 private:
  std::optional<std::int64_t> first_date_;
};

}  // namespace

void read_series_file(const std::string& path, const Value& named, std::optional<Duration> interval,
                      const TakeValue& take, Report& report) {
  const auto text = read_file(path, named.where, report);
  if (!text) return;
  Times times;
  std::size_t number = 0;
  std::int64_t taken = 0;
  std::optional<Instant> last;
  std::size_t first_unnamed = 0;
  int bad_lines = 0;
  bool is_first = true;
  const auto reject = [&](const char* expected, std::string_view line) {
    if (++bad_lines <= kBadLinesNamed) {
      report.add(api::Place{path, static_cast<int>(number), {}}, expected, std::string{line});
    } else if (first_unnamed == 0) {
      first_unnamed = number;
    }
  };
  for (std::size_t at = 0; at < text->size();) {
    const auto end = std::min(text->find('\n', at), text->size());
    const std::string_view line = trimmed(std::string_view{*text}.substr(at, end - at));
    at = end + 1;
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const bool first = std::exchange(is_first, false);
    const auto comma = line.find(',');
    if (interval) {
      const bool late = taken > 0 && interval->count_ns() > kLatest.count_ns() / taken;
      if (comma == std::string_view::npos && !late && take(Instant{} + *interval * taken, line)) {
        ++taken;
      } else if (!first || comma != std::string_view::npos) {
        reject("a value of 0 or more alone, as they are an interval apart", line);
      }
      continue;
    }
    const auto time = times.read(trimmed(line.substr(0, comma)));
    if (!time && first) continue;
    if (!time || comma == std::string_view::npos) {
      reject("a time and a value of 0 or more, such as 90,30", line);
    } else if (last && *time <= *last) {
      reject("a time after the one before", line);
    } else if (take(*time, trimmed(line.substr(comma + 1)))) {
      ++taken;
    } else {
      reject("a time and a value of 0 or more, such as 90,30", line);
    }
    // A line is compared with the one before it, also if that one is bad otherwise.
    if (time) last = *time;
  }
  if (bad_lines > kBadLinesNamed) {
    report.add(api::Place{path, static_cast<int>(first_unnamed), {}},
               "lines of times that grow and values of 0 or more",
               fmt::format("{} bad lines from here on", bad_lines - kBadLinesNamed));
  }
  if (taken == 0 && bad_lines == 0) {
    report.add(named, "a file with times and values", "it has none");
  }
}

}  // namespace orrery::scenario
