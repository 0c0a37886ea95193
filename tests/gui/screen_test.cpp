// The window on a screen of its own (Xvfb), with a real pointer and real keys (xdotool).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QAction>
#include <QApplication>
#include <QFile>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTimer>
#include <QWindow>
#include <array>
#include <csignal>
#include <cstdio>
#include <string>

#include "gui/app/resources.h"
#include "gui/app/window.h"
#include "tests/gui/recorded.h"
#include "tests/gui/waiting.h"

namespace orrery::gui {
namespace {

using test::wait_until;

constexpr int kSkipped = 77;

/// A screen without a person before it, as long as the object.
class Screen {
 public:
  Screen() {
    constexpr int kTries = 5;  // The number of one that has just ended may not be free yet.
    for (int i = 0; i < kTries && display_.empty(); ++i) start();
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  ~Screen() { end(); }
  /// Empty: there is none.
  [[nodiscard]] const std::string& display() const { return display_; }

 private:
  void start() {
    std::array<int, 2> said{};
    if (::pipe(said.data()) != 0) return;
    child_ = ::fork();
    if (child_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      ::close(said[0]);
      ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
      const std::string number = std::to_string(said[1]);
      ::execlp("Xvfb", "Xvfb", "-displayfd", number.c_str(), "-screen", "0", "1600x1000x24",
               "-nolisten", "tcp", nullptr);
      ::_exit(127);
    }
    ::close(said[1]);
    std::array<char, 16> text{};
    const ssize_t length = ::read(said[0], text.data(), text.size());
    ::close(said[0]);
    // "7\n": the number that it was given; nothing: it did not start.
    if (length > 1) {
      display_ = ":" + std::string(text.data(), static_cast<std::size_t>(length - 1));
    } else {
      end();
    }
  }
  void end() {
    if (child_ <= 0) return;
    ::kill(child_, SIGTERM);
    ::waitpid(child_, nullptr, 0);
    child_ = -1;
  }

  pid_t child_ = -1;
  std::string display_;
};

void xdotool(const QStringList& arguments) {
  EXPECT_EQ(QProcess::execute("xdotool", arguments), 0) << arguments.join(' ').toStdString();
}

class OnScreen : public testing::Test {
 protected:
  void SetUp() override {
    Settings settings;
    settings.recent = {test::recording_path()};
    window_.set_settings(settings);
    window_.setGeometry(0, 0, 1600, 1000);
    window_.show();
    wait_until([&] { return window_.windowHandle()->isExposed(); });
    // There is nobody here who hands windows the focus.
    xdotool({"windowfocus", "--sync", QString::number(window_.winId())});
    wait_until([&] { return window_.isActiveWindow(); });
  }
  [[nodiscard]] QPoint middle_of(Canvas& view, const QString& tag) {
    QRectF where;
    wait_until([&] { return view.find(tag, &where) != nullptr; });
    return view.mapToGlobal(where.center().toPoint());
  }
  static QStringList to(QPoint point) {
    return {"mousemove", "--sync", QString::number(point.x()), QString::number(point.y())};
  }
  void click(Canvas& view, const QString& tag) {
    xdotool(to(middle_of(view, tag)) + QStringList{"click", "1"});
  }
  void open() {
    click(window_.services(), "recent 0");
    wait_until([&] { return window_.shown().run != nullptr && !window_.is_taking(); });
  }
  void press(const QString& key) { xdotool({"key", key}); }

  Window window_;
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

int main(int argc, char** argv) {
  using namespace orrery::gui;
  testing::InitGoogleTest(&argc, argv);
  const auto skip = [](const char* what) {
    std::fprintf(stderr, "SKIPPED: %s, so nobody clicked on the window\n", what);
    return kSkipped;
  };
  if (QStandardPaths::findExecutable("xdotool").isEmpty()) return skip("xdotool is not installed");
  const Screen screen;
  if (screen.display().empty()) return skip("Xvfb is not installed, or does not start");
  qputenv("DISPLAY", screen.display().c_str());
  qputenv("QT_QPA_PLATFORM", "xcb");
  prepare_application();
  const QApplication application{argc, argv};
  load_resources();
  return RUN_ALL_TESTS();
}
