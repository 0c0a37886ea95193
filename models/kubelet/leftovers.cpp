#include "models/kubelet/leftovers.h"

#include <algorithm>
#include <utility>

namespace orrery::kubelet {
namespace {

CallTag tag_of(std::uint32_t serial, std::uint32_t sequence) {
  return {.topic = Topic::Leftover,
          .slot = serial & kSlotMax,
          .generation = serial >> 16,
          .sequence = sequence};
}

// A container whose sandbox is unknown is none the less no sandbox.
constexpr const char* kNoSandbox = "(none)";

}  // namespace

void Leftovers::add_container(const std::string& pod_uid, const std::string& id,
                              const std::string& sandbox_id, bool running) {
  add(pod_uid, id, sandbox_id.empty() ? kNoSandbox : sandbox_id,
      running ? Step::Stop : Step::Remove);
}

void Leftovers::add_sandbox(const std::string& pod_uid, const std::string& id) {
  add(pod_uid, id, {}, holds_containers_of(id) ? Step::Waiting : Step::Stop);
}

void Leftovers::add(std::string pod_uid, std::string id, std::string sandbox_id, Step step) {
  if (id.empty() || contains(id)) return;
  const std::uint32_t serial = next_serial_++;
  Item item{.pod_uid = std::move(pod_uid),
            .id = std::move(id),
            .sandbox_id = std::move(sandbox_id),
            .step = step,
            .retry = {node_.config.removal_retry_initial, node_.config.removal_retry_cap},
            .timer = node_.timer(tag_of(serial, 0))};
  Item& placed = items_.emplace(serial, std::move(item)).first->second;
  if (placed.step != Step::Waiting) send(serial, placed);
}

bool Leftovers::contains(std::string_view id) const {
  return std::any_of(items_.begin(), items_.end(),
                     [&](const auto& entry) { return entry.second.id == id; });
}

bool Leftovers::any_of(std::string_view pod_uid) const {
  return std::any_of(items_.begin(), items_.end(),
                     [&](const auto& entry) { return entry.second.pod_uid == pod_uid; });
}

bool Leftovers::any_running_of(std::string_view pod_uid) const {
  return std::any_of(items_.begin(), items_.end(), [&](const auto& entry) {
    return entry.second.pod_uid == pod_uid && entry.second.step != Step::Remove;
  });
}

bool Leftovers::holds_containers_of(std::string_view sandbox_id) const {
  return std::any_of(items_.begin(), items_.end(),
                     [&](const auto& entry) { return entry.second.sandbox_id == sandbox_id; });
}

void Leftovers::send(std::uint32_t serial, Item& item) {
  using ports::RuntimeVerb;
  ports::RuntimeCall call;
  if (is_sandbox(item)) {
    call.verb = item.step == Step::Stop ? RuntimeVerb::StopSandbox : RuntimeVerb::RemoveSandbox;
    call.sandbox_id = item.id;
  } else {
    call.verb = item.step == Step::Stop ? RuntimeVerb::StopContainer : RuntimeVerb::RemoveContainer;
    call.container_id = item.id;
    call.timeout = node_.config.minimum_grace;
  }
  item.sequence = (item.sequence + 1) & kSequenceMax;
  node_.call_runtime(tag_of(serial, item.sequence), std::move(call));
}

std::string Leftovers::on_event(const ports::Event& event) {
  const CallTag tag = decode(event.id);
  const std::uint32_t serial = tag.slot | (tag.generation << 16);
  const auto found = items_.find(serial);
  if (found == items_.end()) return {};
  Item& item = found->second;
  if (event.kind == ports::EventKind::Timer) {
    send(serial, item);
    return {};
  }
  if (tag.sequence != item.sequence) return {};
  if (event.outcome != ports::Outcome::Ok && event.outcome != ports::Outcome::NotFound) {
    if (event.outcome == ports::Outcome::Refused) item.step = Step::Stop;  // Runs after all.
    item.timer.arm(node_.now() + item.retry.next());
    return {};
  }
  std::string pod_uid = item.pod_uid;
  if (item.step == Step::Stop) {
    item.step = Step::Remove;
    send(serial, item);
    return pod_uid;
  }
  const std::string sandbox_id = item.sandbox_id;
  items_.erase(found);
  if (!sandbox_id.empty() && !holds_containers_of(sandbox_id)) {
    for (auto& [other_serial, other] : items_) {
      if (other.id != sandbox_id || other.step != Step::Waiting) continue;
      other.step = Step::Stop;
      send(other_serial, other);
    }
  }
  return pod_uid;
}

}  // namespace orrery::kubelet
