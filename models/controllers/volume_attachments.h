/// @file
/// Which volumes are attached to which nodes: the attach/detach controller, and the storage that
/// does what it asks for.
///
/// Source: Kubernetes pkg/controller/volume/attachdetach (reconciler.go, util),
/// pkg/controller/podgc (gcTerminating); external-attacher of the CSI project.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/api/objects.h"
#include "models/controllers/node_lifecycle.h"
#include "models/controllers/persistent_volumes.h"
#include "models/controllers/plan.h"

namespace orrery::controllers {

inline constexpr const char* kAttachFinalizer = "external-attacher/storage";

/// Defaults: kube-controller-manager of Kubernetes 1.30.
struct AttachDetachConfig {
  Duration reconcile_period = Duration::milliseconds(100);  ///< reconcilerLoopPeriod
  /// maxWaitForUnmountDuration
  Duration force_detach_after = Duration::minutes(6);
  bool force_detach = true;  ///< --disable-force-detach-on-timeout, negated.
};

/// What is known of a node that a volume is, or should be, attached to.
struct AttachNode {
  bool ready = false;
  bool out_of_service = false;
  bool mounted = false;  ///< Reports the volume in use; a node that is gone counts as if it did.
};

/// What the controller sees of a volume. Pointers are read during the call.
struct AttachView {
  std::string volume_name;
  bool exclusive = true;                                  ///< Only one node at a time.
  std::vector<const api::VolumeAttachment*> attachments;  ///< Of the volume.
  std::vector<std::string> wanted;  ///< Nodes whose pods use it; who came first stands first.
  std::map<std::string, AttachNode> nodes;        ///< Of all the above.
  std::map<std::string, Instant> unwanted_since;  ///< By node.
};

/// Detaches, then attaches. A volume that no pod needs on a node any more is detached as soon as
/// the node does not report it in use; otherwise after force_detach_after if the node is not Ready
/// then, or at once if it is out of service. A volume for one node at a time that is attached to
/// another is not attached: the attachment says so.
[[nodiscard]] Plan reconcile_attachments(const AttachView& view, const AttachDetachConfig& config,
                                         const StorageTimes& times, Instant now);

/// A pod for whose sake a volume stays attached: neither ended, nor deleted with no container
/// reported running.
[[nodiscard]] bool holds_volumes(const api::Pod& pod);

[[nodiscard]] bool is_out_of_service(const api::Node& node);

}  // namespace orrery::controllers
