#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "models/api/reading.h"

namespace orrery::api {
namespace {

/// Makes objects with every field drawn: absent, default, extreme or awkward.
class RandomObject {
 public:
  explicit RandomObject(std::uint64_t seed) : random_{seed} {}

  Object make(Kind kind) {
    switch (kind) {
      case Kind::Pod:
        return filled<Pod>();
      case Kind::Node:
        return filled<Node>();
      case Kind::Deployment:
        return filled<Deployment>();
      case Kind::ReplicaSet:
        return filled<ReplicaSet>();
      case Kind::Service:
        return filled<Service>();
      case Kind::EndpointSlice:
        return filled<EndpointSlice>();
      case Kind::ConfigMap:
        return filled<ConfigMap>();
      case Kind::Lease:
        return filled<Lease>();
      case Kind::Namespace:
        return filled<Namespace>();
      case Kind::ResourceQuota:
        return filled<ResourceQuota>();
      case Kind::LimitRange:
        return filled<LimitRange>();
      case Kind::PriorityClass:
        return filled<PriorityClass>();
      case Kind::ReplicationController:
        return filled<ReplicationController>();
      case Kind::StatefulSet:
        return filled<StatefulSet>();
      case Kind::DaemonSet:
        return filled<DaemonSet>();
      case Kind::ControllerRevision:
        return filled<ControllerRevision>();
      case Kind::Job:
        return filled<Job>();
      case Kind::CronJob:
        return filled<CronJob>();
      case Kind::HorizontalPodAutoscaler:
        return filled<HorizontalPodAutoscaler>();
      case Kind::PodDisruptionBudget:
        return filled<PodDisruptionBudget>();
      case Kind::PodMetrics:
        return filled<PodMetrics>();
      case Kind::NetworkPolicy:
        return filled<NetworkPolicy>();
      case Kind::Ingress:
        return filled<Ingress>();
      case Kind::IngressClass:
        return filled<IngressClass>();
      case Kind::PersistentVolume:
        return filled<PersistentVolume>();
      case Kind::PersistentVolumeClaim:
        return filled<PersistentVolumeClaim>();
      case Kind::StorageClass:
        return filled<StorageClass>();
      case Kind::VolumeAttachment:
        return filled<VolumeAttachment>();
      case Kind::Secret:
        return filled<Secret>();
      default:
        return {};
    }
  }

 private:
  std::uint64_t below(std::uint64_t count) { return random_() % count; }

  template <class T>
  T filled() {
    T value;
    fill(value);
    return value;
  }

  template <class... Fields>
  void fill_all(Fields&... fields) {
    (fill(fields), ...);
  }

  void fill(bool& value) { value = below(2) == 0; }
  void fill(std::string& value) {
    static const std::vector<std::string> kTexts{"",
                                                 "",
                                                 "a",
                                                 "app",
                                                 "web-1",
                                                 "a\"b\\c",
                                                 "line\nbreak\ttab",
                                                 "ünïcödé…😀",
                                                 "\x01\x1f\x7f",
                                                 std::string("nul\0inside", 10),
                                                 "</script>",
                                                 "12",
                                                 "null",
                                                 std::string(300, 'x')};
    value = kTexts[below(kTexts.size())];
  }
  template <class Int>
  void whole(Int& value) {
    switch (below(4)) {
      case 0:
        value = 0;
        break;
      case 1:
        value = std::numeric_limits<Int>::max();
        break;
      case 2:
        value = std::numeric_limits<Int>::min();
        break;
      default:
        value = static_cast<Int>(random_());
        break;
    }
  }
  void fill(std::int32_t& value) { whole(value); }
  void fill(std::int64_t& value) { whole(value); }
  void fill(std::uint64_t& value) { whole(value); }
  void fill(Duration& value) {
    std::int64_t ns = 0;
    whole(ns);
    if (below(2) == 0) ns = static_cast<std::int64_t>(below(100)) * 1'000'000'000;
    value = Duration::nanoseconds(ns);
  }
  void fill(Instant& value) { value = Instant::at(filled<Duration>()); }
  template <class T>
  void fill(std::optional<T>& value) {
    if (below(2) == 0) {
      value.reset();
    } else {
      fill(value.emplace());
    }
  }
  template <class T>
  void fill(std::vector<T>& values) {
    values.resize(below(3));
    for (T& value : values) fill(value);
  }
  template <class T>
  void fill(SharedVector<T>& values) {
    values = filled<std::vector<T>>();
  }
  void fill(Labels& labels) {
    for (std::uint64_t i = below(4); i > 0; --i)
      labels[filled<std::string>()] = filled<std::string>();
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void one_of(Enum& value, std::uint64_t count) { value = static_cast<Enum>(below(count)); }
  /// Amounts of resources are never negative.
  void amount(std::int64_t& value) {
    fill(value);
    if (value < 0) value = ~value;
  }

  void fill(OwnerReference& o) {
    one_of(o.kind, kKindCount);
    fill_all(o.name, o.uid, o.controller, o.block_deletion);
  }
  void fill(ObjectMeta& m) {
    fill_all(m.name, m.generate_name, m.namespace_name, m.uid, m.resource_version, m.generation,
             m.labels, m.annotations, m.creation, m.deletion, m.deletion_grace, m.owners,
             m.finalizers);
  }
  void fill(SelectorRequirement& r) {
    one_of(r.op, 6);
    fill_all(r.key, r.values);
  }
  void fill(LabelSelector& s) { fill_all(s.match_labels, s.match_expressions); }
  void fill(PortReference& p) {
    if (below(2) == 0) {
      p = filled<std::int32_t>();
    } else {
      p = filled<std::string>();
    }
  }
  void fill(HttpGetAction& a) {
    fill_all(a.port, a.host, a.https, a.headers);
    a.path = below(2) == 0 ? "/" : "/ready?a=\"b\"";
  }
  void fill(ExecAction& a) { fill(a.command); }
  void fill(TcpSocketAction& a) { fill_all(a.port, a.host); }
  void fill(GrpcAction& a) { fill_all(a.port, a.service); }
  void fill(SleepAction& a) { fill(a.duration); }
  void fill(ProbeAction& a) {
    switch (below(4)) {
      case 0:
        a = filled<HttpGetAction>();
        break;
      case 1:
        a = filled<ExecAction>();
        break;
      case 2:
        a = filled<TcpSocketAction>();
        break;
      default:
        a = filled<GrpcAction>();
    }
  }
  void fill(LifecycleAction& a) {
    switch (below(3)) {
      case 0:
        a = filled<HttpGetAction>();
        break;
      case 1:
        a = filled<ExecAction>();
        break;
      default:
        a = filled<SleepAction>();
    }
  }
  void fill(Probe& p) {
    fill_all(p.action, p.initial_delay, p.period, p.timeout, p.success_threshold,
             p.failure_threshold, p.termination_grace);
  }
  void fill(ContainerPort& p) {
    fill_all(p.name, p.container_port, p.host_port, p.host_ip);
    if (below(2) == 0) p.protocol = "UDP";
  }
  void fill(EnvVar& e) {
    fill_all(e.name, e.value);
    switch (below(5)) {
      case 0:
        e.config_map = "c";
        fill_all(e.config_map_key, e.optional);
        break;
      case 1:
        e.secret = "s";
        fill_all(e.secret_key, e.optional);
        break;
      case 2:
        fill(e.field_path);
        break;
      case 3:
        fill(e.resource.emplace());
        break;
      default:
        break;
    }
  }
  void fill(ResourceFieldRef& r) {
    fill_all(r.resource, r.container);
    r.divisor_milli = 1 + static_cast<std::int64_t>(below(5000));
  }
  void fill(DownwardFile& f) {
    fill(f.path);
    if (below(2) == 0) {
      fill(f.field_path);
    } else {
      fill(f.resource.emplace());
    }
  }
  void fill(ProjectedSource& p) {
    switch (below(3)) {
      case 0: {
        auto& map = p.emplace<ConfigMapVolume>();
        fill_all(map.name, map.items, map.optional);
        break;
      }
      case 1: {
        auto& secret = p.emplace<SecretVolume>();
        fill_all(secret.name, secret.items, secret.optional);
        break;
      }
      default:
        fill(p.emplace<DownwardFiles>().items);
    }
  }
  void fill(EnvSource& s) {
    fill(s.prefix);
    (below(2) == 0 ? s.config_map : s.secret) = "named";
    fill(s.optional);
  }
  void fill(VolumeMount& m) { fill_all(m.name, m.mount_path, m.sub_path, m.read_only); }
  void fill(KeyToPath& k) { fill_all(k.key, k.path); }
  void fill(Volume& v) {
    fill(v.name);
    switch (below(6)) {
      case 0: {
        auto& dir = v.source.emplace<EmptyDirVolume>();
        fill(dir.memory);
        if (below(2) == 0) amount(dir.size_limit.emplace());
        break;
      }
      case 5:
        fill(v.source.emplace<ProjectedVolume>().sources);
        break;
      case 1: {
        auto& host = v.source.emplace<HostPathVolume>();
        fill_all(host.path, host.type);
        break;
      }
      case 2: {
        auto& map = v.source.emplace<ConfigMapVolume>();
        fill_all(map.name, map.items, map.optional);
        break;
      }
      case 3: {
        auto& secret = v.source.emplace<SecretVolume>();
        fill_all(secret.name, secret.items, secret.optional);
        break;
      }
      default: {
        auto& claim = v.source.emplace<ClaimVolume>();
        fill_all(claim.claim_name, claim.read_only);
      }
    }
  }
  void fill(ConfigInUse& c) {
    fill_all(c.source, c.where);
    c.resource_version = below(1000);
  }
  void fill_extended(std::map<std::string, std::int64_t>& extended) {
    if (below(2) == 0) amount(extended["example.com/gpu"]);
    if (below(3) == 0) amount(extended["example.com/a_B.c"]);
  }
  void fill(ResourceList& r) {
    if (below(2) == 0) amount(r.cpu_milli.emplace());
    if (below(2) == 0) amount(r.memory_bytes.emplace());
    fill_extended(r.extended);
  }
  void fill(Container& c) {
    one_of(c.pull_policy, 3);
    fill_all(c.name, c.image, c.command, c.args, c.env, c.env_from, c.volume_mounts, c.ports,
             c.requests, c.limits, c.startup, c.readiness, c.liveness, c.post_start, c.pre_stop);
  }
  void fill(Toleration& t) { fill_all(t.key, t.exists, t.value, t.effect, t.seconds); }
  void fill(PreferredNodeTerm& t) { fill_all(t.weight, t.term); }
  void fill(PodAffinityTerm& t) {
    fill_all(t.selector, t.namespaces, t.namespace_selector, t.topology_key);
  }
  void fill(WeightedPodAffinityTerm& t) { fill_all(t.weight, t.term); }
  void fill(PodAffinity& a) { fill_all(a.required, a.preferred); }
  void fill(Affinity& a) { fill_all(a.node.required, a.node.preferred, a.pod, a.anti); }
  void fill(TopologySpreadConstraint& c) {
    fill_all(c.max_skew, c.topology_key, c.schedule_anyway, c.selector, c.min_domains,
             c.honor_node_affinity, c.honor_node_taints, c.match_label_keys);
  }
  void fill(PodSpec& s) {
    one_of(s.restart_policy, 3);
    fill_all(s.node_name, s.init_containers, s.containers, s.termination_grace, s.node_selector,
             s.tolerations, s.priority_class_name, s.hostname, s.subdomain, s.active_deadline,
             s.host_network, s.readiness_gates, s.volumes, s.priority, s.preempts, s.affinity,
             s.topology_spread, s.scheduling_gates, s.scheduler_name, s.overhead);
    for (Container& init : s.init_containers) fill(init.sidecar);
  }
  void fill(PodTemplate& t) { fill_all(t.labels, t.annotations, t.spec); }
  void fill(Condition& c) {
    one_of(c.status, 3);
    fill_all(c.type, c.reason, c.message, c.last_transition, c.last_update);
  }
  void fill(ContainerStatus& s) {
    one_of(s.phase, 3);
    fill_all(s.name, s.reason, s.exit_code, s.started_at, s.finished_at, s.last_exit_code,
             s.last_finished_at, s.last_reason, s.ready, s.started, s.restart_count, s.image,
             s.container_id);
  }
  void fill(PodStatus& s) {
    one_of(s.phase, 5);
    fill_all(s.conditions, s.reason, s.message, s.pod_ip, s.host_ip, s.nominated_node_name,
             s.start_time, s.init_container_statuses, s.container_statuses, s.configs);
  }
  void fill(Pod& p) { fill_all(p.meta, p.spec, p.status); }
  void fill(Taint& t) { fill_all(t.key, t.value, t.effect, t.time_added); }
  void fill(NodeResources& r) {
    amount(r.cpu_milli);
    amount(r.memory_bytes);
    amount(r.pods);
    fill_extended(r.extended);
  }
  void fill(NodeImage& i) {
    i.name = "shop/app:" + std::to_string(below(9));
    amount(i.bytes);
  }
  void fill(Node& n) {
    fill_all(n.meta, n.spec.unschedulable, n.spec.taints, n.status.capacity, n.status.allocatable,
             n.status.conditions, n.status.address, n.status.images, n.status.volumes_in_use);
  }
  void fill(CountOrPercent& c) { fill_all(c.value, c.percent); }
  void fill(Deployment& d) {
    DeploymentSpec& s = d.spec;
    fill_all(d.meta, s.replicas, s.selector, s.pod_template, s.strategy.recreate,
             s.strategy.max_surge, s.strategy.max_unavailable, s.min_ready,
             s.revision_history_limit, s.progress_deadline, s.paused);
    DeploymentStatus& t = d.status;
    fill_all(t.observed_generation, t.replicas, t.updated_replicas, t.ready_replicas,
             t.available_replicas, t.unavailable_replicas, t.collision_count, t.conditions);
  }
  void fill(ReplicaSet& r) {
    fill_all(r.meta, r.spec.replicas, r.spec.min_ready, r.spec.selector, r.spec.pod_template);
    ReplicaSetStatus& t = r.status;
    fill_all(t.observed_generation, t.replicas, t.fully_labeled_replicas, t.ready_replicas,
             t.available_replicas, t.conditions);
  }
  void fill(ServicePort& p) {
    fill_all(p.name, p.port, p.target_port);
    if (below(2) == 0) p.protocol = "SCTP";
  }
  void fill(Service& s) {
    fill_all(s.meta, s.spec.selector, s.spec.ports, s.spec.headless,
             s.spec.publish_not_ready_addresses, s.spec.internal_local, s.spec.external_local,
             s.spec.prefers_own_zone);
    if (below(2) == 0) s.spec.type = "NodePort";
  }
  void fill(Endpoint& e) {
    fill_all(e.address, e.ready, e.serving, e.terminating, e.node_name, e.pod_name, e.pod_uid);
    for (std::uint64_t i = below(3); i > 0; --i) e.for_zones.push_back("z" + std::to_string(i));
  }
  void fill(EndpointPort& p) { fill_all(p.name, p.port); }
  void fill(EndpointSlice& s) { fill_all(s.meta, s.endpoints, s.ports); }
  void fill(ConfigMap& m) { fill_all(m.meta, m.data, m.immutable); }
  void fill(Secret& s) {
    fill_all(s.meta, s.data, s.immutable);
    if (below(2) == 0) s.type = "kubernetes.io/tls";
    for (auto& [key, bytes] : s.data) bytes += "\xff\xfe";  // Any bytes, not only text.
  }
  void fill(AccessMode& mode) { one_of(mode, 4); }
  void fill(ClaimSpec& s) {
    amount(s.request_bytes);
    fill_all(s.access_modes, s.storage_class, s.volume_name, s.selector, s.block);
  }
  void fill(PersistentVolumeClaim& c) {
    one_of(c.phase, 3);
    amount(c.capacity_bytes);
    fill_all(c.meta, c.spec);
  }
  void fill(NodeSelectorTerm& t) { fill_all(t.match_expressions, t.match_fields); }
  void fill(PersistentVolume& v) {
    one_of(v.reclaim, 3);
    one_of(v.phase, 5);
    amount(v.capacity_bytes);
    fill_all(v.meta, v.access_modes, v.storage_class, v.node_affinity, v.block, v.attachable,
             v.path);
    if (below(2) == 0) return;
    v.claim_name = "data";
    fill_all(v.claim_namespace, v.claim_uid);
  }
  void fill(StorageClass& c) {
    one_of(c.reclaim, 2);
    fill_all(c.meta, c.provisioner, c.wait_for_first_consumer, c.allow_expansion);
    if (below(2) == 0) return;
    c.meta.annotations["storageclass.kubernetes.io/is-default-class"] = "true";
    c.is_default = true;
  }
  void fill(VolumeAttachment& a) {
    fill_all(a.meta, a.node_name, a.volume_name, a.attached, a.attach_error);
  }
  void fill(Namespace& n) { fill(n.meta); }
  void fill(QuotaAmounts& amounts) {
    for (const char* name : {"pods", "requests.cpu", "limits.memory", "count/jobs.batch"}) {
      if (below(2) == 0) amount(amounts[name]);
    }
  }
  void fill(QuotaScope& s) { one_of(s, 6); }
  void fill(ScopeRequirement& r) {
    one_of(r.op, 4);
    fill_all(r.scope, r.values);
  }
  void fill(ResourceQuota& q) { fill_all(q.meta, q.hard, q.scopes, q.scope_selector, q.used); }
  void fill(LimitRangeItem& i) {
    fill_all(i.pod, i.min, i.max, i.default_limit, i.default_request);
  }
  void fill(LimitRange& r) { fill_all(r.meta, r.limits); }
  void fill(PriorityClass& c) { fill_all(c.meta, c.value, c.global_default, c.preempts); }
  void fill(IpBlock& b) {
    b.cidr = "10.0.0.0/" + std::to_string(below(33));
    fill(b.except);
  }
  void fill(PolicyPeer& p) { fill_all(p.pod_selector, p.namespace_selector, p.ip_block); }
  void fill(PolicyPort& p) { fill_all(p.protocol, p.port, p.end_port); }
  void fill(PolicyRule& r) { fill_all(r.peers, r.ports); }
  void fill(NetworkPolicy& p) {
    NetworkPolicySpec& s = p.spec;
    fill_all(p.meta, s.pod_selector, s.isolates_ingress, s.isolates_egress, s.ingress, s.egress);
    if (!s.isolates_egress) s.isolates_ingress = true;  // A policy is about one of them at least.
  }
  void fill(IngressBackend& b) {
    fill(b.service);
    if (!b.service.empty()) fill(b.port);
  }
  void fill(IngressPath& p) {
    one_of(p.type, 3);
    fill_all(p.path, p.backend);
  }
  void fill(IngressRule& r) { fill_all(r.host, r.paths); }
  void fill(IngressTls& t) { fill_all(t.hosts, t.secret_name); }
  void fill(Ingress& i) {
    IngressSpec& s = i.spec;
    fill_all(i.meta, s.class_name, s.default_backend, s.tls, s.rules);
  }
  void fill(IngressClass& c) {
    fill_all(c.meta, c.controller);
    c.meta.annotations["ingressclass.kubernetes.io/is-default-class"] = "true";
    c.is_default = true;
  }
  void fill(Lease& l) { fill_all(l.meta, l.holder, l.duration, l.renew_time); }
  void fill(PodFailureRule& r) {
    one_of(r.action, 4);
    fill_all(r.container_name, r.exit_codes, r.exit_codes_not_in);
    for (std::uint64_t i = below(3); i > 0; --i) {
      auto& [type, status] = r.conditions.emplace_back();
      fill(type);
      one_of(status, 3);
    }
  }
  void fill(JobSpec& s) {
    fill_all(s.parallelism, s.completions, s.backoff_limit, s.backoff_limit_per_index,
             s.max_failed_indexes, s.active_deadline, s.ttl_after_finished, s.indexed, s.suspend,
             s.replace_failed_only, s.failure_rules, s.selector, s.pod_template);
  }
  void fill(Job& j) {
    JobStatus& t = j.status;
    fill_all(j.meta, j.spec, t.active, t.ready, t.succeeded, t.failed, t.terminating, t.start_time,
             t.completion_time, t.completed_indexes, t.failed_indexes, t.uncounted_succeeded,
             t.uncounted_failed, t.conditions);
  }
  void fill(CronJob& c) {
    CronJobSpec& s = c.spec;
    one_of(s.concurrency, 3);
    fill_all(c.meta, s.schedule, s.time_zone, s.starting_deadline, s.suspend,
             s.successful_history_limit, s.failed_history_limit, s.job_labels, s.job_annotations,
             s.job, c.status.active, c.status.last_schedule, c.status.last_success);
  }
  void fill(MetricSpec& m) {
    one_of(m.source, 5);
    one_of(m.target, 3);
    fill_all(m.name, m.value);
    if (m.target == MetricTarget::Utilization) m.value = filled<std::int32_t>();
    if (m.source == MetricSource::ContainerResource) fill(m.container);
    if (m.source == MetricSource::Object) {
      one_of(m.object.kind, kKindCount);
      fill_all(m.object.namespace_name, m.object.name);
    }
  }
  void fill(ScalingPolicy& p) { fill_all(p.percent, p.value, p.period); }
  void fill(ScalingRules& r) {
    one_of(r.select, 3);
    fill_all(r.stabilization, r.policies, r.tolerance);
  }
  void fill(HorizontalPodAutoscaler& h) {
    HorizontalPodAutoscalerSpec& s = h.spec;
    one_of(s.target_kind, kKindCount);
    fill_all(h.meta, s.target_name, s.min_replicas, s.max_replicas, s.metrics, s.has_behavior);
    if (s.has_behavior) fill_all(s.scale_up, s.scale_down);
    HorizontalPodAutoscalerStatus& t = h.status;
    fill_all(t.observed_generation, t.current_replicas, t.desired_replicas, t.last_scale,
             t.conditions);
  }
  void fill(PodDisruptionBudget& b) {
    PodDisruptionBudgetStatus& t = b.status;
    fill_all(b.meta, b.spec.min_available, b.spec.max_unavailable, b.spec.selector,
             b.spec.always_evict_unhealthy, t.observed_generation, t.disruptions_allowed,
             t.current_healthy, t.desired_healthy, t.expected_pods, t.conditions);
    for (std::uint64_t i = below(3); i > 0; --i) {
      t.disrupted_pods[filled<std::string>()] = filled<Instant>();
    }
  }
  void fill(ContainerUsage& u) { fill_all(u.name, u.cpu_milli, u.memory_bytes); }
  void fill(PodMetrics& m) {
    fill_all(m.meta, m.timestamp, m.window, m.containers);
    for (std::uint64_t i = below(3); i > 0; --i) {
      m.custom[filled<std::string>()] = filled<std::int64_t>();
    }
  }

  void fill(ReplicationController& r) {
    fill_all(r.meta, r.spec.replicas, r.spec.min_ready, r.spec.selector, r.spec.pod_template);
    ReplicationControllerStatus& t = r.status;
    fill_all(t.observed_generation, t.replicas, t.fully_labeled_replicas, t.ready_replicas,
             t.available_replicas, t.conditions);
  }
  void fill(ClaimTemplate& c) { fill_all(c.name, c.labels, c.spec); }
  void fill(StatefulSet& d) {
    StatefulSetSpec& s = d.spec;
    fill_all(d.meta, s.replicas, s.selector, s.pod_template, s.service_name, s.parallel,
             s.on_delete, s.partition, s.max_unavailable, s.min_ready, s.revision_history_limit,
             s.ordinals_start, s.claim_templates, s.delete_claims_when_deleted,
             s.delete_claims_when_scaled);
    StatefulSetStatus& t = d.status;
    fill_all(t.observed_generation, t.replicas, t.ready_replicas, t.available_replicas,
             t.current_replicas, t.updated_replicas, t.current_revision, t.update_revision,
             t.collision_count, t.conditions);
  }
  void fill(DaemonSet& d) {
    DaemonSetSpec& s = d.spec;
    fill_all(d.meta, s.selector, s.pod_template, s.on_delete, s.max_unavailable, s.max_surge,
             s.min_ready, s.revision_history_limit);
    DaemonSetStatus& t = d.status;
    fill_all(t.observed_generation, t.current_number_scheduled, t.desired_number_scheduled,
             t.number_misscheduled, t.number_ready, t.updated_number_scheduled, t.number_available,
             t.number_unavailable, t.collision_count, t.conditions);
  }
  void fill(ControllerRevision& r) { fill_all(r.meta, r.revision, r.pod_template); }

  std::mt19937_64 random_;
};

TEST(JsonText, GivesBackEveryObjectUnchanged) {
  for (int k = 0; k < kKindCount; ++k) {
    const Kind kind = static_cast<Kind>(k);
    for (std::uint64_t seed = 0; seed < 150; ++seed) {
      const Object object = RandomObject{seed}.make(kind);
      const std::string text = to_json_text(object);
      const Result<Object> again = from_json_text(text);
      ASSERT_TRUE(again.has_value())
          << to_string(kind) << " seed " << seed << ": " << again.error().what << "\n"
          << text;
      ASSERT_EQ(*again == object, true) << to_string(kind) << " seed " << seed << "\n"
                                        << text << "\n"
                                        << to_json_text(*again);
      ASSERT_EQ(to_json_text(*again), text);
    }
  }
}

TEST(JsonText, OfADefaultObjectIsShortAndReadsBack) {
  for (const Object& object :
       {Object{Pod{}}, Object{Node{}}, Object{Deployment{}}, Object{ReplicaSet{}},
        Object{Service{}}, Object{EndpointSlice{}}, Object{ConfigMap{}}, Object{Lease{}},
        Object{Namespace{}}, Object{ResourceQuota{}}, Object{LimitRange{}}, Object{PriorityClass{}},
        Object{ReplicationController{}}, Object{StatefulSet{}}, Object{DaemonSet{}},
        Object{ControllerRevision{}}}) {
    const Result<Object> again = from_json_text(to_json_text(object));
    ASSERT_TRUE(again.has_value()) << again.error().what;
    EXPECT_EQ(*again, object) << to_json_text(object);
  }
  EXPECT_EQ(to_json_text(Pod{}),
            R"({"apiVersion":"v1","kind":"Pod","metadata":{},"spec":{},"status":{}})");
}

TEST(JsonText, HasTheShapeOfKubernetes) {
  Pod pod;
  pod.meta.name = "web-1";
  pod.meta.namespace_name = "shop";
  pod.meta.resource_version = 7;
  pod.meta.creation = Instant::at(2_s);
  pod.meta.labels["app"] = "web";
  Container& container = pod.spec.containers.emplace_back();
  container.name = "main";
  container.image = "web:1";
  container.requests.cpu_milli = 250;
  Probe& probe = container.readiness.emplace();
  probe.action = HttpGetAction{"/ok", 80, "", false, {}};
  probe.timeout = 500_ms;
  EXPECT_EQ(to_json_text(pod),
            R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-1","namespace":"shop",)"
            R"("resourceVersion":"7","labels":{"app":"web"},"creationTimestamp":2000000000},)"
            R"("spec":{"containers":[{"name":"main","image":"web:1","resources":{"requests":)"
            R"({"cpu":"250m"}},"readinessProbe":{"httpGet":{"path":"/ok","port":80},)"
            R"("timeoutSeconds":0.5}}]},"status":{}})");
}

TEST(JsonText, ReplacesBrokenUtf8SoThatItStaysJson) {
  Pod pod;
  pod.status.message = "bad \xff byte";
  const Result<Object> again = from_json_text(to_json_text(pod));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(std::get<Pod>(*again).status.message, "bad \xef\xbf\xbd byte");
}

}  // namespace
}  // namespace orrery::api
