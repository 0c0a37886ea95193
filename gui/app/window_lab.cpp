// What of the window teaches a lab.
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>

#include "gui/app/shipped.h"
#include "gui/app/window.h"

namespace orrery::gui {

Result<void> Window::open_lab(const QString& folder) {
  auto lesson = read_lesson(folder);
  if (!lesson) {
    say(lesson.error());
    return tl::unexpected{lesson.error()};
  }
  lab_->set_lesson(*std::move(lesson));
  show_drawer(Drawer::Lab);
  return {};
}

void Window::act_on_lab(const QString& what) {
  const QString verb = what.section(' ', 0, 0);
  if (verb == "list") return lab_->leave();
  if (verb == "open") {
    (void)open_lab(what.section(' ', 1));
    return;
  }
  if (!lab_->has_lesson()) return;
  if (verb == "step") lab_->show_step(what.section(' ', 1).toULongLong());
  if (verb == "choose") {
    lab_->choose(what.section(' ', 1, 1).toULongLong(), what.section(' ', 2).toInt());
  }
  if (verb == "commit" && lab_->is_answered() && !lab_->is_running()) run_lab();
  if (verb == "again") lab_->ask_again();
  if (verb == "stop") engine_.stop();
}

void Window::run_lab() {
  lab_->commit();
  replay_.reset();
  hand_.leave();
  shown_.hand.reset();
  shown_.session.clear();
  RunOrder order;
  order.scenario = lab_->scenario();
  order.settings = lab_->settings();
  engine_.run(
      order, [this](const QString& recording) { (void)open(recording); },
      [this](bool ended, const QString& said) {
        QFile summary{engine_.summary()};
        if (!ended || !summary.open(QIODevice::ReadOnly)) {
          return lab_->set_failure(said.isEmpty() ? tr("It was stopped.") : said.section('\n', -1));
        }
        lab_->set_outcomes(read_outcomes(QJsonDocument::fromJson(summary.readAll()).object()));
      });
}

}  // namespace orrery::gui
