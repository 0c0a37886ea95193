#include "models/kubelet/pod_environment.h"

#include <algorithm>
#include <set>
#include <utility>

namespace orrery::kubelet {
namespace {

using api::Kind;
using api::ObjectKey;

const api::Labels& data_of(const api::Object& object) {
  if (const auto* secret = std::get_if<api::Secret>(&object)) return secret->data;
  return std::get<api::ConfigMap>(object).data;
}

std::string source_text(const ObjectKey& key) {
  return std::string{to_string(key.kind)} + "/" + key.name;
}

/// The text between [' and '] of "metadata.labels['app']".
std::string map_key(const std::string& path) {
  const std::size_t begin = path.find("['") + 2;
  return path.substr(begin, path.size() - begin - 2);
}

std::string field_of(const api::Pod& pod, const std::string& path, const std::string& pod_ip,
                     const std::string& host_ip) {
  if (path == "metadata.name") return pod.meta.name;
  if (path == "metadata.namespace") return pod.meta.namespace_name;
  if (path == "metadata.uid") return pod.meta.uid;
  if (path == "spec.nodeName") return pod.spec.node_name;
  if (path == "status.hostIP") return host_ip;
  if (path == "status.podIP" || path == "status.podIPs") return pod_ip;
  const bool label = path.starts_with("metadata.labels['");
  if (!label && !path.starts_with("metadata.annotations['")) return {};
  const api::Labels& map = label ? pod.meta.labels : pod.meta.annotations;
  const auto found = map.find(map_key(path));
  return found == map.end() ? std::string{} : found->second;
}

class Resolver {
 public:
  Resolver(const api::Pod& pod, const std::string& container, const Lookup& lookup)
      : pod_{pod}, where_{"container " + container}, lookup_{lookup} {}

  void take_all(const api::EnvSource& source) {
    const ObjectKey key = key_of_source(source.config_map, source.secret);
    const api::ObjectPtr object = look_up(key);
    if (object == nullptr) {
      if (!source.optional) miss(key);
      return;
    }
    for (const auto& [name, value] : data_of(*object)) {
      api::EnvVar variable;
      variable.name = source.prefix + name;
      const bool digit_first = variable.name.front() >= '0' && variable.name.front() <= '9';
      if (digit_first) continue;  // No name of a variable: passed over.
      variable.value = value;
      variable.secret = source.secret;
      put(std::move(variable));
    }
  }

  void take(const api::EnvVar& wanted, const std::string& pod_ip, const std::string& host_ip) {
    api::EnvVar variable;
    variable.name = wanted.name;
    variable.value = wanted.value;
    if (!wanted.field_path.empty()) {
      variable.value = field_of(pod_, wanted.field_path, pod_ip, host_ip);
    } else if (!wanted.config_map.empty() || !wanted.secret.empty()) {
      const ObjectKey key = key_of_source(wanted.config_map, wanted.secret);
      const std::string& entry = wanted.secret.empty() ? wanted.config_map_key : wanted.secret_key;
      const api::ObjectPtr object = look_up(key);
      const auto* data = object == nullptr ? nullptr : &data_of(*object);
      const auto value = data == nullptr ? api::Labels::const_iterator{} : data->find(entry);
      if (data == nullptr || value == data->end()) {
        if (!wanted.optional) miss(key);
        return;
      }
      variable.value = value->second;
      variable.secret = wanted.secret;
      variable.secret_key = wanted.secret_key;
    }
    put(std::move(variable));
  }

  [[nodiscard]] Environment finish() { return std::move(environment_); }

 private:
  [[nodiscard]] ObjectKey key_of_source(const std::string& config_map,
                                        const std::string& secret) const {
    return {secret.empty() ? Kind::ConfigMap : Kind::Secret, pod_.meta.namespace_name,
            secret.empty() ? config_map : secret};
  }

  api::ObjectPtr look_up(const ObjectKey& key) {
    api::ObjectPtr object = lookup_(key);
    if (object == nullptr) return nullptr;
    api::ConfigInUse use{source_text(key), where_, api::meta_of(*object).resource_version};
    auto& configs = environment_.configs;
    if (std::find(configs.begin(), configs.end(), use) == configs.end()) {
      configs.push_back(std::move(use));
    }
    return object;
  }

  void miss(const ObjectKey& key) {
    if (environment_.missing.empty()) environment_.missing = source_text(key);
  }

  void put(api::EnvVar variable) {
    auto& all = environment_.variables;
    const auto same = std::find_if(all.begin(), all.end(),
                                   [&](const api::EnvVar& v) { return v.name == variable.name; });
    if (same == all.end()) {
      all.push_back(std::move(variable));
    } else {
      *same = std::move(variable);
    }
  }

  const api::Pod& pod_;
  std::string where_;
  const Lookup& lookup_;
  Environment environment_;
};

}  // namespace

std::vector<ObjectKey> config_references(const api::Pod& pod) {
  std::set<ObjectKey> keys;
  const std::string& in = pod.meta.namespace_name;
  for (const auto* containers : {&pod.spec.init_containers, &pod.spec.containers}) {
    for (const api::Container& container : *containers) {
      for (const api::EnvSource& source : container.env_from) {
        if (!source.config_map.empty()) keys.insert({Kind::ConfigMap, in, source.config_map});
        if (!source.secret.empty()) keys.insert({Kind::Secret, in, source.secret});
      }
      for (const api::EnvVar& variable : container.env) {
        if (!variable.config_map.empty()) keys.insert({Kind::ConfigMap, in, variable.config_map});
        if (!variable.secret.empty()) keys.insert({Kind::Secret, in, variable.secret});
      }
    }
  }
  for (const api::Volume& volume : pod.spec.volumes) {
    if (const auto key = config_source(volume.source, in)) keys.insert(*key);
  }
  return {keys.begin(), keys.end()};
}

Environment resolve_environment(const api::Pod& pod, const api::Container& container,
                                const std::string& pod_ip, const std::string& host_ip,
                                const Lookup& lookup) {
  Resolver resolver{pod, container.name, lookup};
  for (const api::EnvSource& source : container.env_from) resolver.take_all(source);
  for (const api::EnvVar& variable : container.env) resolver.take(variable, pod_ip, host_ip);
  return resolver.finish();
}

std::optional<api::Labels> config_files(const api::VolumeSource& source,
                                        const api::Object* object) {
  const auto* map = std::get_if<api::ConfigMapVolume>(&source);
  const auto* secret = std::get_if<api::SecretVolume>(&source);
  expects(map != nullptr || secret != nullptr, "files come from a ConfigMap or a Secret");
  const bool optional = map != nullptr ? map->optional : secret->optional;
  const std::vector<api::KeyToPath>& items = map != nullptr ? map->items : secret->items;
  if (object == nullptr) {
    if (optional) return api::Labels{};
    return std::nullopt;
  }
  const api::Labels& data = data_of(*object);
  if (items.empty()) return data;
  api::Labels files;
  for (const api::KeyToPath& item : items) {
    const auto value = data.find(item.key);
    if (value != data.end()) {
      files[item.path] = value->second;
    } else if (!optional) {
      return std::nullopt;
    }
  }
  return files;
}

std::optional<ObjectKey> config_source(const api::VolumeSource& source,
                                       const std::string& namespace_name) {
  if (const auto* map = std::get_if<api::ConfigMapVolume>(&source)) {
    return ObjectKey{Kind::ConfigMap, namespace_name, map->name};
  }
  if (const auto* secret = std::get_if<api::SecretVolume>(&source)) {
    return ObjectKey{Kind::Secret, namespace_name, secret->name};
  }
  return std::nullopt;
}

}  // namespace orrery::kubelet
