/// @file
/// Replay: feeds what reached a live process, from its record, to freshly built components, and
/// checks that they do what the record says they did. The first difference is a place where the
/// process did not depend on its ports alone, or the code or the record has changed.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "models/base/result.h"
#include "models/recording/port_record.h"
#include "models/recording/recorded_process.h"

namespace orrery::replay {

struct Divergence {
  std::size_t line = 0;  ///< Of the record's file, from 1.
  std::string expected;  ///< What the record says; empty: nothing.
  std::string found;  ///< What the components did; empty: nothing. Or what is wrong with the line.
};

struct ReplayResult {
  std::size_t inputs = 0;          ///< Events, requests and starts that were fed.
  std::size_t calls_compared = 0;  ///< Outgoing calls, timers, writes and deliveries that agreed.
  std::optional<Divergence> divergence;
  bool torn_tail =
      false;           ///< The record's last line was cut short; everything before was compared.
  bool ended = false;  ///< The process ended by itself; otherwise it was killed, or lines are
                       ///< missing at the end.
};

/// One sentence for people.
[[nodiscard]] std::string to_string(const ReplayResult& result);

/// Replays the record at `path`. Fails if it cannot be read at all; everything else is a result.
[[nodiscard]] Result<ReplayResult> replay_record(const std::string& path);

/// The same with components of the caller's.
using AddComponents =
    std::function<Result<void>(recording::RecordedProcess&, const recording::RecordHeader&)>;
[[nodiscard]] Result<ReplayResult> replay_record(const std::string& path, const AddComponents& add);

}  // namespace orrery::replay
