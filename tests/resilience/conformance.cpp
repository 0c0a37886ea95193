#include "tests/resilience/conformance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "tests/support/policy_names.h"

namespace orrery::resilience::conformance {
namespace {

std::map<std::string, int>& rows() {
  static std::map<std::string, int> counts;
  return counts;
}

/// Asks when all tests have run, unless only some of them were to.
class EveryPolicyHasATable : public testing::Environment {
 public:
  void TearDown() override {
    const auto& tests = *testing::UnitTest::GetInstance();
    if (tests.test_to_run_count() != tests.reportable_test_count() ||
        tests.test_to_run_count() != tests.total_test_count()) {
      return;
    }
    constexpr int kRowsMin = 3;  // One below a limit, at it and one above.
    const std::vector<std::string> names = policy_names();
    for (const std::string& name : names) {
      EXPECT_GE(rows()[name], kRowsMin) << name << " has no table of sourced cases";
    }
    for (const auto& [name, count] : rows()) {
      EXPECT_NE(std::find(names.begin(), names.end(), name), names.end())
          << name << " is no policy of the schema";
    }
  }
};

// The framework owns it.
const testing::Environment* const kEnvironment =
    testing::AddGlobalTestEnvironment(new EveryPolicyHasATable);

}  // namespace

void row(const std::string& policy, const std::string& source, const std::string& rule) {
  EXPECT_FALSE(source.empty()) << policy << ": " << rule << " has no source";
  EXPECT_FALSE(rule.empty()) << policy << ": a case of " << source << " names no rule";
  ++rows()[policy];
}

}  // namespace orrery::resilience::conformance
