/// @file
/// Which images a node removes when its image disk fills up.
///
/// Source: Kubernetes pkg/kubelet/images/image_gc_manager.go.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "models/ports/event.h"

namespace orrery::kubelet {

/// Values: KubeletConfiguration.
struct ImageCollectionConfig {
  std::int32_t high_percent = 85;           ///< imageGCHighThresholdPercent: begins at this use.
  std::int32_t low_percent = 80;            ///< imageGCLowThresholdPercent: ends at this one.
  Duration age_min = Duration::minutes(2);  ///< imageMinimumGCAge
  Duration period = Duration::minutes(5);   ///< kubelet.go ImageGCPeriod
};

/// Remembers when each image was first seen and last used.
class ImageCollector {
 public:
  /// What the node has, and which of it containers use (running or not).
  void observe(const std::vector<ports::ImageInfo>& images, const std::set<std::string>& in_use,
               Instant now);

  /// The bytes to free so that use falls to the low threshold; 0 below the high one.
  [[nodiscard]] static std::int64_t bytes_to_free(const ports::Supply& disk,
                                                  const ImageCollectionConfig& config);

  /// Images to remove, until `bytes` are freed: least recently used first, then first seen first;
  /// none in use, and none seen for less than the minimum age.
  [[nodiscard]] std::vector<std::string> to_remove(std::int64_t bytes, Instant now,
                                                   const ImageCollectionConfig& config) const;

 private:
  struct Known {
    std::int64_t bytes = 0;
    Instant first_seen;
    Instant last_used;  ///< The start of the run: never.
    bool in_use = false;
  };
  std::map<std::string, Known> images_;
};

}  // namespace orrery::kubelet
