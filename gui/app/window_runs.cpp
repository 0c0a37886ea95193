// What of the window opens, checks and runs, and takes in what was recorded.
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QSaveFile>
#include <algorithm>
#include <utility>

#include "gui/app/window.h"

namespace orrery::gui {
namespace {

constexpr int kLookAgainMs = 250;
/// Of a run in hand.
constexpr int kLookSoonMs = 60;
constexpr qint64 kSliceMs = 12;

/// By its name: other files are recordings.
bool is_scenario(const QString& path) {
  static const QStringList kEndings{"json", "yaml", "yml"};
  return kEndings.contains(QFileInfo{path}.suffix().toLower());
}

}  // namespace

Result<void> Window::open(const QString& path) {
  if (QFileInfo{path}.isDir()) return open_lab(path);
  if (is_scenario(path)) return open_scenario(path);
  auto run = RecordedRun::open(path.toStdString());
  if (!run) {
    say(run.error());
    return tl::unexpected{run.error()};
  }
  if (path != engine_.recording()) {
    // Another run is not in hand; the one that was goes on to its end.
    hand_.leave();
    shown_.hand.reset();
    replay_.reset();
  }
  play(false);
  parting_.reset();
  other_moments_.reset();
  other_.reset();
  other_shown_ = {};
  moments_.reset();
  shown_.other = nullptr;
  shown_.other_moment = nullptr;
  shown_.letter.clear();
  shown_.parting.reset();
  if (shown_.drawer == Drawer::Compare) show_drawer(Drawer::None);
  run_ = *std::move(run);
  path_ = path;
  shown_.file = QFileInfo{path}.fileName();
  // What the window ran itself goes with it.
  if (!engine_.made(path)) remember(shown_.recent, QFileInfo{path}.absoluteFilePath());
  shown_.run = run_.get();
  shown_.notice.clear();
  shown_.bookmarks.clear();
  shown_.only_path = false;
  shown_.selected.reset();
  shown_.event.reset();
  shown_.request.reset();
  shown_.moment = nullptr;
  moments_ = std::make_unique<Moments>(*run_);
  moment_of_.reset();
  services_->set_run(run_.get());
  timeline_->set_run(run_.get());
  events_->set_run(run_.get());
  requests_->set_run();
  limits_->set_run(run_.get());
  setWindowTitle(QString::fromStdString(run_->info().scenario) + " – Orrery");
  seek(Instant{});
  // A run in hand may have come far before its recording could be opened.
  following_ = following_ || shown_.hand.has_value();
  taking_.start(0);
  return {};
}

void Window::say(const Failure& failure) {
  shown_.notice = QString::fromStdString(failure.what);
  if (!failure.hint.empty()) shown_.notice += " " + QString::fromStdString(failure.hint);
  refresh(false);
}

Result<void> Window::open_scenario(const QString& path) {
  if (!may_leave_scenario()) return {};
  QFile file{path};
  if (!file.open(QIODevice::ReadOnly)) {
    Failure failure;
    failure.what = path.toStdString() + ": " + file.errorString().toStdString();
    say(failure);
    return tl::unexpected{failure};
  }
  ScenarioText text;
  text.path = path;
  text.lines = QString::fromUtf8(file.readAll()).split('\n');
  scenario_->set_text(std::move(text));
  show_drawer(Drawer::Scenario);
  check_scenario();
  return {};
}

void Window::act_on_scenario(const QString& what) {
  const QString path = scenario_->text().path;
  if (path.isEmpty()) return;
  if (what == "check") {
    scenario_->end_edit(true);
    if (scenario_->is_changed()) return check_scenario();
    // Its file may have been edited since.
    (void)open_scenario(path);
  }
  if (what == "run" || what == "hand") {
    RunOrder order = order_of_scenario();
    order.by_hand = what == "hand";
    run_scenario(order);
  }
  if (what.startsWith("world ")) {
    scenario_->set_live_hosts(what == "world live");
    check_scenario();
  }
  if (what == "stop") engine_.stop();
  if (what == "save") save_scenario();
  if (what == "undo") scenario_->undo();
  if (what == "redo") scenario_->redo();
  if (what.startsWith("value ")) scenario_->begin_edit(what.section(' ', 1).toULongLong());
}

RunOrder Window::order_of_scenario() {
  RunOrder order;
  const ScenarioText& text = scenario_->text();
  order.live_hosts = scenario_->is_for_live_hosts();
  order.scenario = text.path;
  if (!scenario_->is_changed()) return order;
  order.scenario = engine_.keep(text.lines.join('\n'), text.path);
  order.folder = QFileInfo{text.path}.absolutePath();
  return order;
}

void Window::check_scenario() {
  using Phase = ScenarioView::Phase;
  // While it runs, that is what is said of it.
  if (scenario_->phase() != Phase::Running) scenario_->set_phase(Phase::Checking);
  const RunOrder order = order_of_scenario();
  engine_.check(order, [this, order](bool right, const QString& said) {
    std::vector<Problem> problems = read_problems(said, order.scenario);
    const bool known = right || !problems.empty();
    scenario_->set_problems(std::move(problems));
    if (scenario_->phase() == Phase::Running) return;
    scenario_->set_phase(right ? Phase::Right : Phase::Wrong, known ? QString{} : said.trimmed());
    if (const auto until = std::exchange(begins_at_, std::nullopt)) run_by_hand(*until);
  });
}

void Window::run_scenario(RunOrder order, std::function<void()> grows) {
  const bool by_hand = order.by_hand;
  replay_.reset();
  scenario_run_ = scenario_->text().lines.join('\n');
  hand_.leave();
  shown_.hand.reset();
  shown_.session.clear();
  engine_.run(
      order,
      [this, live = order.live_hosts, grows = std::move(grows)](const QString& recording) {
        scenario_recording_ = recording;
        // They are ready.
        if (live) scenario_->set_phase(ScenarioView::Phase::Running, tr("Runs by the clock."));
        if (open(recording) && grows) grows();
      },
      [this, live = order.live_hosts](bool ended, const QString& said) {
        const QString last = said.section('\n', -1);
        // What somebody stopped may be run again.
        const bool stopped = last.isEmpty();
        scenario_->set_phase(
            ended || stopped ? ScenarioView::Phase::Over : ScenarioView::Phase::Wrong,
            stopped ? tr("It was stopped.") : last);
        if (ended || !live || stopped) return;
        // Each line is something that these hosts lack.
        scenario_->set_phase(ScenarioView::Phase::Wrong, tr("Live hosts could not run it:"));
        std::vector<Problem> lacks;
        for (const QString& line : said.split('\n', Qt::SkipEmptyParts)) lacks.push_back({0, line});
        scenario_->set_problems(std::move(lacks));
      });
  if (by_hand) {
    hand_.reach(engine_.socket());
    shown_.session = engine_.session();
  }
  scenario_->set_phase(ScenarioView::Phase::Running);
}

void Window::save_scenario() {
  scenario_->end_edit(true);
  const ScenarioText& text = scenario_->text();
  const auto fail = [&](const QString& why) {
    shown_.notice = tr("The scenario was not saved: %1").arg(why);
    refresh(false);
  };
  QFile there{text.path};
  if (there.open(QIODevice::ReadOnly)) {
    if (QString::fromUtf8(there.readAll()) != scenario_->saved().join('\n')) {
      return fail(tr("its file was changed by another program since it was opened."));
    }
    there.close();
  }
  QSaveFile file{text.path};
  const QByteArray bytes = text.lines.join('\n').toUtf8();
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit()) {
    return fail(file.errorString());
  }
  scenario_->set_saved();
}

bool Window::may_leave_scenario() {
  scenario_->end_edit(true);
  if (!scenario_->is_changed()) return true;
  QMessageBox box{
      QMessageBox::Question, "Orrery",
      tr("%1 was changed and is not saved.").arg(QFileInfo{scenario_->text().path}.fileName()),
      QMessageBox::NoButton, this};
  const QAbstractButton* save = box.addButton(tr("Save"), QMessageBox::AcceptRole);
  const QAbstractButton* lose = box.addButton(tr("Do not save"), QMessageBox::DestructiveRole);
  box.setEscapeButton(box.addButton(tr("Cancel"), QMessageBox::RejectRole));
  box.exec();
  if (box.clickedButton() == save) {
    save_scenario();
    return !scenario_->is_changed();
  }
  return box.clickedButton() == lose;
}

void Window::closeEvent(QCloseEvent* event) { event->setAccepted(may_leave_scenario()); }

Result<void> Window::open_other(const QString& path) {
  if (run_ == nullptr || is_scenario(path) || QFileInfo{path}.isDir()) return open(path);
  auto run = RecordedRun::open(path.toStdString());
  if (!run) {
    say(run.error());
    return tl::unexpected{run.error()};
  }
  parting_.reset();
  shown_.other_moment = nullptr;
  other_moments_.reset();
  other_ = *std::move(run);
  other_moments_ = std::make_unique<Moments>(*other_);
  other_shown_.moment = nullptr;
  parting_.emplace(*run_, *other_);
  shown_.letter = "A";
  shown_.other = other_.get();
  shown_.other_file = QFileInfo{path}.fileName();
  shown_.parting.reset();
  other_shown_.run = other_.get();
  other_shown_.letter = "B";
  other_shown_.file = shown_.other_file;
  other_services_->set_run(other_.get());
  timeline_->set_run(run_.get());
  moment_of_.reset();
  show_moment();
  taking_.start(0);
  return {};
}

bool Window::take_stretch() {
  bool more = false;
  for (RecordedRun* run : {run_.get(), other_.get()}) {
    if (run == nullptr) continue;
    const auto taken = run->take_more();
    if (!taken) {
      shown_.notice = QString::fromStdString(taken.error().what);
      taking_.stop();
      return false;
    }
    more = more || *taken;
  }
  if (parting_ && parting_->look_on().value_or(false)) {
    more = true;
    shown_.parting = parting_->found();
  }
  return more;
}

void Window::took() {
  timeline_->set_run(run_.get());
  events_->take();
  limits_->set_run(run_.get());
  moment_of_.reset();
  // Of a run in hand the last instant is shown; while it goes on, the clock moves there.
  const Duration behind = run_->end() - shown_.at;
  const Duration far = Duration::microseconds(
      static_cast<std::int64_t>(1e6 * std::max(0.5, shown_.hand ? shown_.hand->speed : 1)));
  const bool moves = shown_.playing && shown_.hand && shown_.hand->speed > 0 && behind < far;
  if (is_in_hand() && !moves) return seek(run_->end());
  show_moment();
}

void Window::take_slice() {
  QElapsedTimer spent;
  spent.start();
  bool is_new = false;
  bool more = true;
  while (more && spent.elapsed() < kSliceMs) {
    more = take_stretch();
    is_new = is_new || more;
  }
  if (!more) {
    // A recording that grows is looked at again; one that is complete is not.
    const bool grows = !run_->complete() || (other_ != nullptr && !other_->complete());
    if (!grows) {
      taking_.stop();
    } else {
      taking_.setInterval(shown_.hand ? kLookSoonMs : kLookAgainMs);
      const bool followed = run_->follow();
      const bool other_followed = other_ != nullptr && other_->follow();
      // It may have been there before its run was in hand.
      const bool is_behind = is_in_hand() && shown_.at < run_->end();
      if (!followed && !other_followed && !is_new && !is_behind) return;
    }
  }
  if (!more || !taking_.isActive()) took();
}

void Window::take_all() {
  taking_.stop();
  if (run_ == nullptr) return;
  while (take_stretch()) {
  }
  took();
}

void Window::ask_for_file() {
  const QString path = QFileDialog::getOpenFileName(
      this, tr("Open a recording"), {},
      tr("Recordings and scenarios (*.orrery *.json *.yaml *.yml);;All files (*)"));
  if (!path.isEmpty()) (void)open(path);
}

void Window::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void Window::dropEvent(QDropEvent* event) {
  const QList<QUrl> urls = event->mimeData()->urls();
  if (!urls.isEmpty()) (void)open(urls.front().toLocalFile());
}

}  // namespace orrery::gui
