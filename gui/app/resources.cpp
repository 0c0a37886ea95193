#include "gui/app/resources.h"

#include <QApplication>
#include <QDir>

#include "gui/theme/fonts.h"
#include "gui/views/accessible.h"

// Outside of every namespace, as the macro demands; a library's resources are not found otherwise.
static void init_resources() {
  Q_INIT_RESOURCE(fonts);
  Q_INIT_RESOURCE(translations);
}

namespace orrery::gui {

void prepare_application() { QCoreApplication::setAttribute(Qt::AA_Use96Dpi); }

void load_resources() {
  init_resources();
  QApplication::setStyle("Fusion");
  QApplication::setApplicationName("orrery-gui");
  QGuiApplication::setDesktopFileName("orrery-gui");
  install_accessibility();
  load_fonts();
}

}  // namespace orrery::gui
