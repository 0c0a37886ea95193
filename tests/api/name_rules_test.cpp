#include "models/api/name_rules.h"

#include <gtest/gtest.h>

#include <string>

namespace orrery::api {
namespace {

TEST(NameRules, AcceptWhatKubernetesAccepts) {
  const std::string label63(63, 'a');
  EXPECT_TRUE(is_dns_label("a-1"));
  EXPECT_TRUE(is_dns_label("1a"));
  EXPECT_TRUE(is_dns_label(label63));
  EXPECT_FALSE(is_dns_label(label63 + "a"));
  for (const char* name : {"", "-a", "a-", "A", "a.b", "a_b", "ä"}) {
    EXPECT_FALSE(is_dns_label(name)) << name;
  }
  EXPECT_FALSE(is_service_name("1a"));
  EXPECT_TRUE(is_dns_subdomain("a.b-c.1"));
  for (const char* name : {"", ".", "a.", ".a", "a..b", "a.-b"}) {
    EXPECT_FALSE(is_dns_subdomain(name)) << name;
  }
  EXPECT_FALSE(is_dns_subdomain(std::string(254, 'a')));
  EXPECT_TRUE(is_port_name("http-2"));
  for (const char* name : {"", "80", "a--b", "sixteen-letters-", "sixteen-letters1", "HTTP"}) {
    EXPECT_FALSE(is_port_name(name)) << name;
  }
  EXPECT_TRUE(is_label_key("app.kubernetes.io/Name_1"));
  for (const char* key : {"", "/a", "a/", "a/b/c", "A.b/c", "-a"}) {
    EXPECT_FALSE(is_label_key(key)) << key;
  }
  EXPECT_TRUE(is_label_value(""));
  EXPECT_FALSE(is_label_value("a b"));
}

TEST(Spelling, FindsTheNearestNameAndNoneFarAway) {
  const std::vector<const char*> names{"replicas", "paused", "selector", "cpu"};
  EXPECT_EQ(nearest("replica", names), "replicas");
  EXPECT_EQ(nearest("Replicas", names), "replicas");
  EXPECT_EQ(nearest("repilcas", names), "replicas");
  EXPECT_EQ(nearest("selectors", names), "selector");
  EXPECT_EQ(nearest("cpus", names), "cpu");
  EXPECT_EQ(nearest("gpu", names), "cpu");
  EXPECT_EQ(nearest("frequency", names), std::nullopt);
  EXPECT_EQ(nearest("", names), std::nullopt);
  EXPECT_EQ(nearest(std::string(100'000, 'a'), names), std::nullopt);
}

}  // namespace
}  // namespace orrery::api
