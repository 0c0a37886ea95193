/// @file
/// The registry of policies: all that a scenario can name.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace orrery {

/// Every policy of the schema by its key, and where a key has kinds, by each of them:
/// "timeout", "balancer.maglev", "retries.limit.envoy"; and of services "queue.order",
/// "limit.aimd". Requires: the repository as the folder.
inline std::vector<std::string> policy_names() {
  std::ifstream file{"scenarios/schema/scenario.schema.json"};
  const nlohmann::json schema = nlohmann::json::parse(file);
  const nlohmann::json& defs = schema.at("$defs");
  const auto resolve = [&](const nlohmann::json& node) -> const nlohmann::json& {
    if (!node.contains("$ref")) return node;
    return defs.at(node.at("$ref").get<std::string>().substr(std::string{"#/$defs/"}.size()));
  };
  /// The definition whose keys are the kinds, if it is one of several kinds.
  const auto kinds_of = [&](const nlohmann::json& node) -> const nlohmann::json* {
    if (!node.contains("oneOf")) return nullptr;
    for (const nlohmann::json& choice : node.at("oneOf")) {
      const nlohmann::json& form = resolve(choice);
      if (form.value("maxProperties", 0) == 1) return &form;
    }
    return nullptr;
  };
  std::vector<std::string> names;
  const auto add = [&](const std::string& name, const nlohmann::json& node) {
    const nlohmann::json* kinds = kinds_of(node);
    if (kinds == nullptr) names.push_back(name);
    if (kinds == nullptr) return false;
    for (const auto& [kind, settings] : kinds->at("properties").items()) {
      names.push_back(name + "." + kind);
    }
    return true;
  };
  for (const auto& [key, value] : defs.at("policy").at("properties").items()) {
    if (key == "from" || key == "to") continue;
    const nlohmann::json& node = resolve(value);
    if (add(key, node) || !node.contains("properties")) continue;
    for (const auto& [part, settings] : node.at("properties").items()) {
      const nlohmann::json& inner = resolve(settings);
      if (kinds_of(inner) != nullptr) add(key + "." + part, inner);
    }
  }
  const nlohmann::json& service = defs.at("service").at("properties");
  for (const auto& [key, value] : resolve(service.at("queue")).at("properties").items()) {
    names.push_back("queue." + key);
  }
  add("limit", resolve(service.at("limit")));
  return names;
}

}  // namespace orrery
