/// @file
/// A scenario that is played by hand: what is ordered is read as an entry of its timeline would be,
/// and the whole can be written as a scenario that plays the same again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/base/time_types.h"
#include "runner/scenario/document.h"
#include "runner/scenario/scenario.h"

namespace orrery::control {

/// What an order means at its instant, or all that is wrong with it.
struct OrderReading {
  std::vector<scenario::TimelineEntry> entries;  ///< Several if it says "every" and "times".
  std::string text;                              ///< The entry as JSON, with its "id" and "at".
  bool unexpected = false;  ///< With it the scenario's expectations make no sense any more.
  std::vector<api::Problem> problems;  ///< Pointers lead into the order.
  /// Entries of the timeline that are still to come and make other policies with it.
  std::vector<scenario::TimelineEntry> later;
};

class OrderedScenario {
 public:
  /// `scenario`: what the file at `path` says; names of files in it begin at `folder`, or at its
  /// own if that is empty. `live`: live hosts play it, and what they cannot do is a problem, too.
  OrderedScenario(std::string path, const scenario::Scenario& scenario, std::string folder = {},
                  bool live = false);

  /// Reads an entry of a timeline without "at". Without an "id" it is given one; files that it
  /// applies are found as those of the scenario. What it writes must be of a kind, and have images,
  /// that the run knows from its beginning. Requires: `now` is in whole microseconds.
  [[nodiscard]] OrderReading read(const scenario::Value& order, Instant now) const;
  /// It was carried out: those that are read later come after it.
  void accept(const OrderReading& order);

  /// A scenario that includes the one that is played, for a file in `folder`: with the same seed it
  /// plays what was played. Its expectations are those of the scenario, unless an order was
  /// unexpected; then it has none.
  [[nodiscard]] std::string text_for(const std::string& folder, std::uint64_t seed) const;

 private:
  [[nodiscard]] std::string free_id() const;

  std::string path_;
  std::string folder_;
  const scenario::Scenario& scenario_;
  bool live_;
  std::vector<std::string> accepted_;  ///< Entries, as JSON.
  std::vector<std::string> ids_;       ///< Of these.
  bool unexpected_ = false;            ///< One of them was.
};

}  // namespace orrery::control
