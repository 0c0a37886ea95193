#include "sim/world/node_storage.h"

namespace orrery::sim {
namespace {

/// The directories of a Linux host (FHS 3.0) and what a node of a cluster has beside them.
constexpr const char* kDirectories[] = {
    "/",        "/bin",     "/boot",        "/dev",     "/etc",         "/etc/kubernetes",
    "/home",    "/lib",     "/lib/modules", "/media",   "/mnt",         "/opt",
    "/proc",    "/root",    "/run",         "/sbin",    "/srv",         "/sys",
    "/tmp",     "/usr",     "/usr/bin",     "/usr/lib", "/usr/local",   "/var",
    "/var/lib", "/var/log", "/var/run",     "/var/tmp", "/var/log/pods"};

}  // namespace

NodeStorage::NodeStorage(SharedStorage& shared) : shared_{shared} { start_over(); }

void NodeStorage::start_over() {
  paths_.clear();
  prepared_.clear();
  for (const char* path : kDirectories) paths_[path] = {"Directory", shared_.next++};
  paths_["/dev/null"] = {"CharDevice", shared_.next++};
  paths_["/etc/hosts"] = {"File", shared_.next++};
  paths_["/run/containerd/containerd.sock"] = {"Socket", shared_.next++};
}

std::optional<std::string> NodeStorage::prepare_host_path(const std::string& path,
                                                          const std::string& type, Prepared& out) {
  const bool creates = type.empty() || type == "DirectoryOrCreate" || type == "FileOrCreate";
  const std::string wanted = type == "FileOrCreate" || type == "File"      ? "File"
                             : type.empty() || type == "DirectoryOrCreate" ? "Directory"
                                                                           : type;
  auto found = paths_.find(path);
  if (found == paths_.end()) {
    if (!creates) return "hostPath type check failed: " + path + " is not a " + wanted;
    found = paths_.emplace(path, Path{wanted, shared_.next++}).first;
  }
  if (!type.empty() && found->second.type != wanted) {
    return "hostPath type check failed: " + path + " is not a " + wanted;
  }
  out.data = found->second.data;
  return std::nullopt;
}

std::optional<std::string> NodeStorage::prepare(const ports::VolumeOrder& order) {
  using Kind = ports::VolumeOrder::Kind;
  const std::pair<std::string, std::string> key{order.pod_uid, order.name};
  Prepared prepared;
  switch (order.kind) {
    case Kind::Directory:
    case Kind::Memory:
    case Kind::Files: {
      if (prepared_.contains(key)) return std::nullopt;
      prepared = {shared_.next++, order.kind == Kind::Memory};
      break;
    }
    case Kind::HostPath:
      if (auto problem = prepare_host_path(order.path, order.type, prepared)) return problem;
      break;
    case Kind::Disk: {
      if (!order.path.empty()) {
        if (auto problem = prepare_host_path(order.path, {}, prepared)) return problem;
        break;
      }
      const auto [disk, is_new] = shared_.volumes.try_emplace(order.disk, 0);
      if (is_new) disk->second = shared_.next++;
      prepared.data = disk->second;
      break;
    }
  }
  prepared_[key] = prepared;
  return std::nullopt;
}

void NodeStorage::remove(const std::string& pod_uid) {
  std::erase_if(prepared_, [&](const auto& entry) { return entry.first.first == pod_uid; });
}

void NodeStorage::restart() {
  std::erase_if(prepared_, [](const auto& entry) { return entry.second.memory; });
}

std::optional<DataId> NodeStorage::data_of(const std::string& pod_uid,
                                           const std::string& volume) const {
  const auto found = prepared_.find({pod_uid, volume});
  if (found == prepared_.end()) return std::nullopt;
  return found->second.data;
}

}  // namespace orrery::sim
