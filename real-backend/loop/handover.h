/// @file
/// Tells ThreadSanitizer of an order between two threads that it cannot see.
///
/// gRPC takes objects of ours to threads of its own and calls them there. What orders the two sides
/// are locks inside a library that is not instrumented, so the giver says it before it calls gRPC,
/// and the taker first of all in what gRPC calls. In other builds both do nothing.
///
/// Source: sanitizer/tsan_interface.h of LLVM.
#pragma once

#ifdef ORRERY_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#endif

namespace orrery::loop {

/// What this thread has done so far happens before what another does after take_over(object).
inline void hand_over([[maybe_unused]] void* object) {
#ifdef ORRERY_THREAD_SANITIZER
  __tsan_release(object);
#endif
}

/// Happens after every hand_over(object) so far.
inline void take_over([[maybe_unused]] void* object) {
#ifdef ORRERY_THREAD_SANITIZER
  __tsan_acquire(object);
#endif
}

}  // namespace orrery::loop
