// Which pods a quota with scopes counts, and what it may limit.
#include "models/api/quota_scopes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "models/api/qos_class.h"
#include "models/api/reading.h"

namespace orrery::api {
namespace {

constexpr std::int64_t kGi = 1 << 30;

using Amount = std::optional<std::int64_t>;

Container container(Amount cpu_request, Amount cpu_limit, Amount memory_request,
                    Amount memory_limit) {
  Container made;
  made.requests.cpu_milli = cpu_request;
  made.limits.cpu_milli = cpu_limit;
  made.requests.memory_bytes = memory_request;
  made.limits.memory_bytes = memory_limit;
  return made;
}

PodSpec spec_of(std::vector<Container> containers) {
  PodSpec spec;
  spec.containers = std::move(containers);
  return spec;
}

TEST(QosClass, FollowsFromRequestsAndLimitsOfEveryContainer) {
  const Container nothing;
  const Container equal = container(500, 500, kGi, kGi);
  const Container limits_alone = container({}, 500, {}, kGi);
  const Container below = container(250, 500, kGi, kGi);
  const Container cpu_alone = container(500, 500, {}, {});
  EXPECT_EQ(qos_class(spec_of({nothing})), QosClass::BestEffort);
  EXPECT_EQ(qos_class(spec_of({equal})), QosClass::Guaranteed);
  EXPECT_EQ(qos_class(spec_of({limits_alone})), QosClass::Guaranteed);
  EXPECT_EQ(qos_class(spec_of({below})), QosClass::Burstable);
  EXPECT_EQ(qos_class(spec_of({cpu_alone})), QosClass::Burstable);
  EXPECT_EQ(qos_class(spec_of({equal, nothing})), QosClass::Burstable);
  PodSpec with_init = spec_of({equal});
  with_init.init_containers = {nothing};
  EXPECT_EQ(qos_class(with_init), QosClass::Burstable);
}

Manifests read_quota(const std::string& spec) {
  return read_manifests("apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec: " + spec,
                        "f");
}

ResourceQuota quota(const std::string& spec) {
  const Manifests manifests = read_quota(spec);
  for (const Problem& problem : manifests.problems) ADD_FAILURE() << to_string(problem);
  for (const NotModelled& field : manifests.not_modelled) ADD_FAILURE() << field.what;
  return std::get<ResourceQuota>(manifests.objects.at(0).object);
}

/// One of several pods, each of which has something that a scope asks for.
struct Pods {
  Pod plain;
  Pod with_deadline;
  Pod with_request;
  Pod with_init_request;
  Pod high;
  Pod low;
  Pod affine_here;
  Pod affine_elsewhere;
  Pod anti_everywhere;

  Pods() {
    for (Pod* pod : {&plain, &with_deadline, &with_request, &with_init_request, &high, &low,
                     &affine_here, &affine_elsewhere, &anti_everywhere}) {
      pod->spec.containers = {Container{}};
    }
    with_deadline.spec.active_deadline = 60_s;
    with_request.spec.containers = {container(100, {}, {}, {})};
    with_init_request.spec.init_containers = {container({}, {}, kGi, {})};
    high.spec.priority_class_name = "high";
    low.spec.priority_class_name = "low";
    PodAffinityTerm term;
    term.selector = LabelSelector{};
    affine_here.spec.affinity.pod.required = {term};
    term.namespaces = {"other"};
    affine_elsewhere.spec.affinity.pod.preferred = {{1, term}};
    term.namespaces.clear();
    term.namespace_selector = LabelSelector{};
    anti_everywhere.spec.affinity.anti.required = {term};
  }

  /// Names of those that the quota counts.
  [[nodiscard]] std::string in(const ResourceQuota& quota) const {
    std::string names;
    const auto add = [&](const char* name, const Pod& pod) {
      if (in_scopes(quota, Object{pod})) names += (names.empty() ? "" : " ") + std::string{name};
    };
    add("plain", plain);
    add("deadline", with_deadline);
    add("request", with_request);
    add("init", with_init_request);
    add("high", high);
    add("low", low);
    add("here", affine_here);
    add("elsewhere", affine_elsewhere);
    add("everywhere", anti_everywhere);
    return names;
  }
};

TEST(QuotaScopes, SayWhichPodsAreCounted) {
  const auto selector = [](const std::string& requirement) {
    return "{hard: {pods: 1}, scopeSelector: {matchExpressions: [" + requirement + "]}}";
  };
  const Pods pods;
  for (const auto& [spec, counted] : std::vector<std::pair<std::string, std::string>>{
           {"{hard: {pods: 1}}", "plain deadline request init high low here elsewhere everywhere"},
           {"{hard: {pods: 1}, scopes: [Terminating]}", "deadline"},
           {"{hard: {pods: 1}, scopes: [NotTerminating]}",
            "plain request init high low here elsewhere everywhere"},
           {"{hard: {pods: 1}, scopes: [BestEffort]}",
            "plain deadline high low here elsewhere everywhere"},
           {"{hard: {pods: 1}, scopes: [NotBestEffort]}", "request init"},
           {"{hard: {pods: 1}, scopes: [PriorityClass]}", "high low"},
           {"{hard: {pods: 1}, scopes: [CrossNamespacePodAffinity]}", "elsewhere everywhere"},
           {"{hard: {pods: 1}, scopes: [BestEffort, Terminating]}", "deadline"},
           {selector("{scopeName: Terminating, operator: Exists}"), "deadline"},
           {selector("{scopeName: PriorityClass, operator: In, values: [high, none]}"), "high"},
           {selector("{scopeName: PriorityClass, operator: Exists}"), "high low"},
           {selector("{scopeName: PriorityClass, operator: NotIn, values: [high]}"),
            "plain deadline request init low here elsewhere everywhere"},
           {selector("{scopeName: PriorityClass, operator: DoesNotExist}"),
            "plain deadline request init here elsewhere everywhere"},
           {selector("{scopeName: PriorityClass, operator: Exists},"
                     "{scopeName: PriorityClass, operator: NotIn, values: [low]}"),
            "high"},
           {"{hard: {pods: 1}, scopes: [PriorityClass], scopeSelector: {matchExpressions: "
            "[{scopeName: PriorityClass, operator: In, values: [low]}]}}",
            "low"}}) {
    EXPECT_EQ(pods.in(quota(spec)), counted) << spec;
  }
}

TEST(QuotaScopes, LeaveOutWhateverIsNoPod) {
  EXPECT_TRUE(in_scopes(quota("{hard: {services: 1}}"), Object{Service{}}));
  for (const char* scope : {"Terminating", "NotTerminating", "BestEffort", "NotBestEffort",
                            "PriorityClass", "CrossNamespacePodAffinity"}) {
    EXPECT_FALSE(in_scopes(quota(std::string{"{scopes: ["} + scope + "]}"), Object{Service{}}))
        << scope;
  }
}

TEST(QuotaScopes, LimitPodsAndTheirComputeAlone) {
  const auto problems = [](const std::string& spec) {
    std::vector<std::string> found;
    for (const Problem& problem : read_quota(spec).problems) {
      found.push_back(problem.where.pointer + ": " + problem.expected);
    }
    return found;
  };
  using Found = std::vector<std::string>;
  // Names with a "/" are not looked at.
  for (const char* scope : {"Terminating", "NotTerminating", "NotBestEffort", "PriorityClass",
                            "CrossNamespacePodAffinity"}) {
    EXPECT_EQ(problems(std::string{"{hard: {pods: 1, cpu: 1, memory: 1Gi, requests.cpu: 1, "
                                   "requests.memory: 1Gi, limits.cpu: 1, limits.memory: 1Gi, "
                                   "count/pods: 3}, scopes: ["} +
                       scope + "]}"),
              Found{})
        << scope;
    EXPECT_EQ(problems(std::string{"{hard: {services: 1}, scopes: ["} + scope + "]}"),
              Found{"/spec/scopes/0: a scope in which services can be limited"})
        << scope;
  }
  EXPECT_EQ(problems("{hard: {pods: 1, requests.cpu: 1}, scopes: [BestEffort]}"),
            Found{"/spec/scopes/0: a scope in which requests.cpu can be limited"});
  EXPECT_EQ(problems("{hard: {pods: 1, memory: 1Gi}, scopeSelector: {matchExpressions: "
                     "[{scopeName: BestEffort, operator: Exists}]}}"),
            Found{"/spec/scopeSelector/matchExpressions/0/scopeName: a scope in which memory can "
                  "be limited"});
}

TEST(QuotaScopes, ThatCannotHoldAreProblems) {
  const auto problems = [](const std::string& spec) {
    std::vector<std::string> found;
    for (const Problem& problem : read_quota("{hard: {pods: 1}, " + spec + "}").problems) {
      found.push_back(problem.where.pointer + ": " + problem.expected);
    }
    return found;
  };
  const auto selector = [&](const std::string& requirements) {
    return problems("scopeSelector: {matchExpressions: [" + requirements + "]}");
  };
  using Found = std::vector<std::string>;
  const std::string at = "/spec/scopeSelector/matchExpressions/0";
  EXPECT_EQ(problems("scopes: [Sleeping]"),
            Found{"/spec/scopes/0: Terminating, NotTerminating, BestEffort, NotBestEffort, "
                  "PriorityClass, CrossNamespacePodAffinity"});
  EXPECT_EQ(problems("scopes: [BestEffort, PriorityClass, NotBestEffort]"),
            Found{"/spec/scopes/2: not both BestEffort and NotBestEffort"});
  EXPECT_EQ(problems("scopes: [NotTerminating, Terminating]"),
            Found{"/spec/scopes/1: not both Terminating and NotTerminating"});
  EXPECT_EQ(selector("{scopeName: Terminating, operator: Exists}, "
                     "{scopeName: NotTerminating, operator: Exists}"),
            Found{"/spec/scopeSelector/matchExpressions/1/scopeName: not both Terminating and "
                  "NotTerminating"});
  for (const char* scope : {"Terminating", "NotTerminating", "BestEffort", "NotBestEffort",
                            "CrossNamespacePodAffinity"}) {
    EXPECT_EQ(selector(std::string{"{scopeName: "} + scope + ", operator: DoesNotExist}"),
              Found{at + "/operator: Exists"})
        << scope;
  }
  EXPECT_EQ(selector("{scopeName: PriorityClass, operator: In}"),
            Found{at + ": at least one value"});
  EXPECT_EQ(selector("{scopeName: PriorityClass, operator: NotIn, values: []}"),
            Found{at + "/values: at least one value"});
  EXPECT_EQ(selector("{scopeName: PriorityClass, operator: Exists, values: [high]}"),
            Found{at + "/values: no values with Exists or DoesNotExist"});
  EXPECT_EQ(selector("{scopeName: PriorityClass, operator: Gt, values: [high]}"),
            Found{at + "/operator: In, NotIn, Exists or DoesNotExist"});
  EXPECT_EQ(selector("{operator: Exists}"), Found{at + ": the name of a scope"});
}

}  // namespace
}  // namespace orrery::api
