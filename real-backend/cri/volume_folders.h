/// @file
/// The folders that stand for pods' volumes on a live host.
///
/// Files of ConfigMaps and Secrets are replaced all at once: a new folder is written, then one
/// symbolic link is renamed onto the old one, so that a reader sees the old files or the new ones.
///
/// Source: Kubernetes pkg/volume/util/atomic_writer.go, pkg/volume/hostpath.
#pragma once

#include <string>

#include "models/ports/container_runtime.h"

namespace orrery::cri {

class VolumeFolders {
 public:
  struct Done {
    ports::Outcome outcome = ports::Outcome::Ok;
    std::string message;  ///< Why not, for people; never shows a content.
  };

  /// `root` is made when first needed. Empty: there are no volumes, and each is refused.
  explicit VolumeFolders(std::string root) : root_{std::move(root)} {}

  /// Ok also if it is there already. NotFound: a host path that fails its check. Refused: a disk
  /// that the host does not have itself; no folder for volumes; the disk is full, …
  [[nodiscard]] Done prepare(const ports::VolumeOrder& order) const;

  /// Everything prepared for the pod, unmounted and removed. Ok if there is nothing.
  [[nodiscard]] Done remove(const std::string& pod_uid) const;

 private:
  std::string root_;
};

/// What stands at the mount's place on the host. A part of a volume that is not there is made as a
/// folder by `make_sub_path`.
[[nodiscard]] std::string host_path_of(const std::string& root, const std::string& pod_uid,
                                       const ports::Mount& mount);
void make_sub_path(const std::string& root, const std::string& pod_uid, const ports::Mount& mount);

}  // namespace orrery::cri
