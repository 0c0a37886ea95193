/// @file
/// What crosses a port, as one line of JSON, and back without loss.
///
/// One form for two uses: the wire between a node agent and the control plane, and the record from
/// which a process can be replayed. Two equal values have the same text, so that a replay compares
/// texts. Decoding is for text of our own making; anything else is a Failure, never a crash.
/// Text fields are UTF-8; other bytes become U+FFFD.
#pragma once

#include <string>
#include <string_view>

#include "models/base/result.h"
#include "models/ports/api_client.h"
#include "models/ports/container_runtime.h"
#include "models/ports/data_plane.h"
#include "models/ports/event.h"
#include "models/ports/prober.h"

namespace orrery::recording {

[[nodiscard]] std::string encode(const ports::ApiCall& call);
[[nodiscard]] std::string encode(const ports::Event& event);
[[nodiscard]] std::string encode(const ports::RuntimeCall& call);
[[nodiscard]] std::string encode(const ports::ProbeRequest& request);
[[nodiscard]] std::string encode(const ports::EndpointTable& table);

/// A decoded ProbeRequest together with what it refers to.
struct StoredProbe {
  api::ProbeAction action;
  std::string address;
  std::int32_t port = 0;
  std::string container_id;
  Duration timeout;

  /// Refers into this object.
  [[nodiscard]] ports::ProbeRequest request() const {
    return {&action, address, port, container_id, timeout};
  }
};

[[nodiscard]] Result<ports::ApiCall> decode_api_call(std::string_view text);
[[nodiscard]] Result<ports::Event> decode_event(std::string_view text);
[[nodiscard]] Result<ports::RuntimeCall> decode_runtime_call(std::string_view text);
[[nodiscard]] Result<StoredProbe> decode_probe(std::string_view text);
[[nodiscard]] Result<ports::EndpointTable> decode_endpoint_table(std::string_view text);

/// `text` as a JSON string with its quotes.
[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace orrery::recording
