#include "models/scheduler/pod_shape.h"

namespace orrery::scheduler {

bool same_shape(const api::Pod& a, const api::Pod& b) {
  const api::PodSpec& s = a.spec;
  const api::PodSpec& t = b.spec;
  return a.meta.labels == b.meta.labels && a.meta.namespace_name == b.meta.namespace_name &&
         s.priority == t.priority && s.volumes == t.volumes && s.containers == t.containers &&
         s.init_containers == t.init_containers && s.overhead == t.overhead &&
         s.node_selector == t.node_selector && s.affinity == t.affinity &&
         s.topology_spread == t.topology_spread && s.tolerations == t.tolerations &&
         s.scheduler_name == t.scheduler_name;
}

}  // namespace orrery::scheduler
