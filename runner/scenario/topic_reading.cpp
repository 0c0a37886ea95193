#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "runner/scenario/parts.h"
#include "runner/scenario/scalars.h"

namespace orrery::scenario {
namespace {

constexpr std::int64_t kPartitionsMax = 10'000;
constexpr std::int64_t kConsumersMax = 1'000;
constexpr std::int64_t kTakenMax = 1'000'000;

// What clients have unless told otherwise: Kafka's max.poll.records, session.timeout.ms and
// group.initial.rebalance.delay.ms; Spring AMQP's prefetch and RabbitMQ's heartbeat.
constexpr std::uint32_t kBatch = 500;
constexpr std::uint32_t kPrefetch = 250;
const Duration kSessionTimeout = Duration::seconds(45);
const Duration kHeartbeat = Duration::seconds(60);
const Duration kRebalance = Duration::seconds(3);
const Duration kBackoffLeast = Duration::milliseconds(1);

ConsumerGroup read_group(const Value& value, bool partitioned, Report& report) {
  const Fields fields{value,
                      {"operation", "consumers", "batch", "prefetch", "retries", "backoff",
                       "deadLetters", "timeout", "sessionTimeout", "rebalance"},
                      report};
  ConsumerGroup group;
  const auto count = [&](const char* key, std::int64_t least, std::int64_t most,
                         std::uint32_t otherwise) {
    const Value* given = fields.find(key);
    if (given == nullptr) return otherwise;
    return static_cast<std::uint32_t>(read_count(*given, least, most, report).value_or(least));
  };
  const auto duration = [&](const char* key, Duration otherwise) {
    const Value* given = fields.find(key);
    return given == nullptr ? otherwise : read_duration(*given, report).value_or(otherwise);
  };
  const auto belongs_to = [&](bool belongs, const char* key, const char* instead,
                              const char* what) {
    const Value* given = fields.find(key);
    if (given == nullptr || belongs) return;
    report.add(given->where, instead, fmt::format("\"{}\"", key), what);
  };
  belongs_to(partitioned, "batch", "\"prefetch\"", "a topic without \"partitions\" is a queue");
  belongs_to(!partitioned, "prefetch", "\"batch\"", "consumers of partitions poll batches");
  belongs_to(partitioned, "rebalance", "no \"rebalance\"",
             "a topic without \"partitions\" is a queue, whose consumers need none");
  if (const Value* operation = fields.find("operation")) {
    group.operation = read_text(*operation, "the name of an operation", report).value_or("");
  }
  group.consumers = count("consumers", 1, kConsumersMax, 1);
  group.taken = partitioned ? count("batch", 1, kTakenMax, kBatch)
                            : count("prefetch", 1, kTakenMax, kPrefetch);
  if (fields.find("retries") != nullptr) group.retries = count("retries", 0, kTakenMax, 0);
  group.backoff = duration("backoff", group.backoff);
  if (group.backoff < kBackoffLeast) {
    report.add(*fields.find("backoff"), "a duration from 1ms on",
               "a message that fails is not taken again at once");
    group.backoff = kBackoffLeast;
  }
  if (const Value* dead = fields.find("deadLetters")) {
    group.dead_letters = read_text(*dead, "the name of a topic", report).value_or("");
    if (!group.retries) {
      report.add(*dead, "\"retries\" beside \"deadLetters\"",
                 "without a limit no message is given up");
    }
  }
  group.timeout = duration("timeout", group.timeout);
  group.session_timeout = duration("sessionTimeout", partitioned ? kSessionTimeout : kHeartbeat);
  if (partitioned) group.rebalance = duration("rebalance", kRebalance);
  return group;
}

Topic read_topic(const Value& value, Reading& reading) {
  Report& report = reading.report;
  const Fields fields{value, {"broker", "publish", "partitions", "groups"}, report};
  Topic topic;
  const Value* broker = fields.require("broker", "the service that has the topic");
  const auto name = broker == nullptr ? std::nullopt : read_text(*broker, "a service", report);
  const auto service = name ? reading.catalog.service(broker->where, *name, report) : std::nullopt;
  topic.broker = service.value_or("");
  if (const Value* publish = fields.find("publish")) {
    topic.publish = read_text(*publish, "an operation of the broker", report).value_or("");
    if (service) reading.references.push_back({publish->where, *service, topic.publish});
  } else if (service) {
    reading.references.push_back({broker->where, *service, {}});
  }
  if (const Value* partitions = fields.find("partitions")) {
    topic.partitions =
        static_cast<std::uint32_t>(read_count(*partitions, 1, kPartitionsMax, report).value_or(1));
  }
  const Value* groups = fields.find("groups");
  if (groups == nullptr) return topic;
  for (const Value& member : named_members(*groups, "an object of groups by service", report)) {
    ConsumerGroup group = read_group(member, topic.partitions > 0, report);
    const auto consumer = reading.catalog.service(member.where, member.key, report);
    if (!consumer) continue;
    reading.references.push_back({member.where, *consumer, group.operation});
    if (!topic.groups.emplace(*consumer, std::move(group)).second) {
      report.add(member.where, "every service once",
                 fmt::format("\"{}\" again, with or without its namespace", member.key));
    }
  }
  return topic;
}

}  // namespace

void read_topics(const Value* topics, Reading& reading) {
  if (topics == nullptr) return;
  std::map<std::string, Topic>& all = reading.scenario.topics;
  const std::vector<Value>& values =
      named_members(*topics, "an object of topics by name", reading.report);
  for (const Value& value : values) all.emplace(value.key, read_topic(value, reading));
  std::set<std::string> fed;
  std::vector<std::string> names;
  for (const auto& [name, topic] : all) names.push_back(name);
  for (const Value& value : values) {
    const Value* groups = value.find("groups");
    if (groups == nullptr) continue;
    for (const Value& group : groups->children) {
      const Value* dead = group.find("deadLetters");
      if (dead == nullptr || dead->type != Value::Type::Text) continue;
      fed.insert(dead->text);
      if (!all.contains(dead->text)) {
        reading.report.add(*dead, "the name of a topic", did_you_mean(dead->text, names));
      } else if (dead->text == value.key) {
        reading.report.add(*dead, "another topic",
                           "a message that is given up would come again at once");
      }
    }
  }
  for (const Value& value : values) {
    if (value.type != Value::Type::Object || value.find("publish") != nullptr) continue;
    if (fed.contains(value.key)) continue;
    reading.report.add(value.where, "\"publish\": the broker's operation that publishes",
                       "none, and no dead letters get there");
  }
}

}  // namespace orrery::scenario
