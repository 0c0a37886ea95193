/// How the programs get their memory: jemalloc, on huge pages.
///
/// A run of 100,000 pods walks over more than a gigabyte of small objects. With pages of 4 KiB most
/// of that walk is spent on looking pages up; docs/decisions/0008-heap.md has the figures.

// Read by jemalloc at its start. NOLINTNEXTLINE(readability-identifier-naming)
extern "C" const char* malloc_conf;
const char* malloc_conf = "thp:always";
