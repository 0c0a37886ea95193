#include "sim/traffic/edge_faults.h"

#include <algorithm>

#include "models/base/contract.h"
#include "sim/traffic/http_status.h"

namespace orrery::sim {
namespace {

constexpr Duration kFirstTimeout = Duration::milliseconds(200);
constexpr Duration kLongestTimeout = Duration::seconds(120);

template <class T>
bool holds(const std::vector<T>& list, const T& wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

bool stands_on(const EdgeSide& side, const InstanceSpec& spec) {
  return holds(side.services, spec.service) || holds(side.nodes, spec.node) ||
         holds(side.addresses, spec.address);
}

/// `known` remembers what was found out; instances only come to be more.
bool is_on(const EdgeSide& side, std::vector<bool>& known, std::uint32_t instance,
           const std::vector<InstanceSpec>& instances) {
  if (side.everybody) return true;
  if (instance == kNone) return side.clients;
  while (known.size() < instances.size()) known.push_back(stands_on(side, instances[known.size()]));
  return known[instance];
}

/// As tc-netem(8) mixes a draw with the one before it.
double correlated(double drawn, double correlation, std::uint32_t sender,
                  std::map<std::uint32_t, double>& last_draws) {
  if (correlation <= 0) return drawn;
  const auto [last, first] = last_draws.try_emplace(sender, drawn);
  if (!first) last->second = correlation * last->second + (1 - correlation) * drawn;
  return last->second;
}

Duration jittered(const EdgeFault& fault, double drawn) {
  const double span = 2 * static_cast<double>(fault.jitter.count_ns());
  const auto offset = static_cast<std::int64_t>(span * drawn);
  return std::max(Duration{}, fault.delay - fault.jitter + Duration::nanoseconds(offset));
}

/// Whether it befalls any message that passes, not only requests and their answers.
bool is_of_network(const EdgeFault& fault) {
  const bool any_message =
      fault.messages != EdgeMessages::Requests && fault.messages != EdgeMessages::Answers;
  return any_message && (fault.kind == EdgeFaultKind::Delay || fault.kind == EdgeFaultKind::Loss ||
                         fault.kind == EdgeFaultKind::Bandwidth);
}

/// Whether an answer gets another status than it has.
bool has_other_status(const EdgeFault& replace, RequestOutcome outcome) {
  const std::int32_t its = status_of_outcome(outcome);
  return its != 0 &&
         its != (replace.status != 0 ? replace.status : status_of_outcome(replace.outcome));
}

}  // namespace

Duration retransmission_timeout(std::uint32_t resends) {
  if (resends >= 10) return kLongestTimeout;  // 200 ms, doubled ten times, is beyond it.
  return std::min(kLongestTimeout, Duration::nanoseconds(kFirstTimeout.count_ns() << resends));
}

std::uint32_t EdgeFaults::add(EdgeFault fault) {
  expects(fault.probability >= 0 && fault.probability <= 1, "a probability is within 0 and 1");
  expects(fault.correlation >= 0 && fault.correlation <= 1, "a correlation is within 0 and 1");
  expects(fault.delay >= Duration{} && fault.jitter >= Duration{}, "a delay is not negative");
  expects(fault.kind != EdgeFaultKind::Bandwidth || fault.bandwidth.bytes_per_second > 0,
          "a link that is cut off is a loss");
  active_[next_].fault = std::move(fault);
  return next_++;
}

std::uint64_t EdgeFaults::remove(std::uint32_t handle) {
  const auto found = active_.find(handle);
  expects(found != active_.end(), "a fault that ends was there");
  const std::uint64_t hits = found->second.hits;
  active_.erase(found);
  return hits;
}

bool EdgeFaults::passes(Active& active, const EdgeMessage& message,
                        const std::vector<InstanceSpec>& instances) {
  const EdgeFault& fault = active.fault;
  const auto between = [&](std::uint32_t one, std::uint32_t other) {
    return is_on(fault.from, active.on_from, one, instances) &&
           is_on(fault.to, active.on_to, other, instances);
  };
  const std::uint32_t sender = message.answers ? message.callee : message.caller;
  const std::uint32_t receiver = message.answers ? message.caller : message.callee;
  switch (fault.messages) {
    case EdgeMessages::Requests:
      return !message.answers && between(message.caller, message.callee);
    case EdgeMessages::Answers:
      return message.answers && between(message.caller, message.callee);
    case EdgeMessages::Sent:
      return between(sender, receiver);
    case EdgeMessages::Received:
      return between(receiver, sender);
    case EdgeMessages::Both:
      return between(sender, receiver) || between(receiver, sender);
  }
  return false;
}

/// Worked example: at 1,000 bytes per second with a burst of 500, a message of 1,000 bytes into
/// silence has passed after 0.5 s, and a second one of 1,000 right behind it after 1.5 s.
std::optional<Duration> EdgeFaults::wait_in_line(Active& active, std::uint32_t sender,
                                                 std::uint32_t payload_bytes, Instant now) {
  const BandwidthLimit& limit = active.fault.bandwidth;
  const auto time_of = [&](std::int64_t bytes) {
    return Duration::nanoseconds(static_cast<std::int64_t>(
        static_cast<double>(bytes) / static_cast<double>(limit.bytes_per_second) * 1e9));
  };
  const Duration burst = time_of(limit.burst_bytes);
  Instant& idle_at = active.idle_at.try_emplace(sender, now).first->second;
  idle_at = std::max(idle_at, now);
  const Duration in_line = std::max(Duration{}, (idle_at - now) - burst);
  if (limit.queue_bytes > 0 && in_line > time_of(limit.queue_bytes)) return std::nullopt;
  idle_at = idle_at + time_of(active.fault.header_bytes + payload_bytes);
  return std::max(Duration{}, (idle_at - now) - burst);
}

std::optional<EdgeFaults::Closing> EdgeFaults::close(const EdgeMessage& answer,
                                                     const std::vector<InstanceSpec>& instances,
                                                     const Draws& draws) {
  std::optional<Closing> closing;
  for (auto& [handle, active] : active_) {
    const EdgeFault& fault = active.fault;
    if (fault.kind != EdgeFaultKind::SlowClose || !passes(active, answer, instances)) continue;
    const std::uint64_t key = answer.key ^ mix64(fault.key);
    const double drawn = draws.uniform(Purpose::NetworkDelay, key, 0);
    if (fault.probability < 1 && drawn >= fault.probability) continue;
    ++active.hits;
    if (!closing || closing->takes < fault.delay) closing = Closing{fault.delay, fault.cause};
  }
  return closing;
}

MessageFate EdgeFaults::meet(const EdgeMessage& message, const std::vector<InstanceSpec>& instances,
                             const Draws& draws, Instant now) {
  MessageFate fate;
  const std::uint32_t sender = message.answers ? message.callee : message.caller;
  for (auto& [handle, active] : active_) {
    const EdgeFault& fault = active.fault;
    if (fault.kind == EdgeFaultKind::SlowClose || !passes(active, message, instances)) continue;
    if (message.packet && !is_of_network(fault)) continue;
    const std::uint64_t key = message.key ^ mix64(fault.key + (message.answers ? 1 : 0));
    // What befalls a call befalls it once; a message may be lost each time it is sent.
    const std::uint64_t attempt = fault.kind == EdgeFaultKind::Loss ? message.resends : 0;
    const bool is_loss = fault.kind == EdgeFaultKind::Loss;
    double drawn = draws.uniform(Purpose::NetworkDelay, key, 2 * attempt);
    if (is_loss) drawn = correlated(drawn, fault.correlation, sender, active.last_draws);
    if (fault.probability < 1 && drawn >= fault.probability) continue;
    switch (fault.kind) {
      case EdgeFaultKind::Delay: {
        const double varied = draws.uniform(Purpose::NetworkDelay, key, 2 * attempt + 1);
        fate.delay +=
            jittered(fault, correlated(varied, fault.correlation, sender, active.last_draws));
        break;
      }
      case EdgeFaultKind::Loss:
        fate.lost = true;
        break;
      case EdgeFaultKind::Reset:
        fate.reset_after = std::min(fault.delay, fate.reset_after.value_or(fault.delay));
        break;
      case EdgeFaultKind::LookUp:
        fate.delay += fault.delay;
        fate.answer = RequestOutcome::Refused;
        fate.at_caller = true;
        break;
      case EdgeFaultKind::Abort:
        if (fate.answer) break;
        fate.answer = fault.outcome;
        fate.status = fault.status;
        break;
      case EdgeFaultKind::Replace:
        if (!has_other_status(fault, message.outcome)) continue;
        fate.status = fault.status;
        fate.answer = fault.outcome;
        if (fault.outcome == RequestOutcome::Error && message.outcome == RequestOutcome::Upstream)
          fate.answer = message.outcome;
        if (fate.answer != message.outcome) break;
        // Health checks alone tell one success from another: nothing else comes of it.
        ++active.hits;
        if (fate.cause == 0) fate.cause = fault.cause;
        continue;
      case EdgeFaultKind::Bandwidth: {
        const std::optional<Duration> wait =
            wait_in_line(active, sender, message.payload_bytes, now);
        if (wait == Duration{}) continue;
        fate.delay += wait.value_or(Duration{});
        fate.lost = fate.lost || !wait;
        break;
      }
      case EdgeFaultKind::GiveUp:
        fate.given_up_after = std::min(fault.delay, fate.given_up_after.value_or(fault.delay));
        break;
      case EdgeFaultKind::LimitData:
        if (fault.header_bytes + message.payload_bytes <= fault.limit_bytes) continue;
        fate.answer = RequestOutcome::Reset;
        break;
      case EdgeFaultKind::SlowClose:
        continue;
    }
    ++active.hits;
    fate.cause = fault.cause;
  }
  return fate;
}

}  // namespace orrery::sim
