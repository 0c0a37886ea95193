#include "models/kubelet/pod_volumes.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace orrery::kubelet {
namespace {

using api::Kind;
using ports::VolumeOrder;

constexpr std::string_view kContainerPrefix = "container ";

/// The call and the timer of a pod's end stand beside those of its volumes.
constexpr std::uint32_t kNoVolume = kContainerMax;

}  // namespace

bool has_volumes(const api::Pod& pod) {
  return !pod.spec.volumes.empty() || !config_references(pod).empty();
}

PodVolumes::PodVolumes(const Shared& shared, CallTag tag, const api::Pod& pod)
    : shared_{shared},
      node_{shared.node},
      tag_{tag},
      pod_{pod},
      references_{config_references(pod)},
      end_retry_{node_.config.removal_retry_initial, node_.config.removal_retry_cap} {
  for (const api::ObjectKey& key : references_) follow(key);
  entries_.resize(pod_.spec.volumes.size());
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const api::Volume& volume = pod_.spec.volumes[i];
    entries_[i].volume = &volume;
    if (const auto* claim = std::get_if<api::ClaimVolume>(&volume.source)) {
      follow({Kind::PersistentVolumeClaim, pod_.meta.namespace_name, claim->claim_name});
    }
  }
  // What an earlier kubelet reported of containers that may still run.
  for (const api::ConfigInUse& use : pod_.status.configs) {
    if (use.where.starts_with(kContainerPrefix)) of_containers_.push_back(use);
  }
}

void PodVolumes::release() {
  for (const api::ObjectKey& key : std::exchange(followed_, {})) shared_.objects.unfollow(key);
  for (Entry& entry : entries_) {
    if (!entry.claimed.empty()) shared_.in_use.leave_alone(entry.claimed, pod_.meta.uid);
    if (std::exchange(entry.counted, false)) shared_.in_use.release(entry.claimed);
  }
}

void PodVolumes::follow(const api::ObjectKey& key) {
  if (std::find(followed_.begin(), followed_.end(), key) != followed_.end()) return;
  followed_.push_back(key);
  shared_.objects.follow(key);
}

bool PodVolumes::all_mounted() const {
  const bool known = std::all_of(references_.begin(), references_.end(),
                                 [&](const auto& key) { return shared_.objects.see(key).known; });
  return known && std::all_of(entries_.begin(), entries_.end(),
                              [](const Entry& entry) { return entry.was_mounted; });
}

bool PodVolumes::mount() {
  if (mounted_) return true;
  if (end_ != End::No) return false;
  for (std::uint32_t i = 0; i < entries_.size(); ++i) advance(i);
  const Instant now = node_.now();
  if (all_mounted() && now >= next_attempt_) {
    mounted_ = true;
    attempt_ends_.reset();
    const bool changes = std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
      return !config_sources(entry.volume->source, pod_.meta.namespace_name).empty();
    });
    if (changes) refresh_at_ = now + jitter(node_.config.volume_sync_period);
  } else if (now >= next_attempt_) {
    if (!attempt_ends_) attempt_ends_ = now + node_.config.mount_wait;
    if (now >= *attempt_ends_) {
      next_attempt_ = now + jitter(node_.config.back_off_resync);
      attempt_ends_.reset();
    }
  }
  arm();
  return mounted_;
}

void PodVolumes::advance(std::uint32_t index) {
  Entry& entry = entries_[index];
  if (entry.stage != Stage::Waiting || node_.now() < entry.retry_at) return;
  const api::VolumeSource& source = entry.volume->source;
  if (has_config_files(source)) {
    advance_config(index);
  } else if (const auto* claim = std::get_if<api::ClaimVolume>(&source)) {
    advance_claim(index, *claim);
  } else if (const auto* host = std::get_if<api::HostPathVolume>(&source)) {
    VolumeOrder order = order_for(entry, VolumeOrder::Kind::HostPath);
    entry.path = host->path;
    order.path = host->path;
    order.type = host->type;
    prepare(index, std::move(order));
  } else {
    const bool memory = std::get<api::EmptyDirVolume>(source).memory;
    prepare(index,
            order_for(entry, memory ? VolumeOrder::Kind::Memory : VolumeOrder::Kind::Directory));
  }
}

std::optional<std::vector<std::uint64_t>> PodVolumes::versions_of(const Entry& entry) const {
  std::vector<std::uint64_t> versions;
  for (const auto& key : config_sources(entry.volume->source, pod_.meta.namespace_name)) {
    const FollowedObjects::Sight sight = shared_.objects.see(key);
    if (!sight.known) return std::nullopt;
    versions.push_back(sight.object == nullptr ? 0 : api::meta_of(*sight.object).resource_version);
  }
  return versions;
}

std::optional<api::Labels> PodVolumes::files_of(const Entry& entry) const {
  return config_files(pod_, entry.volume->source, node_.allocatable, lookup());
}

void PodVolumes::advance_config(std::uint32_t index) {
  Entry& entry = entries_[index];
  auto versions = versions_of(entry);
  if (!versions) return;
  auto files = files_of(entry);
  if (!files) {
    try_later(entry);
    return;
  }
  entry.versions = *std::move(versions);
  VolumeOrder order = order_for(entry, VolumeOrder::Kind::Files);
  order.files = *std::move(files);
  const auto sources = config_sources(entry.volume->source, pod_.meta.namespace_name);
  order.secret = std::any_of(sources.begin(), sources.end(),
                             [](const auto& key) { return key.kind == Kind::Secret; });
  prepare(index, std::move(order));
}

/// Claim, then volume, then attachment; each is waited for.
void PodVolumes::advance_claim(std::uint32_t index, const api::ClaimVolume& claim) {
  Entry& entry = entries_[index];
  const auto claim_sight = shared_.objects.see(
      {Kind::PersistentVolumeClaim, pod_.meta.namespace_name, claim.claim_name});
  if (claim_sight.object == nullptr) return;
  const auto& seen = std::get<api::PersistentVolumeClaim>(*claim_sight.object);
  if (seen.phase != api::ClaimPhase::Bound || seen.spec.volume_name.empty()) return;
  const std::string& name = seen.spec.volume_name;
  follow({Kind::PersistentVolume, {}, name});
  const auto volume_sight = shared_.objects.see({Kind::PersistentVolume, {}, name});
  if (volume_sight.object == nullptr) return;
  const auto& volume = std::get<api::PersistentVolume>(*volume_sight.object);
  const auto& modes = seen.spec.access_modes;
  const bool one_pod =
      std::find(modes.begin(), modes.end(), api::AccessMode::ReadWriteOncePod) != modes.end();
  if (one_pod && !shared_.in_use.take_alone(name, pod_.meta.uid)) {
    try_later(entry);
    return;
  }
  entry.claimed = name;
  entry.path = volume.path;
  if (volume.attachable) {
    if (!entry.counted) {
      entry.counted = true;
      shared_.in_use.use(name);
    }
    entry.unreported = !shared_.in_use.reported(name);
    if (entry.unreported) return;
    const api::ObjectKey attachment{
        Kind::VolumeAttachment, {}, api::attachment_name(name, node_.node_name)};
    follow(attachment);
    const auto attached = shared_.objects.see(attachment);
    if (attached.object == nullptr) return;
    const auto& known = std::get<api::VolumeAttachment>(*attached.object);
    if (!known.attached || known.meta.deletion) return;
  }
  VolumeOrder order = order_for(entry, VolumeOrder::Kind::Disk);
  order.disk = name;
  order.path = volume.path;
  prepare(index, std::move(order));
}

VolumeOrder PodVolumes::order_for(const Entry& entry, VolumeOrder::Kind kind) const {
  VolumeOrder order;
  order.pod_uid = pod_.meta.uid;
  order.name = entry.volume->name;
  order.kind = kind;
  return order;
}

void PodVolumes::prepare(std::uint32_t index, VolumeOrder order) {
  CallTag made = tag_;
  made.container = index;
  sequence_ = (sequence_ + 1) & kSequenceMax;
  made.sequence = sequence_;
  Entry& entry = entries_[index];
  entry.stage = Stage::Preparing;
  entry.call = encode(made);
  ports::RuntimeCall call;
  call.verb = ports::RuntimeVerb::PrepareVolume;
  call.volume = std::move(order);
  node_.call_runtime(made, std::move(call));
}

void PodVolumes::try_later(Entry& entry) {
  entry.retry_at = node_.now() + jitter(node_.config.back_off_resync);
}

void PodVolumes::refresh() {
  if (mounted_ && end_ == End::No) update_configs();
}

void PodVolumes::update_configs() {
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    if (entry.stage != Stage::Mounted) continue;
    if (!has_config_files(entry.volume->source)) continue;
    const auto versions = versions_of(entry);
    if (!versions || *versions == entry.versions) continue;
    // Where a source is gone, or lacks a key, the files stay as they are.
    if (files_of(entry)) advance_config(i);
  }
}

bool PodVolumes::on_event(CallTag tag, const ports::Event& event) {
  const Instant now = node_.now();
  if (event.kind == ports::EventKind::Timer) {
    if (end_ == End::Failed && now >= end_retry_at_) end_ = End::No;
    if (end_ == End::No && refresh_at_ && now >= *refresh_at_) {
      update_configs();
      refresh_at_ = now + jitter(node_.config.volume_sync_period);
    }
    arm();
    return !mounted_ || end_retry_at_ > Instant{};
  }
  if (tag.container == kNoVolume) {
    if (event.id != end_call_) return false;
    end_call_ = 0;
    const bool done = event.outcome == ports::Outcome::Ok;
    end_ = done ? End::Done : End::Failed;
    if (done) {
      release();
    } else {
      end_retry_at_ = now + end_retry_.next();
    }
    arm();
    return true;
  }
  if (tag.container >= entries_.size() || entries_[tag.container].call != event.id) return false;
  Entry& entry = entries_[tag.container];
  entry.call = 0;
  if (event.outcome == ports::Outcome::Ok) {
    entry.stage = Stage::Mounted;
    entry.was_mounted = true;
  } else if (entry.was_mounted) {
    entry.stage = Stage::Mounted;
    entry.versions.clear();  // At the next refresh again.
  } else {
    entry.stage = Stage::Waiting;
    try_later(entry);
  }
  arm();
  return true;
}

void PodVolumes::arm() {
  Instant next = Instant::never();
  const auto consider = [&](Instant when) {
    if (when > node_.now()) next = std::min(next, when);
  };
  if (end_ == End::Failed) {
    consider(end_retry_at_);
  } else if (end_ == End::No && mounted_) {
    if (refresh_at_) consider(*refresh_at_);
  } else if (end_ == End::No) {
    if (attempt_ends_) consider(*attempt_ends_);
    consider(next_attempt_);
    for (const Entry& entry : entries_) {
      if (entry.stage == Stage::Waiting) consider(entry.retry_at);
    }
  }
  if (next == Instant::never()) {
    if (timer_) timer_->disarm();
    return;
  }
  if (!timer_) timer_ = node_.timer(tag_);
  timer_->arm(next);
}

Duration PodVolumes::jitter(Duration base) {
  // Another sequence than that of the pod's own back-offs.
  const std::string key = pod_.meta.uid + "/volumes";
  const double u =
      node_.draws.uniform(Purpose::KubeletJitter, key_of(key.data(), key.size()), ++jitter_count_);
  return jittered(base, node_.config.resync_jitter, u);
}

bool PodVolumes::waits_for(const api::ObjectKey& key) const {
  return !mounted_ && end_ == End::No &&
         std::find(followed_.begin(), followed_.end(), key) != followed_.end();
}

bool PodVolumes::waits_for_report() const {
  return !mounted_ && end_ == End::No &&
         std::any_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return entry.unreported; });
}

bool PodVolumes::claims_resolved() const {
  return std::all_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    const auto* claim = std::get_if<api::ClaimVolume>(&entry.volume->source);
    if (claim == nullptr || !entry.claimed.empty() || end_ == End::Done) return true;
    const auto sight = shared_.objects.see(
        {Kind::PersistentVolumeClaim, pod_.meta.namespace_name, claim->claim_name});
    if (!sight.known || sight.object == nullptr) return sight.known;
    const auto& seen = std::get<api::PersistentVolumeClaim>(*sight.object);
    return seen.phase != api::ClaimPhase::Bound ||
           shared_.objects.see({Kind::PersistentVolume, {}, seen.spec.volume_name}).known;
  });
}

std::vector<ports::Mount> PodVolumes::mounts_of(const api::Container& container) const {
  std::vector<ports::Mount> mounts;
  for (const api::VolumeMount& wanted : container.volume_mounts) {
    const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& e) { return e.volume->name == wanted.name; });
    if (entry == entries_.end()) continue;
    const api::VolumeSource& source = entry->volume->source;
    const auto* claim = std::get_if<api::ClaimVolume>(&source);
    const bool files = has_config_files(source);
    ports::Mount mount;
    mount.volume = wanted.name;
    mount.mount_path = wanted.mount_path;
    mount.sub_path = wanted.sub_path;
    mount.read_only = wanted.read_only || files || (claim != nullptr && claim->read_only);
    mount.host_path = entry->path;
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

Lookup PodVolumes::lookup() const {
  return [this](const api::ObjectKey& key) { return shared_.objects.see(key).object; };
}

std::vector<api::ConfigInUse> PodVolumes::uses_of(const Entry& entry,
                                                  const std::string& where) const {
  std::vector<api::ConfigInUse> uses;
  const auto keys = config_sources(entry.volume->source, pod_.meta.namespace_name);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::uint64_t version = i < entry.versions.size() ? entry.versions[i] : 0;
    uses.push_back({std::string{to_string(keys[i].kind)} + "/" + keys[i].name, where, version});
  }
  return uses;
}

void PodVolumes::note_created(const api::Container& container, const Environment& environment) {
  const std::string where = std::string{kContainerPrefix} + container.name;
  std::erase_if(of_containers_, [&](const api::ConfigInUse& use) { return use.where == where; });
  of_containers_.insert(of_containers_.end(), environment.configs.begin(),
                        environment.configs.end());
  for (const api::VolumeMount& mount : container.volume_mounts) {
    if (mount.sub_path.empty()) continue;
    for (const Entry& entry : entries_) {
      if (entry.volume->name != mount.name) continue;
      for (api::ConfigInUse& use : uses_of(entry, where)) {
        if (std::find(of_containers_.begin(), of_containers_.end(), use) == of_containers_.end()) {
          of_containers_.push_back(std::move(use));
        }
      }
    }
  }
}

bool PodVolumes::unmount(bool always) {
  if (end_ == End::Done) return true;
  if (entries_.empty() && !always) {
    end_ = End::Done;
    release();
    return true;
  }
  if (end_ != End::No) return false;
  const bool busy = std::any_of(entries_.begin(), entries_.end(),
                                [](const Entry& entry) { return entry.stage == Stage::Preparing; });
  if (busy) return false;  // Its reply leads here again.
  end_ = End::Asked;
  arm();
  CallTag made = tag_;
  made.container = kNoVolume;
  sequence_ = (sequence_ + 1) & kSequenceMax;
  made.sequence = sequence_;
  end_call_ = encode(made);
  ports::RuntimeCall call;
  call.verb = ports::RuntimeVerb::RemoveVolumes;
  call.volume = ports::VolumeOrder{};
  call.volume->pod_uid = pod_.meta.uid;
  node_.call_runtime(made, std::move(call));
  return false;
}

std::vector<api::ConfigInUse> PodVolumes::configs() const {
  std::vector<api::ConfigInUse> all = of_containers_;
  for (const Entry& entry : entries_) {
    if (!entry.was_mounted || entry.stage != Stage::Mounted) continue;
    for (api::ConfigInUse& use : uses_of(entry, "volume " + entry.volume->name)) {
      all.push_back(std::move(use));
    }
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::tie(a.where, a.source) < std::tie(b.where, b.source);
  });
  return all;
}

}  // namespace orrery::kubelet
