/// @file
/// What a scenario can make go wrong.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/api/meta.h"
#include "models/base/time_types.h"
#include "runner/scenario/edge_fault.h"

namespace orrery::scenario {

enum class FaultKind : std::uint8_t {
  ContainerKill,          ///< KILL to the first process of a container.
  PodKill,                ///< The pod object is deleted with grace 0.
  NodeLoss,               ///< The node and all on it are gone, for `lasts` if given.
  ControlPlaneKill,       ///< kill -9 of the control-plane process, started again after `lasts`.
  NodeAgentKill,          ///< kill -9 of a node's agent, started again after `lasts`.
  ZoneLoss,               ///< NodeLoss of every node of a zone.
  KubeletKill,            ///< kill -9 of a node's kubelet alone, started again after `lasts`.
  NodePartition,          ///< Nothing passes between a node and the control plane.
  ControllerManagerKill,  ///< kill -9 of the one that works, started again after `lasts`.
  SchedulerKill,
  CrashAfterWrites,  ///< A part of the control plane is killed after its `count`-th write.
  ApiSlow,           ///< Calls and answers take `delay` longer, each way.
  ApiRefusing,       ///< The API server answers every call: no.
  ApiUnavailable,    ///< Nobody answers; watches break off.
  WatchStale,        ///< What a process sees of the cluster is `delay` old.
  WatchMiss,         ///< One change is never told to a process, until it lists again.
  WatchLate,         ///< One change, and what follows on its watch, is told `delay` late.
  StoreKill,         ///< `count` members of the store are gone.
  StoreSlow,         ///< `count` members of the store take `delay` longer to write to disk.
  RegistrySlow,      ///< The registry's link has `bytes_per_second`.
  RegistryDown,      ///< Pulls fail.
  NetworkDelay,      ///< Messages take `delay` longer, give or take a jitter.
  NetworkLoss,       ///< Messages are lost and sent again by TCP.
  NetworkCorrupt,    ///< The same, by their checksum.
  NetworkPartition,  ///< No message passes.
  Reset,             ///< Connections are reset, `delay` after a request was sent.
  DnsError,          ///< Names are not found, `delay` after they were looked up.
  HttpAbort,         ///< Something before the called answers in its place.
  HttpDelay,         ///< Requests reach the called `delay` later.
  HttpReplace,       ///< Answers get another status.
  PodFailure,        ///< The containers' images do nothing, for so long.
  CpuStress,         ///< Threads beside a container's own use its quota.
  MemoryStress,      ///< A container holds more memory.
  GcPause,           ///< All that a container does stands still.
  IoLatency,         ///< What a container's requests wait for takes `delay` longer.
  StaleEndpoints,    ///< A proxy hears of no change.
  Unwell,            ///< A container's checks and requests fail, or its checks hang.
  NetworkBandwidth,  ///< Messages pass one after another, at a rate.
  SlowClose,         ///< A pool's connection is closed after an answer, which takes `delay`.
  BadConfig,         ///< The proxies of callers are told something wrong.
  DiskFull,          ///< A node's disk has nothing left.
  LimitData,         ///< Larger messages are cut off, and their connections reset.
  SlowLeader,        ///< What writes and reads wait for takes `delay` longer where the leader is.
  LeaderKill,        ///< ContainerKill of the pod that leads a service.
};
inline constexpr int kFaultKindCount = 44;
[[nodiscard]] const char* to_string(FaultKind kind);

struct FaultAction {
  FaultKind kind = FaultKind::PodKill;
  /// A workload, Pod or Node, or the Service of a leader; absent for faults of the control plane,
  /// the store and the registry.
  std::optional<api::ObjectKey> target;
  std::string container;  ///< Of a fault of containers: which; empty: the first.
  bool hangs = false;     ///< Unwell: it hangs; otherwise it fails.
  /// How many of the matching pods or nodes, drawn by seed; of a fault on the way those of `to`, or
  /// of `from` if that is everybody, and of BadConfig those of `from`.
  std::uint32_t count = 1;
  std::optional<double> share;  ///< In place of `count`: (0, 1] of them, rounded up.
  std::optional<Duration> lasts;
  /// Api…, Watch…, CrashAfterWrites: whose; empty: everybody's. StaleEndpoints: "Node/a-1" or
  /// "clients".
  std::string process;
  std::string zone;  ///< ZoneLoss.
  Duration delay;
  std::int64_t bytes_per_second = 0;  ///< RegistrySlow, NetworkBandwidth.
  std::uint32_t threads = 1;          ///< CpuStress.
  std::int64_t memory_bytes = 0;      ///< MemoryStress.
  std::optional<EdgeSettings> edge;   ///< Of a fault between callers and the called.
};

/// What a fault of this kind is told, beside what happens and when.
struct FaultForm {
  std::vector<api::Kind> targets;  ///< Kinds of objects it may hit; empty: none.
  bool process = false;            ///< Hits a process; must name one unless `for_everybody`.
  bool for_everybody = false;
  bool must_end = false;   ///< "for" is required.
  bool can_end = false;    ///< "for" is allowed.
  bool counts = false;     ///< "count" is allowed.
  bool shares = false;     ///< "share" is allowed in its place.
  bool delays = false;     ///< "delay" is required.
  bool may_delay = false;  ///< "delay" is allowed.
  bool container = false;  ///< "container" is allowed.
  bool edge = false;       ///< Hits the way between callers and the called.
  bool only_simulated = false;
};
[[nodiscard]] FaultForm form_of(FaultKind kind);

/// Whether `count` or `share` are of the pods of `from`, not of `to`. Requires: `fault.edge` is
/// set.
[[nodiscard]] bool draws_callers(const FaultAction& fault);

}  // namespace orrery::scenario
