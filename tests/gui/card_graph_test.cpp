#include "gui/model/card_graph.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "gui/model/blast_path.h"

namespace orrery::gui {
namespace {

/// Four domains of `each` services; the first of a domain calls the others, and the first of the
/// next domain.
recording::Scene domains(std::uint32_t each) {
  recording::Scene scene;
  for (std::uint32_t domain = 0; domain < 4; ++domain) {
    const std::uint32_t first = domain * each;
    for (std::uint32_t i = 0; i < each; ++i) {
      scene.services.push_back("d" + std::to_string(domain) + "/s" + std::to_string(i));
      if (i > 0) scene.edges.push_back({first, first + i});
    }
    scene.edges.push_back({domain == 0 ? recording::kOutside : first - each, first});
  }
  return scene;
}

const Card* card_named(const CardGraph& graph, const std::string& name) {
  const auto found = std::find_if(graph.cards.begin(), graph.cards.end(),
                                  [&](const Card& card) { return card.name == name; });
  return found == graph.cards.end() ? nullptr : &*found;
}

TEST(CardGraph, FewServicesHaveACardEach) {
  const auto scene = domains(15);
  const CardGraph graph = card_graph(scene, std::nullopt);
  EXPECT_EQ(graph.cards.size(), 60U);
  EXPECT_EQ(graph.edges.size(), scene.edges.size());
}

TEST(CardGraph, ManyServicesOpenInGroupsOfTheirNamespaces) {
  const CardGraph graph = card_graph(domains(16), std::nullopt);
  ASSERT_EQ(graph.cards.size(), 4U);
  EXPECT_TRUE(graph.cards[2].is_group);
  EXPECT_EQ(graph.cards[2].name, "d2");
  EXPECT_EQ(graph.cards[2].services.size(), 16U);
  ASSERT_EQ(graph.edges.size(), 4U) << "users and three between groups; calls within are not drawn";
  EXPECT_FALSE(graph.edges[0].from);
}

TEST(CardGraph, AnOpenedGroupStandsAmongThoseThatItHasToDoWith) {
  const CardGraph graph = card_graph(domains(16), "d1");
  EXPECT_EQ(graph.cards.size(), 18U);
  EXPECT_NE(card_named(graph, "d1/s3"), nullptr);
  EXPECT_NE(card_named(graph, "d0"), nullptr);
  EXPECT_NE(card_named(graph, "d2"), nullptr);
  EXPECT_EQ(card_named(graph, "d3"), nullptr) << "it is two hops away";
}

TEST(CardGraph, InOneNamespaceTheFirstWordOfTheNameIsTheGroup) {
  recording::Scene scene;
  scene.services = {"shop/cart-api", "shop/cart-db", "shop/mail"};
  EXPECT_EQ(group_of_service(scene, 1), "cart");
  EXPECT_EQ(group_of_service(scene, 2), "mail");
}

TEST(CardGraph, AGroupIsAsBadAsItsWorstServiceAndItsCallsAreTheirsTogether) {
  Moment moment;
  moment.services.resize(2);
  moment.services[0].per_second = 10;
  moment.services[0].calls = {10, 10, 0};
  moment.services[1].per_second = 5;
  moment.services[1].calls = {5, 5, 5};
  moment.services[1].state = State::Failing;
  moment.services[1].arrival = Arrival{2, Duration::seconds(1), Instant{}};
  const ServiceNow now = card_now(moment, {"d", true, {0, 1}});
  EXPECT_EQ(now.state, State::Failing);
  EXPECT_DOUBLE_EQ(now.per_second, 15);
  EXPECT_EQ(now.calls.failed, 5U);
  ASSERT_TRUE(now.arrival);
  EXPECT_EQ(now.arrival->order, 2U);
}

TEST(BlastPath, HasWhoCallsItOverAnyNumberOfHopsAndWhatItCalls) {
  // Users call 0 and 4; 0 calls 1, 1 calls 2, 2 calls 3; 4 calls 3; 5 is apart.
  CardGraph graph;
  for (std::uint32_t s = 0; s < 6; ++s) graph.cards.push_back({std::to_string(s), false, {s}});
  graph.edges = {{std::nullopt, 0, {0}}, {0U, 1, {1}}, {1U, 2, {2}},
                 {2U, 3, {3}},           {4U, 3, {4}}, {std::nullopt, 4, {5}}};
  const BlastPath path = blast_path_of(graph, 2);
  using enum Reach;
  EXPECT_EQ(path.cards, (std::vector{Hurt, Hurt, Self, Needed, Apart, Apart}));
  EXPECT_EQ(path.edges, (std::vector{Hurt, Hurt, Hurt, Needed, Apart, Apart}));
  EXPECT_EQ(path.hurt, 2U);
  EXPECT_EQ(path.needed, 1U);
  EXPECT_TRUE(path.users);
  EXPECT_FALSE(blast_path_of(graph, 5).users);
}

TEST(BlastPath, OfACircleIsHurtAllAround) {
  CardGraph graph;
  for (std::uint32_t s = 0; s < 2; ++s)
    graph.cards.push_back({std::to_string(s), true, {s, s + 7}});
  graph.edges = {{0U, 1, {0}}, {1U, 0, {1}}};
  const BlastPath path = blast_path_of(graph, 0);
  EXPECT_EQ(path.cards, (std::vector{Reach::Self, Reach::Hurt}));
  EXPECT_EQ(path.hurt, 2U) << "the services of a group";
}

}  // namespace
}  // namespace orrery::gui
