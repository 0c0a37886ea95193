/// @file
/// What the processes of the live world do alike: stop on a signal, name their records, say why
/// they ended.
#pragma once

#include <boost/asio/signal_set.hpp>
#include <string>

#include "models/base/result.h"
#include "real-backend/loop/event_loop.h"

namespace orrery::loop {

inline constexpr int kExitBadOptions = 2;
inline constexpr int kExitIoError = 74;  ///< EX_IOERR of sysexits.h.

/// SIGTERM and SIGINT stop `loop`, which must outlive it.
class StopSignals {
 public:
  explicit StopSignals(EventLoop& loop);

 private:
  boost::asio::signal_set signals_;
};

/// "DIRECTORY/WHO-INSTANT-PID.jsonl": a name of its own for every incarnation, sorted by its start.
[[nodiscard]] std::string record_path(const std::string& directory, const std::string& who,
                                      Instant started);

/// 0 after success; otherwise prints why `who` ended to standard error and returns `failed_code`.
[[nodiscard]] int exit_code_of(const char* who, const Result<void>& result, int failed_code);

}  // namespace orrery::loop
