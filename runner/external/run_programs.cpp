#include "runner/external/run_programs.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include "runner/external/conversation.h"
#include "runner/external/questions.h"

namespace orrery::external {
namespace {

constexpr std::int64_t kScoreMax = 100;

/// The members of an answer that a check did not ask for; empty: there are none.
std::string surplus(const Json& answer, std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : answer.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return fmt::format("the unknown field \"{}\"", key);
    }
  }
  return {};
}

/// What is wrong with a whole number within bounds; empty: nothing.
std::string count_problem(const Json& answer, const char* key, std::int64_t most) {
  const auto found = answer.find(key);
  if (found == answer.end()) return fmt::format("no \"{}\"", key);
  const bool whole = found->is_number_integer() &&
                     (!found->is_number_unsigned() ||
                      found->get<std::uint64_t>() <= static_cast<std::uint64_t>(most));
  if (whole && found->get<std::int64_t>() >= 0 && found->get<std::int64_t>() <= most) return {};
  return fmt::format("a \"{}\" that is no whole number from 0 to {}", key, most);
}

class Autoscalers final : public controllers::ScalingAdvisor {
 public:
  std::map<std::string, std::unique_ptr<Conversation>> programs;  ///< By "namespace/name".

  std::optional<Result<std::int32_t>> replicas(const controllers::AutoscalerView& view,
                                               std::int32_t current,
                                               const controllers::Tolerances& tolerances,
                                               Instant now) override {
    const api::ObjectMeta& meta = view.autoscaler->meta;
    const auto found = programs.find(meta.namespace_name + "/" + meta.name);
    if (found == programs.end()) return std::nullopt;
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    const auto answer = found->second->ask(
        now, autoscaler_question(view, current, tolerances),
        "HorizontalPodAutoscaler/" + found->first, R"("replicas": 3)", [](const Json& given) {
          const std::string problem = count_problem(given, "replicas", kMost);
          return problem.empty() ? surplus(given, {"replicas"}) : problem;
        });
    if (!answer) return tl::unexpected{answer.error()};
    return answer->at("replicas").get<std::int32_t>();
  }
};

/// The plug-in of one scheduler.
class NodeJudge final : public scheduler::ExternalPlugin {
 public:
  explicit NodeJudge(std::unique_ptr<Conversation> program) : program_{std::move(program)} {}

  Result<std::vector<scheduler::ExternalVerdict>> judge(const api::Pod& pod,
                                                        const scheduler::ClusterState& state,
                                                        std::span<const scheduler::Slot> nodes,
                                                        Instant now) override {
    const std::string first = state.node(nodes.front()).node->meta.name;
    const auto answer = program_->ask(
        now, scheduler_question(pod, state, nodes),
        fmt::format("Pod/{}/{}", pod.meta.namespace_name, pod.meta.name),
        fmt::format(R"("nodes": {{"{}": {{"score": 50}} or {{"reason": "why not"}}, ...}})", first),
        [&](const Json& given) { return problem_of(given, state, nodes); });
    if (!answer) return tl::unexpected{answer.error()};
    std::vector<scheduler::ExternalVerdict> verdicts;
    for (const scheduler::Slot slot : nodes) {
      const Json& said = answer->at("nodes").at(state.node(slot).node->meta.name);
      scheduler::ExternalVerdict verdict;
      if (said.contains("reason")) {
        verdict.reason = said["reason"].get<std::string>();
      } else {
        verdict.score = said["score"].get<std::int64_t>();
      }
      verdicts.push_back(std::move(verdict));
    }
    return verdicts;
  }

  [[nodiscard]] const std::optional<Failure>& broken() const { return program_->broken(); }

 private:
  static std::string problem_of(const Json& given, const scheduler::ClusterState& state,
                                std::span<const scheduler::Slot> nodes) {
    if (!given.contains("nodes") || !given["nodes"].is_object()) return "no object \"nodes\"";
    const Json& said = given["nodes"];
    for (const scheduler::Slot slot : nodes) {
      const std::string& name = state.node(slot).node->meta.name;
      if (!said.contains(name)) return fmt::format("nothing about the node \"{}\"", name);
      const std::string problem = node_problem(said[name]);
      if (!problem.empty()) return fmt::format("{}, of the node \"{}\"", problem, name);
    }
    if (said.size() != nodes.size()) return "a node that it was not asked about";
    return surplus(given, {"nodes"});
  }

  static std::string node_problem(const Json& said) {
    if (!said.is_object()) return "no object";
    if (!said.contains("reason")) {
      const std::string problem = count_problem(said, "score", kScoreMax);
      return problem.empty() ? surplus(said, {"score"}) : problem;
    }
    if (!said["reason"].is_string() || said["reason"].get_ref<const std::string&>().empty()) {
      return "a \"reason\" that is no text";
    }
    return surplus(said, {"reason"});
  }

  std::unique_ptr<Conversation> program_;
};

class StartedPrograms final : public RunPrograms {
 public:
  Autoscalers autoscalers;
  std::map<std::string, std::unique_ptr<NodeJudge>> judges;

  controllers::ScalingAdvisor* advisor() override {
    return autoscalers.programs.empty() ? nullptr : &autoscalers;
  }
  scheduler::ExternalPlugin* plugin(const std::string& scheduler) override {
    const auto found = judges.find(scheduler);
    return found == judges.end() ? nullptr : found->second.get();
  }
  [[nodiscard]] std::optional<Failure> broken() const override {
    for (const auto& [name, program] : autoscalers.programs) {
      if (program->broken()) return program->broken();
    }
    for (const auto& [name, judge] : judges) {
      if (judge->broken()) return judge->broken();
    }
    return std::nullopt;
  }
};

}  // namespace

Result<std::unique_ptr<RunPrograms>> RunPrograms::start(const scenario::Scenario& scenario,
                                                        std::uint64_t seed) {
  auto started = std::make_unique<StartedPrograms>();
  for (const auto& [name, program] : scenario.autoscalers) {
    auto conversation = Conversation::start(program, "autoscaler", name, seed);
    if (!conversation) return tl::unexpected{conversation.error()};
    started->autoscalers.programs[name] = *std::move(conversation);
  }
  for (const auto& [name, settings] : scenario.schedulers) {
    if (!settings.program) continue;
    auto conversation = Conversation::start(*settings.program, "scheduler", name, seed);
    if (!conversation) return tl::unexpected{conversation.error()};
    started->judges[name] = std::make_unique<NodeJudge>(*std::move(conversation));
  }
  return started;
}

}  // namespace orrery::external
