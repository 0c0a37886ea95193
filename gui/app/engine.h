/// @file
/// The program `orrery` as a child process: it checks scenarios, and runs them into recordings that
/// the window reads while they grow.
#pragma once

#include <QProcess>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>
#include <QTimer>
#include <functional>

namespace orrery::gui {

struct RunOrder {
  QString scenario;
  QString folder;  ///< Where names of files in it begin; empty: at its own.
  int seed = 1;
  bool live_hosts = false;  ///< On containerd hosts, by the clock; otherwise simulated.
  bool by_hand = false;     ///< Held, and at Engine::socket() somebody may take it.
  QStringList settings;     ///< "PATH=VALUE"
};

class Engine {
 public:
  Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  /// What still runs is ended.
  ~Engine();

  /// The program to run; at first the `orrery` beside this program, else that of the path.
  void set_program(const QString& program) { program_ = program; }

  /// Told of all that the check said, and whether it found the scenario right for the world that it
  /// is to be run in.
  void check(const RunOrder& order, std::function<void(bool right, QString said)> done);
  /// A file with this text, which stays as long as the engine. `like`: a file with its ending.
  /// Empty: it could not be written.
  [[nodiscard]] QString keep(const QString& text, const QString& like);
  /// Runs it. `grows` is told of the recording as soon as there is one; `done` whether the run came
  /// to its end, and of the last line of what it said; of all that it said was wrong, if it did
  /// not; of nothing, if it was stopped and that is all that it said.
  void run(const RunOrder& order, std::function<void(QString recording)> grows,
           std::function<void(bool ended, QString said)> done);
  /// A run on live hosts puts them in order before it is done; nobody waits for that.
  void stop();
  /// Of the run by hand that was begun last.
  [[nodiscard]] QString socket() const {
    return folder_.filePath(QString{"run-%1.sock"}.arg(runs_));
  }
  /// What became of the expectations of the run that ended last.
  [[nodiscard]] QString summary() const { return folder_.filePath("out/summary.json"); }
  /// What was done to it, as a scenario; the file is there once it runs.
  [[nodiscard]] QString session() const { return folder_.filePath("out/session.json"); }
  /// Of the run that was begun last.
  [[nodiscard]] const QString& recording() const { return recording_; }
  /// It is a recording of a run of this.
  [[nodiscard]] bool made(const QString& recording) const {
    return recording.startsWith(folder_.path() + "/");
  }
  [[nodiscard]] bool is_running() const { return run_.state() != QProcess::NotRunning; }

 private:
  void look_for_recording();
  /// For people.
  [[nodiscard]] QString not_started() const;
  void end_run();

  QString program_;
  QTemporaryDir folder_;
  int runs_ = 0;
  int kept_ = 0;
  QString recording_;
  QProcess check_;
  QProcess run_;
  bool on_live_hosts_ = false;  ///< The run that was begun last is.
  bool stopped_ = false;        ///< So is it.
  QTimer looking_;              ///< Until there is a recording.
  std::function<void(bool, QString)> checked_;
  std::function<void(QString)> grows_;
  std::function<void(bool, QString)> done_;
};

}  // namespace orrery::gui
