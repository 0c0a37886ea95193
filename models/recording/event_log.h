/// @file
/// What happened in a run, in order, each record with the record that caused it.
///
/// Append-only and written by both worlds. Recording never adds an event to a run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/api/objects.h"
#include "models/base/time_types.h"
#include "models/ports/event.h"

namespace orrery::recording {

struct LogRecord {
  ports::CauseId id = 0;     ///< 1, 2, 3, …
  ports::CauseId cause = 0;  ///< An earlier record; 0: none.
  Instant at;
  std::string what;     ///< A word: "fault", "created", "scheduled", "ready", "scaled", …
  std::string subject;  ///< "Pod/default/web-1"
  std::string detail;   ///< For people; may be empty.
};

class EventLog {
 public:
  /// Appends and returns the record's id. Requires: `at` does not go back; cause < the new id.
  ports::CauseId append(Instant at, ports::CauseId cause, std::string what, std::string subject,
                        std::string detail = {});

  /// Appends what changed between two versions of an object (nullptr: did not exist, or is gone) if
  /// it is worth a line; returns the new record's id, or `cause` if nothing was.
  ports::CauseId append_write(Instant at, ports::CauseId cause, const api::Object* before,
                              const api::Object* after);

  [[nodiscard]] const std::vector<LogRecord>& records() const { return records_; }

 private:
  std::vector<LogRecord> records_;
};

}  // namespace orrery::recording
