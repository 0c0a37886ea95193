#include "models/profile/profile_table.h"

#include <gtest/gtest.h>

#include <set>

namespace orrery::profile {
namespace {

const Row* find(const std::string& name) {
  for (const Row& row : table()) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

TEST(ProfileTable, NamesEveryValueOnceAndSaysWhereItIsFrom) {
  std::set<std::string> names;
  for (const Row& row : table()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_NE(std::string{row.source}, "") << row.name;
    EXPECT_NE(row.value(*profile_named("kubernetes-1.30")), "") << row.name;
  }
  EXPECT_GT(names.size(), 60U);
}

TEST(ProfileTable, ShowsWhatDiffersBetweenTheProfiles) {
  const Row* grace = find("controllers.node_lifecycle.monitor_grace");
  ASSERT_NE(grace, nullptr);
  EXPECT_EQ(grace->value(*profile_named("kubernetes-1.30")), "40s");
  EXPECT_EQ(grace->value(*profile_named("kubernetes-1.32")), "50s");
}

TEST(ProfileTable, OfAnOlderAutoscalerDiffersInItsBasisAlone) {
  const Profile present = *profile_named("kubernetes-1.30");
  const Profile older = *profile_named("kubernetes-1.30-hpa-1.15");
  std::set<std::string> differing;
  for (const Row& row : table()) {
    if (row.value(present) != row.value(older)) differing.insert(row.name);
  }
  EXPECT_EQ(differing, std::set<std::string>{"controllers.autoscaler.size_from_status"});
}

TEST(ProfileTable, ReachesIntoStructuresOfStructures) {
  EXPECT_NE(find("controllers.informer.backoff_base"), nullptr);
  EXPECT_NE(find("controllers.loop.workers"), nullptr);
  EXPECT_NE(find("kubelet.restart_back_off_cap"), nullptr);
}

}  // namespace
}  // namespace orrery::profile
