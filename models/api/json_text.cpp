#include <string>
#include <utility>

#include "models/api/enum_names.h"
#include "models/api/json_writer.h"
#include "models/api/kind_readers.h"
#include "models/api/manifest_kinds.h"
#include "models/base/quantity.h"

namespace orrery::api {
namespace {

using Writer = JsonWriter;

void write_labels(Writer& out, const char* name, const Labels& labels) {
  if (labels.empty()) return;
  out.begin_object(name);
  // An empty text differs from a missing label, so nothing is left out.
  for (const auto& [key, value] : labels) out.text_in_full(key, value);
  out.end_object();
}

void write_texts(Writer& out, const char* name, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  out.begin_list(name);
  for (const std::string& text : texts) out.element(text);
  out.end_list();
}

template <class T, class Write>
void write_list(Writer& out, const char* name, const std::vector<T>& elements, Write write) {
  if (elements.empty()) return;
  out.begin_list(name);
  for (const T& element : elements) {
    out.begin_object();
    write(out, element);
    out.end_object();
  }
  out.end_list();
}

void write_port(Writer& out, const char* name, const PortReference& port) {
  if (const auto* number = std::get_if<std::int32_t>(&port)) {
    out.number_in_full(name, *number);
  } else {
    out.text_in_full(name, std::get<std::string>(port));
  }
}

void write_owner(Writer& out, const OwnerReference& owner) {
  out.text("kind", to_string(owner.kind));
  out.text("name", owner.name);
  out.text("uid", owner.uid);
  out.flag("controller", owner.controller, true);
}

void write_meta(Writer& out, const ObjectMeta& meta) {
  out.begin_object("metadata");
  out.text("name", meta.name);
  out.text("generateName", meta.generate_name);
  out.text("namespace", meta.namespace_name);
  out.text("uid", meta.uid);
  if (meta.resource_version != 0) {
    out.text("resourceVersion", std::to_string(meta.resource_version));
  }
  out.number("generation", meta.generation);
  write_labels(out, "labels", meta.labels);
  write_labels(out, "annotations", meta.annotations);
  out.instant("creationTimestamp", meta.creation);
  if (meta.deletion) out.instant_in_full("deletionTimestamp", *meta.deletion);
  if (meta.deletion_grace) out.seconds_in_full("deletionGracePeriodSeconds", *meta.deletion_grace);
  write_list(out, "ownerReferences", meta.owners, write_owner);
  write_texts(out, "finalizers", meta.finalizers);
  out.end_object();
}

void write_selector(Writer& out, const LabelSelector& selector) {
  out.begin_object("selector");
  write_labels(out, "matchLabels", selector.match_labels);
  write_list(out, "matchExpressions", selector.match_expressions,
             [](Writer& o, const SelectorRequirement& requirement) {
               o.text("key", requirement.key);
               o.text("operator", name_of(requirement.op, kSelectorOperators));
               write_texts(o, "values", requirement.values);
             });
  out.end_object();
}

void write_condition(Writer& out, const Condition& condition) {
  out.text("type", condition.type);
  out.text("status", name_of(condition.status, kConditionStatuses));
  out.text("reason", condition.reason);
  out.text("message", condition.message);
  out.instant("lastTransitionTime", condition.last_transition);
  out.instant("lastUpdateTime", condition.last_update);
}

struct ActionWriter {
  Writer& out;

  void operator()(const HttpGetAction& action) const {
    out.begin_object("httpGet");
    out.text("path", action.path, "/");
    write_port(out, "port", action.port);
    out.text("host", action.host);
    if (action.https) out.text("scheme", "HTTPS");
    if (!action.headers.empty()) {
      out.begin_list("httpHeaders");
      for (const auto& [name, value] : action.headers) {
        out.begin_object();
        out.text("name", name);
        out.text("value", value);
        out.end_object();
      }
      out.end_list();
    }
    out.end_object();
  }
  void operator()(const ExecAction& action) const {
    out.begin_object("exec");
    write_texts(out, "command", action.command);
    out.end_object();
  }
  void operator()(const TcpSocketAction& action) const {
    out.begin_object("tcpSocket");
    write_port(out, "port", action.port);
    out.text("host", action.host);
    out.end_object();
  }
  void operator()(const GrpcAction& action) const {
    out.begin_object("grpc");
    out.number("port", action.port);
    out.text("service", action.service);
    out.end_object();
  }
  void operator()(const SleepAction& action) const {
    out.begin_object("sleep");
    out.seconds("seconds", action.duration);
    out.end_object();
  }
};

void write_probe(Writer& out, const char* name, const std::optional<Probe>& probe) {
  if (!probe) return;
  const Probe defaults;
  out.begin_object(name);
  std::visit(ActionWriter{out}, probe->action);
  out.seconds("initialDelaySeconds", probe->initial_delay, defaults.initial_delay);
  out.seconds("periodSeconds", probe->period, defaults.period);
  out.seconds("timeoutSeconds", probe->timeout, defaults.timeout);
  out.number("successThreshold", probe->success_threshold, defaults.success_threshold);
  out.number("failureThreshold", probe->failure_threshold, defaults.failure_threshold);
  if (probe->termination_grace) {
    out.seconds_in_full("terminationGracePeriodSeconds", *probe->termination_grace);
  }
  out.end_object();
}

void write_hook(Writer& out, const char* name, const std::optional<LifecycleAction>& hook) {
  if (!hook) return;
  out.begin_object(name);
  std::visit(ActionWriter{out}, *hook);
  out.end_object();
}

void write_resource_list(Writer& out, const char* name, const ResourceList& list) {
  if (list == ResourceList{}) return;
  out.begin_object(name);
  if (list.cpu_milli) out.text("cpu", milli_text(*list.cpu_milli));
  if (list.memory_bytes) out.text("memory", amount_text(*list.memory_bytes));
  out.end_object();
}

void write_env(Writer& out, const EnvVar& env) {
  out.text("name", env.name);
  out.text("value", env.value);
  if (env.config_map.empty() && env.config_map_key.empty()) return;
  out.begin_object("valueFrom");
  out.begin_object("configMapKeyRef");
  out.text("name", env.config_map);
  out.text("key", env.config_map_key);
  out.end_object();
  out.end_object();
}

void write_container(Writer& out, const Container& container) {
  out.text("name", container.name);
  out.text("image", container.image);
  if (container.pull_policy != PullPolicy::IfNotPresent) {
    out.text("imagePullPolicy", name_of(container.pull_policy, kPullPolicies));
  }
  write_texts(out, "command", container.command);
  write_texts(out, "args", container.args);
  write_list(out, "env", container.env, write_env);
  write_list(out, "ports", container.ports, [](Writer& o, const ContainerPort& port) {
    o.text("name", port.name);
    o.number("containerPort", port.container_port);
    o.number("hostPort", port.host_port);
    o.text("protocol", port.protocol, "TCP");
  });
  if (container.requests != ResourceList{} || container.limits != ResourceList{}) {
    out.begin_object("resources");
    write_resource_list(out, "requests", container.requests);
    write_resource_list(out, "limits", container.limits);
    out.end_object();
  }
  write_probe(out, "startupProbe", container.startup);
  write_probe(out, "readinessProbe", container.readiness);
  write_probe(out, "livenessProbe", container.liveness);
  if (!container.post_start && !container.pre_stop) return;
  out.begin_object("lifecycle");
  write_hook(out, "postStart", container.post_start);
  write_hook(out, "preStop", container.pre_stop);
  out.end_object();
}

void write_toleration(Writer& out, const Toleration& toleration) {
  out.text("key", toleration.key);
  if (toleration.exists) out.text("operator", "Exists");
  out.text("value", toleration.value);
  out.text("effect", toleration.effect);
  if (toleration.seconds) out.seconds_in_full("tolerationSeconds", *toleration.seconds);
}

void write_pod_spec(Writer& out, const PodSpec& spec) {
  out.begin_object("spec");
  out.text("nodeName", spec.node_name);
  write_list(out, "initContainers", spec.init_containers, write_container);
  write_list(out, "containers", spec.containers, write_container);
  if (spec.restart_policy != RestartPolicy::Always) {
    out.text("restartPolicy", name_of(spec.restart_policy, kRestartPolicies));
  }
  out.seconds("terminationGracePeriodSeconds", spec.termination_grace, PodSpec{}.termination_grace);
  write_labels(out, "nodeSelector", spec.node_selector);
  write_list(out, "tolerations", spec.tolerations, write_toleration);
  out.text("priorityClassName", spec.priority_class_name);
  out.end_object();
}

void write_pod_template(Writer& out, const PodTemplate& pod_template) {
  out.begin_object("template");
  out.begin_object("metadata");
  write_labels(out, "labels", pod_template.labels);
  write_labels(out, "annotations", pod_template.annotations);
  out.end_object();
  write_pod_spec(out, pod_template.spec);
  out.end_object();
}

void write_container_status(Writer& out, const ContainerStatus& status) {
  out.text("name", status.name);
  out.begin_object("state");
  out.begin_object(name_of(status.phase, kContainerStates));
  out.text("reason", status.reason);
  out.number("exitCode", status.exit_code);
  out.instant("startedAt", status.started_at);
  out.instant("finishedAt", status.finished_at);
  out.end_object();
  out.end_object();
  if (status.last_exit_code != 0 || status.last_finished_at != Instant{} ||
      !status.last_reason.empty()) {
    out.begin_object("lastState");
    out.begin_object("terminated");
    out.number("exitCode", status.last_exit_code);
    out.instant("finishedAt", status.last_finished_at);
    out.text("reason", status.last_reason);
    out.end_object();
    out.end_object();
  }
  out.flag("ready", status.ready);
  out.number("restartCount", status.restart_count);
  out.text("image", status.image);
  out.text("containerID", status.container_id);
}

void write_count_or_percent(Writer& out, const char* name, const CountOrPercent& amount) {
  if (amount.percent) {
    out.text(name, std::to_string(amount.value) + "%");
  } else {
    out.number_in_full(name, amount.value);
  }
}

void write_deployment_spec(Writer& out, const DeploymentSpec& spec) {
  const DeploymentSpec defaults;
  out.begin_object("spec");
  out.number_in_full("replicas", spec.replicas);
  write_selector(out, spec.selector);
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
    if (status.start_time) out.instant_in_full("startTime", *status.start_time);
    write_list(out, "initContainerStatuses", status.init_container_statuses,
               write_container_status);
    write_list(out, "containerStatuses", status.container_statuses, write_container_status);
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
    write_selector(out, set.spec.selector);
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

  void operator()(const ConfigMap& map) const { write_labels(out, "data", map.data); }

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
