// What of the window has a run in hand.
#include <QFile>
#include <QFileDialog>
#include <QJsonArray>
#include <utility>

#include "gui/app/window.h"

namespace orrery::gui {

void Window::take_hand_state(std::optional<HandNow> now) {
  const bool first = now.has_value() && !shown_.hand.has_value();
  shown_.hand = now;
  if (first) following_ = true;
  if (!now) deeds_->hide();
  if (now && !first && !now->steps) shown_.speed = now->speed;
  // What the engine has shown by now is taken in at once.
  if (run_ != nullptr && !run_->complete()) taking_.start(0);
  if (first) hand_.give({{"do", "speed"}, {"factor", shown_.speed}});
  let_time_pass(is_in_hand() && !now->held && run_ != nullptr);
}

void Window::toggle_play() {
  if (!is_in_hand()) return play(!shown_.playing);
  hand_.give({{"do", shown_.hand->held ? "run" : "pause"}});
}

void Window::act_by_hand(const QString& what) {
  if (what == "save") return ask_for_session();
  if (what.startsWith("step ")) {
    hand_.give({{"do", "step"}, {"until", what.section(' ', 1)}},
               [this](const QJsonObject& answer) {
                 const QStringList problems = problems_of(answer);
                 if (problems.isEmpty()) return;
                 shown_.notice = problems.join("; ");
                 refresh(false);
               });
  }
}

void Window::open_deeds(const QString& thing, QPoint at) {
  if (!shown_.hand) return;
  std::vector<Deed> deeds = deeds_for(thing, hand_.choices());
  if (!deeds.empty()) deeds_->begin(thing, std::move(deeds), at);
}

void Window::preview_deed() {
  const QJsonObject entry = deeds_->entry();
  hand_.give({{"do", "preview"}, {"entry", entry}}, [this, entry](const QJsonObject& answer) {
    if (deeds_->isHidden() || entry != deeds_->entry()) return;
    const QStringList problems = problems_of(answer);
    if (!problems.isEmpty()) return deeds_->set_problems(problems);
    QStringList hits;
    for (const QJsonValue& hit : answer.value("hits").toArray()) hits << hit.toString();
    deeds_->set_preview(hits, answer.value("count").toInt());
  });
}

void Window::do_deed() {
  hand_.give({{"do", "act"}, {"entry", deeds_->entry()}}, [this](const QJsonObject& answer) {
    const QStringList problems = problems_of(answer);
    if (!problems.isEmpty()) return deeds_->set_problems(problems);
    deeds_->hide();
  });
}

void Window::ask_for_session() {
  // What is saved includes the scenario by its name.
  QFile file{scenario_->text().path};
  if (!file.open(QIODevice::ReadOnly) || QString::fromUtf8(file.readAll()) != scenario_run_) {
    shown_.notice = tr("Save the scenario first: its file does not say what was run.");
    return refresh(false);
  }
  const QString path = QFileDialog::getSaveFileName(this, tr("Save what was done as a scenario"),
                                                    {}, tr("Scenarios (*.json)"));
  if (path.isEmpty() || save_session(engine_.session(), scenario_->text().path, path)) return;
  shown_.notice = tr("The scenario could not be written: %1").arg(path);
  refresh(false);
}

}  // namespace orrery::gui
