/// @file
/// The cores of one node while its containers want more of them than there are.
///
/// Source: Linux group scheduling (Documentation/admin-guide/cgroup-v2.rst, cpu.weight) as a fluid;
/// the kubelet's cgroups (Kubernetes pkg/kubelet/cm, qos_container_manager_linux.go): guaranteed
/// pods stand beside two groups that hold all burstable and all best-effort ones.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sim/traffic/cpu_group.h"

namespace orrery::sim {

/// The cgroup that a container's pod belongs to.
enum class CpuClass : std::uint8_t { Guaranteed, Burstable, BestEffort };

/// What a container is entitled to when its node has too few cores.
struct CpuClaim {
  CpuClass of = CpuClass::BestEffort;
  std::int64_t weight = 1;  ///< cgroup v2's, 1..10,000.
};

/// Times and threads are the caller's business: this only deals out cores.
class NodeCpu {
 public:
  /// Requires: cores >= 1.
  explicit NodeCpu(std::uint32_t cores);

  [[nodiscard]] std::uint32_t cores() const { return cores_; }

  /// The weight of all burstable pods together, 1..10,000, whether they work or not.
  void set_burstable_weight(std::int64_t weight);

  /// A group has so many threads that want a core each. Returns whether somebody's share may be
  /// another one now.
  bool wants(std::uint32_t group, const CpuClaim& claim, std::int64_t threads);

  struct Grant {
    std::uint32_t group = 0;
    CoreShare cores = 0;
    std::int64_t threads = 0;  ///< That it is for.
  };
  /// What each group that wants something gets, in order of groups. Nobody gets more than its
  /// threads can use while another one has too little; none gets nothing.
  [[nodiscard]] std::vector<Grant> deal() const;

  /// Whether there are fewer cores than threads.
  [[nodiscard]] bool is_short() const { return threads_ > cores_; }

 private:
  struct Wish {
    CpuClaim claim;
    std::int64_t threads = 0;
  };

  std::uint32_t cores_;
  std::int64_t burstable_weight_ = 1;
  std::int64_t threads_ = 0;  ///< Of all groups.
  std::map<std::uint32_t, Wish> wishes_;
};

}  // namespace orrery::sim
