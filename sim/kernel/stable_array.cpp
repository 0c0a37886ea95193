#include "sim/kernel/stable_array.h"

#include <sys/mman.h>

namespace orrery::sim {

void AddressRange::reserve(std::size_t bytes) {
  expects(first_ == nullptr, "a range of addresses is reserved once");
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  for (; bytes >= kLargePageBytes; bytes /= 2) {
    void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, kFlags, -1, 0);
    if (memory == MAP_FAILED) continue;
    first_ = memory;
    bytes_ = bytes;
#ifdef MADV_HUGEPAGE
    // Whether it is granted makes a difference to the time a run takes, and none to what it does.
    char* const behind = static_cast<char*>(memory) + kLargePageBytes;
    (void)madvise(behind, bytes - kLargePageBytes, MADV_HUGEPAGE);
#endif
    return;
  }
  contract_violation("the system has addresses for an array");
}

AddressRange::~AddressRange() {
  if (first_ != nullptr) (void)munmap(first_, bytes_);
}

}  // namespace orrery::sim
