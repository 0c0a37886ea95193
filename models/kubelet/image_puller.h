/// @file
/// The queue of image pulls of one node.
///
/// Source: Kubernetes pkg/kubelet/images/puller.go (serial and parallel pulls).
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "models/kubelet/node_services.h"

namespace orrery::kubelet {

/// Pulls at most `parallel_pulls` images at a time, first come, first served. The runtime's reply
/// carries the id of the asking container.
class ImagePuller {
 public:
  /// `node` must outlive it.
  explicit ImagePuller(const NodeServices& node) : node_{node} {}

  /// Queues a pull; the reply comes with `tag`, whose topic is PullImage.
  void pull(CallTag tag, std::string image);

  /// The pod is gone: its pulls that have not begun are dropped.
  void forget(std::uint32_t slot, std::uint32_t generation);

  /// To be told of every reply to a PullImage call, wanted by someone or not.
  void on_reply(std::uint64_t id);

 private:
  struct Wanted {
    CallTag tag;
    std::string image;
  };
  void begin_next();

  const NodeServices& node_;
  std::deque<Wanted> queue_;
  std::vector<std::uint64_t> under_way_;
};

}  // namespace orrery::kubelet
