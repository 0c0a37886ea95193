#include "models/base/contract.h"

#include <gtest/gtest.h>

namespace orrery {
namespace {

TEST(Contract, LetsAKeptRulePass) { expects(true, "one is one"); }

TEST(ContractDeathTest, ABrokenRuleIsNamedWithItsPlaceAndEndsTheProcessWith70) {
  EXPECT_EXIT(expects(false, "a permit is given once"), testing::ExitedWithCode(kExitOurBug),
              "contract_test.cpp:[0-9]+: contract violated: a permit is given once");
  EXPECT_EQ(kExitOurBug, 70);
}

}  // namespace
}  // namespace orrery
