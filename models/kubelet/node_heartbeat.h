/// @file
/// How the control plane knows of a node and that it lives: the Node object and its Lease.
///
/// Source: Kubernetes pkg/kubelet/kubelet_node_status.go, component-helpers apimachinery/lease.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/api/objects.h"
#include "models/kubelet/back_off.h"
#include "models/kubelet/eviction.h"
#include "models/kubelet/node_services.h"
#include "models/kubelet/volumes_in_use.h"

namespace orrery::kubelet {

/// What of a node's capacity is for pods: all but what is reserved and the hard threshold of
/// memory.
[[nodiscard]] api::NodeResources allocatable_of(const api::NodeResources& capacity,
                                                const KubeletConfig& config);

/// Registers the node (one that exists already is given its labels by default), renews its lease
/// and reports its status: on change, every five minutes, and when the API server has another one
/// than was reported, because the node had been taken for dead.
///
/// Kubernetes compares the two whenever ten seconds are over. Here that is done only when there can
/// be a difference, at the same times: after a sight of one, and from a failed call to the API
/// server on until one succeeds.
class NodeHeartbeat {
 public:
  /// `node` must outlive it.
  NodeHeartbeat(const NodeServices& node, api::NodeResources resources, VolumesInUse& volumes);

  void start();

  /// Whether the container runtime answers: the condition Ready.
  void set_runtime_ready(bool ready);

  /// By Pressure: the conditions MemoryPressure and so on.
  void set_pressure(const std::array<bool, kPressureCount>& under);

  /// What of images the node has; the largest are reported.
  void set_images(const std::vector<ports::ImageInfo>& images);
  /// The volumes in use are others now.
  void report_volumes();
  /// The Node object as the API server has it; null: it has none.
  void see(const api::Object* object);

  /// A reply or timer of topic NodeRegister, NodeStatus or Lease.
  void on_event(const ports::Event& event);

 private:
  [[nodiscard]] api::Labels own_labels() const;
  [[nodiscard]] api::Node make_node();
  void changed();
  void register_node();
  void on_registration(const ports::Event& event);
  void write_status();
  [[nodiscard]] bool differs(const api::Node& node) const;
  /// At the end of the period.
  void compare_later();
  void compare();
  void on_compare(const ports::Event& event);
  void renew_lease();
  void on_lease_reply(ports::Outcome outcome);

  const NodeServices& node_;
  api::NodeResources resources_;
  VolumesInUse& volumes_;
  std::vector<api::Condition> conditions_;
  bool runtime_ready_ = false;
  std::array<bool, kPressureCount> under_pressure_{};
  std::vector<api::NodeImage> images_;

  bool registered_ = false;
  bool status_in_flight_ = false;
  bool status_dirty_ = false;
  ports::Timer register_timer_;
  ports::Timer status_timer_;
  bool compares_ = false;  ///< A comparison is due or under way.
  int compare_attempts_ = 0;
  ports::Timer compare_timer_;
  RetryDelay register_retry_;

  bool lease_exists_ = true;  ///< Until the API server says otherwise.
  bool lease_in_flight_ = false;
  std::uint64_t lease_renewals_ = 0;
  ports::Timer lease_timer_;
  RetryDelay lease_retry_;
};

}  // namespace orrery::kubelet
