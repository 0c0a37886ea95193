// What only a real pointer and real keys can show.
#include "tests/gui/screen.h"

#include <gtest/gtest.h>

#include <QAction>
#include <QApplication>
#include <QFile>
#include <QScreen>
#include <QTemporaryDir>
#include <QTimer>

#include "tests/gui/recorded.h"

namespace orrery::gui {
namespace {

using test::wait_until;
using test::xdotool;

class OnScreen : public test::OnScreen {
 protected:
  void SetUp() override {
    Settings settings;
    settings.recent = {test::recording_path()};
    window_.set_settings(settings);
    test::OnScreen::SetUp();
  }
  void open() {
    click(window_.services(), "recent 0");
    wait_until([&] { return window_.shown().run != nullptr && !window_.is_taking(); });
  }
};

TEST_F(OnScreen, AClickOpensARecordingAndADragGoesThroughItsTime) {
  open();
  TimelineView& timeline = window_.timeline();
  const auto at = [&](int second) {
    return timeline.mapToGlobal(
        QPointF{timeline.x_of(Instant::at(Duration::seconds(second))), 110}.toPoint());
  };
  xdotool(to(at(30)) + QStringList{"mousedown", "1"});
  wait_until([&] { return window_.shown().at > Instant::at(Duration::seconds(29)); });
  xdotool(to(at(75)) + QStringList{"mouseup", "1"});
  wait_until([&] { return window_.shown().at > Instant::at(Duration::seconds(74)); });
  EXPECT_LT(window_.shown().at, Instant::at(Duration::seconds(76)));
}

TEST_F(OnScreen, KeysGoToTheFaultAndWhyLeadsToItsFirstFailure) {
  open();
  press("f");
  wait_until([&] { return window_.shown().at == Instant::at(Duration::seconds(60)); });
  press("ctrl+Right");
  wait_until([&] { return window_.shown().at == Instant::at(Duration::seconds(70)); });
  click(window_.services(), "why db");
  wait_until([&] { return window_.shown().at == Instant::at(Duration::milliseconds(60'010)); });
}

TEST_F(OnScreen, ACardIsSelectedAndADrawerOpensAndCloses) {
  open();
  click(window_.services(), "card shop/cart");
  wait_until([&] { return window_.shown().selected == 1U; });
  click(*window_.canvases()[3], "drawer events");
  wait_until([&] { return window_.events().isVisible(); });
  click(window_.events(), "event 2");
  wait_until([&] { return window_.shown().event == 2U; });
  click(window_.events(), "drawer none");
  wait_until([&] { return window_.cluster().isVisible(); });
}

TEST_F(OnScreen, WhatIsTypedIsFound) {
  open();
  press("ctrl+k");
  wait_until([&] { return window_.finder().isVisible(); });
  xdotool({"type", "mail"});
  wait_until([&] { return window_.finder().found().size() == 1; });
  press("Return");
  wait_until([&] { return window_.shown().selected == 3U; });
}

TEST_F(OnScreen, AValueOfAScenarioIsTypedWhereItStands) {
  QTemporaryDir folder;
  QFile file{folder.filePath("x.json")};
  ASSERT_TRUE(file.open(QIODevice::WriteOnly));
  file.write("{\n  \"count\": 3\n}\n");
  file.close();
  window_.engine().set_program("true");
  ASSERT_TRUE(window_.open(file.fileName()));
  click(window_.scenario(), "scenario value 0");
  xdotool({"type", "12"});
  press("Return");
  wait_until([&] { return window_.scenario().text().lines[1] == "  \"count\": 12"; });
  press("ctrl+z");
  wait_until([&] { return window_.scenario().text().lines[1] == "  \"count\": 3"; });
}

TEST_F(OnScreen, TheMenuOpensAndGoes) {
  open();
  bool seen = false;
  QTimer look;
  QObject::connect(&look, &QTimer::timeout, [&] {
    if (QWidget* menu = QApplication::activePopupWidget()) {
      seen = menu->actions().size() == 4;
      menu->close();
    }
  });
  look.start(20);
  click(*window_.canvases()[0], "menu");
  wait_until([&] { return seen; });
}

TEST_F(OnScreen, WhatIsSeenWhileTimePassesIsWhatEachViewWouldPaintNow) {
  open();
  window_.seek(Instant::at(Duration::seconds(58)));
  window_.play(true);
  for (int frame = 0; frame < 150; ++frame) {
    window_.advance(Duration::milliseconds(33));
    QEvent paint{QEvent::UpdateRequest};
    QApplication::sendEvent(&window_, &paint);
    if (frame % 30 != 29) continue;
    const QImage seen = window_.screen()->grabWindow(window_.winId()).toImage();
    for (Canvas* canvas : window_.canvases()) {
      const QImage now = canvas->grab().toImage().convertToFormat(seen.format());
      const QPoint at = canvas->mapTo(&window_, QPoint{});
      EXPECT_EQ(seen.copy({at, now.size()}), now)
          << frame << " " << canvas->accessibleName().toStdString();
    }
  }
}

TEST_F(OnScreen, TabAndEnterPressAButton) {
  open();
  window_.canvases()[0]->setFocus();
  while (window_.canvases()[0]->reached() == nullptr ||
         window_.canvases()[0]->reached()->tag != "shade") {
    press("Tab");
    const Shape* before = window_.canvases()[0]->reached();
    wait_until([&] { return window_.canvases()[0]->reached() != before; });
    ASSERT_TRUE(window_.canvases()[0]->hasFocus());
  }
  press("Return");
  wait_until([&] { return window_.shown().theme->shade == Shade::Light; });
}

}  // namespace
}  // namespace orrery::gui

/// The D-Bus library keeps the name of a bus that it did not find; it is not ours to give back.
extern "C" const char* __lsan_default_suppressions() { return "leak:libdbus-1"; }

int main(int argc, char** argv) { return orrery::gui::test::run_on_screen(argc, argv); }
