/// @file
/// Puts a run into a recording: what its objects, its log and its requests say, sample by sample.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "models/api/objects.h"
#include "models/base/result.h"
#include "models/recording/event_log.h"
#include "models/recording/run_writer.h"
#include "runner/scenario/scenario.h"
#include "runner/session/call_meter.h"
#include "runner/session/run_observer.h"

namespace orrery::session {

struct RecordOrder {
  std::string path;
  std::string digest;                    ///< Of what the run follows from; may be empty.
  std::string engine;                    ///< Version of the program.
  std::uint32_t traces_per_second = 20;  ///< Journeys that are followed; 0: none.
};

/// Where the requests of a run are seen: in the engine that makes them, or by whoever sends them to
/// live hosts and knows no more than the addresses they went to, by TryReport::instance.
using RequestSide = std::variant<const sim::RequestEngine*, const std::vector<std::string>*>;

class RunRecorder {
 public:
  /// A Failure if the file cannot be written. `started_at`: what the calendar shows at Instant 0
  /// (RunInfo). `edges`: who calls whom. `requests` must outlive it; only in the engine is seen
  /// what consumer groups and policies do.
  [[nodiscard]] static Result<std::unique_ptr<RunRecorder>> create(
      const RecordOrder& order, const scenario::Scenario& scenario, std::uint64_t seed,
      const char* world, std::int64_t started_at, const std::vector<sim::CallEdge>& edges,
      RequestSide requests);

  /// Whom the request engine tells.
  [[nodiscard]] sim::TrafficObserver& traffic() { return meter_; }

  void on_changes(const std::vector<ObjectChange>& changes);

  /// When the next sample is due.
  [[nodiscard]] Instant next() const { return next_; }
  /// When the last one was taken.
  [[nodiscard]] Instant last() const { return last_; }
  /// Lets whoever watches the file see all that was sampled.
  void show() { writer_->show(); }
  /// Takes it, with what the log has until then. Requires: `now` is later than the last sample.
  void sample(Instant now, const recording::EventLog& log);

  /// The run was over with the last sample. A Failure if not all of it could be written.
  [[nodiscard]] Result<void> finish(const recording::EventLog& log);

 private:
  /// What a pod adds to the figures of its node and of the cluster.
  struct PodShare {
    recording::PodState state;
    std::string node;
    std::int64_t cpu_milli = 0;
    std::int64_t memory_bytes = 0;
  };

  RunRecorder(std::unique_ptr<recording::RunWriter> writer, std::uint32_t traces_per_second,
              std::vector<recording::TextId> operations, RequestSide requests);
  void take_pod(const api::Pod& pod, bool gone);
  void take_node(const api::Node& node, bool gone);
  void add_share(const PodShare& share, std::int64_t sign);
  void write_log(Instant until, const recording::EventLog& log);
  void take_kept_out();
  [[nodiscard]] recording::TextId pod_at(const std::string& address) const;
  /// The pod that an instance is; 0: none is known.
  [[nodiscard]] recording::TextId pod_of(std::uint32_t instance);

  std::unique_ptr<recording::RunWriter> writer_;
  RequestSide requests_;
  CallMeter meter_;
  std::vector<recording::TextId> instance_pods_;  ///< By instance; 0: not known. Live: none.
  Duration period_;
  Instant next_;
  Instant last_;  ///< Of the last sample.
  std::chrono::steady_clock::time_point show_at_;
  std::size_t logged_ = 0;
  std::map<recording::TextId, PodShare> pods_;
  std::map<std::string, recording::TextId, std::less<>> addresses_;  ///< Of pods.
  std::vector<recording::TextId> kept_out_;  ///< Pods that callers kept out at the last sample.
  std::map<std::string, recording::NodeState> nodes_;
  std::set<std::string> known_nodes_;    ///< That have an object.
  std::set<std::string> changed_nodes_;  ///< Since the last sample.
  std::int64_t pods_ready_ = 0;
  std::int64_t pods_pending_ = 0;
  std::int64_t nodes_ready_ = 0;
};

}  // namespace orrery::session
