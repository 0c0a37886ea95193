#include "models/kubelet/image_puller.h"

#include <algorithm>
#include <utility>

namespace orrery::kubelet {
namespace {

constexpr std::int64_t kOnePull = 1'000'000'000;

}  // namespace

ImagePuller::ImagePuller(const NodeServices& node)
    : node_{node},
      allowance_{kOnePull * node.config.registry_burst},
      allowance_at_{node.started_at} {}

void ImagePuller::pull(CallTag tag, std::string image) {
  queue_.push_back({tag, std::move(image)});
  begin_next();
}

void ImagePuller::forget(std::uint32_t slot, std::uint32_t generation) {
  std::erase_if(queue_, [&](const Wanted& wanted) {
    return wanted.tag.slot == slot && wanted.tag.generation == generation;
  });
}

void ImagePuller::on_reply(std::uint64_t id) {
  std::erase(under_way_, id);
  refused_.erase(id);
  begin_next();
}

// Example: 5 a second, 10 at once. Ten pulls at 0 s leave nothing; one at 0.1 s is refused, one at
// 0.2 s is made.
bool ImagePuller::allowed() {
  const std::int64_t rate = node_.config.registry_qps;
  if (rate <= 0) return true;
  const std::int64_t full = kOnePull * std::max(node_.config.registry_burst, 1);
  const Duration since = node_.now() - allowance_at_;
  // A second fills it by `rate`; nothing is gained by counting longer than it takes to be full.
  const std::int64_t counted = std::min(since.count_ns(), full / rate + 1);
  allowance_ = std::min(full, allowance_ + counted * rate);
  allowance_at_ = node_.now();
  if (allowance_ < kOnePull) return false;
  allowance_ -= kOnePull;
  return true;
}

void ImagePuller::begin_next() {
  const auto limit = static_cast<std::size_t>(std::max(node_.config.parallel_pulls, 1));
  while (under_way_.size() < limit && !queue_.empty()) {
    Wanted next = std::move(queue_.front());
    queue_.pop_front();
    under_way_.push_back(encode(next.tag));
    if (!allowed()) {
      refused_.insert_or_assign(encode(next.tag), node_.timer(next.tag))
          .first->second.arm(node_.now());
      continue;
    }
    ports::RuntimeCall call;
    call.verb = ports::RuntimeVerb::PullImage;
    call.image = std::move(next.image);
    node_.call_runtime(next.tag, std::move(call));
  }
}

}  // namespace orrery::kubelet
