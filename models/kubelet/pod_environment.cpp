#include "models/kubelet/pod_environment.h"

#include <algorithm>
#include <set>
#include <type_traits>
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

/// All labels or annotations as a file tells them: KEY="VALUE" in lines.
std::string lines_of(const api::Labels& map) {
  std::string text;
  for (const auto& [key, value] : map) {
    if (!text.empty()) text += '\n';
    text += key + "=\"";
    for (const char c : value) {
      if (c == '"' || c == '\\') text += '\\';
      if (c == '\n') {
        text += "\\n";
      } else {
        text += c;
      }
    }
    text += '"';
  }
  return text;
}

/// A field of the pod's metadata or spec; empty if it is another one.
std::string field_of(const api::Pod& pod, const std::string& path) {
  if (path == "metadata.name") return pod.meta.name;
  if (path == "metadata.namespace") return pod.meta.namespace_name;
  if (path == "metadata.uid") return pod.meta.uid;
  if (path == "metadata.labels") return lines_of(pod.meta.labels);
  if (path == "metadata.annotations") return lines_of(pod.meta.annotations);
  if (path == "spec.nodeName") return pod.spec.node_name;
  const bool label = path.starts_with("metadata.labels['");
  if (!label && !path.starts_with("metadata.annotations['")) return {};
  const api::Labels& map = label ? pod.meta.labels : pod.meta.annotations;
  const auto found = map.find(map_key(path));
  return found == map.end() ? std::string{} : found->second;
}

std::string field_of(const api::Pod& pod, const std::string& path, const PodPlace& place) {
  if (path == "status.hostIP") return place.host_ip;
  if (path == "status.podIP" || path == "status.podIPs") return place.pod_ip;
  return field_of(pod, path);
}

/// Source: Kubernetes pkg/api/v1/resource (ExtractContainerResourceValue), apis/core/pods/helpers.
std::string resource_of(const api::Pod& pod, const api::ResourceFieldRef& ref,
                        const std::string& own_container, const api::NodeResources& allocatable) {
  const std::string& name = ref.container.empty() ? own_container : ref.container;
  const api::Container* container = nullptr;
  for (const auto* list : {&pod.spec.init_containers, &pod.spec.containers}) {
    for (const api::Container& candidate : *list) {
      if (candidate.name == name) container = &candidate;
    }
  }
  if (container == nullptr) return {};
  const bool limit = ref.resource.starts_with("limits.");
  const api::ResourceList& list = limit ? container->limits : container->requests;
  if (ref.resource.ends_with(".cpu")) {
    const std::int64_t milli = list.cpu_milli.value_or(limit ? allocatable.cpu_milli : 0);
    return std::to_string((milli + ref.divisor_milli - 1) / ref.divisor_milli);
  }
  const std::int64_t bytes = list.memory_bytes.value_or(limit ? allocatable.memory_bytes : 0);
  // Thousandths of bytes would not fit for every amount.
  const std::int64_t divisor = std::max<std::int64_t>(ref.divisor_milli / 1000, 1);
  return std::to_string(bytes / divisor + (bytes % divisor != 0 ? 1 : 0));
}

class Resolver {
 public:
  Resolver(const api::Pod& pod, const std::string& container, const PodPlace& place,
           const Lookup& lookup)
      : pod_{pod},
        container_{container},
        where_{"container " + container},
        place_{place},
        lookup_{lookup} {}

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

  void take(const api::EnvVar& wanted) {
    api::EnvVar variable;
    variable.name = wanted.name;
    variable.value = wanted.value;
    if (!wanted.field_path.empty()) {
      variable.value = field_of(pod_, wanted.field_path, place_);
    } else if (wanted.resource) {
      variable.value = resource_of(pod_, *wanted.resource, container_, place_.allocatable);
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
  const std::string& container_;
  std::string where_;
  const PodPlace& place_;
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
    for (const ObjectKey& key : config_sources(volume.source, in)) keys.insert(key);
  }
  return {keys.begin(), keys.end()};
}

Environment resolve_environment(const api::Pod& pod, const api::Container& container,
                                const PodPlace& place, const Lookup& lookup) {
  Resolver resolver{pod, container.name, place, lookup};
  for (const api::EnvSource& source : container.env_from) resolver.take_all(source);
  for (const api::EnvVar& variable : container.env) resolver.take(variable);
  return resolver.finish();
}

namespace {

/// Calls `use` with every ConfigMapVolume, SecretVolume and DownwardFiles of the volume.
template <class Use>
void each_source(const api::VolumeSource& source, Use use) {
  if (const auto* map = std::get_if<api::ConfigMapVolume>(&source)) use(*map);
  if (const auto* secret = std::get_if<api::SecretVolume>(&source)) use(*secret);
  if (const auto* projected = std::get_if<api::ProjectedVolume>(&source)) {
    for (const api::ProjectedSource& one : projected->sources) std::visit(use, one);
  }
}

/// Adds the files of one source to those of the volume; false: something is missing.
struct FileMaker {
  const api::Pod& pod;
  const api::NodeResources& allocatable;
  const Lookup& lookup;
  api::Labels files = {};
  bool complete = true;

  void operator()(const api::ConfigMapVolume& map) {
    take(Kind::ConfigMap, map.name, map.items, map.optional);
  }
  void operator()(const api::SecretVolume& secret) {
    take(Kind::Secret, secret.name, secret.items, secret.optional);
  }
  void operator()(const api::DownwardFiles& downward) {
    for (const api::DownwardFile& file : downward.items) {
      files[file.path] = file.resource ? resource_of(pod, *file.resource, {}, allocatable)
                                       : field_of(pod, file.field_path);
    }
  }
  void take(Kind kind, const std::string& name, const std::vector<api::KeyToPath>& items,
            bool optional) {
    const api::ObjectPtr object = lookup({kind, pod.meta.namespace_name, name});
    if (object == nullptr) {
      complete = complete && optional;
      return;
    }
    const api::Labels& data = data_of(*object);
    if (items.empty()) {
      for (const auto& [key, value] : data) files[key] = value;
      return;
    }
    for (const api::KeyToPath& item : items) {
      const auto value = data.find(item.key);
      if (value != data.end()) {
        files[item.path] = value->second;
      } else {
        complete = complete && optional;
      }
    }
  }
};

}  // namespace

bool has_config_files(const api::VolumeSource& source) {
  return std::holds_alternative<api::ConfigMapVolume>(source) ||
         std::holds_alternative<api::SecretVolume>(source) ||
         std::holds_alternative<api::ProjectedVolume>(source);
}

std::optional<api::Labels> config_files(const api::Pod& pod, const api::VolumeSource& source,
                                        const api::NodeResources& allocatable,
                                        const Lookup& lookup) {
  expects(has_config_files(source), "files come from a ConfigMap, a Secret or the pod");
  FileMaker maker{pod, allocatable, lookup};
  each_source(source, [&](const auto& one) { maker(one); });
  if (!maker.complete) return std::nullopt;
  return std::move(maker.files);
}

std::vector<ObjectKey> config_sources(const api::VolumeSource& source,
                                      const std::string& namespace_name) {
  std::vector<ObjectKey> keys;
  each_source(source, [&](const auto& one) {
    using One = std::decay_t<decltype(one)>;
    if constexpr (std::is_same_v<One, api::ConfigMapVolume>) {
      keys.push_back({Kind::ConfigMap, namespace_name, one.name});
    } else if constexpr (std::is_same_v<One, api::SecretVolume>) {
      keys.push_back({Kind::Secret, namespace_name, one.name});
    }
  });
  return keys;
}

}  // namespace orrery::kubelet
