/// @file
/// Keeps a node from running out: measures it, reports pressure, removes unused images, and ends
/// pods when that does not help.
///
/// Source: Kubernetes pkg/kubelet/eviction/eviction_manager.go, images/image_gc_manager.go.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/kubelet/eviction.h"
#include "models/kubelet/image_collector.h"
#include "models/kubelet/node_heartbeat.h"
#include "models/kubelet/node_services.h"
#include "models/kubelet/pod_worker.h"

namespace orrery::kubelet {

/// Asks a runtime that measures nothing once, and no more.
class NodePressure {
 public:
  using Pods = std::vector<PodWorker*>;

  /// `node` and `heartbeat` must outlive it.
  NodePressure(const NodeServices& node, NodeHeartbeat& heartbeat);

  void start();

  /// A reply or timer of topic NodeStats or NodeImages. `pods` are all of this kubelet.
  void on_event(CallTag tag, const ports::Event& event, const Pods& pods);

  /// An image was pulled.
  void images_changed();

  /// Why a pod that has just come to this node cannot stay, if so.
  [[nodiscard]] std::optional<PodFailure> refusal(const api::Pod& pod) const;

 private:
  enum Step : std::uint32_t { kMonitor = 0, kCollect = 1, kRefresh = 2, kRemove = 3 };

  void ask(Topic topic, Step step, ports::RuntimeCall call);
  void measure(Step step);
  void on_sample(const ports::Event& event, const Pods& pods);
  /// Pods whose volumes hold more than they may. True: there were some.
  bool end_pods_beyond_their_volumes(const ports::RuntimeResult& sample, const Pods& pods);
  /// Until what was evicted is gone, or for a while, nothing is measured.
  void wait_for_cleanup();
  void act_on(PressureWatch::Finding finding, const ports::RuntimeResult& sample, const Pods& pods);
  void look_again(const Pods& pods);
  void on_collection_sample(const ports::Event& event);
  void on_images(const ports::Event& event, const Pods& pods);
  void on_removed();
  void report_conditions();

  const NodeServices& node_;
  NodeHeartbeat& heartbeat_;
  PressureWatch watch_;
  ImageCollector collector_;
  std::uint32_t sequence_ = 0;

  ports::Timer monitor_timer_;
  bool reclaimed_ = false;                  ///< Unused images were removed for the finding at hand.
  std::optional<std::string> evicted_uid_;  ///< Whose clean-up is awaited.
  Instant cleanup_until_;

  ports::Timer collect_timer_;
  ports::Timer refresh_timer_;
  bool refresh_armed_ = false;
  std::int64_t bytes_to_free_ = 0;  ///< With the next list of images.
  std::uint32_t removals_open_ = 0;
};

}  // namespace orrery::kubelet
