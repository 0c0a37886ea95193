#include "gui/model/history.h"

#include <algorithm>

namespace orrery::gui {
namespace {

using recording::CallField;
using recording::ColumnMap;
using recording::GroupField;
using recording::PolicyField;
using recording::RowKind;

constexpr std::int64_t kSecondUs = 1'000'000;

void add(CallSecond& second, const ColumnMap& map, const std::int64_t* values, RowKind kind,
         std::size_t row) {
  const auto value = [&](CallField field) { return values[map.of(kind, row, field)]; };
  const auto count = [&](CallField field) { return static_cast<std::uint32_t>(value(field)); };
  const auto state = [&](CallField field) {
    return static_cast<std::uint16_t>(std::clamp<std::int64_t>(value(field), 0, 0xffff));
  };
  second.started += count(CallField::Started);
  second.ended += count(CallField::Ok);
  for (std::uint32_t outcome = 1; outcome < recording::kOutcomeCount; ++outcome) {
    const std::uint32_t failed = count(recording::outcome_field(outcome));
    second.ended += failed;
    second.failed += failed;
  }
  second.retries += count(CallField::Retries);
  second.p50 = state(CallField::P50);
  second.p95 = state(CallField::P95);
  second.p99 = state(CallField::P99);
  second.open = state(CallField::BreakersOpen);
  second.trying = state(CallField::BreakersTrying);
}

void add(GroupSecond& second, const ColumnMap& map, const std::int64_t* values, std::size_t group) {
  const auto value = [&](GroupField field) { return values[map.of(group, field)]; };
  const auto count = [&](GroupField field) { return static_cast<std::uint32_t>(value(field)); };
  second.published += count(GroupField::Published);
  second.finished += count(GroupField::Finished);
  second.dead += count(GroupField::Dead);
  second.redelivered += count(GroupField::Redelivered);
  second.lag = static_cast<std::uint64_t>(value(GroupField::Lag));
  second.oldest = Duration::microseconds(value(GroupField::OldestAge));
}

void add(PolicySecond& second, const ColumnMap& map, const std::int64_t* values,
         std::size_t route) {
  for (std::uint32_t field = 0; field < second.size(); ++field) {
    second[field] +=
        static_cast<std::uint32_t>(values[map.of(route, static_cast<PolicyField>(field))]);
  }
}

CallSum sum(const std::vector<CallSecond>& seconds, std::size_t second, std::size_t length) {
  CallSum sum;
  const std::size_t from = second + 1 < length ? 0 : second + 1 - length;
  for (std::size_t i = from; i <= second && i < seconds.size(); ++i) {
    sum.started += seconds[i].started;
    sum.ended += seconds[i].ended;
    sum.failed += seconds[i].failed;
  }
  return sum;
}

}  // namespace

History::History(const recording::Scene& scene)
    : services_(scene.services.size()),
      edges_(scene.edges.size()),
      failures_(scene.edges.size()),
      groups_(scene.groups.size()),
      policies_(scene.routes.size()),
      kept_out_(scene.routes.size()) {
  for (const recording::SceneEdge& edge : scene.edges) {
    from_outside_.push_back(edge.from == recording::kOutside);
  }
}

PolicySecond History::policies(std::size_t route, std::size_t second) const {
  PolicySecond did = policies_[route][second];
  if (second == 0) return did;
  const PolicySecond& before = policies_[route][second - 1];
  for (std::size_t field = 0; field < did.size(); ++field) did[field] -= before[field];
  return did;
}

std::size_t History::seconds() const {
  return last_us_ < 0 ? 0 : static_cast<std::size_t>(last_us_ / kSecondUs);
}

void History::take(const recording::SampleSection& samples, const ColumnMap& map) {
  for (std::size_t i = 0; i < samples.at_us.size(); ++i) {
    const std::int64_t at_us = samples.at_us[i];
    if (at_us <= last_us_) continue;
    last_us_ = at_us;
    // A sample counts for the time before it.
    const auto second = static_cast<std::size_t>(std::max<std::int64_t>(at_us - 1, 0) / kSecondUs);
    if (users_.size() <= second) {
      users_.resize(second + 1);
      for (auto& row : services_) row.resize(second + 1);
      for (auto& row : edges_) row.resize(second + 1);
      for (auto& row : failures_) row.resize(second + 1);
      for (auto& row : groups_) row.resize(second + 1);
      for (auto& row : kept_out_) row.resize(second + 1);
      for (auto& row : policies_) row.resize(second + 1, row.empty() ? PolicySecond{} : row.back());
    }
    const std::int64_t* values = samples.values.data() + i * map.count();
    for (std::size_t s = 0; s < services_.size(); ++s) {
      add(services_[s][second], map, values, RowKind::Service, s);
    }
    for (std::size_t e = 0; e < edges_.size(); ++e) {
      add(edges_[e][second], map, values, RowKind::Edge, e);
      for (std::uint32_t o = 1; o < recording::kOutcomeCount; ++o) {
        const CallField field = recording::outcome_field(o);
        std::uint16_t& count = failures_[e][second][o - 1];
        count = static_cast<std::uint16_t>(
            std::min<std::int64_t>(count + values[map.of(RowKind::Edge, e, field)], 0xffff));
      }
      if (from_outside_[e]) add(users_[second], map, values, RowKind::Edge, e);
    }
    for (std::size_t g = 0; g < groups_.size(); ++g) add(groups_[g][second], map, values, g);
    for (std::size_t r = 0; r < policies_.size(); ++r) {
      add(policies_[r][second], map, values, r);
      kept_out_[r][second] = static_cast<std::uint32_t>(values[map.of(r, PolicyField::KeptOut)]);
    }
  }
}

CallSum History::service_sum(std::size_t service, std::size_t second, std::size_t length) const {
  return sum(services_[service], second, length);
}

CallSum History::edge_sum(std::size_t edge, std::size_t second, std::size_t length) const {
  return sum(edges_[edge], second, length);
}

std::uint64_t History::edge_failures(std::size_t edge, std::size_t second, std::size_t length,
                                     std::uint32_t outcome) const {
  std::uint64_t sum = 0;
  const std::size_t from = second + 1 < length ? 0 : second + 1 - length;
  for (std::size_t i = from; i <= second && i < failures_[edge].size(); ++i) {
    sum += failures_[edge][i][outcome - 1];
  }
  return sum;
}

CallSum History::users_sum(std::size_t second, std::size_t length) const {
  return sum(users_, second, length);
}

}  // namespace orrery::gui
