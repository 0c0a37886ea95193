#include "models/controllers/daemon_pods.h"

#include <algorithm>
#include <tuple>

#include "models/api/node_selection.h"
#include "models/controllers/controller_revisions.h"
#include "models/controllers/node_lifecycle.h"

namespace orrery::controllers {
namespace {

using api::Pod;
using api::Taint;
using api::Toleration;

constexpr const char* kNameField = "metadata.name";

bool is_tolerated(const std::vector<Toleration>& tolerations, const Taint& taint) {
  return std::any_of(tolerations.begin(), tolerations.end(),
                     [&](const Toleration& toleration) { return tolerates(toleration, taint); });
}

}  // namespace

std::vector<Toleration> daemon_tolerations(const api::PodSpec& pod) {
  std::vector<Toleration> tolerations = pod.tolerations;
  const auto add = [&](const char* key, const char* effect) {
    const Toleration wanted{key, true, {}, effect, {}};
    const auto same =
        std::find_if(tolerations.begin(), tolerations.end(), [&](const Toleration& t) {
          return std::tie(t.key, t.exists, t.value, t.effect) ==
                 std::tie(wanted.key, wanted.exists, wanted.value, wanted.effect);
        });
    if (same == tolerations.end()) {
      tolerations.push_back(wanted);
    } else {
      *same = wanted;  // Its limit in time is lifted.
    }
  };
  add(kNotReadyTaint, "NoExecute");
  add(kUnreachableTaint, "NoExecute");
  add("node.kubernetes.io/disk-pressure", "NoSchedule");
  add("node.kubernetes.io/memory-pressure", "NoSchedule");
  add("node.kubernetes.io/pid-pressure", "NoSchedule");
  add("node.kubernetes.io/unschedulable", "NoSchedule");
  if (pod.host_network) add("node.kubernetes.io/network-unavailable", "NoSchedule");
  return tolerations;
}

Eligibility eligibility(const api::PodSpec& pod, const std::vector<Toleration>& tolerations,
                        const api::Node& node) {
  if (!pod.node_name.empty() && pod.node_name != node.meta.name) return {};
  if (!api::may_run_on(pod, node)) return {};
  Eligibility result{true, true};
  for (const Taint& taint : node.spec.taints) {
    const bool drives_off = taint.effect == "NoExecute";
    if (!drives_off && taint.effect != "NoSchedule") continue;
    if (is_tolerated(tolerations, taint)) continue;
    result.should_run = false;
    if (drives_off) result.should_keep_running = false;
  }
  return result;
}

Pod daemon_pod(const api::DaemonSet& set, const std::string& node_name,
               const std::string& revision_hash) {
  const api::PodTemplate& pod_template = set.spec.pod_template;
  Pod pod;
  pod.meta.generate_name = set.meta.name + "-";
  pod.meta.namespace_name = set.meta.namespace_name;
  pod.meta.labels = pod_template.labels;
  pod.meta.labels[kRevisionHashLabel] = revision_hash;
  pod.meta.annotations = pod_template.annotations;
  pod.meta.owners = {controller_reference(api::Kind::DaemonSet, set.meta)};
  pod.spec = pod_template.spec;
  pod.spec.tolerations = daemon_tolerations(pod_template.spec);
  // The controller has looked at the template's own terms; only the name is left to the scheduler.
  api::NodeSelectorTerm term;
  term.match_fields = {{kNameField, api::SelectorRequirement::Operator::In, {node_name}}};
  pod.spec.affinity.node.required = {{term}};
  return pod;
}

std::string target_node(const Pod& pod) {
  if (!pod.spec.node_name.empty()) return pod.spec.node_name;
  const auto& terms = pod.spec.affinity.node.required;
  if (!terms) return {};
  for (const api::NodeSelectorTerm& term : *terms) {
    for (const api::SelectorRequirement& field : term.match_fields) {
      const bool names_one = field.key == kNameField && field.values.size() == 1 &&
                             field.op == api::SelectorRequirement::Operator::In;
      if (names_one) return field.values.front();
    }
  }
  return {};
}

}  // namespace orrery::controllers
