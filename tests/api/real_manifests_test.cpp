#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "models/api/reading.h"

namespace orrery::api {
namespace {

namespace fs = std::filesystem;

fs::path manifests_folder() {
  const char* data = std::getenv("ORRERY_TEST_DATA");
  return fs::path{data != nullptr ? data : "../shared/data"} / "manifests";
}

std::string content_of(const fs::path& file) {
  std::ifstream stream{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator{folder}) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

#define SKIP_WITHOUT_DATA()                                                    \
  if (!fs::exists(manifests_folder())) {                                       \
    GTEST_SKIP() << manifests_folder() << " is missing: set ORRERY_TEST_DATA"; \
  }

TEST(RealManifests, OfThreeProjectsAreReadWithoutProblems) {
  SKIP_WITHOUT_DATA();
  struct Set {
    const char* folder;
    std::map<Kind, int> kinds;
  };
  const std::vector<Set> sets{
      {"online-boutique", {{Kind::Deployment, 24}, {Kind::Service, 24}}},
      {"bookinfo",
       {{Kind::Deployment, 29}, {Kind::Service, 27}, {Kind::Secret, 1}, {Kind::Ingress, 1}}},
      {"guestbook",
       {{Kind::Deployment, 9}, {Kind::Service, 11}, {Kind::ReplicationController, 5}}}};
  for (const Set& set : sets) {
    std::map<Kind, int> kinds;
    for (const fs::path& file : files_below(manifests_folder() / set.folder)) {
      const Manifests manifests = read_manifests(content_of(file), file.string());
      for (const Problem& problem : manifests.problems) ADD_FAILURE() << to_string(problem);
      for (const ManifestObject& entry : manifests.objects) {
        ++kinds[kind_of(entry.object)];
        const Result<Object> again = from_json_text(to_json_text(entry.object));
        ASSERT_TRUE(again.has_value()) << again.error().what;
        EXPECT_EQ(*again, entry.object);
      }
    }
    EXPECT_EQ(kinds, set.kinds) << set.folder;
  }
}

TEST(RealManifests, ReplicationControllersOfTheGuestbookAreRead) {
  SKIP_WITHOUT_DATA();
  const fs::path file = manifests_folder() / "guestbook/guestbook-go/guestbook-controller.yaml";
  const Manifests manifests = read_manifests(content_of(file), "guestbook-controller.yaml");
  EXPECT_TRUE(manifests.problems.empty());
  EXPECT_TRUE(manifests.not_modelled.empty());
  ASSERT_EQ(manifests.objects.size(), 1U);
  const auto& rc = std::get<ReplicationController>(manifests.objects[0].object);
  EXPECT_EQ(rc.spec.replicas, 3);
  EXPECT_EQ(rc.spec.selector, (Labels{{"app", "guestbook"}}));
}

TEST(RealManifests, WhatOnlineBoutiqueAsksForBeyondTheModelIsListed) {
  SKIP_WITHOUT_DATA();
  const fs::path file = manifests_folder() / "online-boutique/release/kubernetes-manifests.yaml";
  const Manifests manifests = read_manifests(content_of(file), "kubernetes-manifests.yaml");
  std::string listed;
  for (const NotModelled& entry : manifests.not_modelled) {
    listed += entry.where.file + ":" + std::to_string(entry.where.line) + ": " +
              (entry.where.pointer.empty() ? "" : entry.where.pointer + ": ") + entry.what + "\n";
  }
  const fs::path golden = "tests/golden/online-boutique.not-modelled.txt";
  if (std::getenv("ORRERY_UPDATE_GOLDEN") != nullptr) std::ofstream{golden} << listed;
  EXPECT_EQ(listed, content_of(golden)) << "ORRERY_UPDATE_GOLDEN=1 rewrites " << golden;
}

}  // namespace
}  // namespace orrery::api
