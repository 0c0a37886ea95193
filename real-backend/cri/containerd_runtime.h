/// @file
/// The container runtime port on a real containerd, through CRI v1 and containerd's event service.
///
/// Images named in manifests are pulled by containerd as they are. On hosts without a registry only
/// images that were imported before can run; a pull of any other ends as Refused or Unknown.
///
/// Source: Kubernetes cri-api v1; containerd 1.6 event service.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "models/ports/container_runtime.h"

namespace grpc {
class Channel;
}

namespace orrery::cri {

/// The node whose runtime this is.
struct ContainerdNode {
  std::string name;
  std::string cgroup_parent;  ///< "/orrery/h1": what all its pods share. Empty: the runtime's root.
  std::string pod_log_dir;    ///< One folder per pod is made there. Empty: no logs are kept.
  std::string volume_dir{};   ///< As pod_log_dir, for volumes. Empty: pods can have none.
};

/// How long calls may take; what they mean afterwards is said at outcome_of (cri_requests.h).
struct ContainerdDeadlines {
  Duration look = Duration::seconds(2);  ///< ImageStatus and each call of a List.
  Duration change =
      Duration::seconds(10);  ///< What changes something; a stop's grace comes on top.
  Duration pull = Duration::minutes(5);
  Duration exec_slack = Duration::seconds(1);  ///< Beyond the time-out that containerd watches.
};

/// What the runtime needs of its process.
struct ContainerdHooks {
  /// Takes replies and notices, on the loop's thread, never from inside a call.
  std::function<void(ports::Event)> sink;
  std::function<Instant()> now;
  /// The instant of a calendar time [ns since 1970]: CRI dates starts and exits so.
  std::function<Instant(std::int64_t)> instant_of_calendar;
};

/// A channel to containerd's unix socket; connects when first used, and again when it was lost.
[[nodiscard]] std::shared_ptr<grpc::Channel> connect_containerd(const std::string& socket_path);

/// One containerd as the port sees it.
///
/// - Made, used and destroyed on the loop's thread, or while the loop does not run. While it lives,
///   the loop does not run dry. Destruction cancels open calls; their replies do not come.
/// - The first List opens the stream of exits. A lost stream is told once (StreamLost), opened
/// again
///   until that works, and told (StreamRestored).
/// - An exit that was told is not taken back: containerd lists a process as running for some 50 ms
///   after its exit event, and List corrects that.
/// - Stats tells core time and working set of what runs; what the node has left is not known.
/// - StopContainer and StopSandbox make exits too; their notice may come before or after the reply.
/// - Exec time-outs and grace periods are rounded up to whole seconds, CRI's unit. Exec with any
/// exit
///   code is Ok. RunSandbox that ran but whose address could not be read is Unknown, with the id.
class ContainerdRuntime final : public ports::ContainerRuntime {
 public:
  ContainerdRuntime(boost::asio::io_context& loop, std::shared_ptr<grpc::Channel> channel,
                    ContainerdNode node, ContainerdHooks hooks, ContainerdDeadlines deadlines = {});
  ~ContainerdRuntime() override;

  void call(ports::OwnerId owner, ports::CallId id, ports::RuntimeCall call) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace orrery::cri
