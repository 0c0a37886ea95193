#include "models/kubelet/image_collector.h"

#include <algorithm>
#include <tuple>

namespace orrery::kubelet {

void ImageCollector::observe(const std::vector<ports::ImageInfo>& images,
                             const std::set<std::string>& in_use, Instant now) {
  std::map<std::string, Known> seen;
  for (const ports::ImageInfo& image : images) {
    const auto before = images_.find(image.name);
    Known known = before == images_.end() ? Known{0, now, Instant{}, false} : before->second;
    known.bytes = image.bytes;
    known.in_use = in_use.contains(image.name);
    if (known.in_use) known.last_used = now;
    seen.emplace(image.name, known);
  }
  images_ = std::move(seen);
}

// Example: a disk of 100 GiB with 13 GiB left is 87 % full; 20 % should be free: 7 GiB to go.
std::int64_t ImageCollector::bytes_to_free(const ports::Supply& disk,
                                           const ImageCollectionConfig& config) {
  if (disk.capacity <= 0) return 0;
  const std::int64_t available = std::clamp<std::int64_t>(disk.available, 0, disk.capacity);
  const auto percent_free = static_cast<std::int32_t>(static_cast<double>(available) /
                                                      static_cast<double>(disk.capacity) * 100.0);
  if (100 - percent_free < config.high_percent) return 0;
  const std::int64_t wanted = disk.capacity / 100 * (100 - config.low_percent) +
                              disk.capacity % 100 * (100 - config.low_percent) / 100;
  return std::max<std::int64_t>(wanted - available, 0);
}

std::vector<std::string> ImageCollector::to_remove(std::int64_t bytes, Instant now,
                                                   const ImageCollectionConfig& config) const {
  std::vector<std::pair<std::string, Known>> unused;
  for (const auto& entry : images_) {
    if (!entry.second.in_use) unused.push_back(entry);
  }
  std::stable_sort(unused.begin(), unused.end(), [](const auto& left, const auto& right) {
    return std::tuple{left.second.last_used, left.second.first_seen} <
           std::tuple{right.second.last_used, right.second.first_seen};
  });
  std::vector<std::string> names;
  for (const auto& [name, known] : unused) {
    if (bytes <= 0) break;
    if (now - known.first_seen < config.age_min) continue;
    names.push_back(name);
    bytes -= known.bytes;
  }
  return names;
}

}  // namespace orrery::kubelet
