// Which backend a request from outside reaches, as the Kubernetes documentation on Ingress says it.
#include "models/api/ingress_routes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "models/api/objects.h"
#include "models/api/reading.h"

namespace orrery::api {
namespace {

std::vector<ManifestObject> objects_of(const std::string& text) {
  Manifests manifests = read_manifests(text, "f");
  for (const Problem& problem : manifests.problems) ADD_FAILURE() << to_string(problem);
  return std::move(manifests.objects);
}

std::string ingress(const std::string& name, const std::string& spec) {
  return "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: " + name +
         "}\nspec:\n" + spec;
}

std::string path(const std::string& text, const std::string& type, const std::string& service) {
  return "      - {path: \"" + text + "\", pathType: " + type +
         ", backend: {service: {name: " + service + ", port: {number: 80}}}}\n";
}

/// "service" that answers, or "404".
std::string answer(const std::vector<ManifestObject>& objects, const std::string& address) {
  std::vector<const Ingress*> ingresses;
  for (const ManifestObject& one : objects) {
    if (const auto* found = std::get_if<Ingress>(&one.object)) ingresses.push_back(found);
  }
  const auto parsed = parse_web_address(address);
  if (!parsed) return "no address";
  const auto choice = choose_backend(ingresses, *parsed);
  return choice ? choice->backend->service : "404";
}

TEST(IngressRoutes, AnswerFortyRequestsAsListed) {
  const auto objects = objects_of(
      ingress("shop", "  rules:\n  - host: shop.example.com\n    http:\n      paths:\n" +
                          path("/", "Prefix", "front") + path("/users", "Prefix", "users") +
                          path("/users/admin", "Prefix", "admin") +
                          path("/users/admin", "Exact", "admin-page") +
                          path("/cart", "Exact", "cart") + path("/img/", "Prefix", "images") +
                          path("/api/v1", "ImplementationSpecific", "api") +
                          "  - host: \"*.example.com\"\n    http:\n      paths:\n" +
                          path("/", "Prefix", "tenants")) +
      ingress("bare", "  rules:\n  - host: bare.example.org\n    http:\n      paths:\n" +
                          path("/foo", "Prefix", "foo") + path("/aaa/bb", "Prefix", "bb")) +
      ingress("rest", "  defaultBackend: {service: {name: rest, port: {number: 80}}}\n"));
  struct Case {
    const char* address;
    const char* service;
  };
  const std::vector<Case> cases{
      {"http://shop.example.com", "front"},
      {"http://shop.example.com/", "front"},
      {"http://shop.example.com/anything/else", "front"},
      {"http://shop.example.com/users", "users"},
      {"http://shop.example.com/users/", "users"},
      {"http://shop.example.com/users/7", "users"},
      {"http://shop.example.com/usersX", "front"},
      {"http://shop.example.com/user", "front"},
      {"http://shop.example.com/Users", "front"},
      {"http://shop.example.com/users/admin", "admin-page"},
      {"http://shop.example.com/users/admin/", "admin"},
      {"http://shop.example.com/users/admin/log", "admin"},
      {"http://shop.example.com/users/administrators", "users"},
      {"http://shop.example.com/cart", "cart"},
      {"http://shop.example.com/cart/", "front"},
      {"http://shop.example.com/cart/7", "front"},
      {"http://shop.example.com/CART", "front"},
      {"http://shop.example.com/img", "images"},
      {"http://shop.example.com/img/", "images"},
      {"http://shop.example.com/img/a.png", "images"},
      {"http://shop.example.com/imgs", "front"},
      {"http://shop.example.com/api/v1", "api"},
      {"http://shop.example.com/api/v1/things", "api"},
      {"http://shop.example.com/api/v10", "front"},
      {"http://shop.example.com/users?page=2", "users"},
      {"http://shop.example.com/users#top", "users"},
      {"http://shop.example.com?users", "front"},
      {"http://SHOP.Example.com/users", "users"},
      {"http://shop.example.com:8080/users", "users"},
      {"http://blue.example.com/users", "tenants"},
      {"http://green.example.com/", "tenants"},
      {"http://a.blue.example.com/", "rest"},
      {"http://example.com/", "rest"},
      {"http://bare.example.org/foo", "foo"},
      {"http://bare.example.org/foo/", "foo"},
      {"http://bare.example.org/foo/bar", "foo"},
      {"http://bare.example.org/foobar", "rest"},
      {"http://bare.example.org/aaa/bb/c", "bb"},
      {"http://bare.example.org/aaa/bbb", "rest"},
      {"http://unknown.example.net/", "rest"},
  };
  ASSERT_EQ(cases.size(), 40U);
  for (const Case& c : cases) EXPECT_EQ(answer(objects, c.address), c.service) << c.address;
}

TEST(IngressRoutes, WithoutADefaultBackendTheRestIsNotFound) {
  const auto objects =
      objects_of(ingress("a", "  rules:\n  - host: a.example.com\n    http:\n      paths:\n" +
                                  path("/x", "Exact", "x")));
  EXPECT_EQ(answer(objects, "http://a.example.com/x"), "x");
  EXPECT_EQ(answer(objects, "http://a.example.com/y"), "404");
  EXPECT_EQ(answer(objects, "http://b.example.com/x"), "404");
}

TEST(IngressRoutes, ADefaultBackendBesideRulesForTheHostComesFirst) {
  const auto objects =
      objects_of(ingress("any", "  defaultBackend: {service: {name: any, port: {number: 80}}}\n") +
                 ingress("own",
                         "  defaultBackend: {service: {name: own, port: {number: 80}}}\n"
                         "  rules:\n  - host: a.example.com\n    http:\n      paths:\n" +
                             path("/x", "Exact", "x")));
  EXPECT_EQ(answer(objects, "http://a.example.com/y"), "own");
  EXPECT_EQ(answer(objects, "http://b.example.com/y"), "any");
}

TEST(IngressRoutes, OfEqualRulesTheFirstHolds) {
  const std::string rule = "  rules:\n  - http:\n      paths:\n";
  const auto objects = objects_of(ingress("a", rule + path("/", "Prefix", "first")) +
                                  ingress("b", rule + path("/", "Prefix", "second")));
  EXPECT_EQ(answer(objects, "http://a.example.com/"), "first");
}

TEST(IngressRoutes, AreServedByTheClassTheyName) {
  const auto objects = objects_of(
      "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: nginx}\n"
      "spec: {controller: k8s.io/ingress-nginx}\n"
      "---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata:\n  name: edge\n"
      "  annotations: {ingressclass.kubernetes.io/is-default-class: \"true\"}\n"
      "spec: {controller: example.com/edge}\n");
  const auto& nginx = std::get<IngressClass>(objects.at(0).object);
  const auto& edge = std::get<IngressClass>(objects.at(1).object);
  Ingress of_class;
  of_class.spec.class_name = "nginx";
  const Ingress of_none;
  EXPECT_TRUE(is_served(of_class, {&nginx}));
  EXPECT_FALSE(is_served(of_class, {&edge}));
  EXPECT_FALSE(is_served(of_none, {&nginx}));
  EXPECT_TRUE(is_served(of_none, {&nginx, &edge}));
  EXPECT_TRUE(is_served(of_class, {}));
  // What named it before there was a field.
  const auto old = objects_of(
      "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: a\n"
      "  annotations: {kubernetes.io/ingress.class: nginx}\n"
      "spec: {defaultBackend: {service: {name: s, port: {number: 80}}}}\n");
  EXPECT_EQ(std::get<Ingress>(old.at(0).object).spec.class_name, "nginx");
}

TEST(IngressRoutes, HaveCertificatesForTheHostsOfTheirTls) {
  Ingress one;
  EXPECT_FALSE(terminates_tls({&one}, "a.example.com"));
  one.spec.tls.push_back({{"*.example.com"}, "cert"});
  EXPECT_TRUE(terminates_tls({&one}, "a.example.com"));
  EXPECT_FALSE(terminates_tls({&one}, "example.com"));
  EXPECT_FALSE(terminates_tls({&one}, "b.a.example.com"));
  one.spec.tls.push_back({{}, "any"});
  EXPECT_TRUE(terminates_tls({&one}, "example.com"));
}

std::string problems(const std::string& spec) {
  std::string text;
  for (const Problem& problem : read_manifests(ingress("i", spec), "f").problems) {
    text += problem.where.pointer + ": " + problem.found + "\n";
  }
  return text;
}

TEST(IngressManifests, AreCheckedAsTheApiServerChecksThem) {
  const auto with_path = [](const std::string& fields) {
    return "  rules: [{http: {paths: [{" + fields + "}]}}]\n";
  };
  const auto backend = [](const std::string& fields) {
    return "  defaultBackend: {" + fields + "}\n";
  };
  const std::string ok = "backend: {service: {name: s, port: {number: 80}}}";
  const std::string at = "/spec/rules/0/http/paths/0";
  EXPECT_EQ(problems("  ingressClassName: x\n"), "/spec: neither\n");
  EXPECT_EQ(problems(with_path("path: /, " + ok)), at + ": no field \"pathType\"\n");
  EXPECT_EQ(problems(with_path("path: x, pathType: Prefix, " + ok)), at + "/path: \"x\"\n");
  EXPECT_EQ(problems(with_path("pathType: Exact, " + ok)), at + ": none\n");
  EXPECT_EQ(problems(with_path("pathType: ImplementationSpecific, " + ok)), "");
  EXPECT_EQ(problems(with_path("path: /a//b, pathType: Exact, " + ok)), at + "/path: \"/a//b\"\n");
  EXPECT_EQ(problems(with_path("path: /a/.., pathType: Exact, " + ok)), at + "/path: \"/a/..\"\n");
  EXPECT_EQ(problems(backend("")), "/spec/defaultBackend: neither\n");
  EXPECT_EQ(problems(backend("service: {name: s}")),
            "/spec/defaultBackend/service: no field \"port\"\n");
  EXPECT_EQ(problems(backend("service: {name: s, port: {number: 80, name: http}}")),
            "/spec/defaultBackend/service/port: both\n");
  EXPECT_EQ(problems("  rules: [{host: 10.0.0.1}]\n"), "/spec/rules/0/host: \"10.0.0.1\"\n");
  EXPECT_EQ(problems("  rules: [{host: a.*.com}]\n"), "/spec/rules/0/host: \"a.*.com\"\n");
}

}  // namespace
}  // namespace orrery::api
