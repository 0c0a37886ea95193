/// @file
/// Who may talk to whom, and which Service a request from outside reaches by its host and path.
///
/// Source: Kubernetes networking/v1 (NetworkPolicy, Ingress, IngressClass).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/api/meta.h"
#include "models/api/pod.h"

namespace orrery::api {

/// Addresses as "10.0.0.0/8", without those of `except`.
struct IpBlock {
  std::string cidr;
  std::vector<std::string> except;

  friend bool operator==(const IpBlock&, const IpBlock&) = default;
};

/// Pods by their labels, by those of their namespace, or by both; or addresses.
struct PolicyPeer {
  std::optional<LabelSelector> pod_selector;
  std::optional<LabelSelector> namespace_selector;  ///< Absent: the policy's own namespace.
  std::optional<IpBlock> ip_block;                  ///< Without the two selectors.

  friend bool operator==(const PolicyPeer&, const PolicyPeer&) = default;
};

struct PolicyPort {
  std::string protocol = "TCP";
  std::optional<PortReference> port;     ///< Absent: every port.
  std::optional<std::int32_t> end_port;  ///< The last of a range that begins at `port`.

  friend bool operator==(const PolicyPort&, const PolicyPort&) = default;
};

/// What is let through: one of the peers at one of the ports. An empty list stands for all.
struct PolicyRule {
  std::vector<PolicyPeer> peers;
  std::vector<PolicyPort> ports;

  friend bool operator==(const PolicyRule&, const PolicyRule&) = default;
};

struct NetworkPolicySpec {
  LabelSelector pod_selector;  ///< Of its namespace; empty: all of them.
  bool isolates_ingress = true;
  bool isolates_egress = false;
  std::vector<PolicyRule> ingress;
  std::vector<PolicyRule> egress;

  friend bool operator==(const NetworkPolicySpec&, const NetworkPolicySpec&) = default;
};

struct NetworkPolicy {
  ObjectMeta meta;
  NetworkPolicySpec spec;

  friend bool operator==(const NetworkPolicy&, const NetworkPolicy&) = default;
};

struct IngressBackend {
  std::string service;  ///< Of the Ingress's namespace; empty: a resource that is no Service.
  PortReference port = 0;

  friend bool operator==(const IngressBackend&, const IngressBackend&) = default;
};

enum class PathType : std::uint8_t { Exact, Prefix, ImplementationSpecific };

struct IngressPath {
  std::string path;  ///< Empty: all.
  PathType type = PathType::ImplementationSpecific;
  IngressBackend backend;

  friend bool operator==(const IngressPath&, const IngressPath&) = default;
};

struct IngressRule {
  std::string host;  ///< "shop.example.com", "*.example.com"; empty: all.
  std::vector<IngressPath> paths;

  friend bool operator==(const IngressRule&, const IngressRule&) = default;
};

struct IngressTls {
  std::vector<std::string> hosts;  ///< Empty: all.
  std::string secret_name;

  friend bool operator==(const IngressTls&, const IngressTls&) = default;
};

struct IngressSpec {
  std::optional<std::string> class_name;
  std::optional<IngressBackend> default_backend;
  std::vector<IngressTls> tls;
  std::vector<IngressRule> rules;

  friend bool operator==(const IngressSpec&, const IngressSpec&) = default;
};

struct Ingress {
  ObjectMeta meta;
  IngressSpec spec;

  friend bool operator==(const Ingress&, const Ingress&) = default;
};

struct IngressClass {
  ObjectMeta meta;
  std::string controller;
  bool is_default = false;  ///< By its annotation: of Ingresses that name no class.

  friend bool operator==(const IngressClass&, const IngressClass&) = default;
};

}  // namespace orrery::api
