#include "runner/session/live_recording.h"

#include <iterator>
#include <utility>

#include "runner/session/world_config.h"

namespace orrery::session {
namespace {

/// Unique in the run, as the keys of simulated journeys are.
std::uint64_t journey_key(std::uint64_t load, std::uint64_t ordinal) {
  return (load << 40U) | (ordinal + 1);
}

}  // namespace

Result<std::unique_ptr<LiveRecording>> LiveRecording::create(const RecordOrder& order,
                                                             const scenario::Scenario& scenario,
                                                             std::int64_t started_at,
                                                             LiveCauses& causes) {
  sim::CallProgram program = sim::compile(world_config(scenario, scenario.first_seed).traffic);
  auto addresses = std::make_unique<std::vector<std::string>>();
  auto recorder = RunRecorder::create(order, scenario, scenario.first_seed, "containerd",
                                      started_at, program.edges, addresses.get());
  if (!recorder) return tl::unexpected{recorder.error()};
  return std::unique_ptr<LiveRecording>{new LiveRecording{
      std::move(addresses), *std::move(recorder), scenario, std::move(program), causes}};
}

LiveRecording::LiveRecording(std::unique_ptr<std::vector<std::string>> addresses,
                             std::unique_ptr<RunRecorder> recorder,
                             const scenario::Scenario& scenario, sim::CallProgram program,
                             LiveCauses& causes)
    : scenario_{scenario},
      causes_{causes},
      addresses_{std::move(addresses)},
      recorder_{std::move(recorder)},
      program_{std::move(program)} {}

void LiveRecording::add_load(LoadResults results, const std::string& journey) {
  const auto found = scenario_.journeys.find(journey);
  expects(found != scenario_.journeys.end() && found->second.steps.size() == 1,
          "a live journey is of one step");
  Load load{std::move(results)};
  load.journey = static_cast<std::uint32_t>(std::distance(scenario_.journeys.begin(), found));
  const sim::CallSite& root = program_.sites[program_.journey_roots[load.journey]];
  const std::uint32_t step = program_.operations[root.operation].first_step;
  const sim::CallSite& call = program_.sites[program_.steps[step].first];
  load.edge = call.edge;
  load.service = call.service;
  load.operation = call.operation;
  loads_.push_back(std::move(load));
}

void LiveRecording::on_changes(Instant now, const std::vector<controllers::Change>& changes) {
  for (const controllers::Change& change : changes) changes_.push_back({now, change});
}

void LiveRecording::advance(Instant until) {
  if (recorder_->next() > until) return;
  for (std::uint32_t load = 0; load < loads_.size(); ++load) {
    for (LoadLine& line : loads_[load].results.take()) {
      const Instant at = line.over ? line.due + line.latency : line.due;
      const Place place{at, line.over, load, line.ordinal};
      requests_.emplace(place, std::move(line));
    }
  }
  while (recorder_->next() <= until) {
    const Instant now = recorder_->next();
    while (!changes_.empty() && changes_.front().at <= now) {
      const controllers::Change& change = changes_.front().change;
      recorder_->on_changes({{change.before.get(), change.after.get()}});
      changes_.pop_front();
    }
    take_requests(now);
    causes_.advance(now);
    recorder_->sample(now, causes_.log());
  }
}

void LiveRecording::take_requests(Instant until) {
  while (!requests_.empty() && std::get<Instant>(requests_.begin()->first) <= until) {
    const auto first = requests_.begin();
    const std::uint32_t load = std::get<std::uint32_t>(first->first);
    const std::uint64_t key = journey_key(load, first->second.ordinal);
    if (first->second.over) {
      end(loads_[load], key, first->second);
    } else {
      begin(loads_[load], key, first->second);
    }
    requests_.erase(first);
  }
}

void LiveRecording::begin(const Load& load, std::uint64_t key, const LoadLine& line) {
  sim::TrafficObserver& traffic = recorder_->traffic();
  // Every place that there is has somebody who is followed, or is free.
  if (free_places_.empty()) {
    free_places_.push_back(2 * static_cast<std::uint32_t>(followed_.size()));
  }
  const std::uint32_t place = free_places_.back();
  const bool is_followed = traffic.journey_began(load.journey, key, place, line.due);
  traffic.call_began(load.edge);
  if (!is_followed) return;
  free_places_.pop_back();
  followed_[key] = place;
  traffic.try_began(place + 1, place);
}

void LiveRecording::end(const Load& load, std::uint64_t key, const LoadLine& line) {
  if (line.outcome != sim::RequestOutcome::Ok) {
    causes_.failed(load.service, line.outcome, line.endpoint, line.due + line.latency);
  }
  sim::TrafficObserver& traffic = recorder_->traffic();
  sim::TryReport report;
  report.edge = load.edge;
  report.operation = load.operation;
  report.instance = instance_at(line.endpoint);
  report.start = line.due;
  report.end = line.due + line.latency;
  report.outcome = line.outcome;
  std::uint32_t place = sim::TrafficObserver::kNotFollowed;
  if (const auto found = followed_.find(key); found != followed_.end()) {
    place = found->second;
    traffic.try_ended(place + 1, report);
    followed_.erase(found);
    free_places_.push_back(place);
  }
  traffic.call_ended(load.edge, line.latency, line.outcome);
  traffic.journey_ended(load.journey, place, report.start, report.end, line.outcome);
}

std::uint32_t LiveRecording::instance_at(const std::string& endpoint) {
  // Pods are known by their address alone.
  const std::string address = endpoint.substr(0, endpoint.rfind(':'));
  if (address.empty()) return sim::kNone;
  const auto [known, is_new] =
      instances_.try_emplace(address, static_cast<std::uint32_t>(addresses_->size()));
  if (is_new) addresses_->push_back(address);
  return known->second;
}

Result<void> LiveRecording::finish() { return recorder_->finish(causes_.log()); }

}  // namespace orrery::session
