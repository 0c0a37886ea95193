/// @file
/// Reading Kubernetes manifests as they are, and saying everything that is wrong with them at once.
///
/// A reader never stops early: what it cannot read gets a default and a Problem, what Orrery does
/// not model is named, and what manifests leave out gets the documented default.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/api/objects.h"
#include "models/base/result.h"

namespace orrery::api {

/// Where in the input something stands.
struct Place {
  std::string file;     ///< As the user named it; "-" for standard input.
  int line = 0;         ///< 1-based; 0 where the format keeps no lines.
  std::string pointer;  ///< JSON Pointer (RFC 6901) within the document; empty: the whole document.

  friend bool operator==(const Place&, const Place&) = default;
};

/// One thing that is wrong with the input.
struct Problem {
  Place where;
  std::string expected;
  std::string found;
  std::string hint;  ///< One next step, or empty.

  friend bool operator==(const Problem&, const Problem&) = default;
};

/// "FILE:LINE: POINTER: expected E; found F (hint)", on one line whatever the input holds.
[[nodiscard]] std::string to_string(const Problem& problem);

/// A kind or a field of the input that has no effect on a run.
struct NotModelled {
  Place where;
  std::string what;  ///< "kind HorizontalPodAutoscaler", "field spec.dnsConfig"

  friend bool operator==(const NotModelled&, const NotModelled&) = default;
};

struct ManifestObject {
  Object object;
  Place where;  ///< Where the document starts.
};

/// What a set of manifests says. Usable for a run only when `problems` is empty.
struct Manifests {
  std::vector<ManifestObject> objects;  ///< In the order of the input.
  std::vector<Problem> problems;
  std::vector<NotModelled> not_modelled;
};

/// Reads all YAML documents (or one JSON document) of `text`; `List` kinds are taken apart.
///
/// Objects without a namespace get "default". Bounded: at most 64 levels, 1,000,000 nodes after
/// aliases are followed, 64 MiB of text; more is a Problem. Never throws.
[[nodiscard]] Manifests read_manifests(std::string_view text, const std::string& file);

/// The manifests of several files as one set; an object that stands in two of them is a Problem
/// that names both places.
[[nodiscard]] Manifests join(std::vector<Manifests> parts);

/// The object in Kubernetes' JSON shape with the fields Orrery knows, status included: what is
/// stored, sent and recorded. Instants are integers of nanoseconds.
[[nodiscard]] std::string to_json_text(const Object& object);

/// Reads back what to_json_text wrote, field by field equal; or says why it cannot.
[[nodiscard]] Result<Object> from_json_text(std::string_view text);

}  // namespace orrery::api
