#include "models/api/ingress_routes.h"

#include <algorithm>
#include <tuple>

namespace orrery::api {
namespace {

constexpr std::string_view kAnyLabel = "*.";

std::string_view without_last_slash(std::string_view path) {
  return path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
}

/// How specific a pattern for a host is: its own name, any first label, anything.
int rank_of_host(std::string_view pattern) {
  if (pattern.empty()) return 0;
  return pattern.starts_with(kAnyLabel) ? 1 : 2;
}

/// The rank of the most specific rules for the host; nothing if there is none.
std::optional<int> best_rank(const std::vector<const Ingress*>& ingresses, std::string_view host) {
  std::optional<int> best;
  for (const Ingress* ingress : ingresses) {
    for (const IngressRule& rule : ingress->spec.rules) {
      if (is_host(rule.host, host)) best = std::max(best.value_or(0), rank_of_host(rule.host));
    }
  }
  return best;
}

}  // namespace

std::optional<WebAddress> parse_web_address(const std::string& text) {
  constexpr std::string_view kPlain = "http://";
  constexpr std::string_view kSecure = "https://";
  WebAddress address;
  address.https = text.starts_with(kSecure);
  if (!address.https && !text.starts_with(kPlain)) return std::nullopt;
  std::string rest = text.substr(address.https ? kSecure.size() : kPlain.size());
  rest = rest.substr(0, rest.find_first_of("?#"));
  const auto slash = rest.find('/');
  address.path = slash == std::string::npos ? "/" : rest.substr(slash);
  address.host = rest.substr(0, slash);
  address.host = address.host.substr(0, address.host.find(':'));
  for (char& letter : address.host) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  if (address.host.empty()) return std::nullopt;
  return address;
}

bool is_host(std::string_view pattern, std::string_view host) {
  if (pattern.empty()) return true;
  if (!pattern.starts_with(kAnyLabel)) return pattern == host;
  const auto dot = host.find('.');
  return dot != std::string_view::npos && dot > 0 &&
         host.substr(dot + 1) == pattern.substr(kAnyLabel.size());
}

bool is_path(const IngressPath& rule, std::string_view path) {
  if (rule.type == PathType::Exact) return rule.path == path;
  const std::string_view wanted = without_last_slash(rule.path);
  const std::string_view given = without_last_slash(path);
  if (!given.starts_with(wanted)) return false;
  return given.size() == wanted.size() || given[wanted.size()] == '/';
}

bool is_served(const Ingress& ingress, const std::vector<const IngressClass*>& classes) {
  if (classes.empty()) return true;
  return std::any_of(classes.begin(), classes.end(), [&](const IngressClass* one) {
    return ingress.spec.class_name ? one->meta.name == *ingress.spec.class_name : one->is_default;
  });
}

bool terminates_tls(const std::vector<const Ingress*>& ingresses, std::string_view host) {
  const auto covers = [&](const IngressTls& tls) {
    return tls.hosts.empty() ||
           std::any_of(tls.hosts.begin(), tls.hosts.end(),
                       [&](const std::string& pattern) { return is_host(pattern, host); });
  };
  return std::any_of(ingresses.begin(), ingresses.end(), [&](const Ingress* ingress) {
    return std::any_of(ingress->spec.tls.begin(), ingress->spec.tls.end(), covers);
  });
}

std::optional<IngressChoice> choose_backend(const std::vector<const Ingress*>& ingresses,
                                            const WebAddress& address) {
  const std::optional<int> rank = best_rank(ingresses, address.host);
  std::optional<IngressChoice> best;
  std::tuple<std::size_t, bool> best_order{0, false};
  std::optional<IngressChoice> fallback;
  bool fallback_has_rule = false;
  for (const Ingress* ingress : ingresses) {
    bool has_rule = false;
    for (const IngressRule& rule : ingress->spec.rules) {
      if (!is_host(rule.host, address.host) || rank_of_host(rule.host) != rank) continue;
      has_rule = true;
      for (const IngressPath& path : rule.paths) {
        if (!is_path(path, address.path)) continue;
        const std::tuple<std::size_t, bool> order{without_last_slash(path.path).size(),
                                                  path.type == PathType::Exact};
        if (best && order <= best_order) continue;
        best = IngressChoice{ingress, &path.backend};
        best_order = order;
      }
    }
    const auto& backend = ingress->spec.default_backend;
    if (!backend || (fallback && (fallback_has_rule || !has_rule))) continue;
    fallback = IngressChoice{ingress, &*backend};
    fallback_has_rule = has_rule;
  }
  return best ? best : fallback;
}

}  // namespace orrery::api
