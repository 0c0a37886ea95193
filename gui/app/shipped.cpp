#include "gui/app/shipped.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

namespace orrery::gui {
namespace {

struct ShippedText {
  Q_DECLARE_TR_FUNCTIONS(ShippedText)
};

}  // namespace

QString shipped_folder() {
  const QDir program{QCoreApplication::applicationDirPath()};
  for (const char* place : {"../share/orrery", "../../.."}) {
    const QString folder = QDir::cleanPath(program.filePath(place));
    if (QFileInfo{folder + "/labs"}.isDir() && QFileInfo{folder + "/scenarios"}.isDir()) {
      return folder;
    }
  }
  return {};
}

std::vector<std::pair<QString, LessonText>> labs_in(const QString& folder) {
  std::vector<std::pair<QString, LessonText>> labs;
  if (folder.isEmpty()) return labs;
  const QDir all{folder + "/labs"};
  for (const QString& name : all.entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name)) {
    const QString path = all.filePath(name);
    if (const auto lesson = read_lesson(path)) labs.emplace_back(path, lesson->title);
  }
  return labs;
}

std::vector<std::pair<QString, QString>> offers_in(const QString& folder) {
  std::vector<std::pair<QString, QString>> offers;
  if (folder.isEmpty()) return offers;
  const std::pair<QString, QString> all[] = {
      {ShippedText::tr("A shop that loses a zone"), "/scenarios/shop/zone-loss.json"},
      {ShippedText::tr("A rollout, and what is killed in the middle of it"),
       "/scenarios/shop/rollout-and-kill.json"},
      {ShippedText::tr("A storm of retries that does not end"),
       "/scenarios/metastable/retry-storm.json"},
      {ShippedText::tr("Lab L02: the arithmetic of a rolling update"), "/labs/l02-rolling-update"}};
  for (const auto& [name, path] : all) {
    if (QFileInfo::exists(folder + path)) offers.emplace_back(name, folder + path);
  }
  return offers;
}

}  // namespace orrery::gui
