#include "models/recording/port_codec.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "models/api/reading.h"

namespace orrery::recording {
namespace {

using nlohmann::json;

// --- writing -----------------------------------------------------------------------------------

/// Builds one JSON object as text, fields in the order given. Objects of the API are put in as the
/// text their own writer makes, which a tree of values would parse and print once more.
class Fields {
 public:
  Fields& text(const char* key, std::string_view value) { return raw(key, json_string(value)); }
  template <class Integer>
  Fields& number(const char* key, Integer value) {
    return raw(key, std::to_string(value));
  }
  Fields& truth(const char* key, bool value) { return raw(key, value ? "true" : "false"); }
  Fields& raw(const char* key, std::string_view value) {
    text_ += text_.size() == 1 ? "\"" : ",\"";
    text_ += key;
    text_ += "\":";
    text_ += value;
    return *this;
  }
  [[nodiscard]] std::string close() {
    text_ += '}';
    return std::move(text_);
  }

 private:
  std::string text_ = "{";
};

template <class Items, class Write>
std::string array_of(const Items& items, Write write) {
  std::string text = "[";
  for (const auto& item : items) {
    if (text.size() > 1) text += ',';
    text += write(item);
  }
  return text + "]";
}

std::string object_text(const api::ObjectPtr& object) {
  return object == nullptr ? "null" : api::to_json_text(*object);
}

std::string labels_text(const api::Labels& labels) {
  std::string text = "{";
  for (const auto& [key, value] : labels) {
    if (text.size() > 1) text += ',';
    text += json_string(key) + ":" + json_string(value);
  }
  return text + "}";
}

std::string strings_text(const std::vector<std::string>& texts) {
  return array_of(texts, [](const std::string& t) { return json_string(t); });
}

std::string port_text(const api::PortReference& port) {
  if (const auto* number = std::get_if<std::int32_t>(&port)) return std::to_string(*number);
  return json_string(std::get<std::string>(port));
}

struct ActionText {
  std::string operator()(const api::HttpGetAction& a) const {
    return Fields{}
        .text("type", "http")
        .text("path", a.path)
        .raw("port", port_text(a.port))
        .text("host", a.host)
        .truth("https", a.https)
        .raw("headers", labels_text(a.headers))
        .close();
  }
  std::string operator()(const api::ExecAction& a) const {
    return Fields{}.text("type", "exec").raw("command", strings_text(a.command)).close();
  }
  std::string operator()(const api::TcpSocketAction& a) const {
    return Fields{}.text("type", "tcp").raw("port", port_text(a.port)).text("host", a.host).close();
  }
  std::string operator()(const api::GrpcAction& a) const {
    return Fields{}.text("type", "grpc").number("port", a.port).text("service", a.service).close();
  }
};

std::string sandbox_text(const ports::SandboxInfo& s) {
  return Fields{}
      .text("id", s.id)
      .text("podUid", s.pod_uid)
      .text("podName", s.pod_name)
      .text("podNamespace", s.pod_namespace)
      .number("attempt", s.attempt)
      .truth("ready", s.state == ports::SandboxState::Ready)
      .text("ip", s.ip)
      .text("podJson", s.pod_json)
      .close();
}

std::string container_text(const ports::ContainerInfo& c) {
  return Fields{}
      .text("id", c.id)
      .text("sandboxId", c.sandbox_id)
      .text("name", c.name)
      .number("attempt", c.attempt)
      .number("state", static_cast<int>(c.state))
      .number("exitCode", c.exit_code)
      .text("reason", c.reason)
      .text("image", c.image)
      .number("startedAt", c.started_at.count_ns())
      .number("finishedAt", c.finished_at.count_ns())
      .close();
}

std::string stats_text(const ports::ContainerStats& s) {
  return Fields{}
      .text("id", s.id)
      .number("at", s.at.count_ns())
      .number("cpu", s.cpu.count_ns())
      .number("memoryBytes", s.memory_bytes)
      .number("diskBytes", s.disk_bytes)
      .number("processes", s.processes)
      .close();
}

std::string supplies_text(const ports::NodeStats& node) {
  const std::vector<std::optional<ports::Supply>> supplies{
      node.memory, node.disk, node.inodes, node.image_disk, node.image_inodes, node.processes};
  return array_of(supplies, [](const std::optional<ports::Supply>& supply) {
    if (!supply) return std::string{"null"};
    return Fields{}
        .number("available", supply->available)
        .number("capacity", supply->capacity)
        .close();
  });
}

std::string image_text(const ports::ImageInfo& image) {
  return Fields{}.text("name", image.name).number("bytes", image.bytes).close();
}

std::string volume_stats_text(const ports::VolumeStats& v) {
  return Fields{}.text("podUid", v.pod_uid).text("name", v.name).number("bytes", v.bytes).close();
}

std::string env_text(const api::EnvVar& e) {
  Fields fields;
  fields.text("name", e.name).text("value", e.value);
  if (!e.config_map.empty()) fields.text("configMap", e.config_map);
  if (!e.config_map_key.empty()) fields.text("configMapKey", e.config_map_key);
  if (!e.secret.empty()) fields.text("secret", e.secret);
  if (!e.secret_key.empty()) fields.text("secretKey", e.secret_key);
  if (!e.field_path.empty()) fields.text("fieldPath", e.field_path);
  if (e.optional) fields.truth("optional", true);
  if (e.resource) {
    fields.text("resource", e.resource->resource)
        .text("resourceContainer", e.resource->container)
        .number("divisorMilli", e.resource->divisor_milli);
  }
  return fields.close();
}

std::string mount_text(const ports::Mount& m) {
  Fields fields;
  fields.text("volume", m.volume).text("mountPath", m.mount_path);
  if (!m.sub_path.empty()) fields.text("subPath", m.sub_path);
  if (m.read_only) fields.truth("readOnly", true);
  if (!m.host_path.empty()) fields.text("hostPath", m.host_path);
  return fields.close();
}

std::string volume_text(const ports::VolumeOrder& v) {
  Fields fields;
  fields.text("podUid", v.pod_uid).text("name", v.name).number("kind", static_cast<int>(v.kind));
  if (!v.files.empty()) fields.raw("files", labels_text(v.files));
  if (v.secret) fields.truth("secret", true);
  if (!v.path.empty()) fields.text("path", v.path);
  if (!v.type.empty()) fields.text("type", v.type);
  if (!v.disk.empty()) fields.text("disk", v.disk);
  return fields.close();
}

struct BodyText {
  std::string operator()(const ports::ApiObject& b) const {
    Fields fields;
    fields.text("type", "object").raw("object", object_text(b.object));
    if (!b.message.empty()) fields.text("message", b.message);
    return fields.close();
  }
  std::string operator()(const ports::ApiList& b) const {
    return Fields{}
        .text("type", "list")
        .number("resourceVersion", b.resource_version)
        .raw("objects", array_of(b.objects, object_text))
        .close();
  }
  std::string operator()(const ports::WatchDelta& b) const {
    Fields fields;
    fields.text("type", "delta")
        .number("delta", static_cast<int>(b.kind))
        .raw("object", object_text(b.object));
    if (b.resource_version != 0) fields.number("resourceVersion", b.resource_version);
    return fields.close();
  }
  std::string operator()(const ports::RuntimeResult& b) const {
    Fields fields;
    fields.text("type", "runtime")
        .text("id", b.id)
        .text("ip", b.ip)
        .number("exitCode", b.exit_code)
        .text("message", b.message)
        .raw("sandboxes", array_of(b.sandboxes, sandbox_text))
        .raw("containers", array_of(b.containers, container_text))
        .raw("stats", array_of(b.stats, stats_text))
        .raw("node", supplies_text(b.node))
        .raw("images", array_of(b.images, image_text));
    if (!b.volumes.empty()) fields.raw("volumes", array_of(b.volumes, volume_stats_text));
    return fields.close();
  }
  std::string operator()(const ports::RuntimeNotice& b) const {
    return Fields{}
        .text("type", "notice")
        .number("what", static_cast<int>(b.what))
        .text("id", b.id)
        .number("exitCode", b.exit_code)
        .text("reason", b.reason)
        .number("at", b.at.count_ns())
        .close();
  }
};

// --- reading -----------------------------------------------------------------------------------

constexpr std::array<const char*, 7> kEventKindNames{"timer",       "apiReply",     "watchEvent",
                                                     "watchClosed", "runtimeReply", "runtimeEvent",
                                                     "probeResult"};

/// Takes values apart. What our own writer cannot have written is noted in `problem` and read as a
/// default; a missing field or a wrong type is an exception of the JSON library.
struct Reader {
  std::string problem;

  /// The enumerator below `count` with this name.
  template <class Enum, class Name>
  Enum named(const json& value, int count, Name name) {
    const auto& text = value.get_ref<const std::string&>();
    for (int i = 0; i < count; ++i) {
      if (text == name(static_cast<Enum>(i))) return static_cast<Enum>(i);
    }
    problem = "unknown name " + text;
    return Enum{};
  }

  template <class Enum>
  Enum numbered(const json& value, int count) {
    const int number = value.get<int>();
    if (number >= 0 && number < count) return static_cast<Enum>(number);
    problem = "unknown value " + value.dump();
    return Enum{};
  }

  static Duration duration(const json& value) {
    return Duration::nanoseconds(value.get<std::int64_t>());
  }
  static Instant instant(const json& value) { return Instant::at(duration(value)); }

  static ports::NodeStats node_stats(const json& value) {
    ports::NodeStats node;
    std::size_t index = 0;
    for (std::optional<ports::Supply>* supply :
         {&node.memory, &node.disk, &node.inodes, &node.image_disk, &node.image_inodes,
          &node.processes}) {
      const json& written = value.at(index++);
      if (written.is_null()) continue;
      *supply = ports::Supply{written.at("available").get<std::int64_t>(),
                              written.at("capacity").get<std::int64_t>()};
    }
    return node;
  }

  api::ObjectPtr object(const json& value) {
    if (value.is_null()) return nullptr;
    Result<api::Object> read = api::from_json_text(value.dump());
    if (read) return std::make_shared<const api::Object>(std::move(*read));
    problem = read.error().what;
    return nullptr;
  }

  static api::PortReference port(const json& value) {
    if (value.is_string()) return value.get<std::string>();
    return value.get<std::int32_t>();
  }

  static api::Labels labels(const json& value) {
    api::Labels labels;
    for (const auto& [key, text] : value.items()) labels.emplace(key, text.get<std::string>());
    return labels;
  }

  api::ProbeAction action(const json& value) {
    const auto& type = value.at("type").get_ref<const std::string&>();
    if (type == "http") {
      return api::HttpGetAction{value.at("path"), port(value.at("port")), value.at("host"),
                                value.at("https"), labels(value.at("headers"))};
    }
    if (type == "exec") {
      return api::ExecAction{value.at("command").get<std::vector<std::string>>()};
    }
    if (type == "tcp") return api::TcpSocketAction{port(value.at("port")), value.at("host")};
    if (type == "grpc") return api::GrpcAction{value.at("port"), value.at("service")};
    problem = "unknown probe type " + type;
    return {};
  }

  static ports::SandboxInfo sandbox(const json& value) {
    ports::SandboxInfo s;
    s.id = value.at("id");
    s.pod_uid = value.at("podUid");
    s.pod_name = value.at("podName");
    s.pod_namespace = value.at("podNamespace");
    s.attempt = value.at("attempt");
    const bool ready = value.at("ready");
    s.state = ready ? ports::SandboxState::Ready : ports::SandboxState::NotReady;
    s.ip = value.at("ip");
    s.pod_json = value.at("podJson");
    return s;
  }

  ports::ContainerInfo container(const json& value) {
    ports::ContainerInfo c;
    c.id = value.at("id");
    c.sandbox_id = value.at("sandboxId");
    c.name = value.at("name");
    c.attempt = value.at("attempt");
    c.state = numbered<ports::ContainerState>(value.at("state"), 4);
    c.exit_code = value.at("exitCode");
    c.reason = value.at("reason");
    c.image = value.at("image");
    c.started_at = instant(value.at("startedAt"));
    c.finished_at = instant(value.at("finishedAt"));
    return c;
  }

  static api::EnvVar env(const json& value) {
    api::EnvVar e;
    e.name = value.at("name");
    e.value = value.at("value");
    e.config_map = value.value("configMap", "");
    e.config_map_key = value.value("configMapKey", "");
    e.secret = value.value("secret", "");
    e.secret_key = value.value("secretKey", "");
    e.field_path = value.value("fieldPath", "");
    e.optional = value.value("optional", false);
    if (value.contains("resource")) {
      e.resource = api::ResourceFieldRef{value.at("resource"), value.at("resourceContainer"),
                                         value.at("divisorMilli").get<std::int64_t>()};
    }
    return e;
  }

  static ports::Mount mount(const json& value) {
    ports::Mount m;
    m.volume = value.at("volume");
    m.mount_path = value.at("mountPath");
    m.sub_path = value.value("subPath", "");
    m.read_only = value.value("readOnly", false);
    m.host_path = value.value("hostPath", "");
    return m;
  }

  ports::VolumeOrder volume(const json& value) {
    ports::VolumeOrder v;
    v.pod_uid = value.at("podUid");
    v.name = value.at("name");
    v.kind = numbered<ports::VolumeOrder::Kind>(value.at("kind"), 5);
    if (value.contains("files")) v.files = labels(value["files"]);
    v.secret = value.value("secret", false);
    v.path = value.value("path", "");
    v.type = value.value("type", "");
    v.disk = value.value("disk", "");
    return v;
  }

  ports::EventBody body(const json& value) {
    const auto& type = value.at("type").get_ref<const std::string&>();
    if (type == "object") {
      return ports::ApiObject{object(value.at("object")), value.value("message", "")};
    }
    if (type == "list") {
      ports::ApiList list;
      list.resource_version = value.at("resourceVersion");
      for (const json& o : value.at("objects")) list.objects.push_back(object(o));
      return list;
    }
    if (type == "delta") {
      ports::WatchDelta delta;
      delta.kind = numbered<ports::DeltaKind>(value.at("delta"), 4);
      delta.object = object(value.at("object"));
      delta.resource_version = value.value("resourceVersion", std::uint64_t{0});
      return delta;
    }
    if (type == "runtime") {
      ports::RuntimeResult result;
      result.id = value.at("id");
      result.ip = value.at("ip");
      result.exit_code = value.at("exitCode");
      result.message = value.at("message");
      for (const json& s : value.at("sandboxes")) result.sandboxes.push_back(sandbox(s));
      for (const json& c : value.at("containers")) result.containers.push_back(container(c));
      for (const json& s : value.at("stats")) {
        result.stats.push_back({s.at("id"), instant(s.at("at")), duration(s.at("cpu")),
                                s.at("memoryBytes").get<std::int64_t>(),
                                s.at("diskBytes").get<std::int64_t>(),
                                s.at("processes").get<std::int64_t>()});
      }
      result.node = node_stats(value.at("node"));
      for (const json& i : value.at("images")) {
        result.images.push_back({i.at("name"), i.at("bytes").get<std::int64_t>()});
      }
      for (const json& v : value.value("volumes", json::array())) {
        result.volumes.push_back({v.at("podUid"), v.at("name"), v.at("bytes").get<std::int64_t>()});
      }
      return result;
    }
    if (type == "notice") {
      ports::RuntimeNotice notice;
      notice.what = numbered<ports::RuntimeNotice::What>(value.at("what"), 4);
      notice.id = value.at("id");
      notice.exit_code = value.at("exitCode");
      notice.reason = value.at("reason");
      notice.at = instant(value.at("at"));
      return notice;
    }
    problem = "unknown body " + type;
    return {};
  }
};

/// Parses and reads; the JSON library's exceptions end here.
template <class Read>
auto decoded(const char* what, std::string_view text, Read read)
    -> Result<decltype(read(std::declval<const json&>(), std::declval<Reader&>()))> {
  try {
    Reader reader;
    auto value = read(json::parse(text), reader);
    if (!reader.problem.empty()) return failure(std::string{"not "} + what + ": " + reader.problem);
    return value;
  } catch (const json::exception& e) {
    return failure(std::string{"not "} + what + ": " + e.what());
  }
}

}  // namespace

std::string json_string(std::string_view text) {
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string encode(const ports::ApiCall& call) {
  Fields fields;
  fields.text("verb", to_string(call.verb))
      .text("kind", api::to_string(call.key.kind))
      .text("namespace", call.key.namespace_name)
      .text("name", call.key.name);
  // Most calls use few of the rest; what is left out is read back as its default.
  if (call.object != nullptr) fields.raw("object", object_text(call.object));
  if (!call.node_name.empty()) fields.text("nodeName", call.node_name);
  if (!call.uid.empty()) fields.text("uid", call.uid);
  if (call.grace) fields.number("grace", call.grace->count_ns());
  if (call.resource_version != 0) fields.number("resourceVersion", call.resource_version);
  if (!call.label_selector.match_labels.empty()) {
    fields.raw("matchLabels", labels_text(call.label_selector.match_labels));
  }
  if (!call.label_selector.match_expressions.empty()) {
    fields.raw("matchExpressions", array_of(call.label_selector.match_expressions,
                                            [](const api::SelectorRequirement& r) {
                                              return Fields{}
                                                  .text("key", r.key)
                                                  .number("operator", static_cast<int>(r.op))
                                                  .raw("values", strings_text(r.values))
                                                  .close();
                                            }));
  }
  if (!call.field_selector.empty()) {
    fields.raw("fields", array_of(call.field_selector, [](const ports::FieldRequirement& r) {
                 return Fields{}
                     .text("field", r.field)
                     .text("value", r.value)
                     .truth("equal", r.equal)
                     .close();
               }));
  }
  if (call.propagation != ports::Propagation::Default) {
    fields.text("propagation", to_string(call.propagation));
  }
  if (call.bookmarks) fields.truth("bookmarks", true);
  return fields.close();
}

std::string encode(const ports::Event& event) {
  Fields fields;
  fields.number("owner", static_cast<std::uint32_t>(event.owner))
      .text("kind", kEventKindNames[static_cast<std::size_t>(event.kind)])
      .number("id", event.id);
  if (event.outcome != ports::Outcome::Ok) fields.text("outcome", to_string(event.outcome));
  if (event.value != 0) fields.number("value", event.value);
  if (event.cause != 0) fields.number("cause", event.cause);
  if (event.body != nullptr) fields.raw("body", std::visit(BodyText{}, *event.body));
  return fields.close();
}

std::string encode(const ports::RuntimeCall& call) {
  Fields fields;
  fields.text("verb", to_string(call.verb));
  if (!call.sandbox_id.empty()) fields.text("sandboxId", call.sandbox_id);
  if (!call.container_id.empty()) fields.text("containerId", call.container_id);
  if (call.pod != nullptr) fields.raw("pod", object_text(call.pod));
  if (call.container_index != 0) fields.number("containerIndex", call.container_index);
  if (call.init_container) fields.truth("initContainer", true);
  if (call.attempt != 0) fields.number("attempt", call.attempt);
  if (!call.image.empty()) fields.text("image", call.image);
  if (!call.env.empty()) {
    fields.raw("env", array_of(call.env, env_text));
  }
  if (!call.mounts.empty()) fields.raw("mounts", array_of(call.mounts, mount_text));
  if (call.volume) fields.raw("volume", volume_text(*call.volume));
  if (!call.command.empty()) fields.raw("command", strings_text(call.command));
  if (call.timeout != Duration{}) fields.number("timeout", call.timeout.count_ns());
  return fields.close();
}

std::string encode(const ports::ProbeRequest& request) {
  expects(request.action != nullptr, "a probe request names its action");
  return Fields{}
      .raw("action", std::visit(ActionText{}, *request.action))
      .text("address", request.address)
      .number("port", request.port)
      .text("containerId", request.container_id)
      .number("timeout", request.timeout.count_ns())
      .close();
}

std::string encode(const ports::EndpointTable& table) {
  Fields fields;
  fields.text("service", table.service)
      .text("portName", table.port_name)
      .number("servicePort", table.service_port)
      .number("version", table.version)
      .raw("endpoints", array_of(table.endpoints, [](const ports::TableEndpoint& e) {
             return Fields{}
                 .text("address", e.address)
                 .number("port", e.port)
                 .text("pod", e.pod_name)
                 .close();
           }));
  if (table.session_affinity) {
    fields.number("sessionAffinity", table.session_affinity->count_ns());
  }
  if (!table.node_ends.empty()) {
    fields.raw("nodeEnds",
               array_of(table.node_ends, [](std::uint32_t end) { return std::to_string(end); }));
  }
  return fields.close();
}

Result<ports::ApiCall> decode_api_call(std::string_view text) {
  return decoded("an API call", text, [](const json& value, Reader& reader) {
    ports::ApiCall call;
    call.verb =
        reader.named<ports::Verb>(value.at("verb"), 10, [](ports::Verb v) { return to_string(v); });
    call.key.kind = reader.named<api::Kind>(value.at("kind"), api::kKindCount,
                                            [](api::Kind k) { return api::to_string(k); });
    call.key.namespace_name = value.at("namespace");
    call.key.name = value.at("name");
    if (value.contains("object")) call.object = reader.object(value["object"]);
    call.node_name = value.value("nodeName", "");
    call.uid = value.value("uid", "");
    if (value.contains("grace")) call.grace = reader.duration(value["grace"]);
    call.resource_version = value.value("resourceVersion", std::uint64_t{0});
    if (value.contains("matchLabels")) {
      call.label_selector.match_labels = reader.labels(value["matchLabels"]);
    }
    if (value.contains("matchExpressions")) {
      for (const json& r : value["matchExpressions"]) {
        call.label_selector.match_expressions.push_back(
            {r.at("key"), reader.numbered<api::SelectorRequirement::Operator>(r.at("operator"), 6),
             r.at("values").get<std::vector<std::string>>()});
      }
    }
    if (value.contains("fields")) {
      for (const json& r : value["fields"]) {
        call.field_selector.push_back({r.at("field"), r.at("value"), r.at("equal")});
      }
    }
    if (value.contains("propagation")) {
      call.propagation = reader.named<ports::Propagation>(
          value["propagation"], 4, [](ports::Propagation p) { return to_string(p); });
    }
    call.bookmarks = value.value("bookmarks", false);
    return call;
  });
}

Result<ports::Event> decode_event(std::string_view text) {
  return decoded("an event", text, [](const json& value, Reader& reader) {
    ports::Event event;
    event.owner = ports::OwnerId{value.at("owner").get<std::uint32_t>()};
    event.kind = reader.named<ports::EventKind>(
        value.at("kind"), static_cast<int>(kEventKindNames.size()),
        [](ports::EventKind k) { return kEventKindNames[static_cast<std::size_t>(k)]; });
    event.id = value.at("id");
    if (value.contains("outcome")) {
      event.outcome = reader.named<ports::Outcome>(value["outcome"], 10,
                                                   [](ports::Outcome o) { return to_string(o); });
    }
    event.value = value.value("value", 0);
    event.cause = value.value("cause", ports::CauseId{0});
    if (value.contains("body")) {
      event.body = std::make_shared<const ports::EventBody>(reader.body(value["body"]));
    }
    return event;
  });
}

Result<ports::RuntimeCall> decode_runtime_call(std::string_view text) {
  return decoded("a runtime call", text, [](const json& value, Reader& reader) {
    ports::RuntimeCall call;
    call.verb = reader.named<ports::RuntimeVerb>(value.at("verb"), 16,
                                                 [](ports::RuntimeVerb v) { return to_string(v); });
    call.sandbox_id = value.value("sandboxId", "");
    call.container_id = value.value("containerId", "");
    if (value.contains("pod")) call.pod = reader.object(value["pod"]);
    call.container_index = value.value("containerIndex", std::uint32_t{0});
    call.init_container = value.value("initContainer", false);
    call.attempt = value.value("attempt", std::uint32_t{0});
    call.image = value.value("image", "");
    if (value.contains("env")) {
      for (const json& e : value["env"]) call.env.push_back(reader.env(e));
    }
    if (value.contains("mounts")) {
      for (const json& m : value["mounts"]) call.mounts.push_back(reader.mount(m));
    }
    if (value.contains("volume")) call.volume = reader.volume(value["volume"]);
    if (value.contains("command")) value["command"].get_to(call.command);
    if (value.contains("timeout")) call.timeout = reader.duration(value["timeout"]);
    return call;
  });
}

Result<StoredProbe> decode_probe(std::string_view text) {
  return decoded("a probe", text, [](const json& value, Reader& reader) {
    StoredProbe probe;
    probe.action = reader.action(value.at("action"));
    probe.address = value.at("address");
    probe.port = value.at("port");
    probe.container_id = value.at("containerId");
    probe.timeout = reader.duration(value.at("timeout"));
    return probe;
  });
}

Result<ports::EndpointTable> decode_endpoint_table(std::string_view text) {
  return decoded("an endpoint table", text, [](const json& value, Reader& reader) {
    ports::EndpointTable table;
    table.service = value.at("service");
    table.port_name = value.at("portName");
    table.service_port = value.at("servicePort");
    table.version = value.at("version");
    for (const json& e : value.at("endpoints")) {
      table.endpoints.push_back({e.at("address"), e.at("port"), e.at("pod")});
    }
    if (const auto affinity = value.find("sessionAffinity"); affinity != value.end()) {
      table.session_affinity = reader.duration(*affinity);
    }
    if (const auto ends = value.find("nodeEnds"); ends != value.end()) {
      table.node_ends = ends->get<std::vector<std::uint32_t>>();
    }
    return table;
  });
}

}  // namespace orrery::recording
