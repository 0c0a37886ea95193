/// @file
/// Keeps the values of Secrets out of records.
#pragma once

#include <map>
#include <string>

#include "models/ports/api_client.h"
#include "models/ports/container_runtime.h"
#include "models/ports/event.h"

namespace orrery::recording {

/// Replaces every value of a Secret by "(masked N)", N counting the values of one record as they
/// come up: equal values stay equal and different ones different, which is all that a process
/// decides by, and nothing else can be learnt from them. What is masked already stays as it is, so
/// a replayed process makes the same lines again.
///
/// Holds the plain values in memory while it lives.
class SecretMask {
 public:
  [[nodiscard]] api::ObjectPtr object(const api::ObjectPtr& object);
  [[nodiscard]] ports::ApiCall call(const ports::ApiCall& call);
  [[nodiscard]] ports::Event event(const ports::Event& event);
  /// Variables that come from a Secret, and the files of its volumes.
  [[nodiscard]] ports::RuntimeCall call(const ports::RuntimeCall& call);

 private:
  [[nodiscard]] std::string value(const std::string& plain);

  std::map<std::string, std::string> masks_;  ///< By plain value.
};

}  // namespace orrery::recording
