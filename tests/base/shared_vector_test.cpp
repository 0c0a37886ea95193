#include "models/base/shared_vector.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace orrery {
namespace {

using Names = SharedVector<std::string>;

TEST(SharedVector, ACopySharesItsElements) {
  const Names one{"a", "b"};
  const Names two = one;
  EXPECT_TRUE(two.shares_with(one));
  EXPECT_EQ(&two[0], &one[0]);
}

TEST(SharedVector, AChangeOfOneIsNotSeenInTheOther) {
  const Names one{"a", "b"};
  Names two = one;
  two[0] = "c";
  EXPECT_EQ(one.view(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(two.view(), (std::vector<std::string>{"c", "b"}));
}

TEST(SharedVector, EveryWayToChangeIsOnItsOwnElements) {
  const Names one{"a", "b"};
  const auto changed = [&](const auto& change) {
    Names copy = one;
    change(copy);
    EXPECT_EQ(one.view(), (std::vector<std::string>{"a", "b"}));
    return copy.view();
  };
  using Elements = std::vector<std::string>;
  EXPECT_EQ(changed([](Names& n) { n.push_back("c"); }), (Elements{"a", "b", "c"}));
  EXPECT_EQ(changed([](Names& n) { n.emplace_back(2, 'c'); }), (Elements{"a", "b", "cc"}));
  EXPECT_EQ(changed([](Names& n) { n.front() = "c"; }), (Elements{"c", "b"}));
  EXPECT_EQ(changed([](Names& n) { n.back() = "c"; }), (Elements{"a", "c"}));
  EXPECT_EQ(changed([](Names& n) { n.at(1) = "c"; }), (Elements{"a", "c"}));
  EXPECT_EQ(changed([](Names& n) { n.erase(n.begin()); }), (Elements{"b"}));
  EXPECT_EQ(changed([](Names& n) { n.resize(1); }), (Elements{"a"}));
  EXPECT_EQ(changed([](Names& n) { n.clear(); }), Elements{});
  EXPECT_EQ(changed([](Names& n) {
              for (std::string& name : n) name += "!";
            }),
            (Elements{"a!", "b!"}));
  const Elements more{"x", "y"};
  EXPECT_EQ(changed([&](Names& n) { n.insert(n.begin(), more.begin(), more.end()); }),
            (Elements{"x", "y", "a", "b"}));
}

TEST(SharedVector, EqualsByElements) {
  EXPECT_EQ(Names({"a"}), Names({"a"}));
  EXPECT_NE(Names({"a"}), Names({"b"}));
  EXPECT_EQ(Names{}, Names(std::vector<std::string>{}));
  Names emptied{"a"};
  emptied.erase(emptied.begin());
  EXPECT_EQ(emptied, Names{});
  EXPECT_TRUE(emptied.empty());
}

TEST(SharedVector, AnOnlyOwnerChangesInPlace) {
  Names one{"a", "b"};
  const std::string* const before = &one.view()[1];
  one[1] = "c";
  EXPECT_EQ(&one.view()[1], before);
}

}  // namespace
}  // namespace orrery
