#include "models/kubelet/image_puller.h"

#include <algorithm>
#include <utility>

namespace orrery::kubelet {

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
  begin_next();
}

void ImagePuller::begin_next() {
  const auto limit = static_cast<std::size_t>(std::max(node_.config.parallel_pulls, 1));
  while (under_way_.size() < limit && !queue_.empty()) {
    Wanted next = std::move(queue_.front());
    queue_.pop_front();
    under_way_.push_back(encode(next.tag));
    ports::RuntimeCall call;
    call.verb = ports::RuntimeVerb::PullImage;
    call.image = std::move(next.image);
    node_.call_runtime(next.tag, std::move(call));
  }
}

}  // namespace orrery::kubelet
