#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/scenario/golden_file.h"
#include "tests/scenario/scenario_text.h"

namespace orrery::scenario {
namespace {

using Json = nlohmann::ordered_json;

Json schema() { return Json::parse(text_of_file("scenarios/schema/scenario.schema.json")); }

/// A scenario that uses every key there is.
const char* const kEveryKey = R"({
  "$schema": "x", "format": 1, "name": "every key", "profile": "kubernetes-1.32",
  "duration": "60s", "warmup": "5s", "startTime": "2024-06-01T12:00:00+02:00", "runs": {"seeds": 7, "confidence": "90%"},
  "manifests": ["scenarios/external-autoscaler/manifests/web.yaml", "scenarios/shop/manifests/ad.yaml"],
  "cluster": {
    "cpuContention": true,
    "nodes": ["x", {"name": "y", "zone": "b", "cpu": "2", "memory": "1Gi", "pods": 5, "extended": {"a.b/c": 1},
                    "diskSize": "9Gi", "reserved": {"cpu": "100m", "memory": "1Mi"},
                    "evictionHard": {"memory.available": "1Mi"}, "labels": {"disk": "ssd"},
                    "taints": ["dedicated=batch:NoSchedule"]}],
    "node": {"cpu": 2, "memory": "1Gi", "pods": 10, "extended": {"a.b/c": 2}, "diskSize": "9Gi", "network": "1Gbps",
             "reserved": {"cpu": 0}, "evictionHard": {"imagefs.available": "5%"}},
    "network": {"sameNode": {"latency": "1us"}, "inZone": {"latency": "1us"},
                "betweenZones": {"latency": "1ms", "bandwidth": "1Gbps"},
                "registry": {"bandwidth": "1Gbps"}, "endpointDelay": "1ms"},
    "storage": {"attach": "1s", "detach": "1s", "provision": "1s", "delete": "1s", "resize": "1s"},
    "controlPlane": {"replicas": 2, "stores": 3, "electionTimeout": "1s"},
    "kubeProxyMode": "ipvs",
    "nodeGroups": {"pool": {"min": 1, "max": 3, "nodes": 2, "startTime": {"uniform": ["30s", "90s"]}, "zone": "b",
                            "cpu": "2", "memory": "1Gi", "pods": 5, "extended": {"a.b/c": 1}, "diskSize": "9Gi",
                            "reserved": {"cpu": "100m"}, "evictionHard": {"memory.available": "1Mi"},
                            "labels": {"disk": "ssd"}, "taints": ["gpu:NoExecute"], "priority": 7}},
    "autoscaler": {"expander": "most-pods", "maxNodesTotal": 9, "scanInterval": "20s", "newPodScaleUpDelay": "5s",
                   "maxNodeProvisionTime": "5min", "utilizationThreshold": "40%", "unneededTime": "1min",
                   "unreadyTime": "2min", "delayAfterAdd": "3min", "delayAfterFailure": "4min"}
  },
  "schedulers": {"mine": {"filtersOff": ["NodeName"], "scores": {"NodeResourcesFit": 2},
    "scoring": {"type": "RequestedToCapacityRatio", "resources": {"cpu": 1},
                "shape": [{"utilization": 0, "score": 10}, {"utilization": 100, "score": 0}]},
    "tieBreak": "first", "percentageOfNodesToScore": 50, "preemption": false,
    "program": {"exec": ["sh", "x"], "timeout": "1s", "weight": 0}}},
  "autoscalers": {"web": {"exec": ["sh", "x"], "timeout": "1s"}},
  "metrics": {"rps": {"measures": "requestRate", "every": "5s", "over": "30s"},
              "backlog": {"external": [{"at": "0s", "value": 3}, {"at": "9s", "value": "2500m"}]}},
  "images": {"web:2": {"layers": ["1Mi", {"id": "base", "size": "2Mi"}], "onNodes": false,
                       "start": {"uniform": ["1ms", "2ms"]}, "missing": false,
                       "runsFor": "9min", "exitCode": 1, "ignoresTerm": true,
                       "unwellAfter": "5s", "unwellFor": "1s",
                       "memory": {"base": "1Mi", "perSecond": "1Ki", "perRequest": "1Ki", "perServed": "1Ki"},
                       "disk": {"base": "1Mi", "perSecond": "1Ki", "volume": "v"}, "errors": "1%"}},
  "services": {"web": {"concurrency": 1, "queueMax": 2, "drainsOnTerm": false,
               "probesShareThreads": true, "warmUp": {"factor": 3, "for": "9s"},
               "queue": {"order": "adaptive-lifo", "lifoAbove": "70%", "ageMax": "1s", "codel": {"target": "5ms", "interval": "1s"}},
               "limit": {"vegas": {"initial": 10, "max": 100, "smoothing": 0.5, "probeMultiplier": 9}},
               "pauses": {"for": "1ms", "requests": 100}, "handshake": {"tls": "1.3", "cpu": "1ms"},
               "leader": {"election": "9s", "acks": 2, "replicate": "1ms"}, "operations": {
    "leaf": {"cpu": {"exponential": "1ms"}, "wait": {"lognormal": {"mean": "1ms", "p99": "2ms"}},
             "errors": "1%"},
    "put": {"cpu": "1ms", "writes": true},
    "get": {"cpu": {"lognormal": {"median": "1ms", "p99": "2ms"}},
            "calls": ["web:leaf", ["web:leaf", {"to": "web", "operation": "leaf", "times": 2,
                                                "probability": "50%", "timeout": "1s", "optional": true,
                                                "sends": "1Ki", "receives": 2048}],
                      {"to": "web:leaf", "when": "failed", "times": "1..3",
                       "cache": {"keys": 9, "exponent": 0.8, "capacity": 3, "ttl": "1s", "singleFlight": true}},
                      {"to": "web:leaf", "waits": false}, {"to": "web:leaf", "undo": "web:leaf"},
                      {"to": "web:leaf", "cache": "90%"}]}
  }}},
  "rateLimits": {"visits": {"service": "web", "operation": "leaf", "requests": 9, "per": "1s"}},
  "topics": {
    "log": {"broker": "web", "publish": "get", "partitions": 6, "groups": {"web": {"operation": "leaf",
            "consumers": 2, "batch": 10, "retries": 3, "backoff": "2s", "deadLetters": "dead",
            "timeout": "5s", "sessionTimeout": "10s", "rebalance": "1s"}}},
    "queue": {"broker": "web", "publish": "put", "groups": {"web": {"prefetch": 5}}},
    "dead": {"broker": "web"}},
  "policies": [{"from": "clients", "to": ["web"], "timeout": "2s", "perTryTimeout": "1s", "connectTimeout": "1s",
    "passDeadline": true, "deadlineMargin": "1ms", "bulkhead": 5,
    "globalRateLimit": "visits",
    "retries": {"attempts": 2, "on": ["5xx"], "backoff": {"envoy": {"base": "25ms", "max": "1s"}},
                "limit": {"envoy": {"budgetPercent": "20%", "minConcurrency": 3, "maxRetries": 1}}, "avoidPreviousHosts": 1},
    "breaker": {"hystrix": {"requestVolume": 20, "errorPercent": "50%", "sleepWindow": "5s", "rollingWindow": "10s",
                            "healthInterval": "500ms"}},
    "rateLimit": {"tokens": 1, "perFill": 1, "fillInterval": "50ms"},
    "balancer": {"least-request": {"choices": 2, "fullScan": false}}, "weights": {"web:2": 3},
    "slowStart": {"window": "30s", "aggression": 2, "minWeight": "5%"},
    "locality": {"zone-aware": {"minPods": 3, "enabled": "50%", "ownZoneAlone": true}},
    "failureAccrual": {"maxFailures": 3, "minPenalty": "2s", "maxPenalty": "20s", "jitter": 0.1},
    "outlierDetection": {"consecutive5xx": 5, "consecutiveGatewayErrors": 3, "successRate": false,
                         "failurePercentage": true, "interval": "10s", "baseEjectionTime": "30s",
                         "maxEjectionTime": "300s", "maxEjectionPercent": "10%",
                         "ejectionLimit": "after-or-first", "panicThreshold": "50%"},
    "healthCheck": {"interval": "5s", "timeout": "1s", "unhealthyThreshold": 3, "healthyThreshold": 2, "unhealthyInterval": "2s",
                    "unhealthyEdgeInterval": "1s", "healthyEdgeInterval": "3s", "noTrafficInterval": "9s",
                    "noTrafficHealthyInterval": "8s", "initialJitter": "2s", "jitter": "1s", "jitterPercent": "5%",
                    "expectedStatuses": [{"start": 200, "end": 300}], "retriableStatuses": [{"start": 429, "end": 430}],
                    "path": "leaf", "closeConnectionsOnFailure": true, "reuseConnection": false,
                    "panicThreshold": "40%"},
    "connectionPool": {"maxConnections": 1, "maxConnectionsPerHost": 1, "maxPendingRequests": 1, "maxRequests": 1,
                       "streamsPerConnection": 10},
    "fallback": {"cached": {"maxAge": "1s"}}}],
  "journeys": {"a": ["web:get"], "b": {"steps": ["web", {"to": "web", "operation": "get", "times": 2, "probability": "50%"}],
                                         "timeout": "1s", "think": "1s"}},
  "load": [{"poisson": "1/s", "mix": {"a": 1, "b": 2}, "population": {"count": 9, "zipf": 1.1}, "from": "1s", "until": "rollout+9s"},
           {"rates": [{"at": "0s", "rate": "0/s"}, {"at": "9s", "rate": "5/s"}], "between": "lines", "scale": 2,
            "every": "10s", "offset": "1s", "mix": {"a": 1}},
           {"rates": "scenarios/load-shapes/day.csv", "interval": "1min", "per": "1min", "mix": {"a": 1}},
           {"users": 3, "think": {"exponential": "1s"}, "rampUp": "1s", "mix": {"a": 1}}],
  "timeline": [
    {"id": "kill", "at": "10s", "fault": "container-kill", "target": "Deployment/web", "count": 2,
     "container": "web"},
    {"id": "closed", "at": "3s", "cordon": "Node/x"}, {"id": "emptied", "at": "4s", "drain": "Node/x"},
    {"id": "open", "at": "5s", "uncordon": "Node/x"},
    {"id": "node", "at": "11s", "fault": "node-loss", "target": "Node/x", "for": "1s"},
    {"id": "sick", "at": "12s", "fault": "unwell", "target": "Deployment/web", "for": "1s",
     "how": "hangs"},
    {"id": "zone", "at": "12s", "fault": "zone-loss", "zone": "b", "for": "1s"},
    {"id": "slow", "at": "13s", "fault": "api-slow", "delay": "1s", "for": "1s"},
    {"id": "more", "at": "14s", "apply": ["scenarios/live/manifests/web.yaml"]},
    {"id": "rules", "at": "14s", "apply": ["scenarios/istio/manifests/rules.yaml"]},
    {"id": "fewer", "at": "15s", "delete": ["VirtualService/shop/back"]},
    {"id": "label", "at": "14s", "patch": {"target": "Deployment/web", "pods": 1,
     "merge": {"metadata": {"labels": {"app": null}}}}},
    {"id": "patient", "at": "14s", "policy": {"to": "web", "timeout": "9s"}},
    {"id": "leader", "at": "14s", "fault": "slow-leader", "target": "Service/web", "delay": "1s",
     "for": "1s"},
    {"id": "registry", "at": "14s", "fault": "registry-slow", "bandwidth": "1Mbps", "for": "1s"},
    {"id": "late", "at": "14s", "fault": "network-delay", "from": "clients", "to": ["Deployment/web"],
     "share": "50%", "direction": "both", "probability": "10%", "delay": "10ms", "jitter": "1ms",
     "correlation": "25%", "for": "1s", "every": "2s", "times": 2},
    {"id": "aborts", "at": "14s", "fault": "http-abort", "to": "Service/web", "status": 503,
     "for": "1s"},
    {"id": "stress", "at": "14s", "fault": "cpu-stress", "target": "Deployment/web", "threads": 2,
     "for": "1s"},
    {"id": "hog", "at": "14s", "fault": "memory-stress", "target": "Deployment/web",
     "memory": "64Mi", "for": "1s"},
    {"id": "narrow", "at": "14s", "fault": "network-bandwidth", "to": "Service/web",
     "bandwidth": "1Mbps", "buffer": "1Ki", "limit": "64Ki", "headers": 500, "for": "1s"},
    {"id": "closes", "at": "14s", "fault": "slow-close", "to": "Service/web", "delay": "1s", "for": "1s"},
    {"id": "large", "at": "14s", "fault": "limit-data", "to": "Service/web", "limit": "1Ki", "for": "1s"},
    {"id": "wrong", "at": "14s", "fault": "bad-config", "from": "clients", "how": "timeout",
     "timeout": "5ms", "for": "1s"},
    {"id": "full", "at": "14s", "fault": "disk-full", "target": "Node/x", "for": "1s"},
    {"id": "rollout", "at": "20s", "set": {"target": "Deployment/web", "container": "web",
     "image": "web:2", "replicas": 3, "env": {"A": "1"}}}
  ],
  "expect": [
    {"id": "1", "service": "web", "success": ">= 1%", "minRequests": 1, "during": "kill.."},
    {"id": "2", "journey": "a", "mean": "< 1s"},  {"id": "3", "journey": "a", "p50": "< 1s"},
    {"id": "4", "journey": "a", "p90": "< 1s"},   {"id": "5", "journey": "a", "p95": "< 1s"},
    {"id": "6", "journey": "a", "p99": "< 1s"},   {"id": "7", "journey": "a", "p999": "< 1s"},
    {"id": "8", "journey": "a", "max": "< 1s"},   {"id": "9", "journey": "a", "requests": "> 1"},
    {"id": "10", "target": "Deployment/web", "rollout": "complete", "of": "rollout", "within": "9s"},
    {"id": "11", "target": "Deployment/web", "always": {"available": ">= 1"}, "during": "1s..2s"},
    {"id": "12", "target": "Deployment/web", "never": {"ready": "> 9"}},
    {"id": "13", "target": "Deployment/web", "eventually": {"total": "== 3"}, "for": "1s"},
    {"id": "14", "target": "Deployment/web", "finally": {"updated": "1..3"}},
    {"id": "15", "target": "Deployment/web", "recovers": "kill", "within": "1s"},
    {"id": "16", "journey": "a", "availability": ">= 99%", "goodSecond": "90%"},
    {"id": "17", "journey": "a", "errors": "<= 9"}, {"id": "18", "journey": "a", "requestRate": "> 0/s"},
    {"id": "19", "journey": "a", "errorRate": "< 1/s"},
    {"id": "20", "journey": "a", "budgetUsed": "<= 120%", "slo": {"objective": "99%", "window": "20s"}},
    {"id": "21", "journey": "a", "burnRate": "< 14.4", "slo": {"objective": "99%", "window": "20s"},
     "over": ["20s", "5s"]},
    {"id": "27", "journey": "a", "triesPerCall": "<= 3"},
    {"id": "22", "count": "Pod", "where": {"namespace": "default", "name": "web-*",
     "labels": {"app": "web"}, "owner": "Deployment/web", "condition": "Ready", "phase": "Running",
     "reason": "Evicted", "node": "x", "ready": true, "scheduled": true, "terminating": false},
     "sum": "restarts", "always": "<= 9", "during": "..30s"},
    {"id": "23", "count": "Pod", "ever": true, "never": "> 99"},
    {"id": "24", "count": "Pod", "per": "node", "eventually": ">= 1", "for": "1s"},
    {"id": "25", "count": "Node", "where": {"zone": "b", "taint": "a/b", "unschedulable": false},
     "finally": ">= 0"},
    {"id": "26", "count": "events", "where": {"what": "created", "subject": "Pod/*", "detail": "by"},
     "finally": ">= 1"},
    {"id": "28", "topic": "log", "group": "web", "count": "lag", "always": "< 99"},
    {"id": "29", "topic": "log", "group": "web", "count": "age", "never": "> 9s", "during": "..30s"},
    {"id": "30", "topic": "queue", "group": "web", "count": "dead", "finally": "== 0"},
    {"id": "31", "topic": "queue", "group": "web", "count": "finished", "eventually": ">= 1", "for": "1s"}
  ],
  "patch": [{"target": "Deployment/web", "merge": {"spec": {"minReadySeconds": 1}}}],
  "sweep": {"grid": {"load[0].poisson": ["1/s", "2/s"]}, "zip": {"duration": ["60s", "70s"]}},
  "include": [{"file": "labs/parts/defaults.json", "folder": "labs"}],
  "provenance": {"/cluster": "given", "/services": "measured: here", "/load": "assumed: so"}
})";

/// The same with zones, which exclude nodes.
std::string with_zones() {
  Json text = Json::parse(kEveryKey);
  text["include"] = Json::array();  // It has nodes.
  text["cluster"].erase("nodes");
  text["cluster"]["zones"] = {{"x", {{"nodes", 2}}}};
  text["timeline"][1]["cordon"] = text["timeline"][2]["drain"] = "Node/x-1";
  text["timeline"][3]["uncordon"] = text["timeline"][4]["target"] = "Node/x-1";
  for (Json& expectation : text["expect"]) {
    if (expectation.contains("where") && expectation["where"].contains("node")) {
      expectation["where"]["node"] = "x-1";
    }
  }
  for (Json& entry : text["timeline"]) {
    if (entry.contains("zone")) entry["zone"] = "x";
    if (entry.value("target", "") == "Node/x") entry["target"] = "Node/x-1";
  }
  return text.dump();
}

/// What a service can have one of at a time.
const std::vector<std::string> kOtherServices = {
    R"({"warmUp": {"factor": 3, "requests": 9}, "pauses": {"for": "1ms", "every": "1s"},
        "limit": {"aimd": {"initial": 9, "min": 5, "max": 50, "backoff": 0.5, "timeout": "1s"}}})",
    R"({"limit": {"gradient": {"minRttInterval": "9s", "updateInterval": "1s", "minRttRequests": 9,
        "jitter": "5%", "min": 4, "max": 44, "buffer": "10%", "percentile": "90%"}}})",
};

/// Policies of which there can be one at a time.
const std::vector<std::string> kOtherPolicies = {
    R"({"to": "web", "retries": {"backoff": "1s", "limit": {"linkerd": {"ttl": "10s",
        "minRetriesPerSecond": 1, "retryRatio": 0.2}}}, "balancer": {"random": {}},
        "fallback": {"static": {}}})",
    R"({"to": "web", "retries": {"backoff": {"resilience4j": {"initial": "1s", "multiplier": 2,
        "randomization": 0.1, "max": "9s"}}, "limit": {"grpc": {"maxTokens": 5,
        "tokenRatio": 0.2}}}, "balancer": {"round-robin": {}}, "breaker": {"resilience4j":
        {"failureRate": "50%", "slowCallRate": "50%", "slowCallDuration": "1s", "halfOpenCalls": 1,
        "maxWaitInHalfOpen": "1s", "window": "time", "windowSize": 9, "minimumCalls": 1,
        "waitInOpen": "1s", "automaticHalfOpen": true}}})",
    R"({"to": "web", "retries": {"backoff": {"grpc": {"initial": "1s", "max": "9s", "multiplier": 2}},
        "limit": {"aws": {"capacity": 5, "retryCost": 1, "timeoutCost": 1, "refund": 1}}},
        "balancer": {"peak-ewma": {"decay": "1s", "defaultRtt": "1ms"}}})",
    R"({"to": "web", "retries": {"backoff": {"aws": {"jitter": "equal", "base": "1s", "cap": "9s"}},
        "limit": "envoy"}, "balancer": "random", "breaker": "hystrix", "fallback": "static"})",
    R"({"to": "web", "retries": {"backoff": {"awsSdk": {"scale": "1s", "max": "9s"}}},
        "balancer": {"pick-first": {"shuffle": true}}})",
    R"({"to": "web", "retries": {"backoff": {"linkerd": {"min": "1s", "max": "9s",
        "jitter": 0.1}}}, "balancer": {"ring-hash": {"minRingSize": 10, "maxRingSize": 100,
        "key": "session", "boundedLoad": 125}}})",
    R"({"to": "web", "balancer": "random", "locality": {"failover": {"overprovisioning": 150}}})",
    R"({"to": "web", "bulkhead": {"semaphore": {"maxConcurrentCalls": 3}}})",
    R"({"to": "web", "bulkhead": {"hystrixThreadPool": {"coreSize": 3, "maxQueueSize": 9,
        "queueSizeRejectionThreshold": 4}}})",
    R"({"to": "web", "bulkhead": {"resilience4jThreadPool": {"coreSize": 1, "maxSize": 2,
        "queueCapacity": 9, "keepAlive": "1s"}}})",
    R"({"to": "web", "admissionControl": {"samplingWindow": "10s", "successRateThreshold": "90%",
        "aggression": 2, "rpsThreshold": 5, "maxRejectionProbability": "50%"}})",
    R"({"to": "web", "fallback": {"service": {"to": "ad", "operation": "list",
        "maxConcurrent": 3}}})",
    R"({"to": "web", "globalRateLimit": {"limit": "visits", "timeout": "5ms",
        "failureModeDeny": true}})",
    R"({"to": "web", "hedging": {"maxAttempts": 3, "hedgingDelay": "50ms",
        "nonFatalStatusCodes": ["UNAVAILABLE", "UNKNOWN"],
        "throttle": {"maxTokens": 5, "tokenRatio": 0.2}}})",
    R"({"to": "web", "balancer": {"maglev": {"tableSize": 251, "key": "path",
        "boundedLoad": 125}}})"};

/// Walks a scenario along the schema: which keys of the schema it uses, and which of its own keys
/// the schema does not know. Of alternatives, the one that knows all keys is taken.
class Walk {
 public:
  explicit Walk(const Json& root) : root_{root} {}

  bool visit(const Json& value, const Json& at, const std::string& name) {
    if (at.contains("$ref")) {
      const std::string reference = at["$ref"].get<std::string>();
      const std::string definition = reference.substr(reference.rfind('/') + 1);
      return visit(value, root_["$defs"][definition], definition);
    }
    if (at.contains("oneOf") && !at.contains("properties")) {
      for (const Json& alternative : at["oneOf"]) {
        Walk inner{root_};
        if (!inner.visit(value, alternative, name)) continue;
        used.insert(inner.used.begin(), inner.used.end());
        return true;
      }
      return false;
    }
    if (at.contains("const")) return value == at["const"];
    if (value.is_object()) return visit_members(value, at, name);
    if (value.is_array() != at.contains("items")) return false;
    if (at.contains("properties")) return false;
    for (const Json& item : value.is_array() ? value : Json::array()) {
      if (!visit(item, at["items"], name)) return false;
    }
    return true;
  }

  std::set<std::string> used;

 private:
  bool visit_members(const Json& value, const Json& at, const std::string& name) {
    for (const auto& [key, member] : value.items()) {
      if (at.contains("properties") && at["properties"].contains(key)) {
        used.insert(name + "." + key);
        if (!visit(member, at["properties"][key], name)) return false;
      } else if (at.contains("additionalProperties") && at["additionalProperties"] == true) {
        continue;
      } else if (at.contains("additionalProperties") && at["additionalProperties"].is_object()) {
        if (!visit(member, at["additionalProperties"], name)) return false;
      } else {
        return false;
      }
    }
    if (!at.contains("required")) return true;
    return std::all_of(at["required"].begin(), at["required"].end(), [&](const Json& required) {
      return value.contains(required.get<std::string>());
    });
  }

  const Json& root_;
};

std::set<std::string> all_keys(const Json& root) {
  std::set<std::string> keys;
  for (const auto& [key, member] : root["properties"].items()) keys.insert("scenario." + key);
  for (const auto& [name, definition] : root["$defs"].items()) {
    if (!definition.contains("properties")) continue;
    for (const auto& [key, member] : definition["properties"].items())
      keys.insert(name + "." + key);
  }
  return keys;
}

TEST(Schema, HasExactlyTheKeysThatTheReaderKnows) {
  const Json root = schema();
  Walk walk{root};
  std::vector<std::string> texts{kEveryKey, with_zones()};
  for (const std::string& policy : kOtherPolicies) {
    Json text = Json::parse(kEveryKey);
    text["policies"] = Json::array({Json::parse(policy)});
    if (!text["policies"][0].contains("globalRateLimit")) text.erase("rateLimits");
    texts.push_back(text.dump());
  }
  for (const std::string& members : kOtherServices) {
    Json text = Json::parse(kEveryKey);
    text["services"]["web"].update(Json::parse(members));
    texts.push_back(text.dump());
  }
  for (const std::string& text : texts) {
    const ScenarioReading reading = read_scenario_text(text, "every-key.json", "");
    EXPECT_TRUE(reading.scenario) << text_of(reading.problems);
    EXPECT_TRUE(walk.visit(Json::parse(text), root, "scenario"));
  }
  EXPECT_EQ(walk.used, all_keys(root));
}

TEST(Schema, FitsTheScenariosThatComeWithOrrery) {
  const Json root = schema();
  const Json every_key = Json::parse(kEveryKey);
  ASSERT_FALSE(shipped_files().empty());
  for (const std::string& file : shipped_files()) {
    Walk walk{root};
    Json text = Json::parse(text_of_file(file), nullptr, true, /*ignore_comments=*/true);
    // What a part lacks stands where it is included, and the other way round.
    const bool whole = text.contains("name") && !text.contains("include");
    if (!whole) text.insert(every_key.begin(), every_key.end());
    EXPECT_TRUE(walk.visit(text, root, "scenario")) << file;
  }
}

/// As an editor judges a single file: one of the alternatives holds.
bool is_accepted(const Json& value, const Json& at) {
  if (at.contains("anyOf")) {
    const Json& alternatives = at["anyOf"];
    if (std::none_of(alternatives.begin(), alternatives.end(),
                     [&](const Json& one) { return is_accepted(value, one); })) {
      return false;
    }
  }
  if (at.contains("not") && is_accepted(value, at["not"])) return false;
  for (const Json& key : at.value("required", Json::array())) {
    if (!value.contains(key.get<std::string>())) return false;
  }
  const Json dependent = at.value("dependentRequired", Json::object());
  for (const auto& [key, others] : dependent.items()) {
    for (const Json& other : value.contains(key) ? others : Json::array()) {
      if (!value.contains(other.get<std::string>())) return false;
    }
  }
  const Json properties = at.value("properties", Json::object());
  for (const auto& [key, member] : properties.items()) {
    if (value.contains(key) && member.contains("anyOf") && !is_accepted(value[key], member)) {
      return false;
    }
  }
  return true;
}

TEST(Schema, AcceptsEveryFileThatComesWithOrreryAsItStands) {
  const Json root = schema();
  for (const std::string& file : shipped_files()) {
    const Json text = Json::parse(text_of_file(file), nullptr, true, /*ignore_comments=*/true);
    EXPECT_TRUE(is_accepted(text, root)) << file;
  }
}

TEST(Schema, AsksForANameAndADurationOnlyOfFilesThatAreNoParts) {
  const Json root = schema();
  EXPECT_TRUE(is_accepted(Json::parse(R"({"services": {}})"), root)) << "a part";
  EXPECT_TRUE(is_accepted(Json::parse(R"({"include": ["x.json"], "name": "x"})"), root));
  EXPECT_FALSE(is_accepted(Json::parse(R"({"name": "x", "services": {}})"), root));
  Json whole = Json::parse(kEveryKey);
  whole.erase("include");
  EXPECT_TRUE(is_accepted(whole, root));
  for (const char* key : {"format", "duration", "manifests", "cluster", "load"}) {
    Json without = whole;
    without.erase(key);
    EXPECT_FALSE(is_accepted(without, root)) << key;
  }
  whole["cluster"].erase("nodes");
  EXPECT_FALSE(is_accepted(whole, root)) << "a cluster without nodes";
  // The reader says what is missing once all files are put together.
  const ScenarioReading part = read_scenario_text(R"({"services": {}})", "part.json", "");
  for (const char* key : {"\"name\"", "\"duration\"", "\"manifests\"", "\"cluster\""}) {
    EXPECT_NE(text_of(part.problems).find(key), std::string::npos) << key;
  }
}

/// What may stand for a value, in words and with a link where it has a section of its own.
std::string type_text(const Json& root, const Json& at) {
  if (at.contains("$ref")) {
    const std::string reference = at["$ref"].get<std::string>();
    const std::string name = reference.substr(reference.rfind('/') + 1);
    return fmt::format("[{0}](#{0})", name);
  }
  if (at.contains("const")) return fmt::format("`{}`", at["const"].dump());
  std::string text;
  for (const char* alternatives : {"enum", "oneOf"}) {
    if (!at.contains(alternatives) || at.contains("properties")) continue;
    for (const Json& one : at[alternatives]) {
      text += (text.empty() ? "" : " or ") +
              (one.is_object() ? type_text(root, one) : fmt::format("`{}`", one.dump()));
    }
    return text;
  }
  if (at.contains("items")) return "list of " + type_text(root, at["items"]);
  if (at.contains("additionalProperties") && at["additionalProperties"].is_object()) {
    return "object: name to " + type_text(root, at["additionalProperties"]);
  }
  if (!at.contains("type")) return "any";
  if (at["type"].is_string()) return at["type"].get<std::string>();
  for (const Json& one : at["type"]) text += (text.empty() ? "" : " or ") + one.get<std::string>();
  return text;
}

std::string section_text(const Json& root, const Json& at) {
  std::string text = at["description"].get<std::string>() + "\n";
  if (!at.contains("properties")) {
    return text + "\nIs: " + type_text(root, at) + ".\n";
  }
  // Of a scenario, what it has to have when all its files are put together.
  const Json& whole = at.contains("anyOf") ? at["anyOf"][0] : at;
  const Json required = whole.value("required", Json::array());
  text += "\n| key | is | meaning |\n| --- | --- | --- |\n";
  for (const auto& [key, member] : at["properties"].items()) {
    const bool needed = std::find(required.begin(), required.end(), key) != required.end();
    std::string meaning = member.value("description", std::string{});
    if (meaning.empty() && member.contains("$ref")) {
      const std::string reference = member["$ref"].get<std::string>();
      meaning = root["$defs"][reference.substr(reference.rfind('/') + 1)]["description"];
    }
    text += fmt::format("| `{}`{} | {} | {} |\n", key, needed ? " (required)" : "",
                        type_text(root, member), meaning);
  }
  return text;
}

std::string reference_text(const Json& root) {
  std::string text =
      "# Scenario reference\n\n"
      "This page is made from `scenarios/schema/scenario.schema.json` by the test\n"
      "`Schema.IsWhatTheReferenceSays`; change the schema, not this page. Objects are named\n"
      "`Kind/name`, or `Kind/namespace/name` where several have the name; Services just by `name` "
      "or\n"
      "`namespace/name`. Unknown keys are problems. `orrery check` lists every problem at once.\n"
      "\"Assumed when missing\" is listed as an assumed input in every verdict; a \"Default\" is "
      "not.\n\n"
      "## scenario\n\n" +
      section_text(root, root);
  for (const auto& [name, definition] : root["$defs"].items()) {
    text += fmt::format("\n## {}\n\n{}", name, section_text(root, definition));
  }
  return text;
}

TEST(Schema, IsWhatTheReferenceSays) {
  expect_golden("docs/scenario-reference.md", reference_text(schema()));
}

TEST(Schema, HasEveryKeyInTheReference) {
  const std::string reference = text_of_file("docs/scenario-reference.md");
  for (const std::string& key : all_keys(schema())) {
    const std::string row = "| `" + key.substr(key.find('.') + 1) + "`";
    EXPECT_NE(reference.find(row), std::string::npos) << key;
  }
}

}  // namespace
}  // namespace orrery::scenario
