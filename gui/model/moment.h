/// @file
/// All that the window shows at one instant.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gui/model/recorded_run.h"
#include "gui/theme/state.h"
#include "models/base/time_types.h"

namespace orrery::gui {

/// When the failure that is going on reached a service.
struct Arrival {
  std::uint32_t order = 0;  ///< 1, 2, 3, …
  Duration after;           ///< Since what set it off.
  Instant at;
};

struct ServiceNow {
  State state = State::Healthy;
  CallSum calls;          ///< Those that the state is judged by.
  double per_second = 0;  ///< Calls to it.
  Duration p50;
  Duration p95;
  Duration p99;
  std::vector<State> pods;  ///< Worst last.
  std::size_t ready = 0;    ///< Of these.
  std::optional<Arrival> arrival;
};

struct EdgeNow {
  State state = State::Healthy;  ///< Healthy, degraded, failing; lost: all breakers are open.
  double per_second = 0;
  double error_share = 0;
  Duration p50;
  std::uint32_t open = 0;                 ///< Breakers of callers.
  std::uint32_t trying = 0;               ///< Half-open ones, which are not among these.
  std::optional<std::size_t> open_since;  ///< The second in which the first of them opened.
};

struct PodNow {
  recording::TextId name = 0;
  State state = State::Healthy;
  std::optional<std::uint32_t> service;
};

struct NodeNow {
  recording::TextId name = 0;
  State state = State::Healthy;  ///< Healthy, draining (no pods are sent to it), lost.
  State worst = State::Healthy;  ///< Of itself and its pods.
  double affected = 0;           ///< Share of its pods that are not ready; 0..1.
  bool unnoticed = false;        ///< It is lost, and the cluster does not know it yet.
  double cpu_used = 0;           ///< Requested by pods, of what it has; 0..1 and more.
  double memory_used = 0;
  std::vector<PodNow> pods;
};

struct ZoneNow {
  std::string name;  ///< May be empty.
  State state = State::Healthy;
  bool noticed = true;  ///< That its nodes are lost.
  double cpu_used = 0;
  std::vector<NodeNow> nodes;
};

/// A link of the chain from what set the failure off to its users.
struct WhyStep {
  State state = State::Healthy;
  std::optional<std::uint32_t> service;  ///< Absent: what set it off.
  std::uint64_t event = 0;
  std::string what;  ///< Of the event: "fault", "load", "failing".
  std::string subject;
  std::string detail;
  Instant at;
};

struct Moment {
  Instant at;
  std::vector<ServiceNow> services;
  std::vector<EdgeNow> edges;
  std::vector<ZoneNow> zones;
  std::size_t node_count = 0;
  std::size_t pod_count = 0;
  std::size_t pods_starting = 0;
  std::size_t pods_lost = 0;
  double users_error_share = 0;
  std::vector<WhyStep> why;  ///< Empty: no request of users fails.
};

/// Seconds of history that are over at `t`, less one: the second that is shown; nothing: none is.
[[nodiscard]] std::optional<std::size_t> second_at(const RecordedRun& run, Instant t);

class ClusterTracker;

/// The moments of a run, each made from the one before as far as they are alike.
class Moments {
 public:
  /// The run must outlive it.
  explicit Moments(RecordedRun& run);
  Moments(const Moments&) = delete;
  Moments& operator=(const Moments&) = delete;
  ~Moments();

  /// Shows `t`. A Failure if the recording has nothing there, or is damaged; now() stays then.
  Result<void> show(Instant t);
  [[nodiscard]] const Moment& now() const { return moment_; }
  /// More of the run was taken in: calls and faults may be other than they were known.
  void forget_calls() { second_known_ = false; }
  /// What the last show() changed.
  [[nodiscard]] bool cluster_changed() const { return cluster_changed_; }
  [[nodiscard]] bool calls_changed() const { return calls_changed_; }

 private:
  void take_calls();
  void take_service(std::uint32_t s);
  void take_edge(std::size_t e);
  void take_cascade();

  RecordedRun& run_;
  Moment moment_;
  std::unique_ptr<ClusterTracker> cluster_;
  std::optional<std::size_t> second_;
  bool second_known_ = false;
  bool cluster_changed_ = false;
  bool calls_changed_ = false;
};

}  // namespace orrery::gui
