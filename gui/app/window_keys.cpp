// What the keys and the clicks of the window do.
#include <QFileDialog>
#include <QKeyEvent>
#include <QMenu>
#include <algorithm>

#include "gui/app/about.h"
#include "gui/app/sequence.h"
#include "gui/app/window.h"

namespace orrery::gui {

void Window::act(const QString& action) {
  const QString verb = action.section(' ', 0, 0);
  const QString what = action.section(' ', 1);
  if (verb == "select") {
    select(what == "users" ? std::nullopt : std::optional<std::uint32_t>{what.toUInt()});
  } else if (verb == "seek") {
    seek(Instant::at(Duration::microseconds(what.toLongLong())));
  } else if (verb == "play") {
    toggle_play();
  } else if (verb == "lab") {
    act_on_lab(what);
  } else if (verb == "hand") {
    act_by_hand(what);
  } else if (verb == "speed") {
    set_speed(what.toDouble());
  } else if (verb == "next") {
    if (is_in_hand()) return act_by_hand("step event");
    go_to_event(1);
  } else if (verb == "previous") {
    go_to_event(-1);
  } else if (verb == "shade") {
    set_shade(shown_.theme->shade == Shade::Dark ? Shade::Light : Shade::Dark);
  } else if (verb == "language") {
    set_language(what);
  } else if (verb == "finder") {
    finder_->begin();
  } else if (verb == "find") {
    go_to_found(what.split(' '));
  } else if (verb == "scenario") {
    act_on_scenario(what);
  } else if (verb == "recent") {
    (void)open(what);
  } else if (verb == "group" || verb == "groups") {
    const auto group = verb == "group" ? std::optional{what} : std::nullopt;
    services_->open_group(group);
    other_services_->open_group(group);
  } else if (verb == "drawer") {
    show_drawer(drawer_named(what).value_or(Drawer::None));
  } else if (verb == "event") {
    choose_event(what.toULongLong());
  } else if (verb == "events") {
    const int group = what.toInt();
    events_->set_group(group < 0 ? std::nullopt : std::optional{static_cast<EventGroup>(group)});
  } else if (verb == "follow") {
    shown_.event.reset();
    events_->follow();
  } else if (verb == "request") {
    shown_.request = what.toULongLong();
    requests_->load();
  } else if (verb == "requests") {
    requests_->set_order(static_cast<RequestOrder>(what.toInt()));
  } else if (verb == "inspect") {
    inspector_->inspect(what == "calls" ? std::nullopt
                                        : std::optional<std::size_t>{what.toULongLong()});
  } else if (verb == "siblings") {
    requests_->toggle(what.toUInt());
  } else if (action == "whole request") {
    requests_->show_whole();
  } else if (verb == "open") {
    ask_for_file();
  } else if (verb == "menu") {
    open_menu();
  }
}

void Window::open_menu() {
  QMenu menu{this};
  const Theme& c = *shown_.theme;
  menu.setStyleSheet(
      QString{"QMenu { background: %1; color: %2; border: 1px solid %3; padding: 6px; }"
              "QMenu::item { padding: 6px 28px 6px 16px; border-radius: 6px; }"
              "QMenu::item:selected { background: %4; }"
              "QMenu::item:disabled { color: %5; }"}
          .arg(c.panel.name(), c.high.name(), c.line.name(), c.raised.name(), c.low.name()));
  menu.setFont(font_of(Type::Body));
  const auto entry = [&](const QString& text, const QKeySequence& keys, bool can,
                         std::function<void()> act) {
    QAction* made = menu.addAction(text);
    made->setShortcut(keys);
    made->setEnabled(can);
    QObject::connect(made, &QAction::triggered, this, std::move(act));
  };
  const bool open = run_ != nullptr;
  entry(tr("Open…"), QKeySequence{"Ctrl+O"}, true, [this] { ask_for_file(); });
  entry(tr("Save a picture…"), QKeySequence{"Ctrl+S"}, open, [this] { ask_for_picture(); });
  entry(tr("Save an image sequence…"), QKeySequence{"Ctrl+Shift+S"}, open,
        [this] { ask_for_sequence(*this); });
  entry(tr("Keys and licences"), QKeySequence{"F1"}, true, [this] { show_about(this); });
  QRectF button;
  if (top_->find("menu", &button) == nullptr) return;
  const QPoint below = top_->mapToGlobal(button.bottomRight().toPoint());
  menu.exec(below + QPoint{-menu.sizeHint().width(), 6});
}

std::vector<Instant> Window::instants_of_note() const {
  std::vector<Instant> instants;
  if (run_ == nullptr) return instants;
  for (const FaultSpan& fault : run_->events().faults()) {
    instants.push_back(fault.from);
    if (fault.to != Instant::never()) instants.push_back(fault.to);
  }
  for (const RolloutSpan& rollout : run_->events().rollouts()) {
    instants.push_back(rollout.from);
    if (rollout.to != Instant::never()) instants.push_back(rollout.to);
  }
  for (const FailingRecord& record : run_->events().failing()) instants.push_back(record.at);
  for (const Instant bookmark : shown_.bookmarks) instants.push_back(bookmark);
  std::sort(instants.begin(), instants.end());
  instants.erase(std::unique(instants.begin(), instants.end()), instants.end());
  return instants;
}

void Window::go_to_event(int direction) {
  const std::vector<Instant> instants = instants_of_note();
  if (direction > 0) {
    const auto next = std::upper_bound(instants.begin(), instants.end(), shown_.at);
    if (next != instants.end()) seek(*next);
  } else {
    const auto here = std::lower_bound(instants.begin(), instants.end(), shown_.at);
    if (here != instants.begin()) seek(*std::prev(here));
  }
}

void Window::go_to_fault() {
  if (run_ == nullptr) return;
  for (const FaultSpan& fault : run_->events().faults()) {
    if (fault.from > shown_.at) return seek(fault.from);
  }
  if (is_in_hand()) act_by_hand("step fault");
}

void Window::toggle_bookmark() {
  if (run_ == nullptr) return;
  const auto at = std::lower_bound(shown_.bookmarks.begin(), shown_.bookmarks.end(), shown_.at);
  if (at != shown_.bookmarks.end() && *at == shown_.at) {
    shown_.bookmarks.erase(at);
  } else {
    shown_.bookmarks.insert(at, shown_.at);
  }
  refresh(false);
}

void Window::go_to_found(const QStringList& words) {
  for (qsizetype i = 0; i + 1 < words.size(); i += 2) {
    if (words[i] == "service") select(words[i + 1].toUInt());
    if (words[i] == "time") seek(Instant::at(Duration::microseconds(words[i + 1].toLongLong())));
  }
  services_->setFocus();
}

void Window::ask_for_picture() {
  // Of the view with the focus: keys 1 to 4 choose it.
  const auto* view = dynamic_cast<Canvas*>(focusWidget());
  const QString path =
      QFileDialog::getSaveFileName(this, tr("Save a picture"), {}, tr("Pictures (*.png *.svg)"));
  if (path.isEmpty() || save_picture(view, path, 2)) return;
  shown_.notice = tr("The picture could not be written: %1").arg(path);
  refresh(false);
}

void Window::go_to_panel(int direction) {
  const std::vector<Canvas*> all = canvases();
  const auto at = std::find(all.begin(), all.end(), focusWidget());
  const auto count = static_cast<std::ptrdiff_t>(all.size());
  const std::ptrdiff_t from = at == all.end() ? (direction > 0 ? -1 : 0) : at - all.begin();
  const auto to = static_cast<std::size_t>((from + direction + count) % count);
  all[to]->setFocus(Qt::TabFocusReason);
}

void Window::go_along_cause() {
  const recording::RunEvent* from = events_->current();
  if (from != nullptr && run_->events().find(from->cause) != nullptr) choose_event(from->cause);
}

void Window::go_along_effect() {
  const recording::RunEvent* from = events_->current();
  if (from == nullptr) return;
  const std::vector<recording::RunEvent>& all = run_->events().all();
  const auto effect = std::find_if(all.begin(), all.end(),
                                   [&](const auto& event) { return event.cause == from->id; });
  if (effect != all.end()) choose_event(effect->id);
}

void Window::keyPressEvent(QKeyEvent* event) {
  const bool shift = event->modifiers() & Qt::ShiftModifier;
  const bool control = event->modifiers() & Qt::ControlModifier;
  const auto arrow = [&](int direction) {
    if (is_in_hand() && direction > 0 && !control) {
      act_by_hand(shift ? "step second" : "step event");
    } else if (shift || control) {
      const Duration step = control ? Duration::seconds(10) : Duration::seconds(1);
      const Duration at = shown_.at.since_start() + step * direction;
      seek(Instant::at(std::max(at, Duration{})));
    } else if (services_->hasFocus() && shown_.selected) {
      if (const auto next = services_->beside(*shown_.selected, direction, 0)) select(next);
    } else {
      go_to_event(direction);
    }
  };
  switch (event->key()) {
    case Qt::Key_Space:
      return toggle_play();
    case Qt::Key_Left:
      return arrow(-1);
    case Qt::Key_Right:
      return arrow(1);
    case Qt::Key_Up:
    case Qt::Key_Down:
      if (!shown_.selected && services_->hasFocus() && run_ != nullptr) {
        return select(std::optional<std::uint32_t>{0});
      }
      if (shown_.selected) {
        const auto next =
            services_->beside(*shown_.selected, 0, event->key() == Qt::Key_Up ? -1 : 1);
        if (next) select(next);
      }
      return;
    case Qt::Key_B:
      return toggle_bookmark();
    case Qt::Key_F:
      return go_to_fault();
    case Qt::Key_E:
      return show_drawer(shown_.drawer == Drawer::Events ? Drawer::None : Drawer::Events);
    case Qt::Key_I:
      if (cluster_->hasFocus()) {
        if (const auto place = cluster_->reached_place()) {
          open_deeds(place->thing, cluster_->mapTo(this, place->where.center().toPoint()));
        }
        return;
      }
      if (const auto edge = services_->hasFocus() ? services_->reached_edge() : std::nullopt) {
        return open_deeds(edge->thing, services_->mapTo(this, edge->middle.toPoint()));
      }
      return open_deeds_of_selected();
    case Qt::Key_T:
      return show_drawer(shown_.drawer == Drawer::Requests ? Drawer::None : Drawer::Requests);
    case Qt::Key_K:
      if (!control) break;
      return finder_->begin();
    case Qt::Key_S:
      if (!control) break;
      if (shift) return ask_for_sequence(*this);
      if (shown_.drawer == Drawer::Scenario && scenario_->is_changed()) return save_scenario();
      return ask_for_picture();
    case Qt::Key_Z:
      if (!control || shown_.drawer != Drawer::Scenario) break;
      return shift ? scenario_->redo() : scenario_->undo();
    case Qt::Key_Y:
      if (!control || shown_.drawer != Drawer::Scenario) break;
      return scenario_->redo();
    case Qt::Key_P:
      shown_.only_path = !shown_.only_path;
      return refresh(false);
    case Qt::Key_M:
      return set_reduced_motion(!shown_.reduced_motion);
    case Qt::Key_F1:
      return show_about(this);
    case Qt::Key_R:
      return show_drawer(shown_.drawer == Drawer::Scenario ? Drawer::None : Drawer::Scenario);
    case Qt::Key_L:
      if (control) {
        return show_drawer(shown_.drawer == Drawer::Lab ? Drawer::None : Drawer::Lab);
      }
      return show_drawer(shown_.drawer == Drawer::Limits ? Drawer::None : Drawer::Limits);
    case Qt::Key_D:
      if (!control) break;
      return show_drawer(shown_.drawer == Drawer::Compare ? Drawer::None : Drawer::Compare);
    case Qt::Key_BracketLeft:
      return go_along_cause();
    case Qt::Key_BracketRight:
      return go_along_effect();
    case Qt::Key_Escape:
      if (shown_.drawer != Drawer::None) return show_drawer(Drawer::None);
      if (services_->is_group_open()) return act("groups");
      return select(std::nullopt);
    case Qt::Key_O:
      if (control) return ask_for_file();
      break;
    case Qt::Key_Plus:
    case Qt::Key_Equal:
      return services_->zoom(1.2, QRectF{services_->rect()}.center());
    case Qt::Key_Minus:
      return services_->zoom(1 / 1.2, QRectF{services_->rect()}.center());
    case Qt::Key_0:
      return services_->zoom_to_fit();
    case Qt::Key_1:
      return services_->setFocus(Qt::ShortcutFocusReason);
    case Qt::Key_2:
    case Qt::Key_3:
      if (shown_.drawer == Drawer::None) {
        return (event->key() == Qt::Key_2 ? static_cast<Canvas*>(cluster_) : inspector_)
            ->setFocus(Qt::ShortcutFocusReason);
      }
      return right_->currentWidget()->setFocus(Qt::ShortcutFocusReason);
    case Qt::Key_4:
      return timeline_->setFocus(Qt::ShortcutFocusReason);
    case Qt::Key_F6:
      return go_to_panel(shift ? -1 : 1);
    case Qt::Key_Home:
      return seek(Instant{});
    case Qt::Key_End:
      return seek(Instant::never());
    default:
      break;
  }
  QWidget::keyPressEvent(event);
}

}  // namespace orrery::gui
