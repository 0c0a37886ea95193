#include "models/api/pod_volumes.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>

#include "models/api/enum_names.h"
#include "models/api/kind_readers.h"
#include "models/api/name_rules.h"
#include "models/api/part_writers.h"
#include "models/base/quantity.h"

namespace orrery::api {
namespace {

constexpr std::array<std::string_view, 7> kFieldPaths{
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName",
    "status.hostIP", "status.podIP",       "status.podIPs"};

bool is_field_path(std::string_view path) {
  if (std::find(kFieldPaths.begin(), kFieldPaths.end(), path) != kFieldPaths.end()) return true;
  for (const std::string_view map : {"metadata.labels['", "metadata.annotations['"}) {
    if (path.starts_with(map) && path.ends_with("']") && path.size() > map.size() + 2) return true;
  }
  return false;
}

/// A path below a folder: relative, and without a way out of it.
bool stays_inside(std::string_view path) {
  if (path.empty() || path.front() == '/') return false;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (path.substr(at, end - at) == "..") return false;
    at = end + 1;
  }
  return true;
}

void read_key_reference(ObjectReader& ref, std::string& name, std::string& key, bool& optional,
                        const char* what) {
  ref.require("name", what);
  ref.require("key", "a key in it");
  ref.text("name", name);
  ref.text("key", key);
  ref.flag("optional", optional);
  ref.finish({});
}

std::vector<KeyToPath> read_items(ObjectReader& in) {
  std::vector<KeyToPath> items;
  in.list("items", items, [&](const Cursor& at) {
    ObjectReader item{in.reading(), at, "KeyToPath"};
    KeyToPath entry;
    item.require("key", "a key");
    item.require("path", "the path of its file");
    item.text("key", entry.key);
    item.text("path", entry.path);
    item.finish({"mode"});
    if (item.manifest() && !entry.path.empty() && !stays_inside(entry.path)) {
      in.reading().wrong(*item.field("path"), "a relative path without ..");
    }
    return entry;
  });
  return items;
}

/// A quantity in a manifest; stored, a number of thousandths.
void read_divisor(ObjectReader& in, std::int64_t& milli) {
  if (!in.manifest()) {
    in.integer("divisor", milli);
    return;
  }
  std::optional<std::int64_t> divisor;
  read_quantity(in, "divisor", divisor, parse_milli);
  if (!divisor || *divisor == 0) return;  // 0 means the default, too.
  milli = *divisor;
}

constexpr std::array<std::string_view, 4> kResources{"limits.cpu", "limits.memory", "requests.cpu",
                                                     "requests.memory"};

ResourceFieldRef read_resource_field(ObjectReader& in) {
  ResourceFieldRef ref;
  in.require("resource", "limits.cpu, limits.memory, requests.cpu or requests.memory");
  in.text("resource", ref.resource);
  in.text("containerName", ref.container);
  read_divisor(in, ref.divisor_milli);
  in.finish({});
  if (!in.manifest() || ref.resource.empty()) return ref;
  const Cursor at = *in.field("resource");
  if (std::find(kResources.begin(), kResources.end(), ref.resource) == kResources.end()) {
    if (ref.resource.ends_with(".ephemeral-storage") || ref.resource.find(".hugepages-") == 6) {
      in.reading().not_modelled(at, "resource " + ref.resource + " told to a container");
    } else {
      in.reading().wrong(at, "limits.cpu, limits.memory, requests.cpu or requests.memory");
    }
  }
  return ref;
}

void write_resource_field(JsonWriter& out, const std::optional<ResourceFieldRef>& ref) {
  if (!ref) return;
  out.begin_object("resourceFieldRef");
  out.text("resource", ref->resource);
  out.text("containerName", ref->container);
  out.number("divisor", ref->divisor_milli, std::int64_t{1000});
  out.end_object();
}

void read_field_ref(ObjectReader& ref, std::string& field_path) {
  ref.require("fieldPath", "a field of the pod");
  ref.text("fieldPath", field_path);
  ref.pass_over({"apiVersion"});
  ref.finish({});
  if (!ref.manifest() || field_path.empty() || is_field_path(field_path)) return;
  const Cursor at = *ref.field("fieldPath");
  if (field_path == "spec.serviceAccountName" || field_path == "status.hostIPs") {
    ref.reading().not_modelled(at, "field " + field_path + " as a variable");
  } else {
    ref.reading().wrong(at,
                        "metadata.name, metadata.namespace, metadata.uid, a label or "
                        "annotation as metadata.labels['KEY'], spec.nodeName, status.hostIP "
                        "or status.podIP");
  }
}

DownwardFiles read_downward_files(ObjectReader& in) {
  DownwardFiles files;
  in.list("items", files.items, [&](const Cursor& at) {
    ObjectReader item{in.reading(), at, "DownwardAPIVolumeFile"};
    DownwardFile file;
    item.require("path", "the path of its file");
    item.text("path", file.path);
    const bool field = item.object("fieldRef", "ObjectFieldSelector", [&](ObjectReader& ref) {
      ref.require("fieldPath", "a field of the pod's metadata");
      ref.text("fieldPath", file.field_path);
      ref.pass_over({"apiVersion"});
      ref.finish({});
      // Files may tell all labels or annotations at once, but nothing that comes with the run.
      const std::string& told = file.field_path;
      const bool known = told == "metadata.labels" || told == "metadata.annotations" ||
                         (told.starts_with("metadata.") && is_field_path(told));
      if (!ref.manifest() || told.empty() || known) return;
      in.reading().wrong(*ref.field("fieldPath"), "a field of the pod's metadata");
    });
    const bool resource =
        item.object("resourceFieldRef", "ResourceFieldSelector",
                    [&](ObjectReader& ref) { file.resource = read_resource_field(ref); });
    item.finish({"mode"});
    if (!item.manifest()) return file;
    if (field == resource) {
      in.reading().problem(at, "one of fieldRef and resourceFieldRef", field ? "both" : "neither");
    }
    if (file.resource && file.resource->container.empty()) {
      in.reading().problem(at, "containerName beside resourceFieldRef, as a volume is the pod's",
                           "none");
    }
    if (!file.path.empty() && !stays_inside(file.path)) {
      in.reading().wrong(*item.field("path"), "a relative path without ..");
    }
    return file;
  });
  return files;
}

void write_downward_items(JsonWriter& out, const DownwardFiles& files) {
  write_list(out, "items", files.items, [](JsonWriter& o, const DownwardFile& file) {
    o.text("path", file.path);
    if (!file.field_path.empty()) {
      o.begin_object("fieldRef");
      o.text("fieldPath", file.field_path);
      o.end_object();
    }
    write_resource_field(o, file.resource);
  });
}

EmptyDirVolume read_empty_dir(ObjectReader& in) {
  EmptyDirVolume volume;
  std::string medium;
  in.text("medium", medium);
  volume.memory = medium == "Memory";
  read_quantity(in, "sizeLimit", volume.size_limit, parse_amount);
  in.finish({});
  if (in.manifest() && !medium.empty() && !volume.memory) {
    const Cursor at = *in.field("medium");
    if (medium.starts_with("HugePages")) {
      in.reading().not_modelled(at, "medium " + medium);
    } else {
      in.reading().wrong(at, "Memory, or no medium for the node's disk");
    }
  }
  return volume;
}

HostPathVolume read_host_path(ObjectReader& in) {
  static constexpr std::array<std::string_view, 8> kTypes{
      "",       "DirectoryOrCreate", "Directory",  "FileOrCreate", "File",
      "Socket", "CharDevice",        "BlockDevice"};
  HostPathVolume volume;
  in.require("path", "a path on the node");
  in.text("path", volume.path);
  in.text("type", volume.type);
  in.finish({});
  if (!in.manifest()) return volume;
  if (std::find(kTypes.begin(), kTypes.end(), volume.type) == kTypes.end()) {
    in.reading().wrong(*in.field("type"),
                       "Directory, DirectoryOrCreate, File, FileOrCreate, Socket, CharDevice or "
                       "BlockDevice");
  }
  if (("/" + volume.path + "/").find("/../") != std::string::npos) {
    in.reading().wrong(*in.field("path"), "a path without ..");
  }
  return volume;
}

ConfigMapVolume read_config_map_volume(ObjectReader& in) {
  ConfigMapVolume volume;
  in.require("name", "the name of a ConfigMap");
  in.text("name", volume.name);
  volume.items = read_items(in);
  in.flag("optional", volume.optional);
  in.finish({"defaultMode"});
  return volume;
}

SecretVolume read_secret_volume(ObjectReader& in) {
  SecretVolume volume;
  in.require("secretName", "the name of a Secret");
  in.text("secretName", volume.name);
  volume.items = read_items(in);
  in.flag("optional", volume.optional);
  in.finish({"defaultMode"});
  return volume;
}

ClaimVolume read_claim_volume(ObjectReader& in) {
  ClaimVolume volume;
  in.require("claimName", "the name of a PersistentVolumeClaim");
  in.text("claimName", volume.claim_name);
  in.flag("readOnly", volume.read_only);
  in.finish({});
  return volume;
}

ProjectedVolume read_projected_volume(ObjectReader& in) {
  ProjectedVolume volume;
  in.require("sources", "at least one source");
  in.each("sources", [&](const Cursor& at) {
    ObjectReader source{in.reading(), at, "VolumeProjection"};
    int count = 0;
    const auto offer = [&](const char* name, auto read) {
      source.object(name, name, [&](ObjectReader& fields) {
        auto one = read(fields);
        if (++count == 1) volume.sources.emplace_back(std::move(one));
      });
    };
    offer("configMap", read_config_map_volume);
    offer("secret", [](ObjectReader& fields) {
      SecretVolume secret;
      fields.require("name", "the name of a Secret");
      fields.text("name", secret.name);
      secret.items = read_items(fields);
      fields.flag("optional", secret.optional);
      fields.finish({});
      return secret;
    });
    offer("downwardAPI", read_downward_files);
    source.finish({"serviceAccountToken", "clusterTrustBundle", "podCertificate"});
    if (source.manifest() && count > 1) {
      in.reading().problem(at, "exactly one source in each entry",
                           std::to_string(count) + " of them");
    }
  });
  in.finish({"defaultMode"});
  return volume;
}

ProjectedVolume read_downward_volume(ObjectReader& in) {
  ProjectedVolume volume;
  volume.sources.emplace_back(read_downward_files(in));
  in.finish({"defaultMode"});
  return volume;
}

void check_container_mounts(ObjectReader& in, const char* field,
                            const std::vector<Container>& containers,
                            const std::vector<const char*>& names) {
  for (std::size_t i = 0; i < containers.size(); ++i) {
    std::set<std::string> paths;
    for (std::size_t m = 0; m < containers[i].volume_mounts.size(); ++m) {
      const VolumeMount& mount = containers[i].volume_mounts[m];
      const Cursor list = *in.field(field);
      const Cursor container{list.value->items[i].get(), &list, {}, i, true};
      const Cursor mounts{find_member(*container.value, "volumeMounts")->value.get(), &container,
                          "volumeMounts", 0, false};
      const Cursor at{mounts.value->items[m].get(), &mounts, {}, m, true};
      if (!mount.mount_path.empty() && !paths.insert(mount.mount_path).second) {
        in.reading().problem(at, "mount paths that differ",
                             "a second \"" + mount.mount_path + "\"");
      }
      const bool known = std::any_of(names.begin(), names.end(),
                                     [&](const char* name) { return mount.name == name; });
      if (known || mount.name.empty()) continue;
      const auto meant = nearest(mount.name, names);
      in.reading().problem(at, "the name of a volume of this pod", "\"" + mount.name + "\"",
                           meant ? "did you mean \"" + *meant + "\"?" : "");
    }
  }
}

void write_items(JsonWriter& out, const std::vector<KeyToPath>& items) {
  write_list(out, "items", items, [](JsonWriter& o, const KeyToPath& item) {
    o.text("key", item.key);
    o.text("path", item.path);
  });
}

struct SourceWriter {
  JsonWriter& out;

  void operator()(const EmptyDirVolume& volume) const {
    out.begin_object("emptyDir");
    if (volume.memory) out.text("medium", "Memory");
    if (volume.size_limit) out.text("sizeLimit", amount_text(*volume.size_limit));
    out.end_object();
  }
  void operator()(const HostPathVolume& volume) const {
    out.begin_object("hostPath");
    out.text("path", volume.path);
    out.text("type", volume.type);
    out.end_object();
  }
  void operator()(const ConfigMapVolume& volume) const {
    out.begin_object("configMap");
    out.text("name", volume.name);
    write_items(out, volume.items);
    out.flag("optional", volume.optional);
    out.end_object();
  }
  void operator()(const SecretVolume& volume) const {
    out.begin_object("secret");
    out.text("secretName", volume.name);
    write_items(out, volume.items);
    out.flag("optional", volume.optional);
    out.end_object();
  }
  void operator()(const ClaimVolume& volume) const {
    out.begin_object("persistentVolumeClaim");
    out.text("claimName", volume.claim_name);
    out.flag("readOnly", volume.read_only);
    out.end_object();
  }
  void operator()(const ProjectedVolume& volume) const {
    out.begin_object("projected");
    out.begin_list("sources");
    for (const ProjectedSource& source : volume.sources) {
      out.begin_object();
      if (const auto* map = std::get_if<ConfigMapVolume>(&source)) {
        (*this)(*map);
      } else if (const auto* secret = std::get_if<SecretVolume>(&source)) {
        out.begin_object("secret");
        out.text("name", secret->name);
        write_items(out, secret->items);
        out.flag("optional", secret->optional);
        out.end_object();
      } else {
        out.begin_object("downwardAPI");
        write_downward_items(out, std::get<DownwardFiles>(source));
        out.end_object();
      }
      out.end_object();
    }
    out.end_list();
    out.end_object();
  }
};

void write_key_reference(JsonWriter& out, const char* kind, const std::string& name,
                         const std::string& key, bool optional) {
  if (name.empty() && key.empty()) return;
  out.begin_object(kind);
  out.text("name", name);
  out.text("key", key);
  out.flag("optional", optional);
  out.end_object();
}

void write_source_name(JsonWriter& out, const char* kind, const std::string& name, bool optional) {
  if (name.empty()) return;
  out.begin_object(kind);
  out.text("name", name);
  out.flag("optional", optional);
  out.end_object();
}

}  // namespace

void read_env_reference(ObjectReader& from, EnvVar& env) {
  from.object("configMapKeyRef", "ConfigMapKeySelector", [&](ObjectReader& ref) {
    read_key_reference(ref, env.config_map, env.config_map_key, env.optional,
                       "the name of a ConfigMap");
  });
  from.object("secretKeyRef", "SecretKeySelector", [&](ObjectReader& ref) {
    read_key_reference(ref, env.secret, env.secret_key, env.optional, "the name of a Secret");
  });
  from.object("fieldRef", "ObjectFieldSelector",
              [&](ObjectReader& ref) { read_field_ref(ref, env.field_path); });
  from.object("resourceFieldRef", "ResourceFieldSelector",
              [&](ObjectReader& ref) { env.resource = read_resource_field(ref); });
  from.finish({"fileKeyRef"});
}

EnvSource read_env_source(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "EnvFromSource"};
  EnvSource source;
  in.text("prefix", source.prefix);
  const auto read = [&](const char* kind, std::string& name) {
    in.object(kind, "EnvSource", [&](ObjectReader& ref) {
      ref.require("name", "a name");
      ref.text("name", name);
      ref.flag("optional", source.optional);
      ref.finish({});
    });
  };
  read("configMapRef", source.config_map);
  read("secretRef", source.secret);
  in.finish({});
  if (in.manifest() && source.config_map.empty() == source.secret.empty()) {
    reading.problem(at, "exactly one of configMapRef and secretRef",
                    source.secret.empty() ? "none" : "both");
  }
  return source;
}

VolumeMount read_volume_mount(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "VolumeMount"};
  VolumeMount mount;
  in.require("name", "the name of a volume");
  in.require("mountPath", "a path in the container");
  in.text("name", mount.name);
  in.text("mountPath", mount.mount_path);
  in.text("subPath", mount.sub_path);
  in.flag("readOnly", mount.read_only);
  in.finish({"mountPropagation", "recursiveReadOnly", "subPathExpr"});
  if (in.manifest() && !mount.sub_path.empty() && !stays_inside(mount.sub_path)) {
    reading.wrong(*in.field("subPath"), "a relative path without ..");
  }
  if (in.manifest() && mount.mount_path.find(':') != std::string::npos) {
    reading.wrong(*in.field("mountPath"), "a path without a colon");
  }
  return mount;
}

Volume read_volume(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "Volume"};
  Volume volume;
  in.require("name", "a name of the volume");
  in.text("name", volume.name);
  int count = 0;
  const auto offer = [&](const char* name, auto read) {
    in.object(name, name, [&](ObjectReader& fields) {
      auto source = read(fields);
      if (++count == 1) volume.source = std::move(source);
    });
  };
  offer("emptyDir", read_empty_dir);
  offer("hostPath", read_host_path);
  offer("configMap", read_config_map_volume);
  offer("secret", read_secret_volume);
  offer("persistentVolumeClaim", read_claim_volume);
  offer("projected", read_projected_volume);
  offer("downwardAPI", read_downward_volume);
  in.finish({"awsElasticBlockStore",
             "azureDisk",
             "azureFile",
             "cephfs",
             "cinder",
             "csi",
             "ephemeral",
             "fc",
             "flexVolume",
             "flocker",
             "gcePersistentDisk",
             "gitRepo",
             "glusterfs",
             "image",
             "iscsi",
             "nfs",
             "photonPersistentDisk",
             "portworxVolume",
             "quobyte",
             "rbd",
             "scaleIO",
             "storageos",
             "vsphereVolume"});
  if (!in.manifest()) return volume;
  if (!volume.name.empty() && !is_dns_label(volume.name)) {
    reading.wrong(in.field_or_here("name"), "a name of at most 63 of a-z 0-9 -");
  }
  if (count > 1) {
    reading.problem(at, "exactly one source of the volume", std::to_string(count) + " of them");
  }
  return volume;
}

namespace {

/// A StatefulSet's claims are volumes of its pods: names of spec.volumeClaimTemplates above the
/// pods' spec.template.spec.
std::vector<const char*> names_of_claims(const Cursor& pod_spec) {
  std::vector<const char*> names;
  const Cursor* pod_template = pod_spec.parent;
  const Cursor* set_spec = pod_template == nullptr ? nullptr : pod_template->parent;
  if (set_spec == nullptr || set_spec->value->type != Value::Type::Map) return names;
  const Member* claims = find_member(*set_spec->value, "volumeClaimTemplates");
  if (claims == nullptr || claims->value->type != Value::Type::List) return names;
  for (const ValuePtr& claim : claims->value->items) {
    if (claim->type != Value::Type::Map) continue;
    const Member* meta = find_member(*claim, "metadata");
    if (meta == nullptr || meta->value->type != Value::Type::Map) continue;
    const Member* name = find_member(*meta->value, "name");
    if (name != nullptr) names.push_back(name->value->text.c_str());
  }
  return names;
}

}  // namespace

void check_volumes(ObjectReader& in, const PodSpec& spec) {
  std::vector<const char*> names = names_of_claims(in.here());
  std::set<std::string> seen;
  for (std::size_t i = 0; i < spec.volumes.size(); ++i) {
    const std::string& name = spec.volumes[i].name;
    names.push_back(name.c_str());
    if (name.empty() || seen.insert(name).second) continue;
    const Cursor list = *in.field("volumes");
    const Cursor at{list.value->items[i].get(), &list, {}, i, true};
    in.reading().problem(at, "volume names that differ", "a second \"" + name + "\"");
  }
  check_container_mounts(in, "initContainers", spec.init_containers, names);
  check_container_mounts(in, "containers", spec.containers, names);
}

void write_env(JsonWriter& out, const EnvVar& env) {
  out.text("name", env.name);
  out.text("value", env.value);
  if (env.config_map.empty() && env.config_map_key.empty() && env.secret.empty() &&
      env.secret_key.empty() && env.field_path.empty() && !env.resource) {
    return;
  }
  out.begin_object("valueFrom");
  write_key_reference(out, "configMapKeyRef", env.config_map, env.config_map_key, env.optional);
  write_key_reference(out, "secretKeyRef", env.secret, env.secret_key, env.optional);
  if (!env.field_path.empty()) {
    out.begin_object("fieldRef");
    out.text("fieldPath", env.field_path);
    out.end_object();
  }
  write_resource_field(out, env.resource);
  out.end_object();
}

void write_env_source(JsonWriter& out, const EnvSource& source) {
  out.text("prefix", source.prefix);
  write_source_name(out, "configMapRef", source.config_map, source.optional);
  write_source_name(out, "secretRef", source.secret, source.optional);
}

void write_volume_mount(JsonWriter& out, const VolumeMount& mount) {
  out.text("name", mount.name);
  out.text("mountPath", mount.mount_path);
  out.text("subPath", mount.sub_path);
  out.flag("readOnly", mount.read_only);
}

void write_volume(JsonWriter& out, const Volume& volume) {
  out.text("name", volume.name);
  std::visit(SourceWriter{out}, volume.source);
}

}  // namespace orrery::api
