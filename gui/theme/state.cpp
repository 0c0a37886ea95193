#include "gui/theme/state.h"

#include <QCoreApplication>

namespace orrery::gui {

QString name_of(State state) {
  switch (state) {
    case State::Healthy:
      return QCoreApplication::translate("State", "Healthy");
    case State::Degraded:
      return QCoreApplication::translate("State", "Degraded");
    case State::Failing:
      return QCoreApplication::translate("State", "Failing");
    case State::Lost:
      return QCoreApplication::translate("State", "Lost");
    case State::Starting:
      return QCoreApplication::translate("State", "Starting");
    case State::Recovering:
      return QCoreApplication::translate("State", "Recovering");
    case State::Draining:
      return QCoreApplication::translate("State", "Draining");
  }
  return {};
}

int severity(State state) {
  switch (state) {
    case State::Healthy:
      return 0;
    case State::Draining:
      return 1;
    case State::Starting:
      return 2;
    case State::Recovering:
      return 3;
    case State::Degraded:
      return 4;
    case State::Failing:
      return 5;
    case State::Lost:
      return 6;
  }
  return 0;
}

}  // namespace orrery::gui
