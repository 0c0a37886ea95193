/// @file
/// `orrery run --control`: a run in the hand of whoever is at its socket.
///
/// A simulated run begins held; one on live hosts goes by the clock, and takes orders only.
/// Commands and answers are JSON, one a line; docs/live-control.md has them.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "runner/control/control_socket.h"
#include "runner/control/ordered_scenario.h"
#include "runner/scenario/scenario.h"
#include "runner/session/run_hand.h"

namespace orrery::control {

struct ControlOrder {
  std::string socket;    ///< Where to listen.
  std::string scenario;  ///< The file that is run.
  std::string folder;    ///< Where names of files in it begin; empty: at its own.
  std::string session;   ///< A file for what was done, as a scenario.
  std::uint64_t seed = 1;
  bool live = false;  ///< On live hosts: it cannot be held.
};

class RunControl final : public session::RunHand {
 public:
  /// A Failure if nobody could reach it, or the session cannot be written. `scenario` must outlive
  /// it.
  [[nodiscard]] static Result<std::unique_ptr<RunControl>> create(
      const ControlOrder& order, const scenario::Scenario& scenario);
  /// Says that the run is over.
  ~RunControl() override;

  [[nodiscard]] std::optional<session::Order> next(session::RunView& view) override;

  /// What was ordered so far, as entries of a timeline.
  [[nodiscard]] const std::vector<scenario::TimelineEntry>& ordered() const { return entries_; }

 private:
  using Clock = std::chrono::steady_clock;
  enum class Goal : std::uint8_t { None, Event, Time, Fault };

  RunControl(const ControlOrder& order, const scenario::Scenario& scenario,
             std::unique_ptr<ControlSocket> socket);
  [[nodiscard]] std::optional<session::Order> obey(const std::string& line, session::RunView& view);
  [[nodiscard]] std::optional<session::Order> act(const scenario::Value& command,
                                                  const std::string& line, bool only_preview,
                                                  session::RunView& view);
  /// Whether a step has come to where it was to end.
  [[nodiscard]] bool is_reached(const session::RunView& view) const;
  /// How long the run has to wait for the clock on the wall before it goes on.
  [[nodiscard]] int ahead_ms(Instant now) const;
  void go_on(double factor, Goal goal, const session::RunView& view);
  void go_on_until(Instant at, const session::RunView& view);
  void hold(session::RunView& view);
  void say_state(Instant now);
  void greet(Instant now);
  [[nodiscard]] bool write_session() const;

  ControlOrder order_;
  const scenario::Scenario& scenario_;
  OrderedScenario ordered_;
  std::vector<scenario::TimelineEntry> entries_;
  std::unique_ptr<ControlSocket> socket_;
  unsigned greeted_ = 0;  ///< Of those who came.
  bool held_;
  double speed_ = 1;  ///< Simulated seconds in one; 0: as fast as can be.
  Goal goal_ = Goal::None;
  Instant goal_at_;              ///< Of Time.
  std::size_t goal_beyond_ = 0;  ///< Of Event: records; of Fault: entries.
  Instant from_;                 ///< Since when it goes at this speed, and on the wall.
  Clock::time_point from_wall_;
  std::string tag_;  ///< Of the command that is answered, as JSON; empty: it has none.
};

}  // namespace orrery::control
