#include <gtest/gtest.h>

#include <QAccessible>
#include <QApplication>
#include <QDir>
#include <QFile>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QTemporaryDir>
#include <QTimer>
#include <QXmlStreamReader>
#include <map>

#include "gui/app/about.h"
#include "gui/app/sequence.h"
#include "gui/app/settings.h"
#include "gui/app/window.h"
#include "tests/gui/keys.h"
#include "tests/gui/recorded.h"

namespace orrery::gui {
namespace {

using test::press;

class Habits : public testing::Test {
 protected:
  void SetUp() override {
    window_.resize(1600, 1000);
    ASSERT_TRUE(window_.open(test::recording_path()));
    window_.take_all();
    window_.seek(Instant::at(Duration::seconds(70)));
    (void)window_.picture(1);
  }
  /// What is typed goes to the line of the finder.
  [[nodiscard]] QWidget& line() { return *window_.finder().findChild<QLineEdit*>(); }

  Window window_;
};

TEST_F(Habits, WhatBeginsWithTheTextIsFoundFirst) {
  const auto& run = *window_.shown().run;
  const std::vector<Found> found = find_anything(run, "MA", 8);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].name, "shop/mail");
  EXPECT_EQ(found[0].service, 3U);
  EXPECT_TRUE(find_anything(run, "", 8).empty());
  EXPECT_EQ(find_anything(run, "s", 2).size(), 2U) << "no more than asked for";
}

TEST_F(Habits, FaultsAndInstantsAreFound) {
  const auto& run = *window_.shown().run;
  const std::vector<Found> fault = find_anything(run, "dark", 8);
  ASSERT_EQ(fault.size(), 1U);
  EXPECT_EQ(fault[0].at, Instant::at(Duration::seconds(60)));
  const std::vector<Found> instant = find_anything(run, "1:10", 8);
  ASSERT_EQ(instant.size(), 1U);
  EXPECT_EQ(instant[0].at, Instant::at(Duration::seconds(70)));
}

TEST_F(Habits, TheFinderSelectsWhatIsChosen) {
  press(window_, Qt::Key_K, Qt::ControlModifier);
  window_.finder().look_for("s");
  ASSERT_GE(window_.finder().found().size(), 2U);
  press(line(), Qt::Key_Down);
  press(line(), Qt::Key_Return);
  EXPECT_EQ(window_.shown().selected, window_.finder().found()[1].service);
  EXPECT_TRUE(window_.finder().isHidden());
}

TEST_F(Habits, ABookmarkStandsOnTheTimelineAndIsGoneTo) {
  const Instant here = window_.shown().at;
  press(window_, Qt::Key_B);
  (void)window_.picture(1);
  QRectF flag;
  ASSERT_NE(window_.timeline().find("bookmark 0", &flag), nullptr);
  EXPECT_NEAR(flag.left(), window_.timeline().x_of(here), 1.5);
  window_.seek(here - Duration::seconds(3));
  press(window_, Qt::Key_Right);
  EXPECT_EQ(window_.shown().at, here);
  press(window_, Qt::Key_B);
  (void)window_.picture(1);
  EXPECT_EQ(window_.timeline().find("bookmark 0"), nullptr) << "it is taken away where it stands";
}

TEST_F(Habits, EscapeLeavesTheFinderAndTheSelectionAsItWas) {
  window_.select(2U);
  press(window_, Qt::Key_K, Qt::ControlModifier);
  press(line(), Qt::Key_Escape);
  EXPECT_TRUE(window_.finder().isHidden());
  EXPECT_EQ(window_.shown().selected, 2U);
}

TEST_F(Habits, WithReducedMotionArrowsStandWhereDotsRun) {
  const auto arrows = [&] {
    int count = 0;
    for (const Layer& layer : window_.services().layers()) {
      for (const Shape& shape : layer.list.shapes()) count += shape.tag == "arrow" ? 1 : 0;
    }
    return count;
  };
  EXPECT_EQ(arrows(), 0);
  press(window_, Qt::Key_M);
  EXPECT_GT(arrows(), 0);
}

TEST_F(Habits, AScreenReaderIsToldOfEachServiceAndZone) {
  QAccessibleInterface* services = QAccessible::queryAccessibleInterface(&window_.services());
  ASSERT_NE(services, nullptr);
  EXPECT_EQ(services->role(), QAccessible::List);
  ASSERT_GE(services->childCount(), 4);
  QStringList said;
  for (int i = 0; i < services->childCount(); ++i) {
    said << services->child(i)->text(QAccessible::Name);
  }
  EXPECT_TRUE(said.contains("db, Failing, 50% errors, 1 of 2 pods ready"))
      << said.join("; ").toStdString();
  EXPECT_EQ(services->indexOfChild(services->child(2)), 2);
}

TEST_F(Habits, AViewIsSavedAsAPictureOfTwiceItsSize) {
  QTemporaryDir folder;
  const QString path = folder.filePath("services.png");
  ASSERT_TRUE(window_.save_picture(&window_.services(), path, 2));
  EXPECT_EQ(QImage{path}.size(), window_.services().size() * 2);
  EXPECT_FALSE(window_.save_picture(nullptr, folder.filePath("no/such/folder.png"), 1));
}

TEST_F(Habits, AnSvgPictureHasTheTextsOfAllViewsAsText) {
  QTemporaryDir folder;
  const QString path = folder.filePath("window.svg");
  ASSERT_TRUE(window_.save_picture(nullptr, path, 1));
  QFile file{path};
  ASSERT_TRUE(file.open(QIODevice::ReadOnly));
  QXmlStreamReader xml{&file};
  QStringList texts;
  int paths = 0;
  while (!xml.atEnd()) {
    if (xml.readNext() != QXmlStreamReader::StartElement) continue;
    if (xml.name() == QLatin1String("path")) ++paths;
    if (xml.name() == QLatin1String("text")) texts << xml.readElementText();
  }
  EXPECT_FALSE(xml.hasError()) << xml.errorString().toStdString();
  for (const char* text : {"Orrery", "cart", "zone b", "Errors", "Faults"}) {
    EXPECT_TRUE(texts.contains(text)) << text;
  }
  EXPECT_GT(paths, 100);
}

TEST_F(Habits, AStretchOfTheRunIsSavedPictureByPictureUnderTheNamesOfItsTimes) {
  QTemporaryDir folder;
  SequenceOrder order;
  order.folder = folder.filePath("new/pictures");
  order.from = Instant::at(Duration::seconds(59));
  order.to = Instant::at(Duration::seconds(61));
  order.every = Duration::milliseconds(800);
  auto sequence = PictureSequence::begin(window_, order);
  ASSERT_TRUE(sequence) << sequence.error().what;
  EXPECT_EQ(sequence->count(), 3);
  while (sequence->next().value_or(false)) {
  }
  EXPECT_FALSE(*sequence->next());
  const QDir pictures{order.folder};
  EXPECT_EQ(pictures.entryList(QDir::Files, QDir::Name),
            (QStringList{"00-00-59.000.png", "00-00-59.800.png", "00-01-00.600.png"}));
  const QImage calm{pictures.filePath("00-00-59.000.png")};
  EXPECT_EQ(calm.size(), window_.size());
  EXPECT_NE(calm, QImage{pictures.filePath("00-01-00.600.png")}) << "the zone is dark by then";
}

TEST_F(Habits, ASequenceIsAskedForInADialogAndTheWindowComesBackToItsInstant) {
  QTemporaryDir folder;
  const Instant before = window_.shown().at;
  QTimer hand;
  QObject::connect(&hand, &QTimer::timeout, [&] {
    QWidget* dialog = QApplication::activeModalWidget();
    if (dialog == nullptr) return;
    if (!QDir{folder.path()}.exists("00-00-12.000.png")) {
      for (QLineEdit* line : dialog->findChildren<QLineEdit*>()) {
        const std::map<QString, QString> said{
            {"From", "0:10"}, {"To", "0:12"}, {"Every", "1s"}, {"Folder", folder.path()}};
        line->setText(said.at(line->accessibleName()));
      }
      for (QPushButton* button : dialog->findChildren<QPushButton*>()) {
        if (button->isDefault() && button->isEnabled()) button->click();
      }
      return;
    }
    dialog->close();
  });
  hand.start(10);
  ask_for_sequence(window_);
  EXPECT_EQ(QDir{folder.path()}.entryList(QDir::Files).size(), 3);
  EXPECT_EQ(window_.shown().at, before);
}

TEST_F(Habits, ASequenceEndsWithTheRunAndIsNeverTooLong) {
  QTemporaryDir folder;
  SequenceOrder order;
  order.folder = folder.path();
  order.from = Instant::at(Duration::seconds(119));
  auto sequence = PictureSequence::begin(window_, order);
  ASSERT_TRUE(sequence);
  EXPECT_EQ(sequence->count(), 2) << "the run is two minutes long";
  order.from = {};
  order.every = Duration::milliseconds(1);
  EXPECT_FALSE(PictureSequence::begin(window_, order)) << "120,001 pictures";
  order.every = {};
  EXPECT_FALSE(PictureSequence::begin(window_, order));
  order.from = Instant::at(Duration::seconds(500));
  order.every = Duration::seconds(1);
  EXPECT_FALSE(PictureSequence::begin(window_, order)) << "the run is over by then";
  order.from = {};
  order.folder = "/proc/nowhere";
  EXPECT_FALSE(PictureSequence::begin(window_, order));
}

TEST_F(Habits, OpenedRecordingsAreRemembered) {
  ASSERT_EQ(window_.settings().recent.size(), 1);
  EXPECT_TRUE(window_.settings().recent[0].endsWith("gui_test.orrery"));
}

TEST(Settings, TheLastOpenedStandsFirstAndOnce) {
  QStringList recent{"a", "b"};
  remember(recent, "b");
  EXPECT_EQ(recent, (QStringList{"b", "a"}));
  for (int i = 0; i < 20; ++i) remember(recent, QString::number(i));
  EXPECT_EQ(recent.size(), kRecentMost);
}

TEST(Settings, AreReadAsTheyWereWritten) {
  QTemporaryDir folder;
  QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, folder.path());
  EXPECT_EQ(read_settings().language, "en") << "a first start";
  Settings settings;
  settings.language = "ko";
  settings.shade = Shade::Light;
  settings.reduced_motion = true;
  settings.size = {1500, 900};
  settings.recent = {"/a b.orrery"};
  write_settings(settings);
  const Settings read = read_settings();
  EXPECT_EQ(read.language, "ko");
  EXPECT_EQ(read.shade, Shade::Light);
  EXPECT_TRUE(read.reduced_motion);
  EXPECT_EQ(read.size, settings.size);
  EXPECT_EQ(read.recent, settings.recent);
}

TEST(About, HasTheLicencesOfAllParts) {
  for (const char* part : {"Apache-2.0", "LGPL-3.0", "EPL-1.0", "OFL-1.1"}) {
    EXPECT_TRUE(about_text().contains(part)) << part;
  }
  EXPECT_EQ(about_text().contains("Open Font License"), QFile::exists(":/licences/fonts-inter.txt"))
      << "in full, if their package has them";
}

}  // namespace
}  // namespace orrery::gui
