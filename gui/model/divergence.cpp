#include "gui/model/divergence.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace orrery::gui {
namespace {

using recording::CallField;
using recording::RowKind;

constexpr Duration kStretch = Duration::seconds(5);
constexpr std::uint32_t kComparedFields = static_cast<std::uint32_t>(CallField::InFlight) + 1;

using EdgeName = std::pair<std::string, std::string>;

EdgeName name_of(const recording::Scene& scene, const recording::SceneEdge& edge) {
  return {edge.from == recording::kOutside ? std::string{} : scene.services[edge.from],
          scene.services[edge.to]};
}

/// Before this nothing is added any more: while a run goes on, its last instant is not over.
Instant known_of(const RecordedRun& run) {
  const bool over = run.complete() || run.taken() == Instant{};
  return over ? run.taken() : run.taken() - Duration::microseconds(1);
}

bool same(const RecordedRun& a, const recording::RunEvent& x, const RecordedRun& b,
          const recording::RunEvent& y) {
  return x.at == y.at && a.text(x.what) == b.text(y.what) &&
         a.text(x.subject) == b.text(y.subject) && a.text(x.detail) == b.text(y.detail);
}

}  // namespace

DivergenceSearch::DivergenceSearch(const RecordedRun& a, const RecordedRun& b) : a_{a}, b_{b} {
  std::map<EdgeName, std::size_t> of_b;
  for (std::size_t e = 0; e < b.scene().edges.size(); ++e) {
    of_b.emplace(name_of(b.scene(), b.scene().edges[e]), e);
  }
  for (std::size_t e = 0; e < a.scene().edges.size(); ++e) {
    const auto found = of_b.find(name_of(a.scene(), a.scene().edges[e]));
    if (found != of_b.end()) edges_.emplace_back(e, found->second);
  }
}

Result<bool> DivergenceSearch::look_on() {
  if (found_) return false;
  const Instant known = std::min(known_of(a_), known_of(b_));
  if (known <= looked_) return false;
  const Instant to = std::min(known, looked_ + kStretch);
  auto a = a_.samples(looked_, to);
  if (!a) return tl::unexpected{a.error()};
  auto b = b_.samples(looked_, to);
  if (!b) return tl::unexpected{b.error()};
  const auto event = first_event(to);
  const auto calls = first_calls(*a, *b);
  // A sample shows what was before it.
  found_ = calls && (!event || calls->at < event->at) ? calls : event;
  looked_ = to;
  return true;
}

std::optional<Divergence> DivergenceSearch::first_event(Instant to) {
  // That a run was held or let go is nothing that happened in it.
  const auto next_of = [to](const RecordedRun& run, std::size_t& next) {
    const auto& all = run.events().all();
    while (next < all.size() && run.text(all[next].what) == "command") ++next;
    return next < all.size() && all[next].at < to ? &all[next] : nullptr;
  };
  while (true) {
    const recording::RunEvent* a = next_of(a_, event_of_a_);
    const recording::RunEvent* b = next_of(b_, event_of_b_);
    if (a == nullptr && b == nullptr) return std::nullopt;
    if (a != nullptr && b != nullptr && same(a_, *a, b_, *b)) {
      ++event_of_a_;
      ++event_of_b_;
      continue;
    }
    Divergence found;
    found.in_a = b == nullptr || (a != nullptr && a->at <= b->at);
    const recording::RunEvent& event = found.in_a ? *a : *b;
    found.at = event.at;
    found.event = event.id;
    return found;
  }
}

std::optional<Divergence> DivergenceSearch::first_calls(const recording::SampleSection& a,
                                                        const recording::SampleSection& b) const {
  const recording::ColumnMap map_a{a_.scene()};
  const recording::ColumnMap map_b{b_.scene()};
  const std::size_t count = std::min(a.at_us.size(), b.at_us.size());
  for (std::size_t i = 0; i < count; ++i) {
    if (a.at_us[i] != b.at_us[i]) return std::nullopt;
    const std::int64_t* x = a.values.data() + i * map_a.count();
    const std::int64_t* y = b.values.data() + i * map_b.count();
    for (const auto& [edge_a, edge_b] : edges_) {
      for (std::uint32_t f = 0; f < kComparedFields; ++f) {
        const auto field = static_cast<CallField>(f);
        if (x[map_a.of(RowKind::Edge, edge_a, field)] == y[map_b.of(RowKind::Edge, edge_b, field)])
          continue;
        Divergence found;
        found.at = Instant::at(Duration::microseconds(a.at_us[i]));
        found.service = a_.scene().edges[edge_a].to;
        return found;
      }
    }
  }
  return std::nullopt;
}

std::optional<std::uint32_t> service_in(const RecordedRun& to, const RecordedRun& from,
                                        std::uint32_t service) {
  const auto& names = to.scene().services;
  const auto found = std::find(names.begin(), names.end(), from.scene().services[service]);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - names.begin());
}

}  // namespace orrery::gui
