/// @file
/// The record of everything that crosses the ports of one live process, from which the process can
/// be replayed: what reached it (`in`) and what it did about it (`out`), one line each, in order.
///
/// A component is a function of its events, so feeding the `in` lines to freshly built components
/// must bring forth the `out` lines again. Nobody but the decorators below writes lines, live and
/// on replay alike: live a RecordFile keeps them, on replay they are compared with those of the
/// file.
///
/// File: line k is {"n":k-1,"line":BODY,"chain":"…"}, where the chain is a running digest, so a
/// line that is dropped, changed or moved is found. Line 1 is the header, and the last one says
/// that the process ended by itself. One file per process incarnation.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "models/base/result.h"
#include "models/ports/api_client.h"
#include "models/ports/container_runtime.h"
#include "models/ports/data_plane.h"
#include "models/ports/event.h"
#include "models/ports/executor.h"
#include "models/ports/prober.h"
#include "models/recording/secret_mask.h"
#include "models/store/api_server.h"

namespace orrery::recording {

/// Where the lines go.
class RecordSink {
 public:
  RecordSink() = default;
  RecordSink(const RecordSink&) = delete;
  RecordSink& operator=(const RecordSink&) = delete;
  virtual ~RecordSink() = default;
  /// For whoever makes lines: no value of a Secret may stand in one.
  [[nodiscard]] SecretMask& mask() { return mask_; }
  virtual void in(std::string body) = 0;
  virtual void out(std::string body) = 0;
  /// Called before anything that was recorded takes effect outside the process. False: lines were
  /// lost, so the effect must not happen.
  [[nodiscard]] virtual bool before_effect() = 0;

 private:
  SecretMask mask_;
};

enum class ProcessRole : std::uint8_t { ControlPlane, NodeAgent };
[[nodiscard]] const char* to_string(ProcessRole role);

/// What a replay has to know to build the same components.
struct RecordHeader {
  ProcessRole role = ProcessRole::ControlPlane;
  std::uint64_t seed = 0;
  Instant built_at;  ///< The time at which the components are built.
  std::string profile = "kubernetes-1.30";
  std::string node_name;  ///< Node agent, as the next five.
  std::string node_address;
  api::NodeResources node_resources;
  api::Labels node_labels;
  std::vector<api::Taint> node_taints;  ///< That it registers with.
  bool reports_metrics = false;  ///< It measures its pods for autoscalers.
  /// Control plane: the calendar's seconds since 1970 UTC at the start of the run.
  std::int64_t calendar_start_seconds = 0;
  std::uint64_t resource_version = 0;    ///< Control plane: of the snapshot.
  std::vector<api::ObjectPtr> snapshot;  ///< Control plane: the store as it was restored.
};

/// A record on disk. Lines are buffered until the next effect and then written with one write(2):
/// they survive the end of the process, however sudden, but not that of the machine.
class RecordFile final : public RecordSink {
 public:
  /// Creates `path`, which must not exist, and writes the header.
  [[nodiscard]] static Result<std::unique_ptr<RecordFile>> create(const std::string& path,
                                                                  const RecordHeader& header);
  ~RecordFile() override;
  RecordFile(const RecordFile&) = delete;
  RecordFile& operator=(const RecordFile&) = delete;

  void in(std::string body) override;
  void out(std::string body) override;
  [[nodiscard]] bool before_effect() override;

  /// Writes the last line. Nothing may follow.
  void end();

  /// Why lines were lost, if so. The process has to stop then: it could not be replayed.
  [[nodiscard]] const std::optional<Failure>& failed() const { return failed_; }

 private:
  RecordFile(std::string path, int file) : path_{std::move(path)}, file_{file} {}
  void append(std::string_view body);

  std::string path_;
  int file_;
  std::string buffer_;
  std::uint64_t next_number_ = 0;
  std::uint64_t chain_ = 0;
  std::optional<Failure> failed_;
};

/// A record as read back.
struct Record {
  RecordHeader header;
  std::vector<std::string> bodies;  ///< bodies[i] stands in line i + 2 of the file.
  /// The first line that is not the one that was written there, and all after it, are left out.
  struct Broken {
    std::size_t line = 0;
    std::string why;
  };
  std::optional<Broken> broken;
  bool torn_tail = false;  ///< The last line was cut short: the process or its disk ended there.
  bool ended = false;      ///< The process ended by itself.
};

/// Fails if there is no file or no readable header.
[[nodiscard]] Result<Record> read_record(const std::string& path);

// --- what an `in` line says ---------------------------------------------------------------------

/// `component->start()` was called.
struct StartInput {
  Instant now;
  ports::OwnerId owner{};
};
struct EventInput {
  Instant now;
  ports::Event event;
};
/// A call reached the API server.
struct RequestInput {
  Instant now;
  store::ClientId client{};
  ports::OwnerId owner{};
  ports::CallId id = 0;
  ports::ApiCall call;
};
struct DisconnectInput {
  store::ClientId client{};
};
using RecordedInput = std::variant<StartInput, EventInput, RequestInput, DisconnectInput>;

[[nodiscard]] bool is_input(std::string_view body);
/// Requires: is_input(body).
[[nodiscard]] Result<RecordedInput> decode_input(std::string_view body);

// --- decorators ---------------------------------------------------------------------------------
// Each keeps references to what it decorates and to the sink; both must outlive it.

/// Say that `owner` is started next.
void record_start(RecordSink& sink, Instant now, ports::OwnerId owner);

class RecordedComponent final : public ports::Component {
 public:
  RecordedComponent(ports::Component& inner, const ports::Executor& clock, RecordSink& sink)
      : inner_{inner}, clock_{clock}, sink_{sink} {}
  void on_event(const ports::Event& event) override;

 private:
  ports::Component& inner_;
  const ports::Executor& clock_;
  RecordSink& sink_;
};

/// Records when timers are armed and disarmed, by owner and id. Arming is no effect outside.
class RecordedExecutor final : public ports::Executor {
 public:
  RecordedExecutor(ports::Executor& inner, RecordSink& sink) : inner_{inner}, sink_{sink} {}
  [[nodiscard]] Instant now() const override { return inner_.now(); }
  [[nodiscard]] ports::TimerId create_timer(ports::OwnerId owner, std::uint64_t id) override;
  void arm(ports::TimerId timer, Instant when) override;
  void disarm(ports::TimerId timer) override;
  void destroy_timer(ports::TimerId timer) override;

 private:
  struct Name {
    ports::OwnerId owner{};
    std::uint64_t id = 0;
  };
  [[nodiscard]] const Name& name_of(ports::TimerId timer) const;

  ports::Executor& inner_;
  RecordSink& sink_;
  std::vector<Name> names_;  ///< By the inner executor's TimerId.
};

class RecordedApiClient final : public ports::ApiClient {
 public:
  RecordedApiClient(ports::ApiClient& inner, RecordSink& sink) : inner_{inner}, sink_{sink} {}
  void call(ports::OwnerId owner, ports::CallId id, ports::ApiCall call) override;

 private:
  ports::ApiClient& inner_;
  RecordSink& sink_;
};

class RecordedRuntime final : public ports::ContainerRuntime {
 public:
  RecordedRuntime(ports::ContainerRuntime& inner, RecordSink& sink) : inner_{inner}, sink_{sink} {}
  void call(ports::OwnerId owner, ports::CallId id, ports::RuntimeCall call) override;

 private:
  ports::ContainerRuntime& inner_;
  RecordSink& sink_;
};

class RecordedProber final : public ports::Prober {
 public:
  RecordedProber(ports::Prober& inner, RecordSink& sink) : inner_{inner}, sink_{sink} {}
  void probe(ports::OwnerId owner, ports::CallId id, const ports::ProbeRequest& request) override;

 private:
  ports::Prober& inner_;
  RecordSink& sink_;
};

class RecordedDataPlane final : public ports::DataPlane {
 public:
  RecordedDataPlane(ports::DataPlane& inner, RecordSink& sink) : inner_{inner}, sink_{sink} {}
  void publish(ports::OwnerId owner, ports::EndpointTable table) override;

 private:
  ports::DataPlane& inner_;
  RecordSink& sink_;
};

/// The API server, its requests recorded as `in`, its writes and deliveries as `out`. Whoever calls
/// it sees to `before_effect`, so that a burst of requests is flushed once.
class RecordedApiServer {
 public:
  RecordedApiServer(store::ApiServer& inner, RecordSink& sink) : inner_{inner}, sink_{sink} {}
  [[nodiscard]] store::Handled handle(store::ClientId client, ports::OwnerId owner,
                                      ports::CallId id, const ports::ApiCall& call, Instant now);
  void disconnect(store::ClientId client);

 private:
  store::ApiServer& inner_;
  RecordSink& sink_;
};

}  // namespace orrery::recording
