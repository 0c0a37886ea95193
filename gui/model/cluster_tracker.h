/// @file
/// Keeps the cluster of a Moment up to date from frame to frame: what did not change is not looked
/// at again.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "gui/model/moment.h"

namespace orrery::gui {

class ClusterTracker {
 public:
  /// Both must outlive it.
  ClusterTracker(const RecordedRun& run, Moment& moment);

  /// The moment's zones, and the pods of its services, are those of the frame at `t`. Whether
  /// anything changed.
  bool show(recording::Frame frame, Instant t);

 private:
  using TextId = recording::TextId;
  static constexpr std::uint32_t kNowhere = 0xffff'ffff;

  struct Slot {
    std::uint32_t zone = 0;
    std::uint32_t node = 0;
    bool stale = false;  ///< Its pods are to be put together again.
    bool worse = false;  ///< Its worst state is to be looked for again.
  };

  void begin(const recording::Nodes& nodes);
  void take_node(const recording::NodeState& state, Slot& slot, TextId name, Instant t);
  void take_nodes(const recording::Nodes& nodes, Instant t);
  void take_pods(recording::Pods pods);
  void count_usage();
  /// The slot of a node by its name; null: there is no such node.
  Slot* slot_of(TextId node);
  [[nodiscard]] NodeNow& node_in(const Slot& slot) {
    return moment_.zones[slot.zone].nodes[slot.node];
  }
  [[nodiscard]] std::optional<std::uint32_t> service_of(
      const recording::Named<recording::PodState>& pod);
  void restate(const recording::Named<recording::PodState>& pod, std::optional<State> state);
  void finish();

  const RecordedRun& run_;
  Moment& moment_;
  recording::Pods pods_;
  recording::Nodes nodes_;
  std::vector<std::size_t> losses_;  ///< Faults that hold nodes down.
  std::vector<Slot> slots_;
  // By text.
  std::vector<std::uint32_t> slot_of_node_;
  std::vector<std::uint8_t> counted_;         ///< Of a pod: its state + 1; 0: it is not there.
  std::vector<std::uint32_t> place_;          ///< Of a pod, on its node.
  std::vector<std::uint32_t> owner_service_;  ///< + 2; 1: none; 0: not looked up yet.
  std::vector<std::array<std::uint32_t, kStateCount>> service_counts_;
  std::vector<bool> service_stale_;
  std::array<std::size_t, kStateCount> counts_{};
  bool changed_ = false;
};

}  // namespace orrery::gui
