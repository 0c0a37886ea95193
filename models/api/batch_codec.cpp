#include "models/api/kind_readers.h"
#include "models/api/kind_writers.h"
#include "models/api/part_writers.h"

namespace orrery::api {

void read_body(ObjectReader& /*root*/, Job& /*object*/) {}
void write_body(JsonWriter& /*out*/, const Job& /*object*/) {}

void read_body(ObjectReader& /*root*/, CronJob& /*object*/) {}
void write_body(JsonWriter& /*out*/, const CronJob& /*object*/) {}

}  // namespace orrery::api
