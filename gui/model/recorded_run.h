/// @file
/// A recording as the window reads it: opened at once, taken in stretch by stretch, then shown at
/// any instant.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gui/model/history.h"
#include "gui/model/run_events.h"
#include "gui/theme/state.h"
#include "models/base/result.h"
#include "models/recording/run_reader.h"

namespace orrery::gui {

class RecordedRun {
 public:
  /// A Failure if there is no such file, or it is no recording.
  [[nodiscard]] static Result<std::unique_ptr<RecordedRun>> open(const std::string& path);

  [[nodiscard]] const recording::RunInfo& info() const { return reader_->info(); }
  [[nodiscard]] const recording::Scene& scene() const { return reader_->scene(); }
  [[nodiscard]] std::string_view text(recording::TextId id) const { return reader_->text(id); }
  /// Nothing more will be written.
  [[nodiscard]] bool complete() const { return reader_->complete(); }
  [[nodiscard]] const std::optional<recording::Damage>& damage() const { return reader_->damage(); }

  /// Takes in the next stretch of some seconds. False: there is no more for now. A Failure if what
  /// follows is damaged; what was taken in stays.
  [[nodiscard]] Result<bool> take_more();
  /// Looks for what was written since.
  [[nodiscard]] bool follow() { return reader_->follow(); }
  /// Until where the recording goes; what is behind taken() shows no states yet.
  [[nodiscard]] Instant end() const { return reader_->last().value_or(Instant{}); }
  [[nodiscard]] Instant taken() const { return taken_; }

  [[nodiscard]] const History& history() const { return history_; }
  [[nodiscard]] const RunEvents& events() const { return events_; }
  [[nodiscard]] const ServiceNames& names() const { return names_; }
  /// The world at `t`; before the first sample, that one. A Failure if it is damaged there.
  [[nodiscard]] Result<recording::Frame> frame(Instant t) {
    return reader_->at(std::max(t, reader_->first().value_or(t)));
  }
  /// Reads a part of what frame() needs when time has gone on from `t`. False: that is there.
  bool read_ahead(Instant t) { return reader_->read_ahead(t); }

  /// Followed requests that were over in [from, to). A Failure if it is damaged there.
  [[nodiscard]] Result<std::vector<recording::Trace>> traces(Instant from, Instant to) const {
    return reader_->traces(from, to);
  }

  /// What was sampled in [from, to). A Failure if it is damaged there.
  [[nodiscard]] Result<recording::SampleSection> samples(Instant from, Instant to) const {
    return reader_->samples(from, to);
  }

  /// Of a service in a second that is over (see History).
  [[nodiscard]] State state_in(std::uint32_t service, std::size_t second) const;
  /// The calls that the state is judged by: of one second, or of up to five where calls are few.
  [[nodiscard]] CallSum judged_calls(std::uint32_t service, std::size_t second) const;

 private:
  explicit RecordedRun(std::unique_ptr<recording::RunReader> reader);
  [[nodiscard]] State state_by_calls(std::uint32_t service, std::size_t second) const;
  [[nodiscard]] State find_state(std::uint32_t service, std::size_t second) const;
  /// Keeps the states of seconds about which nothing more can come.
  void keep_states();

  std::unique_ptr<recording::RunReader> reader_;
  ServiceNames names_;
  History history_;
  RunEvents events_;
  Instant taken_;
  std::vector<std::vector<State>> states_;  ///< By calls; by service, by second.
};

/// Less than 1 % of errors is healthy, less than 10 % degraded, more is failing.
[[nodiscard]] State state_of_errors(const CallSum& calls);

}  // namespace orrery::gui
