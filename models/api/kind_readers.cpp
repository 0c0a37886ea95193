#include "models/api/kind_readers.h"

#include <charconv>
#include <set>
#include <string>
#include <utility>

#include "models/api/enum_names.h"
#include "models/api/name_rules.h"
#include "models/api/scheduling_codec.h"
#include "models/base/quantity.h"

namespace orrery::api {
namespace {

/// A count, or decimal digits followed by exactly one %.
std::optional<CountOrPercent> parse_count_or_percent(const Value& value) {
  CountOrPercent read;
  if (value.type == Value::Type::Integer) {
    if (value.integer > std::numeric_limits<std::int32_t>::max() ||
        value.integer < std::numeric_limits<std::int32_t>::min()) {
      return std::nullopt;
    }
    read.value = static_cast<std::int32_t>(value.integer);
    return read;
  }
  if (value.type != Value::Type::Text) return std::nullopt;
  const std::string& text = value.text;
  const char* digits_end = text.data() + text.size() - 1;
  if (text.size() < 2 || *digits_end != '%') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), digits_end, read.value);
  if (error != std::errc{} || end != digits_end) return std::nullopt;
  read.percent = true;
  return read;
}

void read_rolling_update(ObjectReader& in, DeploymentStrategy& strategy) {
  read_count_or_percent(in, "maxSurge", strategy.max_surge);
  read_count_or_percent(in, "maxUnavailable", strategy.max_unavailable);
  in.finish({});
  if (!in.manifest()) return;
  if (strategy.max_unavailable.percent && strategy.max_unavailable.value > 100) {
    in.reading().wrong(*in.field("maxUnavailable"), "at most 100%");
  }
  if (strategy.max_surge.value == 0 && strategy.max_unavailable.value == 0) {
    in.reading().problem(in.here(), "maxSurge or maxUnavailable above 0", "both 0",
                         "a rollout could neither add nor remove a pod");
  }
}

void read_strategy(ObjectReader& in, DeploymentStrategy& strategy) {
  enum class Type : std::uint8_t { RollingUpdate, Recreate };
  Type type = Type::RollingUpdate;
  in.choice("type", type, Names<2>{"RollingUpdate", "Recreate"});
  strategy.recreate = type == Type::Recreate;
  in.object("rollingUpdate", "RollingUpdateDeployment",
            [&](ObjectReader& rolling) { read_rolling_update(rolling, strategy); });
  in.finish({});
  const std::optional<Cursor> rolling = in.field("rollingUpdate");
  if (in.manifest() && strategy.recreate && rolling) {
    in.reading().wrong(*rolling, "no rollingUpdate with type Recreate");
  }
}

void read_deployment_spec(ObjectReader& in, DeploymentSpec& spec) {
  in.integer("replicas", spec.replicas, 0);
  read_selected_template(in, spec.selector, spec.pod_template);
  in.object("strategy", "DeploymentStrategy",
            [&](ObjectReader& strategy) { read_strategy(strategy, spec.strategy); });
  in.seconds("minReadySeconds", spec.min_ready, 0);
  in.integer("revisionHistoryLimit", spec.revision_history_limit, 0);
  const bool has_deadline = in.seconds("progressDeadlineSeconds", spec.progress_deadline, 0);
  in.flag("paused", spec.paused);
  in.finish({});
  if (!in.manifest()) {
    // Stored, null means no deadline and absence the default.
    const Member* deadline = find_member(*in.here().value, "progressDeadlineSeconds");
    if (deadline != nullptr && !has_deadline) spec.progress_deadline.reset();
    return;
  }
  if (spec.progress_deadline && *spec.progress_deadline <= spec.min_ready) {
    in.reading().problem(in.field_or_here("progressDeadlineSeconds"),
                         "progressDeadlineSeconds above minReadySeconds",
                         to_string(*spec.progress_deadline) + " and " + to_string(spec.min_ready));
  }
  // The largest number is the API's way to say never.
  if (spec.progress_deadline == Duration::seconds(std::numeric_limits<std::int32_t>::max())) {
    spec.progress_deadline.reset();
  }
}

void read_deployment(ObjectReader& root, Deployment& deployment) {
  root.require("spec", "a spec with selector and template");
  root.object("spec", "DeploymentSpec",
              [&](ObjectReader& spec) { read_deployment_spec(spec, deployment.spec); });
  if (root.manifest()) return root.pass_over({"status"});
  root.object("status", "DeploymentStatus", [&](ObjectReader& in) {
    DeploymentStatus& status = deployment.status;
    in.integer("observedGeneration", status.observed_generation);
    in.integer("replicas", status.replicas);
    in.integer("updatedReplicas", status.updated_replicas);
    in.integer("readyReplicas", status.ready_replicas);
    in.integer("availableReplicas", status.available_replicas);
    in.integer("unavailableReplicas", status.unavailable_replicas);
    std::int32_t collisions = 0;
    if (in.integer("collisionCount", collisions)) status.collision_count = collisions;
    in.list("conditions", status.conditions,
            [&](const Cursor& at) { return read_condition(in.reading(), at); });
    in.finish({});
  });
}

void read_replica_set(ObjectReader& root, ReplicaSet& set) {
  root.require("spec", "a spec with selector and template");
  root.object("spec", "ReplicaSetSpec", [&](ObjectReader& in) {
    in.integer("replicas", set.spec.replicas, 0);
    in.seconds("minReadySeconds", set.spec.min_ready, 0);
    read_selected_template(in, set.spec.selector, set.spec.pod_template);
    in.finish({});
  });
  if (root.manifest()) return root.pass_over({"status"});
  root.object("status", "ReplicaSetStatus", [&](ObjectReader& in) {
    in.integer("observedGeneration", set.status.observed_generation);
    in.integer("replicas", set.status.replicas);
    in.integer("fullyLabeledReplicas", set.status.fully_labeled_replicas);
    in.integer("readyReplicas", set.status.ready_replicas);
    in.integer("availableReplicas", set.status.available_replicas);
    in.list("conditions", set.status.conditions,
            [&](const Cursor& at) { return read_condition(in.reading(), at); });
    in.finish({});
  });
}

Taint read_taint(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "Taint"};
  Taint taint;
  in.require("key", "the key of the taint");
  in.require("effect", "NoSchedule, PreferNoSchedule or NoExecute");
  in.text("key", taint.key);
  in.text("value", taint.value);
  in.text("effect", taint.effect);
  if (!in.manifest()) {
    in.instant("timeAdded", taint.time_added);
    in.finish({});
    return taint;
  }
  in.pass_over({"timeAdded"});
  in.finish({});
  const std::optional<Cursor> effect = in.field("effect");
  if (effect && !taint.effect.empty() && taint.effect != "NoSchedule" &&
      taint.effect != "PreferNoSchedule" && taint.effect != "NoExecute") {
    reading.wrong(*effect, "NoSchedule, PreferNoSchedule or NoExecute");
  }
  return taint;
}

void read_node_resources(ObjectReader& in, NodeResources& resources) {
  const auto read = [&](const char* name, std::int64_t& amount, auto parse) {
    std::optional<std::int64_t> value;
    read_quantity(in, name, value, parse);
    if (value) amount = *value;
  };
  read("cpu", resources.cpu_milli, parse_milli);
  read("memory", resources.memory_bytes, parse_amount);
  read("pods", resources.pods, parse_amount);
  read_extended(in, resources.extended);
  finish_resources(in);
}

void read_node_status(ObjectReader& in, NodeStatus& status) {
  in.object("capacity", "capacity",
            [&](ObjectReader& capacity) { read_node_resources(capacity, status.capacity); });
  if (in.manifest()) status.allocatable = status.capacity;
  in.object("allocatable", "allocatable", [&](ObjectReader& allocatable) {
    read_node_resources(allocatable, status.allocatable);
  });
  // The rest of a manifest's status was observed in another cluster.
  if (in.manifest()) return;
  in.list("conditions", status.conditions,
          [&](const Cursor& at) { return read_condition(in.reading(), at); });
  in.text("address", status.address);
  in.list("images", status.images, [&](const Cursor& at) {
    ObjectReader image{in.reading(), at, "ContainerImage"};
    NodeImage read;
    std::vector<std::string> names;
    image.texts("names", names);
    if (!names.empty()) read.name = names.front();
    image.integer("sizeBytes", read.bytes);
    image.finish({});
    return read;
  });
  in.texts("volumesInUse", status.volumes_in_use);
  in.finish({});
}

void read_node(ObjectReader& root, Node& node) {
  root.object("spec", "NodeSpec", [&](ObjectReader& in) {
    in.flag("unschedulable", node.spec.unschedulable);
    in.list("taints", node.spec.taints,
            [&](const Cursor& at) { return read_taint(in.reading(), at); });
    in.finish({"configSource", "externalID", "podCIDR", "podCIDRs", "providerID"});
  });
  root.object("status", "NodeStatus", [&](ObjectReader& in) { read_node_status(in, node.status); });
}

ServicePort read_service_port(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "ServicePort"};
  ServicePort port;
  in.require("port", "a port number");
  in.text("name", port.name);
  in.integer("port", port.port, 1, 65535);
  if (in.manifest()) port.target_port = port.port;
  in.port("targetPort", port.target_port);
  in.text("protocol", port.protocol);
  in.finish({"appProtocol", "nodePort"});
  if (!in.manifest()) return port;
  if (port.protocol != "TCP" && port.protocol != "UDP" && port.protocol != "SCTP") {
    reading.wrong(*in.field("protocol"), "TCP, UDP or SCTP");
  }
  if (!port.name.empty() && !is_dns_label(port.name)) {
    reading.wrong(*in.field("name"), "a name of at most 63 of a-z 0-9 -");
  }
  return port;
}

void check_service_ports(ObjectReader& in, const ServiceSpec& spec) {
  if (!spec.headless && spec.type != "ExternalName") in.require("ports", "at least one port");
  std::set<std::string> names;
  std::set<std::pair<std::string, std::int32_t>> numbers;
  for (std::size_t i = 0; i < spec.ports.size(); ++i) {
    const ServicePort& port = spec.ports[i];
    const Cursor list = *in.field("ports");
    const Cursor at{list.value->items[i].get(), &list, {}, i, true};
    if (port.name.empty() && spec.ports.size() > 1) {
      in.reading().problem(at, "a name for each of several ports", "no field \"name\"");
    } else if (!names.insert(port.name).second) {
      in.reading().problem(at, "port names that differ", "a second \"" + port.name + "\"");
    }
    if (!numbers.emplace(port.protocol, port.port).second) {
      in.reading().problem(at, "ports that differ in number or protocol",
                           "a second " + port.protocol + " " + std::to_string(port.port));
    }
  }
}

/// Source: core/v1 DefaultClientIPServiceAffinitySeconds, MaxClientIPServiceAffinitySeconds.
void read_session_affinity(ObjectReader& in, ServiceSpec& spec) {
  enum class Affinity : std::uint8_t { None, ClientIP };
  Affinity affinity = Affinity::None;
  in.choice("sessionAffinity", affinity, Names<2>{"None", "ClientIP"});
  Duration timeout = Duration::seconds(10800);
  const bool configured =
      in.object("sessionAffinityConfig", "SessionAffinityConfig", [&](ObjectReader& config) {
        config.object("clientIP", "ClientIPConfig", [&](ObjectReader& client) {
          client.seconds("timeoutSeconds", timeout, 1);
          client.finish({});
          if (client.manifest() && timeout > Duration::seconds(86400)) {
            client.reading().wrong(*client.field("timeoutSeconds"), "at most 86400 seconds");
          }
        });
        config.finish({});
      });
  if (affinity == Affinity::ClientIP) spec.session_affinity = timeout;
  if (in.manifest() && configured && affinity == Affinity::None) {
    in.reading().problem(*in.field("sessionAffinityConfig"),
                         "sessionAffinity: ClientIP beside sessionAffinityConfig", "None");
  }
}

void read_service_spec(ObjectReader& in, ServiceSpec& spec) {
  read_labels(in, "selector", spec.selector);
  in.list("ports", spec.ports,
          [&](const Cursor& at) { return read_service_port(in.reading(), at); });
  in.text("type", spec.type);
  std::string cluster_ip;
  in.text("clusterIP", cluster_ip);
  spec.headless = cluster_ip == "None";
  in.flag("publishNotReadyAddresses", spec.publish_not_ready_addresses);
  enum class Policy : std::uint8_t { Cluster, Local };
  Policy internal = Policy::Cluster;
  in.choice("internalTrafficPolicy", internal, Names<2>{"Cluster", "Local"});
  spec.internal_local = internal == Policy::Local;
  Policy external = Policy::Cluster;
  in.choice("externalTrafficPolicy", external, Names<2>{"Cluster", "Local"});
  spec.external_local = external == Policy::Local;
  read_session_affinity(in, spec);
  std::string distribution;
  in.text("trafficDistribution", distribution);
  // PreferSameZone is the later name of the same.
  spec.prefers_own_zone = distribution == "PreferClose" || distribution == "PreferSameZone";
  if (in.manifest() && !distribution.empty() && !spec.prefers_own_zone) {
    in.reading().wrong(*in.field("trafficDistribution"), "PreferClose or PreferSameZone");
  }
  if (in.manifest()) {
    const std::optional<Cursor> type = in.field("type");
    if (type && spec.type != "ClusterIP" && spec.type != "NodePort" &&
        spec.type != "LoadBalancer" && spec.type != "ExternalName") {
      in.reading().wrong(*type, "ClusterIP, NodePort, LoadBalancer or ExternalName");
    }
    const std::optional<Cursor> policy = in.field("externalTrafficPolicy");
    if (policy && spec.type != "NodePort" && spec.type != "LoadBalancer") {
      in.reading().problem(*policy, "externalTrafficPolicy only with type NodePort or LoadBalancer",
                           "type " + spec.type);
    }
    if (!cluster_ip.empty() && !spec.headless) {
      in.reading().not_modelled(*in.field("clusterIP"), "a fixed address in spec.clusterIP");
    }
    check_service_ports(in, spec);
  }
  in.finish({"allocateLoadBalancerNodePorts", "clusterIPs", "externalIPs", "externalName",
             "healthCheckNodePort", "ipFamilies", "ipFamilyPolicy", "loadBalancerClass",
             "loadBalancerIP", "loadBalancerSourceRanges"});
}

void read_service(ObjectReader& root, Service& service) {
  root.require("spec", "a spec with ports");
  root.object("spec", "ServiceSpec",
              [&](ObjectReader& in) { read_service_spec(in, service.spec); });
  if (root.manifest()) root.pass_over({"status"});
}

Endpoint read_endpoint(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "Endpoint"};
  Endpoint endpoint;
  // In the API an absent condition counts as true; stored, what is false is left out.
  endpoint.ready = in.manifest();
  in.require("addresses", "at least one address");
  std::vector<std::string> addresses;
  in.texts("addresses", addresses);
  if (!addresses.empty()) endpoint.address = addresses.front();
  if (in.manifest() && addresses.size() > 1) {
    reading.not_modelled(*in.field("addresses"), "addresses of an endpoint beyond the first");
  }
  bool has_serving = false;
  in.object("conditions", "EndpointConditions", [&](ObjectReader& conditions) {
    conditions.flag("ready", endpoint.ready);
    has_serving = conditions.flag("serving", endpoint.serving);
    conditions.flag("terminating", endpoint.terminating);
    conditions.finish({});
  });
  if (in.manifest() && !has_serving) endpoint.serving = endpoint.ready;
  in.text("nodeName", endpoint.node_name);
  in.object("targetRef", "ObjectReference", [&](ObjectReader& ref) {
    ref.text("name", endpoint.pod_name);
    ref.text("uid", endpoint.pod_uid);
    ref.pass_over({"kind", "namespace", "apiVersion", "resourceVersion", "fieldPath"});
    ref.finish({});
  });
  in.object("hints", "EndpointHints", [&](ObjectReader& hints) {
    hints.each("forZones", [&](const Cursor& element) {
      ObjectReader zone{reading, element, "ForZone"};
      zone.text("name", endpoint.for_zones.emplace_back());
      zone.finish({});
    });
    hints.finish({"forNodes"});
  });
  in.finish({"deprecatedTopology", "hostname", "zone"});
  return endpoint;
}

void read_endpoint_slice(ObjectReader& root, EndpointSlice& slice) {
  root.list("endpoints", slice.endpoints,
            [&](const Cursor& at) { return read_endpoint(root.reading(), at); });
  root.list("ports", slice.ports, [&](const Cursor& at) {
    ObjectReader in{root.reading(), at, "EndpointPort"};
    EndpointPort port;
    in.text("name", port.name);
    in.integer("port", port.port, 1, 65535);
    in.finish({"appProtocol", "protocol"});
    return port;
  });
}

void read_config_map(ObjectReader& root, ConfigMap& map) {
  root.flag("immutable", map.immutable);
  if (!root.labels("data", map.data) || !root.manifest()) return;
  check_config_size(root, "data", map.data);
  const Cursor data = *root.field("data");
  for (const Member& member : data.value->members) {
    const std::string& key = member.key;
    if (is_config_key(key)) continue;
    root.reading().problem({member.value.get(), &data, key, 0, false},
                           "a key of letters, digits, - _ .", "\"" + key + "\"");
  }
}

void read_lease(ObjectReader& root, Lease& lease) {
  root.object("spec", "LeaseSpec", [&](ObjectReader& in) {
    in.text("holderIdentity", lease.holder);
    in.seconds("leaseDurationSeconds", lease.duration, 1);
    if (!in.manifest()) in.instant("renewTime", lease.renew_time);
    in.finish({"acquireTime", "leaseTransitions", "preferredHolder", "renewTime", "strategy"});
  });
}

template <class T, class Read>
Object read_as(Kind kind, ObjectReader& root, Read read) {
  T object;
  read_meta(root, kind, object.meta);
  read(root, object);
  return object;
}

template <class T>
Object read_with_body(Kind kind, ObjectReader& root) {
  T object;
  read_meta(root, kind, object.meta);
  read_body(root, object);
  return object;
}

}  // namespace

bool read_lasting_template(ObjectReader& in, PodTemplate& pod_template) {
  in.object("template", "PodTemplateSpec",
            [&](ObjectReader& fields) { read_pod_template(fields, pod_template); });
  if (!in.manifest()) return true;
  if (!in.require("template", "a template of the pods")) return false;
  if (pod_template.spec.restart_policy != RestartPolicy::Always) {
    in.reading().problem(*in.field("template"), "restartPolicy Always",
                         name_of(pod_template.spec.restart_policy, kRestartPolicies),
                         "run pods that end as Pods of their own");
  }
  return true;
}

void check_selects_template(ObjectReader& in, const LabelSelector& selector,
                            const PodTemplate& pod_template) {
  if (selector.match_labels.empty() && selector.match_expressions.empty()) {
    in.reading().wrong(in.field_or_here("selector"), "a selector that names at least one label");
  } else if (!matches(selector, pod_template.labels)) {
    in.reading().problem(in.field_or_here("selector"),
                         "a selector that matches the template's labels", "one that does not",
                         "give spec.template.metadata.labels the selector's labels");
  }
}

void read_selected_template(ObjectReader& in, LabelSelector& selector, PodTemplate& pod_template) {
  in.object("selector", "LabelSelector",
            [&](ObjectReader& fields) { read_selector(fields, selector); });
  const bool has_selector = !in.manifest() || in.require("selector", "a selector of the pods");
  const bool has_template = read_lasting_template(in, pod_template);
  if (in.manifest() && has_selector && has_template) {
    check_selects_template(in, selector, pod_template);
  }
}

void read_count_or_percent(ObjectReader& in, const char* name, CountOrPercent& out) {
  const std::optional<Cursor> at = in.field(name);
  if (!at) return;
  const std::optional<CountOrPercent> read = parse_count_or_percent(*at->value);
  if (read && (read->value >= 0 || !in.manifest())) {
    out = *read;
  } else {
    in.reading().wrong(*at, "a count of at least 0, or a percentage such as \"25%\"");
  }
}

Object read_object(Kind kind, ObjectReader& root) {
  Object object;
  root.pass_over({"apiVersion", "kind"});
  switch (kind) {
    case Kind::Pod:
      object = read_as<Pod>(kind, root, read_pod);
      break;
    case Kind::Node:
      object = read_as<Node>(kind, root, read_node);
      break;
    case Kind::Deployment:
      object = read_as<Deployment>(kind, root, read_deployment);
      break;
    case Kind::ReplicaSet:
      object = read_as<ReplicaSet>(kind, root, read_replica_set);
      break;
    case Kind::Service:
      object = read_as<Service>(kind, root, read_service);
      break;
    case Kind::EndpointSlice:
      object = read_as<EndpointSlice>(kind, root, read_endpoint_slice);
      break;
    case Kind::ConfigMap:
      object = read_as<ConfigMap>(kind, root, read_config_map);
      break;
    case Kind::Lease:
      object = read_as<Lease>(kind, root, read_lease);
      break;
    case Kind::ReplicationController:
      object = read_with_body<ReplicationController>(kind, root);
      break;
    case Kind::StatefulSet:
      object = read_with_body<StatefulSet>(kind, root);
      break;
    case Kind::DaemonSet:
      object = read_with_body<DaemonSet>(kind, root);
      break;
    case Kind::ControllerRevision:
      object = read_with_body<ControllerRevision>(kind, root);
      break;
    case Kind::Job:
      object = read_with_body<Job>(kind, root);
      break;
    case Kind::CronJob:
      object = read_with_body<CronJob>(kind, root);
      break;
    case Kind::HorizontalPodAutoscaler:
      object = read_with_body<HorizontalPodAutoscaler>(kind, root);
      break;
    case Kind::PodDisruptionBudget:
      object = read_with_body<PodDisruptionBudget>(kind, root);
      break;
    case Kind::PersistentVolume:
      object = read_with_body<PersistentVolume>(kind, root);
      break;
    case Kind::PersistentVolumeClaim:
      object = read_with_body<PersistentVolumeClaim>(kind, root);
      break;
    case Kind::StorageClass:
      object = read_with_body<StorageClass>(kind, root);
      break;
    case Kind::VolumeAttachment:
      object = read_with_body<VolumeAttachment>(kind, root);
      break;
    case Kind::Secret:
      object = read_with_body<Secret>(kind, root);
      break;
    case Kind::Namespace:
      object = read_with_body<Namespace>(kind, root);
      break;
    case Kind::ResourceQuota:
      object = read_with_body<ResourceQuota>(kind, root);
      break;
    case Kind::LimitRange:
      object = read_with_body<LimitRange>(kind, root);
      break;
    case Kind::PriorityClass:
      object = read_with_body<PriorityClass>(kind, root);
      break;
    case Kind::PodMetrics:
      object = read_with_body<PodMetrics>(kind, root);
      break;
    case Kind::NetworkPolicy:
      object = read_with_body<NetworkPolicy>(kind, root);
      break;
    case Kind::Ingress:
      object = read_with_body<Ingress>(kind, root);
      break;
    case Kind::IngressClass:
      object = read_with_body<IngressClass>(kind, root);
      break;
  }
  switch (kind) {
    case Kind::EndpointSlice:
      root.finish({"addressType"});
      break;
    case Kind::ConfigMap:
      root.finish({"binaryData"});
      break;
    case Kind::StorageClass:
      root.finish({"allowedTopologies", "mountOptions", "parameters"});
      break;
    default:
      root.finish({});
  }
  return object;
}

}  // namespace orrery::api
