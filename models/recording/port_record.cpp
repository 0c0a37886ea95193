#include "models/recording/port_record.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "models/api/reading.h"
#include "models/api/taint_text.h"
#include "models/base/random.h"
#include "models/recording/port_codec.h"

namespace orrery::recording {
namespace {

using nlohmann::json;

constexpr std::string_view kFormat = "orrery-port-record/1";
constexpr std::string_view kEndBody = R"({"in":"end"})";

std::uint64_t chained(std::uint64_t chain, std::uint64_t number, std::string_view body) {
  return mix64(mix64(chain ^ number) ^ key_of(body.data(), body.size()));
}

std::string head_of_line(std::uint64_t number) {
  return fmt::format(R"({{"n":{},"line":)", number);
}
std::string tail_of_line(std::uint64_t chain) {
  return fmt::format(R"(,"chain":"{:016x}"}})", chain);
}

std::string header_body(const RecordHeader& header, SecretMask& mask) {
  std::string objects;
  for (const api::ObjectPtr& object : header.snapshot) {
    if (!objects.empty()) objects += ',';
    objects += api::to_json_text(*mask.object(object));
  }
  json taints = json::array();
  for (const api::Taint& taint : header.node_taints) taints.push_back(api::to_text(taint));
  const json node = {{"name", header.node_name},
                     {"address", header.node_address},
                     {"cpuMilli", header.node_resources.cpu_milli},
                     {"memoryBytes", header.node_resources.memory_bytes},
                     {"pods", header.node_resources.pods},
                     {"labels", header.node_labels},
                     {"taints", taints},
                     {"reportsMetrics", header.reports_metrics}};
  return fmt::format(
      R"({{"format":"{}","role":"{}","seed":{},"builtAt":{},"profile":{},"node":{},"calendarStart":{},)"
      R"("resourceVersion":{},)"
      R"("snapshot":[{}]}})",
      kFormat, to_string(header.role), header.seed, header.built_at.count_ns(),
      json_string(header.profile), node.dump(), header.calendar_start_seconds,
      header.resource_version, objects);
}

Result<RecordHeader> header_of(const std::string& body) {
  try {
    const json value = json::parse(body);
    if (value.at("format") != kFormat) {
      return failure("the record has format " + value["format"].dump(),
                     fmt::format("this program reads {}", kFormat));
    }
    RecordHeader header;
    const auto& role = value.at("role").get_ref<const std::string&>();
    for (const ProcessRole known : {ProcessRole::ControlPlane, ProcessRole::NodeAgent}) {
      if (role == to_string(known)) header.role = known;
    }
    if (role != to_string(header.role)) return failure("the record has the unknown role " + role);
    header.seed = value.at("seed");
    header.built_at = Instant::at(Duration::nanoseconds(value.at("builtAt").get<std::int64_t>()));
    header.profile = value.at("profile");
    const json& node = value.at("node");
    header.node_name = node.at("name");
    header.node_address = node.at("address");
    header.node_resources.cpu_milli = node.at("cpuMilli");
    header.node_resources.memory_bytes = node.at("memoryBytes");
    header.node_resources.pods = node.at("pods");
    for (const auto& [key, label] : node.at("labels").items()) header.node_labels[key] = label;
    for (const json& text : node.value("taints", json::array())) {
      std::optional<api::Taint> taint = api::parse_taint(text.get<std::string>());
      if (!taint) return failure("the record has the unknown taint " + text.dump());
      header.node_taints.push_back(*std::move(taint));
    }
    header.reports_metrics = node.value("reportsMetrics", false);
    header.calendar_start_seconds = value.value("calendarStart", std::int64_t{0});
    header.resource_version = value.at("resourceVersion");
    for (const json& text : value.at("snapshot")) {
      Result<api::Object> object = api::from_json_text(text.dump());
      if (!object) return tl::unexpected{object.error()};
      header.snapshot.push_back(std::make_shared<const api::Object>(std::move(*object)));
    }
    return header;
  } catch (const json::exception& e) {
    return failure(std::string{"the record's header cannot be read: "} + e.what());
  }
}

}  // namespace

const char* to_string(ProcessRole role) {
  return role == ProcessRole::ControlPlane ? "control-plane" : "node-agent";
}

// --- the file -----------------------------------------------------------------------------------

Result<std::unique_ptr<RecordFile>> RecordFile::create(const std::string& path,
                                                       const RecordHeader& header) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640);
  if (file < 0) {
    return failure(fmt::format("cannot create the record {}: {}", path, std::strerror(errno)));
  }
  std::unique_ptr<RecordFile> record{new RecordFile(path, file)};
  record->append(header_body(header, record->mask()));
  if (!record->before_effect()) return tl::unexpected{*record->failed_};
  return record;
}

RecordFile::~RecordFile() {
  (void)before_effect();
  ::close(file_);
}

void RecordFile::append(std::string_view body) {
  chain_ = chained(chain_, next_number_, body);
  buffer_ += head_of_line(next_number_);
  buffer_ += body;
  buffer_ += tail_of_line(chain_);
  buffer_ += '\n';
  ++next_number_;
}

void RecordFile::in(std::string body) { append(body); }
void RecordFile::out(std::string body) { append(body); }

bool RecordFile::before_effect() {
  std::string_view left = buffer_;
  while (!left.empty() && !failed_) {
    const ssize_t written = ::write(file_, left.data(), left.size());
    if (written >= 0) {
      left.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      failed_ = Failure{fmt::format("cannot write the record {}: {}", path_, std::strerror(errno)),
                        "free some space; the process can be started again"};
    }
  }
  buffer_.clear();
  return !failed_;
}

void RecordFile::end() {
  append(kEndBody);
  (void)before_effect();
}

Result<Record> read_record(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return failure(fmt::format("cannot open the record {}", path));
  std::ostringstream content;
  content << file.rdbuf();
  const std::string text = std::move(content).str();

  Record record;
  std::uint64_t chain = 0;
  std::size_t number = 0;
  std::string header_text;
  for (std::size_t begin = 0; begin < text.size(); ++number) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) {
      record.torn_tail = true;
      break;
    }
    const std::string_view line = std::string_view{text}.substr(begin, end - begin);
    begin = end + 1;
    const std::string head = head_of_line(number);
    const std::size_t frame = head.size() + tail_of_line(0).size();
    std::string why;
    std::string_view body;
    if (line.size() < frame || line.substr(0, head.size()) != head) {
      why = fmt::format("not record number {}: lines are missing, added or moved", number);
    } else {
      body = line.substr(head.size(), line.size() - frame);
      chain = chained(chain, number, body);
      if (line.substr(head.size() + body.size()) != tail_of_line(chain)) {
        why = "the digest does not match: this line or one before it was changed";
      } else if (record.ended) {
        why = "a line after the last one";
      }
    }
    if (!why.empty()) {
      record.broken = Record::Broken{number + 1, std::move(why)};
      break;
    }
    if (number == 0) {
      header_text = body;
    } else if (body == kEndBody) {
      record.ended = true;
    } else {
      record.bodies.emplace_back(body);
    }
  }
  if (header_text.empty()) {
    return failure(fmt::format("{} is not a record: {}", path,
                               record.broken ? record.broken->why : "it has no header"));
  }
  Result<RecordHeader> header = header_of(header_text);
  if (!header) return tl::unexpected{header.error()};
  record.header = std::move(*header);
  return record;
}

// --- lines --------------------------------------------------------------------------------------

bool is_input(std::string_view body) { return body.starts_with(R"({"in":)"); }

Result<RecordedInput> decode_input(std::string_view body) {
  try {
    const json value = json::parse(body);
    const auto& kind = value.at("in").get_ref<const std::string&>();
    const auto now = [&] {
      return Instant::at(Duration::nanoseconds(value.at("now").get<std::int64_t>()));
    };
    const auto owner = [&] { return ports::OwnerId{value.at("owner").get<std::uint32_t>()}; };
    const auto client = [&] { return store::ClientId{value.at("client").get<std::uint32_t>()}; };
    if (kind == "start") return StartInput{now(), owner()};
    if (kind == "event") {
      Result<ports::Event> event = decode_event(value.at("event").dump());
      if (!event) return tl::unexpected{event.error()};
      return EventInput{now(), std::move(*event)};
    }
    if (kind == "request") {
      Result<ports::ApiCall> call = decode_api_call(value.at("call").dump());
      if (!call) return tl::unexpected{call.error()};
      return RequestInput{now(), client(), owner(), value.at("id"), std::move(*call)};
    }
    if (kind == "disconnect") return DisconnectInput{client()};
    return failure("an unknown kind of input: " + kind);
  } catch (const json::exception& e) {
    return failure(std::string{"not an input: "} + e.what());
  }
}

void record_start(RecordSink& sink, Instant now, ports::OwnerId owner) {
  sink.in(fmt::format(R"({{"in":"start","now":{},"owner":{}}})", now.count_ns(),
                      static_cast<std::uint32_t>(owner)));
}

void RecordedComponent::on_event(const ports::Event& event) {
  sink_.in(fmt::format(R"({{"in":"event","now":{},"event":{}}})", clock_.now().count_ns(),
                       encode(sink_.mask().event(event))));
  inner_.on_event(event);
}

// --- ports --------------------------------------------------------------------------------------

namespace {

std::string call_body(const char* port, ports::OwnerId owner, ports::CallId id,
                      const std::string& what) {
  return fmt::format(R"({{"out":"{}","owner":{},"id":{},"what":{}}})", port,
                     static_cast<std::uint32_t>(owner), id, what);
}

}  // namespace

ports::TimerId RecordedExecutor::create_timer(ports::OwnerId owner, std::uint64_t id) {
  const ports::TimerId timer = inner_.create_timer(owner, id);
  const auto index = static_cast<std::size_t>(timer);
  if (index >= names_.size()) names_.resize(index + 1);
  names_[index] = Name{owner, id};
  return timer;
}

const RecordedExecutor::Name& RecordedExecutor::name_of(ports::TimerId timer) const {
  expects(static_cast<std::size_t>(timer) < names_.size(), "a timer was created before it is used");
  return names_[static_cast<std::size_t>(timer)];
}

void RecordedExecutor::arm(ports::TimerId timer, Instant when) {
  const Name& name = name_of(timer);
  sink_.out(fmt::format(R"({{"out":"arm","owner":{},"id":{},"when":{}}})",
                        static_cast<std::uint32_t>(name.owner), name.id, when.count_ns()));
  inner_.arm(timer, when);
}

void RecordedExecutor::disarm(ports::TimerId timer) {
  const Name& name = name_of(timer);
  sink_.out(fmt::format(R"({{"out":"disarm","owner":{},"id":{}}})",
                        static_cast<std::uint32_t>(name.owner), name.id));
  inner_.disarm(timer);
}

void RecordedExecutor::destroy_timer(ports::TimerId timer) { inner_.destroy_timer(timer); }

void RecordedApiClient::call(ports::OwnerId owner, ports::CallId id, ports::ApiCall call) {
  sink_.out(call_body("api", owner, id, encode(sink_.mask().call(call))));
  if (!sink_.before_effect()) return;
  inner_.call(owner, id, std::move(call));
}

void RecordedRuntime::call(ports::OwnerId owner, ports::CallId id, ports::RuntimeCall call) {
  sink_.out(call_body("runtime", owner, id, encode(sink_.mask().call(call))));
  if (!sink_.before_effect()) return;
  inner_.call(owner, id, std::move(call));
}

void RecordedProber::probe(ports::OwnerId owner, ports::CallId id,
                           const ports::ProbeRequest& request) {
  sink_.out(call_body("probe", owner, id, encode(request)));
  if (!sink_.before_effect()) return;
  inner_.probe(owner, id, request);
}

void RecordedDataPlane::publish(ports::OwnerId owner, ports::EndpointTable table) {
  sink_.out(call_body("publish", owner, 0, encode(table)));
  if (!sink_.before_effect()) return;
  inner_.publish(owner, std::move(table));
}

store::Handled RecordedApiServer::handle(store::ClientId client, ports::OwnerId owner,
                                         ports::CallId id, const ports::ApiCall& call,
                                         Instant now) {
  sink_.in(fmt::format(R"({{"in":"request","now":{},"client":{},"owner":{},"id":{},"call":{}}})",
                       now.count_ns(), static_cast<std::uint32_t>(client),
                       static_cast<std::uint32_t>(owner), id, encode(sink_.mask().call(call))));
  store::Handled handled = inner_.handle(client, owner, id, call, now, /*cause=*/0);
  for (const store::Write& write : handled.writes) {
    sink_.out(fmt::format(R"({{"out":"write","delta":{},"resourceVersion":{},"object":{}}})",
                          static_cast<int>(write.kind), write.resource_version,
                          api::to_json_text(*sink_.mask().object(write.after))));
  }
  for (const store::Delivery& delivery : handled.deliveries) {
    sink_.out(fmt::format(R"({{"out":"delivery","client":{},"event":{}}})",
                          static_cast<std::uint32_t>(delivery.client),
                          encode(sink_.mask().event(delivery.event))));
  }
  return handled;
}

void RecordedApiServer::disconnect(store::ClientId client) {
  sink_.in(fmt::format(R"({{"in":"disconnect","client":{}}})", static_cast<std::uint32_t>(client)));
  inner_.disconnect(client);
}

}  // namespace orrery::recording
