#include <gtest/gtest.h>

#include <QApplication>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QKeyEvent>
#include <QLineEdit>
#include <QLocalServer>
#include <QLocalSocket>
#include <QMouseEvent>
#include <QTemporaryDir>
#include <QWheelEvent>
#include <functional>

#include "gui/app/window.h"
#include "tests/gui/keys.h"
#include "tests/gui/recorded.h"
#include "tests/gui/waiting.h"

namespace orrery::gui {
namespace {

using test::press;

using test::wait_until;

QJsonObject json(const char* text) { return QJsonDocument::fromJson(text).object(); }

HandChoices shop() {
  return read_choices(json(R"({"services": {"shop/cart": ["Deployment/shop/cart"]},
    "workloads": {"Deployment/shop/cart": {"replicas": 3, "image": "cart:1"}},
    "images": ["cart:1", "cart:2", "mail:1"],
    "policies": {"clients": ["shop/cart"]}})"));
}

QStringList names_of(const std::vector<Deed>& deeds) {
  QStringList names;
  for (const Deed& deed : deeds) names << deed.name;
  return names;
}

TEST(Deeds, OfAServiceHitItsPodsTheWayToItAndItsWorkload) {
  const std::vector<Deed> deeds = deeds_for("service shop/cart", shop());
  ASSERT_FALSE(deeds.empty());
  EXPECT_EQ(deeds[0].entry, json(R"({"fault": "pod-kill", "target": "Deployment/shop/cart"})"));
  EXPECT_EQ(names_of(deeds).count("replicas"), 3) << "one less, one more, twice as many";
  EXPECT_EQ(names_of(deeds).count("image"), 1) << "another one of the same repository";
  EXPECT_EQ(deeds[deeds.size() - 2].entry,
            json(R"({"set": {"target": "Deployment/shop/cart", "image": "cart:2"}})"));
  for (const Deed& deed : deeds) {
    if (deed.name != "network-partition") continue;
    EXPECT_EQ(entry_of(deed, 30, {}),
              json(R"({"fault": "network-partition", "to": "Service/shop/cart", "for": "30s"})"));
  }
}

TEST(Deeds, ThatNeedWordsSayThem) {
  const Deed patch = deeds_for("service shop/cart", shop()).back();
  EXPECT_EQ(patch.typed, Deed::Typed::Merge);
  EXPECT_EQ(entry_of(patch, 30, R"({"spec": {"paused": true}})"),
            json(R"({"patch": {"target": "Deployment/shop/cart",
                               "merge": {"spec": {"paused": true}}}})"));
  EXPECT_EQ(entry_of(patch, 30, "spec:").value("patch").toObject().value("merge"), "spec:")
      << "it is said where it is read that this is no object";
  const Deed apply = deeds_for("cluster", shop()).back();
  EXPECT_EQ(entry_of(apply, 30, "later/web.yaml"), json(R"({"apply": ["later/web.yaml"]})"));
}

TEST(Deeds, OfAnEdgeChangeThePolicyOfItsCalls) {
  for (const Deed& deed : deeds_for("edge shop/front shop/cart", shop())) {
    EXPECT_FALSE(deed.entry.contains("policy")) << "it has none";
  }
  const std::vector<Deed> deeds = deeds_for("edge clients shop/cart", shop());
  ASSERT_GE(deeds.size(), 2U);
  EXPECT_EQ(deeds[deeds.size() - 2].entry, json(R"({"policy": {"from": "clients", "to": "shop/cart",
                                "retries": {"attempts": 0}}})"));
  const Deed policy = deeds.back();
  EXPECT_EQ(policy.typed, Deed::Typed::Policy);
  EXPECT_EQ(entry_of(policy, 30, R"({"timeout": "500ms"})"),
            json(R"({"policy": {"from": "clients", "to": "shop/cart", "timeout": "500ms"}})"));
  EXPECT_EQ(entry_of(policy, 30, "timeout").value("policy"), "timeout")
      << "it is said where it is read that this is no object";
}

TEST(Deeds, OfAnEdgeSayWhoCallsWhom) {
  const std::vector<Deed> deeds = deeds_for("edge clients shop/cart", shop());
  ASSERT_FALSE(deeds.empty());
  EXPECT_EQ(deeds[0].entry.value("from"), "clients");
  EXPECT_EQ(deeds[0].entry.value("to"), "Service/shop/cart");
}

TEST(Deeds, OfOtherThingsAreTheirOwn) {
  EXPECT_EQ(deeds_for("pod Pod/shop/cart-1", shop())[0].entry.value("target"), "Pod/shop/cart-1");
  EXPECT_TRUE(names_of(deeds_for("node a-1", shop())).contains("drain"));
  EXPECT_EQ(deeds_for("zone b", shop())[0].entry, json(R"({"fault": "zone-loss", "zone": "b"})"));
  EXPECT_TRUE(deeds_for("users", shop()).empty());
}

TEST(Deeds, GoOnFromWhatWasDone) {
  HandChoices choices = shop();
  note_done(choices, json(R"({"set": {"target": "Deployment/shop/cart", "replicas": 7}})"));
  EXPECT_EQ(choices.workloads["Deployment/shop/cart"].replicas, 7);
}

TEST(Replays, GiveEachOrderAtItsInstantAndGoNoFurtherThanAskedFor) {
  const auto at = [](int seconds) { return Instant::at(Duration::seconds(seconds)); };
  const QJsonObject kill = json(R"({"fault": "pod-kill", "target": "Deployment/shop/cart"})");
  const QJsonObject cordon = json(R"({"cordon": "Node/a-1"})");
  Replay replay{{{at(2), kill}, {at(2), cordon}}, at(5)};
  EXPECT_TRUE(replay.arrives(at(0)));
  EXPECT_FALSE(replay.arrives(at(0))) << "it said so before";
  EXPECT_TRUE(replay.arrives(at(2)));
  EXPECT_EQ(replay.next({}), json(R"({"do": "step", "until": "2000000us"})"));
  EXPECT_EQ(replay.next(at(2))->value("entry"), kill);
  EXPECT_EQ(replay.next(at(2))->value("entry"), cordon);
  EXPECT_EQ(replay.next(at(2)), json(R"({"do": "step", "until": "5000000us"})"));
  EXPECT_FALSE(replay.next(at(5)));
  EXPECT_FALSE((Replay{{}, {}}.next({}))) << "it is there already";
}

TEST(Session, IsSavedSoThatItFindsItsScenario) {
  QTemporaryDir folder;
  QDir{folder.path()}.mkpath("far/away");
  QFile kept{folder.filePath("session.json")};
  ASSERT_TRUE(kept.open(QIODevice::WriteOnly));
  const QString map = folder.filePath("manifests/map.yaml");
  kept.write(R"({"include": ["elsewhere.json"], "timeline": [{"id": "hand-1", "apply": [")" +
             map.toUtf8() + R"("]}]})");
  kept.close();
  const QString to = folder.filePath("far/away/mine.json");
  ASSERT_TRUE(save_session(kept.fileName(), folder.filePath("shop.json"), to));
  QFile saved{to};
  ASSERT_TRUE(saved.open(QIODevice::ReadOnly));
  const QJsonObject read = QJsonDocument::fromJson(saved.readAll()).object();
  EXPECT_EQ(read.value("include").toArray(), QJsonArray{"../../shop.json"});
  ASSERT_EQ(read.value("timeline").toArray().size(), 1);
  EXPECT_EQ(read.value("timeline").toArray()[0].toObject().value("apply").toArray(),
            QJsonArray{"../../manifests/map.yaml"});
  EXPECT_FALSE(save_session(folder.filePath("none.json"), "x.json", to));
}

/// A window with a run in hand, and the run's side of the socket.
class HandedRun : public testing::Test {
 protected:
  void SetUp() override {
    write_engine("cp");
    window_.resize(1920, 1200);
    window_.engine().set_program(folder_.filePath("engine"));
    ASSERT_TRUE(window_.open(write("x.json", "{}\n")));
    wait_until([&] { return window_.scenario().phase() == ScenarioView::Phase::Right; });
    begin();
    window_.take_all();
    window_.seek(window_.shown().run->end());
    (void)window_.picture(1);
    heard_.clear();
  }
  void TearDown() override { window_.engine().stop(); }

  /// What records by making `copy` bring a recording to where it is asked for.
  void write_engine(const QString& copy) {
    const QString path = folder_.filePath("engine");
    QFile::remove(path);
    write("engine",
          "#!/bin/sh\n"
          "[ \"$1\" = check ] && exit 0\n"
          "while [ $# -gt 1 ]; do [ \"$1\" = --record ] && to=$2; shift; done\n" +
              copy + " '" + test::recording_path() + "' \"$to\"\nexec sleep 600\n");
    QFile::setPermissions(path, QFile::ReadOwner | QFile::ExeOwner);
  }
  /// Runs the scenario by hand, held where it begins.
  void begin() {
    window_.scenario().on_action("scenario hand");
    server_.close();
    ASSERT_TRUE(server_.listen(window_.engine().socket()));
    wait_until([&] { return server_.hasPendingConnections(); });
    client_ = server_.nextPendingConnection();
    say(R"({"choices": {"services": {"shop/cart": ["Deployment/shop/cart"]}, "images": [],
            "workloads": {"Deployment/shop/cart": {"replicas": 3, "image": "cart:1"}}}})");
    say(R"({"state": "held", "at": 0, "speed": 1})");
    wait_until([&] { return window_.shown().run != nullptr && window_.shown().hand; });
  }
  QString write(const QString& name, const QString& text) {
    QFile file{folder_.filePath(name)};
    EXPECT_TRUE(file.open(QIODevice::WriteOnly));
    file.write(text.toUtf8());
    return file.fileName();
  }
  void say(QByteArray line) {
    client_->write(line.replace('\n', ' ') + "\n");
    client_->flush();
  }
  /// The next command with this verb, whatever else is said before it.
  QJsonObject hear(const QString& verb) {
    QJsonObject found;
    wait_until([&] {
      while (client_->canReadLine()) {
        heard_ << QJsonDocument::fromJson(client_->readLine()).object();
      }
      while (!heard_.isEmpty() && found.isEmpty()) {
        const QJsonObject command = heard_.takeFirst();
        if (command.value("do") == verb) found = command;
      }
      return !found.isEmpty();
    });
    return found;
  }
  void right_click(Canvas& view, const QString& tag) {
    QRectF where;
    ASSERT_NE(view.find(tag, &where), nullptr) << tag.toStdString();
    QMouseEvent event{QEvent::MouseButtonPress, where.center(),  view.mapToGlobal(where.center()),
                      Qt::RightButton,          Qt::RightButton, Qt::NoModifier};
    QApplication::sendEvent(&view, &event);
  }
  /// The answer to a command.
  void answer(const QJsonObject& command, QJsonObject said) {
    said.insert("tag", command.value("tag"));
    say(QJsonDocument{said}.toJson(QJsonDocument::Compact));
  }

  [[nodiscard]] bool shows(const QString& tag) {
    (void)window_.picture(1);
    return window_.timeline().find(tag) != nullptr;
  }

  QTemporaryDir folder_;
  Window window_;
  QLocalServer server_;
  QLocalSocket* client_ = nullptr;
  QList<QJsonObject> heard_;
};

TEST_F(HandedRun, SpaceAndArrowsStepTheRunAtItsLastInstant) {
  press(window_, Qt::Key_Space);
  (void)hear("run");
  say(R"({"state": "runs", "at": 0, "speed": 1})");
  wait_until([&] { return window_.shown().playing; });
  press(window_, Qt::Key_Space);
  (void)hear("pause");
  say(R"({"state": "held", "at": 2000000, "speed": 1})");
  wait_until([&] { return !window_.shown().playing; });
  press(window_, Qt::Key_Right);
  EXPECT_EQ(hear("step").value("until"), "event");
  press(window_, Qt::Key_Right, Qt::ShiftModifier);
  EXPECT_EQ(hear("step").value("until"), "second");
  press(window_, Qt::Key_F);
  EXPECT_EQ(hear("step").value("until"), "fault");
  window_.set_speed(8);
  EXPECT_EQ(hear("speed").value("factor"), 8);
}

TEST_F(HandedRun, WhatWasThereBeforeItWasOpenedIsShownThoughNothingIsAdded) {
  const auto* before = window_.shown().run;
  // Its last bytes are still to come.
  write_engine("copy() { head -c -1 \"$1\" >\"$2\"; }; copy");
  begin();
  wait_until([&] { return window_.shown().run != before; });
  wait_until([&] { return window_.shown().at == window_.shown().run->end(); });
  EXPECT_GT(window_.shown().at, Instant::at(Duration::seconds(100)));
  EXPECT_FALSE(window_.shown().run->complete());
}

TEST_F(HandedRun, ThePastIsLookedAtWithoutTouchingTheRun) {
  window_.seek(Instant::at(Duration::seconds(30)));
  press(window_, Qt::Key_Right);
  EXPECT_EQ(window_.shown().at, Instant::at(Duration::seconds(60))) << "the fault";
  press(window_, Qt::Key_Space);
  EXPECT_TRUE(window_.shown().playing);
  window_.play(false);
  window_.seek(window_.shown().run->end());
  press(window_, Qt::Key_Right);
  EXPECT_EQ(hear("step").value("until"), "event") << "the first that it is told";
}

TEST_F(HandedRun, ARightClickOffersWhatCanBeDoneAndSaysWhatItWouldHit) {
  window_.show_drawer(Drawer::None);
  (void)window_.picture(1);
  right_click(window_.services(), "card shop/cart");
  ASSERT_FALSE(window_.deeds().isHidden());
  const QJsonObject preview = hear("preview");
  EXPECT_EQ(preview.value("entry").toObject().value("fault"), "pod-kill");
  answer(preview, {{"done", "preview"}, {"count", 1}, {"hits", QJsonArray{"Pod/shop/cart-2"}}});
  wait_until([&] {
    (void)window_.picture(1);
    const Shape* hits = window_.deeds().find("hits");
    return hits != nullptr && hits->text == "Pod/shop/cart-2";
  });
  window_.deeds().on_action("deed row 2");
  window_.deeds().on_action("deed for 2");
  EXPECT_EQ(window_.deeds().entry().value("for"), "60s");
  window_.deeds().on_action("deed do");
  const QJsonObject act = hear("act");
  EXPECT_EQ(act.value("entry").toObject(), window_.deeds().entry());
  answer(act,
         {{"refused",
           QJsonArray{QJsonObject{
               {"pointer", "/target"}, {"expected", "a pod"}, {"found", "none"}, {"hint", ""}}}}});
  wait_until([&] {
    (void)window_.picture(1);
    return window_.deeds().find("problems") != nullptr;
  });
  EXPECT_TRUE(window_.deeds().find("problems")->text.contains("/target: expected a pod"));
  EXPECT_FALSE(window_.deeds().isHidden()) << "an error stands where the command was given";
  window_.deeds().on_action("deed do");
  answer(hear("act"), {{"done", "act"}, {"id", "hand-1"}, {"count", 1}, {"hits", QJsonArray{}}});
  wait_until([&] { return window_.deeds().isHidden(); });
}

TEST_F(HandedRun, WhatIsTypedIsAskedForAtOnceAndDoneWithEnter) {
  window_.show();
  QApplication::setActiveWindow(&window_);
  window_.show_drawer(Drawer::None);
  (void)window_.picture(1);
  right_click(window_.services(), "card shop/cart");
  (void)hear("preview");
  window_.deeds().choose(static_cast<int>(window_.deeds().deeds().size()) - 1);
  auto* field = window_.deeds().findChild<QLineEdit*>();
  ASSERT_TRUE(field->isVisible());
  (void)hear("preview");
  field->setText(R"({"spec": {"paused": true}})");
  EXPECT_EQ(hear("preview").value("entry").toObject().value("patch").toObject().value("merge"),
            json(R"({"spec": {"paused": true}})"));
  QKeyEvent enter{QEvent::KeyPress, Qt::Key_Return, Qt::NoModifier};
  QApplication::sendEvent(field, &enter);
  EXPECT_EQ(hear("act").value("entry").toObject(), window_.deeds().entry());
  QKeyEvent up{QEvent::KeyPress, Qt::Key_Up, Qt::NoModifier};
  QApplication::sendEvent(field, &up);
  EXPECT_FALSE(field->isVisible()) << "another deed needs no words";
}

TEST_F(HandedRun, MoreThanFitsInAMenuIsReachedByKeysAndWheel) {
  window_.resize(1100, 640);
  window_.show_drawer(Drawer::None);
  (void)window_.picture(1);
  window_.open_deeds("service shop/cart", {40, 40});
  DeedMenu& menu = window_.deeds();
  const int last = static_cast<int>(menu.deeds().size()) - 1;
  const auto in_view = [&](int row) {
    (void)window_.picture(1);
    return menu.find(QString{"deed row %1"}.arg(row)) != nullptr;
  };
  EXPECT_LE(menu.geometry().bottom(), 640);
  EXPECT_TRUE(in_view(0));
  EXPECT_FALSE(in_view(last));
  menu.choose(last);
  EXPECT_TRUE(in_view(last));
  EXPECT_NE(menu.find("chosen deed"), nullptr);
  EXPECT_FALSE(in_view(0));
  QWheelEvent wheel{{30, 80},       {30, 80},          {},   {0, 12'000}, Qt::NoButton,
                    Qt::NoModifier, Qt::NoScrollPhase, false};
  QApplication::sendEvent(&menu, &wheel);
  EXPECT_TRUE(in_view(0)) << "what is chosen may be out of view";
}

TEST_F(HandedRun, WhyALiveRunIsNotHeldIsSaid) {
  press(window_, Qt::Key_Space);
  answer(hear("run"), {{"refused", QJsonArray{QJsonObject{{"pointer", ""},
                                                          {"expected", "a run that can be held"},
                                                          {"found", "run"},
                                                          {"hint", ""}}}}});
  wait_until([&] { return window_.shown().notice.contains("a run that can be held"); });
}

TEST_F(HandedRun, PodsNodesZonesAndEdgesArePointedAtToo) {
  window_.show_drawer(Drawer::None);
  (void)window_.picture(1);
  for (const char* tag : {"zone a", "node a-1"}) {
    window_.deeds().hide();
    right_click(window_.cluster(), tag);
    EXPECT_FALSE(window_.deeds().isHidden()) << tag;
  }
  window_.cluster().on_thing("cluster", {4, 4});
  EXPECT_EQ(window_.deeds().deeds()[0].name, "control-plane-kill");
  EXPECT_EQ(window_.cluster().layers()[0].list.thing_at({4, 4})->thing, "cluster");
  std::size_t edges = 0;
  for (const Layer& layer : window_.services().layers()) {
    for (const Shape& shape : layer.list.shapes()) {
      if (!shape.thing.startsWith("edge ")) continue;
      ++edges;
      EXPECT_EQ(layer.list.thing_at(shape.path.pointAtPercent(0.5)), &shape);
    }
  }
  EXPECT_GE(edges, 3U);
}

TEST_F(HandedRun, KeysOpenTheMenuOfAnEdge) {
  window_.show();
  QApplication::setActiveWindow(&window_);
  window_.show_drawer(Drawer::None);
  ASSERT_TRUE(window_.select("cart"));
  (void)window_.picture(1);
  window_.services().setFocus();
  press(window_.services(), Qt::Key_N);
  press(window_.services(), Qt::Key_I);
  ASSERT_FALSE(window_.deeds().isHidden());
  const QJsonObject entry = window_.deeds().deeds()[0].entry;
  EXPECT_EQ(entry.value("from"), "Service/shop/cart");
  EXPECT_EQ(entry.value("to"), "Service/shop/db");
  press(window_.deeds(), Qt::Key_Escape);
  EXPECT_EQ(window_.focusWidget(), &window_.services()) << "keys go where they went before";
  press(window_.services(), Qt::Key_Escape);
  press(window_.services(), Qt::Key_I);
  ASSERT_FALSE(window_.deeds().isHidden());
  EXPECT_EQ(window_.deeds().deeds()[0].name, "pod-kill") << "of the card again";
}

TEST_F(HandedRun, FromThePastAnotherRunBeginsAndIsLedToTheInstant) {
  EXPECT_FALSE(shows("hand here")) << "the run is there itself";
  window_.seek(Instant::at(Duration::seconds(30)));
  ASSERT_TRUE(shows("hand here"));
  const QString before = window_.engine().socket();
  window_.timeline().on_action("hand here");
  ASSERT_NE(window_.engine().socket(), before);
  server_.close();
  ASSERT_TRUE(server_.listen(window_.engine().socket()));
  wait_until([&] { return server_.hasPendingConnections(); });
  client_ = server_.nextPendingConnection();
  say(R"({"choices": {"services": {}, "images": [], "workloads": {}}})");
  say(R"({"state": "held", "at": 0, "speed": 1})");
  const QJsonObject step = hear("step");
  EXPECT_EQ(step.value("until"), "30000000us");
  press(window_, Qt::Key_Space);
  answer(step, {{"done", "step"}, {"at", 0}});
  say(R"({"state": "held", "at": 30000000, "speed": 1})");
  wait_until([&] { return window_.shown().hand->at == Instant::at(Duration::seconds(30)); });
  press(window_, Qt::Key_Space);
  EXPECT_EQ(hear("run").value("tag"), QString::number(step.value("tag").toString().toInt() + 1))
      << "what was pressed on the way there was not given";
  wait_until([&] { return window_.shown().other != nullptr; });
}

TEST_F(HandedRun, WhenTheRunIsOverNothingCanBeDoneToIt) {
  say(R"({"state": "over"})");
  wait_until([&] { return !window_.shown().hand; });
  window_.show_drawer(Drawer::None);
  (void)window_.picture(1);
  right_click(window_.services(), "card shop/cart");
  EXPECT_TRUE(window_.deeds().isHidden());
}

TEST(RunByHand, BeginsOnceItsScenarioIsCheckedAndIsHeldWhereItWasAskedFor) {
  Window window;
  window.resize(1600, 1000);
  window.engine().set_program(ORRERY_PROGRAM);
  ASSERT_TRUE(window.open(ORRERY_SCENARIOS "/live/two-pods.json"));
  window.run_by_hand(Instant::at(Duration::milliseconds(6'300)));
  EXPECT_TRUE(window.is_on_its_way());
  wait_until([&] { return !window.is_on_its_way() && window.shown().run != nullptr; }, 120'000);
  ASSERT_TRUE(window.shown().hand);
  EXPECT_TRUE(window.shown().hand->held);
  EXPECT_EQ(window.shown().hand->at, Instant::at(Duration::milliseconds(6'300)));
  window.take_all();
  window.show_drawer(Drawer::None);
  ASSERT_TRUE(window.select("web"));
  (void)window.picture(1);
  window.open_deeds_of_selected();
  EXPECT_FALSE(window.deeds().isHidden());
}

/// The window and the program that runs scenarios.
TEST(RunByHand, IsHeldSteppedHitRunToItsEndAndSaved) {
  QTemporaryDir folder;
  Window window;
  window.resize(1600, 1000);
  window.engine().set_program(ORRERY_PROGRAM);
  ASSERT_TRUE(window.open(ORRERY_SCENARIOS "/live/two-pods.json"));
  const auto await_program = [](const std::function<bool()>& holds) { wait_until(holds, 120'000); };
  await_program([&] { return window.scenario().phase() == ScenarioView::Phase::Right; });
  window.scenario().on_action("scenario hand");
  await_program([&] { return window.shown().hand && window.shown().run != nullptr; });
  window.set_speed(0);
  const auto step = [&](const QString& goal, Instant to) {
    window.timeline().on_action("hand step " + goal);
    await_program([&] { return window.shown().hand && window.shown().hand->at >= to; });
    await_program([&] { return window.shown().hand->held && window.shown().at >= to; });
    EXPECT_EQ(window.shown().at, to);
  };
  step("fault", Instant::at(Duration::seconds(6)));
  step("second", Instant::at(Duration::seconds(7)));
  window.show_drawer(Drawer::None);
  (void)window.picture(1);
  window.services().on_thing("service default/web", {400, 300});
  await_program([&] {
    (void)window.picture(1);
    return window.deeds().find("hits") != nullptr;
  });
  EXPECT_TRUE(window.deeds().find("hits")->text.startsWith("Pod/default/web-"));
  window.deeds().on_action("deed do");
  await_program([&] { return window.deeds().isHidden(); });
  window.services().on_thing("edge clients default/web", {400, 300});
  window.deeds().choose(2);
  window.deeds().on_action("deed do");
  await_program([&] { return window.deeds().isHidden(); });
  step("second", Instant::at(Duration::seconds(8)));
  window.timeline().on_action("play");
  await_program([&] { return window.scenario().phase() == ScenarioView::Phase::Over; });
  window.take_all();
  EXPECT_TRUE(window.shown().run->complete());
  EXPECT_FALSE(window.shown().hand);
  const QString saved = folder.filePath("mine.json");
  ASSERT_TRUE(
      save_session(window.engine().session(), ORRERY_SCENARIOS "/live/two-pods.json", saved));
  QFile file{saved};
  ASSERT_TRUE(file.open(QIODevice::ReadOnly));
  const QJsonArray timeline =
      QJsonDocument::fromJson(file.readAll()).object().value("timeline").toArray();
  ASSERT_EQ(timeline.size(), 2);
  EXPECT_EQ(timeline[0].toObject().value("at"), "7000ms");
  EXPECT_EQ(timeline[1].toObject().value("fault"), "network-partition");

  // Another run, with what was done, up to an instant that is over.
  const Instant here = Instant::at(Duration::milliseconds(7'500));
  window.seek(here);
  (void)window.picture(1);
  ASSERT_NE(window.timeline().find("hand here"), nullptr);
  window.timeline().on_action("hand here");
  await_program([&] { return !window.is_on_its_way() && window.shown().other != nullptr; });
  await_program([&] { return window.shown().run->end() == here && window.shown().at == here; });
  EXPECT_TRUE(window.shown().hand->held);
  window.take_all();
  EXPECT_EQ(orders_until(*window.shown().run, here).size(), 2U);
  ASSERT_NE(window.shown().other, nullptr) << "what it began from stands behind it";
  EXPECT_TRUE(window.shown().other->complete());
  EXPECT_FALSE(window.shown().parting) << "so far they are one";
  QFile again{window.engine().session()};
  ASSERT_TRUE(again.open(QIODevice::ReadOnly));
  EXPECT_EQ(QJsonDocument::fromJson(again.readAll()).object().value("timeline").toArray(),
            timeline);
}

}  // namespace
}  // namespace orrery::gui
