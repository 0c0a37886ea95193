/// @file
/// Where rendered manifests come from: `# Source: chart/templates/web.yaml` before a document, as
/// `helm template` writes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/api/reading.h"

namespace orrery::api {

class ManifestSources {
 public:
  explicit ManifestSources(std::string_view text);

  /// Names the source in a place of this text: "shop/templates/web.yaml at -" for the file "-".
  void name(const std::string& file, Place& place) const;

 private:
  struct Document {
    int first_line;
    std::string source;  ///< Empty: not said.
  };
  std::vector<Document> documents_;  ///< By line. Empty when no source is named at all.
};

}  // namespace orrery::api
