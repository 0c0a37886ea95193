/// @file
/// The events of a recording that a filter lets through.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gui/model/recorded_run.h"

namespace orrery::gui {

/// What events are about, as far as one asks for it at once.
enum class EventGroup { Faults, Failures, Changes, Pods, Nodes };

struct EventTerm {
  enum class Where { Anywhere, Kind, Object, Detail };
  Where where = Where::Anywhere;
  std::string text;  ///< In small letters; found anywhere within.
  bool without = false;

  friend bool operator==(const EventTerm&, const EventTerm&) = default;
};

/// All of it holds for an event that passes.
struct EventFilter {
  std::optional<EventGroup> group;
  std::vector<EventTerm> terms;
  std::optional<Instant> after;    ///< From then on.
  std::optional<Instant> before;   ///< Up to then, without it.
  std::vector<std::string> wrong;  ///< Words that make no sense: "after:noon".

  friend bool operator==(const EventFilter&, const EventFilter&) = default;
};

/// Words with spaces between them: "pod", "kind:failing", "object:cart", "text:timeout",
/// "after:2:00", "before:3:00"; with a hyphen before it, a word must not be there.
[[nodiscard]] EventFilter read_filter(const std::string& text);

class EventList {
 public:
  /// Nothing passes without a run, which must outlive this.
  void set_run(const RecordedRun* run);
  void set_filter(EventFilter filter);
  /// Looks at the events that were taken in since.
  void take();

  [[nodiscard]] const EventFilter& filter() const { return filter_; }
  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  /// Requires: row < size().
  [[nodiscard]] const recording::RunEvent& event(std::size_t row) const {
    return run_->events().all()[rows_[row]];
  }
  /// How many rows have happened at `t`.
  [[nodiscard]] std::size_t happened(Instant t) const;

 private:
  /// Texts are looked at once, however many events have them.
  class Verdicts {
   public:
    template <class Judge>
    bool of(recording::TextId id, const Judge& judge) {
      if (id >= known_.size()) known_.resize(id + 1, 0);
      if (known_[id] == 0) known_[id] = judge(id) ? 1 : 2;
      return known_[id] == 1;
    }

   private:
    std::vector<std::uint8_t> known_;  ///< 1: yes, 2: no.
  };
  struct TermVerdicts {
    Verdicts kind;
    Verdicts object;
    Verdicts detail;
  };

  [[nodiscard]] bool passes(const recording::RunEvent& event);
  [[nodiscard]] bool passes(const recording::RunEvent& event, std::size_t term);

  const RecordedRun* run_ = nullptr;
  EventFilter filter_;
  std::vector<TermVerdicts> verdicts_;  ///< By term.
  std::vector<std::uint32_t> rows_;     ///< Into the events of the run.
  std::size_t seen_ = 0;
};

[[nodiscard]] std::optional<EventGroup> group_of(std::string_view what, std::string_view subject);

}  // namespace orrery::gui
