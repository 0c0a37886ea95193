#include "runner/scenario/init.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "models/base/quantity.h"
#include "runner/scenario/catalog.h"
#include "runner/scenario/manifest_files.h"

namespace orrery::scenario {
namespace {

constexpr std::int64_t kNodeCpuMilli = 4000;
constexpr std::int64_t kNodeMemory = std::int64_t{16} << 30;
constexpr std::int64_t kPodsPerNode = 110;
/// What a container without requests is counted as.
constexpr std::int64_t kUnsaidCpuMilli = 100;
constexpr std::int64_t kUnsaidMemory = std::int64_t{128} << 20;

std::string quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::int64_t parts_needed(std::int64_t amount, std::int64_t part) {
  return (amount + part - 1) / part;
}

struct ClusterGuess {
  std::int64_t nodes = 2;
  std::int64_t cpu_milli = kNodeCpuMilli;
  std::int64_t memory_bytes = kNodeMemory;
};

/// Doubles a node until the largest pod takes at most half of it, then counts nodes for twice the
/// sum.
ClusterGuess guess_cluster(const std::vector<api::ManifestObject>& objects) {
  ClusterGuess guess;
  // Sums saturate far above any cluster, so that absurd requests cannot overflow.
  constexpr std::int64_t kMost = std::int64_t{1} << 56;
  std::int64_t cpu = 0;
  std::int64_t memory = 0;
  std::int64_t pods = 0;
  const auto add = [&](const api::PodSpec& spec, std::int64_t replicas) {
    const api::PodResources said = api::effective_requests(spec);
    const std::int64_t pod_cpu =
        std::clamp<std::int64_t>(said.cpu_milli == 0 ? kUnsaidCpuMilli : said.cpu_milli, 1, kMost);
    const std::int64_t pod_memory = std::clamp<std::int64_t>(
        said.memory_bytes == 0 ? kUnsaidMemory : said.memory_bytes, 1, kMost);
    while (guess.cpu_milli < 2 * pod_cpu) guess.cpu_milli *= 2;
    while (guess.memory_bytes < 2 * pod_memory) guess.memory_bytes *= 2;
    const auto times = static_cast<double>(std::max<std::int64_t>(replicas, 0));
    const auto saturated = [&](std::int64_t sum, std::int64_t each) {
      const double total = static_cast<double>(sum) + static_cast<double>(each) * times;
      return total > static_cast<double>(kMost) ? kMost
                                                : sum + each * static_cast<std::int64_t>(times);
    };
    cpu = saturated(cpu, pod_cpu);
    memory = saturated(memory, pod_memory);
    pods = saturated(pods, 1);
  };
  for (const api::ManifestObject& manifest : objects) {
    if (const auto* deployment = std::get_if<api::Deployment>(&manifest.object)) {
      add(deployment->spec.pod_template.spec, deployment->spec.replicas);
    } else if (const auto* replica_set = std::get_if<api::ReplicaSet>(&manifest.object)) {
      add(replica_set->spec.pod_template.spec, replica_set->spec.replicas);
    } else if (const auto* pod = std::get_if<api::Pod>(&manifest.object)) {
      add(pod->spec, 1);
    }
  }
  guess.nodes = std::max({guess.nodes, parts_needed(2 * cpu, guess.cpu_milli),
                          parts_needed(2 * memory, guess.memory_bytes),
                          parts_needed(2 * pods, kPodsPerNode)});
  guess.nodes = std::min<std::int64_t>(guess.nodes, 10'000);
  return guess;
}

bool ends_like_address(const std::string& name) {
  static constexpr std::array<std::string_view, 8> kEndings = {
      "ADDR", "ADDRESS", "HOST", "HOSTNAME", "URL", "URI", "ENDPOINT", "SERVER"};
  std::string upper = name;
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view ending) { return upper.ends_with(ending); });
}

/// The hosts that a text seems to address: what stands before a port or behind a scheme, or the
/// whole when its name says so. "http://ratings:9080/x" and "ratings:9080" -> ratings.
std::vector<std::string> hosts_in(std::string_view text, bool named_like_address) {
  constexpr std::size_t kTextMax = 10'000;
  std::vector<std::string> hosts;
  text = text.substr(0, kTextMax);
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(" ,;=@\"'"), text.size());
    std::string_view token = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto scheme = token.find("://");
    if (scheme != std::string_view::npos) token.remove_prefix(scheme + 3);
    const auto stop = token.find_first_of(":/?");
    const bool has_port = stop != std::string_view::npos && token[stop] == ':' &&
                          stop + 1 < token.size() && token[stop + 1] >= '0' &&
                          token[stop + 1] <= '9';
    if (scheme == std::string_view::npos && !has_port && !named_like_address) continue;
    hosts.emplace_back(token.substr(0, stop));
  }
  return hosts;
}

class Drafting {
 public:
  Drafting(const std::vector<api::ManifestObject>& objects, std::vector<std::string> manifests)
      : objects_{objects}, manifests_{std::move(manifests)}, catalog_{objects, {}} {
    for (const api::ManifestObject& manifest : objects) {
      if (const auto* service = std::get_if<api::Service>(&manifest.object)) {
        const std::string full = service->meta.namespace_name + "/" + service->meta.name;
        ++names_[service->meta.name];
        if (catalog_.selects_pods(full)) services_.emplace(full, service);
      }
    }
  }

  [[nodiscard]] bool has_services() const { return !services_.empty(); }

  std::string text() {
    guess_calls();
    entry_ = guess_entry();
    std::set<std::string> called;
    collect_called(entry_, called);
    std::string text = head();
    text += cluster_text();
    text += images_text();
    text += services_text(called);
    text += load_text();
    text += incident_text();
    text += provenance_text();
    return text;
  }

 private:
  std::string shown(const std::string& full) const {
    const std::string name = full.substr(full.find('/') + 1);
    return names_.at(name) == 1 ? name : full;
  }

  /// The Service that a pod of namespace `from` reaches under this host name.
  std::optional<std::string> service_at(const std::string& host, const std::string& from) const {
    const auto dot = host.find('.');
    std::string space = from;
    if (dot != std::string::npos) {
      const auto next = host.find('.', dot + 1);
      space = host.substr(dot + 1, next == std::string::npos ? next : next - dot - 1);
    }
    const std::string full = space + "/" + host.substr(0, dot);
    return services_.contains(full) ? std::optional{full} : std::nullopt;
  }

  bool reaches(const std::string& from, const std::string& to) const {
    std::set<std::string> seen;
    std::vector<std::string> open{from};
    while (!open.empty()) {
      const std::string at = open.back();
      open.pop_back();
      if (at == to) return true;
      if (!seen.insert(at).second) continue;
      if (const auto calls = calls_.find(at); calls != calls_.end()) {
        open.insert(open.end(), calls->second.begin(), calls->second.end());
      }
    }
    return false;
  }

  void add_call(const std::string& from, const std::string& to) {
    std::vector<std::string>& calls = calls_[from];
    if (from == to || std::find(calls.begin(), calls.end(), to) != calls.end()) return;
    if (reaches(to, from)) {
      left_out_.push_back(fmt::format("{} -> {}", shown(from), shown(to)));
      return;
    }
    calls.push_back(to);
  }

  void guess_calls() {
    for (const auto& [full, service] : services_) {
      for (const api::ObjectKey& deployment : catalog_.deployments_behind(full)) {
        for (const api::Container& container : catalog_.pods_of(deployment)->containers) {
          const std::string& space = deployment.namespace_name;
          for (const api::EnvVar& variable : container.env) {
            add_calls_to(hosts_in(variable.value, ends_like_address(variable.name)), full, space);
          }
          for (const std::string& argument : container.args) {
            add_calls_to(hosts_in(argument, false), full, space);
          }
        }
      }
    }
  }

  void add_calls_to(const std::vector<std::string>& hosts, const std::string& from,
                    const std::string& space) {
    for (const std::string& host : hosts) {
      if (const auto to = service_at(host, space)) add_call(from, *to);
    }
  }

  /// Open to the outside first, then by a name that fronts like to have, then called by nobody,
  /// then with the most calls of its own.
  std::string guess_entry() const {
    static constexpr std::array<std::string_view, 6> kFrontNames = {
        "front", "productpage", "web", "gateway", "ui", "edge"};
    std::set<std::string> called;
    for (const auto& [from, calls] : calls_) called.insert(calls.begin(), calls.end());
    std::string best;
    std::size_t best_score = 0;
    for (const auto& [full, service] : services_) {
      const bool open = service->spec.type == "LoadBalancer" || service->spec.type == "NodePort";
      const bool named = std::any_of(kFrontNames.begin(), kFrontNames.end(),
                                     [name = service->meta.name](std::string_view part) {
                                       return name.find(part) != std::string::npos;
                                     });
      const auto calls = calls_.find(full);
      const std::size_t own =
          calls == calls_.end() ? 0 : std::min<std::size_t>(calls->second.size(), 99);
      const std::size_t score =
          (open ? 4000U : 0U) + (named ? 2000U : 0U) + (called.contains(full) ? 0U : 1000U) + own;
      if (best.empty() || score > best_score) {
        best = full;
        best_score = score;
      }
    }
    return best;
  }

  void collect_called(const std::string& from, std::set<std::string>& called) const {
    std::vector<std::string> open{from};
    while (!open.empty()) {
      const std::string at = open.back();
      open.pop_back();
      if (!called.insert(at).second) continue;
      if (const auto calls = calls_.find(at); calls != calls_.end()) {
        open.insert(open.end(), calls->second.begin(), calls->second.end());
      }
    }
  }

  std::optional<api::ObjectKey> entry_deployment() const {
    const std::vector<api::ObjectKey> behind = catalog_.deployments_behind(entry_);
    return behind.empty() ? std::nullopt : std::optional{behind.front()};
  }

  std::string head() const {
    std::vector<std::string> names;
    for (const std::string& manifest : manifests_) names.push_back(quoted(manifest));
    return fmt::format(
        "// A first scenario, drafted from manifests by `orrery init`. What the manifests do not "
        "say\n"
        "// is guessed and marked as assumed under \"provenance\": replace what you know better.\n"
        "{{\n"
        "  \"format\": 1,\n"
        "  \"name\": {},\n"
        "  \"profile\": \"kubernetes-1.30\",\n"
        "  \"duration\": \"6min\",\n"
        "  \"warmup\": \"90s\",\n"
        "  \"runs\": {{ \"seeds\": \"1..5\" }},\n"
        "  \"manifests\": [{}],\n",
        quoted("Rolling restart of " + shown(entry_)), fmt::join(names, ", "));
  }

  std::string cluster_text() const {
    const ClusterGuess guess = guess_cluster(objects_);
    return fmt::format(
        "\n"
        "  // Room for twice what the pods request.\n"
        "  \"cluster\": {{\n"
        "    \"nodes\": {},\n"
        "    \"node\": {{ \"cpu\": \"{}\", \"memory\": \"{}\" }},\n"
        "    \"network\": {{ \"sameNode\": {{ \"latency\": \"50us\" }}, "
        "\"inZone\": {{ \"latency\": \"200us\" }} }}\n"
        "  }},\n",
        guess.nodes, milli_text(guess.cpu_milli), amount_text(guess.memory_bytes));
  }

  std::string images_text() const {
    std::vector<std::string> lines;
    for (const std::string& image : catalog_.images()) {
      lines.push_back(
          fmt::format("    {}: {{ \"onNodes\": true, \"start\": \"2s\" }}", quoted(image)));
    }
    return fmt::format(
        "\n"
        "  // \"start\": from the start of the process until it listens. Give \"layers\" and take\n"
        "  // \"onNodes\" away to have an image pulled.\n"
        "  \"images\": {{\n{}\n  }},\n",
        fmt::join(lines, ",\n"));
  }

  std::string services_text(const std::set<std::string>& called) const {
    std::vector<std::string> lines;
    for (const std::string& service : called) {
      std::vector<std::string> calls;
      if (const auto found = calls_.find(service); found != calls_.end()) {
        for (const std::string& to : found->second) calls.push_back(quoted(shown(to)));
      }
      const std::string calls_member =
          calls.empty() ? std::string{}
                        : fmt::format(",\n        \"calls\": [{}]", fmt::join(calls, ", "));
      lines.push_back(
          fmt::format("    {}: {{ \"concurrency\": 64, \"operations\": {{\n"
                      "      \"request\": {{ \"cpu\": {{ \"lognormal\": {{ \"mean\": \"2ms\", "
                      "\"p99\": \"8ms\" }} "
                      "}}{} }}\n"
                      "    }} }}",
                      quoted(shown(service)), calls_member));
    }
    std::string comment =
        "\n"
        "  // One operation each. Calls are made one after another, to every Service whose "
        "address\n"
        "  // stands in a variable or an argument of the caller's containers.\n";
    if (calls_.empty() || std::all_of(calls_.begin(), calls_.end(),
                                      [](const auto& entry) { return entry.second.empty(); })) {
      comment +=
          "  // None was found here: the addresses may be in the code. Add \"calls\" by hand.\n";
    }
    if (!left_out_.empty()) {
      comment += fmt::format("  // Left out, as they would close a cycle: {}.\n",
                             fmt::join(left_out_, ", "));
    }
    std::vector<std::string> idle;
    for (const auto& [full, service] : services_) {
      if (!called.contains(full)) idle.push_back(shown(full));
    }
    if (!idle.empty()) {
      comment += fmt::format("  // Never called here: {}.\n", fmt::join(idle, ", "));
    }
    return fmt::format("{}  \"services\": {{\n{}\n  }},\n", comment, fmt::join(lines, ",\n"));
  }

  std::string load_text() const {
    return fmt::format(
        "\n"
        "  \"journeys\": {{ \"visit\": [{}] }},\n"
        "  \"load\": [{{ \"poisson\": \"10/s\", \"mix\": {{ \"visit\": \"100%\" }} }}],\n",
        quoted(shown(entry_) + ":request"));
  }

  std::string incident_text() const {
    const std::string service = quoted(shown(entry_));
    std::string expectations = fmt::format(
        "    {{ \"id\": \"success\", \"service\": {0}, \"success\": \">= 99%\", \"minRequests\": "
        "100 "
        "}},\n"
        "    {{ \"id\": \"tail\", \"service\": {0}, \"p99\": \"< 1s\" }}",
        service);
    const auto deployment = entry_deployment();
    if (!deployment) {
      return fmt::format("\n  \"timeline\": [],\n  \"expect\": [\n{}\n  ],\n", expectations);
    }
    // With the namespace: the short name may be ambiguous.
    const std::string target = quoted(api::to_string(*deployment));
    expectations += fmt::format(
        ",\n"
        "    {{ \"id\": \"rolled\", \"target\": {0}, \"rollout\": \"complete\", \"within\": "
        "\"rollout+3min\" }},\n"
        "    {{ \"id\": \"up\", \"target\": {0}, \"always\": {{ \"available\": \">= 1\" }} }}",
        target);
    return fmt::format(
        "\n"
        "  // A new variable gives every pod of the entry a successor, as a restart does.\n"
        "  \"timeline\": [\n"
        "    {{ \"id\": \"rollout\", \"at\": \"2min\", \"set\": {{ \"target\": {}, \"env\": {{ "
        "\"ORRERY_ROLLOUT\": \"1\" }} }} }}\n"
        "  ],\n"
        "  \"expect\": [\n{}\n  ],\n",
        target, expectations);
  }

  static std::string provenance_text() {
    return "\n"
           "  \"provenance\": {\n"
           "    \"/cluster\": \"assumed: room for twice what the pods request\",\n"
           "    \"/cluster/network\": \"assumed: the latencies of one data centre\",\n"
           "    \"/images\": \"assumed: nobody timed how long these images take to start\",\n"
           "    \"/services\": \"assumed: times are invented, calls are read off addresses in the "
           "manifests\",\n"
           "    \"/load\": \"assumed: a modest load\"\n"
           "  }\n"
           "}\n";
  }

  const std::vector<api::ManifestObject>& objects_;
  std::vector<std::string> manifests_;
  Catalog catalog_;
  std::map<std::string, const api::Service*> services_;  ///< Those that select pods, by full name.
  std::map<std::string, int> names_;                     ///< How many Services have the short name.
  std::map<std::string, std::vector<std::string>> calls_;
  std::vector<std::string> left_out_;
  std::string entry_;
};

std::string path_from(const std::string& output, const std::string& manifest) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path folder =
      fs::absolute(output == "-" ? fs::path{"."} : fs::path{output}.parent_path() / ".", error)
          .lexically_normal();
  const fs::path file = fs::absolute(manifest, error).lexically_normal();
  const fs::path relative = file.lexically_relative(folder);
  const bool below = !relative.empty() && *relative.begin() != "..";
  return below ? relative.string() : file.string();
}

}  // namespace

Draft draft_scenario(const std::vector<std::string>& manifests, const std::string& output) {
  Draft draft;
  Report report;
  std::vector<std::string> files;
  std::vector<std::string> named;
  for (const std::string& manifest : manifests) {
    const api::Place place{manifest, 0, {}};
    for (std::string& file : manifest_files(manifest, place, report))
      files.push_back(std::move(file));
    named.push_back(path_from(output, manifest));
  }
  const api::Place all{manifests.empty() ? "-" : manifests.front(), 0, {}};
  api::ManifestPatches none;
  api::istio::Rules rules;
  const api::Manifests read = read_manifest_files(files, all, report, none, rules);
  if (report.problems().empty()) {
    Drafting drafting{read.objects, named};
    if (drafting.has_services()) {
      draft.text = drafting.text();
    } else {
      report.add(all, "a Service whose selector matches pods of the manifests", "none");
    }
  }
  draft.problems = report.problems();
  return draft;
}

}  // namespace orrery::scenario
