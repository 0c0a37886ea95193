// Taints as kubelet's --register-with-taints has them.
#include "models/api/taint_text.h"

#include <gtest/gtest.h>

#include <string>

namespace orrery::api {
namespace {

TEST(TaintText, IsReadAndWrittenAlike) {
  for (const auto& [text, taint] :
       {std::pair{"dedicated=batch:NoSchedule", Taint{"dedicated", "batch", "NoSchedule", {}}},
        {"example.com/gpu:NoExecute", Taint{"example.com/gpu", "", "NoExecute", {}}},
        {"a=1:PreferNoSchedule", Taint{"a", "1", "PreferNoSchedule", {}}}}) {
    EXPECT_EQ(parse_taint(text), taint) << text;
    EXPECT_EQ(to_text(taint), text);
  }
}

TEST(TaintText, OfAnotherFormIsRefused) {
  for (const char* text : {"", "dedicated", "dedicated=batch", ":NoSchedule", "=batch:NoSchedule",
                           "dedicated:Never", "dedicated:", "a b:NoSchedule", "a=b c:NoSchedule",
                           "a=b=c:NoSchedule", "a:b:NoSchedule", "dedicated:noschedule"}) {
    EXPECT_EQ(parse_taint(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace orrery::api
