#include "models/api/part_writers.h"

#include <optional>
#include <string>
#include <variant>

#include "models/api/enum_names.h"
#include "models/api/pod_volumes.h"
#include "models/api/scheduling_codec.h"
#include "models/base/quantity.h"

namespace orrery::api {
namespace {

using Writer = JsonWriter;

void write_owner(Writer& out, const OwnerReference& owner) {
  out.text("kind", to_string(owner.kind));
  out.text("name", owner.name);
  out.text("uid", owner.uid);
  out.flag("controller", owner.controller, true);
  out.flag("blockOwnerDeletion", owner.block_deletion);
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

void write_container(Writer& out, const Container& container) {
  out.text("name", container.name);
  out.text("image", container.image);
  if (container.pull_policy != PullPolicy::IfNotPresent) {
    out.text("imagePullPolicy", name_of(container.pull_policy, kPullPolicies));
  }
  write_texts(out, "command", container.command);
  write_texts(out, "args", container.args);
  if (container.sidecar) out.text("restartPolicy", "Always");
  write_list(out, "envFrom", container.env_from, write_env_source);
  write_list(out, "env", container.env, write_env);
  write_list(out, "volumeMounts", container.volume_mounts, write_volume_mount);
  write_list(out, "ports", container.ports, [](Writer& o, const ContainerPort& port) {
    o.text("name", port.name);
    o.number("containerPort", port.container_port);
    o.number("hostPort", port.host_port);
    o.text("protocol", port.protocol, "TCP");
    o.text("hostIP", port.host_ip);
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

}  // namespace

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

void write_port(Writer& out, const char* name, const PortReference& port) {
  if (const auto* number = std::get_if<std::int32_t>(&port)) {
    out.number_in_full(name, *number);
  } else {
    out.text_in_full(name, std::get<std::string>(port));
  }
}

void write_selector(Writer& out, const char* name, const LabelSelector& selector) {
  out.begin_object(name);
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

void write_resource_list(Writer& out, const char* name, const ResourceList& list) {
  if (list == ResourceList{}) return;
  out.begin_object(name);
  if (list.cpu_milli) out.text("cpu", milli_text(*list.cpu_milli));
  if (list.memory_bytes) out.text("memory", amount_text(*list.memory_bytes));
  write_extended(out, list.extended);
  out.end_object();
}

void write_pod_spec(Writer& out, const PodSpec& spec) {
  out.begin_object("spec");
  out.text("nodeName", spec.node_name);
  write_list(out, "initContainers", spec.init_containers.view(), write_container);
  write_list(out, "containers", spec.containers.view(), write_container);
  if (spec.restart_policy != RestartPolicy::Always) {
    out.text("restartPolicy", name_of(spec.restart_policy, kRestartPolicies));
  }
  out.seconds("terminationGracePeriodSeconds", spec.termination_grace, PodSpec{}.termination_grace);
  write_labels(out, "nodeSelector", spec.node_selector);
  write_list(out, "tolerations", spec.tolerations.view(), write_toleration);
  out.text("hostname", spec.hostname);
  out.text("subdomain", spec.subdomain);
  if (spec.active_deadline) out.seconds_in_full("activeDeadlineSeconds", *spec.active_deadline);
  out.flag("hostNetwork", spec.host_network);
  write_list(out, "readinessGates", spec.readiness_gates,
             [](Writer& o, const std::string& type) { o.text("conditionType", type); });
  write_list(out, "volumes", spec.volumes.view(), write_volume);
  write_scheduling(out, spec);
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
  out.flag("started", status.started);
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

}  // namespace orrery::api
