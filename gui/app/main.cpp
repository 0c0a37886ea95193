#include <QApplication>
#include <QStyleFactory>
#include <cstdio>

#include "gui/app/options.h"
#include "gui/app/resources.h"
#include "gui/app/sequence.h"
#include "gui/app/window.h"
#include "gui/theme/fonts.h"

namespace {

constexpr int kExitBadInput = 2;

int say(const QString& text) {
  std::fprintf(stderr, "orrery-gui: %s\n", text.toLocal8Bit().constData());
  return kExitBadInput;
}

/// A picture needs no folder of a session: that there is none is not worth a line.
void say_of_qt(QtMsgType /*type*/, const QMessageLogContext& /*context*/, const QString& text) {
  if (!text.startsWith("QStandardPaths: XDG_RUNTIME_DIR")) (void)say(text);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace orrery::gui;
  QStringList arguments;
  for (int i = 1; i < argc; ++i) arguments << QString::fromLocal8Bit(argv[i]);
  Options options;
  const std::vector<QString> problems = read_options(arguments, options);
  if (options.help) {
    std::fputs(usage().toLocal8Bit().constData(), stdout);
    return 0;
  }
  for (const QString& problem : problems) (void)say(problem);
  if (!problems.empty()) return kExitBadInput;

  const bool draws = !options.screenshot.isEmpty() || !options.sequence.isEmpty();
  if (draws) {
    qputenv("QT_QPA_PLATFORM", "offscreen");
    qInstallMessageHandler(say_of_qt);
  }
  prepare_application();
  QApplication application{argc, argv};
  load_resources();
  Window window;
  Settings settings = draws ? Settings{} : read_settings();
  if (!options.language.isEmpty()) settings.language = options.language;
  if (options.shade) settings.shade = *options.shade;
  if (options.reduced_motion) settings.reduced_motion = true;
  window.set_settings(settings);
  constexpr QSize kSize{1920, 1200};
  window.resize(options.size.value_or(settings.size.isValid() ? settings.size : kSize));
  if (!options.recording.isEmpty()) {
    const auto opened = window.open(options.recording);
    if (!opened && draws) return say(QString::fromStdString(opened.error().what));
  }
  if (!options.other.isEmpty()) {
    const auto opened = window.open_other(options.other);
    if (!opened && draws) return say(QString::fromStdString(opened.error().what));
  }
  if (options.by_hand) {
    if (window.scenario().text().path.isEmpty()) return say("--hand: expected a scenario");
    window.run_by_hand(options.at);
  }
  window.events().set_filter(options.filter);
  if (options.show != Drawer::None) window.show_drawer(options.show);
  if (!draws) {
    window.seek(options.at);
    window.show();
    const int status = QApplication::exec();
    write_settings(window.settings());
    return status;
  }
  while (!window.scenario().text().path.isEmpty() &&
         window.scenario().phase() == ScenarioView::Phase::Checking) {
    QApplication::processEvents(QEventLoop::WaitForMoreEvents);
  }
  const auto is_there = [&] {
    return !window.is_on_its_way() && window.shown().run != nullptr &&
           window.shown().run->end() >= options.at;
  };
  while (options.by_hand && !is_there() && window.engine().is_running()) {
    QApplication::processEvents(QEventLoop::WaitForMoreEvents);
  }
  if (options.by_hand && !window.shown().hand) {
    return say("--hand: the scenario does not run: " + window.scenario().said());
  }
  window.take_all();
  window.seek(options.at);
  if (!options.select.isEmpty() && !window.select(options.select)) {
    return say("--select: the recording has no service '" + options.select + "'");
  }
  // Once, so that every view has its place.
  (void)window.picture(1);
  if (options.by_hand) {
    window.open_deeds_of_selected();
    while (!window.deeds().isHidden() && window.deeds().is_asking()) {
      QApplication::processEvents(QEventLoop::WaitForMoreEvents);
    }
  }
  if (!options.find.isEmpty()) {
    window.finder().begin();
    window.finder().type(options.find);
  }
  if (!options.sequence.isEmpty()) {
    auto sequence = PictureSequence::begin(
        window, {options.sequence, options.from, options.to, options.every, options.scale});
    if (!sequence) return say("--sequence: " + QString::fromStdString(sequence.error().what));
    while (true) {
      const auto more = sequence->next();
      if (!more) return say("--sequence: " + QString::fromStdString(more.error().what));
      if (!*more) return 0;
    }
  }
  if (!window.save_picture(nullptr, options.screenshot, options.scale)) {
    return say("cannot write the picture " + options.screenshot);
  }
  return 0;
}
