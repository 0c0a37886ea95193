#include "real-backend/control/tls_files.h"

#include <openssl/crypto.h>

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

void keep_openssl_at_exit() { OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr); }

}  // namespace orrery::control
