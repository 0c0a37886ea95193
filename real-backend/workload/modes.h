/// @file
/// What the workload program can be. Each mode reads its flags and returns the exit status.
#pragma once

#include <string>
#include <vector>

#include "real-backend/workload/flags.h"

namespace orrery::workload {

inline constexpr int kExitBadInput = 2;

/// Prints what is wrong with the flags. True if nothing is.
[[nodiscard]] bool accept(const Flags& flags);

/// An HTTP service: serve.cpp.
[[nodiscard]] int serve(Flags flags);
/// An open-loop load generator: load.cpp.
[[nodiscard]] int load(Flags flags);

/// Holds a sandbox's namespaces: does nothing until TERM, and lets orphans go.
[[nodiscard]] int pause();
/// Waits for --for, or until TERM, then exits with --code.
[[nodiscard]] int sleep(Flags flags);
/// Exits with 0 if GET http://--address/--path is answered with 2xx within --timeout, else 1.
[[nodiscard]] int probe(Flags flags);

}  // namespace orrery::workload
