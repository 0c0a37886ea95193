/// @file
/// What the NetworkPolicies of a cluster let through.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/api/network.h"
#include "models/api/objects.h"

namespace orrery::api {

/// Where a client outside the cluster stands for rules by address: nowhere near pods and nodes.
/// Source: RFC 5737 (TEST-NET-3).
inline constexpr const char* kOutsideAddress = "203.0.113.1";

/// A connection that does not come about.
struct PolicyRefusal {
  ObjectKey pod;                        ///< The one that is isolated.
  bool by_sender = false;               ///< It may not send; otherwise nobody let them in.
  std::vector<std::string> policies{};  ///< By name: those that isolate it; none lets this through.
};

/// A pod that no policy selects takes and sends everything; any other only what one of its policies
/// lets through. Both ends must agree. What comes back on a connection always passes, and so does
/// what a pod sends to itself. Pods in the network of their node stand for their node: no policy
/// selects them.
///
/// Source: Kubernetes documentation, Network Policies; networking/v1.
class NetworkRules {
 public:
  NetworkRules() = default;
  /// NetworkPolicies, Namespaces and Pods, in any order; others are passed over.
  explicit NetworkRules(std::vector<ObjectPtr> objects);

  /// Whether there is no policy at all.
  [[nodiscard]] bool empty() const { return policies_.empty(); }
  /// The resource version of each policy, by "namespace/name".
  [[nodiscard]] std::map<std::string, std::uint64_t> versions() const;

  /// For a new connection between two addresses, to a port of the second; nothing: it passes.
  [[nodiscard]] std::optional<PolicyRefusal> refusal(const std::string& from, const std::string& to,
                                                     std::int32_t port,
                                                     std::string_view protocol = "TCP") const;
  /// For a question to the cluster's name servers: pods of kube-system with k8s-app kube-dns, port
  /// 53 by UDP. They are taken to be there, whether or not there are such pods.
  [[nodiscard]] std::optional<PolicyRefusal> lookup_refusal(const std::string& from) const;

 private:
  struct Place {
    std::string address;
    const Pod* pod = nullptr;
    std::vector<const NetworkPolicy*> policies;  ///< That select it.
  };
  /// Somebody at one end of a connection.
  struct Peer {
    const std::string& address;
    const std::string* namespace_name = nullptr;  ///< Null: no pod.
    const Labels* labels = nullptr;
  };

  [[nodiscard]] const Place* place_at(const std::string& address) const;
  [[nodiscard]] Peer peer_at(const std::string& address) const;
  [[nodiscard]] bool is_peer(const PolicyPeer& wanted, const std::string& own_namespace,
                             const Peer& peer) const;
  [[nodiscard]] Labels labels_of_namespace(const std::string& name) const;
  /// `receiver`: whose port names count; null if it is no pod.
  [[nodiscard]] bool lets_through(const Place& isolated, bool sends, const Peer& other,
                                  const Pod* receiver, std::int32_t port,
                                  std::string_view protocol) const;
  [[nodiscard]] static std::optional<PolicyRefusal> refused_by(const Place& isolated, bool sends);

  std::vector<ObjectPtr> objects_;  ///< Keeps alive what the others point to.
  std::vector<const NetworkPolicy*> policies_;
  std::vector<const Namespace*> namespaces_;
  std::vector<Place> places_;  ///< By address.
};

}  // namespace orrery::api
