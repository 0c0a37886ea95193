#include "models/kubelet/runtime_lister.h"

#include <algorithm>

namespace orrery::kubelet {

RuntimeLister::RuntimeLister(const NodeServices& node)
    : node_{node},
      timer_{node.timer({.topic = Topic::RuntimeList})},
      retry_{node.config.runtime_list_retry_initial, node.config.runtime_list_retry_cap} {}

void RuntimeLister::request(Duration delay) {
  const Instant at = node_.now() + delay;
  if (due_ && *due_ <= at) return;
  due_ = at;
  if (!in_flight_) timer_.arm(at);
}

void RuntimeLister::on_timer() {
  if (in_flight_) return;
  due_.reset();
  in_flight_ = true;
  list_stamp_ = stamp();
  sequence_ = (sequence_ + 1) & kSequenceMax;
  ports::RuntimeCall call;
  call.verb = ports::RuntimeVerb::List;
  node_.call_runtime({.topic = Topic::RuntimeList, .sequence = sequence_}, std::move(call));
}

std::optional<std::uint64_t> RuntimeLister::on_reply(const ports::Event& event) {
  if (!in_flight_ || decode(event.id).sequence != sequence_) return std::nullopt;
  in_flight_ = false;
  const bool good = event.outcome == ports::Outcome::Ok && event.body != nullptr &&
                    std::holds_alternative<ports::RuntimeResult>(*event.body);
  if (!good) {
    const Instant again = node_.now() + retry_.next();
    due_ = due_ ? std::max(*due_, again) : again;
  } else {
    retry_.reset();
    last_answer_ = node_.now();
  }
  if (due_) timer_.arm(*due_);
  return good ? std::optional{list_stamp_} : std::nullopt;
}

}  // namespace orrery::kubelet
