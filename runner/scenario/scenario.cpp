#include "runner/scenario/scenario.h"

namespace orrery::scenario {

const char* to_string(FaultKind kind) {
  switch (kind) {
    case FaultKind::ContainerKill:
      return "container-kill";
    case FaultKind::PodKill:
      return "pod-kill";
    case FaultKind::NodeLoss:
      return "node-loss";
    case FaultKind::ControlPlaneKill:
      return "control-plane-kill";
    case FaultKind::NodeAgentKill:
      return "node-agent-kill";
  }
  contract_violation("a fault is of one of the known kinds");
}

}  // namespace orrery::scenario
