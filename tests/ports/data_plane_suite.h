/// @file
/// What every adapter of ports::DataPlane promises, as one suite.
///
/// Instantiate with a world type that has
///   ports::DataPlane& data_plane();
///   /// Whether the newest table that a consumer sees of `table`'s service and port is this one,
///   /// in everything that a consumer of this world acts on.
///   bool shows(const ports::EndpointTable& table);
///   bool run(std::function<bool()> done);             // lets time pass until done; false: gave up
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "models/ports/data_plane.h"

namespace orrery::ports_suite {

template <class World>
class DataPlaneSuite : public testing::Test {
 protected:
  static ports::EndpointTable table(const std::string& service, std::uint64_t version,
                                    std::size_t endpoints) {
    ports::EndpointTable t{service, "http", 80, version, {}};
    for (std::size_t i = 0; i < endpoints; ++i) {
      t.endpoints.push_back({"10.0.0." + std::to_string(i + 1), 8080, "pod-" + std::to_string(i)});
    }
    return t;
  }
  void publish(const ports::EndpointTable& t) { world_.data_plane().publish(ports::OwnerId{1}, t); }
  bool comes_to_see(const ports::EndpointTable& t) {
    return world_.run([&] { return world_.shows(t); });
  }

  World world_;
};

TYPED_TEST_SUITE_P(DataPlaneSuite);

TYPED_TEST_P(DataPlaneSuite, AConsumerSeesEachPublishedTable) {
  const auto web = this->table("default/web", 1, 2);
  const auto cart = this->table("default/cart", 1, 3);
  this->publish(web);
  this->publish(cart);
  EXPECT_TRUE(this->comes_to_see(web));
  EXPECT_TRUE(this->comes_to_see(cart));
}

TYPED_TEST_P(DataPlaneSuite, ANewerTableTakesThePlaceOfTheOlderOfItsServiceAlone) {
  const auto cart = this->table("default/cart", 1, 1);
  this->publish(this->table("default/web", 1, 2));
  this->publish(cart);
  EXPECT_TRUE(this->comes_to_see(cart));
  const auto newer = this->table("default/web", 2, 5);
  this->publish(newer);
  EXPECT_TRUE(this->comes_to_see(newer));
  EXPECT_TRUE(this->world_.shows(cart));
}

TYPED_TEST_P(DataPlaneSuite, AnEmptyTableIsATable) {
  this->publish(this->table("default/web", 1, 2));
  const auto empty = this->table("default/web", 2, 0);
  this->publish(empty);
  EXPECT_TRUE(this->comes_to_see(empty));
}

TYPED_TEST_P(DataPlaneSuite, OfABurstTheLastTableStays) {
  for (std::uint64_t version = 1; version <= 200; ++version) {
    this->publish(this->table("default/web", version, version % 7));
  }
  EXPECT_TRUE(this->comes_to_see(this->table("default/web", 200, 200 % 7)));
}

REGISTER_TYPED_TEST_SUITE_P(DataPlaneSuite, AConsumerSeesEachPublishedTable,
                            ANewerTableTakesThePlaceOfTheOlderOfItsServiceAlone,
                            AnEmptyTableIsATable, OfABurstTheLastTableStays);

}  // namespace orrery::ports_suite
