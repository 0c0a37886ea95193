// Images of a node by layer (sheet section 9).
#include "sim/world/image_store.h"

#include <gtest/gtest.h>

namespace orrery::sim {
namespace {

ImageStore::Images images() {
  ImageStore::Images made;
  made["base:1"].layers = {{"debian", 80}};
  made["base:1"].on_nodes = true;
  made["shop:1"].layers = {{"debian", 80}, {"runtime", 40}, {"shop-1", 5}};
  made["shop:1"].on_nodes = false;
  made["shop:2"].layers = {{"debian", 80}, {"runtime", 40}, {"shop-2", 6}};
  made["shop:2"].on_nodes = false;
  return made;
}

std::int64_t bytes_of(const std::vector<ImageLayer>& layers) {
  std::int64_t bytes = 0;
  for (const ImageLayer& layer : layers) bytes += layer.bytes;
  return bytes;
}

TEST(ImageStore, FetchesOnlyTheLayersThatAreNotHere) {
  const auto known = images();
  ImageStore store{known};
  EXPECT_TRUE(store.has("base:1"));
  const auto first = store.begin_fetch("shop:1");
  EXPECT_EQ(bytes_of(first), 45);
  store.end_fetch(first, true);
  store.add("shop:1");
  EXPECT_EQ(bytes_of(store.begin_fetch("shop:2")), 6);
}

TEST(ImageStore, ALayerOnItsWayIsFetchedOnceAndAwaitedByBoth) {
  const auto known = images();
  ImageStore store{known};
  const auto first = store.begin_fetch("shop:1");
  const auto second = store.begin_fetch("shop:2");
  EXPECT_EQ(bytes_of(second), 6);
  store.end_fetch(second, true);
  EXPECT_EQ(store.state_of("shop:2"), ImageStore::State::OnItsWay);
  store.end_fetch(first, true);
  EXPECT_EQ(store.state_of("shop:2"), ImageStore::State::Complete);
}

TEST(ImageStore, ALayerThatDoesNotArriveBreaksWhatAwaitsIt) {
  const auto known = images();
  ImageStore store{known};
  const auto first = store.begin_fetch("shop:1");
  const auto second = store.begin_fetch("shop:2");
  store.end_fetch(second, true);
  store.end_fetch(first, false);
  EXPECT_EQ(store.state_of("shop:2"), ImageStore::State::Broken);
  EXPECT_EQ(bytes_of(store.begin_fetch("shop:2")), 40);
}

TEST(ImageStore, CountsSharedLayersOnceAndKeepsThemForOtherImages) {
  const auto known = images();
  ImageStore store{known};
  for (const char* name : {"shop:1", "shop:2"}) {
    store.end_fetch(store.begin_fetch(name), true);
    store.add(name);
  }
  EXPECT_EQ(store.bytes(), 80 + 40 + 5 + 6);
  store.remove("shop:1");
  EXPECT_FALSE(store.has("shop:1"));
  EXPECT_EQ(store.bytes(), 80 + 40 + 6);
  EXPECT_EQ(store.list().size(), 2U);
}

}  // namespace
}  // namespace orrery::sim
