#include "real-backend/cri/cri_requests.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "models/api/reading.h"
#include "models/base/contract.h"
#include "models/kubelet/qos.h"
#include "real-backend/cri/volume_folders.h"

namespace orrery::cri {

namespace {

using StringMap = google::protobuf::Map<std::string, std::string>;

void put_labels(StringMap& labels, const api::ObjectMeta& pod, const ContainerdNode& node) {
  for (const auto& [name, value] : selector_of(node)) labels[name] = value;
  labels[kPodNameLabel] = pod.name;
  labels[kPodNamespaceLabel] = pod.namespace_name;
  labels[kPodUidLabel] = pod.uid;
}

/// The pod's own network, or the node's; processes of its containers do not see each other.
runtime::v1::NamespaceOption namespaces_of(const api::PodSpec& spec) {
  runtime::v1::NamespaceOption namespaces;
  if (spec.host_network) namespaces.set_network(runtime::v1::NODE);
  namespaces.set_pid(runtime::v1::CONTAINER);
  return namespaces;
}

/// Of this machine, on which the runtime runs as well.
std::int64_t node_memory_bytes() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page_bytes = sysconf(_SC_PAGESIZE);
  constexpr std::int64_t kUnknown = std::int64_t{1} << 34;
  return pages > 0 && page_bytes > 0 ? std::int64_t{pages} * page_bytes : kUnknown;
}

/// Looking changes nothing, and the kubelet looks again anyway.
bool only_looks(ports::RuntimeVerb verb) {
  return verb == ports::RuntimeVerb::List || verb == ports::RuntimeVerb::ImageStatus ||
         verb == ports::RuntimeVerb::Stats || verb == ports::RuntimeVerb::Images;
}

bool is_teardown(ports::RuntimeVerb verb) {
  using Verb = ports::RuntimeVerb;
  return verb == Verb::StopContainer || verb == Verb::RemoveContainer ||
         verb == Verb::StopSandbox || verb == Verb::RemoveSandbox;
}

}  // namespace

std::map<std::string, std::string> selector_of(const ContainerdNode& node) {
  return {{kManagedByLabel, kManagedByOrrery}, {kNodeLabel, node.name}};
}

runtime::v1::PodSandboxConfig sandbox_config(const api::Object& pod, const ContainerdNode& node,
                                             std::uint32_t attempt) {
  const api::ObjectMeta& meta = api::meta_of(pod);
  const api::PodSpec& pod_spec = std::get<api::Pod>(pod).spec;
  runtime::v1::PodSandboxConfig config;
  config.mutable_metadata()->set_name(meta.name);
  config.mutable_metadata()->set_uid(meta.uid);
  config.mutable_metadata()->set_namespace_(meta.namespace_name);
  config.mutable_metadata()->set_attempt(attempt);
  config.set_hostname(meta.name);
  if (!node.pod_log_dir.empty()) {
    config.set_log_directory(node.pod_log_dir + "/" + meta.namespace_name + "_" + meta.name + "_" +
                             meta.uid);
  }
  put_labels(*config.mutable_labels(), meta, node);
  (*config.mutable_annotations())[kPodAnnotation] = api::to_json_text(pod);
  auto& linux_options = *config.mutable_linux_options();
  linux_options.set_cgroup_parent(node.cgroup_parent);
  *linux_options.mutable_security_context()->mutable_namespace_options() = namespaces_of(pod_spec);
  return config;
}

runtime::v1::ContainerConfig container_config(const ports::RuntimeCall& call,
                                              const ContainerdNode& node) {
  const auto& pod = std::get<api::Pod>(*call.pod);
  const auto& containers = call.init_container ? pod.spec.init_containers : pod.spec.containers;
  expects(call.container_index < containers.size(), "CreateContainer names a container of the pod");
  const api::Container& container = containers[call.container_index];

  runtime::v1::ContainerConfig config;
  config.mutable_metadata()->set_name(container.name);
  config.mutable_metadata()->set_attempt(call.attempt);
  config.mutable_image()->set_image(container.image);
  config.mutable_command()->Add(container.command.begin(), container.command.end());
  config.mutable_args()->Add(container.args.begin(), container.args.end());
  for (const api::EnvVar& variable : call.env) {
    auto& env = *config.add_envs();
    env.set_key(variable.name);
    env.set_value(variable.value);
  }
  for (const ports::Mount& wanted : call.mounts) {
    auto& mount = *config.add_mounts();
    mount.set_container_path(wanted.mount_path);
    mount.set_host_path(host_path_of(node.volume_dir, pod.meta.uid, wanted));
    mount.set_readonly(wanted.read_only);
  }
  put_labels(*config.mutable_labels(), pod.meta, node);
  (*config.mutable_labels())[kContainerNameLabel] = container.name;
  if (!node.pod_log_dir.empty()) {
    config.set_log_path(container.name + "_" + std::to_string(call.attempt) + ".log");
  }
  auto& linux_options = *config.mutable_linux_options();
  *linux_options.mutable_resources() = resources_of(container);
  linux_options.mutable_resources()->set_oom_score_adj(
      kubelet::oom_score_adj(pod.spec, container, node_memory_bytes()));
  *linux_options.mutable_security_context()->mutable_namespace_options() = namespaces_of(pod.spec);
  return config;
}

// 250m requested, limit 500m: shares 250 * 1024 / 1000 = 256; quota 500 * 100000 / 1000 = 50000 us.
runtime::v1::LinuxContainerResources resources_of(const api::Container& container) {
  const std::optional<std::int64_t> limit = container.limits.cpu_milli;
  runtime::v1::LinuxContainerResources resources;
  resources.set_cpu_shares(
      kubelet::cpu_shares(container.requests.cpu_milli.value_or(limit.value_or(0))));
  if (limit.value_or(0) > 0) {
    resources.set_cpu_period(kubelet::kCpuPeriod.count_ns() / 1000);
    resources.set_cpu_quota(kubelet::cpu_quota(*limit).count_ns() / 1000);
  }
  resources.set_memory_limit_in_bytes(container.limits.memory_bytes.value_or(0));
  return resources;
}

std::int64_t ceil_seconds(Duration duration) {
  constexpr std::int64_t kSecond = Duration::seconds(1).count_ns();
  return duration.count_ns() / kSecond + (duration.count_ns() % kSecond > 0 ? 1 : 0);
}

ports::Outcome outcome_of(ports::RuntimeVerb verb, const grpc::Status& status) {
  using ports::Outcome;
  const std::string& text = status.error_message();
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      return Outcome::Ok;
    case grpc::StatusCode::NOT_FOUND:
      return is_teardown(verb) ? Outcome::Ok : Outcome::NotFound;
    case grpc::StatusCode::ALREADY_EXISTS:
      return Outcome::AlreadyExists;
    case grpc::StatusCode::INVALID_ARGUMENT:
      return Outcome::Invalid;
    case grpc::StatusCode::UNAVAILABLE:
      // gRPC's words for a connection that was never made; every other text may come after sending.
      return only_looks(verb) || text.starts_with("failed to connect") ? Outcome::Unreachable
                                                                       : Outcome::Unknown;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      if (verb == ports::RuntimeVerb::Exec) return Outcome::Timeout;
      return only_looks(verb) ? Outcome::Unreachable : Outcome::Unknown;
    case grpc::StatusCode::CANCELLED:
      return only_looks(verb) ? Outcome::Unreachable : Outcome::Unknown;
    default:
      // containerd keeps names of sandboxes and containers unique, and says so in text only.
      return text.find("is reserved for") != std::string::npos ? Outcome::AlreadyExists
                                                               : Outcome::Refused;
  }
}

}  // namespace orrery::cri
