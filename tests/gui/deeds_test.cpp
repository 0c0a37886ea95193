// What can be done by hand is all that a scenario can do, and is read as a scenario is.
#include "gui/model/deeds.h"

#include <gtest/gtest.h>

#include <QJsonDocument>
#include <set>

#include "gui/views/deed_menu.h"
#include "runner/control/choices.h"
#include "runner/control/ordered_scenario.h"
#include "runner/scenario/fault.h"
#include "runner/scenario/reading.h"

namespace orrery::gui {
namespace {

/// Of each kind of thing one, of the shop; its cart has a leader, as if it were a database.
std::vector<Deed> all_deeds(const HandChoices& choices) {
  std::vector<Deed> all;
  for (const char* thing : {"service default/cart", "edge clients default/frontend",
                            "pod Pod/default/cart-1", "node a-1", "zone b", "cluster"}) {
    for (const Deed& deed : deeds_for(thing, choices)) all.push_back(deed);
  }
  return all;
}

scenario::Scenario shop() {
  scenario::ScenarioReading reading =
      scenario::read_scenario(ORRERY_SCENARIOS "/shop/zone-loss.json");
  for (const api::Problem& problem : reading.problems) ADD_FAILURE() << to_string(problem);
  return *std::move(reading.scenario);
}

HandChoices choices_of(const scenario::Scenario& scenario) {
  const std::string said = control::choices_of(scenario).dump();
  return read_choices(QJsonDocument::fromJson(QByteArray::fromStdString(said)).object());
}

TEST(DeedsOfAll, AreEveryFaultThatAScenarioHas) {
  HandChoices choices = choices_of(shop());
  EXPECT_TRUE(choices.leaders.isEmpty());
  choices.leaders << "default/cart";
  std::set<std::string> done;
  for (const Deed& deed : all_deeds(choices)) {
    done.insert(deed.entry.value("fault").toString().toStdString());
  }
  for (int kind = 0; kind < scenario::kFaultKindCount; ++kind) {
    const char* name = to_string(static_cast<scenario::FaultKind>(kind));
    EXPECT_TRUE(done.contains(name)) << name;
  }
}

TEST(DeedsOfAll, HaveWordsForPeople) {
  HandChoices choices = choices_of(shop());
  choices.leaders << "default/cart";
  choices.policies["clients"] << "default/frontend";
  for (const Deed& deed : all_deeds(choices)) {
    EXPECT_NE(deed_text(deed), deed.name) << deed.name.toStdString();
  }
}

TEST(DeedsOfAll, AreReadAsEntriesOfATimeline) {
  scenario::Scenario scenario = shop();
  scenario.policies[{"", "default/frontend"}];
  const control::OrderedScenario ordered{ORRERY_SCENARIOS "/shop/zone-loss.json", scenario};
  int read = 0;
  for (const Deed& deed : all_deeds(choices_of(scenario))) {
    // The pod is none of the run's, disks have no size there, and words have to be typed.
    if (deed.typed != Deed::Typed::Nothing || deed.name == "disk-full") continue;
    if (deed.entry.value("target").toString().startsWith("Pod/")) continue;
    const std::string text =
        QJsonDocument{entry_of(deed, 30, {})}.toJson(QJsonDocument::Compact).toStdString();
    const auto document = scenario::read_document(text, "order", scenario::Syntax::Json);
    ASSERT_TRUE(document.root) << text;
    const control::OrderReading order =
        ordered.read(*document.root, Instant::at(Duration::seconds(10)));
    for (const api::Problem& problem : order.problems) {
      ADD_FAILURE() << text << ": " << to_string(problem);
    }
    ++read;
  }
  EXPECT_GT(read, 60);
}

}  // namespace
}  // namespace orrery::gui
