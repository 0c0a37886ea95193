#include "gui/app/engine.h"

#include <QCoreApplication>
#include <QFile>
#include <QFileInfo>
#include <utility>

#include "models/recording/run_reader.h"

namespace orrery::gui {
namespace {

constexpr int kLookAgainMs = 50;
constexpr int kEndMs = 2000;
/// Hosts are put in order before the run is gone.
constexpr int kLiveEndMs = 60'000;

QString program_beside() {
  const QString beside = QCoreApplication::applicationDirPath() + "/orrery";
  return QFileInfo{beside}.isExecutable() ? beside : QStringLiteral("orrery");
}

QString last_line(const QByteArray& said) {
  const QStringList lines = QString::fromUtf8(said).split('\n', Qt::SkipEmptyParts);
  return lines.isEmpty() ? QString{} : lines.back().trimmed();
}

/// Not told of again, whatever is called meanwhile.
template <class Call, class... Values>
void call_once(Call& call, Values... values) {
  if (const Call told = std::exchange(call, nullptr)) told(values...);
}

void end(QProcess& process, int patience_ms = kEndMs) {
  if (process.state() == QProcess::NotRunning) return;
  process.terminate();
  if (!process.waitForFinished(patience_ms)) process.kill();
  process.waitForFinished(kEndMs);
}

/// Where it is run, and where names of files in it begin.
QStringList place_of(const RunOrder& order) {
  QStringList arguments;
  if (order.live_hosts) arguments += {"--world", "containerd"};
  if (!order.folder.isEmpty()) arguments += {"--folder", order.folder};
  return arguments;
}

}  // namespace

Engine::Engine() : program_{program_beside()} {
  QObject::connect(&check_, &QProcess::finished, &check_, [this](int code) {
    call_once(checked_, code == 0, QString::fromUtf8(check_.readAllStandardError()));
  });
  QObject::connect(&check_, &QProcess::errorOccurred, &check_, [this](QProcess::ProcessError e) {
    if (e == QProcess::FailedToStart) call_once(checked_, false, not_started());
  });
  QObject::connect(&run_, &QProcess::finished, &run_, [this](int code, QProcess::ExitStatus how) {
    look_for_recording();
    looking_.stop();
    const QByteArray said = run_.readAllStandardOutput();
    const QByteArray wrong = run_.readAllStandardError();
    const bool ended = how == QProcess::NormalExit && (code == 0 || code == 1 || code == 3);
    const QString lacks = QString::fromUtf8(wrong).trimmed();
    // One line says that it was interrupted.
    const bool only_stopped = stopped_ && !lacks.contains('\n');
    call_once(done_, ended, ended ? last_line(said) : only_stopped ? QString{} : lacks);
  });
  QObject::connect(&run_, &QProcess::errorOccurred, &run_, [this](QProcess::ProcessError e) {
    if (e != QProcess::FailedToStart) return;
    looking_.stop();
    call_once(done_, false, not_started());
  });
  looking_.setInterval(kLookAgainMs);
  QObject::connect(&looking_, &QTimer::timeout, &looking_, [this] { look_for_recording(); });
}

Engine::~Engine() {
  check_.disconnect();
  run_.disconnect();
  end(check_);
  end_run();
}

QString Engine::not_started() const {
  return QCoreApplication::translate("Engine", "The program that runs scenarios was not found: %1")
      .arg(program_);
}

void Engine::end_run() { end(run_, on_live_hosts_ ? kLiveEndMs : kEndMs); }

void Engine::check(const RunOrder& order, std::function<void(bool, QString)> done) {
  end(check_);
  checked_ = std::move(done);
  QStringList arguments{"check", order.scenario};
  arguments << place_of(order);
  check_.start(program_, arguments);
}

QString Engine::keep(const QString& text, const QString& like) {
  QFile file{folder_.filePath(QString{"edited-%1.%2"}.arg(++kept_).arg(QFileInfo{like}.suffix()))};
  const QByteArray bytes = text.toUtf8();
  const bool written = file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size();
  return written ? file.fileName() : QString{};
}

void Engine::run(const RunOrder& order, std::function<void(QString)> grows,
                 std::function<void(bool, QString)> done) {
  stop();
  end_run();
  on_live_hosts_ = order.live_hosts;
  stopped_ = false;
  recording_ = folder_.filePath(QString{"run-%1.orrery"}.arg(++runs_));
  grows_ = std::move(grows);
  done_ = std::move(done);
  looking_.start();
  // Of another run.
  QFile::remove(session());
  QFile::remove(summary());
  QStringList arguments{"run",   order.scenario,          "--seeds",  QString::number(order.seed),
                        "--out", folder_.filePath("out"), "--record", recording_};
  arguments << place_of(order);
  if (order.by_hand) arguments << "--control" << socket();
  for (const QString& setting : order.settings) arguments << "--set" << setting;
  run_.start(program_, arguments);
}

void Engine::stop() {
  stopped_ = true;
  looking_.stop();
  grows_ = nullptr;
  if (on_live_hosts_) return run_.terminate();
  end_run();
}

void Engine::look_for_recording() {
  if (!grows_) return;
  const auto reader = recording::RunReader::open(recording_.toStdString());
  if (!reader || !(*reader)->last()) return;
  looking_.stop();
  call_once(grows_, recording_);
}

}  // namespace orrery::gui
