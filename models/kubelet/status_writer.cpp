#include "models/kubelet/status_writer.h"

#include <memory>
#include <utility>

namespace orrery::kubelet {

StatusWriter::StatusWriter(const NodeServices& node, CallTag tag, const api::Pod& pod)
    : node_{node},
      tag_{tag},
      timer_{node.timer(tag)},
      retry_{node.config.write_retry_initial, node.config.write_retry_cap},
      known_{pod.status},
      known_version_{pod.meta.resource_version} {}

void StatusWriter::saw(const api::Pod& pod) {
  if (pod.meta.resource_version <= known_version_) return;
  known_version_ = pod.meta.resource_version;
  known_ = pod.status;
  if (!in_flight_ && wanted_ == known_) {
    wanted_.reset();
    waiting_ = false;
    timer_.disarm();
  }
}

void StatusWriter::write(const api::Pod& pod, api::PodStatus status) {
  if (object_gone_ || status == latest()) return;
  pod_.meta = pod.meta;
  pod_.spec = pod.spec;
  wanted_ = std::move(status);
  if (!in_flight_ && !waiting_) send();
}

void StatusWriter::send() {
  in_flight_ = true;
  pod_.status = *wanted_;
  ports::ApiCall call;
  call.verb = ports::Verb::UpdateStatus;
  call.key = {api::Kind::Pod, pod_.meta.namespace_name, pod_.meta.name};
  call.uid = pod_.meta.uid;
  call.object = std::make_shared<const api::Object>(pod_);
  tag_.sequence = (tag_.sequence + 1) & kSequenceMax;
  node_.call_api(tag_, std::move(call));
}

void StatusWriter::on_reply(const ports::Event& event) {
  if (!in_flight_ || decode(event.id).sequence != tag_.sequence) return;
  in_flight_ = false;
  switch (event.outcome) {
    case ports::Outcome::Ok: {
      retry_.reset();
      known_ = pod_.status;
      const auto* reply = event.body ? std::get_if<ports::ApiObject>(event.body.get()) : nullptr;
      if (reply != nullptr && reply->object != nullptr) {
        known_version_ = api::meta_of(*reply->object).resource_version;
      }
      if (wanted_ == known_) wanted_.reset();
      if (wanted_) send();
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
  if (wanted_ && !in_flight_) send();
}

}  // namespace orrery::kubelet
