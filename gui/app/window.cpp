#include "gui/app/window.h"

#include <QCoreApplication>
#include <QDragEnterEvent>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QKeyEvent>
#include <QLocale>
#include <QMimeData>
#include <QPainter>
#include <QVBoxLayout>
#include <algorithm>

#include "gui/app/about.h"
#include "gui/draw/svg.h"
#include "gui/views/words.h"

namespace orrery::gui {
namespace {

constexpr int kFrameMs = 33;
constexpr int kLookAgainMs = 250;
constexpr qint64 kSliceMs = 12;
/// What passes for "as fast as can be" at one frame.
constexpr double kFullSpeed = 60;

/// By its name: other files are recordings.
bool is_scenario(const QString& path) {
  static const QStringList kEndings{"json", "yaml", "yml"};
  return kEndings.contains(QFileInfo{path}.suffix().toLower());
}

QSplitter* splitter(Qt::Orientation orientation) {
  auto* made = new QSplitter{orientation};
  made->setHandleWidth(12);
  made->setChildrenCollapsible(false);
  made->setStyleSheet("QSplitter::handle { background: transparent; }");
  return made;
}

}  // namespace

Window::Window() {
  shown_.theme = &theme(Shade::Dark);
  setAcceptDrops(true);
  setMinimumSize(900, 640);
  resize(1440, 900);
  top_ = new TopBar{shown_, this};
  services_ = new ServiceGraphView{shown_, nullptr};
  cluster_ = new ClusterView{shown_, nullptr};
  inspector_ = new InspectorView{shown_, nullptr};
  events_ = new EventsView{shown_, nullptr};
  requests_ = new RequestsView{shown_, nullptr};
  limits_ = new LimitsView{shown_, nullptr};
  scenario_ = new ScenarioView{shown_, nullptr};
  other_services_ = new ServiceGraphView{other_shown_, nullptr};
  timeline_ = new TimelineView{shown_, nullptr};

  QSplitter* now = splitter(Qt::Vertical);
  now->addWidget(cluster_);
  now->addWidget(inspector_);
  now->setSizes({440, 308});
  right_ = new QStackedWidget;
  right_->addWidget(now);
  right_->addWidget(events_);
  right_->addWidget(requests_);
  right_->addWidget(limits_);
  right_->addWidget(scenario_);
  right_->addWidget(other_services_);
  upper_ = splitter(Qt::Horizontal);
  upper_->addWidget(services_);
  upper_->addWidget(right_);
  upper_->setSizes({1264, 608});
  upper_->setStretchFactor(0, 2);
  upper_->setStretchFactor(1, 1);
  QSplitter* all = splitter(Qt::Vertical);
  all->addWidget(upper_);
  all->addWidget(timeline_);
  all->setSizes({760, 356});
  all->setStretchFactor(0, 2);
  all->setStretchFactor(1, 1);
  auto* layout = new QVBoxLayout{this};
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(top_);
  auto* body = new QVBoxLayout;
  body->setContentsMargins(16, 0, 16, 16);
  body->addWidget(all);
  layout->addLayout(body, 1);

  finder_ = new FinderView{shown_, this};
  const auto acts = [this](const QString& action) { act(action); };
  for (Canvas* canvas :
       std::initializer_list<Canvas*>{top_, services_, cluster_, inspector_, events_, requests_,
                                      limits_, finder_, scenario_, timeline_}) {
    canvas->on_action = acts;
  }
  other_services_->on_action = [this](const QString& action) {
    // Its services have numbers of their own.
    if (action.section(' ', 0, 0) != "select" || other_ == nullptr) return act(action);
    select(service_in(*run_, *other_, action.section(' ', 1).toUInt()));
  };
  timeline_->on_seek = [this](Instant t) { seek(t); };
  clock_.setInterval(kFrameMs);
  QObject::connect(&clock_, &QTimer::timeout, this, [this] { tick(); });
  QObject::connect(&taking_, &QTimer::timeout, this, [this] { take_slice(); });
  setWindowTitle("Orrery");
}

Result<void> Window::open(const QString& path) {
  if (is_scenario(path)) return open_scenario(path);
  auto run = RecordedRun::open(path.toStdString());
  if (!run) {
    say(run.error());
    return tl::unexpected{run.error()};
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
  shown_.file = QFileInfo{path}.fileName();
  // What the window ran itself goes with it.
  if (!engine_.made(path)) remember(shown_.recent, QFileInfo{path}.absoluteFilePath());
  shown_.run = run_.get();
  shown_.notice.clear();
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
  taking_.start(0);
  return {};
}

void Window::say(const Failure& failure) {
  shown_.notice = QString::fromStdString(failure.what);
  if (!failure.hint.empty()) shown_.notice += " " + QString::fromStdString(failure.hint);
  refresh(false);
}

Result<void> Window::open_scenario(const QString& path) {
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
  // It may have been edited since.
  if (what == "check") (void)open_scenario(path);
  if (what == "run") run_scenario();
  if (what == "stop") engine_.stop();
}

void Window::check_scenario() {
  scenario_->set_phase(ScenarioView::Phase::Checking);
  engine_.check(scenario_->text().path, [this](bool right, const QString& said) {
    ScenarioText text = scenario_->text();
    text.problems = read_problems(said, text.path);
    const bool known = right || !text.problems.empty();
    scenario_->set_text(std::move(text));
    scenario_->set_phase(right ? ScenarioView::Phase::Right : ScenarioView::Phase::Wrong,
                         known ? QString{} : said.trimmed());
  });
}

void Window::run_scenario() {
  constexpr int kSeed = 1;
  engine_.run(
      scenario_->text().path, kSeed, [this](const QString& recording) { (void)open(recording); },
      [this](bool ended, const QString& verdict) {
        scenario_->set_phase(ended ? ScenarioView::Phase::Over : ScenarioView::Phase::Wrong,
                             verdict.isEmpty() ? tr("It was stopped.") : verdict);
      });
  scenario_->set_phase(ScenarioView::Phase::Running);
}

Result<void> Window::open_other(const QString& path) {
  if (run_ == nullptr || is_scenario(path)) return open(path);
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
  show_moment();
}

void Window::take_slice() {
  QElapsedTimer spent;
  spent.start();
  bool more = true;
  while (more && spent.elapsed() < kSliceMs) more = take_stretch();
  if (!more) {
    // A recording that grows is looked at again; one that is complete is not.
    const bool grows = !run_->complete() || (other_ != nullptr && !other_->complete());
    if (!grows) {
      taking_.stop();
    } else {
      taking_.setInterval(kLookAgainMs);
      const bool followed = run_->follow();
      if (!(other_ != nullptr && other_->follow()) && !followed) return;
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

void Window::seek(Instant t) {
  if (run_ == nullptr) return;
  shown_.at = std::clamp(t, Instant{}, run_->end());
  show_moment();
}

void Window::show_moment() {
  if (run_ == nullptr) return;
  const std::int64_t period = std::max<std::int64_t>(run_->info().period.count_ns(), 1);
  const Instant sample = Instant::at(Duration::nanoseconds(shown_.at.count_ns() / period * period));
  if (moment_of_ == sample) return show_instant();
  if (!moment_of_) {
    moments_->forget_calls();
    if (other_moments_) other_moments_->forget_calls();
  }
  const auto shown = moments_->show(shown_.at);
  if (!shown) {
    shown_.notice = QString::fromStdString(shown.error().what);
    return refresh(false);
  }
  const bool all = shown_.moment == nullptr;
  moment_of_ = sample;
  shown_.moment = &moments_->now();
  if (other_moments_) {
    other_shown_.moment = nullptr;
    if (other_moments_->show(std::min(shown_.at, other_->end()))) {
      other_shown_.moment = &other_moments_->now();
    }
    shown_.other_moment = other_shown_.moment;
  }
  if (all) return refresh(false);
  if (moments_->cluster_changed()) cluster_->refresh();
  // Calls are known second by second; while time passes, that is enough for the pods of cards.
  if (moments_->calls_changed() || (moments_->cluster_changed() && !shown_.playing)) {
    services_->refresh();
    inspector_->refresh();
    limits_->refresh();
    if (other_moments_) other_services_->refresh();
  }
  events_->refresh();
  if (shown_.drawer == Drawer::Requests) requests_->load();
  show_instant();
}

void Window::show_instant() {
  if (other_ != nullptr) {
    other_shown_.at = std::min(shown_.at, other_->end());
    other_services_->refresh(true);
  }
  services_->refresh(true);
  inspector_->refresh(true);
  timeline_->show_instant();
}

void Window::refresh(bool moving) {
  if (other_ != nullptr) {
    other_shown_.at = std::min(shown_.at, other_->end());
    other_shown_.theme = shown_.theme;
    other_shown_.playing = shown_.playing;
    other_shown_.speed = shown_.speed;
    other_shown_.reduced_motion = shown_.reduced_motion;
    other_shown_.selected =
        shown_.selected ? service_in(*other_, *run_, *shown_.selected) : std::nullopt;
    other_services_->refresh(moving);
  }
  if (!moving) {
    top_->refresh();
    cluster_->refresh();
    events_->refresh();
    limits_->refresh();
    if (shown_.drawer == Drawer::Requests) requests_->load();
  }
  services_->refresh(moving);
  inspector_->refresh(moving);
  timeline_->refresh(moving);
}

void Window::play(bool on) {
  if (on && (run_ == nullptr || shown_.at >= run_->end())) on = false;
  shown_.playing = on;
  if (on) {
    wall_.start();
    clock_.start();
  } else {
    clock_.stop();
  }
  refresh(false);
}

void Window::tick() {
  const double seconds = static_cast<double>(wall_.restart()) / 1000;
  const double speed = shown_.speed == 0 ? kFullSpeed : shown_.speed;
  advance(Duration::microseconds(static_cast<std::int64_t>(seconds * speed * 1e6)));
}

void Window::advance(Duration simulated) {
  const Instant next = shown_.at + simulated;
  const bool over = next >= run_->end();
  seek(next);
  if (over) play(false);
}

void Window::set_speed(double speed) {
  shown_.speed = speed;
  refresh(false);
}

void Window::set_shade(Shade shade) {
  shown_.theme = &theme(shade);
  refresh(false);
  update();
}

void Window::set_language(const QString& language) {
  QCoreApplication::removeTranslator(&translator_);
  QLocale::setDefault(language == "ko" ? QLocale{QLocale::Korean} : QLocale{QLocale::English});
  if (language == "ko" && translator_.load(":/translations/orrery_ko.qm")) {
    QCoreApplication::installTranslator(&translator_);
  }
  refresh(false);
}

void Window::show_drawer(Drawer drawer) {
  if (drawer == Drawer::Compare && other_ == nullptr) return;
  if ((drawer == Drawer::Compare) != (shown_.drawer == Drawer::Compare)) {
    // Two runs are given the same room.
    const QList<int> sizes = upper_->sizes();
    const int all = sizes[0] + sizes[1];
    if (drawer == Drawer::Compare) {
      sizes_of_one_ = sizes;
      upper_->setSizes({all / 2, all - all / 2});
    } else {
      upper_->setSizes(sizes_of_one_);
    }
  }
  shown_.drawer = drawer;
  right_->setCurrentIndex(static_cast<int>(drawer));
  refresh(false);
}

std::vector<const Canvas*> Window::canvases() const {
  switch (shown_.drawer) {
    case Drawer::None:
      break;
    case Drawer::Events:
      return {top_, services_, events_, timeline_};
    case Drawer::Requests:
      return {top_, services_, requests_, timeline_};
    case Drawer::Limits:
      return {top_, services_, limits_, timeline_};
    case Drawer::Scenario:
      return {top_, services_, scenario_, timeline_};
    case Drawer::Compare:
      return {top_, services_, other_services_, timeline_};
  }
  return {top_, services_, cluster_, inspector_, timeline_};
}

void Window::choose_event(std::optional<std::uint64_t> event) {
  shown_.event = event;
  const recording::RunEvent* chosen =
      event && run_ != nullptr ? run_->events().find(*event) : nullptr;
  if (chosen == nullptr) return refresh(false);
  if (const auto service = run_->names().of_object(run_->text(chosen->subject))) {
    shown_.selected = service;
  }
  seek(chosen->at);
  refresh(false);
}

void Window::select(std::optional<std::uint32_t> service) {
  shown_.selected = service;
  refresh(false);
}

bool Window::select(const QString& name) {
  if (run_ == nullptr) return false;
  const auto& services = run_->scene().services;
  for (std::uint32_t i = 0; i < services.size(); ++i) {
    if (QString::fromStdString(services[i]) == name || short_name(services[i]) == name) {
      select(i);
      return true;
    }
  }
  return false;
}

QImage Window::picture(qreal scale) {
  QImage image{(QSizeF{size()} * scale).toSize(), QImage::Format_ARGB32_Premultiplied};
  image.setDevicePixelRatio(scale);
  image.fill(shown_.theme->window);
  render(&image);
  return image;
}

void Window::act(const QString& action) {
  const QString verb = action.section(' ', 0, 0);
  const QString what = action.section(' ', 1);
  if (verb == "select") {
    select(what == "users" ? std::nullopt : std::optional<std::uint32_t>{what.toUInt()});
  } else if (verb == "seek") {
    seek(Instant::at(Duration::microseconds(what.toLongLong())));
  } else if (verb == "play") {
    play(!shown_.playing);
  } else if (verb == "speed") {
    set_speed(what.toDouble());
  } else if (verb == "next") {
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
  } else if (verb == "siblings") {
    requests_->toggle(what.toUInt());
  } else if (action == "whole request") {
    requests_->show_whole();
  } else if (verb == "open") {
    ask_for_file();
  }
}

void Window::ask_for_file() {
  const QString path = QFileDialog::getOpenFileName(
      this, tr("Open a recording"), {},
      tr("Recordings and scenarios (*.orrery *.json *.yaml *.yml);;All files (*)"));
  if (!path.isEmpty()) (void)open(path);
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

bool Window::save_picture(const Canvas* view, const QString& path, qreal scale) {
  const QSize size = view == nullptr ? this->size() : view->size();
  if (!path.endsWith(".svg", Qt::CaseInsensitive)) {
    if (view == nullptr) return picture(scale).save(path, "PNG");
    QImage image{(QSizeF{size} * scale).toSize(), QImage::Format_ARGB32_Premultiplied};
    image.setDevicePixelRatio(scale);
    QPainter painter{&image};
    painter.fillRect(QRect{{0, 0}, size}, shown_.theme->window);
    paint(painter, view->layers(), *shown_.theme);
    painter.end();
    return image.save(path, "PNG");
  }
  const std::vector<const Canvas*> views =
      view == nullptr ? canvases() : std::vector<const Canvas*>{view};
  const QByteArray svg = svg_of(size, [&](QPainter& painter) {
    painter.fillRect(QRect{{0, 0}, size}, shown_.theme->window);
    for (const Canvas* canvas : views) {
      painter.save();
      if (view == nullptr) painter.translate(canvas->mapTo(this, QPoint{}));
      paint(painter, canvas->layers(), *shown_.theme);
      painter.restore();
    }
  });
  QFile file{path};
  return file.open(QIODevice::WriteOnly) && file.write(svg) == svg.size();
}

void Window::set_reduced_motion(bool on) {
  shown_.reduced_motion = on;
  refresh(false);
}

Settings Window::settings() const {
  Settings settings;
  settings.language = QLocale{}.language() == QLocale::Korean ? "ko" : "en";
  settings.shade = shown_.theme->shade;
  settings.reduced_motion = shown_.reduced_motion;
  settings.recent = shown_.recent;
  return settings;
}

void Window::set_settings(const Settings& settings) {
  shown_.recent = settings.recent;
  shown_.reduced_motion = settings.reduced_motion;
  set_shade(settings.shade);
  set_language(settings.language);
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
    if (shift || control) {
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
      return play(!shown_.playing);
    case Qt::Key_Left:
      return arrow(-1);
    case Qt::Key_Right:
      return arrow(1);
    case Qt::Key_Up:
    case Qt::Key_Down:
      if (shown_.selected) {
        const auto next =
            services_->beside(*shown_.selected, 0, event->key() == Qt::Key_Up ? -1 : 1);
        if (next) select(next);
      }
      return;
    case Qt::Key_F:
      return go_to_fault();
    case Qt::Key_E:
      return show_drawer(shown_.drawer == Drawer::Events ? Drawer::None : Drawer::Events);
    case Qt::Key_T:
      return show_drawer(shown_.drawer == Drawer::Requests ? Drawer::None : Drawer::Requests);
    case Qt::Key_K:
      if (!control) break;
      return finder_->begin();
    case Qt::Key_S:
      if (!control) break;
      return ask_for_picture();
    case Qt::Key_M:
      return set_reduced_motion(!shown_.reduced_motion);
    case Qt::Key_F1:
      return show_about(this);
    case Qt::Key_R:
      return show_drawer(shown_.drawer == Drawer::Scenario ? Drawer::None : Drawer::Scenario);
    case Qt::Key_L:
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
      return services_->setFocus();
    case Qt::Key_2:
      return cluster_->setFocus();
    case Qt::Key_3:
      return inspector_->setFocus();
    case Qt::Key_4:
      return timeline_->setFocus();
    default:
      break;
  }
  QWidget::keyPressEvent(event);
}

void Window::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void Window::dropEvent(QDropEvent* event) {
  const QList<QUrl> urls = event->mimeData()->urls();
  if (!urls.isEmpty()) (void)open(urls.front().toLocalFile());
}

void Window::resizeEvent(QResizeEvent* event) {
  finder_->hide();
  QWidget::resizeEvent(event);
}

void Window::paintEvent(QPaintEvent*) { QPainter{this}.fillRect(rect(), shown_.theme->window); }

}  // namespace orrery::gui
