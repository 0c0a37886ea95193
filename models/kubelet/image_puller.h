/// @file
/// The queue of image pulls of one node.
///
/// Source: Kubernetes pkg/kubelet/images/puller.go (serial and parallel pulls).
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "models/kubelet/node_services.h"

namespace orrery::kubelet {

/// Pulls at most `parallel_pulls` images at a time, first come, first served. The runtime's reply
/// carries the id of the asking container. A pull beyond the registry's rate is not made: instead
/// of a reply a timer of that id comes.
class ImagePuller {
 public:
  /// `node` must outlive it.
  explicit ImagePuller(const NodeServices& node);

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
  /// Takes one pull out of the registry's allowance, if there is any left.
  [[nodiscard]] bool allowed();

  const NodeServices& node_;
  std::deque<Wanted> queue_;
  std::vector<std::uint64_t> under_way_;
  std::map<std::uint64_t, ports::Timer> refused_;  ///< By call id.
  std::int64_t allowance_;  ///< Of pulls, in 1/10^9: grows by the rate, up to the burst.
  Instant allowance_at_;
};

}  // namespace orrery::kubelet
