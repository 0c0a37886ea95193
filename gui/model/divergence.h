/// @file
/// Where two recordings part: the first instant at which they do not say the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "gui/model/recorded_run.h"

namespace orrery::gui {

struct Divergence {
  Instant at;
  bool in_a = true;                      ///< The event, or the service, is one of A.
  std::optional<std::uint64_t> event;    ///< That the other run does not have then.
  std::optional<std::uint32_t> service;  ///< Without an event: whose calls differ first.
};

/// Looks for it stretch by stretch, as far as both runs were taken in. Both must outlive it.
/// Commands to a run in hand are no difference; what they did is.
class DivergenceSearch {
 public:
  DivergenceSearch(const RecordedRun& a, const RecordedRun& b);

  /// Looks at the next stretch. False: there is none for now, or it was found. A Failure if a
  /// recording is damaged there.
  Result<bool> look_on();
  [[nodiscard]] const std::optional<Divergence>& found() const { return found_; }

 private:
  [[nodiscard]] std::optional<Divergence> first_event(Instant to);
  [[nodiscard]] std::optional<Divergence> first_calls(const recording::SampleSection& a,
                                                      const recording::SampleSection& b) const;

  const RecordedRun& a_;
  const RecordedRun& b_;
  std::vector<std::pair<std::size_t, std::size_t>> edges_;  ///< That both have.
  Instant looked_;
  std::size_t event_of_a_ = 0;  ///< The next one to look at.
  std::size_t event_of_b_ = 0;
  std::optional<Divergence> found_;
};

/// The service of `to` that has the name of one of `from`; nothing: there is none.
[[nodiscard]] std::optional<std::uint32_t> service_in(const RecordedRun& to,
                                                      const RecordedRun& from,
                                                      std::uint32_t service);

}  // namespace orrery::gui
