/// @file
/// What is stored on a simulated node and outside of the nodes. Not the bytes: only which data is
/// where, so that a run shows what survives what.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "models/ports/container_runtime.h"

namespace orrery::sim {

/// Tells one set of data from every other one of a world.
using DataId = std::uint64_t;

/// Disks and shares, which outlive every node. All nodes of a world have the same.
struct SharedStorage {
  std::map<std::string, DataId> volumes;  ///< By the name of the PersistentVolume.
  DataId next = 1;
};

class NodeStorage {
 public:
  /// `shared` must outlive it.
  explicit NodeStorage(SharedStorage& shared);

  /// Makes the volume usable. Says why it cannot, for people.
  [[nodiscard]] std::optional<std::string> prepare(const ports::VolumeOrder& order);
  /// Takes away what was prepared for the pod; its own folders go with all they hold.
  void remove(const std::string& pod_uid);
  /// The node was off: what was in memory is gone.
  void restart();
  /// Nothing is on the node itself any more.
  void start_over();

  /// What the pod finds in the volume; nothing if it is not prepared.
  [[nodiscard]] std::optional<DataId> data_of(const std::string& pod_uid,
                                              const std::string& volume) const;

 private:
  /// What stands at a path of the node: as the types of a hostPath volume are called.
  struct Path {
    std::string type;
    DataId data = 0;
  };
  struct Prepared {
    DataId data = 0;
    bool memory = false;
  };

  std::optional<std::string> prepare_host_path(const std::string& path, const std::string& type,
                                               Prepared& out);

  SharedStorage& shared_;
  std::map<std::string, Path> paths_;
  std::map<std::pair<std::string, std::string>, Prepared> prepared_;  ///< By pod and volume.
};

}  // namespace orrery::sim
