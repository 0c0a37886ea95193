#include <gtest/gtest.h>

#include "sim/fabric/fabric.h"

namespace orrery::sim {
namespace {

TEST(FabricWithoutSimGrid, IsRefusedWithTheNextStep) {
  const auto fabric = make_fabric({});
  ASSERT_FALSE(fabric.has_value());
  EXPECT_NE(fabric.error().what.find("need SimGrid"), std::string::npos);
  EXPECT_NE(fabric.error().hint.find("ORRERY_SIMGRID=ON"), std::string::npos);
}

}  // namespace
}  // namespace orrery::sim
