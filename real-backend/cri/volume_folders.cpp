#include "real-backend/cri/volume_folders.h"

#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>

namespace orrery::cri {
namespace {

namespace fs = std::filesystem;
using ports::Outcome;
using ports::VolumeOrder;

constexpr const char* kData = "..data";
constexpr const char* kNextData = "..data_tmp";

bool is_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos;
}

/// Relative, and never out of the folder it is relative to.
bool stays_inside(const fs::path& path) {
  if (path.empty() || path.is_absolute()) return false;
  for (const fs::path& part : path) {
    if (part == "..") return false;
  }
  return true;
}

VolumeFolders::Done refused(const std::string& what, const std::error_code& error) {
  return {Outcome::Refused, what + ": " + error.message()};
}

bool is_mounted_there(const fs::path& folder) {
  std::ifstream mounts{"/proc/self/mounts"};
  std::string device;
  std::string where;
  std::string rest;
  while (mounts >> device >> where && std::getline(mounts, rest)) {
    if (where == folder.string()) return true;
  }
  return false;
}

VolumeFolders::Done make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return refused("cannot make " + folder.string(), error);
  // Whoever a container runs as may write there.
  fs::permissions(folder, fs::perms::all, error);
  if (error) return refused("cannot open " + folder.string() + " for all", error);
  return {};
}

VolumeFolders::Done make_memory(const fs::path& folder) {
  const VolumeFolders::Done made = make_folder(folder);
  if (made.outcome != Outcome::Ok || is_mounted_there(folder)) return made;
  if (::mount("tmpfs", folder.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0777") != 0) {
    return {Outcome::Refused,
            "cannot mount memory on " + folder.string() + ": " + std::strerror(errno)};
  }
  return {};
}

/// The next unused name for a folder of files, and the one in use.
struct Generations {
  std::string next;
  std::string current;
};
Generations generations_in(const fs::path& folder) {
  std::error_code error;
  const fs::path current = fs::read_symlink(folder / kData, error);
  for (std::uint64_t number = 1;; ++number) {
    const std::string name = "..d" + std::to_string(number);
    if (!fs::exists(folder / name, error)) return {name, current.string()};
  }
}

VolumeFolders::Done write_files(const fs::path& folder, const VolumeOrder& order) {
  for (const auto& [path, content] : order.files) {
    if (!stays_inside(path)) return {Outcome::Invalid, "a file outside of its volume: " + path};
  }
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return refused("cannot make " + folder.string(), error);
  const Generations generations = generations_in(folder);
  const fs::path fresh = folder / generations.next;
  std::set<std::string> tops;
  for (const auto& [path, content] : order.files) {
    const fs::path file = fresh / path;
    tops.insert(fs::path{path}.begin()->string());
    fs::create_directories(file.parent_path(), error);
    std::ofstream stream{file, std::ios::binary};
    stream << content;
    stream.close();
    if (!stream) return {Outcome::Refused, "cannot write " + file.string()};
  }
  fs::create_directories(fresh, error);
  fs::remove(folder / kNextData, error);
  fs::create_symlink(generations.next, folder / kNextData, error);
  if (!error) fs::rename(folder / kNextData, folder / kData, error);
  if (error) return refused("cannot replace the files of " + folder.string(), error);
  // Names appear after their content, and go after it is gone.
  for (const std::string& top : tops) {
    if (fs::is_symlink(folder / top, error)) continue;
    fs::create_symlink(fs::path{kData} / top, folder / top, error);
    if (error) return refused("cannot name a file of " + folder.string(), error);
  }
  for (const fs::directory_entry& entry : fs::directory_iterator{folder, error}) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("..") || tops.contains(name)) continue;
    fs::remove(entry.path(), error);
  }
  if (!generations.current.empty()) fs::remove_all(folder / generations.current, error);
  return {};
}

VolumeFolders::Done check_host_path(const std::string& path, const std::string& type) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  const bool exists = fs::exists(status);
  if (!exists && (type.empty() || type == "DirectoryOrCreate")) {
    fs::create_directories(path, error);
    if (error) return refused("cannot make " + path, error);
    return {};
  }
  if (!exists && type == "FileOrCreate") {
    std::ofstream stream{path, std::ios::app};
    if (!stream) return {Outcome::Refused, "cannot make " + path};
    return {};
  }
  const bool right = type.empty() || (type.starts_with("Directory") && fs::is_directory(status)) ||
                     (type.starts_with("File") && fs::is_regular_file(status)) ||
                     (type == "Socket" && fs::is_socket(status)) ||
                     (type == "CharDevice" && fs::is_character_file(status)) ||
                     (type == "BlockDevice" && fs::is_block_file(status));
  if (right) return {};
  return {Outcome::NotFound, "hostPath type check failed: " + path + " is not a " + type};
}

}  // namespace

VolumeFolders::Done VolumeFolders::prepare(const VolumeOrder& order) const {
  using Kind = VolumeOrder::Kind;
  if (order.kind == Kind::HostPath) return check_host_path(order.path, order.type);
  if (order.kind == Kind::Disk) {
    if (!order.path.empty()) return check_host_path(order.path, {});
    return {Outcome::Refused, "volume " + order.disk + " is on no path of this host"};
  }
  if (root_.empty()) return {Outcome::Refused, "this node has no folder for volumes"};
  if (!is_name(order.pod_uid) || !is_name(order.name)) {
    return {Outcome::Invalid, "a volume is named by its pod and its own name"};
  }
  const fs::path folder = fs::path{root_} / order.pod_uid / order.name;
  switch (order.kind) {
    case Kind::Directory:
      return make_folder(folder);
    case Kind::Memory:
      return make_memory(folder);
    default:
      return write_files(folder, order);
  }
}

VolumeFolders::Done VolumeFolders::remove(const std::string& pod_uid) const {
  if (root_.empty()) return {};
  if (!is_name(pod_uid)) return {Outcome::Invalid, "a pod has a uid"};
  const fs::path pod = fs::path{root_} / pod_uid;
  std::error_code error;
  if (!fs::exists(pod, error)) return {};
  for (const fs::directory_entry& volume : fs::directory_iterator{pod, error}) {
    if (!is_mounted_there(volume.path())) continue;
    if (::umount2(volume.path().c_str(), MNT_DETACH) != 0) {
      return {Outcome::Refused,
              "cannot unmount " + volume.path().string() + ": " + std::strerror(errno)};
    }
  }
  fs::remove_all(pod, error);
  if (error) return refused("cannot remove " + pod.string(), error);
  return {};
}

std::string host_path_of(const std::string& root, const std::string& pod_uid,
                         const ports::Mount& mount) {
  const fs::path base =
      mount.host_path.empty() ? fs::path{root} / pod_uid / mount.volume : fs::path{mount.host_path};
  return mount.sub_path.empty() ? base.string() : (base / mount.sub_path).string();
}

void make_sub_path(const std::string& root, const std::string& pod_uid, const ports::Mount& mount) {
  if (mount.sub_path.empty() || !stays_inside(mount.sub_path)) return;
  const fs::path path = host_path_of(root, pod_uid, mount);
  std::error_code error;
  if (!fs::exists(path, error)) fs::create_directories(path, error);
}

}  // namespace orrery::cri
