/// @file
/// What was called, and how it ended, second by second: what states, strips and charts are made of.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/recording/run_codec.h"
#include "models/recording/run_data.h"

namespace orrery::gui {

/// Calls to a service or along an edge.
struct CallSecond {
  std::uint32_t started = 0;
  std::uint32_t ended = 0;
  std::uint32_t failed = 0;
  std::uint32_t retries = 0;
  std::uint16_t p50 = 0;  ///< As recorded; see recording::latency_of.
  std::uint16_t p95 = 0;
  std::uint16_t p99 = 0;
  std::uint16_t open = 0;    ///< Edges: breakers of callers, at the end of the second.
  std::uint16_t trying = 0;  ///< Edges: half-open ones, beside these.
};

/// Calls of a stretch of time, added up.
struct CallSum {
  std::uint64_t started = 0;
  std::uint64_t ended = 0;
  std::uint64_t failed = 0;

  /// Of the calls that ended, 0..1; 0 if none did.
  [[nodiscard]] double error_share() const {
    return ended == 0 ? 0 : static_cast<double>(failed) / static_cast<double>(ended);
  }
};

/// Messages of a consumer group.
struct GroupSecond {
  std::uint32_t published = 0;
  std::uint32_t finished = 0;  ///< Those given up included.
  std::uint32_t dead = 0;      ///< Given up.
  std::uint32_t redelivered = 0;
  std::uint64_t lag = 0;  ///< Not finished at the end of the second.
  Duration oldest;        ///< Age of the oldest of them; 0: there is none.
};

/// What the policies of a route did, by recording::PolicyField; its counts alone.
using PolicySecond = std::array<std::uint32_t, recording::kPolicyCountCount>;

class History {
 public:
  explicit History(const recording::Scene& scene);

  /// By rising instant; those that it has already are passed over.
  void take(const recording::SampleSection& samples, const recording::ColumnMap& map);

  /// Seconds that are over. Second s is the time from s to s + 1 after the start.
  [[nodiscard]] std::size_t seconds() const;
  [[nodiscard]] const CallSecond& service(std::size_t service, std::size_t second) const {
    return services_[service][second];
  }
  [[nodiscard]] const CallSecond& edge(std::size_t edge, std::size_t second) const {
    return edges_[edge][second];
  }
  [[nodiscard]] const GroupSecond& group(std::size_t group, std::size_t second) const {
    return groups_[group][second];
  }
  [[nodiscard]] PolicySecond policies(std::size_t route, std::size_t second) const;
  /// From the start until the second is over.
  [[nodiscard]] const PolicySecond& policies_until(std::size_t route, std::size_t second) const {
    return policies_[route][second];
  }
  /// Hosts that callers by the route keep out at the end of the second, once for each caller.
  [[nodiscard]] std::uint32_t kept_out(std::size_t route, std::size_t second) const {
    return kept_out_[route][second];
  }
  /// All calls from outside.
  [[nodiscard]] const CallSecond& users(std::size_t second) const { return users_[second]; }

  /// Of the `length` seconds before `second` and itself, as far as there are so many.
  [[nodiscard]] CallSum service_sum(std::size_t service, std::size_t second,
                                    std::size_t length) const;
  [[nodiscard]] CallSum edge_sum(std::size_t edge, std::size_t second, std::size_t length) const;
  /// Calls along the edge that ended with this outcome (see recording::outcome_name), of the same
  /// stretch. Requires: 1 <= outcome < kOutcomeCount.
  [[nodiscard]] std::uint64_t edge_failures(std::size_t edge, std::size_t second,
                                            std::size_t length, std::uint32_t outcome) const;
  [[nodiscard]] CallSum users_sum(std::size_t second, std::size_t length) const;

 private:
  /// By outcome, without Ok.
  using Failures = std::array<std::uint16_t, recording::kOutcomeCount - 1>;

  std::vector<std::vector<CallSecond>> services_;
  std::vector<std::vector<CallSecond>> edges_;
  std::vector<std::vector<Failures>> failures_;  ///< By edge, by second.
  std::vector<std::vector<GroupSecond>> groups_;
  /// By route, by second: that one and all before it, so that no sum begins at the start again.
  std::vector<std::vector<PolicySecond>> policies_;
  std::vector<std::vector<std::uint32_t>> kept_out_;
  std::vector<CallSecond> users_;
  std::vector<bool> from_outside_;  ///< By edge.
  std::int64_t last_us_ = -1;
};

}  // namespace orrery::gui
