/// @file
/// Records a run on live hosts: the same series as of a simulated run, as far as it is seen.
///
/// A live run is recorded a little behind the clock, because a request is known only when its
/// generator has written it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "models/api/objects.h"
#include "models/base/result.h"
#include "models/controllers/informer.h"
#include "runner/scenario/scenario.h"
#include "runner/session/live_causes.h"
#include "runner/session/load_results.h"
#include "runner/session/run_recorder.h"
#include "sim/traffic/call_program.h"

namespace orrery::session {

class LiveRecording {
 public:
  /// A Failure if the file cannot be written. `started_at`: what the calendar showed at Instant 0.
  /// `causes`, which must outlive it, is told of failed requests; its log is recorded.
  [[nodiscard]] static Result<std::unique_ptr<LiveRecording>> create(
      const RecordOrder& order, const scenario::Scenario& scenario, std::int64_t started_at,
      LiveCauses& causes);

  /// Requests of this journey, of one step, are in these results.
  void add_load(LoadResults results, const std::string& journey);

  /// Requires: no earlier change comes after a later one.
  void on_changes(Instant now, const std::vector<controllers::Change>& changes);

  /// Takes the samples that are due until `until`. Requests whose lines came too late for their
  /// sample are in the next one.
  void advance(Instant until);

  /// The run was over with the last sample. A Failure if not all of it could be written.
  [[nodiscard]] Result<void> finish();

 private:
  struct Load {
    LoadResults results;
    sim::ServiceIndex service = 0;
    std::uint32_t journey = 0;
    std::uint32_t edge = 0;
    std::uint32_t operation = 0;
  };
  struct SeenChange {
    Instant at;
    controllers::Change change;
  };
  /// When it happens, whether a request is over then, load, ordinal.
  using Place = std::tuple<Instant, bool, std::uint32_t, std::uint64_t>;

  LiveRecording(std::unique_ptr<std::vector<std::string>> addresses,
                std::unique_ptr<RunRecorder> recorder, const scenario::Scenario& scenario,
                sim::CallProgram program, LiveCauses& causes);
  void take_requests(Instant until);
  void begin(const Load& load, std::uint64_t key, const LoadLine& line);
  void end(const Load& load, std::uint64_t key, const LoadLine& line);
  [[nodiscard]] std::uint32_t instance_at(const std::string& endpoint);

  const scenario::Scenario& scenario_;
  LiveCauses& causes_;
  std::unique_ptr<std::vector<std::string>> addresses_;  ///< Of the instances.
  std::unique_ptr<RunRecorder> recorder_;
  sim::CallProgram program_;
  std::vector<Load> loads_;
  std::deque<SeenChange> changes_;                               ///< Not yet recorded.
  std::map<Place, LoadLine> requests_;                           ///< Not yet recorded.
  std::map<std::string, std::uint32_t, std::less<>> instances_;  ///< By address.
  /// Of followed journeys, by key: the place; that of its try is the next one.
  std::map<std::uint64_t, std::uint32_t> followed_;
  std::vector<std::uint32_t> free_places_;
};

}  // namespace orrery::session
