/// @file
/// The window: four panels, one clock, one selection.
#pragma once

#include <QElapsedTimer>
#include <QImage>
#include <QSplitter>
#include <QStackedWidget>
#include <QTimer>
#include <QTranslator>
#include <QWidget>
#include <deque>
#include <functional>
#include <memory>

#include "gui/app/engine.h"
#include "gui/app/hand.h"
#include "gui/app/settings.h"
#include "gui/model/moment.h"
#include "gui/model/replay.h"
#include "gui/views/cluster.h"
#include "gui/views/deed_menu.h"
#include "gui/views/events.h"
#include "gui/views/finder.h"
#include "gui/views/inspector.h"
#include "gui/views/lab.h"
#include "gui/views/limits.h"
#include "gui/views/requests.h"
#include "gui/views/scenario.h"
#include "gui/views/service_graph.h"
#include "gui/views/timeline.h"
#include "gui/views/top_bar.h"

namespace orrery::gui {

class Window : public QWidget {
  Q_DECLARE_TR_FUNCTIONS(Window)

 public:
  Window();

  /// Opens a recording in place of the one that is open. What went wrong is said in the window, and
  /// in the answer.
  Result<void> open(const QString& path);
  /// Shows a scenario and checks it. A Failure if it cannot be read.
  Result<void> open_scenario(const QString& path);
  /// Runs the scenario that is shown by hand, up to the instant; if it is still checked, once that
  /// has found it right.
  void run_by_hand(Instant until);
  /// A run by hand is on its way to where it is to be held.
  [[nodiscard]] bool is_on_its_way() const { return begins_at_.has_value() || replay_.has_value(); }
  /// What can be done to the thing, in a run by hand; `at` is one of the window's points.
  void open_deeds(const QString& thing, QPoint at);
  /// The same, beside the selected service.
  void open_deeds_of_selected();
  /// Begins the lesson of a lab's folder. A Failure if it is none.
  Result<void> open_lab(const QString& folder);
  /// Opens a second one to compare with; the first, if none is open. What went wrong is said as by
  /// open().
  Result<void> open_other(const QString& path);
  /// Takes in all that the recording has, without pause.
  void take_all();
  /// Goes to an instant, or the nearest one that the recording has.
  void seek(Instant t);
  void play(bool on);
  /// So much later, as if time had passed.
  void advance(Duration simulated);
  void set_speed(double speed);
  void set_shade(Shade shade);
  /// "en" or "ko".
  void set_language(const QString& language);
  /// Nothing: the users.
  void select(std::optional<std::uint32_t> service);
  /// A service by its name, with or without namespace. False: there is none.
  bool select(const QString& name);
  /// In place of the cluster and the inspector; None: these.
  void show_drawer(Drawer drawer);
  /// Nothing: none is. It goes to its instant, and in the list of events it is marked.
  void choose_event(std::optional<std::uint64_t> event);
  /// Dots that run along edges, or arrows that stand.
  void set_reduced_motion(bool on);
  /// What is to be remembered, and what was.
  [[nodiscard]] Settings settings() const;
  void set_settings(const Settings& settings);
  /// Writes the picture of a view, or of the window without one: as SVG if the path ends so, else
  /// as PNG, `scale` pixels for each of the window's. Whether that could be done.
  bool save_picture(const Canvas* view, const QString& path, qreal scale);
  /// `scale` pixels for each of the window's.
  [[nodiscard]] QImage picture(qreal scale);

  [[nodiscard]] const Shown& shown() const { return shown_; }
  [[nodiscard]] DeedMenu& deeds() { return *deeds_; }
  [[nodiscard]] Hand& hand() { return hand_; }
  [[nodiscard]] ServiceGraphView& services() { return *services_; }
  [[nodiscard]] ClusterView& cluster() { return *cluster_; }
  [[nodiscard]] TimelineView& timeline() { return *timeline_; }
  [[nodiscard]] EventsView& events() { return *events_; }
  [[nodiscard]] RequestsView& requests() { return *requests_; }
  [[nodiscard]] LimitsView& limits() { return *limits_; }
  [[nodiscard]] FinderView& finder() { return *finder_; }
  [[nodiscard]] ScenarioView& scenario() { return *scenario_; }
  [[nodiscard]] LabView& lab() { return *lab_; }
  [[nodiscard]] Engine& engine() { return engine_; }
  /// The other run's.
  [[nodiscard]] ServiceGraphView& other_services() { return *other_services_; }
  /// Those that are shown now.
  [[nodiscard]] std::vector<Canvas*> canvases() const;
  [[nodiscard]] bool is_ticking() const { return clock_.isActive(); }
  /// There is more of a recording to take in.
  [[nodiscard]] bool is_taking() const { return taking_.isActive(); }

 protected:
  void keyPressEvent(QKeyEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void closeEvent(QCloseEvent* event) override;

 private:
  void act(const QString& action);
  void ask_for_file();
  void tick();
  void take_slice();
  /// The next stretch of the runs. Whether there is more for now.
  bool take_stretch();
  /// Shows what was taken in.
  void took();
  void say(const Failure& failure);
  void show_moment();
  /// Only what moves between samples.
  void show_instant();
  void refresh(bool moving);
  /// What stands still in it changed. While time passes it waits for its turn: a frame paints one
  /// view anew, or a part of it, or reads ahead, so that none takes as long as all of that.
  void refresh_in_turn(Canvas* canvas);
  /// To one of those that wait.
  void give_turn();
  /// A part of what the runs are asked for when time has gone on. False: all of it is there.
  bool read_ahead();
  void go_to_event(int direction);
  void go_to_fault();
  /// Puts one at the instant, or takes away the one that stands there.
  void toggle_bookmark();
  void go_to_found(const QStringList& words);
  void ask_for_picture();
  void open_menu();
  void act_on_scenario(const QString& what);
  // A run in hand.
  void act_by_hand(const QString& what);
  /// Why a command to it was refused, if it was.
  void say_problems(const QJsonObject& answer);
  /// Lets time pass or stop: of a run in hand, if its last instant is shown.
  void toggle_play();
  [[nodiscard]] bool is_in_hand() const { return shown_.hand.has_value() && following_; }
  void take_hand_state(std::optional<HandNow> now);
  [[nodiscard]] bool can_branch() const;
  /// Another run of the scenario, with what was done by hand, up to the instant; then it is held.
  void run_from_here();
  /// The next step to there.
  void replay_on(Instant now);
  /// Only what is shown of time; see play().
  void let_time_pass(bool on);
  void preview_deed();
  void do_deed();
  void ask_for_session();
  void check_scenario();
  /// What checks and runs: its file, or what it says now as another one.
  [[nodiscard]] RunOrder order_of_scenario();
  /// `grows` is told of its recording, besides the window.
  void run_scenario(RunOrder order, std::function<void()> grows = {});
  void save_scenario();
  /// Whether what was changed in the scenario is saved, or may be lost.
  [[nodiscard]] bool may_leave_scenario();
  void act_on_lab(const QString& what);
  void run_lab();
  /// The next one that is shown, or the one before, gets the focus.
  void go_to_panel(int direction);
  void go_along_cause();
  void go_along_effect();
  [[nodiscard]] std::vector<Instant> instants_of_note() const;

  Shown shown_;
  Shown other_shown_;  ///< What stands beside it in a comparison.
  std::unique_ptr<RecordedRun> run_;
  QString path_;  ///< Of its recording.
  std::unique_ptr<Moments> moments_;
  std::optional<Instant> moment_of_;  ///< The sample that is shown.
  std::unique_ptr<RecordedRun> other_;
  std::unique_ptr<Moments> other_moments_;
  std::optional<DivergenceSearch> parting_;
  QTranslator translator_;
  std::deque<Canvas*> waiting_;  ///< For their turn; null: reading ahead.
  QTimer clock_;                 ///< Only while time passes.
  QTimer taking_;                ///< While there is more to take in.
  QElapsedTimer wall_;
  TopBar* top_;
  ServiceGraphView* services_;
  ClusterView* cluster_;
  InspectorView* inspector_;
  EventsView* events_;
  RequestsView* requests_;
  LimitsView* limits_;
  FinderView* finder_;
  ScenarioView* scenario_;
  LabView* lab_;
  Engine engine_;
  QString scenario_run_;  ///< What the scenario said that was run last.
  QString scenario_recording_;
  Hand hand_;
  std::optional<Instant> begins_at_;  ///< A run by hand that waits for the check is led to there.
  std::optional<Replay> replay_;      ///< While a run is led to where it is to be held.
  DeedMenu* deeds_;
  bool following_ = false;  ///< The last instant of a run that grows is shown.
  ServiceGraphView* other_services_;
  QSplitter* upper_;
  QList<int> sizes_of_one_;  ///< Of it, before two runs stood there.
  QStackedWidget* right_;
  TimelineView* timeline_;
};

}  // namespace orrery::gui
