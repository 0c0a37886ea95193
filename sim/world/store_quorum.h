/// @file
/// The members of the store behind the API server: when a write is durable, and whether it can be.
///
/// Source: etcd (Raft): a leader, elected by a majority after an election timeout drawn between one
/// and two times the configured one; a write is durable once a majority has it on disk. Reads are
/// served by the API server's cache and need no quorum.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/base/random.h"
#include "models/base/time_types.h"

namespace orrery::sim {

struct StoreQuorumConfig {
  std::uint32_t members = 1;                         ///< Odd, >= 1.
  Duration election_timeout = Duration::seconds(1);  ///< etcd --election-timeout
  Duration fsync = Duration{};  ///< Of every member, beside what an API call takes anyhow.
};

class StoreQuorum {
 public:
  StoreQuorum(const StoreQuorumConfig& config, Draws draws);

  /// Ends up to `count` members, the leader first; returns how many.
  std::uint32_t kill(std::uint32_t count, Instant now);
  /// Starts up to `count` members that were ended; returns how many.
  std::uint32_t start(std::uint32_t count, Instant now);
  /// Adds to the fsync time of up to `count` members, the leader first; 0: as configured again.
  /// Returns how many.
  std::uint32_t slow_down(std::uint32_t count, Duration more);

  [[nodiscard]] bool has_quorum() const;
  [[nodiscard]] std::uint32_t members() const {
    return static_cast<std::uint32_t>(members_.size());
  }

  /// When a write that arrives at `now` is durable: after an election that is going on, in the
  /// order of arrival. Nothing: no majority is left.
  [[nodiscard]] std::optional<Instant> durable_at(Instant now);

 private:
  struct Member {
    bool up = true;
    Duration fsync;
  };

  void elect(Instant now);
  [[nodiscard]] Duration majority_fsync() const;

  StoreQuorumConfig config_;
  Draws draws_;
  std::vector<Member> members_;
  std::size_t leader_ = 0;
  Instant leads_from_;    ///< The leader takes writes from then on.
  Instant last_durable_;  ///< Of the latest write.
  std::uint64_t elections_ = 0;
};

}  // namespace orrery::sim
