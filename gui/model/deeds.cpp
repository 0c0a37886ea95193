#include "gui/model/deeds.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <algorithm>
#include <utility>

namespace orrery::gui {
namespace {

constexpr int kOtherImages = 2;

QJsonObject with(QJsonObject entry, const QJsonObject& more) {
  for (auto member = more.begin(); member != more.end(); ++member) {
    entry.insert(member.key(), member.value());
  }
  return entry;
}

Deed fault(const char* kind, const QJsonObject& where, bool lasts, const char* name = nullptr) {
  return {name == nullptr ? kind : name, with({{"fault", kind}}, where), lasts};
}

/// Of pods: one of a workload's, or a certain one.
void add_pod_deeds(const QString& target, std::vector<Deed>& deeds) {
  deeds.push_back(fault("pod-kill", {{"target", target}}, false));
  deeds.push_back(fault("container-kill", {{"target", target}}, false));
  deeds.push_back(fault("unwell", {{"target", target}, {"how", "fails"}}, true, "unwell fails"));
  deeds.push_back(fault("unwell", {{"target", target}, {"how", "hangs"}}, true, "unwell hangs"));
}

/// What happens less often, or is told from the outside with more pains.
void add_more_pod_deeds(const QString& target, std::vector<Deed>& deeds) {
  const QJsonObject pod{{"target", target}};
  deeds.push_back(fault("pod-failure", pod, true));
  deeds.push_back(fault("cpu-stress", with(pod, {{"threads", 2}}), true));
  deeds.push_back(fault("memory-stress", with(pod, {{"memory", "256Mi"}}), true));
  deeds.push_back(fault("gc-pause", pod, true));
  deeds.push_back(fault("io-latency", with(pod, {{"delay", "100ms"}}), true));
}

void add_way_deeds(const QJsonObject& way, std::vector<Deed>& deeds) {
  deeds.push_back(fault("network-delay", with(way, {{"delay", "200ms"}}), true));
  deeds.push_back(fault("network-loss", with(way, {{"probability", "20%"}}), true));
  deeds.push_back(fault("network-partition", way, true));
  deeds.push_back(fault("reset", with(way, {{"probability", "50%"}}), true));
  deeds.push_back(fault("http-abort", with(way, {{"status", 503}, {"probability", "50%"}}), true));
  deeds.push_back(fault("http-delay", with(way, {{"delay", "500ms"}}), true));
  deeds.push_back(fault("dns-error", way, true));
}

void add_more_way_deeds(const QJsonObject& way, std::vector<Deed>& deeds) {
  deeds.push_back(fault("network-corrupt", with(way, {{"probability", "5%"}}), true));
  deeds.push_back(fault("network-bandwidth", with(way, {{"bandwidth", "1Mbps"}}), true));
  deeds.push_back(fault("slow-close", with(way, {{"delay", "5s"}}), true));
  deeds.push_back(fault("limit-data", with(way, {{"limit", "4Ki"}}), true));
  const QJsonObject replaced{{"status", 500}, {"probability", "50%"}};
  deeds.push_back(fault("http-replace", with(way, replaced), true));
  const QJsonObject hasty{{"how", "timeout"}, {"timeout", "100ms"}};
  deeds.push_back(fault("bad-config", with(way, hasty), true, "bad-config timeout"));
  deeds.push_back(fault("bad-config", with(way, {{"how", "port"}}), true, "bad-config port"));
}

/// A process that does not see the cluster as it is.
void add_watch_deeds(const QString& process, std::vector<Deed>& deeds) {
  const QJsonObject who{{"target", process}};
  deeds.push_back(fault("watch-stale", with(who, {{"delay", "10s"}}), true));
  deeds.push_back(fault("watch-late", with(who, {{"delay", "10s"}}), false));
  deeds.push_back(fault("watch-miss", who, true));
}

void add_sets(const QString& workload, const HandChoices& choices, std::vector<Deed>& deeds) {
  const auto known = choices.workloads.find(workload);
  if (known == choices.workloads.end()) return;
  const auto set = [&](const char* name, const QString& key, const QJsonValue& value) {
    deeds.push_back({name, {{"set", QJsonObject{{"target", workload}, {key, value}}}}, false});
  };
  if (const auto replicas = known->second.replicas) {
    for (const int other : {*replicas - 1, *replicas + 1, *replicas * 2}) {
      const bool twice = other == *replicas * 2 && other <= *replicas + 1;
      if (other >= 0 && !twice) set("replicas", "replicas", other);
    }
  }
  const QString repository = known->second.image.section(':', 0, -2);
  int others = 0;
  for (const QString& image : choices.images) {
    if (image == known->second.image || image.section(':', 0, -2) != repository) continue;
    if (others++ < kOtherImages) set("image", "image", image);
  }
}

Deed patch_of(const QString& target) {
  return {"patch", {{"patch", QJsonObject{{"target", target}}}}, false, Deed::Typed::Merge};
}

QString end_of(const QString& service) {
  return service == "clients" ? service : "Service/" + service;
}

}  // namespace

HandChoices read_choices(const QJsonObject& choices) {
  HandChoices read;
  const QJsonObject services = choices.value("services").toObject();
  for (auto service = services.begin(); service != services.end(); ++service) {
    QStringList& behind = read.services[service.key()];
    for (const QJsonValue& workload : service.value().toArray()) behind << workload.toString();
  }
  const QJsonObject workloads = choices.value("workloads").toObject();
  for (auto workload = workloads.begin(); workload != workloads.end(); ++workload) {
    const QJsonObject said = workload.value().toObject();
    HandChoices::Workload& known = read.workloads[workload.key()];
    known.image = said.value("image").toString();
    if (said.contains("replicas")) known.replicas = said.value("replicas").toInt();
  }
  for (const QJsonValue& image : choices.value("images").toArray()) read.images << image.toString();
  const QJsonObject policies = choices.value("policies").toObject();
  for (auto caller = policies.begin(); caller != policies.end(); ++caller) {
    for (const QJsonValue& called : caller.value().toArray()) {
      read.policies[caller.key()] << called.toString();
    }
  }
  for (const QJsonValue& led : choices.value("leaders").toArray()) read.leaders << led.toString();
  return read;
}

void note_done(HandChoices& choices, const QJsonObject& entry) {
  const QJsonObject set = entry.value("set").toObject();
  const auto workload = choices.workloads.find(set.value("target").toString());
  if (workload == choices.workloads.end()) return;
  if (set.contains("replicas")) workload->second.replicas = set.value("replicas").toInt();
  if (set.contains("image")) workload->second.image = set.value("image").toString();
}

std::vector<Deed> deeds_for(const QString& thing, const HandChoices& choices) {
  std::vector<Deed> deeds;
  const QString kind = thing.section(' ', 0, 0);
  const QString name = thing.section(' ', 1, 1);
  if (kind == "service") {
    const auto behind = choices.services.find(name);
    const QStringList workloads = behind == choices.services.end() ? QStringList{} : behind->second;
    for (const QString& workload : workloads) add_pod_deeds(workload, deeds);
    const QJsonObject way{{"to", end_of(name)}};
    add_way_deeds(way, deeds);
    for (const QString& workload : workloads) add_more_pod_deeds(workload, deeds);
    add_more_way_deeds(way, deeds);
    if (choices.leaders.contains(name)) {
      const QJsonObject led{{"target", end_of(name)}};
      deeds.push_back(fault("leader-kill", led, false));
      deeds.push_back(fault("slow-leader", with(led, {{"delay", "200ms"}}), true));
    }
    for (const QString& workload : workloads) add_sets(workload, choices, deeds);
    for (const QString& workload : workloads) deeds.push_back(patch_of(workload));
  } else if (kind == "edge") {
    const QJsonObject way{{"from", end_of(name)}, {"to", end_of(thing.section(' ', 2))}};
    add_way_deeds(way, deeds);
    add_more_way_deeds(way, deeds);
    const QString called = thing.section(' ', 2);
    const auto policies = choices.policies.find(name);
    if (policies == choices.policies.end() || !policies->second.contains(called)) return deeds;
    const QJsonObject calls{{"from", name}, {"to", called}};
    const QJsonObject none{{"attempts", 0}};
    deeds.push_back({"no-retries", {{"policy", with(calls, {{"retries", none}})}}, false});
    deeds.push_back({"policy", {{"policy", calls}}, false, Deed::Typed::Policy});
  } else if (kind == "pod") {
    add_pod_deeds(name, deeds);
    add_more_pod_deeds(name, deeds);
  } else if (kind == "node") {
    const QString node = "Node/" + name;
    for (const char* lost : {"node-loss", "node-partition", "node-agent-kill", "kubelet-kill"}) {
      deeds.push_back(fault(lost, {{"target", node}}, true));
    }
    for (const char* what : {"drain", "cordon", "uncordon"}) {
      deeds.push_back({what, {{what, node}}, false});
    }
    deeds.push_back(fault("disk-full", {{"target", node}}, true));
    deeds.push_back(fault("stale-endpoints", {{"target", node}}, true));
    add_watch_deeds(node, deeds);
    deeds.push_back(patch_of(node));
  } else if (kind == "zone") {
    deeds.push_back(fault("zone-loss", {{"zone", name}}, true));
    const QJsonObject way{{"to", "Zone/" + name}};
    deeds.push_back(fault("network-delay", with(way, {{"delay", "200ms"}}), true));
    deeds.push_back(fault("network-loss", with(way, {{"probability", "20%"}}), true));
    deeds.push_back(fault("network-partition", way, true));
  } else if (kind == "cluster") {
    for (const char* killed : {"control-plane-kill", "controller-manager-kill", "scheduler-kill"}) {
      deeds.push_back(fault(killed, {}, true));
    }
    deeds.push_back(fault("api-slow", {{"delay", "200ms"}}, true));
    for (const char* gone : {"api-unavailable", "api-refusing", "store-kill", "registry-down"}) {
      deeds.push_back(fault(gone, {}, true));
    }
    deeds.push_back(fault("store-slow", {{"delay", "50ms"}}, true));
    deeds.push_back(fault("registry-slow", {{"bandwidth", "10Mbps"}}, true));
    const QJsonObject written{{"target", "controller-manager"}, {"count", 3}};
    deeds.push_back(fault("crash-after-writes", written, true));
    add_watch_deeds("controller-manager", deeds);
    deeds.push_back({"apply", {}, false, Deed::Typed::Manifests});
  }
  return deeds;
}

QJsonObject entry_of(const Deed& deed, int seconds, const QString& typed) {
  QJsonObject entry = deed.entry;
  if (deed.lasts) entry.insert("for", QString{"%1s"}.arg(seconds));
  if (deed.typed == Deed::Typed::Manifests) entry.insert("apply", QJsonArray{typed});
  const QJsonDocument merge = QJsonDocument::fromJson(typed.toUtf8());
  if (deed.typed == Deed::Typed::Policy) {
    const QJsonObject calls = entry.value("policy").toObject();
    const bool says = merge.isObject();
    entry.insert("policy", says ? QJsonValue{with(calls, merge.object())} : QJsonValue{typed});
  }
  if (deed.typed == Deed::Typed::Merge) {
    QJsonObject patch = entry.value("patch").toObject();
    // What is no object is said by what reads it.
    patch.insert("merge", merge.isObject() ? QJsonValue{merge.object()} : QJsonValue{typed});
    entry.insert("patch", patch);
  }
  return entry;
}

}  // namespace orrery::gui
