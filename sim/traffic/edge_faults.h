/// @file
/// Faults on the ways between callers and the called, and what becomes of a message that meets one.
///
/// A request is one message, its answer another; so is each half of a handshake's round trip, and
/// what a leader has its followers keep. A message that is lost is sent again by TCP 200 ms later,
/// then after twice as long each time and at most 120 s (RFC 6298, and the constants of Linux),
/// until it passes or has been sent again 15 times: so loss is latency, and a way that is cut is a
/// long one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/base/random.h"
#include "models/base/time_types.h"
#include "sim/traffic/failure_ledger.h"
#include "sim/traffic/instance_spec.h"
#include "sim/traffic/request_outcome.h"

namespace orrery::sim {

/// How long TCP waits before it sends a message again that was lost `resends` times before.
[[nodiscard]] Duration retransmission_timeout(std::uint32_t resends);
/// After so many it gives up.
inline constexpr std::uint32_t kResendsMax = 15;

/// Who stands at one end of a way: everybody, or whoever one of these lists holds.
struct EdgeSide {
  bool everybody = true;
  bool clients = false;  ///< Those outside the cluster.
  std::vector<ServiceIndex> services;
  std::vector<std::uint32_t> nodes;
  std::vector<std::string> addresses;  ///< Of pods, whatever runs in them.
};

/// Which messages a fault meets.
enum class EdgeMessages : std::uint8_t {
  Requests,  ///< Of calls that `from` makes to `to`.
  Answers,   ///< To them.
  Sent,      ///< Whatever `from` sends to `to`, answers to calls of `to` among it.
  Received,  ///< Whatever `to` sends to `from`.
  Both,      ///< Whatever passes between them.
};

enum class EdgeFaultKind : std::uint8_t {
  Delay,      ///< The message takes `delay` longer, give or take `jitter`.
  Loss,       ///< It is lost.
  Reset,      ///< The connection is reset, `delay` after the request was sent.
  LookUp,     ///< After `delay` the caller learns that the name is not found: Refused.
  Abort,      ///< In place of the called, something before it gives `outcome` as the answer.
  Replace,    ///< An answer that is Ok becomes `outcome`; if that is Ok, one that is not does.
  Bandwidth,  ///< What a sender sends there passes one after another, at a rate.
  SlowClose,  ///< A connection is closed after its answer, which takes `delay`.
  GiveUp,     ///< The caller waits no longer than `delay` for the answer.
  LimitData,  ///< A message of more than `limit_bytes` is cut off: its connection is reset.
};

/// A token bucket, as of tc-tbf(8), of each sender.
struct BandwidthLimit {
  std::int64_t bytes_per_second = 0;  ///< > 0 where there is one.
  std::int64_t burst_bytes = 0;       ///< Pass at once after a silence.
  /// With more than this in line, whatever comes is dropped; 0: nothing is.
  std::int64_t queue_bytes = 0;
};

struct EdgeFault {
  EdgeFaultKind kind = EdgeFaultKind::Delay;
  EdgeSide from;
  EdgeSide to;
  EdgeMessages messages = EdgeMessages::Sent;
  double probability = 1;  ///< [0, 1], for each message or call by itself.
  Duration delay;
  Duration jitter;         ///< Uniform, as of tc-netem(8) without a distribution.
  double correlation = 0;  ///< [0, 1], of a draw with the sender's last one, as of tc-netem(8).
  RequestOutcome outcome = RequestOutcome::Error;
  std::int32_t status = 0;  ///< Abort, Replace: what HTTP would show of it; 0: nothing of its own.
  BandwidthLimit bandwidth = {};
  std::int64_t header_bytes = 0;  ///< Bandwidth, LimitData: of each message, beside its payload.
  std::int64_t limit_bytes = 0;   ///< LimitData.
  std::uint64_t key = 0;          ///< Of its draws.
  RecordId cause = 0;             ///< Of what fails through it.
};

/// One message under way. A sender or receiver that is no instance is a client outside.
struct EdgeMessage {
  std::uint32_t caller = kNone;
  std::uint32_t callee = 0;
  bool answers = false;
  RequestOutcome outcome = RequestOutcome::Ok;  ///< Of an answer.
  std::uint32_t resends = 0;                    ///< That came before.
  std::uint64_t key = 0;                        ///< Of the call.
  std::uint32_t payload_bytes = 0;
  bool packet = false;  ///< No call or its answer, but between them: faults of calls miss it.
};

struct MessageFate {
  bool lost = false;
  Duration delay;
  std::optional<RequestOutcome> answer;  ///< The caller hears this in place of what there was.
  std::int32_t status = 0;               ///< Likewise.
  bool at_caller = false;                ///< And the message never leaves the caller.
  std::optional<Duration> reset_after;
  std::optional<Duration> given_up_after;
  RecordId cause = 0;  ///< Of the last fault that did something to it; 0: none did.
};

class EdgeFaults {
 public:
  /// From now on; returns its handle.
  [[nodiscard]] std::uint32_t add(EdgeFault fault);
  /// Requires: it was added, and not removed. Returns the number of messages it did something to.
  std::uint64_t remove(std::uint32_t handle);
  /// The same number so far. Requires: likewise.
  [[nodiscard]] std::uint64_t hits(std::uint32_t handle) const { return active_.at(handle).hits; }
  [[nodiscard]] bool any() const { return !active_.empty(); }

  /// `instances`: all there have been, by index.
  [[nodiscard]] MessageFate meet(const EdgeMessage& message,
                                 const std::vector<InstanceSpec>& instances, const Draws& draws,
                                 Instant now);

  /// How long the end of a connection takes, and why.
  struct Closing {
    Duration takes;
    RecordId cause = 0;
  };
  /// Of the connection that the answer came on; nothing: it is kept, as usual.
  [[nodiscard]] std::optional<Closing> close(const EdgeMessage& answer,
                                             const std::vector<InstanceSpec>& instances,
                                             const Draws& draws);

 private:
  struct Active {
    EdgeFault fault;
    std::uint64_t hits = 0;
    /// Whether the instances stand on the side, by index; as many as were looked at.
    std::vector<bool> on_from;
    std::vector<bool> on_to;
    std::map<std::uint32_t, double> last_draws;  ///< By sender.
    /// By sender: when the link would be idle if nothing passed in bursts.
    std::map<std::uint32_t, Instant> idle_at;
  };

  /// What a message waits in line; nothing: it is dropped.
  [[nodiscard]] static std::optional<Duration> wait_in_line(Active& active, std::uint32_t sender,
                                                            std::uint32_t payload_bytes,
                                                            Instant now);
  [[nodiscard]] static bool passes(Active& active, const EdgeMessage& message,
                                   const std::vector<InstanceSpec>& instances);

  std::map<std::uint32_t, Active> active_;
  std::uint32_t next_ = 0;
};

}  // namespace orrery::sim
