#include "sim/traffic/upstream_cluster.h"

#include <algorithm>
#include <string_view>
#include <variant>

#include "models/base/overloaded.h"
#include "models/resilience/balancers/host_reselection.h"

namespace orrery::sim {
namespace {

/// In place of the index of a host that the cluster's channel has not chosen: what comes of it says
/// nothing about the connection, and to whom the channel goes next is no way out.
constexpr std::uint32_t kNotOfChannel = 0xffff'ffff;

}  // namespace

resilience::TryResult result_of_failure(const TryEnd& end) {
  using resilience::TryResult;
  switch (end.outcome) {
    case RequestOutcome::Ok:
      break;
    case RequestOutcome::Error:
    case RequestOutcome::Upstream:
      return {.status = 500};
    case RequestOutcome::Refused:
      return {.end = TryResult::End::ConnectFailure, .status = 503};
    case RequestOutcome::Reset:
      return {.end = TryResult::End::Reset, .status = 503};
    case RequestOutcome::Timeout:
      return {
          .end = end.unconnected ? TryResult::End::ConnectFailure : TryResult::End::PerTryTimeout,
          .status = end.unconnected ? std::uint16_t{503} : std::uint16_t{504}};
    case RequestOutcome::NoEndpoints:
    case RequestOutcome::CircuitOpen:
    case RequestOutcome::Overflow:
    case RequestOutcome::RateLimited:
    case RequestOutcome::NotAdmitted:
      return {.end = TryResult::End::Overflow, .status = 503};
  }
  contract_violation("a failure is one of those listed");
}

UpstreamCluster::UpstreamCluster(const resilience::ClusterPolicy& policy, Draws draws,
                                 std::uint64_t key, std::uint32_t zone, Instant now)
    : policy_{&policy}, draws_{draws}, key_{key}, balancer_{make_balancer()} {
  using namespace resilience;
  const bool by_parts = std::holds_alternative<RandomConfig>(balancer_) ||
                        std::holds_alternative<RoundRobin>(balancer_) ||
                        std::holds_alternative<LeastRequest>(balancer_);
  if (policy.locality && by_parts && zone != kNoZone) {
    localities_.emplace(policy, zone);
    told_share_ = kUntold;
  }
  learns_ =
      std::holds_alternative<PeakEwma>(balancer_) || std::holds_alternative<Channel>(balancer_);
  needs_facts_ = !policy.weights.empty() || localities_.has_value() ||
                 std::holds_alternative<ConsistentHash>(balancer_);
  if (policy.pool) thresholds_.emplace(policy.pool->thresholds);
  if (policy.outliers) outliers_.emplace(policy.outliers->detection, now);
}

UpstreamCluster::Balancer UpstreamCluster::make_balancer() const {
  using namespace resilience;
  if (!policy_->balancer) return {};
  const std::uint64_t draw = draws_.bits(Purpose::HostSample, key_, 0);
  return std::visit(
      Overloaded{[](const RandomConfig& config) -> Balancer { return config; },
                 [&](const RoundRobinConfig&) -> Balancer { return RoundRobin{draw}; },
                 [&](const LeastRequestConfig& config) -> Balancer {
                   return LeastRequest{config, draw};
                 },
                 [](const PeakEwmaConfig& config) -> Balancer { return PeakEwma{config}; },
                 [](const PickFirstConfig&) -> Balancer { return Channel{}; },
                 [&](const auto&) -> Balancer {
                   ConsistentHash hashes;
                   const std::uint32_t factor = policy_->hash.balance_factor;
                   if (factor > 0) hashes.bound.emplace(factor);
                   return hashes;
                 }},
      *policy_->balancer);
}

void UpstreamCluster::take_table(std::span<const std::uint32_t> table, std::vector<HostFacts> facts,
                                 Instant now) {
  facts_ = std::move(facts);
  std::vector<std::uint32_t> all{table.begin(), table.end()};
  sort(all);
  const std::vector<std::uint32_t> addresses = all;
  std::vector<std::uint32_t> before;
  std::vector<Instant> joined;
  std::vector<resilience::FailureAccrual> accruals;
  std::vector<CheckedHost> checks;
  std::vector<resilience::HostView> hosts;
  std::vector<Pool> pools;
  const auto keep = [&](std::uint32_t address, bool chosen) {
    const resilience::HostChoice known = index_of({address, 0});
    // Of a host that had left the table the averages know nothing.
    const bool had = known && *known < table_size_;
    before.push_back(had ? *known : resilience::PeakEwma::kNew);
    hosts.push_back(known ? hosts_[*known] : resilience::HostView{});
    hosts.back().healthy = chosen;
    if (thresholds_) pools.push_back(known ? pools_[*known] : Pool{});
    if (policy_->accrual) {
      accruals.push_back(known ? accruals_[*known]
                               : resilience::FailureAccrual{*policy_->accrual, now});
    }
    if (policy_->health) {
      const std::uint64_t draw = draws_.bits(Purpose::ProbePhase, mix64(key_), check_draws_++);
      const resilience::ActiveHealthCheck unknown{policy_->health->check};
      checks.push_back(known ? checks_[*known]
                             : CheckedHost{unknown, now + unknown.first_check(draw)});
    }
    if (!policy_->slow_start) return;
    joined.push_back(known ? joined_[*known] : now);
    if (known) return;
    warm_at_ = now + policy_->slow_start->window;
    warming_ = true;
  };
  for (const std::uint32_t address : addresses) keep(address, true);
  for (std::uint32_t host = 0; host < addresses_.size(); ++host) {
    const bool idle = hosts_[host].active == 0 &&
                      (!thresholds_ || (pools_[host].waiting.empty() && pools_[host].streams == 0 &&
                                        pools_[host].opening == 0));
    if (std::find(addresses.begin(), addresses.end(), addresses_[host]) != addresses.end())
      continue;
    if (idle) {
      if (thresholds_) close_connections(pools_[host]);
    } else {  // It has left the table, but not answered yet.
      all.push_back(addresses_[host]);
      keep(addresses_[host], false);
    }
  }
  addresses_ = std::move(all);
  hosts_ = std::move(hosts);
  pools_ = std::move(pools);
  joined_ = std::move(joined);
  accruals_ = std::move(accruals);
  checks_ = std::move(checks);
  table_size_ = static_cast<std::uint32_t>(addresses.size());
  before.resize(table_size_);
  if (!policy_->weights.empty()) {
    for (std::uint32_t host = 0; host < table_size_; ++host) {
      const auto weight = policy_->weights.find(facts_[host].image);
      hosts_[host].weight = weight == policy_->weights.end() ? 1.0 : weight->second;
    }
  }
  if (policy_->slow_start) {
    weights_.assign(table_size_, 1.0);
    for (std::uint32_t host = 0; host < table_size_; ++host) {
      if (!policy_->weights.empty()) weights_[host] = hosts_[host].weight;
    }
    weigh(now);
  }
  if (auto* ewma = std::get_if<resilience::PeakEwma>(&balancer_)) ewma->take_hosts(before, now);
  if (outliers_) {
    for (std::uint32_t at = 0; at < outlier_order_.size();) {
      if (std::find(addresses.begin(), addresses.end(), outlier_order_[at]) != addresses.end()) {
        ++at;
      } else {
        outliers_->remove_host(at);
        outlier_order_.erase(outlier_order_.begin() + at);
      }
    }
    outlier_at_.clear();
    for (std::uint32_t host = 0; host < table_size_; ++host) {
      const auto known = std::find(outlier_order_.begin(), outlier_order_.end(), addresses_[host]);
      outlier_at_.push_back(static_cast<std::uint32_t>(known - outlier_order_.begin()));
      if (known == outlier_order_.end()) {
        outliers_->add_host();
        outlier_order_.push_back(addresses_[host]);
      }
    }
  }
  for (std::uint32_t host = 0; host < table_size_; ++host) {
    hosts_[host].healthy = is_well(host, now);
  }
  if (policy_->accrual) look_at_accruals(now);
  if (localities_) {
    std::vector<std::uint32_t> zones;
    for (const HostFacts& host : facts_) zones.push_back(host.zone);
    localities_->take_hosts(zones);
  }
  refresh_balancer();
  if (auto* channel = std::get_if<Channel>(&balancer_)) take_addresses(*channel, now);
}

void UpstreamCluster::sort(std::vector<std::uint32_t>& addresses) {
  if (!localities_) return;
  std::vector<std::pair<HostFacts, std::uint32_t>> hosts;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    hosts.emplace_back(std::move(facts_[i]), addresses[i]);
  }
  std::stable_sort(hosts.begin(), hosts.end(), [&](const auto& a, const auto& b) {
    return localities_->is_before(a.first.zone, b.first.zone);
  });
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    facts_[i] = std::move(hosts[i].first);
    addresses[i] = hosts[i].second;
  }
}

void UpstreamCluster::take_peers(std::uint64_t version, std::vector<std::uint32_t> zones) {
  peers_version_ = version;
  localities_->take_peers(std::move(zones));
  refresh_balancer();
}

void UpstreamCluster::weigh(Instant now) {
  for (std::uint32_t host = 0; host < table_size_; ++host) {
    hosts_[host].weight =
        weights_[host] * slow_start_factor(*policy_->slow_start, now - joined_[host]);
  }
  warming_ = now < warm_at_;
}

void UpstreamCluster::refresh_balancer() {
  if (policy_->health) {
    well_ = 0;
    for (std::uint32_t host = 0; host < table_size_; ++host) {
      well_ += checks_[host].state.healthy() && !is_ejected(host);
    }
  }
  panic_ = is_panic();
  refresh(balancer_, choosable());
  if (!localities_) return;
  localities_->refresh({hosts_.data(), table_size_});
  refresh_parts(localities_->parts());
  own_share_ = localities_->own_share().value_or(kNoZone);
}

void UpstreamCluster::refresh_parts(std::span<const HostPart> parts) {
  while (by_part_.size() < parts.size()) by_part_.push_back(make_balancer());
  for (const HostPart& part : parts) refresh(by_part_[part.index], hosts_of(part));
}

void UpstreamCluster::refresh(Balancer& balancer, const resilience::Hosts& hosts) {
  if (auto* round_robin = std::get_if<resilience::RoundRobin>(&balancer)) {
    round_robin->refresh(hosts);
  } else if (auto* least = std::get_if<resilience::LeastRequest>(&balancer)) {
    least->refresh(hosts);
  } else if (auto* hashes = std::get_if<ConsistentHash>(&balancer)) {
    rebuild(*hashes);
  }
}

resilience::Hosts UpstreamCluster::hosts_of(const HostPart& part) const {
  const std::span<const resilience::HostView> hosts{hosts_.data() + part.first, part.count};
  return resilience::Hosts{hosts, part.panic};
}

bool UpstreamCluster::is_panic() const {
  if (!outliers_ && !policy_->health) return false;
  const std::uint32_t healthy = policy_->health ? well_ : table_size_ - outliers_->ejected_count();
  return healthy * 100 < policy_->panic_threshold() * table_size_;
}

void UpstreamCluster::rebuild(ConsistentHash& balancer) {
  const resilience::Hosts hosts = choosable();
  std::vector<std::string_view> texts;
  for (const HostFacts& facts : facts_) texts.emplace_back(facts.text);
  if (const auto* ring = std::get_if<resilience::RingHashConfig>(&*policy_->balancer)) {
    balancer.table.emplace<resilience::RingHash>(*ring, hosts, texts);
  } else {
    balancer.table.emplace<resilience::Maglev>(
        std::get<resilience::MaglevConfig>(*policy_->balancer), hosts, texts);
  }
  if (balancer.bound) balancer.bound->refresh(hosts);
}

void UpstreamCluster::take_addresses(Channel& channel, Instant now) {
  std::optional<std::uint32_t> connected;
  if (channel.first.state() == resilience::PickFirst::State::Ready) {
    const resilience::HostChoice index = index_of({channel.address, 0});
    if (index && *index < table_size_) connected = index;
  }
  std::optional<std::uint64_t> shuffle;
  if (std::get<resilience::PickFirstConfig>(*policy_->balancer).shuffles) {
    shuffle = draws_.bits(Purpose::HostSample, key_, 1);
  }
  channel.first.update(table_size_, connected, shuffle);
  if (!connected) channel.address = kNoAddress;
  channel.connects_again = now;
}

resilience::HostChoice UpstreamCluster::pick_first(Channel& channel, Instant now) {
  using State = resilience::PickFirst::State;
  channel.moves_on = false;
  if (table_size_ == 0) return std::nullopt;
  const State state = channel.first.state();
  if (state == State::TransientFailure && now < channel.connects_again) return std::nullopt;
  if (state == State::Idle || state == State::TransientFailure) {
    channel.address = addresses_[channel.first.connect()];
  }
  return index_of({channel.address, 0});
}

void UpstreamCluster::heard_from(Channel& channel, std::uint32_t address, const TryEnd& end,
                                 Instant now) {
  using State = resilience::PickFirst::State;
  const bool unreached = end.unconnected || end.outcome == RequestOutcome::Refused;
  channel.moves_on = unreached && address != channel.address;
  if (address != channel.address) return;  // Of an earlier connection.
  if (channel.first.state() == State::Idle) {
    channel.moves_on = unreached;  // Another try has already found out.
  } else if (channel.first.state() == State::Ready) {
    if (!unreached && end.outcome != RequestOutcome::Reset) return;
    channel.first.disconnected();
    channel.moves_on = unreached;
  } else if (channel.first.state() == State::Connecting && unreached) {
    const std::optional<std::uint32_t> next = channel.first.failed();
    channel.moves_on = next.has_value();
    if (next) {
      channel.address = addresses_[*next];
      return;
    }
    ++channel.failures;
    channel.connects_again =
        now +
        resilience::backoff_delay(resilience::GrpcConnectionBackoff{}, channel.failures,
                                  draws_.uniform(Purpose::RetryBackoff, key_, channel.failures));
  } else if (channel.first.state() == State::Connecting && end.outcome != RequestOutcome::Timeout) {
    channel.first.connected();
    channel.failures = 0;
    if (end.outcome == RequestOutcome::Reset) channel.first.disconnected();
  }
}

void UpstreamCluster::take_ticks(Instant now) {
  while (outliers_->next_tick() <= now) {
    outliers_->tick(draws_.bits(Purpose::Ejection, key_, outlier_draws_++), outliers_->next_tick(),
                    outlier_events_);
  }
  take_outlier_events(now);
}

void UpstreamCluster::take_outlier_events(Instant now) {
  if (outlier_events_.empty()) return;
  for (const resilience::OutlierEvent& event : std::exchange(outlier_events_, {})) {
    const std::uint32_t address = outlier_order_[event.host];
    ejections_.push_back({address, event});
    const auto index = index_of({address, 0});
    if (index && *index < table_size_) hosts_[*index].healthy = is_well(*index, now);
    if (index && event.what == resilience::OutlierEvent::What::Ejected) drain(*index);
  }
  refresh_balancer();
}

void UpstreamCluster::judge_failure(std::uint32_t index, const TryEnd& end, Instant now) {
  using LocalFailure = resilience::OutlierDetector::LocalFailure;
  using resilience::TryResult;
  const std::uint32_t at = outlier_at_[index];
  const TryResult result = result_of(end);
  resilience::OutlierSignals signals;
  switch (result.end) {
    case TryResult::End::Answer:
      outliers_->on_connected(at);
      signals = outliers_->on_response(at, result.status);
      break;
    case TryResult::End::ConnectFailure:
    case TryResult::End::RefusedStream:
      signals = outliers_->on_local_failure(at, LocalFailure::Connect);
      break;
    case TryResult::End::PerTryTimeout:
      signals = outliers_->on_local_failure(at, LocalFailure::Timeout);
      break;
    case TryResult::End::Reset:
      signals = outliers_->on_local_failure(at, LocalFailure::Reset);
      break;
    case TryResult::End::Overflow:
      break;
  }
  if (!signals.any()) return;
  outliers_->act(at, signals, draws_.bits(Purpose::Ejection, key_, outlier_draws_++), now,
                 outlier_events_);
  take_outlier_events(now);
}

void UpstreamCluster::accrue(std::uint32_t index, const TryEnd& end, Instant now) {
  using resilience::EndpointAnswer;
  using State = resilience::FailureAccrual::State;
  using What = resilience::OutlierEvent::What;
  resilience::FailureAccrual& accrual = accruals_[index];
  const bool was_in = accrual.state(now) == State::Available;
  const bool good = end.outcome == RequestOutcome::Ok;
  accrual.on_answer(good ? EndpointAnswer::Success : EndpointAnswer::Failure, now,
                    draws_.uniform(Purpose::Ejection, key_, accrual_draws_));
  const bool is_in = accrual.state(now) == State::Available;
  if (was_in && is_in) return;
  ++accrual_draws_;
  if (was_in != is_in) {
    const What what = is_in ? What::Returned : What::Ejected;
    ejections_.push_back(
        {addresses_[index],
         {.host = index, .what = what, .kind = resilience::OutlierKind::Consecutive5xx}});
  }
  look_at_accruals(now);
  refresh_balancer();
}

void UpstreamCluster::look_at_accruals(Instant now) {
  probe_at_ = Instant::never();
  for (std::uint32_t host = 0; host < table_size_; ++host) {
    const resilience::FailureAccrual& accrual = accruals_[host];
    const bool ready = accrual.is_ready(now);
    if (!ready && accrual.unavailable_until() > now) {
      probe_at_ = std::min(probe_at_, accrual.unavailable_until());
    }
    hosts_[host].healthy = is_well(host, now);
  }
}

bool UpstreamCluster::is_ejected(std::uint32_t index) const {
  return outliers_ && index < table_size_ && outliers_->ejected(outlier_at_[index]);
}

bool UpstreamCluster::is_well(std::uint32_t index, Instant now) const {
  if (policy_->accrual && !accruals_[index].is_ready(now)) return false;
  if (policy_->health && !checks_[index].state.healthy()) return false;
  return !is_ejected(index);
}

void UpstreamCluster::add_kept_out(std::vector<std::uint32_t>& addresses, Instant now) const {
  using State = resilience::FailureAccrual::State;
  for (std::uint32_t host = 0; host < table_size_; ++host) {
    const bool out = is_ejected(host) ||
                     (policy_->accrual && accruals_[host].state(now) != State::Available) ||
                     (policy_->health && checks_[host].was_well && !checks_[host].state.healthy());
    if (out) addresses.push_back(addresses_[host]);
  }
}

Instant UpstreamCluster::next_check() const {
  Instant next = Instant::never();
  for (std::uint32_t host = 0; host < table_size_ && policy_->health; ++host) {
    if (!checks_[host].asked) next = std::min(next, checks_[host].due);
  }
  return next;
}

std::vector<std::uint32_t> UpstreamCluster::take_due_checks(Instant now) {
  std::vector<std::uint32_t> due;
  for (std::uint32_t host = 0; host < table_size_; ++host) {
    if (checks_[host].asked || checks_[host].due > now) continue;
    checks_[host].asked = true;
    due.push_back(addresses_[host]);
  }
  return due;
}

bool UpstreamCluster::checked(std::uint32_t address, resilience::CheckResult result, Instant now) {
  using What = resilience::OutlierEvent::What;
  const auto index = index_of({address, 0});
  if (!index) return false;
  CheckedHost& host = checks_[*index];
  const std::uint64_t draw = draws_.bits(Purpose::ProbePhase, mix64(key_), check_draws_++);
  const auto verdict = host.state.on_result(result, had_traffic_, draw);
  host.asked = false;
  host.due = now + verdict.next_check;
  const bool well = host.state.healthy();
  const bool returned = host.was_well;
  host.was_well = host.was_well || well;
  const bool turned_unwell = verdict.changed && !well;
  if (turned_unwell) drain(*index);
  if (*index >= table_size_) return turned_unwell;
  if (well && result == resilience::CheckResult::Passed && is_ejected(*index)) {
    outliers_->on_health_check_passed(outlier_at_[*index], now, outlier_events_);
    take_outlier_events(now);
  }
  if (!verdict.changed) return false;
  if (!well || returned) {  // That a new host is well is no news.
    ejections_.push_back({address,
                          {.host = *index,
                           .what = well ? What::Returned : What::Ejected,
                           .kind = resilience::OutlierKind::HealthChecks}});
  }
  hosts_[*index].healthy = is_well(*index, now);
  refresh_balancer();
  return turned_unwell;
}

std::uint32_t UpstreamCluster::connections_for(std::uint32_t streams) const {
  const std::uint32_t each = policy_->pool->streams_per_connection;
  return streams / each + (streams % each != 0);
}

std::uint32_t UpstreamCluster::in_use(const Pool& pool) const {
  return connections_for(pool.streams - pool.openers - pool.draining_streams);
}

/// Source: Envoy cluster_manager_impl.cc onHostHealthFailure, for failed checks and ejections
/// alike; conn_pool_base.cc drainConnectionsImpl.
void UpstreamCluster::drain(std::uint32_t index) {
  if (!thresholds_) return;
  Pool& pool = pools_[index];
  pool.draining += in_use(pool);
  pool.draining_streams = pool.streams - pool.openers;
  ++pool.drains;
  const std::uint32_t kept = pool.opening + pool.draining;
  for (; pool.connections > kept; --pool.connections) thresholds_->release_connection();
}

void UpstreamCluster::close_connections(const Pool& pool) {
  for (std::uint32_t i = 0; i < pool.connections; ++i) thresholds_->release_connection();
}

resilience::HostChoice UpstreamCluster::search(std::uint32_t address) const {
  // The tables are in the order of their addresses' names, not of these numbers.
  const auto found = std::find(addresses_.begin(), addresses_.end(), address);
  if (found == addresses_.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - addresses_.begin());
}

resilience::HostChoice UpstreamCluster::choose_by_zone(std::uint64_t key, std::uint32_t attempt,
                                                       std::uint64_t hash, Instant now) {
  const std::uint64_t draw = draws_.bits(Purpose::HostSample, key, attempt);
  // In panic zones do not count; priorities have a panic of their own.
  if (!(localities_->needs_peers() && panic_)) {
    const auto part = localities_->pick(draws_.bits(Purpose::HostSample, mix64(key), attempt));
    if (part) {
      const auto host = choose(by_part_[part->index], hosts_of(*part), draw, attempt, hash, now);
      return host ? resilience::HostChoice{*host + part->first} : std::nullopt;
    }
  }
  return choose(balancer_, choosable(), draw, attempt, hash, now);
}

resilience::HostChoice UpstreamCluster::choose(Balancer& chooser, const resilience::Hosts& hosts,
                                               std::uint64_t draw, std::uint32_t attempt,
                                               std::uint64_t hash, Instant now) {
  return std::visit(
      Overloaded{
          [](std::monostate) -> resilience::HostChoice { return std::nullopt; },
          [&](const resilience::RandomConfig&) { return resilience::random_choice(hosts, draw); },
          [&](resilience::RoundRobin& balancer) { return balancer.pick(hosts); },
          [&](resilience::LeastRequest& balancer) { return balancer.pick(hosts, draw); },
          [&](resilience::PeakEwma& balancer) { return balancer.pick(hosts, draw); },
          [&](Channel& channel) { return pick_first(channel, now); },
          [&](ConsistentHash& balancer) -> resilience::HostChoice {
            const auto* ring = std::get_if<resilience::RingHash>(&balancer.table);
            const auto* maglev = std::get_if<resilience::Maglev>(&balancer.table);
            const resilience::HostChoice host =
                ring != nullptr ? ring->pick(hash, attempt) : maglev->pick(hash, attempt);
            if (!host || !balancer.bound) return host;
            return balancer.bound->pick(hosts, *host, hash, active_);
          }},
      chooser);
}

void UpstreamCluster::look_at_hosts(Instant now) {
  if (warming_) weigh(now);
  if (now < probe_at_) return;
  look_at_accruals(now);
  refresh_balancer();
}

std::uint32_t UpstreamCluster::host_at(std::uint32_t address, Instant now) {
  const bool has_channel = std::holds_alternative<Channel>(balancer_);
  if (const auto known = index_of({address, 0})) return has_channel ? kNotOfChannel : *known;
  addresses_.push_back(address);
  hosts_.push_back({.healthy = false});
  if (thresholds_) pools_.emplace_back();
  if (policy_->accrual) accruals_.emplace_back(*policy_->accrual, now);
  if (policy_->health) {
    checks_.push_back({resilience::ActiveHealthCheck{policy_->health->check}, Instant::never()});
  }
  if (policy_->slow_start) joined_.push_back(now);
  return has_channel ? kNotOfChannel : static_cast<std::uint32_t>(addresses_.size() - 1);
}

bool UpstreamCluster::take_moves_on() {
  auto* channel = std::get_if<Channel>(&balancer_);
  return channel != nullptr && std::exchange(channel->moves_on, false);
}

CallQueue& UpstreamCluster::waiting_for(const RouteHost& host) {
  return pools_[*index_of(host)].waiting;
}

void UpstreamCluster::note_request(std::uint32_t index, Instant now) {
  if (!accruals_[index].is_ready(now)) return;
  const bool probe = accruals_[index].state(now) != resilience::FailureAccrual::State::Available;
  accruals_[index].on_request(now);
  if (probe && index < table_size_) {  // One alone, until it is answered.
    look_at_accruals(now);
    refresh_balancer();
  }
}

bool UpstreamCluster::attach_waiting(RouteHost& host, Instant now) {
  const std::uint32_t index = *index_of(host);
  --pools_[index].pending;
  if (!thresholds_->attach_pending()) return false;
  enter(host, index, now);
  return true;
}

void UpstreamCluster::open_for_waiting(RouteHost& host, Instant now) {
  const std::uint32_t index = *index_of(host);
  Pool& pool = pools_[index];
  --pool.pending;
  ++pool.opening;
  ++pool.openers;
  enter(host, index, now);
}

bool UpstreamCluster::opened(RouteHost& host, bool opener) {
  const std::uint32_t index = *index_of(host);
  Pool& pool = pools_[index];
  --pool.opening;
  if (!opener) return true;
  --pool.openers;
  host.drains = pool.drains;
  if (thresholds_->attach_pending()) return true;
  --pool.streams;
  --active_;
  --hosts_[index].active;
  return false;
}

FreedConnection UpstreamCluster::freed(const RouteHost& host) {
  return freed(pools_[*index_of(host)]);
}

void UpstreamCluster::stop_waiting(const RouteHost& host) {
  --pools_[*index_of(host)].pending;
  thresholds_->release_pending();
}

void UpstreamCluster::stranded_at(const RouteHost& host, const TryEnd& end, Instant now) {
  auto* channel = std::get_if<Channel>(&balancer_);
  if (channel != nullptr && host.index != kNotOfChannel) {
    heard_from(*channel, host.address, end, now);
  }
  const auto index = index_of(host);
  if (!index) return;
  tick(now);
  judge(*index, end, now);
}

void UpstreamCluster::tell_balancer(std::uint32_t index, const RouteHost& host, const TryEnd& end,
                                    Instant now) {
  if (auto* ewma = std::get_if<resilience::PeakEwma>(&balancer_)) {
    if (end.outcome == RequestOutcome::Ok && index < table_size_) {
      ewma->record(index, end.elapsed, now);
    }
  } else if (auto* channel = std::get_if<Channel>(&balancer_);
             channel != nullptr && host.index != kNotOfChannel) {
    heard_from(*channel, host.address, end, now);
  }
}

FreedConnection UpstreamCluster::cancelled_at(const RouteHost& host, Instant now, GivenBack given) {
  const std::uint32_t index = *index_of(host);
  --active_;
  --hosts_[index].active;
  // Of a host on probation this is all there will be.
  if (policy_->accrual &&
      accruals_[index].state(now) == resilience::FailureAccrual::State::Probation) {
    accrue(index, {RequestOutcome::Timeout, false, Duration{}}, now);
  }
  return leave_pool(index, host, may_close(), given);
}

/// Where a connection carries a request at a time, one whose answer the caller does not wait for
/// any more cannot be used again: the answer to the next request would come behind that. It is
/// closed. Source: Envoy http1/conn_pool.cc StreamWrapper::onResetStream, and issue 5022 there;
/// OkHttp Http1ExchangeCodec.cancel() and Apache HttpClient's abort() close the socket likewise, so
/// a caller's TimeLimiter above them that cancels comes to the same.
FreedConnection UpstreamCluster::leave_pool_for_good(Pool& pool, const RouteHost& host, bool broken,
                                                     GivenBack given) {
  const auto close = [&] {
    --pool.connections;
    thresholds_->release_connection();
  };
  if (given == GivenBack::Opening || given == GivenBack::Opener) {
    --pool.streams;
    --pool.openers;
    thresholds_->release_pending();
    if (given == GivenBack::Opener) return FreedConnection::None;
    --pool.opening;
    close();
    return freed(pool);
  }
  thresholds_->release_request();
  if (given == GivenBack::Closing) return FreedConnection::None;
  --pool.streams;
  if (host.drains != pool.drains) {
    --pool.draining_streams;
    if (pool.draining > connections_for(pool.draining_streams)) {
      --pool.draining;
      close();
    }
  } else if (broken && pool.connections - pool.opening - pool.draining > in_use(pool)) {
    // Of a connection with several streams, each of them tells: it closes with the last.
    close();
  }
  return freed(pool);
}

FreedConnection UpstreamCluster::freed_for_waiting(Pool& pool) {
  if (pool_view(pool).has_ready_connection) return FreedConnection::Ready;
  if (!thresholds_->try_connect(pool_view(pool))) return FreedConnection::None;
  ++pool.connections;
  return FreedConnection::Opened;
}

FreedConnection UpstreamCluster::close(const RouteHost& host) {
  Pool& pool = pools_[*index_of(host)];
  --pool.streams;
  --pool.connections;
  thresholds_->release_connection();
  if (host.drains != pool.drains) {  // It carried this one alone.
    --pool.draining_streams;
    --pool.draining;
  }
  return freed(pool);
}

}  // namespace orrery::sim
