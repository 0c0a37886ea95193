/// @file
/// Peak EWMA of two: of two random hosts, the one whose expected latency times queue is lower,
/// where a slow answer counts at once and a fast one only by and by.
///
/// Source: linkerd2-proxy (ewma, load biaser); tower peak_ewma and p2c.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "models/base/time_types.h"
#include "models/resilience/balancers/host_choice.h"
#include "models/resilience/balancers/host_view.h"
#include "models/resilience/balancers/random_choice.h"
#include "models/resilience/draw.h"
#include "models/resilience/exponential_decay.h"

namespace orrery::resilience {

struct PeakEwmaConfig {
  Duration decay = Duration::seconds(10);             ///< Time constant, > 0.
  Duration default_rtt = Duration::milliseconds(30);  ///< What a new host is thought to need.

  friend bool operator==(const PeakEwmaConfig&, const PeakEwmaConfig&) = default;
};

/// A moving average of latencies that jumps up and sinks slowly, towards 0 without samples.
class PeakEwmaRtt {
 public:
  PeakEwmaRtt(Duration rtt, Instant now)
      : rtt_ns_{static_cast<double>(rtt.count_ns())}, updated_{now} {}

  /// The average at `now` [ns]; reading changes nothing. As recorded for times before the last
  /// sample.
  [[nodiscard]] double at(Instant now, const ExponentialDecay& decay) const {
    return now <= updated_ ? rtt_ns_ : rtt_ns_ * decay.left_after(now - updated_);
  }

  /// A sample above the average at `now` replaces it; a lower one weighs 1 - e^(-time/decay), so
  /// nothing when no time has passed.
  void add(Duration rtt, Instant now, const ExponentialDecay& decay) {
    const auto sample = static_cast<double>(rtt.count_ns());
    const double left = now <= updated_ ? 1.0 : decay.left_after(now - updated_);
    const double average = rtt_ns_ * left;
    if (average >= sample && now <= updated_) return;
    rtt_ns_ = average < sample ? sample : average + sample * (1.0 - left);
    updated_ = now;
  }

  /// Whether a * (this average) <= b * (the other average), at any time after both last samples:
  /// both decay alike, so only the time between the samples counts.
  [[nodiscard]] bool times_is_at_most(double a, const PeakEwmaRtt& other, double b,
                                      const ExponentialDecay& decay) const {
    double mine = rtt_ns_ * a;
    double theirs = other.rtt_ns_ * b;
    if (updated_ < other.updated_) mine *= decay.left_after(other.updated_ - updated_);
    if (other.updated_ < updated_) theirs *= decay.left_after(updated_ - other.updated_);
    return mine <= theirs;
  }

 private:
  double rtt_ns_;
  Instant updated_;
};

/// One caller's peak EWMA over one set of hosts; 16 bytes per host.
class PeakEwma {
 public:
  explicit PeakEwma(const PeakEwmaConfig& config)
      : default_rtt_{config.default_rtt}, decay_{config.decay} {}

  static constexpr std::uint32_t kNew = 0xffff'ffff;

  /// Hosts 0..before.size()-1 from now on: host i was host `before[i]`, or is new if that is kNew
  /// and begins at the default. Allocates.
  void take_hosts(std::span<const std::uint32_t> before, Instant now) {
    std::vector<PeakEwmaRtt> rtts;
    rtts.reserve(before.size());
    for (const std::uint32_t host : before) {
      rtts.push_back(host == kNew ? PeakEwmaRtt{default_rtt_, now} : rtts_[host]);
    }
    rtts_ = std::move(rtts);
  }

  /// An answer of `host` that took `rtt`.
  void record(std::uint32_t host, Duration rtt, Instant now) { rtts_[host].add(rtt, now, decay_); }

  /// The cheaper of two different random hosts, the first if they cost the same; nothing when none
  /// may be chosen. Touches two hosts. Requires: as many hosts as were taken.
  [[nodiscard]] HostChoice pick(const Hosts& hosts, std::uint64_t draw) const {
    expects(hosts.size() == rtts_.size(), "peak EWMA knows every host");
    const HostChoice first = random_choice(hosts, draw);
    if (!first) return std::nullopt;
    const HostChoice second = other_choice(hosts, *first, sub_draw(draw, 1));
    if (!second) return first;
    const bool first_wins = rtts_[*first].times_is_at_most(load(hosts[*first]), rtts_[*second],
                                                           load(hosts[*second]), decay_);
    return first_wins ? first : second;
  }

  /// rtt * (active + 1) at `now` [ns].
  [[nodiscard]] double cost(const Hosts& hosts, std::uint32_t host, Instant now) const {
    return rtts_[host].at(now, decay_) * load(hosts[host]);
  }

 private:
  static double load(const HostView& host) { return static_cast<double>(host.active) + 1.0; }

  /// A host other than `first`, uniformly among those that may be chosen.
  [[nodiscard]] static HostChoice other_choice(const Hosts& hosts, std::uint32_t first,
                                               std::uint64_t draw) {
    if (hosts.size() < 2) return std::nullopt;
    for (int tries = 0; tries < 8; ++tries) {
      std::uint32_t host = index_from(draw, hosts.size() - 1);
      if (host >= first) ++host;
      if (hosts.may_take(host)) return host;
      draw = mix64(draw);
    }
    return other_choice_by_count(hosts, first, draw);
  }
  [[nodiscard]] static HostChoice other_choice_by_count(const Hosts& hosts, std::uint32_t first,
                                                        std::uint64_t draw);

  Duration default_rtt_;
  ExponentialDecay decay_;
  std::vector<PeakEwmaRtt> rtts_;
};

}  // namespace orrery::resilience
