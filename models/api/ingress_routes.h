/// @file
/// Which backend of the Ingresses of a cluster a request from outside reaches.
///
/// Source: Kubernetes documentation, Ingress; where it leaves a choice, ingress-nginx: the host is
/// chosen first, then the path among the rules of that host.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/api/network.h"

namespace orrery::api {

/// "https://shop.example.com/cart", taken apart.
struct WebAddress {
  bool https = false;
  std::string host;  ///< In small letters, without a port.
  std::string path;  ///< From its first /, without what follows ? or #.
};

/// Nothing for a text that does not begin with http:// or https:// and a host.
[[nodiscard]] std::optional<WebAddress> parse_web_address(const std::string& text);

/// Whether a rule for `pattern` is for the host: "*." stands for exactly one label; empty: any.
[[nodiscard]] bool is_host(std::string_view pattern, std::string_view host);

/// Whether the path of a rule holds for that of a request. Prefix goes by elements between slashes,
/// one at the end does not count; ImplementationSpecific is as Prefix.
[[nodiscard]] bool is_path(const IngressPath& rule, std::string_view path);

/// Whether a controller serves it: its class is there, or it has none and one is the default. Where
/// no class is there, all are served.
[[nodiscard]] bool is_served(const Ingress& ingress,
                             const std::vector<const IngressClass*>& classes);

/// Whether one of them has a certificate for the host.
[[nodiscard]] bool terminates_tls(const std::vector<const Ingress*>& ingresses,
                                  std::string_view host);

struct IngressChoice {
  const Ingress* ingress = nullptr;
  const IngressBackend* backend = nullptr;
};

/// Of the rules for the most specific host: that with the longest path, of equally long ones Exact
/// before the others, then the first. If none holds: the default backend of an Ingress that has a
/// rule for the host, or else of any. Nothing: the request ends with 404.
[[nodiscard]] std::optional<IngressChoice> choose_backend(
    const std::vector<const Ingress*>& ingresses, const WebAddress& address);

}  // namespace orrery::api
