#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "models/base/quantity.h"
#include "runner/scenario/action_reading.h"
#include "runner/scenario/call_reading.h"
#include "runner/scenario/parts.h"
#include "runner/scenario/scalars.h"
#include "runner/scenario/server_reading.h"

namespace orrery::scenario {
namespace {

const Duration kAssumedStart = Duration::seconds(1);
const Duration kAssumedCpu = Duration::milliseconds(1);
constexpr std::int64_t kAssumedLayer = std::int64_t{64} << 20;

bool is_pulled(const Value& image) {
  const Value* on_nodes = image.find("onNodes");
  return on_nodes != nullptr ? on_nodes->text == "false" : image.find("layers") != nullptr;
}

std::int64_t read_size(const Value& value, Report& report) {
  const bool scalar = value.type == Value::Type::Text || value.type == Value::Type::Number;
  const auto bytes = scalar ? parse_amount(value.text) : std::nullopt;
  if (bytes && *bytes >= 0) return *bytes;
  report.add(value, "a size, such as \"80Mi\"");
  return 0;
}

void read_layers(const Value& layers, Image& image, Report& report) {
  for (const Value& value : items(layers, "a list of sizes", report)) {
    Layer layer;
    if (value.type == Value::Type::Object) {
      const Fields fields{value, {"id", "size"}, report};
      if (const Value* id = fields.require("id", "the layer's id")) {
        layer.id = read_text(*id, "the layer's id", report).value_or("");
      }
      if (const Value* size = fields.require("size", "the layer's size")) {
        layer.bytes = read_size(*size, report);
      }
    } else {
      layer.bytes = read_size(value, report);
    }
    image.layers.push_back(std::move(layer));
  }
}

Use read_use(const Value& value, bool by_request, Report& report) {
  Use use;
  if (value.type == Value::Type::Text) {
    use.base = read_size(value, report);
    return use;
  }
  const Fields fields =
      by_request ? Fields{value, {"base", "perSecond", "perRequest", "perServed"}, report}
                 : Fields{value, {"base", "perSecond", "volume"}, report};
  if (const Value* base = fields.find("base")) use.base = read_size(*base, report);
  if (const Value* growth = fields.find("perSecond")) use.per_second = read_size(*growth, report);
  if (!by_request) {
    if (const Value* volume = fields.find("volume")) {
      use.volume = read_text(*volume, "the name of an emptyDir volume", report).value_or("");
    }
    return use;
  }
  if (const Value* each = fields.find("perRequest")) use.per_request = read_size(*each, report);
  if (const Value* each = fields.find("perServed")) use.per_served = read_size(*each, report);
  return use;
}

/// What its processes do by themselves.
void read_process(const Fields& fields, Image& image, Report& report) {
  if (const Value* runs = fields.find("runsFor")) image.runs_for = read_distribution(*runs, report);
  if (const Value* code = fields.find("exitCode")) {
    image.exit_code = static_cast<std::int32_t>(read_count(*code, 0, 255, report).value_or(0));
    if (fields.find("runsFor") == nullptr) {
      report.add(*code, "\"runsFor\" beside it, as a process that goes on has no exit code");
    }
  }
  if (const Value* ignores = fields.find("ignoresTerm")) {
    image.ignores_term = read_boolean(*ignores, report).value_or(false);
  }
  if (const Value* after = fields.find("unwellAfter")) {
    image.unwell_after = read_duration(*after, report);
  }
  if (const Value* lasts = fields.find("unwellFor")) {
    image.unwell_for = read_duration(*lasts, report);
    if (fields.find("unwellAfter") == nullptr) {
      report.add(*lasts, "\"unwellAfter\" beside it, which says when it begins");
    }
  }
  if (const Value* memory = fields.find("memory")) image.memory = read_use(*memory, true, report);
  if (const Value* disk = fields.find("disk")) image.disk = read_use(*disk, false, report);
  if (const Value* errors = fields.find("errors")) {
    image.error_probability = read_percent(*errors, report).value_or(0);
  }
}

Image read_image(const Value& value, Report& report, Assumptions& assumptions) {
  Image image;
  const Fields fields{value,
                      {"layers", "start", "onNodes", "missing", "runsFor", "exitCode",
                       "ignoresTerm", "unwellAfter", "unwellFor", "memory", "disk", "errors"},
                      report};
  if (const Value* layers = fields.find("layers")) read_layers(*layers, image, report);
  if (const Value* on_nodes = fields.find("onNodes")) (void)read_boolean(*on_nodes, report);
  if (const Value* missing = fields.find("missing")) {
    image.missing = read_boolean(*missing, report).value_or(false);
  }
  image.on_nodes = !is_pulled(value) && !image.missing;
  read_process(fields, image, report);
  if (image.missing) {
    image.start = Distribution::constant(kAssumedStart);
    return image;  // Nothing of it ever starts.
  }
  if (!image.on_nodes && fields.find("layers") == nullptr) {
    image.layers = {{{}, kAssumedLayer}};
    assumptions.add(value.where.pointer + "/layers",
                    fmt::format("one layer of {}", amount_text(kAssumedLayer)));
  }
  if (const Value* start = fields.find("start")) {
    image.start = read_distribution(*start, report).value_or(image.start);
  } else {
    image.start = Distribution::constant(kAssumedStart);
    assumptions.add(value.where.pointer + "/start", to_string(kAssumedStart));
  }
  return image;
}

Operation read_operation(const Value& value, Reading& reading) {
  Operation operation;
  operation.name = value.key;
  const Fields fields{value, {"cpu", "wait", "errors", "writes", "calls"}, reading.report};
  if (const Value* cpu = fields.find("cpu")) {
    operation.cpu = read_distribution(*cpu, reading.report).value_or(operation.cpu);
  } else {
    operation.cpu = Distribution::constant(kAssumedCpu);
    reading.assumptions.add(value.where.pointer + "/cpu", to_string(kAssumedCpu));
  }
  if (const Value* wait = fields.find("wait")) {
    operation.wait = read_distribution(*wait, reading.report).value_or(operation.wait);
  }
  if (const Value* errors = fields.find("errors")) {
    operation.error_probability = read_percent(*errors, reading.report).value_or(0);
  }
  if (const Value* writes = fields.find("writes")) {
    operation.writes = read_boolean(*writes, reading.report).value_or(false);
  }
  const Value* calls = fields.find("calls");
  if (calls == nullptr) return operation;
  for (const Value& step : items(*calls, "a list of calls", reading.report)) {
    std::vector<Call> together;
    const std::vector<Call>* before = operation.steps.empty() ? nullptr : &operation.steps.back();
    if (step.type == Value::Type::List) {
      for (const Value& call : step.children) together.push_back(read_call(call, before, reading));
    } else {
      together.push_back(read_call(step, before, reading));
    }
    operation.steps.push_back(std::move(together));
  }
  return operation;
}

/// A duration above 0; says if it is none.
Duration read_positive(const Value& value, Report& report) {
  const auto duration = read_duration(value, report);
  if (duration == Duration{}) report.add(value, "a duration above 0");
  return duration.value_or(Duration{});
}

/// By `time` or by "requests", which of them there is.
void read_time_or_requests(const Fields& fields, const char* time, const Value& value,
                           Duration& by_time, std::uint32_t& by_requests, Report& report) {
  const Value* lasts = fields.find(time);
  const Value* requests = fields.find("requests");
  if ((lasts == nullptr) == (requests == nullptr)) {
    report.add(value.where, fmt::format("\"{}\" or \"requests\"", time),
               lasts == nullptr ? "neither" : "both");
  }
  if (lasts != nullptr) by_time = read_positive(*lasts, report);
  if (requests != nullptr) {
    by_requests =
        static_cast<std::uint32_t>(read_count(*requests, 1, 1'000'000'000, report).value_or(1));
  }
}

void read_warm_up(const Value& value, ServiceBehaviour& behaviour, Report& report) {
  const Fields fields{value, {"factor", "for", "requests"}, report};
  if (const Value* factor = fields.require("factor", "how many times the core time at first")) {
    double given = 0;
    if (factor->type == Value::Type::Number) given = parse_number(factor->text).value_or(0);
    if (given < 1 || given > 1000) report.add(*factor, "a number from 1 to 1000");
    behaviour.warm_up.factor = std::clamp(given, 1.0, 1000.0);
  }
  read_time_or_requests(fields, "for", value, behaviour.warm_up.lasts, behaviour.warm_up.requests,
                        report);
}

void read_pauses(const Value& value, ServiceBehaviour& behaviour, Report& report) {
  const Fields fields{value, {"for", "every", "requests"}, report};
  Pauses& pauses = behaviour.pauses;
  const Value* length = fields.require("for", "how long a pause lasts");
  if (length != nullptr) pauses.length = read_positive(*length, report);
  read_time_or_requests(fields, "every", value, pauses.every, pauses.requests, report);
  if (pauses.every > Duration{} && pauses.length >= pauses.every) {
    report.add(*length, "a pause shorter than the time from one to the next");
    pauses = {};
  }
}

/// TCP's round trip, and those of TLS.
void read_handshake(const Value& value, ServiceBehaviour& behaviour, Report& report) {
  constexpr const char* kExpected = R"("none", "1.2" or "1.3")";
  const Fields fields{value, {"tls", "cpu"}, report};
  if (const Value* tls = fields.require("tls", kExpected)) {
    const std::string version = read_text(*tls, kExpected, report).value_or("none");
    behaviour.handshake.round_trips = version == "1.2" ? 3 : version == "1.3" ? 2 : 1;
    if (behaviour.handshake.round_trips == 1 && version != "none") report.add(*tls, kExpected);
  }
  if (const Value* cpu = fields.find("cpu")) {
    behaviour.handshake.cpu = read_duration(*cpu, report).value_or(Duration{});
  }
}

Leader read_leader(const Value& value, Report& report) {
  constexpr std::int64_t kAcksMax = 1000;
  const Fields fields{value, {"election", "acks", "replicate"}, report};
  Leader leader;
  if (const Value* election = fields.require("election",
                                             "how long there is no leader, such as "
                                             "\"10s\"")) {
    leader.election = read_distribution(*election, report).value_or(leader.election);
  }
  if (const Value* acks = fields.find("acks")) {
    leader.acks = static_cast<std::uint32_t>(read_count(*acks, 1, kAcksMax, report).value_or(1));
  }
  if (const Value* replicate = fields.find("replicate")) {
    leader.replicate = read_distribution(*replicate, report).value_or(leader.replicate);
    if (leader.acks == 1) {
      report.add(*replicate, "\"replicate\" only beside \"acks\" of 2 or more",
                 "with one, no write waits for a follower");
    }
  }
  return leader;
}

ServiceBehaviour read_behaviour(const Value& value, Reading& reading) {
  Report& report = reading.report;
  ServiceBehaviour behaviour;
  const Fields fields{value,
                      {"concurrency", "queueMax", "drainsOnTerm", "probesShareThreads", "queue",
                       "limit", "warmUp", "pauses", "handshake", "leader", "operations"},
                      report};
  if (const Value* concurrency = fields.find("concurrency")) {
    behaviour.concurrency =
        static_cast<std::uint32_t>(read_count(*concurrency, 1, 1'000'000, report).value_or(1));
  } else {
    reading.assumptions.add(value.where.pointer + "/concurrency",
                            std::to_string(behaviour.concurrency));
  }
  if (const Value* queue = fields.find("queueMax")) {
    behaviour.queue_max =
        static_cast<std::uint32_t>(read_count(*queue, 0, 10'000'000, report).value_or(0));
  }
  if (const Value* drains = fields.find("drainsOnTerm")) {
    behaviour.drains_on_term = read_boolean(*drains, report).value_or(true);
  }
  if (const Value* share = fields.find("probesShareThreads")) {
    behaviour.probes_share_threads = read_boolean(*share, report).value_or(false);
  }
  read_server(fields, behaviour.server, report);
  if (const Value* warm_up = fields.find("warmUp")) read_warm_up(*warm_up, behaviour, report);
  if (const Value* pauses = fields.find("pauses")) read_pauses(*pauses, behaviour, report);
  if (const Value* handshake = fields.find("handshake")) {
    read_handshake(*handshake, behaviour, report);
  }
  if (const Value* leader = fields.find("leader")) behaviour.leader = read_leader(*leader, report);
  if (const Value* operations = fields.find("operations")) {
    for (const Value& operation :
         named_members(*operations, "an object of operations by name", report)) {
      behaviour.operations.push_back(read_operation(operation, reading));
    }
  }
  const bool writes = std::any_of(behaviour.operations.begin(), behaviour.operations.end(),
                                  [](const Operation& operation) { return operation.writes; });
  if (behaviour.leader && !writes) {
    report.add(value.where, "an operation with \"writes\": true beside \"leader\"", "none",
               "the leader does what the others do, and the writes");
  }
  return behaviour;
}

/// The operations of a service that the scenario calls but does not describe.
void assume_operations(const std::string& service, ServiceBehaviour& behaviour, Reading& reading) {
  std::set<std::string> names;
  for (const OperationReference& reference : reading.references) {
    if (reference.service == service && !reference.operation.empty()) {
      names.insert(reference.operation);
    }
  }
  if (names.empty()) names.insert("request");
  for (const std::string& name : names) {
    Operation operation;
    operation.name = name;
    operation.cpu = Distribution::constant(kAssumedCpu);
    behaviour.operations.push_back(std::move(operation));
  }
}

const Operation* find_operation(const ServiceBehaviour& behaviour, const std::string& name) {
  for (const Operation& operation : behaviour.operations) {
    if (name.empty() || operation.name == name) return &operation;
  }
  return nullptr;
}

void check_reference(const OperationReference& reference, Reading& reading) {
  const ServiceBehaviour& behaviour = reading.scenario.services.at(reference.service);
  if (find_operation(behaviour, reference.operation) != nullptr) return;
  std::vector<std::string> names;
  for (const Operation& operation : behaviour.operations) names.push_back(operation.name);
  reading.report.add(
      reference.where,
      fmt::format("an operation of service {}", short_service_name(reference.service)),
      fmt::format("\"{}\"", reference.operation), did_you_mean(reference.operation, names));
}

/// Follows calls depth first, so that a cycle is the part of the path behind its first operation.
class CallWalk {
 public:
  CallWalk(const Scenario& scenario, Report& report) : scenario_{scenario}, report_{report} {}

  void check(const OperationReference& from) {
    const Operation* operation = operation_of(from.service, from.operation);
    if (stopped_ || operation == nullptr) return;
    where_ = from.where;
    visit(from.service, *operation);
  }

 private:
  static constexpr std::size_t kDepthMax = 256;
  static constexpr double kRequestsMax = 100'000;

  const Operation* operation_of(const std::string& service, const std::string& name) const {
    const auto found = scenario_.services.find(service);
    return found == scenario_.services.end() ? nullptr : find_operation(found->second, name);
  }

  /// How many requests one request to the operation makes, itself included.
  double visit(const std::string& service, const Operation& operation) {
    const std::string name = fmt::format("{}:{}", short_service_name(service), operation.name);
    if (const auto known = requests_.find(name); known != requests_.end()) return known->second;
    const auto open = std::find(path_.begin(), path_.end(), name);
    if (open != path_.end()) {
      std::string cycle;
      for (auto at = open; at != path_.end(); ++at) cycle += *at + " -> ";
      return stop("an acyclic call graph", cycle + name);
    }
    if (path_.size() == kDepthMax) {
      return stop(fmt::format("calls at most {} deep", kDepthMax), "more, at " + name);
    }
    path_.push_back(name);
    double requests = 1;
    for (const auto& step : operation.steps) {
      for (const Call& call : step) {
        const Operation* callee = operation_of(call.to, call.operation);
        if (stopped_ || callee == nullptr) continue;
        requests += call.times * visit(call.to, *callee);
        const Operation* undo =
            call.undo ? operation_of(call.undo->to, call.undo->operation) : nullptr;
        if (undo != nullptr) requests += visit(call.undo->to, *undo);
      }
    }
    for (const auto& [topic, settings] : scenario_.topics) {
      if (settings.broker != service || settings.publish != operation.name) continue;
      for (const auto& [consumer, group] : settings.groups) {
        const Operation* handling = operation_of(consumer, group.operation);
        if (!stopped_ && handling != nullptr) requests += visit(consumer, *handling);
      }
    }
    path_.pop_back();
    if (!stopped_ && requests > kRequestsMax) {
      return stop(fmt::format("at most {} calls behind one request", kRequestsMax),
                  fmt::format("{:.0f} behind {}", requests, name));
    }
    requests_.emplace(name, requests);
    return requests;
  }

  double stop(std::string expected, std::string found) {
    if (!stopped_) report_.add(where_, std::move(expected), std::move(found));
    stopped_ = true;
    return 0;
  }

  const Scenario& scenario_;
  Report& report_;
  api::Place where_;
  std::vector<std::string> path_;
  std::map<std::string, double> requests_;
  bool stopped_ = false;
};

}  // namespace

bool names_pulled_image(const Value* images) {
  return images != nullptr && std::any_of(images->children.begin(), images->children.end(),
                                          [](const Value& image) { return is_pulled(image); });
}

namespace {

/// Layers of one id have one size, whichever images have them.
void check_layers(const Value& images, Reading& reading) {
  std::map<std::string, std::int64_t> sizes;
  for (const auto& [name, image] : reading.scenario.images) {
    for (const Layer& layer : image.layers) {
      if (layer.id.empty()) continue;
      const auto known = sizes.emplace(layer.id, layer.bytes).first;
      if (known->second == layer.bytes) continue;
      const Value* at = images.find(name);
      reading.report.add(
          at == nullptr ? images.where : at->where,
          fmt::format("layer \"{}\" of one size in all images", layer.id),
          fmt::format("{} and {}", amount_text(known->second), amount_text(layer.bytes)));
    }
  }
}

}  // namespace

void read_images(const Value* images, Reading& reading) {
  std::set<std::string> named = reading.catalog.images();
  for (const TimelineEntry& entry : reading.scenario.timeline) {
    named.merge(images_of(entry, reading));
  }
  if (images != nullptr) {
    for (const Value& image : named_members(*images, "an object of images", reading.report)) {
      if (!named.contains(image.key) && reading.catalog.complete()) {
        reading.report.add(image.where, "an image of the manifests or the timeline",
                           fmt::format("\"{}\"", image.key),
                           did_you_mean(image.key, {named.begin(), named.end()}));
      }
      reading.scenario.images.emplace(image.key,
                                      read_image(image, reading.report, reading.assumptions));
    }
    check_layers(*images, reading);
  }
  for (const std::string& image : named) {
    const auto [at, missing] = reading.scenario.images.emplace(image, Image{});
    if (!missing) continue;
    at->second.start = Distribution::constant(kAssumedStart);
    reading.assumptions.add(
        "/images" + pointer_step(image),
        fmt::format("already on every node, starts in {}", to_string(kAssumedStart)));
  }
}

void read_services(const Value* services, Reading& reading) {
  if (services == nullptr) return;
  for (const Value& service :
       named_members(*services, "an object of services by name", reading.report)) {
    const auto name = reading.catalog.service(service.where, service.key, reading.report);
    ServiceBehaviour behaviour = read_behaviour(service, reading);
    if (!name) continue;
    const bool fresh = reading.scenario.services.emplace(*name, std::move(behaviour)).second;
    if (!fresh) {
      reading.report.add(service.where, "every service once",
                         fmt::format("\"{}\" again, with or without its namespace", service.key));
    }
  }
}

void read_journeys(const Value& journeys, Reading& reading) {
  for (const Value& value :
       named_members(journeys, "an object of journeys by name", reading.report)) {
    Journey journey;
    const Value* steps = &value;
    if (value.type == Value::Type::Object) {
      const Fields fields{value, {"steps", "timeout", "think"}, reading.report};
      steps = fields.require("steps", "a list of \"service:operation\"");
      if (const Value* timeout = fields.find("timeout")) {
        journey.timeout = read_duration(*timeout, reading.report).value_or(Duration{});
      }
      if (const Value* think = fields.find("think")) {
        journey.think = read_distribution(*think, reading.report).value_or(Distribution{});
      }
    }
    if (steps != nullptr) {
      for (const Value& step : items(*steps, "a list of \"service:operation\"", reading.report)) {
        journey.steps.push_back(read_step(step, reading));
      }
      if (steps->type == Value::Type::List && steps->children.empty()) {
        reading.report.add(steps->where, "at least one step", "none");
      }
    }
    reading.scenario.journeys.emplace(value.key, std::move(journey));
  }
}

namespace {

/// Faults of leaders hit a service that has one.
void check_leaders(Reading& reading) {
  for (const TimelineEntry& entry : reading.scenario.timeline) {
    const auto* fault = std::get_if<FaultAction>(&entry.action);
    if (fault == nullptr || !fault->target) continue;
    if (fault->kind != FaultKind::SlowLeader && fault->kind != FaultKind::LeaderKill) continue;
    const std::string name = fault->target->namespace_name + "/" + fault->target->name;
    const auto service = reading.scenario.services.find(name);
    if (service != reading.scenario.services.end() && service->second.leader) continue;
    reading.report.add(entry.where,
                       fmt::format("a service with a leader for {}", to_string(fault->kind)),
                       short_service_name(name), "\"leader\" stands in \"services\"");
  }
}

}  // namespace

void check_calls(Reading& reading) {
  Scenario& scenario = reading.scenario;
  for (const OperationReference& reference : reading.references) {
    if (scenario.services.contains(reference.service)) continue;
    ServiceBehaviour behaviour;
    assume_operations(reference.service, behaviour, reading);
    scenario.services.emplace(reference.service, std::move(behaviour));
    reading.assumptions.add("/services" + pointer_step(short_service_name(reference.service)),
                            fmt::format("{} of CPU per request, no calls, {} requests at a time",
                                        to_string(kAssumedCpu), ServiceBehaviour{}.concurrency));
  }
  for (auto& [name, behaviour] : scenario.services) {
    if (!behaviour.operations.empty()) continue;
    assume_operations(name, behaviour, reading);
    reading.assumptions.add("/services" + pointer_step(short_service_name(name)) + "/operations",
                            fmt::format("{} of CPU per request, no calls", to_string(kAssumedCpu)));
  }
  check_leaders(reading);
  std::set<std::string> without_pods;
  CallWalk walk{scenario, reading.report};
  for (const OperationReference& reference : reading.references) {
    check_reference(reference, reading);
    walk.check(reference);
    const bool answered =
        !reading.catalog.complete() || reading.catalog.selects_pods(reference.service);
    if (!answered && without_pods.insert(reference.service).second) {
      reading.report.add(reference.where, "a Service whose selector matches pods of the manifests",
                         fmt::format("{} selects none", short_service_name(reference.service)));
    }
  }
}

}  // namespace orrery::scenario
