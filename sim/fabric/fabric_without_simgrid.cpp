#include "sim/fabric/fabric.h"

namespace orrery::sim {

Result<std::unique_ptr<Fabric>> make_fabric(FabricConfig) {
  return failure(
      "Image pulls and other bulk flows need SimGrid, and this Orrery was built without.",
      "Build with -DORRERY_SIMGRID=ON, or have every image on its nodes from the start.");
}

}  // namespace orrery::sim
