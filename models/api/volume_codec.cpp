#include <algorithm>
#include <string>
#include <utility>

#include "models/api/base64.h"
#include "models/api/enum_names.h"
#include "models/api/kind_readers.h"
#include "models/api/kind_writers.h"
#include "models/api/name_rules.h"
#include "models/api/part_writers.h"
#include "models/base/quantity.h"

namespace orrery::api {
namespace {

constexpr Names<4> kAccessModes{"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany",
                                "ReadWriteOncePod"};
constexpr Names<3> kReclaimPolicies{"Retain", "Delete", "Recycle"};
constexpr Names<5> kVolumePhases{"Pending", "Available", "Bound", "Released", "Failed"};
constexpr Names<3> kClaimPhases{"Pending", "Bound", "Lost"};
constexpr Names<2> kVolumeModes{"Filesystem", "Block"};
constexpr Names<2> kBindingModes{"Immediate", "WaitForFirstConsumer"};
constexpr const char* kDefaultClassAnnotation = "storageclass.kubernetes.io/is-default-class";
constexpr const char* kLastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";

// Source: Kubernetes core MaxSecretSize, ConfigMap validation.
constexpr std::size_t kConfigBytesMax = std::size_t{1} << 20;

void read_access_modes(ObjectReader& in, std::vector<AccessMode>& modes) {
  in.each("accessModes", [&](const Cursor& at) {
    for (std::size_t i = 0; i < kAccessModes.size(); ++i) {
      if (at.value->type != Value::Type::Text || at.value->text != kAccessModes[i]) continue;
      modes.push_back(static_cast<AccessMode>(i));
      return;
    }
    in.reading().wrong(at, "ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod");
  });
}

void write_access_modes(JsonWriter& out, const std::vector<AccessMode>& modes) {
  std::vector<std::string> texts;
  for (const AccessMode mode : modes) texts.emplace_back(name_of(mode, kAccessModes));
  write_texts(out, "accessModes", texts);
}

/// The member "storage" of the mapping `name`.
void read_storage(ObjectReader& in, const char* name, std::int64_t& bytes) {
  in.object(name, name, [&](ObjectReader& list) {
    std::optional<std::int64_t> amount;
    read_quantity(list, "storage", amount, parse_amount);
    if (amount) bytes = *amount;
    list.finish({});
  });
}

void write_storage(JsonWriter& out, const char* name, std::int64_t bytes) {
  out.begin_object(name);
  out.text("storage", amount_text(bytes));
  out.end_object();
}

bool read_volume_mode(ObjectReader& in) {
  enum class Mode : std::uint8_t { Filesystem, Block };
  Mode mode = Mode::Filesystem;
  in.choice("volumeMode", mode, kVolumeModes);
  return mode == Mode::Block;
}

std::vector<SelectorRequirement> read_requirements(ObjectReader& in, const char* name) {
  std::vector<SelectorRequirement> requirements;
  in.list(name, requirements, [&](const Cursor& at) {
    ObjectReader fields{in.reading(), at, "NodeSelectorRequirement"};
    SelectorRequirement requirement;
    fields.require("key", "the key of a label");
    fields.text("key", requirement.key);
    fields.require("operator", "In, NotIn, Exists, DoesNotExist, Gt or Lt");
    fields.choice("operator", requirement.op, kSelectorOperators);
    fields.texts("values", requirement.values);
    fields.finish({});
    return requirement;
  });
  return requirements;
}

void write_requirements(JsonWriter& out, const char* name,
                        const std::vector<SelectorRequirement>& requirements) {
  write_list(out, name, requirements, [](JsonWriter& o, const SelectorRequirement& requirement) {
    o.text("key", requirement.key);
    o.text("operator", name_of(requirement.op, kSelectorOperators));
    write_texts(o, "values", requirement.values);
  });
}

void read_node_affinity(ObjectReader& in, PersistentVolume& volume) {
  in.object("nodeAffinity", "VolumeNodeAffinity", [&](ObjectReader& affinity) {
    affinity.object("required", "NodeSelector", [&](ObjectReader& required) {
      required.list("nodeSelectorTerms", volume.node_affinity.emplace(), [&](const Cursor& at) {
        ObjectReader term{in.reading(), at, "NodeSelectorTerm"};
        NodeSelectorTerm read;
        read.match_expressions = read_requirements(term, "matchExpressions");
        read.match_fields = read_requirements(term, "matchFields");
        term.finish({});
        return read;
      });
      required.finish({});
    });
    affinity.finish({});
  });
}

void write_node_affinity(JsonWriter& out, const std::vector<NodeSelectorTerm>& terms) {
  out.begin_object("nodeAffinity");
  out.begin_object("required");
  write_list(out, "nodeSelectorTerms", terms, [](JsonWriter& o, const NodeSelectorTerm& term) {
    write_requirements(o, "matchExpressions", term.match_expressions);
    write_requirements(o, "matchFields", term.match_fields);
  });
  out.end_object();
  out.end_object();
}

/// Where the data is. Disks are attached to a node; shares and local paths are only mounted.
void read_volume_source(ObjectReader& in, PersistentVolume& volume) {
  int count = 0;
  const auto local = [&](const char* name) {
    in.object(name, name, [&](ObjectReader& source) {
      ++count;
      volume.attachable = false;
      source.require("path", "a path on the node");
      source.text("path", volume.path);
      source.pass_over({"type", "fsType"});
      source.finish({});
    });
  };
  local("hostPath");
  local("local");
  // What a driver is told about its share or disk concerns nobody else.
  for (const char* share : {"nfs", "cephfs", "glusterfs", "azureFile", "quobyte"}) {
    if (!in.field(share)) continue;
    ++count;
    volume.attachable = false;
  }
  for (const char* disk : {"csi", "awsElasticBlockStore", "azureDisk", "cinder", "fc", "flexVolume",
                           "gcePersistentDisk", "iscsi", "photonPersistentDisk", "portworxVolume",
                           "rbd", "scaleIO", "storageos", "vsphereVolume"}) {
    if (in.field(disk)) ++count;
  }
  if (in.manifest() && count != 1) {
    in.reading().problem(in.here(), "exactly one source, such as csi, hostPath or nfs",
                         count == 0 ? "none" : std::to_string(count) + " of them");
  }
}

void check_claim_spec(ObjectReader& in, const ClaimSpec& spec) {
  in.require("accessModes", "at least one access mode");
  if (spec.access_modes.size() > 1 &&
      std::find(spec.access_modes.begin(), spec.access_modes.end(), AccessMode::ReadWriteOncePod) !=
          spec.access_modes.end()) {
    in.reading().problem(*in.field("accessModes"), "ReadWriteOncePod alone", "other modes with it");
  }
  if (spec.request_bytes <= 0) {
    in.reading().problem(in.field_or_here("resources"), "a size in resources.requests.storage",
                         "none");
  }
}

/// The entries of `data` or `stringData`. No value ever stands in a message.
void read_secret_entries(ObjectReader& root, const char* name, bool encoded, Labels& data) {
  const std::optional<Cursor> at = root.field(name);
  if (!at) return;
  Reading& reading = root.reading();
  if (at->value->type != Value::Type::Map) {
    reading.problem(*at, "a mapping of keys to values", "something else");
    return;
  }
  for (const Member& member : at->value->members) {
    const Cursor entry{member.value.get(), &*at, member.key, 0, false};
    const Value& value = *member.value;
    if (root.manifest() && !is_config_key(member.key)) {
      reading.problem(entry, "a key of letters, digits, - _ .", "\"" + member.key + "\"");
      continue;
    }
    if (value.type == Value::Type::Null) {
      data[member.key].clear();
    } else if (value.type != Value::Type::Text) {
      reading.problem(entry, "a text", "a value of another type (not shown)", "quote it");
    } else if (!encoded) {
      data[member.key] = value.text;
    } else if (auto bytes = bytes_of_base64(value.text)) {
      data[member.key] = *std::move(bytes);
    } else {
      reading.problem(entry, "base64", "a text that is none (not shown)",
                      "plain text belongs under stringData");
    }
  }
}

}  // namespace

void check_config_size(ObjectReader& in, const char* field, const Labels& data) {
  std::size_t size = 0;
  for (const auto& [key, value] : data) size += key.size() + value.size();
  if (size <= kConfigBytesMax) return;
  in.reading().problem(in.field_or_here(field), "at most 1 MiB of keys and values",
                       std::to_string(size) + " bytes");
}

std::string attachment_name(const std::string& volume, const std::string& node) {
  return volume + "." + node;
}

bool is_exclusive(const std::vector<AccessMode>& modes) {
  return std::none_of(modes.begin(), modes.end(), [](AccessMode mode) {
    return mode == AccessMode::ReadWriteMany || mode == AccessMode::ReadOnlyMany;
  });
}

void read_claim_spec(ObjectReader& in, ClaimSpec& spec) {
  read_access_modes(in, spec.access_modes);
  in.object("resources", "VolumeResourceRequirements", [&](ObjectReader& resources) {
    read_storage(resources, "requests", spec.request_bytes);
    resources.finish({"limits"});
  });
  std::string storage_class;
  if (in.text("storageClassName", storage_class)) spec.storage_class = std::move(storage_class);
  in.text("volumeName", spec.volume_name);
  in.object("selector", "LabelSelector",
            [&](ObjectReader& fields) { read_selector(fields, spec.selector.emplace()); });
  spec.block = read_volume_mode(in);
  if (in.manifest()) check_claim_spec(in, spec);
  in.finish({"dataSource", "dataSourceRef", "volumeAttributesClassName"});
}

void write_claim_spec(JsonWriter& out, const ClaimSpec& spec) {
  out.begin_object("spec");
  write_access_modes(out, spec.access_modes);
  out.begin_object("resources");
  write_storage(out, "requests", spec.request_bytes);
  out.end_object();
  if (spec.storage_class) out.text_in_full("storageClassName", *spec.storage_class);
  out.text("volumeName", spec.volume_name);
  if (spec.selector) write_selector(out, "selector", *spec.selector);
  if (spec.block) out.text("volumeMode", "Block");
  out.end_object();
}

void read_body(ObjectReader& root, PersistentVolume& volume) {
  root.require("spec", "a spec with capacity and source");
  root.object("spec", "PersistentVolumeSpec", [&](ObjectReader& in) {
    read_storage(in, "capacity", volume.capacity_bytes);
    read_access_modes(in, volume.access_modes);
    in.text("storageClassName", volume.storage_class);
    in.choice("persistentVolumeReclaimPolicy", volume.reclaim, kReclaimPolicies);
    read_node_affinity(in, volume);
    volume.block = read_volume_mode(in);
    in.object("claimRef", "ObjectReference", [&](ObjectReader& ref) {
      ref.text("namespace", volume.claim_namespace);
      ref.text("name", volume.claim_name);
      if (!ref.manifest()) ref.text("uid", volume.claim_uid);
      ref.pass_over({"apiVersion", "kind", "uid", "resourceVersion", "fieldPath"});
      ref.finish({});
    });
    if (in.manifest()) {
      read_volume_source(in, volume);
      in.require("accessModes", "at least one access mode");
      if (volume.capacity_bytes <= 0) {
        in.reading().problem(in.field_or_here("capacity"), "a size in capacity.storage", "none");
      }
      if (volume.reclaim == ReclaimPolicy::Recycle) {
        in.reading().not_modelled(*in.field("persistentVolumeReclaimPolicy"),
                                  "reclaim policy Recycle (the volume stays released)");
      }
      in.finish({"mountOptions", "volumeAttributesClassName"});
      return;
    }
    in.flag("attachable", volume.attachable);
    in.text("path", volume.path);
    in.finish({});
  });
  if (root.manifest()) return root.pass_over({"status"});
  root.object("status", "PersistentVolumeStatus", [&](ObjectReader& in) {
    in.choice("phase", volume.phase, kVolumePhases);
    in.finish({});
  });
}

void write_body(JsonWriter& out, const PersistentVolume& volume) {
  out.begin_object("spec");
  write_storage(out, "capacity", volume.capacity_bytes);
  write_access_modes(out, volume.access_modes);
  out.text("storageClassName", volume.storage_class);
  out.text("persistentVolumeReclaimPolicy", name_of(volume.reclaim, kReclaimPolicies));
  if (volume.node_affinity) write_node_affinity(out, *volume.node_affinity);
  if (volume.block) out.text("volumeMode", "Block");
  if (!volume.claim_name.empty()) {
    out.begin_object("claimRef");
    out.text("namespace", volume.claim_namespace);
    out.text("name", volume.claim_name);
    out.text("uid", volume.claim_uid);
    out.end_object();
  }
  out.flag("attachable", volume.attachable, true);
  out.text("path", volume.path);
  out.end_object();
  out.begin_object("status");
  out.text("phase", name_of(volume.phase, kVolumePhases));
  out.end_object();
}

void read_body(ObjectReader& root, PersistentVolumeClaim& claim) {
  root.require("spec", "a spec with access modes and a size");
  root.object("spec", "PersistentVolumeClaimSpec",
              [&](ObjectReader& in) { read_claim_spec(in, claim.spec); });
  if (root.manifest()) return root.pass_over({"status"});
  root.object("status", "PersistentVolumeClaimStatus", [&](ObjectReader& in) {
    in.choice("phase", claim.phase, kClaimPhases);
    read_storage(in, "capacity", claim.capacity_bytes);
    in.finish({});
  });
}

void write_body(JsonWriter& out, const PersistentVolumeClaim& claim) {
  write_claim_spec(out, claim.spec);
  out.begin_object("status");
  out.text("phase", name_of(claim.phase, kClaimPhases));
  if (claim.capacity_bytes != 0) write_storage(out, "capacity", claim.capacity_bytes);
  out.end_object();
}

void read_body(ObjectReader& root, StorageClass& storage_class) {
  root.require("provisioner", "who makes the volumes, or kubernetes.io/no-provisioner");
  root.text("provisioner", storage_class.provisioner);
  root.choice("reclaimPolicy", storage_class.reclaim, kReclaimPolicies);
  enum class Binding : std::uint8_t { Immediate, WaitForFirstConsumer };
  Binding binding = Binding::Immediate;
  root.choice("volumeBindingMode", binding, kBindingModes);
  storage_class.wait_for_first_consumer = binding == Binding::WaitForFirstConsumer;
  root.flag("allowVolumeExpansion", storage_class.allow_expansion);
  const auto is_default = storage_class.meta.annotations.find(kDefaultClassAnnotation);
  storage_class.is_default =
      is_default != storage_class.meta.annotations.end() && is_default->second == "true";
  if (root.manifest() && storage_class.reclaim == ReclaimPolicy::Recycle) {
    root.reading().wrong(*root.field("reclaimPolicy"), "Delete or Retain");
  }
}

void write_body(JsonWriter& out, const StorageClass& storage_class) {
  out.text("provisioner", storage_class.provisioner);
  out.text("reclaimPolicy", name_of(storage_class.reclaim, kReclaimPolicies));
  if (storage_class.wait_for_first_consumer) {
    out.text("volumeBindingMode", "WaitForFirstConsumer");
  }
  out.flag("allowVolumeExpansion", storage_class.allow_expansion);
}

void read_body(ObjectReader& root, VolumeAttachment& attachment) {
  root.object("spec", "VolumeAttachmentSpec", [&](ObjectReader& in) {
    in.text("nodeName", attachment.node_name);
    in.object("source", "VolumeAttachmentSource", [&](ObjectReader& source) {
      source.text("persistentVolumeName", attachment.volume_name);
      source.finish({});
    });
    in.finish({});
  });
  root.object("status", "VolumeAttachmentStatus", [&](ObjectReader& in) {
    in.flag("attached", attachment.attached);
    in.object("attachError", "VolumeError", [&](ObjectReader& error) {
      error.text("message", attachment.attach_error);
      error.finish({});
    });
    in.finish({});
  });
}

void write_body(JsonWriter& out, const VolumeAttachment& attachment) {
  out.begin_object("spec");
  out.text("nodeName", attachment.node_name);
  out.begin_object("source");
  out.text("persistentVolumeName", attachment.volume_name);
  out.end_object();
  out.end_object();
  out.begin_object("status");
  out.flag("attached", attachment.attached);
  if (!attachment.attach_error.empty()) {
    out.begin_object("attachError");
    out.text("message", attachment.attach_error);
    out.end_object();
  }
  out.end_object();
}

void read_body(ObjectReader& root, Secret& secret) {
  // It would hold the values once more.
  secret.meta.annotations.erase(kLastAppliedAnnotation);
  root.text("type", secret.type);
  root.flag("immutable", secret.immutable);
  read_secret_entries(root, "data", true, secret.data);
  // Kubernetes lets stringData win over data.
  if (root.manifest()) {
    read_secret_entries(root, "stringData", false, secret.data);
    check_config_size(root, "data", secret.data);
  }
}

void write_body(JsonWriter& out, const Secret& secret) {
  out.text("type", secret.type, "Opaque");
  out.flag("immutable", secret.immutable);
  if (secret.data.empty()) return;
  out.begin_object("data");
  for (const auto& [key, value] : secret.data) out.text_in_full(key, base64_of(value));
  out.end_object();
}

}  // namespace orrery::api
