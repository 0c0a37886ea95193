#include "models/kubelet/status_writer.h"

#include <memory>
#include <utility>

namespace orrery::kubelet {

StatusWriter::StatusWriter(const NodeServices& node, CallTag tag, api::ObjectPtr pod)
    : node_{node},
      tag_{tag},
      timer_{node.timer(tag)},
      retry_{node.config.write_retry_initial, node.config.write_retry_cap},
      known_{std::move(pod)},
      known_version_{api::meta_of(*known_).resource_version} {}

void StatusWriter::saw(const api::ObjectPtr& pod) {
  const std::uint64_t version = api::meta_of(*pod).resource_version;
  if (version <= known_version_) return;
  known_version_ = version;
  known_ = pod;
  if (sent_ == nullptr && wanted_ == known()) {
    wanted_.reset();
    waiting_ = false;
    timer_.disarm();
  }
}

void StatusWriter::write(const api::ObjectPtr& pod, api::PodStatus status) {
  if (object_gone_ || status == latest()) return;
  pod_ = pod;
  wanted_ = std::move(status);
  if (sent_ == nullptr && !waiting_) send();
}

void StatusWriter::send() {
  const auto& pod = std::get<api::Pod>(*pod_);
  // The spec is not sent: nothing but the status of a status write is taken.
  sent_ = std::make_shared<const api::Object>(api::Pod{pod.meta, {}, *wanted_});
  ports::ApiCall call;
  call.verb = ports::Verb::UpdateStatus;
  call.key = {api::Kind::Pod, pod.meta.namespace_name, pod.meta.name};
  call.uid = pod.meta.uid;
  call.object = sent_;
  tag_.sequence = (tag_.sequence + 1) & kSequenceMax;
  node_.call_api(tag_, std::move(call));
}

void StatusWriter::on_reply(const ports::Event& event) {
  if (sent_ == nullptr || decode(event.id).sequence != tag_.sequence) return;
  api::ObjectPtr sent = std::exchange(sent_, nullptr);
  switch (event.outcome) {
    case ports::Outcome::Ok: {
      retry_.reset();
      const auto* reply = event.body ? std::get_if<ports::ApiObject>(event.body.get()) : nullptr;
      if (reply != nullptr && reply->object != nullptr) {
        known_version_ = api::meta_of(*reply->object).resource_version;
        known_ = reply->object;
      } else {
        known_ = std::move(sent);
      }
      if (wanted_ == known()) wanted_.reset();
      if (wanted_) {
        send();
      } else {
        pod_.reset();
      }
      return;
    }
    case ports::Outcome::NotFound:
    case ports::Outcome::Conflict:  // The name belongs to another uid.
      object_gone_ = true;
      wanted_.reset();
      return;
    default:
      waiting_ = true;
      timer_.arm(node_.now() + retry_.next());
  }
}

void StatusWriter::on_timer() {
  waiting_ = false;
  if (wanted_ && sent_ == nullptr) send();
}

}  // namespace orrery::kubelet
