/// @file
/// Which fields of the API change a run, as data: for each a small cluster, and the same cluster
/// with that field alone changed.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace orrery::fields {

/// A cluster in which nothing is changed yet.
struct Base {
  std::string manifests;  ///< YAML documents.
  std::string scenario;  ///< Members of the scenario beside format, name, manifests, patch, images.
};
[[nodiscard]] const std::map<std::string, Base>& bases();

/// What images do, as a scenario says it: a cluster has those that it names.
[[nodiscard]] const std::map<std::string, std::string>& images();

/// A field and a change of it that another run shows.
///
/// Fields of structures that stand in several places are named by the structure:
/// "Pod:spec.nodeName" also stands for the template of a Deployment, "Probe:periodSeconds" for all
/// three probes.
struct FieldCase {
  std::string path;
  std::string base;
  std::string target;  ///< Of the patch: "Pod/p".
  std::string merge;   ///< Of the patch, as JSON.
};
[[nodiscard]] const std::vector<FieldCase>& field_cases();

/// Fields that change no event of a simulated run by their nature, each with the reason; or that
/// are honoured but shown by a test of their own, which is named.
[[nodiscard]] const std::map<std::string, std::string>& other_fields();

}  // namespace orrery::fields
