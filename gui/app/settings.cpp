#include "gui/app/settings.h"

#include <QSettings>

namespace orrery::gui {
namespace {

/// What is smaller was never a window of this.
constexpr int kLeastSize = 300;

}  // namespace

Settings read_settings() {
  const QSettings from{QSettings::IniFormat, QSettings::UserScope, "orrery", "orrery-gui"};
  Settings settings;
  settings.language = from.value("language").toString() == "ko" ? "ko" : "en";
  settings.shade = from.value("theme").toString() == "light" ? Shade::Light : Shade::Dark;
  settings.reduced_motion = from.value("reduced-motion").toBool();
  const QSize size = from.value("size").toSize();
  if (size.width() >= kLeastSize && size.height() >= kLeastSize) settings.size = size;
  settings.recent = from.value("recent").toStringList().mid(0, kRecentMost);
  return settings;
}

void write_settings(const Settings& settings) {
  QSettings to{QSettings::IniFormat, QSettings::UserScope, "orrery", "orrery-gui"};
  to.setValue("language", settings.language);
  to.setValue("theme", settings.shade == Shade::Light ? "light" : "dark");
  to.setValue("reduced-motion", settings.reduced_motion);
  if (settings.size.isValid()) to.setValue("size", settings.size);
  to.setValue("recent", settings.recent);
}

void remember(QStringList& recent, const QString& path) {
  recent.removeAll(path);
  recent.prepend(path);
  while (recent.size() > kRecentMost) recent.removeLast();
}

}  // namespace orrery::gui
