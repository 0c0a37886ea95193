// What keys reach of the window.
#include <gtest/gtest.h>

#include <QAccessible>
#include <QApplication>
#include <QKeyEvent>

#include "gui/app/window.h"
#include "tests/gui/keys.h"
#include "tests/gui/recorded.h"

namespace orrery::gui {
namespace {

using test::press;

class Keyboard : public testing::Test {
 protected:
  void SetUp() override {
    window_.resize(1600, 1000);
    ASSERT_TRUE(window_.open(test::recording_path()));
    window_.take_all();
    window_.seek(Instant::at(Duration::seconds(70)));
    window_.show();
    QApplication::setActiveWindow(&window_);
    (void)window_.picture(1);
  }
  [[nodiscard]] QString place() {
    const auto reached = window_.cluster().reached_place();
    return reached ? reached->thing : QString{};
  }
  [[nodiscard]] QString reached(const Canvas& view) {
    const Shape* shape = view.reached();
    return shape == nullptr ? QString{} : shape->action;
  }

  Window window_;
};

TEST_F(Keyboard, ArrowsGoFromNodeToNodeAndEnterDownToAPodsService) {
  ClusterView& cluster = window_.cluster();
  cluster.setFocus();
  press(cluster, Qt::Key_Right);
  EXPECT_EQ(place(), "node a-1");
  press(cluster, Qt::Key_Right);
  EXPECT_EQ(place(), "node b-1");
  press(cluster, Qt::Key_Right);
  EXPECT_EQ(place(), "node b-1") << "there is none beyond";
  (void)window_.picture(1);
  QRectF ring;
  ASSERT_NE(cluster.find("reached node b-1", &ring), nullptr);
  QRectF node;
  ASSERT_NE(cluster.find("node b-1", &node), nullptr);
  EXPECT_TRUE(ring.contains(node));
  ASSERT_NE(cluster.find("reached text"), nullptr);
  EXPECT_TRUE(cluster.find("reached text")->text.startsWith("node b-1, "));
  EXPECT_EQ(cluster.accessibleDescription(), cluster.find("reached text")->text);
  press(cluster, Qt::Key_Return);
  EXPECT_EQ(place(), "pod Pod/shop/db-1-x");
  press(cluster, Qt::Key_Return);
  EXPECT_EQ(window_.shown().selected, 2U);
  press(cluster, Qt::Key_Escape);
  EXPECT_EQ(place(), "node b-1");
  press(cluster, Qt::Key_Escape);
  EXPECT_EQ(place(), "zone b");
  press(cluster, Qt::Key_Left);
  EXPECT_EQ(place(), "zone a");
  press(cluster, Qt::Key_Escape);
  EXPECT_EQ(place(), QString{});
  EXPECT_EQ(window_.shown().selected, 2U) << "Escape went no further";
}

TEST_F(Keyboard, ArrowsThatAreOfTimeStayThatInTheCluster) {
  press(window_.cluster(), Qt::Key_Right, Qt::ControlModifier);
  EXPECT_EQ(window_.shown().at, Instant::at(Duration::seconds(80)));
  EXPECT_EQ(place(), QString{});
}

TEST_F(Keyboard, TabGoesThroughAllThatCanBeClickedOnAndEnterDoesIt) {
  Canvas& top = *window_.canvases()[0];
  window_.timeline().setFocus();
  top.setFocus(Qt::TabFocusReason);
  QStringList seen{reached(top)};
  for (int i = 0; i < 20 && top.hasFocus(); ++i) {
    press(top, Qt::Key_Tab);
    if (top.hasFocus()) seen << reached(top);
  }
  EXPECT_EQ(seen, (QStringList{"finder", "language en", "language ko", "shade", "open", "menu"}));
  EXPECT_FALSE(top.hasFocus()) << "behind the last comes the next view";
  top.setFocus(Qt::BacktabFocusReason);
  press(top, Qt::Key_Backtab);
  press(top, Qt::Key_Backtab);
  ASSERT_EQ(reached(top), "shade");
  (void)window_.picture(1);
  EXPECT_NE(top.find("reached"), nullptr);
  press(top, Qt::Key_Return);
  EXPECT_EQ(window_.shown().theme->shade, Shade::Light);
}

TEST_F(Keyboard, TwoThingsThatDoTheSameAreBothComeTo) {
  window_.show_drawer(Drawer::Requests);
  window_.seek(Instant::at(Duration::milliseconds(69'800)));
  (void)window_.picture(1);
  RequestsView& view = window_.requests();
  view.setFocus(Qt::TabFocusReason);
  QStringList seen;
  for (int i = 0; i < 100 && view.hasFocus(); ++i) {
    seen << reached(view);
    press(view, Qt::Key_Tab);
  }
  EXPECT_FALSE(view.hasFocus());
  EXPECT_GE(seen.count("select 2"), 2) << seen.join("; ").toStdString();
}

TEST_F(Keyboard, NGoesFromEdgeToEdgeOfTheSelectedCardAndEnterAlongIt) {
  ServiceGraphView& services = window_.services();
  const auto edge = [&] {
    const auto reached = services.reached_edge();
    return reached ? reached->thing : QString{};
  };
  services.setFocus();
  press(services, Qt::Key_N);
  EXPECT_EQ(edge(), "edge clients shop/front") << "none is selected: it is the users' own";
  press(services, Qt::Key_Return);
  ASSERT_EQ(window_.shown().selected, 0U);
  EXPECT_EQ(edge(), QString{}) << "behind it";

  QStringList seen;
  for (int i = 0; i < 4; ++i) {
    press(services, Qt::Key_N);
    seen << edge();
  }
  QStringList out = seen.mid(0, 2);
  out.sort();
  EXPECT_EQ(out, (QStringList{"edge shop/front shop/cart", "edge shop/front shop/mail"}));
  EXPECT_EQ(seen[2], "edge clients shop/front") << "those that come in stand last";
  EXPECT_EQ(seen[3], seen[0]) << "and round again";
  press(services, Qt::Key_N, Qt::ShiftModifier);
  EXPECT_EQ(edge(), "edge clients shop/front");

  ASSERT_TRUE(window_.select("cart"));
  EXPECT_EQ(edge(), QString{}) << "it is none of this card's";
  press(services, Qt::Key_N);
  ASSERT_EQ(edge(), "edge shop/cart shop/db");
  (void)window_.picture(1);
  EXPECT_NE(services.find("reached edge 3"), nullptr);
  const Shape* text = services.find("reached text");
  ASSERT_NE(text, nullptr);
  EXPECT_TRUE(text->text.startsWith("cart → db · 100/s · 50% err")) << text->text.toStdString();
  EXPECT_EQ(services.accessibleDescription(), text->text);
  press(services, Qt::Key_Escape);
  EXPECT_EQ(edge(), QString{});
  EXPECT_EQ(window_.shown().selected, 1U) << "Escape went no further";
  press(services, Qt::Key_N, Qt::ShiftModifier);
  ASSERT_EQ(edge(), "edge shop/front shop/cart") << "backwards the last one is the first";
  press(services, Qt::Key_Return);
  EXPECT_EQ(window_.shown().selected, 0U) << "against its direction, too";

  press(services, Qt::Key_N);
  press(services, Qt::Key_Tab);
  EXPECT_EQ(edge(), QString{}) << "Tab goes to other things";
  press(services, Qt::Key_N);
  window_.timeline().setFocus();
  (void)window_.picture(1);
  EXPECT_EQ(services.find("reached text"), nullptr) << "what keys do not reach has no ring";
}

TEST_F(Keyboard, F6GoesFromPanelToPanelOfThoseThatAreShown) {
  window_.services().setFocus();
  press(window_, Qt::Key_F6);
  EXPECT_TRUE(window_.cluster().hasFocus());
  window_.show_drawer(Drawer::Events);
  EXPECT_TRUE(window_.events().hasFocus()) << "what was opened";
  press(window_, Qt::Key_F6);
  EXPECT_TRUE(window_.timeline().hasFocus());
  press(window_, Qt::Key_F6, Qt::ShiftModifier);
  EXPECT_TRUE(window_.events().hasFocus());
  press(window_, Qt::Key_Escape);
  EXPECT_TRUE(window_.timeline().hasFocus()) << "from what is gone";
}

TEST_F(Keyboard, UpAndDownChooseEventsAndRequests) {
  window_.show_drawer(Drawer::Events);
  window_.seek(Instant::at(Duration::seconds(61)));
  press(window_.events(), Qt::Key_Up);
  EXPECT_EQ(window_.shown().event, 4U);
  press(window_.events(), Qt::Key_Down);
  press(window_.events(), Qt::Key_Down);
  EXPECT_EQ(window_.shown().event, 6U);
  EXPECT_EQ(window_.shown().at, Instant::at(Duration::seconds(90)));
  window_.show_drawer(Drawer::Requests);
  window_.seek(Instant::at(Duration::milliseconds(69'800)));
  (void)window_.picture(1);
  const std::uint64_t first = window_.requests().current()->key;
  press(window_.requests(), Qt::Key_Down);
  press(window_.requests(), Qt::Key_Up);
  press(window_.requests(), Qt::Key_Up);
  const std::uint64_t top = window_.requests().current()->key;
  press(window_.requests(), Qt::Key_Down);
  EXPECT_NE(window_.requests().current()->key, top);
  EXPECT_TRUE(first == 11U || first == 12U);
}

TEST_F(Keyboard, AScreenReaderIsToldOfButtonsAndPressesThem) {
  Canvas& timeline = window_.timeline();
  QAccessibleInterface* list = QAccessible::queryAccessibleInterface(&timeline);
  ASSERT_NE(list, nullptr);
  QAccessibleInterface* play = nullptr;
  for (int i = 0; i < list->childCount(); ++i) {
    if (list->child(i)->text(QAccessible::Name) == "Play") play = list->child(i);
  }
  ASSERT_NE(play, nullptr);
  EXPECT_EQ(play->role(), QAccessible::Button);
  ASSERT_NE(play->actionInterface(), nullptr);
  play->actionInterface()->doAction(QAccessibleActionInterface::pressAction());
  EXPECT_TRUE(window_.shown().playing);
  window_.play(false);
  for (const Canvas* view : window_.canvases()) {
    EXPECT_FALSE(view->accessibleName().isEmpty());
    for (const Layer& layer : view->layers()) {
      for (const Shape& shape : layer.list.shapes()) {
        if (shape.action.isEmpty() || !shape.thing.isEmpty()) continue;
        const auto said = view->said();
        const bool told = std::any_of(said.begin(), said.end(), [&](const Canvas::Said& any) {
          return any.action == shape.action;
        });
        EXPECT_TRUE(told) << shape.action.toStdString() << " has no name";
      }
    }
  }
}

}  // namespace
}  // namespace orrery::gui
