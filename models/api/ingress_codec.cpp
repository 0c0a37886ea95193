#include <algorithm>
#include <string_view>

#include "models/api/address_block.h"
#include "models/api/enum_names.h"
#include "models/api/kind_readers.h"
#include "models/api/kind_writers.h"
#include "models/api/name_rules.h"
#include "models/api/part_writers.h"

namespace orrery::api {
namespace {

constexpr Names<3> kPathTypes{"Exact", "Prefix", "ImplementationSpecific"};
constexpr const char* kDefaultClass = "ingressclass.kubernetes.io/is-default-class";
/// What named the class before there was a field for it.
constexpr const char* kOldClass = "kubernetes.io/ingress.class";

void read_service_backend(ObjectReader& in, IngressBackend& backend) {
  in.require("name", "the name of a Service");
  in.text("name", backend.service);
  bool has_name = false;
  bool has_number = false;
  if (in.require("port", "a port with a name or a number")) {
    in.object("port", "ServiceBackendPort", [&](ObjectReader& port) {
      std::string name;
      std::int32_t number = 0;
      has_name = port.text("name", name);
      has_number = port.integer("number", number, 1, 65535);
      if (has_name) backend.port = name;
      if (has_number) backend.port = number;
      if (has_name == has_number) {
        port.reading().problem(port.here(), "a name or a number", has_name ? "both" : "neither");
      }
      port.finish({});
    });
  }
  in.finish({});
}

IngressBackend read_backend(ObjectReader& in) {
  IngressBackend backend;
  const bool service = in.object("service", "IngressServiceBackend", [&](ObjectReader& fields) {
    read_service_backend(fields, backend);
  });
  if (backend.service.empty()) backend.port = 0;  // A port of nothing, which is a problem already.
  const auto resource = in.field("resource");
  if (in.manifest() && service == resource.has_value()) {
    in.reading().problem(in.here(), "a service or a resource", service ? "both" : "neither");
  }
  if (resource) in.reading().not_modelled(*resource, "field " + field_path(*resource));
  in.finish({});
  return backend;
}

/// Source: networking validation.go validateHTTPIngressPath.
void check_path(ObjectReader& in, const IngressPath& path) {
  if (path.type == PathType::ImplementationSpecific && path.path.empty()) return;
  if (!path.path.starts_with('/')) {
    in.reading().problem(in.field_or_here("path"), "a path that starts with /",
                         path.path.empty() ? "none" : "\"" + path.path + "\"");
  }
  if (path.type == PathType::ImplementationSpecific) return;
  for (const char* part : {"//", "/./", "/../", "%2f", "%2F"}) {
    if (path.path.find(part) == std::string::npos) continue;
    in.reading().wrong(*in.field("path"), std::string{"a path without "} + part);
  }
  for (const char* end : {"/..", "/."}) {
    if (!path.path.ends_with(end)) continue;
    in.reading().wrong(*in.field("path"), std::string{"a path that does not end with "} + end);
  }
}

IngressPath read_path(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "HTTPIngressPath"};
  IngressPath path;
  in.text("path", path.path);
  in.require("pathType", "Exact, Prefix or ImplementationSpecific");
  in.choice("pathType", path.type, kPathTypes);
  in.require("backend", "a backend with a service");
  in.object("backend", "IngressBackend",
            [&](ObjectReader& fields) { path.backend = read_backend(fields); });
  in.finish({});
  if (in.manifest()) check_path(in, path);
  return path;
}

/// Source: networking validation.go validateIngressRules.
void check_host(ObjectReader& in, const std::string& host, const Cursor& at) {
  const std::string rest = host.starts_with("*.") ? host.substr(2) : host;
  if (parse_address(host)) {
    in.reading().wrong(at, "a DNS name", "addresses are no hosts");
  } else if (!is_dns_subdomain(rest)) {
    in.reading().wrong(at, "a DNS name, or one whose first label is *");
  }
}

IngressRule read_rule(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "IngressRule"};
  IngressRule rule;
  if (in.text("host", rule.host) && in.manifest() && !rule.host.empty()) {
    check_host(in, rule.host, *in.field("host"));
  }
  in.object("http", "HTTPIngressRuleValue", [&](ObjectReader& http) {
    http.require("paths", "at least one path");
    http.list("paths", rule.paths, [&](const Cursor& path) { return read_path(reading, path); });
    http.finish({});
  });
  in.finish({});
  return rule;
}

void write_backend(JsonWriter& out, const char* name, const IngressBackend& backend) {
  out.begin_object(name);
  if (!backend.service.empty()) {
    out.begin_object("service");
    out.text("name", backend.service);
    out.begin_object("port");
    if (const auto* number = std::get_if<std::int32_t>(&backend.port)) {
      out.number_in_full("number", *number);
    } else {
      out.text_in_full("name", std::get<std::string>(backend.port));
    }
    out.end_object();
    out.end_object();
  }
  out.end_object();
}

}  // namespace

void read_body(ObjectReader& root, Ingress& ingress) {
  root.require("spec", "a spec with rules or a defaultBackend");
  root.object("spec", "IngressSpec", [&](ObjectReader& in) {
    IngressSpec& spec = ingress.spec;
    std::string class_name;
    if (in.text("ingressClassName", class_name)) spec.class_name = class_name;
    in.object("defaultBackend", "IngressBackend",
              [&](ObjectReader& fields) { spec.default_backend = read_backend(fields); });
    in.list("tls", spec.tls, [&](const Cursor& at) {
      ObjectReader fields{in.reading(), at, "IngressTLS"};
      IngressTls tls;
      fields.texts("hosts", tls.hosts);
      fields.text("secretName", tls.secret_name);
      fields.finish({});
      return tls;
    });
    in.list("rules", spec.rules, [&](const Cursor& at) { return read_rule(in.reading(), at); });
    in.finish({});
    if (in.manifest() && spec.rules.empty() && !spec.default_backend) {
      in.reading().problem(in.here(), "rules or a defaultBackend", "neither");
    }
  });
  const auto old = ingress.meta.annotations.find(kOldClass);
  if (root.manifest() && !ingress.spec.class_name && old != ingress.meta.annotations.end()) {
    ingress.spec.class_name = old->second;
  }
  root.pass_over({"status"});
}

void write_body(JsonWriter& out, const Ingress& ingress) {
  const IngressSpec& spec = ingress.spec;
  out.begin_object("spec");
  if (spec.class_name) out.text_in_full("ingressClassName", *spec.class_name);
  if (spec.default_backend) write_backend(out, "defaultBackend", *spec.default_backend);
  write_list(out, "tls", spec.tls, [](JsonWriter& o, const IngressTls& tls) {
    write_texts(o, "hosts", tls.hosts);
    o.text("secretName", tls.secret_name);
  });
  write_list(out, "rules", spec.rules, [](JsonWriter& o, const IngressRule& rule) {
    o.text("host", rule.host);
    if (rule.paths.empty()) return;
    o.begin_object("http");
    write_list(o, "paths", rule.paths, [](JsonWriter& fields, const IngressPath& path) {
      fields.text("path", path.path);
      fields.text_in_full("pathType", name_of(path.type, kPathTypes));
      write_backend(fields, "backend", path.backend);
    });
    o.end_object();
  });
  out.end_object();
}

void read_body(ObjectReader& root, IngressClass& ingress_class) {
  root.object("spec", "IngressClassSpec", [&](ObjectReader& in) {
    in.text("controller", ingress_class.controller);
    in.finish({"parameters"});
  });
  const auto mark = ingress_class.meta.annotations.find(kDefaultClass);
  ingress_class.is_default = mark != ingress_class.meta.annotations.end() && mark->second == "true";
}

void write_body(JsonWriter& out, const IngressClass& ingress_class) {
  out.begin_object("spec");
  out.text("controller", ingress_class.controller);
  out.end_object();
}

}  // namespace orrery::api
