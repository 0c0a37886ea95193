/// @file
/// What a list or a watch asks for: namespace, name, node, labels, fields.
#pragma once

#include <string>
#include <vector>

#include "models/ports/api_client.h"

namespace orrery::store {

struct Selection {
  std::string namespace_name;  ///< Empty: all. As for the next two.
  std::string name;
  std::string node_name;
  api::LabelSelector labels;
  std::vector<ports::FieldRequirement> fields;
};

/// What `call` selects. A requirement "spec.nodeName=…" or "metadata.name=…" becomes the node or
/// the name, by which watches are found.
[[nodiscard]] Selection selection_of(const ports::ApiCall& call);

/// Whether all fields that it names can be selected by, for objects of `kind`.
[[nodiscard]] bool is_supported(const Selection& selection, api::Kind kind);

/// Requires: is_supported(selection, kind_of(object)).
[[nodiscard]] bool selects(const Selection& selection, const api::Object& object);

}  // namespace orrery::store
