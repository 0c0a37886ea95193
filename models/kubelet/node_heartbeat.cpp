#include "models/kubelet/node_heartbeat.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace orrery::kubelet {
namespace {

constexpr const char* kLeaseNamespace = "kube-node-lease";
/// Of topic NodeStatus: a comparison, where 0 is a write.
constexpr std::uint32_t kCompare = 1;
/// Of a call or timer of topic NodeRegister: an existing node is given its labels.
constexpr std::uint32_t kLabel = 1;

/// Those that a kubelet keeps right on a node that exists; others are its creator's.
constexpr const char* kDefaultLabels[] = {"kubernetes.io/hostname",
                                          "topology.kubernetes.io/zone",
                                          "topology.kubernetes.io/region",
                                          "failure-domain.beta.kubernetes.io/zone",
                                          "failure-domain.beta.kubernetes.io/region",
                                          "node.kubernetes.io/instance-type",
                                          "beta.kubernetes.io/instance-type",
                                          "kubernetes.io/os",
                                          "kubernetes.io/arch"};

/// `known` with those of the labels by default that `own` has.
api::Labels with_default_labels(api::Labels known, const api::Labels& own) {
  for (const char* label : kDefaultLabels) {
    if (const auto found = own.find(label); found != own.end()) known[label] = found->second;
  }
  return known;
}

/// "KubeletHasSufficientMemory", "KubeletHasNoDiskPressure", "KubeletHasInsufficientPID", …
std::string reason_of(Pressure pressure, bool under) {
  switch (pressure) {
    case Pressure::Memory:
      return under ? "KubeletHasInsufficientMemory" : "KubeletHasSufficientMemory";
    case Pressure::Disk:
      return under ? "KubeletHasDiskPressure" : "KubeletHasNoDiskPressure";
    case Pressure::Pid:
      return under ? "KubeletHasInsufficientPID" : "KubeletHasSufficientPID";
  }
  contract_violation("a pressure has one of the known values");
}

}  // namespace

api::NodeResources allocatable_of(const api::NodeResources& capacity, const KubeletConfig& config) {
  api::NodeResources allocatable = capacity;
  allocatable.cpu_milli -= config.reserved_cpu_milli;
  allocatable.memory_bytes -= config.reserved_memory_bytes;
  for (const EvictionThreshold& threshold : config.eviction.hard) {
    if (threshold.signal != Signal::MemoryAvailable) continue;
    allocatable.memory_bytes -= amount_of(threshold, capacity.memory_bytes);
  }
  allocatable.cpu_milli = std::max<std::int64_t>(allocatable.cpu_milli, 0);
  allocatable.memory_bytes = std::max<std::int64_t>(allocatable.memory_bytes, 0);
  return allocatable;
}

NodeHeartbeat::NodeHeartbeat(const NodeServices& node, api::NodeResources resources,
                             VolumesInUse& volumes)
    : node_{node},
      resources_{resources},
      volumes_{volumes},
      register_timer_{node.timer({.topic = Topic::NodeRegister})},
      status_timer_{node.timer({.topic = Topic::NodeStatus})},
      compare_timer_{node.timer({.topic = Topic::NodeStatus, .container = kCompare})},
      register_retry_{node.config.lease_retry_initial, node.config.lease_retry_cap},
      lease_timer_{node.timer({.topic = Topic::Lease})},
      lease_retry_{node.config.lease_retry_initial, node.config.lease_retry_cap} {}

void NodeHeartbeat::start() {
  register_node();
  renew_lease();
}

api::Labels NodeHeartbeat::own_labels() const {
  api::Labels labels = node_.config.node_labels;
  labels.emplace("kubernetes.io/hostname", node_.node_name);
  return labels;
}

api::Node NodeHeartbeat::make_node() {
  const auto ready = runtime_ready_ ? api::ConditionStatus::True : api::ConditionStatus::False;
  api::set_condition(
      conditions_, "Ready", ready, runtime_ready_ ? "KubeletReady" : "KubeletNotReady",
      runtime_ready_ ? "kubelet is posting ready status" : "container runtime does not answer",
      node_.now());
  for (std::size_t i = 0; i < kPressureCount; ++i) {
    const auto pressure = static_cast<Pressure>(i);
    const bool under = under_pressure_.at(i);
    api::set_condition(conditions_, condition_of(pressure),
                       under ? api::ConditionStatus::True : api::ConditionStatus::False,
                       reason_of(pressure, under), "", node_.now());
  }
  api::Node node;
  node.meta.name = node_.node_name;
  node.meta.labels = own_labels();
  node.spec.taints = node_.config.node_taints;
  node.status.capacity = resources_;
  node.status.allocatable = allocatable_of(resources_, node_.config);
  node.status.address = node_.address;
  node.status.conditions = conditions_;
  node.status.images = images_;
  node.status.volumes_in_use = volumes_.send();
  return node;
}

void NodeHeartbeat::register_node() {
  ports::ApiCall call;
  call.verb = ports::Verb::Create;
  call.key = {api::Kind::Node, {}, node_.node_name};
  call.object = std::make_shared<const api::Object>(make_node());
  node_.call_api({.topic = Topic::NodeRegister}, std::move(call));
}

void NodeHeartbeat::on_registration(const ports::Event& event) {
  const bool exists = event.outcome == ports::Outcome::AlreadyExists;
  if (event.outcome != ports::Outcome::Ok && !exists) {
    register_timer_.arm(node_.now() + register_retry_.next());
    return;
  }
  if (decode(event.id).container == kLabel) {
    register_node();
    return;
  }
  const auto* reply = event.body ? std::get_if<ports::ApiObject>(event.body.get()) : nullptr;
  const auto* known = reply == nullptr || reply->object == nullptr
                          ? nullptr
                          : std::get_if<api::Node>(reply->object.get());
  if (exists && known != nullptr) {
    api::Labels labels = with_default_labels(known->meta.labels, own_labels());
    if (labels != known->meta.labels) {
      api::Node labelled = *known;
      labelled.meta.labels = std::move(labels);
      ports::ApiCall call;
      call.verb = ports::Verb::Update;
      call.key = {api::Kind::Node, {}, node_.node_name};
      call.resource_version = known->meta.resource_version;
      call.object = std::make_shared<const api::Object>(std::move(labelled));
      node_.call_api({.topic = Topic::NodeRegister, .container = kLabel}, std::move(call));
      return;
    }
    volumes_.inherit(known->status.volumes_in_use);
  } else {
    volumes_.confirm();
  }
  registered_ = true;
  if (exists || status_dirty_) {
    write_status();
  } else {
    status_timer_.arm(node_.now() + node_.config.node_status_heartbeat);
  }
}

void NodeHeartbeat::set_runtime_ready(bool ready) {
  if (runtime_ready_ == ready) return;
  runtime_ready_ = ready;
  changed();
}

void NodeHeartbeat::changed() {
  status_dirty_ = true;
  if (registered_ && !status_in_flight_) write_status();
}

void NodeHeartbeat::set_pressure(const std::array<bool, kPressureCount>& under) {
  if (under_pressure_ == under) return;
  under_pressure_ = under;
  changed();
}

void NodeHeartbeat::set_images(const std::vector<ports::ImageInfo>& images) {
  std::vector<api::NodeImage> largest;
  largest.reserve(images.size());
  for (const ports::ImageInfo& image : images) largest.push_back({image.name, image.bytes});
  std::sort(largest.begin(), largest.end(), [](const auto& left, const auto& right) {
    return left.bytes != right.bytes ? left.bytes > right.bytes : left.name < right.name;
  });
  largest.resize(std::min(largest.size(), node_.config.reported_images_max));
  std::sort(largest.begin(), largest.end(),
            [](const auto& left, const auto& right) { return left.name < right.name; });
  if (images_ == largest) return;
  images_ = std::move(largest);
  changed();
}

void NodeHeartbeat::report_volumes() {
  if (!registered_ || status_in_flight_) {
    status_dirty_ = true;
  } else {
    write_status();
  }
}

void NodeHeartbeat::write_status() {
  status_in_flight_ = true;
  status_dirty_ = false;
  ports::ApiCall call;
  call.verb = ports::Verb::UpdateStatus;
  call.key = {api::Kind::Node, {}, node_.node_name};
  call.object = std::make_shared<const api::Object>(make_node());
  node_.call_api({.topic = Topic::NodeStatus}, std::move(call));
}

bool NodeHeartbeat::differs(const api::Node& node) const {
  return std::any_of(conditions_.begin(), conditions_.end(), [&](const api::Condition& own) {
    const api::Condition* known = api::find_condition(node.status.conditions, own.type);
    return known == nullptr || known->status != own.status || known->reason != own.reason;
  });
}

void NodeHeartbeat::see(const api::Object* object) {
  const auto* node = object == nullptr ? nullptr : std::get_if<api::Node>(object);
  // What is being written is not there yet.
  if (node == nullptr || !registered_ || status_in_flight_) return;
  if (differs(*node)) compare_later();
}

void NodeHeartbeat::compare_later() {
  if (compares_) return;
  compares_ = true;
  // Worked example: started at 3 s, period 10 s, now 51 s: at 53 s.
  const std::int64_t period = node_.config.node_status_update.count_ns();
  const std::int64_t running = (node_.now() - node_.started_at).count_ns();
  compare_timer_.arm(node_.started_at + Duration::nanoseconds((running / period + 1) * period));
}

void NodeHeartbeat::compare() {
  ++compare_attempts_;
  ports::ApiCall call;
  call.verb = ports::Verb::Get;
  call.key = {api::Kind::Node, {}, node_.node_name};
  node_.call_api({.topic = Topic::NodeStatus, .container = kCompare}, std::move(call));
}

void NodeHeartbeat::on_compare(const ports::Event& event) {
  if (event.kind == ports::EventKind::Timer) {
    compare_attempts_ = 0;
    compare();
    return;
  }
  const auto* reply = event.body ? std::get_if<ports::ApiObject>(event.body.get()) : nullptr;
  const bool is_known =
      event.outcome == ports::Outcome::Ok && reply != nullptr && reply->object != nullptr;
  if (!is_known && event.outcome != ports::Outcome::NotFound &&
      compare_attempts_ < node_.config.node_status_attempts) {
    compare();
    return;
  }
  compares_ = false;
  if (event.outcome == ports::Outcome::NotFound) return;
  if (!is_known) {
    compare_later();
    return;
  }
  const auto& node = std::get<api::Node>(*reply->object);
  if (!registered_ || !differs(node)) return;
  // What was said in our place is what changes now.
  conditions_ = node.status.conditions;
  changed();
}

void NodeHeartbeat::renew_lease() {
  lease_in_flight_ = true;
  api::Lease lease;
  lease.meta.name = node_.node_name;
  lease.meta.namespace_name = kLeaseNamespace;
  lease.holder = node_.node_name;
  lease.duration = node_.config.lease_duration;
  lease.renew_time = node_.now();
  ports::ApiCall call;
  call.verb = lease_exists_ ? ports::Verb::Update : ports::Verb::Create;
  call.key = {api::Kind::Lease, kLeaseNamespace, node_.node_name};
  call.object = std::make_shared<const api::Object>(std::move(lease));
  node_.call_api({.topic = Topic::Lease}, std::move(call));
}

void NodeHeartbeat::on_lease_reply(ports::Outcome outcome) {
  lease_in_flight_ = false;
  if (outcome == ports::Outcome::Ok) {
    lease_exists_ = true;
    lease_retry_.reset();
    const std::string& name = node_.node_name;
    const double u = node_.draws.uniform(Purpose::KubeletJitter, key_of(name.data(), name.size()),
                                         ++lease_renewals_);
    lease_timer_.arm(node_.now() +
                     jittered(node_.config.lease_renew_period, node_.config.lease_renew_jitter, u));
  } else if (outcome == ports::Outcome::NotFound && lease_exists_) {
    lease_exists_ = false;
    renew_lease();
  } else if (outcome == ports::Outcome::AlreadyExists && !lease_exists_) {
    lease_exists_ = true;
    renew_lease();
  } else {
    lease_timer_.arm(node_.now() + lease_retry_.next());
    compare_later();
  }
}

void NodeHeartbeat::on_event(const ports::Event& event) {
  const bool timer = event.kind == ports::EventKind::Timer;
  switch (decode(event.id).topic) {
    case Topic::NodeRegister:
      if (timer) {
        register_node();
      } else if (!registered_) {
        on_registration(event);
      }
      return;
    case Topic::NodeStatus:
      if (decode(event.id).container == kCompare) {
        on_compare(event);
        return;
      }
      if (timer) {
        if (!status_in_flight_) write_status();
        return;
      }
      status_in_flight_ = false;
      if (event.outcome == ports::Outcome::Ok) volumes_.confirm();
      if (status_dirty_) {
        write_status();
      } else {
        status_timer_.arm(node_.now() + (event.outcome == ports::Outcome::Ok
                                             ? node_.config.node_status_heartbeat
                                             : node_.config.node_status_update));
      }
      return;
    case Topic::Lease:
      if (!timer) {
        on_lease_reply(event.outcome);
      } else if (!lease_in_flight_) {
        renew_lease();
      }
      return;
    default:
      return;
  }
}

}  // namespace orrery::kubelet
