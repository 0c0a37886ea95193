#include <string>
#include <utility>

#include "models/api/enum_names.h"
#include "models/api/json_writer.h"
#include "models/api/kind_readers.h"
#include "models/api/kind_writers.h"
#include "models/api/manifest_kinds.h"
#include "models/api/part_writers.h"
#include "models/api/scheduling_codec.h"
#include "models/base/quantity.h"

namespace orrery::api {
namespace {

using Writer = JsonWriter;

void write_deployment_spec(Writer& out, const DeploymentSpec& spec) {
  const DeploymentSpec defaults;
  out.begin_object("spec");
  out.number_in_full("replicas", spec.replicas);
  write_selector(out, "selector", spec.selector);
  write_pod_template(out, spec.pod_template);
  out.begin_object("strategy");
  if (spec.strategy.recreate) out.text("type", "Recreate");
  out.begin_object("rollingUpdate");
  write_count_or_percent(out, "maxSurge", spec.strategy.max_surge);
  write_count_or_percent(out, "maxUnavailable", spec.strategy.max_unavailable);
  out.end_object();
  out.end_object();
  out.seconds("minReadySeconds", spec.min_ready);
  out.number("revisionHistoryLimit", spec.revision_history_limit, defaults.revision_history_limit);
  if (spec.progress_deadline) {
    out.seconds("progressDeadlineSeconds", *spec.progress_deadline, *defaults.progress_deadline);
  } else {
    out.null("progressDeadlineSeconds");
  }
  out.flag("paused", spec.paused);
  out.end_object();
}

void write_node_resources(Writer& out, const char* name, const NodeResources& resources) {
  out.begin_object(name);
  out.text("cpu", milli_text(resources.cpu_milli));
  out.text("memory", amount_text(resources.memory_bytes));
  out.text("pods", std::to_string(resources.pods));
  write_extended(out, resources.extended);
  out.end_object();
}

struct BodyWriter {
  Writer& out;

  void operator()(const Pod& pod) const {
    write_pod_spec(out, pod.spec);
    const PodStatus& status = pod.status;
    out.begin_object("status");
    if (status.phase != PodPhase::Pending) out.text("phase", name_of(status.phase, kPodPhases));
    write_list(out, "conditions", status.conditions, write_condition);
    out.text("reason", status.reason);
    out.text("message", status.message);
    out.text("podIP", status.pod_ip);
    out.text("hostIP", status.host_ip);
    out.text("nominatedNodeName", status.nominated_node_name);
    if (status.start_time) out.instant_in_full("startTime", *status.start_time);
    write_list(out, "initContainerStatuses", status.init_container_statuses,
               write_container_status);
    write_list(out, "containerStatuses", status.container_statuses, write_container_status);
    write_list(out, "configs", status.configs, [](Writer& o, const ConfigInUse& use) {
      o.text("source", use.source);
      o.text("where", use.where);
      o.number("resourceVersion", static_cast<std::int64_t>(use.resource_version));
    });
    out.end_object();
  }

  void operator()(const Node& node) const {
    out.begin_object("spec");
    out.flag("unschedulable", node.spec.unschedulable);
    write_list(out, "taints", node.spec.taints, [](Writer& o, const Taint& taint) {
      o.text("key", taint.key);
      o.text("value", taint.value);
      o.text("effect", taint.effect);
      if (taint.time_added) o.instant_in_full("timeAdded", *taint.time_added);
    });
    out.end_object();
    out.begin_object("status");
    write_node_resources(out, "capacity", node.status.capacity);
    write_node_resources(out, "allocatable", node.status.allocatable);
    write_list(out, "conditions", node.status.conditions, write_condition);
    out.text("address", node.status.address);
    write_list(out, "images", node.status.images, [](Writer& o, const NodeImage& image) {
      write_texts(o, "names", {image.name});
      o.number("sizeBytes", image.bytes);
    });
    write_texts(out, "volumesInUse", node.status.volumes_in_use);
    out.end_object();
  }

  void operator()(const Deployment& deployment) const {
    write_deployment_spec(out, deployment.spec);
    const DeploymentStatus& status = deployment.status;
    out.begin_object("status");
    out.number("observedGeneration", status.observed_generation);
    out.number("replicas", status.replicas);
    out.number("updatedReplicas", status.updated_replicas);
    out.number("readyReplicas", status.ready_replicas);
    out.number("availableReplicas", status.available_replicas);
    out.number("unavailableReplicas", status.unavailable_replicas);
    if (status.collision_count) out.number_in_full("collisionCount", *status.collision_count);
    write_list(out, "conditions", status.conditions, write_condition);
    out.end_object();
  }

  void operator()(const ReplicaSet& set) const {
    out.begin_object("spec");
    out.number_in_full("replicas", set.spec.replicas);
    out.seconds("minReadySeconds", set.spec.min_ready);
    write_selector(out, "selector", set.spec.selector);
    write_pod_template(out, set.spec.pod_template);
    out.end_object();
    const ReplicaSetStatus& status = set.status;
    out.begin_object("status");
    out.number("observedGeneration", status.observed_generation);
    out.number("replicas", status.replicas);
    out.number("fullyLabeledReplicas", status.fully_labeled_replicas);
    out.number("readyReplicas", status.ready_replicas);
    out.number("availableReplicas", status.available_replicas);
    write_list(out, "conditions", status.conditions, write_condition);
    out.end_object();
  }

  void operator()(const Service& service) const {
    const ServiceSpec& spec = service.spec;
    out.begin_object("spec");
    write_labels(out, "selector", spec.selector);
    write_list(out, "ports", spec.ports, [](Writer& o, const ServicePort& port) {
      o.text("name", port.name);
      o.text("protocol", port.protocol, "TCP");
      o.number("port", port.port);
      write_port(o, "targetPort", port.target_port);
    });
    out.text("type", spec.type, "ClusterIP");
    if (spec.headless) out.text("clusterIP", "None");
    out.flag("publishNotReadyAddresses", spec.publish_not_ready_addresses);
    if (spec.internal_local) out.text("internalTrafficPolicy", "Local");
    if (spec.external_local) out.text("externalTrafficPolicy", "Local");
    if (spec.prefers_own_zone) out.text("trafficDistribution", "PreferClose");
    if (spec.session_affinity) {
      out.text("sessionAffinity", "ClientIP");
      out.begin_object("sessionAffinityConfig");
      out.begin_object("clientIP");
      out.seconds_in_full("timeoutSeconds", *spec.session_affinity);
      out.end_object();
      out.end_object();
    }
    out.end_object();
  }

  void operator()(const EndpointSlice& slice) const {
    write_list(out, "endpoints", slice.endpoints, [](Writer& o, const Endpoint& endpoint) {
      if (!endpoint.address.empty()) write_texts(o, "addresses", {endpoint.address});
      o.begin_object("conditions");
      o.flag("ready", endpoint.ready);
      o.flag("serving", endpoint.serving);
      o.flag("terminating", endpoint.terminating);
      o.end_object();
      o.text("nodeName", endpoint.node_name);
      if (!endpoint.for_zones.empty()) {
        o.begin_object("hints");
        write_list(o, "forZones", endpoint.for_zones,
                   [](Writer& zone, const std::string& name) { zone.text("name", name); });
        o.end_object();
      }
      if (endpoint.pod_name.empty() && endpoint.pod_uid.empty()) return;
      o.begin_object("targetRef");
      o.text("kind", "Pod");
      o.text("name", endpoint.pod_name);
      o.text("uid", endpoint.pod_uid);
      o.end_object();
    });
    write_list(out, "ports", slice.ports, [](Writer& o, const EndpointPort& port) {
      o.text("name", port.name);
      o.number("port", port.port);
    });
  }

  /// The kinds with a codec file of their own.
  template <class T>
  void operator()(const T& object) const {
    write_body(out, object);
  }

  void operator()(const ConfigMap& map) const {
    write_labels(out, "data", map.data);
    out.flag("immutable", map.immutable);
  }

  void operator()(const Lease& lease) const {
    out.begin_object("spec");
    out.text("holderIdentity", lease.holder);
    out.seconds("leaseDurationSeconds", lease.duration, Lease{}.duration);
    out.instant("renewTime", lease.renew_time);
    out.end_object();
  }
};

}  // namespace

std::string to_json_text(const Object& object) {
  const Kind kind = kind_of(object);
  Writer out;
  out.begin_object();
  out.text("apiVersion", api_version_of(kind));
  out.text("kind", to_string(kind));
  write_meta(out, meta_of(object));
  std::visit(BodyWriter{out}, object);
  out.end_object();
  return out.take();
}

Result<Object> from_json_text(std::string_view text) {
  static const std::string kFile = "stored object";
  const auto unreadable = [](const Problem& problem) {
    return failure("cannot read a stored object: " + to_string(problem),
                   "it was written by another version of Orrery, or damaged");
  };
  const Documents documents = read_json_document(text, kFile);
  if (!documents.problems.empty()) return unreadable(documents.problems.front());
  const Cursor root_at{documents.roots.front().get(), nullptr, {}, 0, false};
  Reading reading{kFile, Reading::Source::Stored};
  ObjectReader root{reading, root_at, "object"};
  Kind kind = Kind::Pod;
  if (reading.problems.empty() && !root.choice("kind", kind, kKinds) && reading.problems.empty()) {
    reading.problem(root_at, "a kind", "none");
  }
  if (!reading.problems.empty()) return unreadable(reading.problems.front());
  Object object = read_object(kind, root);
  if (!reading.problems.empty()) return unreadable(reading.problems.front());
  if (!reading.not_modelled_here.empty()) {
    const NotModelled& unknown = reading.not_modelled_here.front();
    return unreadable({unknown.where, "a field Orrery writes", unknown.what, ""});
  }
  return object;
}

}  // namespace orrery::api
