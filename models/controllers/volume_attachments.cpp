#include "models/controllers/volume_attachments.h"

#include <algorithm>
#include <utility>

namespace orrery::controllers {
namespace {

using api::VolumeAttachment;

/// A note that an attachment was refused; nothing is attached or about to be.
bool is_refusal(const VolumeAttachment& attachment) { return !attachment.attach_error.empty(); }

class Reconciler {
 public:
  Reconciler(const AttachView& view, const AttachDetachConfig& config, const StorageTimes& times,
             Instant now)
      : view_{view}, config_{config}, times_{times}, now_{now} {}

  Plan run() {
    for (const VolumeAttachment* attachment : view_.attachments) detach_or_keep(*attachment);
    for (const std::string& node : view_.wanted) attach(node);
    Plan plan;
    plan.look_again_after = again_;
    for (Batch* batch : {&detaches_, &attaches_}) {
      if (!batch->empty()) plan.batches.push_back(std::move(*batch));
    }
    return plan;
  }

 private:
  [[nodiscard]] bool wants(const std::string& node) const {
    return std::find(view_.wanted.begin(), view_.wanted.end(), node) != view_.wanted.end();
  }

  void look_again_at(Instant when) {
    const Duration wait = when - now_;
    if (!again_ || wait < *again_) again_ = wait;
  }

  void detach_or_keep(const VolumeAttachment& attachment) {
    if (attachment.meta.deletion) {  // The storage is at it.
      const Instant done = *attachment.meta.deletion + times_.detach;
      if (done > now_) return look_again_at(done);
      VolumeAttachment next = attachment;
      next.meta.finalizers.clear();
      detaches_.push_back(update_call(std::move(next)));
      return;
    }
    if (is_refusal(attachment)) {
      if (!wants(attachment.node_name) || !refused(attachment.node_name)) {
        detaches_.push_back(delete_call(attachment.meta, api::Kind::VolumeAttachment));
      }
      return;
    }
    if (!wants(attachment.node_name)) {
      if (may_detach(attachment.node_name)) {
        detaches_.push_back(delete_call(attachment.meta, api::Kind::VolumeAttachment));
      }
      return;
    }
    if (attachment.attached) return;
    const Instant done = attachment.meta.creation + times_.attach;
    if (done > now_) return look_again_at(done);
    VolumeAttachment next = attachment;
    next.attached = true;
    attaches_.push_back(update_call(std::move(next)));
  }

  bool may_detach(const std::string& node_name) {
    const AttachNode& node = view_.nodes.at(node_name);
    if (!node.mounted || node.out_of_service) return true;
    const auto since = view_.unwanted_since.find(node_name);
    const Instant end =
        (since == view_.unwanted_since.end() ? now_ : since->second) + config_.force_detach_after;
    if (end > now_) {
      look_again_at(end);
      return false;
    }
    return !node.ready && config_.force_detach;
  }

  /// Another node has the volume, is getting or losing it, or comes first.
  [[nodiscard]] bool refused(const std::string& node) const {
    if (!view_.exclusive) return false;
    const bool elsewhere = std::any_of(
        view_.attachments.begin(), view_.attachments.end(),
        [&](const VolumeAttachment* a) { return a->node_name != node && !is_refusal(*a); });
    return elsewhere || view_.wanted.front() != node;
  }

  void attach(const std::string& node) {
    const bool exists =
        std::any_of(view_.attachments.begin(), view_.attachments.end(),
                    [&](const VolumeAttachment* a) { return a->node_name == node; });
    if (exists) return;
    VolumeAttachment attachment;
    attachment.meta.name = api::attachment_name(view_.volume_name, node);
    attachment.node_name = node;
    attachment.volume_name = view_.volume_name;
    if (refused(node)) {
      attachment.attach_error =
          "Multi-Attach error: the volume is already exclusively attached to one node";
    } else {
      attachment.meta.finalizers = {kAttachFinalizer};
    }
    attaches_.push_back(create_call(std::move(attachment)));
  }

  const AttachView& view_;
  const AttachDetachConfig& config_;
  const StorageTimes& times_;
  Instant now_;
  Batch detaches_;
  Batch attaches_;
  std::optional<Duration> again_;
};

}  // namespace

Plan reconcile_attachments(const AttachView& view, const AttachDetachConfig& config,
                           const StorageTimes& times, Instant now) {
  return Reconciler{view, config, times, now}.run();
}

bool holds_volumes(const api::Pod& pod) {
  if (api::has_ended(pod)) return false;
  if (!pod.meta.deletion) return true;
  return std::any_of(
      pod.status.container_statuses.begin(), pod.status.container_statuses.end(),
      [](const api::ContainerStatus& s) { return s.phase == api::ContainerPhase::Running; });
}

bool is_out_of_service(const api::Node& node) {
  return std::any_of(node.spec.taints.begin(), node.spec.taints.end(),
                     [](const api::Taint& taint) { return taint.key == kOutOfServiceTaint; });
}

}  // namespace orrery::controllers
