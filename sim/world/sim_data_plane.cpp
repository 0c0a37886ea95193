#include "sim/world/sim_data_plane.h"

#include <algorithm>
#include <utility>

#include "sim/traffic/request_engine.h"

namespace orrery::sim {

void SimDataPlane::publish(ports::OwnerId /*owner*/, ports::EndpointTable table) {
  const auto service = environment_.services.find({table.service, table.port_name});
  if (service == environment_.services.end()) return;
  table.version += version_base_;
  newest_version_ = std::max(newest_version_, table.version);
  environment_.kernel.schedule(
      environment_.kernel.now() + environment_.delay, EventClass::Ordinary,
      {kind_of(WorldEvent::PublishTable),
       environment_.pending.put(
           {consumer_, service->second, std::move(table), environment_.dispatcher.cause()})});
}

bool dispatch(TableEnvironment& environment, KernelEvent event) {
  if (event.kind != kind_of(WorldEvent::PublishTable)) return false;
  const PendingTable pending = environment.pending.take(event.index);
  environment.dispatcher.fingerprint().add(environment.kernel.now(),
                                           (std::uint64_t{pending.consumer} << 24) | 0xc000,
                                           pending.table.version);
  environment.engine.publish(pending.consumer, pending.service, pending.table.endpoints,
                             pending.table.version, pending.table.session_affinity, pending.cause,
                             pending.table.node_ends);
  return true;
}

}  // namespace orrery::sim
