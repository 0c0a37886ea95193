/// @file
/// Does the window keep up with a large cluster?
///
/// A recording of ten minutes of 200 services, 5,000 nodes in three zones and 100,000
/// pods, of which 100 change each second, is opened in a window of 1600 x 1000 without a screen.
/// Measured is the processor time of what a user waits for: `open`, until the first instant is
/// painted; `take`, until all of the run is known (meanwhile the window answers); `play`, a frame
/// at 30 a second; `pan`, a frame while the graph is dragged; `seek`, to instants all over the run,
/// till painted, and `read`, what of that is the reading of the recording; `events`, a key in the
/// filter of a million events, and a frame while they are scrolled. A paused window must have no
/// timer and take no processor time. Slow frames fail the program. A picture that does not change
/// while time passes fails the program, and so does one that is not the same at the same instant.
///
/// Usage: gui_bench [MINUTES]
///        gui_bench --write FILE     two minutes of that run, for pictures
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QApplication>
#include <QEventLoop>
#include <QMouseEvent>
#include <QTimer>
#include <QWheelEvent>
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include "gui/app/resources.h"
#include "gui/app/window.h"
#include "models/base/random.h"
#include "models/recording/run_reader.h"
#include "models/recording/run_writer.h"

namespace {

using namespace orrery;
using recording::CallField;
using recording::RowKind;
using recording::TextId;

constexpr std::uint32_t kServices = 200;
constexpr std::uint32_t kNodes = 5'000;
constexpr std::uint32_t kPods = 100'000;
constexpr std::uint32_t kChangesPerSample = 10;
constexpr std::uint64_t kEvents = 1'000'000;

double now_ms() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
}

double memory_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

Instant at_sample(std::uint64_t sample) {
  return Instant::at(Duration::milliseconds(static_cast<std::int64_t>(sample) * 100));
}

/// Twenty domains in five tiers. The first service of a domain is called by two domains of the tier
/// above and calls the others, which call each other and the first of their domain's stores.
recording::Scene made_up_scene() {
  static constexpr std::array kDomains{"web",    "app",    "partner", "admin",   "cart",
                                       "search", "order",  "account", "price",   "stock",
                                       "pay",    "ship",   "review",  "fraud",   "media",
                                       "mail",   "ledger", "catalog", "profile", "audit"};
  constexpr std::uint32_t kTier = 4;
  recording::Scene scene;
  for (std::uint32_t i = 0; i < kServices; ++i) {
    const std::string domain = kDomains[i % kDomains.size()];
    scene.services.push_back(domain + "/" + domain + "-" + std::to_string(i / kDomains.size()));
  }
  const auto domains = static_cast<std::uint32_t>(kDomains.size());
  for (std::uint32_t domain = 0; domain < domains; ++domain) {
    if (domain < kTier) {
      scene.edges.push_back({recording::kOutside, domain});
    } else {
      const std::uint32_t above = (domain / kTier - 1) * kTier;
      scene.edges.push_back({above + domain % kTier, domain});
      scene.edges.push_back({above + (domain + 1) % kTier + domains, domain});
    }
    for (std::uint32_t i = 1; i < kServices / domains; ++i) {
      scene.edges.push_back({domain + (i - 1) / 3 * domains, domain + i * domains});
      if (i > 4) scene.edges.push_back({domain + (i - 4) * domains, domain + i * domains});
    }
  }
  scene.journeys = {"buy"};
  return scene;
}

void write(const std::string& path, std::uint64_t samples, std::uint64_t events) {
  const recording::Scene scene = made_up_scene();
  recording::RunInfo info;
  info.scenario = "A made-up shop";
  info.world = "sim";
  const auto writer = *recording::RunWriter::create(path, info, scene);
  std::vector<TextId> nodes;
  for (std::uint32_t i = 0; i < kNodes; ++i) {
    nodes.push_back(writer->text("node-" + std::to_string(i)));
    writer->set_node(nodes[i],
                     recording::NodeState{.zone = writer->text(std::string(1, "abc"[i % 3])),
                                          .ready = true,
                                          .pods = kPods / kNodes,
                                          .cpu_milli = 64'000,
                                          .memory_bytes = std::int64_t{256} << 30,
                                          .used_cpu_milli = 32'000,
                                          .used_memory_bytes = std::int64_t{64} << 30});
  }
  std::vector<TextId> pods;
  std::vector<recording::PodState> states;
  for (std::uint32_t i = 0; i < kPods; ++i) {
    const std::string owner = scene.services[i % kServices] + "-7d4b9c6f5";
    pods.push_back(writer->text("Pod/" + owner + "-" + std::to_string(i)));
    states.push_back({.node = nodes[mix64(i) % kNodes],
                      .owner = writer->text("ReplicaSet/" + owner),
                      .phase = recording::PodPhaseCode::Running,
                      .ready = true});
    writer->set_pod(pods[i], states[i]);
  }
  const recording::ColumnMap& map = writer->columns();
  std::uint64_t event = 0;
  recording::SampleValues taken{map.count()};
  for (std::uint64_t sample = 1; sample <= samples; ++sample) {
    for (std::uint32_t i = 0; i < kChangesPerSample; ++i) {
      // Two seconds later it is ready again.
      const std::uint64_t of = sample % 40 < 20 ? sample : sample - 20;
      const std::uint64_t pod = mix64(of * 1'000 + i) % kPods;
      states[pod].ready = !states[pod].ready;
      writer->set_pod(pods[pod], states[pod]);
    }
    for (; event < events * sample / samples; ++event) {
      recording::RunEvent made;
      made.id = event + 1;
      made.at = at_sample(sample - 1) + Duration::milliseconds(50);
      made.what = writer->text(event % 3 == 0 ? "ready" : "waiting");
      made.subject = pods[mix64(event) % kPods];
      made.detail = writer->text("container server");
      writer->add_event(made);
    }
    std::vector<std::int64_t> values(map.count());
    for (std::uint32_t e = 0; e < scene.edges.size(); ++e) {
      const std::uint64_t noise = mix64(sample * 1'000'003 + e);
      const auto calls = static_cast<std::int64_t>(5 + mix64(e) % 20 + noise % 8);
      const std::int64_t failed = e % 80 == 7 && sample % 1'500 > 750 ? calls / 2 : 0;
      for (const auto& [kind, row] :
           {std::pair{RowKind::Edge, e}, std::pair{RowKind::Service, scene.edges[e].to}}) {
        values[map.of(kind, row, CallField::Started)] += calls;
        values[map.of(kind, row, CallField::Ok)] += calls - failed;
        values[map.of(kind, row, static_cast<CallField>(2))] += failed;
        values[map.of(kind, row, CallField::P50)] = 500;
        values[map.of(kind, row, CallField::P95)] = 570;
        values[map.of(kind, row, CallField::P99)] = 600;
      }
    }
    taken.set_all(values);
    writer->sample(at_sample(sample), taken);
    taken.begin_period([](std::size_t) { return false; });
  }
  if (!writer->finish()) std::exit(1);
}

void write_apart(const std::string& path, std::uint64_t samples, std::uint64_t events) {
  const pid_t child = fork();
  if (child == 0) {
    write(path, samples, events);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) std::exit(1);
}

struct Times {
  std::vector<double> all;

  template <class Work>
  void take(const Work& work) {
    const double begun = now_ms();
    work();
    QApplication::processEvents();
    all.push_back(now_ms() - begun);
  }
  /// A frame and its painting, for which Qt waits some milliseconds, so that two that follow each
  /// other at once would be painted together; nor does the window's own clock tick in it.
  template <class Work>
  void take_frame(QWidget& window, const Work& work) {
    const double begun = now_ms();
    work();
    QEvent paint{QEvent::UpdateRequest};
    QApplication::sendEvent(&window, &paint);
    QApplication::processEvents(QEventLoop::X11ExcludeTimers);
    all.push_back(now_ms() - begun);
  }
  [[nodiscard]] double share(double part) const {
    std::vector<double> sorted = all;
    std::sort(sorted.begin(), sorted.end());
    return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
  }
  void print(const char* what) const {
    std::printf("%-8s median %.2f ms, 99 %% %.2f, worst %.2f\n", what, share(0.5), share(0.99),
                share(1));
  }
};

void mouse(QWidget& widget, QEvent::Type type, QPointF at) {
  QMouseEvent event{type,          at, widget.mapToGlobal(at), Qt::LeftButton, Qt::LeftButton,
                    Qt::NoModifier};
  QApplication::sendEvent(&widget, &event);
}

int run(const std::string& large, const std::string& many, std::uint64_t samples) {
  bool right = true;
  gui::Window window;
  window.resize(1600, 1000);
  window.show();
  QApplication::processEvents();
  const double bare = memory_mb();

  double begun = now_ms();
  if (!window.open(QString::fromStdString(large))) return 1;
  QApplication::sendPostedEvents();
  const QImage first = window.picture(1);
  std::printf("open     %.0f ms\n", now_ms() - begun);
  begun = now_ms();
  while (window.is_taking()) QApplication::processEvents();
  std::printf("take     %.0f ms\n", now_ms() - begun);

  Times play;
  window.seek(at_sample(samples / 4));
  window.play(true);
  QApplication::processEvents();
  for (int frame = 0; frame < 600; ++frame) {
    play.take_frame(window, [&] { window.advance(Duration::milliseconds(33)); });
  }
  window.play(false);
  play.print("play");
  // The worst is still shorter than a picture of a screen that shows 120 a second.
  const bool quick = play.share(0.99) <= 4 && play.share(1) <= 8;
  const QImage later = window.picture(1);
  right = right && later != first;

  Times pan;
  QApplication::processEvents();
  mouse(window.services(), QEvent::MouseButtonPress, {400, 120});
  for (int frame = 0; frame < 200; ++frame) {
    pan.take([&] { mouse(window.services(), QEvent::MouseMove, {400.0 + frame % 50, 120}); });
  }
  mouse(window.services(), QEvent::MouseButtonRelease, {400, 120});
  window.services().zoom_to_fit();
  pan.print("pan");

  Times seek;
  for (std::uint64_t i = 0; i < 200; ++i) {
    seek.take([&] { window.seek(at_sample(mix64(i) % samples + 1)); });
  }
  seek.print("seek");
  const auto reader = recording::RunReader::open(large);
  if (!reader) return 1;
  Times read;
  for (std::uint64_t i = 0; i < 200; ++i) {
    read.take([&] { right = right && (*reader)->at(at_sample(mix64(i) % samples + 1)); });
  }
  read.print("read");
  window.seek(at_sample(samples / 4));
  const QImage once = window.picture(1);
  window.seek(at_sample(samples / 2));
  window.seek(at_sample(samples / 4));
  right = right && window.picture(1) == once;
  std::printf("memory   %.0f MB, %.0f of them before the recording was open\n", memory_mb(), bare);

  QApplication::processEvents();
  begun = now_ms();
  QEventLoop second;
  QTimer::singleShot(1000, &second, &QEventLoop::quit);
  second.exec();
  std::printf("paused   %.1f ms of a second, %s\n", now_ms() - begun,
              window.is_ticking() || window.is_taking() ? "WITH A TIMER" : "no timer");
  right = right && !window.is_ticking() && !window.is_taking();

  if (!window.open(QString::fromStdString(many))) return 1;
  window.take_all();
  window.show_drawer(gui::Drawer::Events);
  QApplication::processEvents();
  Times filter;
  for (const char* words : {"r", "re", "read", "kind:ready object:cart-3", "-kind:ready"}) {
    filter.take([&] { window.events().set_filter(words); });
  }
  filter.print("filter");
  right = right && window.events().list().size() == kEvents - (kEvents + 2) / 3;
  Times scroll;
  for (int i = 0; i < 200; ++i) {
    scroll.take([&] {
      QWheelEvent wheel{{300, 400},     {300, 400},        {},   {0, -120}, Qt::NoButton,
                        Qt::NoModifier, Qt::NoScrollPhase, false};
      QApplication::sendEvent(&window.events(), &wheel);
    });
  }
  scroll.print("scroll");
  if (!right) std::printf("FAIL: the pictures are not what they must be\n");
  if (!quick) std::printf("FAIL: frames are slow: 4 ms are allowed for 99 %%, 8 for the worst\n");
  return right && quick ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string{argv[1]} == "--write") {
    write(argv[2], 1'200, 12'000);
    return 0;
  }
  const std::uint64_t minutes = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10;
  if (minutes == 0) {
    std::printf("Usage: gui_bench [MINUTES]\n       gui_bench --write FILE\n");
    return 2;
  }
  const std::uint64_t samples = minutes * 600;
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("gui-bench-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  write_apart(folder / "large.orrery", samples, 60'000);
  write_apart(folder / "many.orrery", 600, kEvents);
  qputenv("QT_QPA_PLATFORM", "offscreen");
  gui::prepare_application();
  QApplication application{argc, argv};
  gui::load_resources();
  const int status = run(folder / "large.orrery", folder / "many.orrery", samples);
  std::filesystem::remove_all(folder);
  return status;
}
