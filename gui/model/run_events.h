/// @file
/// What the events of a recording say over time: faults, rollouts, ready pods of services, and who
/// began to fail because of what.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gui/model/service_names.h"
#include "models/base/time_types.h"
#include "models/recording/run_reader.h"

namespace orrery::gui {

struct FaultSpan {
  std::uint64_t event = 0;
  std::string id;       ///< Of the timeline: "zone-loss".
  std::string kind;     ///< "zone-loss"
  std::string subject;  ///< "zone/b", "Node/b-1", "Deployment/shop/cart"
  Instant from;
  Instant to = Instant::never();  ///< Never: it does not end. As `from`: only its beginning counts.
};

struct RolloutSpan {
  std::string name;  ///< "shop/cart"
  Instant from;
  Instant to = Instant::never();
};

/// Whether the hand of the timeline does this to objects, beside "set", whose rollouts are seen.
[[nodiscard]] bool is_change(std::string_view what);

/// What the timeline did to objects that is no rollout: applied, patched, drained, cordoned, or
/// gave another number of pods.
struct ChangeMark {
  std::string id;  ///< Of the timeline.
  Instant at;
  std::string what;     ///< "drain"
  std::string subject;  ///< "Node/a-1"
  /// How many pods the workload is to have now, if that is what changed.
  std::optional<std::int64_t> replicas = {};
};

/// A value that changes at instants.
class Steps {
 public:
  /// Requires: not before the last.
  void put(Instant at, std::int64_t value);
  /// Nothing before the first.
  [[nodiscard]] std::optional<std::int64_t> at(Instant t) const;

 private:
  std::vector<std::pair<Instant, std::int64_t>> steps_;
};

/// The first failed call of a kind.
struct FailingRecord {
  std::uint64_t id = 0;
  std::uint64_t cause = 0;
  std::uint64_t origin = 0;  ///< The event that its causes lead back to; itself if it has none.
  Instant at;
  std::optional<std::uint32_t> from;  ///< Absent: users.
  std::uint32_t to = 0;
  std::string outcome;  ///< "timeout"
};

class RunEvents {
 public:
  explicit RunEvents(const recording::Scene& scene);

  /// By rising id. `reader` has their texts.
  void take(const recording::RunReader& reader, const std::vector<recording::RunEvent>& events);

  [[nodiscard]] const std::vector<recording::RunEvent>& all() const { return all_; }
  /// Null: there is no such event.
  [[nodiscard]] const recording::RunEvent* find(std::uint64_t id) const;
  [[nodiscard]] const std::vector<FaultSpan>& faults() const { return faults_; }
  [[nodiscard]] const std::vector<RolloutSpan>& rollouts() const { return rollouts_; }
  [[nodiscard]] const std::vector<ChangeMark>& changes() const { return changes_; }
  [[nodiscard]] const std::vector<FailingRecord>& failing() const { return failing_; }
  /// Null: there is no such record.
  [[nodiscard]] const FailingRecord* failing_record(std::uint64_t id) const;

  /// Addresses of the service that are sent to; nothing: none was ever ready.
  [[nodiscard]] std::optional<std::int64_t> ready(std::uint32_t service, Instant t) const;
  /// Pods that were made and were not ready yet.
  [[nodiscard]] std::int64_t starting(std::uint32_t service, Instant t) const;

 private:
  void take_pod(const recording::RunEvent& event, const std::string& what,
                const std::string& subject, const std::string& detail);
  void take_failing(const recording::RunEvent& event, const std::string& subject,
                    const std::string& detail);
  void take_endpoints(Instant at, const std::string& subject, const std::string& detail);
  /// Another number of pods, if somebody has set it: autoscalers are no hand.
  void take_scaling(const recording::RunReader& reader, const recording::RunEvent& event,
                    const std::string& subject, const std::string& detail);
  void take_rollout(Instant at, const std::string& what, const std::string& subject,
                    const std::string& detail);

  ServiceNames names_;
  std::vector<recording::RunEvent> all_;
  std::vector<FaultSpan> faults_;
  std::vector<RolloutSpan> rollouts_;
  std::vector<ChangeMark> changes_;
  std::vector<FailingRecord> failing_;
  std::map<std::string, std::int64_t> slices_;  ///< Ready addresses in each.
  std::vector<std::int64_t> ready_now_;
  std::vector<Steps> ready_;
  std::map<std::string, std::uint32_t> starting_pods_;  ///< Of which service.
  std::vector<std::int64_t> starting_now_;
  std::vector<Steps> starting_;
};

}  // namespace orrery::gui
