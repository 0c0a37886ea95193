#include "models/recording/run_codec.h"

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>

#include "models/base/latency_buckets.h"

namespace orrery::recording {
namespace {

/// Nothing unless all bytes were used as they should.
template <class T>
std::optional<T> whole(const ByteReader& in, T value) {
  if (in.failed() || in.left() > 0) return std::nullopt;
  return value;
}

std::int64_t to_us(Duration d) { return d.count_ns() / 1000; }

/// Nothing if it is out of range.
std::optional<Duration> from_us(std::int64_t us) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 1000;
  if (us > kMost || us < -kMost) return std::nullopt;
  return Duration::microseconds(us);
}

Duration read_us(ByteReader& in) {
  const auto d = from_us(in.whole());
  if (!d) in.fail();
  return d.value_or(Duration{});
}

std::int64_t sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

void write_edges(ByteWriter& out, const std::vector<SceneEdge>& edges) {
  out.number(edges.size());
  for (const SceneEdge& edge : edges) {
    out.number(edge.from == kOutside ? 0 : edge.from + 1ULL);
    out.number(edge.to);
  }
}

std::vector<SceneEdge> read_edges(ByteReader& in, std::size_t services) {
  std::vector<SceneEdge> edges(in.count(2));
  for (SceneEdge& edge : edges) {
    const std::uint64_t from = in.number();
    if (from > services) in.fail();
    edge.from = from == 0 ? kOutside : static_cast<std::uint32_t>(from - 1);
    edge.to = in.small();
    if (edge.to >= services) in.fail();
  }
  return edges;
}

void write_scene(ByteWriter& out, const Scene& scene) {
  out.number(scene.services.size());
  for (const std::string& name : scene.services) out.text(name);
  write_edges(out, scene.edges);
  out.number(scene.journeys.size());
  for (const std::string& name : scene.journeys) out.text(name);
  out.number(scene.groups.size());
  for (const SceneGroup& group : scene.groups) {
    out.text(group.topic);
    out.number(group.service);
  }
  write_edges(out, scene.routes);
}

Scene read_scene(ByteReader& in) {
  Scene scene;
  scene.services.resize(in.count(1));
  for (std::string& name : scene.services) name = in.text();
  scene.edges = read_edges(in, scene.services.size());
  scene.journeys.resize(in.count(1));
  for (std::string& name : scene.journeys) name = in.text();
  scene.groups.resize(in.count(2));
  for (SceneGroup& group : scene.groups) {
    group.topic = in.text();
    group.service = in.small();
    if (group.service >= scene.services.size()) in.fail();
  }
  scene.routes = read_edges(in, scene.services.size());
  return scene;
}

}  // namespace

std::string encode_info(const InfoSection& section) {
  const RunInfo& info = section.info;
  ByteWriter out;
  out.text(info.scenario);
  out.text(info.digest);
  out.text(info.world);
  out.text(info.engine);
  out.number(info.seed);
  out.whole(info.started_at);
  out.whole(to_us(info.period));
  write_scene(out, section.scene);
  return std::move(out.bytes());
}

std::optional<InfoSection> decode_info(std::string_view bytes) {
  ByteReader in{bytes};
  InfoSection section;
  RunInfo& info = section.info;
  info.scenario = in.text();
  info.digest = in.text();
  info.world = in.text();
  info.engine = in.text();
  info.seed = in.number();
  info.started_at = in.whole();
  info.period = read_us(in);
  if (info.period <= Duration{}) return std::nullopt;
  section.scene = read_scene(in);
  return whole(in, std::move(section));
}

// --- Texts --------------------------------------------------------------------------------------

std::string encode_texts(const TextSection& section) {
  ByteWriter out;
  out.number(section.first);
  out.number(section.texts.size());
  std::string_view before;
  for (const std::string& text : section.texts) {
    const auto [a, b] = std::mismatch(before.begin(), before.end(), text.begin(), text.end());
    const auto shared = static_cast<std::size_t>(a - before.begin());
    out.number(shared);
    out.text(std::string_view{text}.substr(shared));
    before = text;
  }
  return std::move(out.bytes());
}

std::optional<TextSection> decode_texts(std::string_view bytes, std::size_t most) {
  ByteReader in{bytes};
  TextSection section;
  section.first = in.small();
  const std::size_t count = in.count(2);
  std::size_t used = 0;
  std::string text;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    const std::uint64_t shared = in.number();
    if (shared > text.size()) return std::nullopt;
    text.resize(static_cast<std::size_t>(shared));
    text += in.text();
    used += text.size() + sizeof(std::string);
    if (used > most) return std::nullopt;
    section.texts.push_back(text);
  }
  return whole(in, std::move(section));
}

// --- Events and traces --------------------------------------------------------------------------

std::string encode_events(const std::vector<RunEvent>& events) {
  ByteWriter out;
  out.number(events.size());
  std::uint64_t next = 0;
  for (const RunEvent& e : events) {
    out.whole(static_cast<std::int64_t>(e.id - next));
    next = e.id + 1;
  }
  for (const RunEvent& e : events) out.number(e.cause == 0 ? 0 : e.id - e.cause);
  std::int64_t before = 0;
  for (const RunEvent& e : events) {
    const std::int64_t at = to_us(e.at.since_start());
    out.whole(at - before);
    before = at;
  }
  for (const RunEvent& e : events) out.number(e.what);
  for (const RunEvent& e : events) out.number(e.subject);
  for (const RunEvent& e : events) out.number(e.detail);
  return std::move(out.bytes());
}

std::optional<std::vector<RunEvent>> decode_events(std::string_view bytes) {
  ByteReader in{bytes};
  std::vector<RunEvent> events(in.count(6));
  std::uint64_t next = 0;
  for (RunEvent& e : events) {
    e.id = next + static_cast<std::uint64_t>(in.whole());
    next = e.id + 1;
  }
  for (RunEvent& e : events) {
    const std::uint64_t back = in.number();
    e.cause = back == 0 ? 0 : e.id - back;
  }
  std::int64_t at = 0;
  for (RunEvent& e : events) {
    at = sum(at, in.whole());
    const auto when = from_us(at);
    if (!when) return std::nullopt;
    e.at = Instant::at(*when);
  }
  for (RunEvent& e : events) e.what = in.small();
  for (RunEvent& e : events) e.subject = in.small();
  for (RunEvent& e : events) e.detail = in.small();
  return whole(in, std::move(events));
}

void TraceEncoder::add_head(ByteWriter& out, const Trace& trace, std::int64_t& last_start_us) {
  out.fixed(trace.key, 8);
  out.number(trace.journey);
  const std::int64_t start = to_us(trace.start.since_start());
  out.whole(start - last_start_us);
  last_start_us = start;
  out.whole(to_us(trace.length));
  out.byte(trace.outcome);
  out.number(trace.spans.size());
}

void TraceEncoder::add(const Trace& trace) {
  ++count_;
  ++new_count_;
  add_head(heads_, trace, last_start_us_);
  add_head(new_heads_, trace, new_last_start_us_);
  auto& [parent, edge, operation, pod, outcome, attempt, begin, wait, length] = columns_;
  for (const Span& s : trace.spans) {
    parent.number(s.parent == Span::kJourney ? 0 : s.parent + 1ULL);
    edge.number(s.edge);
    operation.number(s.operation);
    pod.number(s.pod);
    outcome.byte(s.outcome);
    attempt.byte(s.attempt);
    begin.whole(to_us(s.start));
    wait.whole(to_us(s.wait));
    length.whole(to_us(s.length));
  }
}

std::size_t TraceEncoder::size() const {
  std::size_t size = heads_.bytes().size();
  for (const ByteWriter& column : columns_) size += column.bytes().size();
  return size;
}

std::string TraceEncoder::encode() const {
  ByteWriter out;
  out.number(count_);
  out.bytes() += heads_.bytes();
  for (const ByteWriter& column : columns_) out.bytes() += column.bytes();
  return std::move(out.bytes());
}

std::string TraceEncoder::encode_new() {
  ByteWriter out;
  out.number(new_count_);
  out.bytes() += new_heads_.bytes();
  for (std::size_t c = 0; c < kColumns; ++c) {
    out.bytes().append(columns_[c].bytes(), new_from_[c]);
    new_from_[c] = columns_[c].bytes().size();
  }
  new_count_ = 0;
  new_last_start_us_ = 0;
  new_heads_.bytes().clear();
  return std::move(out.bytes());
}

void TraceEncoder::clear() {
  count_ = new_count_ = 0;
  last_start_us_ = new_last_start_us_ = 0;
  heads_.bytes().clear();
  new_heads_.bytes().clear();
  for (ByteWriter& column : columns_) column.bytes().clear();
  new_from_.fill(0);
}

std::optional<std::vector<Trace>> decode_traces(std::string_view bytes) {
  ByteReader in{bytes};
  std::vector<Trace> traces(in.count(13));
  std::int64_t start = 0;
  std::size_t total = 0;
  for (Trace& t : traces) {
    t.key = in.fixed(8);
    t.journey = in.small();
    start = sum(start, in.whole());
    const auto when = from_us(start);
    if (!when) return std::nullopt;
    t.start = Instant::at(*when);
    t.length = read_us(in);
    t.outcome = in.byte();
    const std::uint64_t spans = in.number();
    // Each takes nine bytes behind.
    const bool forward = start >= 0 && t.length >= Duration{};
    if (!forward || t.outcome >= kOutcomeCount || spans > in.left() / 9) return std::nullopt;
    total += static_cast<std::size_t>(spans);
    if (total > in.left() / 9) return std::nullopt;
    t.spans.resize(static_cast<std::size_t>(spans));
  }
  const auto column = [&](auto&& read) {
    for (Trace& t : traces) {
      for (std::size_t i = 0; i < t.spans.size(); ++i) read(t.spans[i], i);
    }
  };
  column([&](Span& s, std::size_t at) {
    const std::uint64_t parent = in.number();
    if (parent > at) in.fail();
    s.parent = parent == 0 ? Span::kJourney : static_cast<std::uint32_t>(parent - 1);
  });
  column([&](Span& s, std::size_t) { s.edge = in.small(); });
  column([&](Span& s, std::size_t) { s.operation = in.small(); });
  column([&](Span& s, std::size_t) { s.pod = in.small(); });
  column([&](Span& s, std::size_t) {
    s.outcome = in.byte();
    if (s.outcome >= kOutcomeCount) in.fail();
  });
  column([&](Span& s, std::size_t) { s.attempt = in.byte(); });
  column([&](Span& s, std::size_t) { s.start = read_us(in); });
  column([&](Span& s, std::size_t) { s.wait = read_us(in); });
  column([&](Span& s, std::size_t) { s.length = read_us(in); });
  return whole(in, std::move(traces));
}

// --- State --------------------------------------------------------------------------------------

namespace {

constexpr std::uint8_t kReady = 1;
constexpr std::uint8_t kTerminating = 2;
constexpr std::uint8_t kPhaseShift = 2;
constexpr std::uint8_t kKeptOut = 128;
constexpr std::uint8_t kUnschedulable = 2;

// Each column of all states, so that like stands beside like.
template <class Range>
void write_states(ByteWriter& out, const Range& range, const PodState* /*kind*/) {
  for (const PodState& s : range) out.number(s.node);
  std::int64_t before = 0;
  for (const PodState& s : range) {
    out.whole(std::int64_t{s.owner} - before);
    before = s.owner;
  }
  for (const PodState& s : range) out.number(s.why);
  for (const PodState& s : range) {
    const auto phase = static_cast<std::uint8_t>(s.phase);
    out.byte(static_cast<std::uint8_t>((s.kept_out_by > 0 ? kKeptOut : 0) | (phase << kPhaseShift) |
                                       (s.ready ? kReady : 0) |
                                       (s.terminating ? kTerminating : 0)));
  }
  for (const PodState& s : range) out.number(s.restarts);
  for (const PodState& s : range) {
    if (s.kept_out_by > 0) out.number(s.kept_out_by);
  }
}

void read_states(ByteReader& in, std::vector<PodState*>& range) {
  for (PodState* s : range) s->node = in.small();
  std::int64_t owner = 0;
  for (PodState* s : range) {
    owner = sum(owner, in.whole());
    if (owner < 0 || owner > 0xffff'ffff) in.fail();
    s->owner = static_cast<TextId>(owner);
  }
  for (PodState* s : range) s->why = in.small();
  for (PodState* s : range) {
    const std::uint8_t all = in.byte();
    s->kept_out_by = (all & kKeptOut) != 0 ? 1 : 0;
    const auto flags = static_cast<std::uint8_t>(all & ~kKeptOut);
    if (flags >> kPhaseShift > static_cast<int>(PodPhaseCode::Unknown)) in.fail();
    s->phase = static_cast<PodPhaseCode>(in.failed() ? 0 : flags >> kPhaseShift);
    s->ready = (flags & kReady) != 0;
    s->terminating = (flags & kTerminating) != 0;
  }
  for (PodState* s : range) s->restarts = in.small();
  for (PodState* s : range) {
    if (s->kept_out_by > 0) s->kept_out_by = in.small();
  }
}

template <class Range>
void write_states(ByteWriter& out, const Range& range, const NodeState* /*kind*/) {
  for (const NodeState& s : range) out.number(s.zone);
  for (const NodeState& s : range) out.number(s.taints);
  for (const NodeState& s : range) {
    out.byte(
        static_cast<std::uint8_t>((s.ready ? kReady : 0) | (s.unschedulable ? kUnschedulable : 0)));
  }
  for (const NodeState& s : range) out.number(s.pods);
  for (const NodeState& s : range) out.whole(s.cpu_milli);
  for (const NodeState& s : range) out.whole(s.memory_bytes);
  for (const NodeState& s : range) out.whole(s.used_cpu_milli);
  for (const NodeState& s : range) out.whole(s.used_memory_bytes);
}

void read_states(ByteReader& in, std::vector<NodeState*>& range) {
  for (NodeState* s : range) s->zone = in.small();
  for (NodeState* s : range) s->taints = in.small();
  for (NodeState* s : range) {
    const std::uint8_t flags = in.byte();
    s->ready = (flags & kReady) != 0;
    s->unschedulable = (flags & kUnschedulable) != 0;
  }
  for (NodeState* s : range) s->pods = in.small();
  for (NodeState* s : range) s->cpu_milli = in.whole();
  for (NodeState* s : range) s->memory_bytes = in.whole();
  for (NodeState* s : range) s->used_cpu_milli = in.whole();
  for (NodeState* s : range) s->used_memory_bytes = in.whole();
}

template <class State>
constexpr std::size_t kLeastState = std::is_same_v<State, PodState> ? 6 : 9;

template <class State>
void write_named(ByteWriter& out, const std::vector<Named<State>>& all) {
  out.number(all.size());
  TextId before = 0;
  std::vector<State> states;
  states.reserve(all.size());
  for (const Named<State>& one : all) {
    out.number(one.name - before);
    before = one.name;
    states.push_back(one.state);
  }
  write_states(out, states, static_cast<const State*>(nullptr));
}

template <class State>
std::vector<Named<State>> read_named(ByteReader& in) {
  std::vector<Named<State>> all(in.count(kLeastState<State>));
  std::uint64_t name = 0;
  std::vector<State*> states;
  for (Named<State>& one : all) {
    const std::uint64_t step = in.number();
    if (step == 0 || step > 0xffff'ffff - name) in.fail();
    name += in.failed() ? 0 : step;
    one.name = static_cast<TextId>(name);
    states.push_back(&one.state);
  }
  read_states(in, states);
  return all;
}

template <class State>
void write_changes(ByteWriter& out, const std::vector<Change<State>>& changes) {
  out.number(changes.size());
  std::uint32_t sample = 0;
  std::int64_t name = 0;
  std::vector<State> states;
  for (const Change<State>& c : changes) {
    out.number(c.sample - sample);
    sample = c.sample;
  }
  for (const Change<State>& c : changes) {
    out.whole(std::int64_t{c.name} - name);
    name = c.name;
  }
  for (const Change<State>& c : changes) {
    out.byte(c.now ? 1 : 0);
    if (c.now) states.push_back(*c.now);
  }
  write_states(out, states, static_cast<const State*>(nullptr));
}

template <class State>
std::vector<Change<State>> read_changes(ByteReader& in) {
  std::vector<Change<State>> changes(in.count(3));
  std::uint64_t sample = 0;
  std::int64_t name = 0;
  std::vector<State*> states;
  for (Change<State>& c : changes) {
    const std::uint64_t step = in.number();
    if (step > 0xffff'ffff - sample) in.fail();
    sample += in.failed() ? 0 : step;
    c.sample = static_cast<std::uint32_t>(sample);
  }
  for (Change<State>& c : changes) {
    name = sum(name, in.whole());
    if (name < 1 || name > 0xffff'ffff) in.fail();
    c.name = static_cast<TextId>(name);
  }
  for (Change<State>& c : changes) {
    if (in.byte() == 0) continue;
    c.now.emplace();
    states.push_back(&*c.now);
  }
  read_states(in, states);
  return changes;
}

template <class State>
void apply(std::vector<Named<State>>& all, const std::vector<Change<State>>& changes,
           std::uint32_t sample) {
  // The first chunk of a large run has as many changes as there are pods.
  std::vector<std::pair<TextId, const std::optional<State>*>> last;
  for (const Change<State>& c : changes) {
    if (c.sample <= sample) last.emplace_back(c.name, &c.now);
  }
  const auto by_name = [](const auto& a, const auto& b) { return a.first < b.first; };
  if (!std::is_sorted(last.begin(), last.end(), by_name)) {
    std::stable_sort(last.begin(), last.end(), by_name);
  }
  // Of each name the last one counts. Most are of what is there and stays: these need no other
  // vector.
  std::size_t kept = 0;
  for (std::size_t i = 0; i < last.size(); ++i) {
    const auto [name, now] = last[i];
    if (i + 1 < last.size() && last[i + 1].first == name) continue;
    const auto found = std::lower_bound(all.begin(), all.end(), name,
                                        [](const auto& one, TextId key) { return one.name < key; });
    if (*now && found != all.end() && found->name == name) {
      found->state = **now;
    } else {
      last[kept++] = {name, now};
    }
  }
  last.resize(kept);
  if (last.empty()) return;
  std::vector<Named<State>> merged;
  merged.reserve(all.size() + last.size());
  auto old = all.begin();
  for (const auto& [name, now] : last) {
    const auto to = std::lower_bound(old, all.end(), name,
                                     [](const auto& one, TextId key) { return one.name < key; });
    merged.insert(merged.end(), old, to);
    old = to != all.end() && to->name == name ? to + 1 : to;
    if (*now) merged.push_back({name, **now});
  }
  merged.insert(merged.end(), old, all.end());
  all = std::move(merged);
}

}  // namespace

std::string encode_state(const StateSection& section) {
  ByteWriter out;
  out.byte(section.keyframe ? 1 : 0);
  if (section.keyframe) {
    write_scene(out, section.keyframe->scene);
    write_named(out, section.keyframe->pods);
    write_named(out, section.keyframe->nodes);
  }
  write_changes(out, section.pods);
  write_changes(out, section.nodes);
  return std::move(out.bytes());
}

std::optional<StateSection> decode_state(std::string_view bytes) {
  ByteReader in{bytes};
  StateSection section;
  if (in.byte() != 0) {
    section.keyframe.emplace();
    section.keyframe->scene = read_scene(in);
    section.keyframe->pods = read_named<PodState>(in);
    section.keyframe->nodes = read_named<NodeState>(in);
  }
  section.pods = read_changes<PodState>(in);
  section.nodes = read_changes<NodeState>(in);
  return whole(in, std::move(section));
}

void apply_changes(Pods& pods, const std::vector<Change<PodState>>& changes, std::uint32_t sample) {
  apply(pods, changes, sample);
}

void apply_changes(Nodes& nodes, const std::vector<Change<NodeState>>& changes,
                   std::uint32_t sample) {
  apply(nodes, changes, sample);
}

// --- Samples and overview -----------------------------------------------------------------------

SampleEncoder::SampleEncoder(const Scene& scene)
    : prediction_{scene},
      differences_{ColumnMap{scene}.count()},
      difference_(ColumnMap{scene}.count()) {}

void SampleEncoder::add(std::int64_t at_us, const std::int64_t* values) {
  const std::int64_t* before = at_us_.empty() ? nullptr : last_.data();
  prediction_.subtract(values, before, difference_.data());
  differences_.add(difference_.data());
  if (new_from_ == at_us_.size()) first_new_.assign(values, values + difference_.size());
  last_.assign(values, values + difference_.size());
  at_us_.push_back(at_us);
}

void SampleEncoder::write_times(ByteWriter& out, std::size_t from) const {
  out.number(at_us_.size() - from);
  std::int64_t before = 0;
  for (std::size_t i = from; i < at_us_.size(); ++i) {
    out.whole(at_us_[i] - before);
    before = at_us_[i];
  }
}

std::string SampleEncoder::encode() const {
  ByteWriter out;
  write_times(out, 0);
  differences_.write(out);
  return std::move(out.bytes());
}

std::string SampleEncoder::encode_new() {
  ByteWriter out;
  write_times(out, new_from_);
  std::vector<std::int64_t> first(first_new_.size());
  prediction_.subtract(first_new_.data(), nullptr, first.data());
  differences_.write_from(out, new_from_, first.data());
  new_from_ = at_us_.size();
  return std::move(out.bytes());
}

void SampleEncoder::clear() {
  at_us_.clear();
  differences_.clear();
  new_from_ = 0;
}

std::optional<SampleSection> decode_samples(std::string_view bytes, const Scene& scene,
                                            std::uint32_t version) {
  const ColumnMap map{scene};
  ByteReader in{bytes};
  SampleSection section;
  section.at_us.resize(in.count(1));
  std::int64_t at = 0;
  for (std::size_t i = 0; i < section.at_us.size(); ++i) {
    const std::int64_t next = sum(at, in.whole());
    if (!from_us(next) || (i > 0 && next <= at)) in.fail();
    at = next;
    section.at_us[i] = at;
  }
  if (in.failed() || section.at_us.size() > kValuesMax / map.count()) return std::nullopt;
  section.values.resize(section.at_us.size() * map.count());
  read_columns(in, section.values, map.count(), map.count_in(version));
  SamplePrediction{scene}.add(section.values);
  const std::size_t first = static_cast<std::size_t>(CallField::P50) * map.rows();
  for (std::size_t row = 0; row < section.values.size(); row += map.count()) {
    for (std::size_t c = row + first; c < row + first + 3 * map.rows(); ++c) {
      const std::int64_t value = section.values[c];
      if (value < 0 || value > std::int64_t{kLatencyBucketCount}) return std::nullopt;
    }
  }
  return whole(in, std::move(section));
}

std::optional<OverviewSection> decode_overview(std::string_view bytes, std::size_t columns,
                                               std::size_t stored) {
  ByteReader in{bytes};
  OverviewSection section;
  section.samples.resize(in.count(1));
  for (std::uint32_t& count : section.samples) count = in.small();
  const std::size_t rows = section.samples.size();
  if (in.failed() || rows > kValuesMax / (3 * columns)) return std::nullopt;
  std::vector<std::int64_t> lines(rows * stored * 3);
  read_columns(in, lines, stored * 3, stored * 3);
  section.cells.resize(rows * columns);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t c = 0; c < stored; ++c) {
      OverviewCell& cell = section.cells[row * columns + c];
      const std::int64_t* line = lines.data() + row * stored * 3;
      cell.min = sum(line[c], row == 0 ? 0 : section.cells[(row - 1) * columns + c].min);
      cell.max = sum(cell.min, line[stored + c]);
      cell.total = sum(cell.max, line[2 * stored + c]);
    }
  }
  return whole(in, std::move(section));
}

}  // namespace orrery::recording
