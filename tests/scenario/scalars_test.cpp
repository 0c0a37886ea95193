#include "runner/scenario/scalars.h"

#include <gtest/gtest.h>

namespace orrery::scenario {
namespace {

TEST(ParsePercent, TakesZeroToAHundredWithTheSign) {
  EXPECT_DOUBLE_EQ(*parse_percent("99.5%"), 0.995);
  EXPECT_DOUBLE_EQ(*parse_percent("0%"), 0.0);
  EXPECT_DOUBLE_EQ(*parse_percent("100 %"), 1.0);
  for (const char* text : {"", "%", "99.5", "100.1%", "-1%", "1e%", "nan%", "inf%", "1%%", "a%"}) {
    EXPECT_FALSE(parse_percent(text)) << text;
  }
}

TEST(ParseRate, CountsPerSecond) {
  EXPECT_DOUBLE_EQ(*parse_rate("200/s"), 200.0);
  EXPECT_DOUBLE_EQ(*parse_rate("90/min"), 1.5);
  EXPECT_DOUBLE_EQ(*parse_rate("1800/h"), 0.5);
  for (const char* text : {"", "/s", "200", "0/s", "-1/s", "1/ms", "1e99/s", "nan/s"}) {
    EXPECT_FALSE(parse_rate(text)) << text;
  }
}

TEST(ParseBandwidth, TurnsBitsIntoBytes) {
  EXPECT_EQ(parse_bandwidth("1Gbps"), 125'000'000);
  EXPECT_EQ(parse_bandwidth("8bps"), 1);
  EXPECT_EQ(parse_bandwidth("1.6kbps"), 200);
  for (const char* text : {"", "bps", "0Gbps", "1GBps", "1", "-8bps", "1e99Tbps"}) {
    EXPECT_FALSE(parse_bandwidth(text)) << text;
  }
}

TEST(ParseSeeds, TakesOneOrARange) {
  EXPECT_EQ(parse_seeds("7")->last, 7U);
  EXPECT_EQ(parse_seeds("1..20")->first, 1U);
  EXPECT_EQ(parse_seeds("1..20")->last, 20U);
  for (const char* text : {"", "..", "1..", "..2", "2..1", "-1", "1.5", "1..2..3", "0..100000",
                           "0..18446744073709551615", "18446744073709551616"}) {
    EXPECT_FALSE(parse_seeds(text)) << text;
  }
}

TEST(ParseBound, ComparesWithTheUnitOfItsMeasure) {
  const auto success = parse_bound(">= 99.5%", Measure::Ratio);
  ASSERT_TRUE(success);
  EXPECT_EQ(success->relation, Bound::Relation::GreaterEqual);
  EXPECT_DOUBLE_EQ(success->value, 0.995);
  EXPECT_EQ(success->text, ">= 99.5%");
  EXPECT_DOUBLE_EQ(parse_bound("<800ms", Measure::Time)->value, 0.8);
  EXPECT_EQ(parse_bound("<= 2", Measure::Count)->relation, Bound::Relation::LessEqual);
  EXPECT_EQ(parse_bound("> 2", Measure::Count)->relation, Bound::Relation::Greater);
  EXPECT_FALSE(parse_bound("< 800", Measure::Time));
  EXPECT_FALSE(parse_bound(">= 0.995", Measure::Ratio));
  EXPECT_FALSE(parse_bound(">= 2.5", Measure::Count));
  EXPECT_FALSE(parse_bound("= 2", Measure::Count));
  EXPECT_FALSE(parse_bound("2", Measure::Count));
}

TEST(DidYouMean, NamesTheNearestOrWhatThereIs) {
  EXPECT_EQ(did_you_mean("crat", {"cart", "web"}), "did you mean \"cart\"?");
  EXPECT_EQ(did_you_mean("zzz", {"cart", "web"}), "there is cart or web");
  EXPECT_EQ(did_you_mean("zzz", {}), "");
}

}  // namespace
}  // namespace orrery::scenario
