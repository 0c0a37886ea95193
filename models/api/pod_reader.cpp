#include <algorithm>
#include <set>
#include <string>

#include "models/api/enum_names.h"
#include "models/api/kind_readers.h"
#include "models/api/name_rules.h"
#include "models/api/pod_volumes.h"
#include "models/api/scheduling_codec.h"
#include "models/base/quantity.h"

namespace orrery::api {
namespace {

HttpGetAction read_http_get(ObjectReader& in) {
  HttpGetAction action;
  in.require("port", "a port to send the request to");
  in.port("port", action.port);
  in.text("path", action.path);
  in.text("host", action.host);
  if (in.manifest() && action.path.empty()) action.path = "/";
  enum class Scheme : std::uint8_t { Http, Https };
  Scheme scheme = Scheme::Http;
  in.choice("scheme", scheme, Names<2>{"HTTP", "HTTPS"});
  action.https = scheme == Scheme::Https;
  in.each("httpHeaders", [&](const Cursor& at) {
    ObjectReader header{in.reading(), at, "HTTPHeader"};
    header.require("name", "the name of a header");
    std::string name;
    std::string value;
    header.text("name", name);
    header.text("value", value);
    header.finish({});
    if (!action.headers.emplace(name, value).second) {
      in.reading().not_modelled(at, "a second HTTP header of the same name");
    }
  });
  in.finish({});
  return action;
}

ExecAction read_exec(ObjectReader& in) {
  ExecAction action;
  in.require("command", "a command to run");
  in.texts("command", action.command);
  in.finish({});
  return action;
}

TcpSocketAction read_tcp_socket(ObjectReader& in) {
  TcpSocketAction action;
  in.require("port", "a port to connect to");
  in.port("port", action.port);
  in.text("host", action.host);
  in.finish({});
  return action;
}

GrpcAction read_grpc(ObjectReader& in) {
  GrpcAction action;
  in.require("port", "a port number to call");
  in.integer("port", action.port, 1, 65535);
  in.text("service", action.service);
  in.finish({});
  return action;
}

SleepAction read_sleep(ObjectReader& in) {
  SleepAction action;
  in.require("seconds", "how many seconds to sleep");
  in.seconds("seconds", action.duration);
  in.finish({});
  return action;
}

/// Counts the actions of a probe or hook; there must be exactly one.
class OneOf {
 public:
  OneOf(ObjectReader& in, const char* expected) : in_{in}, expected_{expected} {}

  template <class Action, class Read>
  void offer(const char* name, Action& out, Read read) {
    in_.object(name, name, [&](ObjectReader& fields) {
      auto action = read(fields);
      if (++count_ == 1) out = std::move(action);
    });
  }
  void finish() const {
    if (count_ == 1) return;
    in_.reading().problem(in_.here(), expected_,
                          count_ == 0 ? "none" : std::to_string(count_) + " of them");
  }

 private:
  ObjectReader& in_;
  const char* expected_;
  int count_ = 0;
};

enum class ProbeRole : std::uint8_t { Startup, Readiness, Liveness };

void read_probe(ObjectReader& in, ProbeRole role, Probe& probe) {
  OneOf action{in, "exactly one of httpGet, exec, tcpSocket and grpc"};
  action.offer("httpGet", probe.action, read_http_get);
  action.offer("exec", probe.action, read_exec);
  action.offer("tcpSocket", probe.action, read_tcp_socket);
  action.offer("grpc", probe.action, read_grpc);
  action.finish();
  in.seconds("initialDelaySeconds", probe.initial_delay, 0);
  in.seconds("periodSeconds", probe.period, 1);
  in.seconds("timeoutSeconds", probe.timeout, 1);
  in.integer("successThreshold", probe.success_threshold, 1);
  in.integer("failureThreshold", probe.failure_threshold, 1);
  in.seconds("terminationGracePeriodSeconds", probe.termination_grace, 1);
  in.finish({});
  if (!in.manifest()) return;
  if (role != ProbeRole::Readiness && probe.success_threshold > 1) {
    in.reading().wrong(*in.field("successThreshold"), "1 for liveness and startup probes");
  }
  if (role == ProbeRole::Readiness && probe.termination_grace) {
    in.reading().wrong(*in.field("terminationGracePeriodSeconds"),
                       "no grace period: a readiness probe ends no container");
  }
}

void read_hook(ObjectReader& in, LifecycleAction& action) {
  OneOf hook{in, "exactly one of httpGet, exec and sleep"};
  hook.offer("httpGet", action, read_http_get);
  hook.offer("exec", action, read_exec);
  hook.offer("sleep", action, read_sleep);
  hook.finish();
  in.finish({"tcpSocket"});
}

ContainerPort read_port(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "ContainerPort"};
  ContainerPort port;
  in.require("containerPort", "a port number");
  in.text("name", port.name);
  in.integer("containerPort", port.container_port, 1, 65535);
  in.integer("hostPort", port.host_port, 0, 65535);
  enum class Protocol : std::uint8_t { Tcp, Udp, Sctp };
  if (in.manifest()) {
    static constexpr Names<3> kProtocols{"TCP", "UDP", "SCTP"};
    Protocol protocol = Protocol::Tcp;
    in.choice("protocol", protocol, kProtocols);
    port.protocol = name_of(protocol, kProtocols);
    if (!port.name.empty() && !is_port_name(port.name)) {
      reading.wrong(*in.field("name"), "a port name of at most 15 of a-z 0-9 - with a letter");
    }
  } else {
    in.text("protocol", port.protocol);
  }
  in.text("hostIP", port.host_ip);
  in.finish({});
  return port;
}

EnvVar read_env(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "EnvVar"};
  EnvVar env;
  in.text("name", env.name);
  in.text("value", env.value);
  in.object("valueFrom", "EnvVarSource", [&](ObjectReader& from) {
    read_env_reference(from, env);
    if (from.manifest() && !env.value.empty()) {
      reading.wrong(from.here(), "either value or valueFrom");
    }
    if (from.manifest() && from.here().value->members.size() != 1) {
      reading.problem(from.here(), "exactly one source of the value",
                      std::to_string(from.here().value->members.size()) + " of them");
    }
  });
  in.finish({});
  if (!in.manifest() || !in.require("name", "the name of a variable")) return env;
  const bool printable = std::all_of(env.name.begin(), env.name.end(),
                                     [](char c) { return c >= 0x20 && c <= 0x7e && c != '='; });
  if (!printable) reading.wrong(in.field_or_here("name"), "printable ASCII without =");
  return env;
}

void read_resources(ObjectReader& in, Container& container) {
  in.object("limits", "limits",
            [&](ObjectReader& limits) { read_resource_list(limits, container.limits); });
  in.object("requests", "requests",
            [&](ObjectReader& requests) { read_resource_list(requests, container.requests); });
  in.finish({"claims"});
  if (!in.manifest()) return;
  ResourceList& requests = container.requests;
  const ResourceList& limits = container.limits;
  const auto wrong = [&](const char* list_name, const std::string& name, std::string expected) {
    const Cursor list = *in.field(list_name);
    const Cursor at{find_member(*list.value, name)->value.get(), &list, name, 0, false};
    in.reading().wrong(at, std::move(expected));
  };
  const auto fill_and_check = [&](std::optional<std::int64_t>& request,
                                  const std::optional<std::int64_t>& limit, const char* name) {
    if (!request) request = limit;
    if (!limit || *request <= *limit) return;
    wrong("requests", name, std::string{"a request of "} + name + " within its limit");
  };
  fill_and_check(requests.cpu_milli, limits.cpu_milli, "cpu");
  fill_and_check(requests.memory_bytes, limits.memory_bytes, "memory");
  // Extended resources are not overcommitted: what is requested is the limit.
  for (const auto& [name, amount] : requests.extended) {
    const auto limit = limits.extended.find(name);
    if (limit != limits.extended.end() && limit->second == amount) continue;
    wrong("requests", name, "a limit of " + name + " that is the same");
  }
  for (const auto& [name, amount] : limits.extended) requests.extended.emplace(name, amount);
}

/// Always for the tag latest or none, IfNotPresent for any other tag or a digest.
PullPolicy default_pull_policy(const std::string& image) {
  if (image.find('@') != std::string::npos) return PullPolicy::IfNotPresent;
  // A colon before the last slash belongs to the registry's port.
  const std::size_t slash = image.rfind('/');
  const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
  const std::size_t colon = image.find(':', name);
  const bool latest = colon == std::string::npos || image.substr(colon + 1) == "latest";
  return latest ? PullPolicy::Always : PullPolicy::IfNotPresent;
}

void check_probe_port(ObjectReader& in, const char* probe_name, const std::optional<Probe>& probe,
                      const Container& container) {
  if (!probe) return;
  const PortReference* port = nullptr;
  const char* action = "httpGet";
  if (const auto* http = std::get_if<HttpGetAction>(&probe->action)) port = &http->port;
  if (const auto* tcp = std::get_if<TcpSocketAction>(&probe->action)) {
    port = &tcp->port;
    action = "tcpSocket";
  }
  if (port == nullptr || !std::holds_alternative<std::string>(*port)) return;
  PodSpec alone;
  alone.containers.push_back(container);
  if (resolve_port(alone, *port)) return;
  std::vector<const char*> names;
  for (const ContainerPort& candidate : container.ports) names.push_back(candidate.name.c_str());
  const auto meant = nearest(std::get<std::string>(*port), names);
  const Cursor probe_at = *in.field(probe_name);
  const Cursor action_at{find_member(*probe_at.value, action)->value.get(), &probe_at, action, 0,
                         false};
  const Cursor at{find_member(*action_at.value, "port")->value.get(), &action_at, "port", 0, false};
  in.reading().wrong(at, "the name of a port of this container",
                     meant ? "did you mean \"" + *meant + "\"?" : "");
}

void check_container(ObjectReader& in, const Container& container, bool is_init) {
  Reading& reading = in.reading();
  if (in.require("name", "a name of the container") && !is_dns_label(container.name)) {
    reading.wrong(in.field_or_here("name"), "a name of at most 63 of a-z 0-9 -");
  }
  if (in.require("image", "an image") &&
      container.image.find_first_of(" \t\r\n") != std::string::npos) {
    reading.wrong(in.field_or_here("image"), "an image without blanks");
  }
  if (is_init && !container.sidecar) {
    for (const char* name : {"startupProbe", "readinessProbe", "livenessProbe", "lifecycle"}) {
      if (const auto at = in.field(name)) {
        reading.problem(*at, std::string{"no "} + name + " on an init container", "one");
      }
    }
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < container.ports.size(); ++i) {
    const std::string& name = container.ports[i].name;
    if (name.empty() || names.insert(name).second) continue;
    const Cursor list = *in.field("ports");
    const Cursor at{list.value->items[i].get(), &list, {}, i, true};
    reading.problem(at, "port names that differ", "a second \"" + name + "\"");
  }
  check_probe_port(in, "startupProbe", container.startup, container);
  check_probe_port(in, "readinessProbe", container.readiness, container);
  check_probe_port(in, "livenessProbe", container.liveness, container);
}

Container read_container(Reading& reading, const Cursor& at, bool is_init) {
  ObjectReader in{reading, at, "Container"};
  Container container;
  in.text("name", container.name);
  in.text("image", container.image);
  if (in.manifest()) container.pull_policy = default_pull_policy(container.image);
  in.choice("imagePullPolicy", container.pull_policy, kPullPolicies);
  in.texts("command", container.command);
  in.texts("args", container.args);
  in.list("envFrom", container.env_from,
          [&](const Cursor& source) { return read_env_source(reading, source); });
  in.list("env", container.env, [&](const Cursor& env) { return read_env(reading, env); });
  in.list("volumeMounts", container.volume_mounts,
          [&](const Cursor& mount) { return read_volume_mount(reading, mount); });
  in.list("ports", container.ports, [&](const Cursor& port) { return read_port(reading, port); });
  in.object("resources", "ResourceRequirements",
            [&](ObjectReader& resources) { read_resources(resources, container); });
  const auto probe = [&](const char* name, ProbeRole role, std::optional<Probe>& out) {
    in.object(name, "Probe",
              [&](ObjectReader& fields) { read_probe(fields, role, out.emplace()); });
  };
  probe("startupProbe", ProbeRole::Startup, container.startup);
  probe("readinessProbe", ProbeRole::Readiness, container.readiness);
  probe("livenessProbe", ProbeRole::Liveness, container.liveness);
  in.object("lifecycle", "Lifecycle", [&](ObjectReader& lifecycle) {
    lifecycle.object("postStart", "LifecycleHandler",
                     [&](ObjectReader& hook) { read_hook(hook, container.post_start.emplace()); });
    lifecycle.object("preStop", "LifecycleHandler",
                     [&](ObjectReader& hook) { read_hook(hook, container.pre_stop.emplace()); });
    lifecycle.finish({"stopSignal"});
  });
  // Of a container's own restart policies only the sidecar's is one of all versions.
  if (const auto restart = in.field("restartPolicy"); restart && is_init) {
    container.sidecar = restart->value->text == "Always";
    if (!container.sidecar) reading.wrong(*restart, "Always, which makes it a sidecar");
  } else if (restart) {
    reading.not_modelled(*restart, "field " + field_path(*restart));
  }
  if (in.manifest()) check_container(in, container, is_init);
  in.finish({"resizePolicy", "restartPolicyRules", "securityContext", "stdin", "stdinOnce",
             "terminationMessagePath", "terminationMessagePolicy", "tty", "volumeDevices",
             "workingDir"});
  return container;
}

Toleration read_toleration(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "Toleration"};
  Toleration toleration;
  in.text("key", toleration.key);
  enum class Operator : std::uint8_t { Equal, Exists };
  Operator op = Operator::Equal;
  in.choice("operator", op, Names<2>{"Equal", "Exists"});
  toleration.exists = op == Operator::Exists;
  in.text("value", toleration.value);
  in.text("effect", toleration.effect);
  in.seconds("tolerationSeconds", toleration.seconds, std::numeric_limits<std::int32_t>::min());
  in.finish({});
  if (!in.manifest()) return toleration;
  if (toleration.key.empty() && !toleration.exists) {
    reading.problem(at, "a key, or operator Exists to tolerate every taint", "neither");
  }
  if (toleration.exists && !toleration.value.empty()) {
    reading.wrong(*in.field("value"), "no value with operator Exists");
  }
  const std::string& effect = toleration.effect;
  if (!effect.empty() && effect != "NoSchedule" && effect != "PreferNoSchedule" &&
      effect != "NoExecute") {
    reading.wrong(*in.field("effect"), "NoSchedule, PreferNoSchedule or NoExecute");
  }
  if (toleration.seconds && effect != "NoExecute") {
    reading.wrong(*in.field("tolerationSeconds"), "no seconds unless the effect is NoExecute");
  }
  return toleration;
}

void check_container_names(ObjectReader& in, const PodSpec& spec) {
  std::set<std::string> names;
  const auto check = [&](const char* field, const std::vector<Container>& containers) {
    for (std::size_t i = 0; i < containers.size(); ++i) {
      const std::string& name = containers[i].name;
      if (name.empty() || names.insert(name).second) continue;
      const Cursor list = *in.field(field);
      const Cursor at{list.value->items[i].get(), &list, {}, i, true};
      in.reading().problem(at, "container names that differ", "a second \"" + name + "\"");
    }
  };
  check("initContainers", spec.init_containers);
  check("containers", spec.containers);
}

void read_pod_spec(ObjectReader& in, PodSpec& spec) {
  in.text("nodeName", spec.node_name);
  in.list("initContainers", spec.init_containers,
          [&](const Cursor& at) { return read_container(in.reading(), at, true); });
  in.list("containers", spec.containers,
          [&](const Cursor& at) { return read_container(in.reading(), at, false); });
  in.choice("restartPolicy", spec.restart_policy, kRestartPolicies);
  in.seconds("terminationGracePeriodSeconds", spec.termination_grace, 0);
  read_labels(in, "nodeSelector", spec.node_selector);
  in.list("tolerations", spec.tolerations,
          [&](const Cursor& at) { return read_toleration(in.reading(), at); });
  if (!in.manifest()) {  // Part of the identity that a StatefulSet gives its pods.
    in.text("hostname", spec.hostname);
    in.text("subdomain", spec.subdomain);
  }
  in.seconds("activeDeadlineSeconds", spec.active_deadline, 1);
  in.flag("hostNetwork", spec.host_network);
  in.list("readinessGates", spec.readiness_gates, [&](const Cursor& at) {
    ObjectReader gate{in.reading(), at, "PodReadinessGate"};
    std::string type;
    gate.require("conditionType", "the type of a condition");
    gate.text("conditionType", type);
    gate.finish({});
    return type;
  });
  in.list("volumes", spec.volumes, [&](const Cursor& at) { return read_volume(in.reading(), at); });
  read_scheduling(in, spec);
  if (in.manifest()) {
    in.require("containers", "at least one container");
    if (spec.host_network) {  // On the node's network every port is the node's.
      for (auto* containers : {&spec.containers, &spec.init_containers}) {
        for (Container& container : *containers) {
          for (ContainerPort& port : container.ports) port.host_port = port.container_port;
        }
      }
    }
    check_container_names(in, spec);
    check_volumes(in, spec);
  }
  in.finish({"automountServiceAccountToken",
             "dnsConfig",
             "dnsPolicy",
             "enableServiceLinks",
             "ephemeralContainers",
             "hostAliases",
             "hostIPC",
             "hostPID",
             "hostUsers",
             "hostname",
             "hostnameOverride",
             "imagePullSecrets",
             "os",
             "resourceClaims",
             "resources",
             "runtimeClassName",
             "securityContext",
             "serviceAccount",
             "serviceAccountName",
             "setHostnameAsFQDN",
             "shareProcessNamespace",
             "subdomain"});
}

/// state: {waiting | running | terminated: {...}}
void read_state(ObjectReader& in, ContainerStatus& status) {
  for (std::size_t i = 0; i < kContainerStates.size(); ++i) {
    in.object(kContainerStates[i], "ContainerState", [&](ObjectReader& state) {
      status.phase = static_cast<ContainerPhase>(i);
      state.text("reason", status.reason);
      state.integer("exitCode", status.exit_code);
      state.instant("startedAt", status.started_at);
      state.instant("finishedAt", status.finished_at);
      state.finish({});
    });
  }
  in.finish({});
}

ContainerStatus read_container_status(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "ContainerStatus"};
  ContainerStatus status;
  in.text("name", status.name);
  in.object("state", "ContainerState", [&](ObjectReader& state) { read_state(state, status); });
  in.object("lastState", "ContainerState", [&](ObjectReader& last) {
    last.object("terminated", "ContainerState", [&](ObjectReader& state) {
      state.integer("exitCode", status.last_exit_code);
      state.instant("finishedAt", status.last_finished_at);
      state.text("reason", status.last_reason);
      state.finish({});
    });
    last.finish({});
  });
  in.flag("ready", status.ready);
  in.flag("started", status.started);
  in.integer("restartCount", status.restart_count);
  in.text("image", status.image);
  in.text("containerID", status.container_id);
  in.finish({});
  return status;
}

void read_pod_status(ObjectReader& in, PodStatus& status) {
  const auto container_status = [&](const Cursor& at) {
    return read_container_status(in.reading(), at);
  };
  in.choice("phase", status.phase, kPodPhases);
  in.list("conditions", status.conditions,
          [&](const Cursor& at) { return read_condition(in.reading(), at); });
  in.text("reason", status.reason);
  in.text("message", status.message);
  in.text("podIP", status.pod_ip);
  in.text("hostIP", status.host_ip);
  in.text("nominatedNodeName", status.nominated_node_name);
  in.instant("startTime", status.start_time);
  in.list("initContainerStatuses", status.init_container_statuses, container_status);
  in.list("containerStatuses", status.container_statuses, container_status);
  in.list("configs", status.configs, [&](const Cursor& at) {
    ObjectReader config{in.reading(), at, "ConfigInUse"};
    ConfigInUse use;
    config.text("source", use.source);
    config.text("where", use.where);
    std::int64_t version = 0;
    config.integer("resourceVersion", version);
    use.resource_version = static_cast<std::uint64_t>(version);
    config.finish({});
    return use;
  });
  in.finish({});
}

}  // namespace

void read_resource_list(ObjectReader& in, ResourceList& list) {
  read_quantity(in, "cpu", list.cpu_milli, parse_milli);
  read_quantity(in, "memory", list.memory_bytes, parse_amount);
  read_extended(in, list.extended);
  finish_resources(in);
}

void read_pod_template(ObjectReader& in, PodTemplate& pod_template) {
  in.object("metadata", "metadata", [&](ObjectReader& meta) {
    read_labels(meta, "labels", pod_template.labels);
    read_annotations(meta, "annotations", pod_template.annotations);
    if (meta.manifest()) meta.pass_over({"creationTimestamp"});
    meta.finish({"name", "generateName", "namespace", "finalizers", "ownerReferences"});
  });
  in.require("spec", "a pod spec");
  in.object("spec", "PodSpec", [&](ObjectReader& spec) { read_pod_spec(spec, pod_template.spec); });
  in.finish({});
}

void read_pod(ObjectReader& root, Pod& pod) {
  root.require("spec", "a pod spec");
  root.object("spec", "PodSpec", [&](ObjectReader& spec) { read_pod_spec(spec, pod.spec); });
  if (root.manifest()) {
    root.pass_over({"status"});
  } else {
    root.object("status", "PodStatus",
                [&](ObjectReader& status) { read_pod_status(status, pod.status); });
  }
}

}  // namespace orrery::api
