/// @file
/// Bulk transfers that share links: image pulls and other flows between the hosts of a platform.
///
/// Rates follow from who shares which link at the moment (max-min fairness), so a flow's end moves
/// whenever another one starts or ends. The kernel's clock leads: ask for `next()` after every
/// change, run kernel events before that date, and `advance` at it.
///
///     while (true) {
///       const Instant flow = fabric.next();
///       if (flow <= kernel.next_time()) {          // At one instant the fabric comes first.
///         if (flow == Instant::never()) break;
///         kernel.advance_to(flow);
///         fabric.advance(flow, ended);
///         …
///       } else if (kernel.pop(flow, event)) { … }
///     }
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/base/time_types.h"

namespace orrery::sim {

struct FabricNode {
  std::string zone;
  std::int64_t bytes_per_second = 0;  ///< Of its link, each way; >= 1.
};

/// Nodes hang on the switch of their zone, zones and the registry on one backbone that is never
/// the bottleneck itself. A flow from the registry passes three links: the registry's, the zone's,
/// the node's.
struct FabricConfig {
  std::vector<FabricNode> nodes;
  std::int64_t zone_bytes_per_second = 0;      ///< Between a zone and the backbone, each way; >= 1.
  std::int64_t registry_bytes_per_second = 0;  ///< Each way; >= 1.
  Duration latency_in_zone;                    ///< One way, between two nodes of a zone.
  Duration latency_between_zones;              ///< Not shorter than within one.
  Duration latency_to_registry;  ///< From any node; at least half of that between zones.
};

/// A position in FabricConfig::nodes, or the registry.
using FabricHost = std::uint32_t;
inline constexpr FabricHost kRegistryHost = 0xffff'ffff;

enum class FlowId : std::uint64_t {};
enum class FlowEnd : std::uint8_t {
  Done,    ///< Every byte has arrived.
  Failed,  ///< A host at one of its ends was, or went, off.
};

struct FlowResult {
  FlowId id{};
  std::uint64_t tag = 0;  ///< As given to start_flow.
  Instant at;
  FlowEnd end = FlowEnd::Done;

  friend bool operator==(const FlowResult&, const FlowResult&) = default;
};

/// Times given as `now` never go back, and never pass over next().
class Fabric {
 public:
  virtual ~Fabric() = default;

  /// Its result comes from advance(), never from inside this call. Between a host and itself a
  /// flow takes no time; an empty one is taken for one of a single byte.
  virtual FlowId start_flow(Instant now, FabricHost from, FabricHost to, std::uint64_t bytes,
                            std::uint64_t tag) = 0;

  /// A flow from the registry.
  FlowId start_pull(Instant now, FabricHost node, std::uint64_t bytes, std::uint64_t tag) {
    return start_flow(now, kRegistryHost, node, bytes, tag);
  }

  /// Ends the flow without a result. Does nothing if its result is already due.
  virtual void cancel(Instant now, FlowId flow) = 0;

  /// Off: flows from and to the host fail now, and those started later fail at once.
  virtual void set_up(Instant now, FabricHost host, bool up) = 0;

  /// Of the host's link, each way, from now on. Requires: bytes_per_second >= 1.
  virtual void set_bandwidth(Instant now, FabricHost host, std::int64_t bytes_per_second) = 0;

  /// No result is due before this date, or at all: Instant::never(). At it there may still be
  /// none, as rates also change when a flow's latency is over.
  [[nodiscard]] virtual Instant next() = 0;

  /// Appends the results due at or before `to`, in order of (date, id). Requires: to <= next().
  virtual void advance(Instant to, std::vector<FlowResult>& results) = 0;
};

/// The platform in SimGrid. Nothing of it is set up before the first flow starts, and a process
/// can do that for one Fabric only: SimGrid has one engine per process.
/// A failure if Orrery was built without SimGrid.
[[nodiscard]] Result<std::unique_ptr<Fabric>> make_fabric(FabricConfig config);

}  // namespace orrery::sim
