#include "runner/replay/replay.h"

#include <fmt/format.h>

#include <utility>

#include "models/store/api_server.h"

namespace orrery::replay {
namespace {

using recording::Record;

/// Time as the record tells it; timers fire when the record says so.
class ReplayExecutor final : public ports::Executor {
 public:
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] ports::TimerId create_timer(ports::OwnerId, std::uint64_t) override {
    return ports::TimerId{next_timer_++};
  }
  void arm(ports::TimerId, Instant) override {}
  void disarm(ports::TimerId) override {}
  void destroy_timer(ports::TimerId) override {}

  void set_now(Instant now) { now_ = now; }

 private:
  Instant now_;
  std::uint32_t next_timer_ = 0;
};

/// The outside world, which has nothing to say beyond the record.
class Silence final : public ports::ApiClient,
                      public ports::ContainerRuntime,
                      public ports::Prober,
                      public ports::DataPlane {
 public:
  void call(ports::OwnerId, ports::CallId, ports::ApiCall) override {}
  void call(ports::OwnerId, ports::CallId, ports::RuntimeCall) override {}
  void probe(ports::OwnerId, ports::CallId, const ports::ProbeRequest&) override {}
  void publish(ports::OwnerId, ports::EndpointTable) override {}
};

/// Walks along the record and compares every line the decorators write with the next one in it.
class Comparison final : public recording::RecordSink {
 public:
  explicit Comparison(const Record& record) : record_{record} {}

  void in(std::string body) override { compare(std::move(body)); }
  void out(std::string body) override {
    if (compare(std::move(body))) ++result.calls_compared;
  }
  [[nodiscard]] bool before_effect() override { return true; }

  [[nodiscard]] bool at_end() const { return next_ == record_.bodies.size(); }
  [[nodiscard]] bool stopped() const { return result.divergence.has_value(); }
  [[nodiscard]] const std::string& next() const { return record_.bodies[next_]; }

  void diverge(std::string expected, std::string found) {
    if (stopped()) return;
    result.divergence = Divergence{next_ + 2, std::move(expected), std::move(found)};
  }

  ReplayResult result;

 private:
  bool compare(std::string body) {
    if (stopped()) return false;
    if (at_end()) {
      // Killed before it could write this, unless the record says that it had finished.
      if (record_.ended) diverge({}, std::move(body));
      return false;
    }
    if (next() != body) {
      diverge(next(), std::move(body));
      return false;
    }
    ++next_;
    return true;
  }

  const Record& record_;
  std::size_t next_ = 0;
};

}  // namespace

std::string to_string(const ReplayResult& r) {
  std::string text = fmt::format("{} inputs, {} outgoing calls agreed", r.inputs, r.calls_compared);
  if (r.divergence) {
    text += fmt::format("; line {} differs: expected {}; found {}", r.divergence->line,
                        r.divergence->expected.empty() ? "nothing" : r.divergence->expected,
                        r.divergence->found.empty() ? "nothing" : r.divergence->found);
  }
  if (r.torn_tail) text += "; the last line is torn, the comparison ends before it";
  if (!r.ended) text += "; the record has no end: the process was killed, or lines are missing";
  return text;
}

Result<ReplayResult> replay_record(const std::string& path) {
  return replay_record(path, recording::add_components);
}

Result<ReplayResult> replay_record(const std::string& path, const AddComponents& add) {
  const Result<Record> record = recording::read_record(path);
  if (!record) return tl::unexpected{record.error()};

  ReplayExecutor executor;
  Silence silence;
  Comparison comparison{*record};
  executor.set_now(record->header.built_at);
  recording::RecordedProcess process{{executor, silence, silence, silence, silence}, comparison};
  if (Result<void> added = add(process, record->header); !added) {
    return tl::unexpected{added.error()};
  }
  store::ApiServer server{record->header.seed};
  if (record->header.resource_version != 0) {
    server.restore(record->header.snapshot, record->header.resource_version);
  }
  recording::RecordedApiServer recorded_server{server, comparison};

  while (!comparison.at_end() && !comparison.stopped()) {
    // The decorators say `in` lines again, so a line is consumed by feeding it.
    if (!recording::is_input(comparison.next())) {
      comparison.diverge(comparison.next(), {});
      break;
    }
    Result<recording::RecordedInput> input = recording::decode_input(comparison.next());
    if (!input) {
      comparison.diverge(comparison.next(), input.error().what);
      break;
    }
    ++comparison.result.inputs;
    if (const auto* start = std::get_if<recording::StartInput>(&*input)) {
      executor.set_now(start->now);
      if (process.component(start->owner) == nullptr) {
        comparison.diverge(comparison.next(), "no such component");
        break;
      }
      process.start(start->owner);
    } else if (const auto* event = std::get_if<recording::EventInput>(&*input)) {
      executor.set_now(event->now);
      ports::Component* component = process.component(event->event.owner);
      if (component == nullptr) {
        comparison.diverge(comparison.next(), "no such component");
        break;
      }
      component->on_event(event->event);
    } else if (const auto* request = std::get_if<recording::RequestInput>(&*input)) {
      (void)recorded_server.handle(request->client, request->owner, request->id, request->call,
                                   request->now);
    } else {
      recorded_server.disconnect(std::get<recording::DisconnectInput>(*input).client);
    }
  }

  ReplayResult result = std::move(comparison.result);
  if (!result.divergence && record->broken) {
    result.divergence =
        Divergence{record->broken->line, "the line that was written there", record->broken->why};
  }
  result.torn_tail = record->torn_tail;
  result.ended = record->ended && !record->broken;
  return result;
}

}  // namespace orrery::replay
