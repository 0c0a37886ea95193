#include <gtest/gtest.h>

#include <QApplication>

#include "gui/app/resources.h"

int main(int argc, char** argv) {
  qputenv("QT_QPA_PLATFORM", "offscreen");
  testing::InitGoogleTest(&argc, argv);
  orrery::gui::prepare_application();
  const QApplication application{argc, argv};
  orrery::gui::load_resources();
  return RUN_ALL_TESTS();
}
