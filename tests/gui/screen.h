/// @file
/// The window on a screen of its own (Xvfb), with a real pointer and real keys (xdotool).
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QApplication>
#include <QProcess>
#include <QStandardPaths>
#include <QWindow>
#include <array>
#include <csignal>
#include <cstdio>
#include <string>

#include "gui/app/resources.h"
#include "gui/app/window.h"
#include "tests/gui/waiting.h"

namespace orrery::gui::test {

inline constexpr int kSkipped = 77;

/// A screen without a person before it, as long as the object.
class Screen {
 public:
  Screen() {
    // The number of one that has just ended may not be free yet.
    constexpr int kTries = 10;
    constexpr useconds_t kBetween = 200'000;
    for (int i = 0; i < kTries && display_.empty(); ++i) {
      if (i > 0) ::usleep(kBetween);
      start();
    }
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

inline void xdotool(const QStringList& arguments) {
  EXPECT_EQ(QProcess::execute("xdotool", arguments), 0) << arguments.join(' ').toStdString();
}

class OnScreen : public testing::Test {
 protected:
  void SetUp() override {
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
    // It waits for a pointer that moves, and one that is there already does not.
    return {"mousemove",
            "0",
            "0",
            "mousemove",
            "--sync",
            QString::number(point.x()),
            QString::number(point.y())};
  }
  void click(Canvas& view, const QString& tag) {
    xdotool(to(middle_of(view, tag)) + QStringList{"click", "1"});
  }
  void click_right(Canvas& view, const QString& tag) {
    xdotool(to(middle_of(view, tag)) + QStringList{"click", "3"});
  }
  void press(const QString& key) { xdotool({"key", key}); }

  Window window_;
};

/// All tests, on a screen of their own; kSkipped where that cannot be had.
inline int run_on_screen(int argc, char** argv) {
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

}  // namespace orrery::gui::test
