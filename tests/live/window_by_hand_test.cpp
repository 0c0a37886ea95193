// Somebody clicks through a run on live hosts: it is begun by hand, a fault is done to it after a
// look at what that would hit, there are more replicas, and it is stopped.
//
// Usage: live_window_by_hand [FOLDER]    a picture of each step is written there
#include <gtest/gtest.h>

#include <QDir>
#include <QJsonObject>
#include <algorithm>
#include <functional>

#include "tests/gui/screen.h"

namespace orrery::gui {
namespace {

using test::wait_until;
using test::xdotool;

QString pictures;  // The folder; empty: none are written.

class OnLiveHosts : public test::OnScreen {
 protected:
  void TearDown() override {
    window_.engine().stop();
    wait_until([&] { return !window_.engine().is_running(); }, kPatient);
  }
  void look(const QString& step) {
    if (pictures.isEmpty()) return;
    QDir{}.mkpath(pictures);
    EXPECT_TRUE(window_.save_picture(nullptr, QDir{pictures}.filePath(step + ".png"), 1));
  }
  /// Right click on a card, a deed of the menu, what it would hit, and then it is done.
  void do_to(const QString& card, const std::function<bool(const Deed&)>& wanted,
             const QString& step) {
    DeedMenu& menu = window_.deeds();
    click_right(window_.services(), card);
    wait_until([&] { return menu.isVisible() && !menu.is_asking(); });
    const auto deed = std::find_if(menu.deeds().begin(), menu.deeds().end(), wanted);
    ASSERT_NE(deed, menu.deeds().end());
    const QString row = QString{"deed row %1"}.arg(deed - menu.deeds().begin());
    xdotool(to(middle_of(menu, "chosen deed")));
    for (std::size_t turn = 0; turn < menu.deeds().size() && menu.find(row) == nullptr; ++turn) {
      xdotool({"click", "5"});
      QApplication::processEvents(QEventLoop::AllEvents, 50);
    }
    click(menu, row);
    wait_until([&] { return is_chosen(deed->entry) && !menu.is_asking(); });
    wait_until([&] { return menu.find("hits") != nullptr; });
    look(step);
    click(menu, "deed do");
    wait_until([&] { return !menu.isVisible(); });
    EXPECT_TRUE(window_.services().hasFocus());
  }
  /// Whether the menu has that chosen, however long it is to last.
  [[nodiscard]] bool is_chosen(const QJsonObject& entry) {
    const QJsonObject chosen = window_.deeds().entry();
    const QStringList keys = entry.keys();
    return std::all_of(keys.begin(), keys.end(),
                       [&](const QString& key) { return chosen.value(key) == entry.value(key); });
  }
  [[nodiscard]] std::size_t ready() const {
    const Moment* moment = window_.shown().moment;
    return moment == nullptr ? 0 : moment->services.front().ready;
  }

  static constexpr qint64 kPatient = 120'000;
};

TEST_F(OnLiveHosts, AFaultAndMoreReplicasAreAFewClicks) {
  using Phase = ScenarioView::Phase;
  window_.engine().set_program(ORRERY_PROGRAM);
  ASSERT_TRUE(window_.open(ORRERY_SCENARIOS "/live/two-pods.json"));
  ScenarioView& scenario = window_.scenario();
  wait_until([&] { return scenario.phase() == Phase::Right; });
  click(scenario, "scenario world live");
  wait_until([&] { return scenario.is_for_live_hosts() && scenario.phase() == Phase::Right; });
  look("1-can-run");
  click(scenario, "scenario hand");
  wait_until([&] { return scenario.phase() == Phase::Running; });
  look("2-made-ready");
  wait_until([&] { return window_.shown().hand.has_value() && ready() == 2; }, kPatient);
  look("3-runs");
  do_to(
      "card default/web", [](const Deed& deed) { return deed.name == "pod-kill"; }, "4-fault");
  wait_until([&] { return ready() < 2; });
  look("5-killed");
  wait_until([&] { return ready() == 2; });
  do_to(
      "card default/web",
      [](const Deed& deed) {
        return deed.entry.value("set").toObject().value("replicas").toInt() == 3;
      },
      "6-replicas");
  wait_until([&] { return ready() == 3; });
  wait_until([&] { return window_.timeline().find("change hand-2") != nullptr; });
  look("7-three");
  click(scenario, "scenario stop");
  wait_until([&] { return !window_.engine().is_running(); }, kPatient);
  look("8-stopped");
  EXPECT_TRUE(scenario.is_right()) << "it may be run again";
  EXPECT_EQ(window_.shown().notice, QString{});
}

}  // namespace
}  // namespace orrery::gui

int main(int argc, char** argv) {
  if (argc > 1 && argv[1][0] != '-') orrery::gui::pictures = argv[1];
  return orrery::gui::test::run_on_screen(argc, argv);
}
