#include "gui/app/window.h"

#include <QCoreApplication>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QKeyEvent>
#include <QLocale>
#include <QMimeData>
#include <QPainter>
#include <QVBoxLayout>
#include <algorithm>

#include "gui/views/words.h"

namespace orrery::gui {
namespace {

constexpr int kFrameMs = 33;
constexpr int kLookAgainMs = 250;
constexpr qint64 kSliceMs = 12;
/// What passes for "as fast as can be" at one frame.
constexpr double kFullSpeed = 60;

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

  const auto acts = [this](const QString& action) { act(action); };
  for (Canvas* canvas : std::initializer_list<Canvas*>{top_, services_, cluster_, inspector_,
                                                       events_, requests_, limits_, timeline_}) {
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
  auto run = RecordedRun::open(path.toStdString());
  if (!run) {
    say(run.error());
    return tl::unexpected{run.error()};
  }
  play(false);
  parting_.reset();
  other_.reset();
  other_shown_ = {};
  shown_.other = nullptr;
  shown_.letter.clear();
  shown_.parting.reset();
  if (shown_.drawer == Drawer::Compare) show_drawer(Drawer::None);
  run_ = *std::move(run);
  shown_.file = QFileInfo{path}.fileName();
  shown_.run = run_.get();
  shown_.notice.clear();
  shown_.selected.reset();
  shown_.event.reset();
  shown_.request.reset();
  shown_.moment = nullptr;
  moment_.reset();
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

Result<void> Window::open_other(const QString& path) {
  if (run_ == nullptr) return open(path);
  auto run = RecordedRun::open(path.toStdString());
  if (!run) {
    say(run.error());
    return tl::unexpected{run.error()};
  }
  parting_.reset();
  other_ = *std::move(run);
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
  if (moment_of_ == sample) return refresh(true);
  auto moment = moment_at(*run_, shown_.at);
  if (!moment) {
    shown_.notice = QString::fromStdString(moment.error().what);
    return refresh(false);
  }
  moment_ = *std::move(moment);
  moment_of_ = sample;
  shown_.moment = &*moment_;
  show_other_moment();
  refresh(false);
}

void Window::show_other_moment() {
  other_moment_.reset();
  if (other_ != nullptr) {
    auto moment = moment_at(*other_, std::min(shown_.at, other_->end()));
    if (moment) other_moment_ = *std::move(moment);
  }
  other_shown_.moment = other_moment_ ? &*other_moment_ : nullptr;
  shown_.other_moment = other_shown_.moment;
}

void Window::refresh(bool moving) {
  if (shown_.drawer == Drawer::Compare && other_ != nullptr) {
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
  // What stands still of these shows the instant, too.
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
  timeline_->refresh();
}

void Window::tick() {
  const double seconds = static_cast<double>(wall_.restart()) / 1000;
  const double speed = shown_.speed == 0 ? kFullSpeed : shown_.speed;
  const Instant next =
      shown_.at + Duration::microseconds(static_cast<std::int64_t>(seconds * speed * 1e6));
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
  const QString path = QFileDialog::getOpenFileName(this, tr("Open a recording"), {},
                                                    tr("Recordings (*.orrery);;All files (*)"));
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

void Window::paintEvent(QPaintEvent*) { QPainter{this}.fillRect(rect(), shown_.theme->window); }

}  // namespace orrery::gui
