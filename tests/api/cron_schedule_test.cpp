#include "models/api/cron_schedule.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace orrery::api {
namespace {

std::int64_t at(const char* date_time) {
  const auto parsed = parse_date_time(date_time);
  EXPECT_TRUE(parsed.has_value()) << date_time;
  return parsed.value_or(0);
}

std::string text_of(std::int64_t utc) {
  const std::int64_t days = (utc - (utc % 86'400 + 86'400) % 86'400) / 86'400;
  const CalendarDay day = day_from(days);
  const std::int64_t seconds = utc - days * 86'400;
  const auto two = [](std::int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return std::to_string(day.year) + "-" + two(day.month) + "-" + two(day.day) + "T" +
         two(seconds / 3600) + ":" + two(seconds / 60 % 60) + ":" + two(seconds % 60) + "Z";
}

std::string next(const char* schedule, const char* after, const char* zone = "Etc/UTC") {
  const auto parsed = CronSchedule::parse(schedule);
  EXPECT_TRUE(parsed.has_value()) << schedule;
  if (!parsed) return {};
  const auto moment = parsed->next(at(after), *TimeZone::named(zone));
  return moment ? text_of(*moment) : "never";
}

TEST(CronSchedule, FindsTheNextMoment) {
  struct Case {
    const char* schedule;
    const char* after;
    const char* next;
  };
  for (const Case& c :
       std::vector<Case>{{"* * * * *", "2024-01-01T00:00:00Z", "2024-01-01T00:01:00Z"},
                         {"* * * * *", "2024-01-01T00:00:59Z", "2024-01-01T00:01:00Z"},
                         {"*/15 * * * *", "2024-01-01T00:01:00Z", "2024-01-01T00:15:00Z"},
                         {"5/15 * * * *", "2024-01-01T00:36:00Z", "2024-01-01T00:50:00Z"},
                         {"20-35/15 * * * *", "2024-01-01T00:36:00Z", "2024-01-01T01:20:00Z"},
                         {"0 0 29 2 *", "2024-03-01T00:00:00Z", "2028-02-29T00:00:00Z"},
                         {"0 0 30 2 *", "2024-03-01T00:00:00Z", "never"},
                         {"0 0 * feb mon", "2024-01-01T00:00:00Z", "2024-02-05T00:00:00Z"},
                         {"0 0 * * SUN", "2024-01-01T00:00:00Z", "2024-01-07T00:00:00Z"},
                         {"0 0 1,15 * *", "2024-01-01T00:00:00Z", "2024-01-15T00:00:00Z"},
                         {"@yearly", "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"},
                         {"@monthly", "2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z"},
                         {"@weekly", "2024-01-01T00:00:00Z", "2024-01-07T00:00:00Z"},
                         {"@daily", "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"},
                         {"@midnight", "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"},
                         {"@hourly", "2024-01-01T00:00:00Z", "2024-01-01T01:00:00Z"},
                         {"@every 1h30m", "2024-01-01T00:00:00Z", "2024-01-01T01:30:00Z"},
                         {"@every 10ms", "2024-01-01T00:00:00Z", "2024-01-01T00:00:01Z"}}) {
    EXPECT_EQ(next(c.schedule, c.after), c.next) << c.schedule;
  }
}

TEST(CronSchedule, JoinsDaysByOrOnlyWhenBothAreRestricted) {
  // 2024-01-01 is a Monday.
  EXPECT_EQ(next("0 0 13 * fri", "2024-01-01T00:00:00Z"), "2024-01-05T00:00:00Z");
  EXPECT_EQ(next("0 0 13 * *", "2024-01-01T00:00:00Z"), "2024-01-13T00:00:00Z");
  EXPECT_EQ(next("0 0 * * fri", "2024-01-01T00:00:00Z"), "2024-01-05T00:00:00Z");
  EXPECT_EQ(next("0 0 ? * fri", "2024-01-01T00:00:00Z"), "2024-01-05T00:00:00Z");
  // A step over all days is a restriction.
  EXPECT_EQ(next("0 0 */10 * fri", "2024-01-01T00:00:00Z"), "2024-01-05T00:00:00Z");
}

TEST(CronSchedule, SkippedLocalTimesDoNotFire) {
  // 2:30 does not exist in Berlin on 31 March 2024.
  EXPECT_EQ(next("30 2 * * *", "2024-03-30T12:00:00Z", "Europe/Berlin"), "2024-04-01T00:30:00Z");
  EXPECT_EQ(next("0 * * * *", "2024-03-31T00:00:00Z", "Europe/Berlin"), "2024-03-31T01:00:00Z");
}

TEST(CronSchedule, RepeatedLocalTimesFireTwice) {
  // 2:30 comes twice in Berlin on 27 October 2024.
  EXPECT_EQ(next("30 2 * * *", "2024-10-26T12:00:00Z", "Europe/Berlin"), "2024-10-27T00:30:00Z");
  EXPECT_EQ(next("30 2 * * *", "2024-10-27T00:30:00Z", "Europe/Berlin"), "2024-10-27T01:30:00Z");
  EXPECT_EQ(next("30 2 * * *", "2024-10-27T01:30:00Z", "Europe/Berlin"), "2024-10-28T01:30:00Z");
}

TEST(CronSchedule, FiresAtTheFirstMinuteOfADayWhoseMidnightIsSkipped) {
  // In Beirut, clocks go from 0:00 to 1:00 on 31 March 2024.
  EXPECT_EQ(next("0 1 31 3 *", "2024-03-01T00:00:00Z", "Asia/Beirut"), "2024-03-30T22:00:00Z");
}

TEST(CronSchedule, RefusesWhatIsNone) {
  for (const char* text :
       {"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *",
        "* * * * 7", "* * * * funday", "5-1 * * * *", "*/0 * * * *", "a * * * *", "-5 * * * *",
        "@sometimes", "@every", "@every 5", "@every -5s", "TZ=UTC * * * * *", "1,,2 * * * *"}) {
    EXPECT_FALSE(CronSchedule::parse(text).has_value()) << text;
  }
}

TEST(TimeZone, FollowsRulesOfBothHemispheres) {
  struct Case {
    const char* zone;
    const char* at;
    std::int64_t hours;
  };
  for (const Case& c : std::vector<Case>{{"Etc/UTC", "2024-07-01T00:00:00Z", 0},
                                         {"Europe/Berlin", "2024-03-31T00:59:59Z", 1},
                                         {"Europe/Berlin", "2024-03-31T01:00:00Z", 2},
                                         {"Europe/Berlin", "2024-10-27T00:59:59Z", 2},
                                         {"Europe/Berlin", "2024-10-27T01:00:00Z", 1},
                                         {"America/New_York", "2024-07-01T00:00:00Z", -4},
                                         {"Australia/Sydney", "2024-01-01T00:00:00Z", 11},
                                         {"Australia/Sydney", "2024-07-01T00:00:00Z", 10},
                                         {"America/Sao_Paulo", "2024-07-01T00:00:00Z", -3},
                                         {"Europe/Dublin", "2024-01-01T00:00:00Z", 0},
                                         {"Europe/Dublin", "2024-07-01T00:00:00Z", 1}}) {
    const auto zone = TimeZone::named(c.zone);
    ASSERT_TRUE(zone.has_value()) << c.zone;
    EXPECT_EQ(zone->offset_at(at(c.at)), c.hours * 3600) << c.zone << " " << c.at;
  }
  EXPECT_EQ(TimeZone::named("Asia/Kathmandu")->offset_at(0), 5 * 3600 + 45 * 60);
}

TEST(TimeZone, RefusesUnknownNamesAndBrokenRules) {
  EXPECT_FALSE(TimeZone::named("Mars/Olympus").has_value());
  EXPECT_FALSE(TimeZone::named("Africa/Casablanca").has_value());
  for (const char* text : {"", "CET", "1", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
                           "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0/3x", "CET-200"}) {
    EXPECT_FALSE(TimeZone::from_posix(text).has_value()) << text;
  }
}

TEST(DateTime, IsReadWithItsOffset) {
  EXPECT_EQ(at("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(at("2024-01-01T01:00:00+01:00"), at("2024-01-01T00:00:00Z"));
  EXPECT_EQ(at("1969-12-31T23:59:59Z"), -1);
  for (const char* text : {"", "2024-01-01", "2024-02-30T00:00:00Z", "2024-01-01T24:00:00Z",
                           "2024-01-01T00:00:00", "2024-01-01 00:00:00Z"}) {
    EXPECT_FALSE(parse_date_time(text).has_value()) << text;
  }
}

TEST(DateTime, DaysAndDatesAreInverse) {
  for (std::int64_t days = -200'000; days < 200'000; days += 37) {
    EXPECT_EQ(days_from(day_from(days)), days);
  }
}

}  // namespace
}  // namespace orrery::api
