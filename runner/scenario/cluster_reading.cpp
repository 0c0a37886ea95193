#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "models/api/name_rules.h"
#include "models/api/taint_text.h"
#include "models/base/quantity.h"
#include "runner/scenario/parts.h"
#include "runner/scenario/scalars.h"

namespace orrery::scenario {
namespace {

constexpr std::int64_t kNodesMax = 10'000;
constexpr std::int64_t kExtendedMax = 1'000'000'000;

/// "100Mi" or "10%".
std::optional<EvictionHard> read_threshold(const Value& value, Report& report) {
  EvictionHard threshold;
  threshold.signal = value.key;
  if (value.type == Value::Type::Text && value.text.ends_with('%')) {
    const auto share = read_percent(value, report);
    if (!share) return std::nullopt;
    threshold.percent = static_cast<std::int32_t>(*share * 100.0 + 0.5);
    return threshold;
  }
  const bool scalar = value.type == Value::Type::Text || value.type == Value::Type::Number;
  const auto amount = scalar ? parse_amount(value.text) : std::nullopt;
  if (!amount || *amount < 0) {
    report.add(value, "an amount or a percentage, such as \"100Mi\" or \"10%\"");
    return std::nullopt;
  }
  threshold.amount = *amount;
  return threshold;
}

/// What of a node is not for pods, and when it ends some.
void read_node_reserve(const Fields& fields, ClusterNode& node, Report& report) {
  if (const Value* reserved = fields.find("reserved")) {
    const Fields parts{*reserved, {"cpu", "memory"}, report};
    const auto read = [&](const char* key, auto parse, std::int64_t& into) {
      const Value* value = parts.find(key);
      if (value == nullptr) return;
      const bool scalar = value->type == Value::Type::Text || value->type == Value::Type::Number;
      const auto amount = scalar ? parse(value->text) : std::nullopt;
      if (amount && *amount >= 0) {
        into = *amount;
      } else {
        report.add(*value, "an amount, such as \"500m\" of cpu or \"1Gi\" of memory");
      }
    };
    read("cpu", parse_milli, node.reserved_cpu_milli);
    read("memory", parse_amount, node.reserved_memory_bytes);
  }
  const Value* hard = fields.find("evictionHard");
  if (hard == nullptr) return;
  static const std::vector<std::string> kSignals{"memory.available",   "nodefs.available",
                                                 "nodefs.inodesFree",  "imagefs.available",
                                                 "imagefs.inodesFree", "pid.available"};
  node.eviction_hard.emplace();
  for (const Value& value : named_members(*hard, "an object of thresholds by signal", report)) {
    if (std::find(kSignals.begin(), kSignals.end(), value.key) == kSignals.end()) {
      report.add(value.where, "a signal: " + one_of(kSignals), fmt::format("\"{}\"", value.key),
                 did_you_mean(value.key, kSignals));
    } else if (const auto threshold = read_threshold(value, report)) {
      node.eviction_hard->push_back(*threshold);
    }
  }
}

/// The members that describe a node's size, wherever they stand.
void read_node_size(const Fields& fields, ClusterNode& node, Report& report) {
  const auto quantity = [&](const char* key, const char* expected, auto parse, std::int64_t& into) {
    const Value* value = fields.find(key);
    if (value == nullptr) return;
    const bool scalar = value->type == Value::Type::Text || value->type == Value::Type::Number;
    const auto amount = scalar ? parse(value->text) : std::nullopt;
    if (amount && *amount > 0) {
      into = *amount;
    } else {
      report.add(*value, expected);
    }
  };
  quantity("cpu", "CPUs above 0, such as \"8\" or \"500m\"", parse_milli, node.cpu_milli);
  quantity("memory", "memory above 0, such as \"32Gi\"", parse_amount, node.memory_bytes);
  quantity("diskSize", "a size above 0, such as \"100Gi\"", parse_amount, node.disk_bytes);
  if (const Value* extended = fields.find("extended")) {
    for (const Value& resource : named_members(*extended, "an object of amounts", report)) {
      const auto amount = read_count(resource, 0, kExtendedMax, report);
      if (amount) node.extended[resource.key] = *amount;
    }
  }
  if (const Value* pods = fields.find("pods")) {
    if (const auto count = read_count(*pods, 1, 10'000, report)) node.pods = *count;
  }
  read_node_reserve(fields, node, report);
}

/// Names that sort as they count: "a-01" … "a-12".
std::string numbered(const std::string& prefix, std::int64_t index, std::int64_t count) {
  return fmt::format("{}-{:0{}}", prefix, index, std::to_string(count).size());
}

void add_numbered_nodes(const Value& count_value, const std::string& prefix,
                        const std::string& zone, const ClusterNode& size, Cluster& into,
                        Report& report) {
  const auto count = read_count(count_value, 1, kNodesMax, report);
  for (std::int64_t index = 1; count && index <= *count; ++index) {
    ClusterNode node = size;
    node.name = numbered(prefix, index, *count);
    node.zone = zone;
    into.nodes.push_back(std::move(node));
  }
}

void read_labels(const Fields& fields, ClusterNode& node, Report& report) {
  const Value* labels = fields.find("labels");
  if (labels == nullptr) return;
  for (const Value& label : named_members(*labels, "an object of labels", report)) {
    if (label.type == Value::Type::Text) {
      node.labels.emplace(label.key, label.text);
    } else {
      report.add(label, "text");
    }
  }
}

void read_taints(const Fields& fields, ClusterNode& node, Report& report) {
  const Value* taints = fields.find("taints");
  if (taints == nullptr) return;
  if (taints->type != Value::Type::List) return report.add(*taints, "a list of taints");
  for (const Value& item : taints->children) {
    const std::string form = std::string{"a taint: "} + api::kTaintForm;
    const auto text = read_text(item, form, report);
    if (!text) continue;
    if (auto taint = api::parse_taint(*text)) {
      node.taints.push_back(*std::move(taint));
    } else {
      report.add(item, form);
    }
  }
}

void read_listed_node(const Value& item, const ClusterNode& size, Cluster& into, Report& report) {
  ClusterNode node = size;
  if (item.type == Value::Type::Text && !item.text.empty()) {
    node.name = item.text;
    into.nodes.push_back(std::move(node));
    return;
  }
  const Fields fields{item,
                      {"name", "zone", "cpu", "memory", "pods", "extended", "diskSize", "reserved",
                       "evictionHard", "labels", "taints"},
                      report};
  if (const Value* name = fields.require("name", "the node's name")) {
    node.name = read_text(*name, "the node's name", report).value_or("");
  }
  if (const Value* zone = fields.find("zone")) {
    node.zone = read_text(*zone, "the name of a zone", report).value_or("");
  }
  read_node_size(fields, node, report);
  read_labels(fields, node, report);
  read_taints(fields, node, report);
  into.nodes.push_back(std::move(node));
}

/// A group, and all nodes it can ever have.
void read_group(const Value& value, const ClusterNode& size, Cluster& into, Report& report,
                Assumptions& assumptions) {
  const Fields fields{
      value,
      {"min", "max", "nodes", "priority", "startTime", "zone", "cpu", "memory", "pods", "extended",
       "diskSize", "reserved", "evictionHard", "labels", "taints"},
      report};
  NodeGroup group;
  group.name = value.key;
  if (!api::is_dns_subdomain(value.key)) {
    report.add(value.where, "a name of a-z 0-9 - . (a DNS name)", fmt::format("\"{}\"", value.key));
  }
  const auto count = [&](const Value* number, std::int64_t least, std::int64_t most,
                         std::int32_t otherwise) {
    const auto read = number == nullptr ? std::nullopt : read_count(*number, least, most, report);
    return read ? static_cast<std::int32_t>(*read) : otherwise;
  };
  group.max = count(fields.require("max", "the most nodes of the group"), 1, kNodesMax, 1);
  group.min = count(fields.find("min"), 0, group.max, 0);
  group.initial = count(fields.find("nodes"), group.min, group.max, group.min);
  if (const Value* priority = fields.find("priority")) {
    group.priority = count(priority, 0, 1'000'000, 0);
  }
  if (const Value* time = fields.find("startTime")) {
    group.start_time = read_distribution(*time, report).value_or(group.start_time);
  } else {
    assumptions.add(fmt::format("/cluster/nodeGroups/{}/startTime", value.key),
                    group.start_time.describe());
  }
  ClusterNode node = size;
  node.group = group.name;
  if (const Value* zone = fields.find("zone")) {
    node.zone = read_text(*zone, "the name of a zone", report).value_or("");
  }
  read_node_size(fields, node, report);
  read_labels(fields, node, report);
  read_taints(fields, node, report);
  for (std::int32_t index = 1; api::is_dns_subdomain(group.name) && index <= group.max; ++index) {
    node.name = numbered(group.name, index, group.max);
    into.nodes.push_back(node);
  }
  into.groups.push_back(std::move(group));
}

void read_autoscaler(const Value& value, ClusterAutoscalerSettings& into, Report& report) {
  static const std::vector<std::string> kExpanders{"random", "most-pods", "least-waste",
                                                   "priority"};
  const Fields fields{
      value,
      {"expander", "maxNodesTotal", "scanInterval", "newPodScaleUpDelay", "maxNodeProvisionTime",
       "utilizationThreshold", "unneededTime", "unreadyTime", "delayAfterAdd", "delayAfterFailure"},
      report};
  if (const Value* expander = fields.find("expander")) {
    into.expander = read_text(*expander, one_of(kExpanders), report).value_or("");
    if (!into.expander.empty() &&
        std::find(kExpanders.begin(), kExpanders.end(), into.expander) == kExpanders.end()) {
      report.add(*expander, "an expander: " + one_of(kExpanders),
                 did_you_mean(into.expander, kExpanders));
    }
  }
  if (const Value* most = fields.find("maxNodesTotal")) {
    if (const auto count = read_count(*most, 1, kNodesMax, report)) {
      into.nodes_total_max = static_cast<std::int32_t>(*count);
    }
  }
  const auto read = [&](const char* key, std::optional<Duration>& time) {
    if (const Value* given = fields.find(key)) time = read_duration(*given, report);
  };
  read("scanInterval", into.scan_interval);
  if (into.scan_interval && *into.scan_interval < Duration::seconds(1)) {
    report.add(*fields.find("scanInterval"), "at least a second");
  }
  read("newPodScaleUpDelay", into.new_pod_scale_up_delay);
  read("maxNodeProvisionTime", into.max_node_provision_time);
  read("unneededTime", into.unneeded_time);
  read("unreadyTime", into.unready_time);
  read("delayAfterAdd", into.delay_after_add);
  read("delayAfterFailure", into.delay_after_failure);
  if (const Value* threshold = fields.find("utilizationThreshold")) {
    if (const auto share = read_percent(*threshold, report)) {
      into.utilization_threshold = static_cast<std::int32_t>(*share * 100.0 + 0.5);
    }
  }
}

void read_nodes(const Fields& cluster, const Value& whole, const ClusterNode& size, Cluster& into,
                Report& report, Assumptions& assumptions) {
  const Value* zones = cluster.find("zones");
  const Value* nodes = cluster.find("nodes");
  if ((zones == nullptr) == (nodes == nullptr)) {
    report.add(whole.where, "either \"zones\" or \"nodes\"", zones == nullptr ? "neither" : "both",
               zones == nullptr ? "write \"nodes\": 3" : "");
    return;
  }
  if (zones != nullptr) {
    for (const Value& zone : named_members(*zones, "an object of zones", report)) {
      const Fields fields{zone, {"nodes"}, report};
      if (const Value* count = fields.require("nodes", "the number of nodes")) {
        add_numbered_nodes(*count, zone.key, zone.key, size, into, report);
      }
    }
  } else if (nodes->type == Value::Type::List) {
    for (const Value& item : nodes->children) read_listed_node(item, size, into, report);
  } else {
    add_numbered_nodes(*nodes, "node", {}, size, into, report);
  }
  if (const Value* groups = cluster.find("nodeGroups")) {
    for (const Value& group : named_members(*groups, "an object of node groups", report)) {
      read_group(group, size, into, report, assumptions);
    }
  }
  std::sort(into.groups.begin(), into.groups.end(),
            [](const NodeGroup& a, const NodeGroup& b) { return a.name < b.name; });
  std::sort(into.nodes.begin(), into.nodes.end(),
            [](const ClusterNode& a, const ClusterNode& b) { return a.name < b.name; });
  std::set<std::string> names;
  for (const ClusterNode& node : into.nodes) {
    const Value& said = nodes != nullptr ? *nodes : *zones;
    if (!node.name.empty() && !api::is_dns_subdomain(node.name)) {
      report.add(said.where, "names of nodes of a-z 0-9 - . (DNS names)",
                 fmt::format("\"{}\"", node.name));
    }
    if (node.name.empty() || names.insert(node.name).second) continue;
    report.add(said.where, "every node's name once", fmt::format("\"{}\" twice", node.name));
  }
  const Value& written = nodes != nullptr ? *nodes : *zones;
  const bool holds_nodes = written.type == Value::Type::List || written.type == Value::Type::Object;
  if (holds_nodes && written.children.empty()) {
    report.add(written.where, "at least one node", "none");
  }
}

/// One member of the network: read it, or assume the default when a run depends on it.
class NetworkReader {
 public:
  NetworkReader(Report& report, Assumptions& assumptions)
      : report_{report}, assumptions_{assumptions} {}

  void latency(const Value* value, const char* pointer, bool matters, Duration& into) {
    if (value != nullptr) {
      into = read_duration(*value, report_).value_or(into);
    } else if (matters) {
      assumptions_.add(pointer, fmt::format("{} one way", to_string(into)));
    }
  }
  void bandwidth(const Value* value, const char* pointer, bool matters, std::int64_t& into) {
    if (value != nullptr) {
      into = read_bandwidth(*value, report_).value_or(into);
    } else if (matters) {
      assumptions_.add(pointer, fmt::format("{} Mbps", into * 8 / 1'000'000));
    }
  }

 private:
  Report& report_;
  Assumptions& assumptions_;
};

const Value* member_of(const Value* object, std::initializer_list<std::string_view> known,
                       std::string_view key, Report& report) {
  if (object == nullptr) return nullptr;
  return Fields{*object, known, report}.find(key);
}

void read_network(const Value* value, const Value* node_network, const LinkUse& use, Cluster& into,
                  Report& report, Assumptions& assumptions) {
  std::set<std::string> zones;
  for (const ClusterNode& node : into.nodes) zones.insert(node.zone);
  const bool several_zones = zones.size() > 1;
  Network& network = into.network;

  const Value* same_node = nullptr;
  const Value* in_zone = nullptr;
  const Value* between = nullptr;
  const Value* registry = nullptr;
  if (value != nullptr) {
    const Fields fields{
        *value, {"sameNode", "inZone", "betweenZones", "registry", "endpointDelay"}, report};
    same_node = fields.find("sameNode");
    in_zone = fields.find("inZone");
    between = fields.find("betweenZones");
    registry = fields.find("registry");
    if (const Value* delay = fields.find("endpointDelay")) {
      network.endpoint_delay = read_duration(*delay, report);
    }
  }
  const Value* between_latency = nullptr;
  const Value* between_bandwidth = nullptr;
  if (between != nullptr) {
    const Fields fields{*between, {"latency", "bandwidth"}, report};
    between_latency = fields.find("latency");
    between_bandwidth = fields.find("bandwidth");
  }
  NetworkReader reader{report, assumptions};
  reader.latency(member_of(same_node, {"latency"}, "latency", report),
                 "/cluster/network/sameNode/latency", true, network.same_node);
  reader.latency(member_of(in_zone, {"latency"}, "latency", report),
                 "/cluster/network/inZone/latency", into.nodes.size() > 1, network.in_zone);
  reader.latency(between_latency, "/cluster/network/betweenZones/latency", several_zones,
                 network.between_zones);
  reader.bandwidth(between_bandwidth, "/cluster/network/betweenZones/bandwidth",
                   several_zones && (use.pulls || use.payloads), network.zone_bytes_per_second);
  reader.bandwidth(member_of(registry, {"bandwidth"}, "bandwidth", report),
                   "/cluster/network/registry/bandwidth", use.pulls,
                   network.registry_bytes_per_second);
  reader.bandwidth(node_network, "/cluster/node/network", use.pulls || use.payloads,
                   network.node_bytes_per_second);
}

void read_control_plane(const Value& value, ControlPlane& into, Report& report) {
  const Fields fields{value, {"replicas", "stores", "electionTimeout"}, report};
  const auto count = [&](const char* key, std::uint32_t& target) {
    const Value* number = fields.find(key);
    if (number == nullptr) return;
    if (const auto read = read_count(*number, 1, 9, report)) {
      target = static_cast<std::uint32_t>(*read);
    }
  };
  count("replicas", into.replicas);
  count("stores", into.stores);
  if (into.stores % 2 == 0) {
    report.add(*fields.find("stores"), "an odd number: an even one more survives no more failures");
  }
  if (const Value* timeout = fields.find("electionTimeout")) {
    into.election_timeout = read_duration(*timeout, report).value_or(into.election_timeout);
  }
}

void read_storage(const Value* value, bool claims, Storage& into, Report& report,
                  Assumptions& assumptions) {
  std::optional<Fields> fields;
  if (value != nullptr) {
    fields.emplace(*value,
                   std::initializer_list<std::string_view>{"attach", "detach", "provision",
                                                           "delete", "resize"},
                   report);
  }
  const auto read = [&](const char* key, Duration& time) {
    const Value* given = fields ? fields->find(key) : nullptr;
    if (given != nullptr) {
      time = read_duration(*given, report).value_or(time);
    } else if (claims) {
      assumptions.add(fmt::format("/cluster/storage/{}", key), to_string(time));
    }
  };
  read("attach", into.attach);
  read("detach", into.detach);
  read("provision", into.provision);
  read("delete", into.remove);
  read("resize", into.resize);
}

}  // namespace

void read_cluster(const Value& cluster, const LinkUse& use, bool claims, Cluster& into,
                  Report& report, Assumptions& assumptions) {
  const Fields fields{cluster,
                      {"zones", "nodes", "nodeGroups", "autoscaler", "node", "cpuContention",
                       "network", "storage", "controlPlane", "kubeProxyMode"},
                      report};
  if (const Value* contention = fields.find("cpuContention")) {
    if (const auto on = read_boolean(*contention, report)) into.shares_cores = *on;
  }
  if (const Value* mode = fields.find("kubeProxyMode")) {
    const std::vector<std::string> modes{"iptables", "ipvs"};
    into.ipvs = mode->text == "ipvs";
    if (std::find(modes.begin(), modes.end(), mode->text) == modes.end()) {
      report.add(*mode, one_of(modes), did_you_mean(mode->text, modes));
    }
  }
  if (const Value* control = fields.find("controlPlane")) {
    read_control_plane(*control, into.control, report);
  }
  ClusterNode size;
  const Value* node = fields.find("node");
  const Value* node_network = nullptr;
  if (node != nullptr) {
    const Fields sizes{
        *node,
        {"cpu", "memory", "pods", "extended", "diskSize", "reserved", "evictionHard", "network"},
        report};
    read_node_size(sizes, size, report);
    node_network = sizes.find("network");
  }
  read_nodes(fields, cluster, size, into, report, assumptions);
  if (const Value* autoscaler = fields.find("autoscaler")) {
    read_autoscaler(*autoscaler, into.autoscaler, report);
    if (fields.find("nodeGroups") == nullptr) {
      report.add(autoscaler->where, "\"nodeGroups\" beside \"autoscaler\"", "none");
    }
  }
  // Nodes of a list may each say their own size.
  const Value* listed = fields.find("nodes");
  const auto all_say = [&](std::string_view key) {
    const Value* groups = fields.find("nodeGroups");
    const bool groups_say =
        groups == nullptr || std::all_of(groups->children.begin(), groups->children.end(),
                                         [&](const Value& g) { return g.find(key) != nullptr; });
    return groups_say && listed != nullptr && listed->type == Value::Type::List &&
           std::all_of(listed->children.begin(), listed->children.end(),
                       [&](const Value& item) { return item.find(key) != nullptr; });
  };
  if ((node == nullptr || node->find("cpu") == nullptr) && !all_say("cpu")) {
    assumptions.add("/cluster/node/cpu", milli_text(size.cpu_milli));
  }
  if ((node == nullptr || node->find("memory") == nullptr) && !all_say("memory")) {
    assumptions.add("/cluster/node/memory", amount_text(size.memory_bytes));
  }
  read_network(fields.find("network"), node_network, use, into, report, assumptions);
  read_storage(fields.find("storage"), claims, into.storage, report, assumptions);
}

}  // namespace orrery::scenario
