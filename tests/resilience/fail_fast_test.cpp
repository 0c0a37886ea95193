#include "models/resilience/fail_fast.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace orrery::resilience {
namespace {

Instant at(Duration t) { return Instant::at(t); }

TEST(FailFast, DecidesAsInTheTable) {
  using D = FailFast::Decision;
  struct Case {
    const char* source;
    const char* rule;
    std::optional<Duration> ready_at;  ///< An endpoint was ready and went, after the first request.
    Duration asked_at;                 ///< The first request found none ready at 10 s.
    bool ready;
    std::uint32_t queue_length;
    D expected;
  };
  const auto none = std::nullopt;
  const std::vector<Case> cases{
      {"5", "one below 3 s", none, 13_s - 1_ns, false, 5, D::Wait},
      {"5", "at 3 s", none, 13_s, false, 5, D::Reject},
      {"5", "a ready endpoint ends it", none, 20_s, true, 5, D::Send},
      {"5", "and the time begins anew", 12_s, 14_s, false, 0, D::Wait},
      {"5", "9 999 wait", none, 11_s, false, 9'999, D::Wait},
      {"5", "10 000 wait", none, 11_s, false, 10'000, D::Reject},
  };
  for (const Case& c : cases) {
    FailFast queue{{}};
    ASSERT_EQ(queue.on_request(false, 0, at(10_s)), D::Wait);
    EXPECT_EQ(queue.fails_from(), at(13_s));
    if (c.ready_at) {
      queue.on_ready();
      EXPECT_EQ(queue.fails_from(), std::nullopt);
    }
    EXPECT_EQ(queue.on_request(c.ready, c.queue_length, at(c.asked_at)), c.expected)
        << c.source << ": " << c.rule;
  }
  FailFast inbound{{1_s, 10'000}};
  EXPECT_EQ(inbound.on_request(false, 0, at(10_s)), D::Wait);
  EXPECT_EQ(inbound.on_request(false, 1, at(11_s)), D::Reject) << "5: inbound 1 s";
}

}  // namespace
}  // namespace orrery::resilience
