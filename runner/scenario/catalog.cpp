#include "runner/scenario/catalog.h"

#include <fmt/format.h>

#include <algorithm>

namespace orrery::scenario {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::string kind_list(const std::vector<api::Kind>& kinds) {
  std::vector<std::string> names;
  for (const api::Kind kind : kinds) names.emplace_back(api::to_string(kind));
  return one_of(names);
}

/// As short as a user would write it: without the namespace "default".
std::string shown(const api::ObjectKey& key) {
  if (key.namespace_name.empty() || key.namespace_name == "default") {
    return fmt::format("{}/{}", api::to_string(key.kind), key.name);
  }
  return api::to_string(key);
}

/// The template of the pods that an object makes, or nullptr.
const api::PodTemplate* pod_template_of(const api::Object& object) {
  return std::visit(
      [](const auto& any) -> const api::PodTemplate* {
        using Any = std::decay_t<decltype(any)>;
        if constexpr (std::is_same_v<Any, api::ControllerRevision>) {
          return nullptr;
        } else if constexpr (requires { any.spec.pod_template; }) {
          return &any.spec.pod_template;
        } else if constexpr (requires { any.spec.job.pod_template; }) {
          return &any.spec.job.pod_template;
        } else {
          return nullptr;
        }
      },
      object);
}

/// A Service without selector selects nothing.
bool selects(const api::Service& service, const api::Labels& labels) {
  api::LabelSelector selector;
  selector.match_labels = service.spec.selector;
  return !service.spec.selector.empty() && api::matches(selector, labels);
}

}  // namespace

Catalog::Catalog(const std::vector<api::ManifestObject>& objects,
                 const std::vector<ClusterNode>& nodes, bool complete)
    : complete_{complete} {
  for (const api::ManifestObject& manifest : objects) {
    const api::Object& object = manifest.object;
    api::ObjectKey key = api::key_of(object);
    // No name of the scenario can mean it, as it gets its name in the run.
    if (key.name.empty()) {
      key.name = api::meta_of(object).generate_name + std::to_string(objects_.size());
    }
    objects_.emplace(key, &manifest);
    keys_.insert(key);
    if (const api::PodTemplate* pods = pod_template_of(object)) {
      pods_.emplace(key, PodsOf{&pods->spec, &pods->labels, &pods->annotations});
    } else if (const auto* pod = std::get_if<api::Pod>(&object)) {
      pods_.emplace(key, PodsOf{&pod->spec, &pod->meta.labels, &pod->meta.annotations});
    }
  }
  for (const ClusterNode& node : nodes) keys_.insert({api::Kind::Node, {}, node.name});
}

std::optional<api::ObjectKey> Catalog::object(const api::Place& at, std::string_view name,
                                              const std::vector<api::Kind>& kinds,
                                              Report& report) const {
  const std::string expected = fmt::format("the name of a {}", kind_list(kinds));
  const std::string found = fmt::format("\"{}\"", name);
  const std::vector<std::string> parts = split(name, '/');
  const auto kind = api::kind_named(parts.front());
  if (parts.size() < 2 || parts.size() > 3 || !kind) {
    report.add(at, expected, found,
               fmt::format("write \"{}/name\"", api::to_string(kinds.front())));
    return std::nullopt;
  }
  if (std::find(kinds.begin(), kinds.end(), *kind) == kinds.end()) {
    report.add(at, expected, found);
    return std::nullopt;
  }
  std::vector<api::ObjectKey> matches;
  std::vector<std::string> candidates;
  for (const api::ObjectKey& key : keys_) {
    if (std::find(kinds.begin(), kinds.end(), key.kind) != kinds.end()) {
      candidates.push_back(shown(key));
    }
    const bool same_namespace = parts.size() == 2 || key.namespace_name == parts[1];
    if (key.kind == *kind && key.name == parts.back() && same_namespace) matches.push_back(key);
  }
  if (matches.size() == 1) return matches.front();
  if (matches.empty()) {
    if (!complete_) return std::nullopt;
    const char* where = kinds.front() == api::Kind::Node ? "cluster" : "manifests";
    report.add(at, fmt::format("a {} of the {}", kind_list(kinds), where), found,
               did_you_mean(name, candidates));
  } else {
    report.add(at, "a name with its namespace, as several have it", found,
               fmt::format("write \"{}\" or the like", api::to_string(matches.front())));
  }
  return std::nullopt;
}

std::optional<api::ObjectKey> Catalog::made_pod(std::string_view name) const {
  const std::vector<std::string> parts = split(name, '/');
  if (parts.size() != 3 || parts[0] != api::to_string(api::Kind::Pod)) return std::nullopt;
  const api::ObjectKey pod{api::Kind::Pod, parts[1], parts[2]};
  if (keys_.contains(pod)) return std::nullopt;
  for (const auto& [maker, pods] : pods_) {
    const bool makes = maker.kind != api::Kind::Pod && maker.namespace_name == pod.namespace_name;
    if (makes && pod.name.starts_with(maker.name + "-")) return pod;
  }
  return std::nullopt;
}

std::optional<std::string> Catalog::service(const api::Place& at, std::string_view name,
                                            Report& report) const {
  const std::string found = fmt::format("\"{}\"", name);
  constexpr std::string_view kKind = "Service/";
  if (name.starts_with(kKind)) name.remove_prefix(kKind.size());
  const std::vector<std::string> parts = split(name, '/');
  std::vector<std::string> matches;
  std::vector<std::string> candidates;
  for (const api::ObjectKey& key : keys_) {
    if (key.kind != api::Kind::Service) continue;
    const std::string full = key.namespace_name + "/" + key.name;
    candidates.push_back(short_service_name(full));
    if (full == name || (parts.size() == 1 && key.name == name)) matches.push_back(full);
  }
  if (matches.size() == 1) return matches.front();
  if (matches.empty()) {
    if (!complete_) return std::nullopt;
    report.add(at, "the name of a Service of the manifests", found, did_you_mean(name, candidates));
  } else {
    report.add(at, "a name with its namespace, as several have it", found,
               fmt::format("write \"{}\" or the like", matches.front()));
  }
  return std::nullopt;
}

const api::PodSpec* Catalog::pods_of(const api::ObjectKey& key) const {
  const auto found = pods_.find(key);
  return found == pods_.end() ? nullptr : found->second.spec;
}

const api::Object* Catalog::find(const api::ObjectKey& key) const {
  const auto found = objects_.find(key);
  return found == objects_.end() ? nullptr : &found->second->object;
}

const api::Place& Catalog::place_of(const api::ObjectKey& key) const {
  const auto found = objects_.find(key);
  expects(found != objects_.end(), "only what the manifests hold stands somewhere");
  return found->second->where;
}

std::optional<std::int32_t> Catalog::replicas_of(const api::ObjectKey& key) const {
  const api::Object* object = find(key);
  if (object == nullptr) return std::nullopt;
  return std::visit(
      [](const auto& any) -> std::optional<std::int32_t> {
        if constexpr (requires { any.spec.replicas; }) {
          return any.spec.replicas;
        } else {
          return std::nullopt;
        }
      },
      *object);
}

std::vector<api::ObjectKey> Catalog::workloads_behind(const std::string& service) const {
  const auto slash = service.find('/');
  const auto found =
      objects_.find({api::Kind::Service, service.substr(0, slash), service.substr(slash + 1)});
  std::vector<api::ObjectKey> behind;
  if (found == objects_.end()) return behind;
  const api::Service& selecting = std::get<api::Service>(found->second->object);
  for (const auto& [key, pods] : pods_) {
    const bool same = key.namespace_name == found->first.namespace_name;
    if (same && selects(selecting, *pods.labels)) behind.push_back(key);
  }
  return behind;
}

std::vector<api::ObjectKey> Catalog::deployments_behind(const std::string& service) const {
  std::vector<api::ObjectKey> behind = workloads_behind(service);
  std::erase_if(behind, [](const auto& key) { return key.kind != api::Kind::Deployment; });
  return behind;
}

std::vector<PodsOf> Catalog::pods_behind(const std::string& service) const {
  std::vector<PodsOf> behind;
  for (const api::ObjectKey& key : workloads_behind(service)) behind.push_back(pods_.at(key));
  return behind;
}

bool Catalog::selects_pods(const std::string& service) const {
  return !pods_behind(service).empty();
}

std::set<std::string> Catalog::images() const {
  std::set<std::string> images;
  for (const auto& [key, pods] : pods_) {
    for (const api::Container& container : pods.spec->containers) images.insert(container.image);
    for (const api::Container& container : pods.spec->init_containers) {
      images.insert(container.image);
    }
  }
  images.erase("");
  return images;
}

std::string short_service_name(const std::string& service) {
  static const std::string kDefault = "default/";
  return service.starts_with(kDefault) ? service.substr(kDefault.size()) : service;
}

const api::Container* find_container(const api::PodSpec& pods, std::string_view name,
                                     const api::Place& at, Report& report) {
  std::vector<std::string> names;
  for (const api::Container& container : pods.containers) {
    if (name.empty() || container.name == name) return &container;
    names.push_back(container.name);
  }
  report.add(at, "the name of a container of these pods", fmt::format("\"{}\"", name),
             did_you_mean(name, names));
  return nullptr;
}

}  // namespace orrery::scenario
