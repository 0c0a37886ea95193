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
  if (!now) replay_.reset();
  if (replay_ && now->held && replay_->arrives(now->at)) replay_on(now->at);
}

bool Window::can_branch() const {
  // A lab's run is not of the scenario that stands there.
  const bool is_of_scenario = !engine_.made(path_) || path_ == scenario_recording_;
  return run_ != nullptr && run_->info().world == "sim" && is_of_scenario &&
         scenario_->is_right() && !replay_;
}

void Window::run_from_here() {
  if (!can_branch()) return;
  Replay replay{orders_until(*run_, shown_.at), shown_.at};
  RunOrder order = order_of_scenario();
  order.seed = static_cast<int>(run_->info().seed);
  order.by_hand = true;
  order.live_hosts = false;
  // What it began from stands behind it, as the run that it is compared with.
  const QString from = path_;
  run_scenario(order, [this, from] { (void)open_other(from); });
  replay_ = std::move(replay);
}

void Window::run_by_hand(Instant until) {
  begins_at_.reset();
  if (scenario_->phase() == ScenarioView::Phase::Checking) {
    begins_at_ = until;
    return;
  }
  if (!scenario_->is_right()) return;
  RunOrder order = order_of_scenario();
  order.by_hand = true;
  // Nobody leads live hosts to an instant.
  order.live_hosts = false;
  run_scenario(order);
  replay_.emplace(std::vector<RecordedOrder>{}, until);
}

void Window::replay_on(Instant now) {
  const auto command = replay_->next(now);
  if (!command) {
    replay_.reset();
    return refresh(false);
  }
  hand_.give(*command, [this, now](const QJsonObject& answer) {
    if (!replay_) return;
    const QStringList problems = problems_of(answer);
    if (!problems.isEmpty()) {
      replay_.reset();
      shown_.notice = problems.join("; ");
      return refresh(false);
    }
    if (answer.value("done") == "act") replay_on(now);
  });
}

void Window::toggle_play() {
  if (!is_in_hand()) return play(!shown_.playing);
  // Not before it is there.
  if (replay_) return;
  hand_.give({{"do", shown_.hand->held ? "run" : "pause"}},
             [this](const QJsonObject& answer) { say_problems(answer); });
}

void Window::say_problems(const QJsonObject& answer) {
  const QStringList problems = problems_of(answer);
  if (problems.isEmpty()) return;
  shown_.notice = problems.join("; ");
  refresh(false);
}

void Window::act_by_hand(const QString& what) {
  if (what == "save") return ask_for_session();
  if (what == "here") return run_from_here();
  if (what.startsWith("step ") && !replay_) {
    hand_.give({{"do", "step"}, {"until", what.section(' ', 1)}},
               [this](const QJsonObject& answer) { say_problems(answer); });
  }
}

void Window::open_deeds(const QString& thing, QPoint at) {
  if (!shown_.hand || replay_) return;
  std::vector<Deed> deeds = deeds_for(thing, hand_.choices());
  if (!deeds.empty()) deeds_->begin(thing, std::move(deeds), at);
}

void Window::open_deeds_of_selected() {
  if (!shown_.selected || run_ == nullptr) return;
  const QString name = QString::fromStdString(run_->scene().services[*shown_.selected]);
  QRectF card;
  const bool has_card = services_->find("card " + name, &card) != nullptr;
  const QPointF at = has_card ? card.topRight() : QRectF{services_->rect()}.center();
  open_deeds("service " + name, services_->mapTo(this, at.toPoint()));
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
