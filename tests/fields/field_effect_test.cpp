// Every field that the manifest reader knows is honoured: changing it alone changes what happens in
// a run. The table is complete, because the reader itself says what it asks for.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <string>

#include "models/api/kind_readers.h"
#include "models/api/manifest_kinds.h"
#include "models/api/manifest_patch.h"
#include "runner/scenario/reading.h"
#include "runner/session/sim_session.h"
#include "tests/fields/field_cases.h"
#include "tests/support/temporary_folder.h"

namespace orrery::fields {
namespace {

std::string scenario_text(const Base& base, const std::string& patch) {
  std::string used;
  for (const auto& [name, behaviour] : images()) {
    const auto named_in = [&, &name = name](const std::string& text) {
      return text.find(name) != std::string::npos;
    };
    if (!named_in(base.manifests) && !named_in(base.scenario) && !named_in(patch)) continue;
    used += fmt::format(R"({}"{}": {})", used.empty() ? "" : ", ", name, behaviour);
  }
  return fmt::format(
      R"({{"format": 1, "name": "field", "manifests": ["m.yaml"], "images": {{{}}}, {}{}}})", used,
      base.scenario, patch.empty() ? "" : ", \"patch\": [" + patch + "]");
}

std::string patch_of(const FieldCase& field) {
  return fmt::format(R"({{"target": "{}", "merge": {}}})", field.target, field.merge);
}

/// What happened in the run of seed 1; empty with a failure if it cannot be read.
std::string trace_of(const Base& base, const std::string& patch, const std::string& what) {
  const tests::TemporaryFolder folder;
  std::ofstream{folder.file("m.yaml")} << base.manifests;
  const auto reading =
      scenario::read_scenario_text(scenario_text(base, patch), "field.json", folder.path());
  for (const api::Problem& problem : reading.problems) {
    ADD_FAILURE() << what << ": " << to_string(problem);
  }
  if (!reading.scenario) return {};
  // That an object is idle, as it finds nothing to act on any more, is an effect.
  for (const api::NotModelled& one : reading.scenario->not_modelled) {
    ADD_FAILURE() << what << ": not modelled: " << one.what;
  }
  const auto results = session::simulate_all(*reading.scenario, 1, [](std::uint64_t) {});
  if (!results) {
    ADD_FAILURE() << what << ": " << results.error().what;
    return {};
  }
  const runner::RunResult& run = results->front();
  std::string trace = run.fingerprint + "\n";
  for (const recording::LogRecord& record : run.log) {
    trace += fmt::format("{} {} {} {}\n", record.at.count_ns(), record.what, record.subject,
                         record.detail);
  }
  return trace;
}

class FieldEffect : public testing::TestWithParam<std::string> {};

/// All cases of one base, so that it is run once.
TEST_P(FieldEffect, ChangingItAloneChangesWhatHappens) {
  const Base& base = bases().at(GetParam());
  const std::string plain = trace_of(base, {}, GetParam());
  ASSERT_FALSE(plain.empty());
  for (const FieldCase& field : field_cases()) {
    if (field.base != GetParam()) continue;
    const std::string changed = trace_of(base, patch_of(field), field.path);
    EXPECT_NE(changed, plain) << field.path << " has no effect: " << field.merge;
  }
}

std::vector<std::string> base_names() {
  std::vector<std::string> names;
  for (const auto& [name, base] : bases()) names.push_back(name);
  return names;
}

std::string test_name(const testing::TestParamInfo<std::string>& test) {
  std::string name = test.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Bases, FieldEffect, testing::ValuesIn(base_names()), test_name);

TEST(FieldEffectTable, ALabelThatNobodyReadsChangesNothing) {
  const Base& base = bases().at("pod");
  const FieldCase label{"", "pod", "Pod/p", R"({"metadata": {"labels": {"nobody": "reads"}}})"};
  EXPECT_EQ(trace_of(base, patch_of(label), "label"), trace_of(base, {}, "base"));
}

/// The name under which the table has a field: structures that stand in several places by their
/// own.
std::string name_in_table(const std::string& kind, std::string path) {
  struct Rule {
    const char* text;
    const char* structure;
  };
  const auto after = [&](const std::string& text) -> std::string {
    const std::size_t at = path.rfind(text);
    return at == std::string::npos ? std::string{} : path.substr(at + text.size());
  };
  for (const Rule& rule :
       {Rule{"scopeSelector.matchExpressions[].", "ScopeRequirement:"},
        Rule{"matchExpressions[].", "SelectorRequirement:"},
        Rule{"matchFields[].", "SelectorRequirement:"},
        Rule{"nodeSelectorTerms[].", "NodeSelectorTerm:"},
        Rule{"preference.", "NodeSelectorTerm:"},
        Rule{"labelSelector.", "LabelSelector:"},
        Rule{"namespaceSelector.", "LabelSelector:"},
        Rule{"podSelector.", "LabelSelector:"},
        Rule{"ipBlock.", "IPBlock:"},
        Rule{"ackend.", "IngressBackend:"},
        Rule{"spec.selector.match", "LabelSelector:match"},
        Rule{"httpGet.", "HTTPGet:"},
        Rule{"tcpSocket.", "TCPSocket:"},
        Rule{".grpc.", "GRPC:"},
        Rule{".exec.", "Exec:"},
        Rule{".sleep.", "Sleep:"},
        Rule{"startupProbe.", "Probe:"},
        Rule{"readinessProbe.", "Probe:"},
        Rule{"livenessProbe.", "Probe:"},
        Rule{"podAffinityTerm.", "PodAffinityTerm:"},
        Rule{"ffinity.requiredDuringSchedulingIgnoredDuringExecution[].", "PodAffinityTerm:"},
        Rule{"resourceFieldRef.", "ResourceFieldRef:"},
        Rule{".items[].", "FileItem:"},
        Rule{".behavior.scaleUp.", "ScalingRules:"},
        Rule{".behavior.scaleDown.", "ScalingRules:"}}) {
    if (const std::string rest = after(rule.text); !rest.empty()) return rule.structure + rest;
  }
  if (const std::string rest = after("ports[]."); kind == "NetworkPolicy" && !rest.empty()) {
    return "PolicyPort:" + rest;
  }
  if (path.starts_with("metadata")) return "Object:" + path;
  const auto moved = [&](const std::string& from, const std::string& to_kind,
                         const std::string& to) -> std::string {
    if (!path.starts_with(from)) return {};
    return name_in_table(to_kind, to + path.substr(from.size()));
  };
  if (kind != "Pod" || path.starts_with("spec.initContainers[].")) {
    for (const auto& [from, to_kind, to] :
         {std::tuple{"spec.jobTemplate.spec.", "Job", "spec."},
          std::tuple{"spec.jobTemplate.metadata.", "Object", "metadata."},
          std::tuple{"spec.template.spec.", "Pod", "spec."},
          std::tuple{"spec.template.metadata.", "Object", "metadata."},
          std::tuple{"spec.volumeClaimTemplates[].spec.", "PersistentVolumeClaim", "spec."},
          std::tuple{"spec.volumeClaimTemplates[].metadata.", "Object", "metadata."}}) {
      if (const std::string name = moved(from, to_kind, to); !name.empty()) return name;
    }
    if (path != "spec.initContainers[].restartPolicy") {
      if (const std::string name = moved("spec.initContainers[].", "Pod", "spec.containers[].");
          !name.empty()) {
        return name;
      }
    }
  }
  return kind + ":" + path;
}

/// The fields of the table's clusters, changed and not.
struct ReaderFields {
  std::set<std::string> all;
  std::set<std::string> leaves;  ///< Those that nothing was read in.
};

ReaderFields fields_of_the_reader() {
  std::map<std::string, std::set<std::string>> by_kind;
  const auto take = [&](const std::string& manifests, const FieldCase* field) {
    const std::string file = "fields";
    for (const api::ValuePtr& root : api::read_documents(manifests, file).roots) {
      const std::string kind = api::find_member(*root, "kind")->value->text;
      if (field != nullptr && !field->target.starts_with(kind + "/")) continue;
      const api::ValuePtr object =
          field == nullptr
              ? root
              : api::patched(root, api::read_json_document(field->merge, file).roots.at(0));
      api::Reading reading{file, api::Reading::Source::Manifest};
      reading.asked = &by_kind[kind];
      api::ObjectReader in{reading, {object.get(), nullptr, {}, 0, false}, "the object"};
      (void)api::read_object(*api::kind_named(kind), in);
    }
  };
  for (const auto& [name, base] : bases()) take(base.manifests, nullptr);
  for (const FieldCase& field : field_cases()) take(bases().at(field.base).manifests, &field);
  const auto holds_others = [](const std::string& path, const std::set<std::string>& paths) {
    return std::any_of(paths.begin(), paths.end(), [&](const std::string& other) {
      return other.starts_with(path + ".") || other.starts_with(path + "[]");
    });
  };
  ReaderFields fields;
  std::set<std::string> structures;
  for (const auto& [kind, paths] : by_kind) {
    for (const std::string& path : paths) {
      const std::string name = name_in_table(kind, path);
      fields.all.insert(name);
      if (holds_others(path, paths)) structures.insert(name);
    }
  }
  for (const std::string& name : fields.all) {
    const bool structure = structures.contains(name) || holds_others(name, fields.all);
    if (!structure) fields.leaves.insert(name);
  }
  return fields;
}

TEST(FieldEffectTable, IsComplete) {
  std::set<std::string> known;
  for (const FieldCase& field : field_cases()) known.insert(field.path);
  for (const auto& [path, reason] : other_fields()) {
    EXPECT_TRUE(known.insert(path).second) << path << " stands in both tables";
    EXPECT_FALSE(reason.empty()) << path;
  }
  const ReaderFields fields = fields_of_the_reader();
  for (const std::string& name : fields.leaves) {
    EXPECT_TRUE(known.contains(name)) << name << " is read, but no case shows what it does";
  }
  for (const std::string& path : known) {
    EXPECT_TRUE(fields.all.contains(path)) << path << " is in the table, but is no field";
  }
}

}  // namespace
}  // namespace orrery::fields
