#include "models/resilience/fallback.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "tests/resilience/conformance.h"

namespace orrery::resilience {
namespace {

using Kind = FallbackConfig::Kind;

Instant at(Duration t) { return Instant::at(t); }

TEST(Fallback, AnswersAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    FallbackConfig config;
    std::optional<Duration> last_success;
    std::uint32_t under_way;
    CallFailure failure;
    FallbackDecision expected;
  };
  using D = FallbackDecision;
  const auto none = std::nullopt;
  const FallbackConfig fixed{Kind::Static};
  const FallbackConfig cached{Kind::Cached};
  const FallbackConfig young{Kind::Cached, 10, 5_s};
  const FallbackConfig other{Kind::OtherService};
  const std::vector<Case> cases{
      {"1", "an error", fixed, none, 0, CallFailure::Error, D::Answer},
      {"1", "a timeout", fixed, none, 0, CallFailure::Timeout, D::Answer},
      {"1", "a short circuit", fixed, none, 0, CallFailure::ShortCircuited, D::Answer},
      {"1", "a rejection", fixed, none, 0, CallFailure::Rejected, D::Answer},
      {"1", "not a bad request", fixed, none, 0, CallFailure::BadRequest, D::NoFallback},
      {"1", "nine under way", other, none, 9, CallFailure::Error, D::CallOther},
      {"1", "not a bad request", other, none, 0, CallFailure::BadRequest, D::NoFallback},
      {"1", "ten under way", other, none, 10, CallFailure::Error, D::Rejected},
      {"7", "nothing cached yet", cached, none, 0, CallFailure::Error, D::NothingCached},
      {"7", "of any age", cached, 0_s, 0, CallFailure::Error, D::Answer},
      {"7", "at its greatest age", young, 95_s, 0, CallFailure::Error, D::Answer},
      {"7", "one older", young, 95_s - 1_ns, 0, CallFailure::Error, D::NothingCached},
  };
  for (const Case& c : cases) {
    conformance::row(c.config.kind == Kind::Static   ? "fallback.static"
                     : c.config.kind == Kind::Cached ? "fallback.cached"
                                                     : "fallback.service",
                     c.source, c.rule);
    Fallback fallback{c.config};
    if (c.last_success) fallback.on_success(at(*c.last_success));
    for (std::uint32_t i = 0; i < c.under_way; ++i) {
      ASSERT_EQ(fallback.on_failure(CallFailure::Error, at(0_s)), D::CallOther);
    }
    EXPECT_EQ(fallback.on_failure(c.failure, at(100_s)), c.expected) << c.source << ": " << c.rule;
  }
}

TEST(Fallback, HasRoomAgainWhenOneHasFinished) {
  Fallback fallback{{Kind::OtherService, 1}};
  EXPECT_EQ(fallback.on_failure(CallFailure::Error, at(0_s)), FallbackDecision::CallOther);
  EXPECT_EQ(fallback.on_failure(CallFailure::Error, at(0_s)), FallbackDecision::Rejected);
  EXPECT_EQ(fallback.under_way(), 1U) << "a rejected one takes no place";
  fallback.finished();
  EXPECT_EQ(fallback.on_failure(CallFailure::Error, at(0_s)), FallbackDecision::CallOther);
}

TEST(FallbackDeathTest, RefusesAnEndWithoutABeginning) {
  Fallback fallback{{Kind::OtherService}};
  EXPECT_EXIT(fallback.finished(), ::testing::ExitedWithCode(70), "under way");
}

}  // namespace
}  // namespace orrery::resilience
