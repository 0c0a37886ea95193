// Changes to objects of a running cluster, in the shape of manifests.
#include "models/api/object_patch.h"

#include <gtest/gtest.h>

#include <string>

namespace orrery::api {
namespace {

const Place kHere{"scenario.json", 7, "/timeline/0/patch/merge"};

/// As a scenario's values are: each knows the file it stands in.
ValuePtr in_file(const ValuePtr& value, const std::shared_ptr<const std::string>& file) {
  Value copy = *value;
  copy.file = file;
  for (ValuePtr& item : copy.items) item = in_file(item, file);
  for (Member& member : copy.members) member.value = in_file(member.value, file);
  return std::make_shared<const Value>(std::move(copy));
}

ValuePtr patch_of(const std::string& text) {
  const Documents documents = read_documents(text, "scenario.json");
  EXPECT_TRUE(documents.problems.empty());
  return in_file(documents.roots.at(0), std::make_shared<const std::string>("scenario.json"));
}

Object object_of(const std::string& manifest) {
  Manifests read = read_manifests(manifest, "manifest.yaml");
  EXPECT_TRUE(read.problems.empty());
  return read.objects.at(0).object;
}

const char* const kDeployment = R"(
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  progressDeadlineSeconds: 60
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "web:1", resources: {requests: {cpu: 250m}}}
      - {name: side, image: "side:1"}
)";

TEST(ObjectPatch, ChangesWhatItNamesAndNothingElse) {
  const Object before = object_of(kDeployment);
  const auto after =
      patched(before, patch_of("spec: {template: {spec: {containers: [{name: side, image: "
                               "\"side:2\", resources: {limits: {cpu: \"2\"}}}]}}}"));
  ASSERT_TRUE(after.has_value());
  Deployment expected = std::get<Deployment>(before);
  Container& side = expected.spec.pod_template.spec.containers.at(1);
  side.image = "side:2";
  side.limits.cpu_milli = 2000;
  EXPECT_EQ(*after, Object{expected});
}

TEST(ObjectPatch, KeepsWhatTheServerSaid) {
  Deployment stored = std::get<Deployment>(object_of(kDeployment));
  stored.meta.uid = "7";
  stored.meta.generation = 3;
  stored.meta.creation = Instant::at(Duration::milliseconds(1500));
  stored.status.ready_replicas = 2;
  const auto after = patched(stored, patch_of("metadata: {labels: {app: null, tier: front}}"));
  ASSERT_TRUE(after.has_value());
  Deployment expected = stored;
  expected.meta.labels = {{"tier", "front"}};
  EXPECT_EQ(*after, Object{expected});
}

TEST(ObjectPatch, TakesTheStringDataOfASecret) {
  const Object secret =
      object_of("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {user: me}");
  const auto after = patched(secret, patch_of("stringData: {password: x}"));
  ASSERT_TRUE(after.has_value());
  EXPECT_EQ(std::get<Secret>(*after).data, (Labels{{"password", "x"}, {"user", "me"}}));
}

TEST(ObjectPatch, SaysWhereItIsWrong) {
  const Object before = object_of(kDeployment);
  const auto after = check_patch(
      before, patch_of("spec:\n  replicas: many\n  progressDeadline: 3\n  paused: true"), kHere);
  ASSERT_EQ(after.problems.size(), 2U);
  EXPECT_EQ(after.problems[0].where, (Place{"scenario.json", 2, "/spec/replicas"}));
  EXPECT_EQ(after.problems[1].where, (Place{"scenario.json", 3, "/spec/progressDeadline"}));
}

TEST(ObjectPatch, IsWrongAsAWholeWhereNoneOfItsValuesIs) {
  const auto after = check_patch(object_of(kDeployment), patch_of("spec: {selector: null}"), kHere);
  ASSERT_EQ(after.problems.size(), 1U);
  EXPECT_EQ(after.problems[0].where, kHere);
}

TEST(ObjectPatch, CannotRename) {
  const auto after =
      check_patch(object_of(kDeployment), patch_of("metadata: {namespace: elsewhere}"), kHere);
  ASSERT_EQ(after.problems.size(), 1U);
  EXPECT_EQ(after.problems[0].found, "Deployment/elsewhere/web");
}

TEST(ObjectPatch, IsNotToBlameForWhatTheObjectIs) {
  Node node;  // Manifests hold none; a scenario taints them all the same.
  node.meta.name = "a";
  const auto after =
      check_patch(node, patch_of("spec: {taints: [{key: out, effect: NoExecute}]}"), kHere);
  EXPECT_TRUE(after.problems.empty());
  EXPECT_EQ(std::get<Node>(after.object).spec.taints.size(), 1U);
}

TEST(ObjectPatch, OfAStoredObjectFailsWhereItIsNoneAnyMore) {
  EXPECT_FALSE(patched(object_of(kDeployment), patch_of("spec: {replicas: many}")).has_value());
}

}  // namespace
}  // namespace orrery::api
