/// @file
/// A cache in the process of a caller: which calls it saves.
///
/// Either hits come at a fixed rate, or they emerge: each call asks for a key, popular by Zipf's
/// law, and hits if the key was fetched within its time to live and not pushed out since.
///
/// Source: Breslau et al. 1999, Web Caching and Zipf-like Distributions (the popularity of keys).
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <vector>

#include "models/base/random.h"
#include "models/base/time_types.h"

namespace orrery::sim {

struct CacheModel {
  double hit_probability = 0;  ///< 0..1; without keys.
  std::uint32_t keys = 0;      ///< So many there are; 0: hits come at the fixed rate.
  double exponent = 1;         ///< The i-th most popular key is asked for as 1 / i^exponent; >= 0.
  std::uint32_t capacity = 0;  ///< Keys that it holds, the least recently used goes; 0: all.
  Duration time_to_live;       ///< Of what was fetched; 0: for ever.
  bool single_flight = false;  ///< Of calls that miss the same key at a time one is made.

  friend bool operator==(const CacheModel&, const CacheModel&) = default;
};

/// Which key a call asks for.
class KeyPopularity {
 public:
  /// Requires: count >= 1, exponent >= 0.
  KeyPopularity(std::uint32_t count, double exponent);

  /// 0 is the most popular. `uniform` in [0, 1).
  [[nodiscard]] std::uint32_t key(double uniform) const;

 private:
  std::vector<double> cumulative_;
};

/// What one process holds.
class CallCache {
 public:
  CallCache(std::uint32_t capacity, Duration time_to_live)
      : capacity_{capacity}, time_to_live_{time_to_live} {}

  /// Whether it has the key; then this is its latest use.
  [[nodiscard]] bool get(std::uint32_t key, Instant now);
  void put(std::uint32_t key, Instant now);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Instant expires;
    std::list<std::uint32_t>::iterator use;
  };

  std::uint32_t capacity_;
  Duration time_to_live_;
  std::list<std::uint32_t> uses_;  ///< The latest first.
  std::map<std::uint32_t, Entry> entries_;
};

}  // namespace orrery::sim
