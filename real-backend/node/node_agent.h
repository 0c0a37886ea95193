/// @file
/// The node-agent process of a live run: kubelet, prober, node proxy and containerd's socket of one
/// host, and a session with the control plane.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "models/api/objects.h"
#include "real-backend/control/tls_files.h"

namespace orrery::node {

struct NodeAgentOptions {
  std::string node_name;              ///< Also the CN of its certificate.
  std::string node_address;           ///< "10.90.0.1"
  api::NodeResources resources;       ///< What the node offers to pods.
  api::Labels labels;                 ///< Of the Node object.
  std::vector<api::Taint> taints;     ///< That it registers with.
  std::string control_plane_address;  ///< "10.90.0.254:7443"
  control::TlsFiles tls;
  std::string containerd_socket;  ///< "/run/…/containerd.sock"
  std::string cgroup_parent;      ///< What all pods of the node share; empty: the runtime's root.
  std::string pod_log_directory;  ///< Empty: no logs are kept.
  std::string volume_directory;   ///< For pods' volumes; empty: pods can have none.
  std::string data_plane_socket;  ///< Made here: endpoint tables for load generators and proxies.
  bool reports_metrics = false;   ///< Measures its pods, for autoscalers.
  std::string record_directory;   ///< Exists; one record per process incarnation is made there.
  std::string profile = "kubernetes-1.30";
  Duration control_plane_wait = Duration::minutes(1);  ///< For the control plane's first answer.
  /// Told once the kubelet has been started. May be empty.
  std::function<void()> on_started;
};

/// Runs until SIGTERM or SIGINT and returns the process's exit code: 0 after a clean stop, 2 for
/// options that cannot work or a control plane that never answered, 74 (EX_IOERR) when the record
/// could not be written. What went wrong is on standard error.
///
/// Pods keep running when it ends, however it ends; its successor adopts them.
[[nodiscard]] int run_node_agent(const NodeAgentOptions& options);

}  // namespace orrery::node
