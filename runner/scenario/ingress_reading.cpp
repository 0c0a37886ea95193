#include "runner/scenario/ingress_reading.h"

#include <fmt/format.h>

#include <vector>

#include "models/api/ingress_routes.h"

namespace orrery::scenario {
namespace {

constexpr const char* kExpected = "an address that an Ingress leads to a Service";

std::string name_of(const api::Ingress& ingress) { return to_string(api::key_of(ingress)); }

/// Those that a controller serves; names of the others are added to `unserved`.
std::vector<const api::Ingress*> served_ingresses(const Scenario& scenario,
                                                  std::vector<std::string>& unserved) {
  std::vector<const api::IngressClass*> classes;
  for (const api::ManifestObject& manifest : scenario.objects) {
    if (const auto* one = std::get_if<api::IngressClass>(&manifest.object)) classes.push_back(one);
  }
  std::vector<const api::Ingress*> served;
  for (const api::ManifestObject& manifest : scenario.objects) {
    const auto* ingress = std::get_if<api::Ingress>(&manifest.object);
    if (ingress == nullptr) continue;
    if (api::is_served(*ingress, classes)) {
      served.push_back(ingress);
    } else {
      unserved.push_back(name_of(*ingress));
    }
  }
  return served;
}

bool is_port(const api::ServicePort& port, const api::PortReference& wanted) {
  if (const auto* number = std::get_if<std::int32_t>(&wanted)) return port.port == *number;
  return port.name == std::get<std::string>(wanted);
}

std::string text_of(const api::PortReference& port) {
  if (const auto* number = std::get_if<std::int32_t>(&port)) return std::to_string(*number);
  return "\"" + std::get<std::string>(port) + "\"";
}

/// Whether requests to the backend's port are those that a run makes to the Service: to its first.
bool has_port(const api::IngressChoice& choice, const api::Service& service, const Value& address,
              Report& report) {
  const std::vector<api::ServicePort>& ports = service.spec.ports;
  if (!ports.empty() && is_port(ports.front(), choice.backend->port)) return true;
  const bool other = std::any_of(ports.begin(), ports.end(), [&](const api::ServicePort& port) {
    return is_port(port, choice.backend->port);
  });
  report.add(address.where, "a port of Service " + choice.backend->service,
             fmt::format("port {} in {}", text_of(choice.backend->port), name_of(*choice.ingress)),
             other ? "a run calls the first port of a Service" : "its controller would answer 503");
  return false;
}

}  // namespace

bool is_web_address(const std::string& text) {
  return text.starts_with("http://") || text.starts_with("https://");
}

std::optional<std::string> service_at(const Value& address, Reading& reading) {
  Report& report = reading.report;
  const auto web = api::parse_web_address(address.text);
  if (!web) {
    report.add(address, "http:// or https:// with a host, such as \"http://shop.example.com/\"");
    return std::nullopt;
  }
  std::vector<std::string> unserved;
  const auto ingresses = served_ingresses(reading.scenario, unserved);
  const auto choice = api::choose_backend(ingresses, *web);
  if (!choice) {
    if (!reading.catalog.complete()) return std::nullopt;
    const std::string hint = ingresses.empty() && unserved.empty() ? "the manifests hold no Ingress"
                             : unserved.empty() ? "no rule is for it, so users would see 404"
                                                : fmt::format("{} is of a class that is not there",
                                                              fmt::join(unserved, ", "));
    report.add(address, kExpected, hint);
    return std::nullopt;
  }
  if (web->https && !api::terminates_tls(ingresses, web->host)) {
    report.add(address, "http://, or an Ingress with a certificate for the host",
               "no \"tls\" names " + web->host);
    return std::nullopt;
  }
  if (choice->backend->service.empty()) {
    report.add(address.where, kExpected, name_of(*choice->ingress) + " leads to another resource");
    return std::nullopt;
  }
  const std::string& space = choice->ingress->meta.namespace_name;
  const api::Object* found =
      reading.catalog.find({api::Kind::Service, space, choice->backend->service});
  if (found == nullptr) {
    if (!reading.catalog.complete()) return std::nullopt;
    report.add(address.where, kExpected,
               fmt::format("{} leads to Service {}/{}, which is not there",
                           name_of(*choice->ingress), space, choice->backend->service),
               "its controller would answer 503");
    return std::nullopt;
  }
  const auto& service = std::get<api::Service>(*found);
  if (!has_port(*choice, service, address, report)) return std::nullopt;
  return space + "/" + service.meta.name;
}

}  // namespace orrery::scenario
