/// @file
/// The events of the request engine, for the files that it is made of.
#pragma once

#include <cstdint>

namespace orrery::sim {

/// KernelEvent::kind; the index is a call's slot, for Work a CPU group, for CheckHosts a route; for
/// Arrival a load, or a user of a closed one behind all loads; for Hedge a hedged call, for
/// CloseConnection a connection that is being closed, for GroupDue a consumer group, for Election a
/// service. From Hedge on they are no calls.
enum TrafficEventKind : std::uint8_t {
  kArrival = 0,
  kReachInstance = 1,
  kEndService = 2,
  kReachCaller = 3,
  kTimeout = 4,
  kWork = 5,
  kTryAgain = 6,
  kNextStep = 7,
  kSendAgain = 8,
  kHedge = 9,
  kCheckHosts = 10,
  kCloseConnection = 11,
  kGroupDue = 12,
  kElection = 13,
};
inline constexpr std::uint8_t kFirstForeignKind = 16;

/// Folded into the fingerprint with the kind, so that traffic differs from every other component.
inline constexpr std::uint64_t kTrafficComponent = 1 << 8;

/// In the work list: the call reaches its caller; otherwise, its instance.
inline constexpr std::uint32_t kAnswers = 1U << 31;

}  // namespace orrery::sim
