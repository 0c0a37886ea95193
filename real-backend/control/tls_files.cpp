#include "real-backend/control/tls_files.h"

#include <fstream>
#include <sstream>

namespace orrery::control {

Result<TlsTexts> read_tls_files(const TlsFiles& files) {
  TlsTexts texts;
  for (const auto& [path, text] :
       {std::pair{&files.ca, &texts.ca}, std::pair{&files.certificate, &texts.certificate},
        std::pair{&files.key, &texts.key}}) {
    std::ifstream file{*path, std::ios::binary};
    std::ostringstream content;
    content << file.rdbuf();
    *text = std::move(content).str();
    if (text->empty()) {
      return failure("cannot read the PEM file " + *path,
                     "every process needs CA, certificate, key");
    }
  }
  return texts;
}

}  // namespace orrery::control
