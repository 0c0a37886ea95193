#include "gui/model/requests.h"

#include <algorithm>
#include <map>
#include <utility>

namespace orrery::gui {
namespace {

using recording::Span;
using recording::Trace;

constexpr Duration kStretch = Duration::seconds(5);

bool calls_service(const RecordedRun& run, const Trace& trace, std::uint32_t service) {
  return std::any_of(trace.spans.begin(), trace.spans.end(),
                     [&](const Span& span) { return run.scene().edges[span.edge].to == service; });
}

/// What a trace names is in the scene: a damaged file may say anything.
bool makes_sense(const RecordedRun& run, const Trace& trace) {
  return trace.journey < run.scene().journeys.size() &&
         std::all_of(trace.spans.begin(), trace.spans.end(),
                     [&](const Span& span) { return span.edge < run.scene().edges.size(); });
}

class Waterfall {
 public:
  Waterfall(const Trace& trace, const std::set<std::uint32_t>& opened)
      : trace_{trace}, opened_{opened}, children_(trace.spans.size() + 1) {
    for (std::uint32_t i = 0; i < trace.spans.size(); ++i) {
      children_[place(trace.spans[i].parent)].push_back(i);
    }
  }

  std::vector<WaterfallRow> rows() {
    WaterfallRow journey;
    journey.end = trace_.length;
    journey.failed = trace_.outcome == 0 ? 0 : 1;
    rows_.push_back(journey);
    add_children(Span::kJourney, 1);
    return std::move(rows_);
  }

 private:
  [[nodiscard]] std::size_t place(std::uint32_t span) const {
    return span == Span::kJourney ? trace_.spans.size() : span;
  }

  void add_children(std::uint32_t parent, std::uint32_t depth) {
    const std::vector<std::uint32_t>& children = children_[place(parent)];
    std::map<std::pair<std::uint32_t, recording::TextId>, std::vector<std::uint32_t>> alike;
    for (const std::uint32_t child : children) {
      alike[{trace_.spans[child].edge, trace_.spans[child].operation}].push_back(child);
    }
    for (const std::uint32_t child : children) {
      const Span& span = trace_.spans[child];
      const std::vector<std::uint32_t>& same = alike[{span.edge, span.operation}];
      if (same.size() <= kSiblingsMost) {
        add_span(child, depth);
      } else if (same.front() == child) {
        add_siblings(same, depth);
      }
    }
  }

  void add_siblings(const std::vector<std::uint32_t>& same, std::uint32_t depth) {
    WaterfallRow row;
    row.span = same.front();
    row.depth = depth;
    row.count = static_cast<std::uint32_t>(same.size());
    row.start = trace_.spans[same.front()].start;
    row.is_open = opened_.count(row.span) > 0;
    for (const std::uint32_t span : same) {
      const Span& one = trace_.spans[span];
      row.start = std::min(row.start, one.start);
      row.end = std::max(row.end, one.start + one.length);
      if (one.outcome != 0) ++row.failed;
      row.is_cause = row.is_cause || is_cause(span);
    }
    rows_.push_back(row);
    if (!row.is_open) return;
    for (const std::uint32_t span : same) add_span(span, depth + 1);
  }

  void add_span(std::uint32_t index, std::uint32_t depth) {
    const Span& span = trace_.spans[index];
    WaterfallRow row;
    row.span = index;
    row.depth = depth;
    row.failed = span.outcome == 0 ? 0 : 1;
    row.start = span.start;
    row.end = span.start + span.length;
    row.is_cause = is_cause(index);
    rows_.push_back(row);
    add_children(index, depth + 1);
  }

  [[nodiscard]] bool is_cause(std::uint32_t index) const {
    if (trace_.spans[index].outcome == 0) return false;
    const auto& children = children_[index];
    return std::none_of(children.begin(), children.end(),
                        [&](std::uint32_t child) { return trace_.spans[child].outcome != 0; });
  }

  const Trace& trace_;
  const std::set<std::uint32_t>& opened_;
  std::vector<std::vector<std::uint32_t>> children_;  ///< By span; of the journey at the end.
  std::vector<WaterfallRow> rows_;
};

}  // namespace

Result<void> Requests::load(const RecordedRun& run, Instant at) {
  const std::int64_t stretch = at.count_ns() / kStretch.count_ns();
  const Instant from = Instant::at(kStretch * stretch);
  const Instant known = std::min(run.end(), from + kStretch);
  if (stretch_ == stretch && known_ == known) return {};
  clear();
  auto traces = run.traces(from, from + kStretch);
  if (!traces) return tl::unexpected{traces.error()};
  stretch_ = stretch;
  known_ = known;
  traces_ = *std::move(traces);
  traces_.erase(std::remove_if(traces_.begin(), traces_.end(),
                               [&](const Trace& trace) { return !makes_sense(run, trace); }),
                traces_.end());
  std::stable_sort(traces_.begin(), traces_.end(),
                   [](const Trace& a, const Trace& b) { return a.start < b.start; });
  return {};
}

void Requests::clear() {
  stretch_.reset();
  traces_.clear();
}

std::vector<const Trace*> Requests::list(const RecordedRun& run,
                                         std::optional<std::uint32_t> service,
                                         RequestOrder order) const {
  std::vector<const Trace*> list;
  for (const Trace& trace : traces_) {
    if (order == RequestOrder::Failed && trace.outcome == 0) continue;
    if (service && !calls_service(run, trace, *service)) continue;
    list.push_back(&trace);
  }
  if (order == RequestOrder::Slowest) {
    std::stable_sort(list.begin(), list.end(),
                     [](const Trace* a, const Trace* b) { return a->length > b->length; });
  }
  return list;
}

const Trace* Requests::find(std::uint64_t key) const {
  const auto found = std::find_if(traces_.begin(), traces_.end(),
                                  [&](const Trace& trace) { return trace.key == key; });
  return found == traces_.end() ? nullptr : &*found;
}

const Trace* worth_a_look(const std::vector<const Trace*>& list, Instant at) {
  const Trace* best = nullptr;
  const auto failed = [](const Trace* trace) { return trace->outcome != 0; };
  for (const Trace* trace : list) {
    if (trace->start + trace->length > at) continue;
    const bool better =
        best == nullptr || (failed(trace) && !failed(best)) ||
        (failed(trace) && trace->start + trace->length > best->start + best->length) ||
        (!failed(trace) && !failed(best) && trace->length > best->length);
    if (better) best = trace;
  }
  return best != nullptr || list.empty() ? best : list.front();
}

std::vector<WaterfallRow> waterfall_of(const Trace& trace, const std::set<std::uint32_t>& opened) {
  return Waterfall{trace, opened}.rows();
}

const FailingRecord* record_of(const RecordedRun& run, const Trace& trace, std::uint32_t index) {
  const Span& span = trace.spans[index];
  const recording::SceneEdge& edge = run.scene().edges[span.edge];
  const std::string outcome = recording::outcome_name(span.outcome);
  const Instant over = trace.start + span.start + span.length;
  const FailingRecord* last = nullptr;
  for (const FailingRecord& record : run.events().failing()) {
    if (record.at > over) break;
    if (record.to == edge.to && record.from.value_or(recording::kOutside) == edge.from &&
        record.outcome == outcome) {
      last = &record;
    }
  }
  return last;
}

}  // namespace orrery::gui
