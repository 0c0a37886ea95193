#include "models/api/kind_readers.h"
#include "models/api/kind_writers.h"
#include "models/api/part_writers.h"

namespace orrery::api {

void read_body(ObjectReader& /*root*/, PodDisruptionBudget& /*object*/) {}
void write_body(JsonWriter& /*out*/, const PodDisruptionBudget& /*object*/) {}

void read_body(ObjectReader& /*root*/, ResourceQuota& /*object*/) {}
void write_body(JsonWriter& /*out*/, const ResourceQuota& /*object*/) {}

void read_body(ObjectReader& /*root*/, LimitRange& /*object*/) {}
void write_body(JsonWriter& /*out*/, const LimitRange& /*object*/) {}

void read_body(ObjectReader& /*root*/, PriorityClass& /*object*/) {}
void write_body(JsonWriter& /*out*/, const PriorityClass& /*object*/) {}

void read_body(ObjectReader& /*root*/, Namespace& /*object*/) {}
void write_body(JsonWriter& /*out*/, const Namespace& /*object*/) {}

}  // namespace orrery::api
