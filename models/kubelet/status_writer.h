/// @file
/// Brings the status of one pod to the API server: one write at a time, the latest state wins.
///
/// Source: Kubernetes pkg/kubelet/status/status_manager.go.
#pragma once

#include <cstdint>
#include <optional>

#include "models/api/objects.h"
#include "models/kubelet/back_off.h"
#include "models/kubelet/node_services.h"

namespace orrery::kubelet {

class StatusWriter {
 public:
  /// `node` must outlive it. `tag` names the pod.
  StatusWriter(const NodeServices& node, CallTag tag, api::ObjectPtr pod);

  /// The API server was seen to have this version; older news are ignored.
  void saw(const api::ObjectPtr& pod);

  /// What the API server has, or will have when every write got through.
  [[nodiscard]] const api::PodStatus& latest() const { return wanted_ ? *wanted_ : known(); }

  /// Writes `status` unless it is the latest already. `pod` is a Pod.
  void write(const api::ObjectPtr& pod, api::PodStatus status);

  /// Nothing is left to write.
  [[nodiscard]] bool settled() const { return !wanted_ && sent_ == nullptr; }

  void on_reply(const ports::Event& event);
  void on_timer();

 private:
  void send();
  [[nodiscard]] const api::PodStatus& known() const { return std::get<api::Pod>(*known_).status; }

  const NodeServices& node_;
  CallTag tag_;
  ports::Timer timer_;
  RetryDelay retry_;
  api::ObjectPtr pod_;    ///< Whose status is to be written; null: nothing is.
  api::ObjectPtr sent_;   ///< Under way; null: nothing is.
  api::ObjectPtr known_;  ///< A version of the pod with the status that the API server has.
  std::uint64_t known_version_;
  std::optional<api::PodStatus> wanted_;
  bool waiting_ = false;      ///< For the timer, after a failure.
  bool object_gone_ = false;  ///< The API server has no object of this uid.
};

}  // namespace orrery::kubelet
