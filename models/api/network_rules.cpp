#include "models/api/network_rules.h"

#include <algorithm>
#include <utility>

#include "models/api/address_block.h"

namespace orrery::api {
namespace {

constexpr const char* kNameLabel = "kubernetes.io/metadata.name";
constexpr std::int32_t kNameServerPort = 53;

bool isolates(const NetworkPolicy& policy, bool sends) {
  return sends ? policy.spec.isolates_egress : policy.spec.isolates_ingress;
}

bool is_in(const IpBlock& block, const std::string& address) {
  const auto at = parse_address(address);
  const auto all = parse_block(block.cidr);
  if (!at || !all || !all->holds(*at)) return false;
  return std::none_of(block.except.begin(), block.except.end(), [&](const std::string& text) {
    const auto part = parse_block(text);
    return part && part->holds(*at);
  });
}

bool is_port(const PolicyPort& wanted, const Pod* receiver, std::int32_t port,
             std::string_view protocol) {
  if (wanted.protocol != protocol) return false;
  if (!wanted.port) return true;
  if (const auto* name = std::get_if<std::string>(&*wanted.port)) {
    return receiver != nullptr && resolve_port(receiver->spec, *name) == port;
  }
  const std::int32_t first = std::get<std::int32_t>(*wanted.port);
  return port >= first && port <= wanted.end_port.value_or(first);
}

}  // namespace

NetworkRules::NetworkRules(std::vector<ObjectPtr> objects) : objects_{std::move(objects)} {
  for (const ObjectPtr& object : objects_) {
    if (const auto* policy = std::get_if<NetworkPolicy>(&*object)) policies_.push_back(policy);
    if (const auto* space = std::get_if<Namespace>(&*object)) namespaces_.push_back(space);
    const auto* pod = std::get_if<Pod>(&*object);
    if (pod == nullptr || pod->spec.host_network || pod->status.pod_ip.empty()) continue;
    if (!has_ended(*pod)) places_.push_back({pod->status.pod_ip, pod, {}});
  }
  std::sort(places_.begin(), places_.end(),
            [](const Place& a, const Place& b) { return a.address < b.address; });
  for (Place& place : places_) {
    for (const NetworkPolicy* policy : policies_) {
      if (policy->meta.namespace_name != place.pod->meta.namespace_name) continue;
      if (matches(policy->spec.pod_selector, place.pod->meta.labels)) {
        place.policies.push_back(policy);
      }
    }
  }
}

std::map<std::string, std::uint64_t> NetworkRules::versions() const {
  std::map<std::string, std::uint64_t> versions;
  for (const NetworkPolicy* policy : policies_) {
    const ObjectMeta& meta = policy->meta;
    versions[meta.namespace_name + "/" + meta.name] = meta.resource_version;
  }
  return versions;
}

const NetworkRules::Place* NetworkRules::place_at(const std::string& address) const {
  const auto found = std::lower_bound(
      places_.begin(), places_.end(), address,
      [](const Place& place, const std::string& at) { return place.address < at; });
  return found == places_.end() || found->address != address ? nullptr : &*found;
}

NetworkRules::Peer NetworkRules::peer_at(const std::string& address) const {
  const Place* place = place_at(address);
  if (place == nullptr) return {address};
  return {address, &place->pod->meta.namespace_name, &place->pod->meta.labels};
}

Labels NetworkRules::labels_of_namespace(const std::string& name) const {
  const auto found = std::find_if(namespaces_.begin(), namespaces_.end(),
                                  [&](const Namespace* n) { return n->meta.name == name; });
  Labels labels = found == namespaces_.end() ? Labels{} : (*found)->meta.labels;
  labels[kNameLabel] = name;
  return labels;
}

bool NetworkRules::is_peer(const PolicyPeer& wanted, const std::string& own_namespace,
                           const Peer& peer) const {
  if (wanted.ip_block) return is_in(*wanted.ip_block, peer.address);
  if (peer.labels == nullptr) return false;
  if (wanted.namespace_selector) {
    if (!matches(*wanted.namespace_selector, labels_of_namespace(*peer.namespace_name))) {
      return false;
    }
  } else if (*peer.namespace_name != own_namespace) {
    return false;
  }
  return !wanted.pod_selector || matches(*wanted.pod_selector, *peer.labels);
}

bool NetworkRules::lets_through(const Place& isolated, bool sends, const Peer& other,
                                const Pod* receiver, std::int32_t port,
                                std::string_view protocol) const {
  bool alone = true;
  for (const NetworkPolicy* policy : isolated.policies) {
    if (!isolates(*policy, sends)) continue;
    alone = false;
    for (const PolicyRule& rule : sends ? policy->spec.egress : policy->spec.ingress) {
      const bool peer = rule.peers.empty() ||
                        std::any_of(rule.peers.begin(), rule.peers.end(), [&](const auto& wanted) {
                          return is_peer(wanted, policy->meta.namespace_name, other);
                        });
      const bool at_port = rule.ports.empty() ||
                           std::any_of(rule.ports.begin(), rule.ports.end(), [&](const auto& p) {
                             return is_port(p, receiver, port, protocol);
                           });
      if (peer && at_port) return true;
    }
  }
  return alone;
}

std::optional<PolicyRefusal> NetworkRules::refused_by(const Place& isolated, bool sends) {
  PolicyRefusal refusal{{Kind::Pod, isolated.pod->meta.namespace_name, isolated.pod->meta.name},
                        sends};
  for (const NetworkPolicy* policy : isolated.policies) {
    if (isolates(*policy, sends)) refusal.policies.push_back(policy->meta.name);
  }
  std::sort(refusal.policies.begin(), refusal.policies.end());
  return refusal;
}

std::optional<PolicyRefusal> NetworkRules::refusal(const std::string& from, const std::string& to,
                                                   std::int32_t port,
                                                   std::string_view protocol) const {
  if (empty() || from == to) return std::nullopt;
  const Place* sender = place_at(from);
  const Place* receiver = place_at(to);
  const Pod* pod = receiver == nullptr ? nullptr : receiver->pod;
  if (sender != nullptr && !lets_through(*sender, true, peer_at(to), pod, port, protocol)) {
    return refused_by(*sender, true);
  }
  if (receiver != nullptr && !lets_through(*receiver, false, peer_at(from), pod, port, protocol)) {
    return refused_by(*receiver, false);
  }
  return std::nullopt;
}

std::optional<PolicyRefusal> NetworkRules::lookup_refusal(const std::string& from) const {
  static const std::string kNamespace = "kube-system";
  static const std::string kNowhere;
  static const Labels kLabels{{"k8s-app", "kube-dns"}};
  const Place* sender = place_at(from);
  if (sender == nullptr) return std::nullopt;
  const Peer server{kNowhere, &kNamespace, &kLabels};
  if (lets_through(*sender, true, server, nullptr, kNameServerPort, "UDP")) return std::nullopt;
  return refused_by(*sender, true);
}

}  // namespace orrery::api
