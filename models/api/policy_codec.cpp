#include "models/api/enum_names.h"
#include "models/api/kind_readers.h"
#include "models/api/kind_writers.h"
#include "models/api/part_writers.h"

namespace orrery::api {

namespace {

constexpr Names<2> kUnhealthyPolicies{"IfHealthyBudget", "AlwaysAllow"};

bool read_amount(ObjectReader& in, const char* name, std::optional<CountOrPercent>& out) {
  const auto at = in.field(name);
  if (!at) return false;
  read_count_or_percent(in, name, out.emplace());
  if (in.manifest() && out->percent && out->value > 100) in.reading().wrong(*at, "at most 100%");
  return true;
}

void read_budget_spec(ObjectReader& in, PodDisruptionBudgetSpec& spec) {
  const bool has_min = read_amount(in, "minAvailable", spec.min_available);
  const bool has_max = read_amount(in, "maxUnavailable", spec.max_unavailable);
  in.object("selector", "LabelSelector",
            [&](ObjectReader& selector) { read_selector(selector, spec.selector.emplace()); });
  enum class Unhealthy : std::uint8_t { IfHealthyBudget, AlwaysAllow };
  Unhealthy unhealthy = Unhealthy::IfHealthyBudget;
  in.choice("unhealthyPodEvictionPolicy", unhealthy, kUnhealthyPolicies);
  spec.always_evict_unhealthy = unhealthy == Unhealthy::AlwaysAllow;
  in.finish({});
  if (!in.manifest()) return;
  if (has_min == has_max) {
    in.reading().problem(in.here(), "one of minAvailable and maxUnavailable",
                         has_min ? "both" : "neither");
  }
}

}  // namespace

void read_body(ObjectReader& root, PodDisruptionBudget& budget) {
  root.require("spec", "a spec with a selector");
  root.object("spec", "PodDisruptionBudgetSpec",
              [&](ObjectReader& in) { read_budget_spec(in, budget.spec); });
  if (root.manifest()) return root.pass_over({"status"});
  root.object("status", "PodDisruptionBudgetStatus", [&](ObjectReader& in) {
    PodDisruptionBudgetStatus& status = budget.status;
    in.integer("observedGeneration", status.observed_generation);
    in.integer("disruptionsAllowed", status.disruptions_allowed);
    in.integer("currentHealthy", status.current_healthy);
    in.integer("desiredHealthy", status.desired_healthy);
    in.integer("expectedPods", status.expected_pods);
    in.each("disruptedPods", [&](const Cursor& at) {
      ObjectReader pod{in.reading(), at, "disruptedPod"};
      std::string name;
      Instant evicted;
      pod.text("name", name);
      pod.instant("at", evicted);
      pod.finish({});
      status.disrupted_pods[name] = evicted;
    });
    in.list("conditions", status.conditions,
            [&](const Cursor& at) { return read_condition(in.reading(), at); });
    in.finish({});
  });
}

void write_body(JsonWriter& out, const PodDisruptionBudget& budget) {
  const PodDisruptionBudgetSpec& spec = budget.spec;
  out.begin_object("spec");
  if (spec.min_available) write_count_or_percent(out, "minAvailable", *spec.min_available);
  if (spec.max_unavailable) write_count_or_percent(out, "maxUnavailable", *spec.max_unavailable);
  if (spec.selector) write_selector(out, "selector", *spec.selector);
  if (spec.always_evict_unhealthy) out.text("unhealthyPodEvictionPolicy", "AlwaysAllow");
  out.end_object();
  const PodDisruptionBudgetStatus& status = budget.status;
  out.begin_object("status");
  out.number("observedGeneration", status.observed_generation);
  out.number("disruptionsAllowed", status.disruptions_allowed);
  out.number("currentHealthy", status.current_healthy);
  out.number("desiredHealthy", status.desired_healthy);
  out.number("expectedPods", status.expected_pods);
  if (!status.disrupted_pods.empty()) {
    out.begin_list("disruptedPods");
    for (const auto& [name, evicted] : status.disrupted_pods) {
      out.begin_object();
      out.text("name", name);
      out.instant("at", evicted);
      out.end_object();
    }
    out.end_list();
  }
  write_list(out, "conditions", status.conditions, write_condition);
  out.end_object();
}

}  // namespace orrery::api
