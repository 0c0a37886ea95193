#include "models/api/kind_readers.h"
#include "models/api/kind_writers.h"
#include "models/api/part_writers.h"

namespace orrery::api {

void read_body(ObjectReader& /*root*/, PersistentVolume& /*object*/) {}
void write_body(JsonWriter& /*out*/, const PersistentVolume& /*object*/) {}

void read_body(ObjectReader& /*root*/, PersistentVolumeClaim& /*object*/) {}
void write_body(JsonWriter& /*out*/, const PersistentVolumeClaim& /*object*/) {}

void read_body(ObjectReader& /*root*/, StorageClass& /*object*/) {}
void write_body(JsonWriter& /*out*/, const StorageClass& /*object*/) {}

void read_body(ObjectReader& /*root*/, VolumeAttachment& /*object*/) {}
void write_body(JsonWriter& /*out*/, const VolumeAttachment& /*object*/) {}

void read_body(ObjectReader& /*root*/, Secret& /*object*/) {}
void write_body(JsonWriter& /*out*/, const Secret& /*object*/) {}

}  // namespace orrery::api
