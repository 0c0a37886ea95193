#include "models/api/kind_readers.h"
#include "models/api/kind_writers.h"
#include "models/api/part_writers.h"

namespace orrery::api {

void read_body(ObjectReader& /*root*/, HorizontalPodAutoscaler& /*object*/) {}
void write_body(JsonWriter& /*out*/, const HorizontalPodAutoscaler& /*object*/) {}

void read_body(ObjectReader& /*root*/, PodMetrics& /*object*/) {}
void write_body(JsonWriter& /*out*/, const PodMetrics& /*object*/) {}

}  // namespace orrery::api
