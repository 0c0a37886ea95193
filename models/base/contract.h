/// @file
/// Contract checks: the way Orrery reports a defect of its own.
///
/// Checks are compiled into every build. A simulator that carries on past a broken invariant keeps
/// producing numbers that look right, and nobody would notice.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace orrery {

/// Exit status of a process that found a defect of its own (EX_SOFTWARE of sysexits.h).
inline constexpr int kExitOurBug = 70;

/// Prints where and which rule was broken, and ends the process with `kExitOurBug`.
///
/// For programmer errors only. Bad input and failures of the outside world are values.
///
/// The place is the caller's: the built-ins that std::source_location is made of, which clang 14
/// has as well.
[[noreturn]] inline void contract_violation(const char* rule, const char* file = __builtin_FILE(),
                                            int line = __builtin_LINE()) {
  std::fprintf(stderr,
               "%s:%d: contract violated: %s\nThis is a defect in Orrery; please report it.\n",
               file, line, rule);
  std::fflush(nullptr);
  std::_Exit(kExitOurBug);
}

/// Ends the process unless `holds`; `rule` is a sentence that says what should have been true.
/// A rule broken in a constant expression is a compile error.
constexpr void expects(bool holds, const char* rule, const char* file = __builtin_FILE(),
                       int line = __builtin_LINE()) {
  if (!holds) contract_violation(rule, file, line);
}

}  // namespace orrery
