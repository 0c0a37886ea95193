#include "models/api/kind_readers.h"
#include "models/api/kind_writers.h"
#include "models/api/part_writers.h"

namespace orrery::api {

void read_body(ObjectReader& /*root*/, ReplicationController& /*object*/) {}
void write_body(JsonWriter& /*out*/, const ReplicationController& /*object*/) {}

void read_body(ObjectReader& /*root*/, StatefulSet& /*object*/) {}
void write_body(JsonWriter& /*out*/, const StatefulSet& /*object*/) {}

void read_body(ObjectReader& /*root*/, DaemonSet& /*object*/) {}
void write_body(JsonWriter& /*out*/, const DaemonSet& /*object*/) {}

void read_body(ObjectReader& /*root*/, ControllerRevision& /*object*/) {}
void write_body(JsonWriter& /*out*/, const ControllerRevision& /*object*/) {}

}  // namespace orrery::api
