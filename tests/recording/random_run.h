/// @file
/// Runs that nobody lived through: scenes, states, events and requests drawn at random, with what a
/// reader must find of them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/base/random.h"
#include "models/recording/run_writer.h"
#include "tests/recording/noted_trace.h"

namespace orrery::recording {

/// Draws in a row, for tests alone.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_{seed} {}
  std::uint64_t below(std::uint64_t bound) { return mix64(++state_) % bound; }
  bool often() { return below(4) > 0; }

 private:
  std::uint64_t state_;
};

/// What was written, sample by sample.
struct ExpectedRun {
  RunInfo info;
  Scene scene;
  std::vector<Frame> frames;
  std::vector<RunEvent> events;
  std::vector<Trace> traces;
  std::vector<std::string> texts;  ///< Text i + 1.
};

inline Scene random_scene(Dice& dice) {
  Scene scene;
  for (std::uint64_t i = dice.below(4); i > 0; --i) {
    scene.services.push_back("shop/service-" + std::to_string(i));
  }
  const auto services = static_cast<std::uint32_t>(scene.services.size());
  for (std::uint64_t i = services == 0 ? 0 : dice.below(6); i > 0; --i) {
    const auto from = static_cast<std::uint32_t>(dice.below(services + 1));
    scene.edges.push_back(
        {from == services ? kOutside : from, static_cast<std::uint32_t>(dice.below(services))});
  }
  for (std::uint64_t i = dice.below(3); i > 0; --i) {
    scene.journeys.push_back("journey-" + std::to_string(i));
  }
  for (std::uint64_t i = services == 0 ? 0 : dice.below(3); i > 0; --i) {
    scene.groups.push_back(
        {"topic-" + std::to_string(i), static_cast<std::uint32_t>(dice.below(services))});
  }
  for (const SceneEdge& edge : scene.edges) {
    if (!dice.often()) scene.routes.push_back(edge);
  }
  return scene;
}

/// Writes runs of `samples` samples and remembers what it wrote.
class RandomRun {
 public:
  /// `shows`: each sample, as soon as it is taken.
  RandomRun(std::uint64_t seed, const std::string& path, bool shows = true)
      : dice_{seed}, shows_{shows} {
    expected_.info = {
        "a \"run\"", "d1", "sim", "test", seed, 1'704'067'200, Duration::milliseconds(100)};
    expected_.scene = random_scene(dice_);
    writer_ = *RunWriter::create(path, expected_.info, expected_.scene);
    values_.emplace(writer_->columns().count());
  }

  [[nodiscard]] RunWriter& writer() { return *writer_; }
  [[nodiscard]] const ExpectedRun& expected() const { return expected_; }

  /// One more sample, 100 ms later or, rarely, much later.
  void step() {
    const std::int64_t gap = dice_.below(40) == 0 ? 7'300'000 : 100'000;
    now_us_ += gap;
    change_pods();
    change_nodes();
    add_events();
    add_traces();
    Frame frame;
    frame.at = Instant::at(Duration::microseconds(now_us_));
    for (std::size_t c = 0; c < writer_->columns().count(); ++c) {
      const bool latency = writer_->columns().is_latency(c);
      const auto value = static_cast<std::int64_t>(dice_.below(latency ? 1888 : 1000));
      frame.values.push_back(dice_.often() ? 0 : value);
    }
    for (const auto& [name, state] : pods_) frame.pods.push_back({name, state});
    for (const auto& [name, state] : nodes_) frame.nodes.push_back({name, state});
    values_->set_all(frame.values);
    writer_->sample(frame.at, *values_);
    if (dice_.often()) {
      values_->begin_period([&](std::size_t c) { return writer_->columns().is_count(c); });
    }
    if (shows_) writer_->show();
    expected_.frames.push_back(std::move(frame));
  }

 private:
  TextId text(const std::string& text) {
    const TextId id = writer_->text(text);
    if (id > expected_.texts.size()) expected_.texts.push_back(text);
    return id;
  }
  TextId any_text(const char* kind, std::uint64_t count) {
    return text(kind + std::to_string(dice_.below(count)));
  }
  std::uint32_t small(std::uint64_t bound) {
    return static_cast<std::uint32_t>(dice_.below(bound));
  }

  void change_pods() {
    for (std::uint64_t i = dice_.below(4); i > 0; --i) {
      const TextId name = any_text("Pod/shop/p-", 40);
      if (dice_.below(5) == 0) {
        pods_.erase(name);
        writer_->set_pod(name, std::nullopt);
        continue;
      }
      PodState state;
      state.node = any_text("n", 5);
      state.owner = any_text("ReplicaSet/shop/r-", 5);
      state.why = dice_.often() ? 0 : text("CrashLoopBackOff");
      state.phase = static_cast<PodPhaseCode>(dice_.below(5));
      state.ready = dice_.often();
      state.terminating = !dice_.often();
      state.restarts = small(3);
      state.kept_out_by = dice_.often() ? 0 : small(300);
      pods_[name] = state;
      writer_->set_pod(name, state);
    }
  }
  void change_nodes() {
    if (dice_.often()) return;
    const TextId name = any_text("n", 5);
    if (dice_.below(5) == 0) {
      nodes_.erase(name);
      writer_->set_node(name, std::nullopt);
      return;
    }
    NodeState state;
    state.zone = any_text("zone-", 3);
    state.taints = dice_.often() ? 0 : text("dedicated=db:NoSchedule");
    state.ready = dice_.often();
    state.pods = small(100);
    state.cpu_milli = 64'000;
    state.memory_bytes = std::int64_t{256} << 30;
    state.used_cpu_milli = small(64'000);
    state.used_memory_bytes = -static_cast<std::int64_t>(small(1000));
    nodes_[name] = state;
    writer_->set_node(name, state);
  }
  void add_events() {
    for (std::uint64_t i = dice_.below(3); i > 0; --i) {
      RunEvent event;
      event.id = expected_.events.size() + 1;
      event.cause = dice_.below(event.id);
      event.at = Instant::at(Duration::microseconds(now_us_ - static_cast<std::int64_t>(i) * 1000));
      event.what = any_text("what-", 4);
      event.subject = any_text("Pod/shop/p-", 40);
      event.detail = any_text("to node ", 1000);
      writer_->add_event(event);
      expected_.events.push_back(event);
    }
  }
  void add_traces() {
    if (dice_.often()) return;
    Trace trace;
    trace.key = mix64(dice_.below(1ULL << 60));
    trace.journey = small(3);
    trace.length = Duration::microseconds(static_cast<std::int64_t>(dice_.below(50'000)));
    trace.start = Instant::at(Duration::microseconds(now_us_ - 1000)) - trace.length;
    trace.outcome = static_cast<std::uint8_t>(dice_.below(kOutcomeCount));
    for (std::uint32_t i = 0; i < dice_.below(6); ++i) {
      Span span;
      span.parent = i == 0 || dice_.often() ? Span::kJourney : small(i);
      span.edge = small(5);
      span.operation = any_text("Get-", 3);
      span.pod = dice_.often() ? any_text("Pod/shop/p-", 40) : 0;
      span.start = Duration::microseconds(i);
      if (dice_.often()) span.wait = Duration::microseconds(small(1000));
      span.length = Duration::microseconds(small(100'000));
      span.outcome = static_cast<std::uint8_t>(dice_.below(kOutcomeCount));
      span.attempt = static_cast<std::uint8_t>(dice_.below(3));
      trace.spans.push_back(span);
    }
    note_trace(*writer_, trace);
    expected_.traces.push_back(std::move(trace));
  }

  Dice dice_;
  bool shows_;
  ExpectedRun expected_;
  std::unique_ptr<RunWriter> writer_;
  std::optional<SampleValues> values_;
  std::int64_t now_us_ = 0;
  std::map<TextId, PodState> pods_;
  std::map<TextId, NodeState> nodes_;
};

}  // namespace orrery::recording
