#include "models/api/kind_readers.h"
#include "models/api/kind_writers.h"
#include "models/api/part_writers.h"

namespace orrery::api {

void read_body(ObjectReader& /*root*/, PodDisruptionBudget& /*object*/) {}
void write_body(JsonWriter& /*out*/, const PodDisruptionBudget& /*object*/) {}

}  // namespace orrery::api
