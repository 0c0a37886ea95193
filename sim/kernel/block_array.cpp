#include "sim/kernel/block_array.h"

#include <sys/mman.h>

namespace orrery::sim {

void LargePageRelease::operator()(void* memory) const {
  ::operator delete (memory, std::align_val_t{kLargePageBytes});
}

LargePage make_large_page(bool whole) {
  void* const memory = ::operator new (kLargePageBytes, std::align_val_t{kLargePageBytes});
#ifdef MADV_HUGEPAGE
  // Whether it is granted makes a difference to the time a run takes, and none to what it does.
  if (whole) (void)madvise(memory, kLargePageBytes, MADV_HUGEPAGE);
#else
  (void)whole;
#endif
  return LargePage{memory};
}

}  // namespace orrery::sim
