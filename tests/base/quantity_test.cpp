#include "models/base/quantity.h"

#include <gtest/gtest.h>

#include <array>

namespace orrery {
namespace {

struct QuantityCase {
  const char* text;
  std::optional<std::int64_t> milli;
  std::optional<std::int64_t> amount;
};

TEST(Quantity, IsReadAsKubernetesReadsIt) {
  constexpr std::int64_t kMi = 1 << 20;
  const std::array<QuantityCase, 37> cases{{
      {"1", 1000, 1},
      {"250m", 250, 1},
      {"0.1", 100, 1},
      {"1n", 1, 1},
      {"1u", 1, 1},
      {"0", 0, 0},
      {"0.0", 0, 0},
      {"0m", 0, 0},
      {"1.", 1000, 1},
      {".5", 500, 1},
      {"1500m", 1500, 2},
      {"64Mi", 64 * kMi * 1000, 64 * kMi},
      {"1Ki", 1024000, 1024},
      {"1k", 1'000'000, 1000},
      {"1M", 1'000'000'000, 1'000'000},
      {"0.5Gi", 512 * kMi * 1000, 512 * kMi},
      {"1.5Gi", 1536 * kMi * 1000, 1536 * kMi},
      {"1e3", 1'000'000, 1000},
      {"1E3", 1'000'000, 1000},
      {"1e+3", 1'000'000, 1000},
      {"1e-3", 1, 1},
      {"12E", std::nullopt, std::nullopt},
      {"9E", std::nullopt, 9'000'000'000'000'000'000},
      {"7Ei", std::nullopt, 7 * (std::int64_t{1} << 60)},
      {"8Ei", std::nullopt, std::nullopt},
      {"9223372036854775807", std::nullopt, std::numeric_limits<std::int64_t>::max()},
      {"9223372036854775808", std::nullopt, std::nullopt},
      {"99999999999999999999999", std::nullopt, std::nullopt},
      {"", std::nullopt, std::nullopt},
      {"Mi", std::nullopt, std::nullopt},
      {".", std::nullopt, std::nullopt},
      {"-1", std::nullopt, std::nullopt},
      {"1.2.3", std::nullopt, std::nullopt},
      {"64mi", std::nullopt, std::nullopt},
      {"64MiB", std::nullopt, std::nullopt},
      {"1 Gi", std::nullopt, std::nullopt},
      {"1e", std::nullopt, std::nullopt},
  }};
  for (const QuantityCase& c : cases) {
    EXPECT_EQ(parse_milli(c.text), c.milli) << "milli of \"" << c.text << '"';
    EXPECT_EQ(parse_amount(c.text), c.amount) << "amount of \"" << c.text << '"';
  }
}

TEST(Quantity, TextReadsBack) {
  EXPECT_EQ(milli_text(250), "250m");
  EXPECT_EQ(milli_text(2000), "2");
  EXPECT_EQ(amount_text(std::int64_t{64} << 20), "64Mi");
  EXPECT_EQ(amount_text(1000), "1000");
  EXPECT_EQ(amount_text(0), "0");
  for (std::int64_t value = 0; value < std::numeric_limits<std::int64_t>::max() / 3;
       value = value * 2 + 1) {
    EXPECT_EQ(parse_milli(milli_text(value)), value);
    EXPECT_EQ(parse_amount(amount_text(value)), value);
  }
}

}  // namespace
}  // namespace orrery
