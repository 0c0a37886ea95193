#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/api/istio_parts.h"
#include "models/api/kind_readers.h"
#include "models/api/name_rules.h"

namespace orrery::api::istio {
namespace {

constexpr Duration kMillisecond = Duration::milliseconds(1);

/// What retryOn may hold beside status codes.
const std::vector<const char*>& retry_conditions() {
  static const std::vector<const char*> kConditions{"5xx",
                                                    "gateway-error",
                                                    "reset",
                                                    "reset-before-request",
                                                    "connect-failure",
                                                    "refused-stream",
                                                    "retriable-4xx",
                                                    "retriable-status-codes",
                                                    "retriable-headers",
                                                    "envoy-ratelimited",
                                                    "http3-post-connect-failure",
                                                    "cancelled",
                                                    "deadline-exceeded",
                                                    "internal",
                                                    "resource-exhausted",
                                                    "unavailable"};
  return kConditions;
}

bool is_status_code(std::string_view word) {
  int code = 0;
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), code);
  return error == std::errc{} && stop == word.data() + word.size() && code >= 100 && code <= 599;
}

/// "5xx,reset, 503" by its commas.
void read_retry_on(ObjectReader& in, std::vector<std::string>& out) {
  std::string text;
  if (!in.text("retryOn", text)) return;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    std::string word = text.substr(at, end - at);
    at = end + 1;
    word.erase(0, word.find_first_not_of(' '));
    word.erase(word.find_last_not_of(' ') + 1);
    if (word.empty()) continue;
    const auto& known = retry_conditions();
    const bool is_known = std::any_of(known.begin(), known.end(),
                                      [&](const char* condition) { return word == condition; });
    if (!is_known && !is_status_code(word)) {
      const std::optional<std::string> meant = nearest(word, known);
      in.reading().problem(
          *in.field("retryOn"), "conditions of Envoy, and status codes from 100 to 599",
          "\"" + word + "\"", meant ? fmt::format("did you mean \"{}\"?", *meant) : "");
      continue;
    }
    out.push_back(std::move(word));
  }
}

void read_retries(ObjectReader& in, Retries& into) {
  into.where = in.reading().place(in.here());
  read_count(in, "attempts", into.attempts);
  read_duration(in, "perTryTimeout", kMillisecond, into.per_try_timeout);
  read_retry_on(in, into.on);
  read_duration(in, "backoff", kMillisecond, into.backoff);
  bool ignores = false;
  if (in.flag("retryIgnorePreviousHosts", ignores)) into.ignores_previous_hosts = ignores;
  in.finish({"retryRemoteLocalities"});
  if (into.attempts == 0 && (into.per_try_timeout || !into.on.empty())) {
    in.reading().problem(in.field_or_here("attempts"), "attempts above 0 beside other settings",
                         in.field("attempts") ? "0" : "no field \"attempts\"",
                         "without attempts there are no retries");
  }
}

/// `percentage` counts before the older `percent`.
void read_share(ObjectReader& in, double& percent) {
  read_percent(in, "percent", percent);
  in.object("percentage", "Percent", [&](ObjectReader& part) {
    read_percent(part, "value", percent);
    part.finish({});
  });
}

void read_fault(ObjectReader& in, FaultInjection& into) {
  into.where = in.reading().place(in.here());
  in.object("delay", "Delay", [&](ObjectReader& delay) {
    delay.require("fixedDelay", "a fixedDelay, such as \"5s\"");
    read_duration(delay, "fixedDelay", kMillisecond, into.delay);
    read_share(delay, into.delay_percent);
    delay.pass_over({"exponentialDelay"});
    delay.finish({});
  });
  in.object("abort", "Abort", [&](ObjectReader& abort) {
    const bool http =
        abort.integer("httpStatus", into.abort_status, 200, 599) || abort.field("httpStatus");
    if (!http && !abort.field("grpcStatus") && !abort.field("http2Error")) {
      abort.reading().problem(abort.here(), "a httpStatus or grpcStatus", "neither");
    }
    read_share(abort, into.abort_percent);
    note(abort, "http2Error");
    abort.finish({});
  });
  in.finish({});
}

Match read_match(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "HTTPMatchRequest"};
  Match match;
  match.where = reading.place(at);
  in.texts("gateways", match.gateways);
  std::int32_t port = 0;
  if (in.integer("port", port, 1, 65535)) match.port = port;
  read_labels(in, "sourceLabels", match.source_labels);
  in.text("sourceNamespace", match.source_namespace);
  in.object("uri", "StringMatch", [&](ObjectReader& uri) {
    std::string prefix;
    std::string other;
    const bool is_prefix = uri.text("prefix", prefix);
    const bool is_other = uri.text("exact", other) || uri.text("regex", other);
    if (is_prefix == is_other) {
      reading.problem(uri.here(), "one of exact, prefix and regex", is_prefix ? "two" : "none");
    }
    uri.finish({});
    match.asks_for_content |= prefix != "/";
  });
  for (const char* content :
       {"scheme", "method", "authority", "headers", "queryParams", "withoutHeaders"}) {
    if (in.field(content)) match.asks_for_content = true;
  }
  in.pass_over({"name", "ignoreUriCase", "statPrefix"});
  in.finish({});
  return match;
}

Destination read_destination(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "HTTPRouteDestination"};
  Destination destination;
  destination.where = reading.place(at);
  in.require("destination", "a destination with a host");
  in.object("destination", "Destination", [&](ObjectReader& to) {
    to.require("host", "the host that is called, such as \"web\"");
    to.text("host", destination.host);
    to.text("subset", destination.subset);
    to.object("port", "PortSelector", [&](ObjectReader& selector) {
      std::int32_t port = 0;
      if (selector.integer("number", port, 1, 65535)) destination.port = port;
      selector.finish({});
    });
    to.finish({});
  });
  read_count(in, "weight", destination.weight);
  in.finish({"headers"});
  return destination;
}

HttpRoute read_http_route(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "HTTPRoute"};
  HttpRoute route;
  route.where = reading.place(at);
  in.list("match", route.match, [&](const Cursor& match) { return read_match(reading, match); });
  in.list("route", route.destinations,
          [&](const Cursor& destination) { return read_destination(reading, destination); });
  if (in.field("timeout")) {
    Timeout timeout;
    timeout.where = reading.place(*in.field("timeout"));
    if (read_duration(in, "timeout", Duration{}, timeout.after)) route.timeout = timeout;
  }
  in.object("retries", "HTTPRetry",
            [&](ObjectReader& retries) { read_retries(retries, route.retries.emplace()); });
  in.object("fault", "HTTPFaultInjection",
            [&](ObjectReader& fault) { read_fault(fault, route.fault.emplace()); });
  in.pass_over({"name"});
  in.finish({"redirect", "directResponse", "delegate", "rewrite", "mirror", "mirrorPercent",
             "mirror_percent", "mirrorPercentage", "mirrors", "corsPolicy", "headers"});
  const bool elsewhere = in.field("redirect") || in.field("directResponse") || in.field("delegate");
  if (route.destinations.empty() && !elsewhere) {
    reading.problem(at, "a route, a redirect, a directResponse or a delegate", "none");
  }
  std::uint64_t weights = 0;
  for (const Destination& destination : route.destinations) weights += destination.weight;
  if (route.destinations.size() > 1 && weights == 0) {
    reading.problem(in.field_or_here("route"), "weights above 0 in sum", "0");
  }
  return route;
}

}  // namespace

VirtualService read_virtual_service(RuleMeta meta, ObjectReader& spec) {
  VirtualService service;
  service.meta = std::move(meta);
  spec.require("hosts", "the hosts that are called, such as [web]");
  spec.texts("hosts", service.hosts);
  spec.texts("gateways", service.gateways);
  spec.list("http", service.http,
            [&](const Cursor& at) { return read_http_route(spec.reading(), at); });
  spec.texts("exportTo", service.meta.export_to);
  spec.finish({"tcp", "tls"});
  if (!spec.field("http") && !spec.field("tcp") && !spec.field("tls")) {
    spec.reading().problem(spec.here(), "routes under http, tcp or tls", "none");
  }
  return service;
}

}  // namespace orrery::api::istio
