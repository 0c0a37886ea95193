/// @file
/// Where one process keeps its mTLS identity. Both sides present a certificate of the same CA.
#pragma once

#include <string>

#include "models/base/result.h"

namespace orrery::control {

struct TlsFiles {
  std::string ca;           ///< PEM: whom to trust.
  std::string certificate;  ///< PEM: the subject's CN is the node's name, or `kAdministrator`.
  std::string key;          ///< PEM.
};

/// The CN that may do everything.
inline constexpr const char* kAdministrator = "admin";

struct TlsTexts {
  std::string ca;
  std::string certificate;
  std::string key;
};

[[nodiscard]] Result<TlsTexts> read_tls_files(const TlsFiles& files);

/// Leaves OpenSSL whole when the process exits; to be called before anything else uses it.
///
/// By default OpenSSL takes itself down in exit(), where threads of gRPC may still be ending: what
/// they hold of it would be lost or freed twice. Source: OPENSSL_init_crypto(3).
void keep_openssl_at_exit();

}  // namespace orrery::control
