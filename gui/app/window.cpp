#include "gui/app/window.h"

#include <QCoreApplication>
#include <QFile>
#include <QLocale>
#include <QPainter>
#include <QVBoxLayout>
#include <algorithm>

#include "gui/app/shipped.h"
#include "gui/draw/svg.h"
#include "gui/views/words.h"

namespace orrery::gui {
namespace {

constexpr int kFrameMs = 33;
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
  scenario_ = new ScenarioView{shown_, nullptr};
  lab_ = new LabView{shown_, nullptr};
  shown_.offers = offers_in(shipped_folder());
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
  right_->addWidget(lab_);
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
  deeds_ = new DeedMenu{shown_, this};
  deeds_->on_choice = [this] { preview_deed(); };
  deeds_->on_do = [this] { do_deed(); };
  for (Canvas* canvas : std::initializer_list<Canvas*>{services_, cluster_}) {
    canvas->on_thing = [this, canvas](const QString& thing, QPoint at) {
      open_deeds(thing, canvas->mapTo(this, at));
    };
  }
  scenario_->on_edit = [this] { check_scenario(); };
  hand_.on_state = [this](std::optional<HandNow> state) { take_hand_state(state); };
  const auto acts = [this](const QString& action) { act(action); };
  for (Canvas* canvas :
       std::initializer_list<Canvas*>{top_, services_, cluster_, inspector_, events_, requests_,
                                      limits_, finder_, scenario_, lab_, timeline_}) {
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

void Window::seek(Instant t) {
  if (run_ == nullptr) return;
  shown_.at = std::clamp(t, Instant{}, run_->end());
  following_ = shown_.at >= run_->end();
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
  if (moments_->cluster_changed()) refresh_in_turn(cluster_);
  // Calls are known second by second; while time passes, that is enough for the pods of cards.
  if (moments_->calls_changed() || (moments_->cluster_changed() && !shown_.playing)) {
    for (Canvas* canvas : std::initializer_list<Canvas*>{services_, inspector_, limits_}) {
      refresh_in_turn(canvas);
    }
    if (other_moments_) refresh_in_turn(other_services_);
  }
  refresh_in_turn(events_);
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

void Window::refresh_in_turn(Canvas* canvas) {
  if (!shown_.playing || !canvas->isVisible()) return canvas->refresh();
  const bool waits = std::find(waiting_.begin(), waiting_.end(), canvas) != waiting_.end();
  if (!waits) waiting_.push_back(canvas);
}

void Window::give_turn() {
  for (Canvas* canvas : canvases()) {
    if (canvas->is_behind()) return canvas->go_on();
  }
  // Reading waits as the views do: at high speeds they never all are done.
  if (std::find(waiting_.begin(), waiting_.end(), nullptr) == waiting_.end()) {
    waiting_.push_back(nullptr);
  }
  while (!waiting_.empty()) {
    Canvas* next = waiting_.front();
    waiting_.pop_front();
    if (next != nullptr) return next->refresh();
    if (read_ahead()) return;
  }
}

bool Window::read_ahead() {
  return run_->read_ahead(shown_.at) || (other_ != nullptr && other_->read_ahead(shown_.at));
}

void Window::refresh(bool moving) {
  shown_.can_branch = can_branch();
  if (other_ != nullptr) {
    other_shown_.at = std::min(shown_.at, other_->end());
    other_shown_.theme = shown_.theme;
    other_shown_.playing = shown_.playing;
    other_shown_.speed = shown_.speed;
    other_shown_.reduced_motion = shown_.reduced_motion;
    other_shown_.only_path = shown_.only_path;
    other_shown_.selected =
        shown_.selected ? service_in(*other_, *run_, *shown_.selected) : std::nullopt;
    other_services_->refresh(moving);
  }
  if (!moving) {
    waiting_.clear();
    top_->refresh();
    cluster_->refresh();
    events_->refresh();
    limits_->refresh();
    scenario_->refresh();
    lab_->refresh();
    if (shown_.drawer == Drawer::Requests) requests_->load();
  }
  services_->refresh(moving);
  inspector_->refresh(moving);
  timeline_->refresh(moving);
}

void Window::play(bool on) { let_time_pass(on && run_ != nullptr && shown_.at < run_->end()); }

void Window::let_time_pass(bool on) {
  shown_.playing = on;
  if (on) {
    // There may be no time for parts of it.
    while (read_ahead()) {
    }
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
  const bool followed = following_;
  // First what waits: a frame with a new sample has enough to do.
  give_turn();
  seek(next);
  // A run in hand is followed a little behind, so that it moves evenly.
  following_ = followed || over;
  const bool goes_on = is_in_hand() && !shown_.hand->held;
  if (over && !goes_on) play(false);
}

void Window::set_speed(double speed) {
  shown_.speed = speed;
  hand_.give({{"do", "speed"}, {"factor", speed}});
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
  // Now, as a picture may be wanted before the event loop tells of it.
  QEvent changed{QEvent::LanguageChange};
  QCoreApplication::sendEvent(this, &changed);
  shown_.offers = offers_in(shipped_folder());
  refresh(false);
}

void Window::show_drawer(Drawer drawer) {
  if (drawer == Drawer::Compare && other_ == nullptr) return;
  if (drawer == Drawer::Lab && !lab_->has_lesson()) lab_->set_labs(labs_in(shipped_folder()));
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
  // Keys go to what was opened, and from what is gone to what stays.
  const bool keys_are_there = right_->isAncestorOf(focusWidget());
  right_->setCurrentIndex(static_cast<int>(drawer));
  if (drawer != Drawer::None) {
    right_->currentWidget()->setFocus(Qt::ShortcutFocusReason);
  } else if (keys_are_there) {
    timeline_->setFocus(Qt::ShortcutFocusReason);
  }
  refresh(false);
}

std::vector<Canvas*> Window::canvases() const {
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
    case Drawer::Lab:
      return {top_, services_, lab_, timeline_};
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
  // Of one instant, all of it, and the same whatever was shown before.
  waiting_.clear();
  for (Canvas* canvas : canvases()) canvas->refresh_all_pixels();
  QImage image{(QSizeF{size()} * scale).toSize(), QImage::Format_ARGB32_Premultiplied};
  image.setDevicePixelRatio(scale);
  image.fill(shown_.theme->window);
  render(&image);
  return image;
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
  std::vector<const Canvas*> views{view};
  if (view == nullptr) {
    const std::vector<Canvas*> all = canvases();
    views.assign(all.begin(), all.end());
  }
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
  settings.size = size();
  settings.recent = shown_.recent;
  return settings;
}

void Window::set_settings(const Settings& settings) {
  shown_.recent = settings.recent;
  shown_.reduced_motion = settings.reduced_motion;
  set_shade(settings.shade);
  set_language(settings.language);
}

void Window::resizeEvent(QResizeEvent* event) {
  finder_->hide();
  deeds_->hide();
  QWidget::resizeEvent(event);
}

void Window::paintEvent(QPaintEvent*) { QPainter{this}.fillRect(rect(), shown_.theme->window); }

}  // namespace orrery::gui
