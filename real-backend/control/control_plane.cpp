#include "real-backend/control/control_plane.h"

#include <memory>
#include <utility>

#include "models/recording/recorded_process.h"
#include "real-backend/control/api_front.h"
#include "real-backend/control/journal.h"
#include "real-backend/control/store_service.h"
#include "real-backend/loop/process.h"

namespace orrery::control {
namespace {

/// The ports that controllers and scheduler do not have.
class NoNodePorts final : public ports::ContainerRuntime,
                          public ports::Prober,
                          public ports::DataPlane {
 public:
  void call(ports::OwnerId, ports::CallId, ports::RuntimeCall) override { broken(); }
  void probe(ports::OwnerId, ports::CallId, const ports::ProbeRequest&) override { broken(); }
  void publish(ports::OwnerId, ports::EndpointTable) override { broken(); }

 private:
  [[noreturn]] static void broken() {
    contract_violation("a control plane touches no runtime, pod or routing table");
  }
};

Result<void> serve(const ControlPlaneOptions& options, int& exit_code) {
  const Result<TlsTexts> tls = read_tls_files(options.tls);
  if (!tls) return tl::unexpected{tls.error()};
  const auto journal = Journal::open(options.state_directory + "/store.sqlite", options.seed);
  if (!journal) return tl::unexpected{journal.error()};
  const RestoredStore& restored = (*journal)->restored();

  store::ApiServer server{restored.run.seed};
  if (restored.resource_version != 0) server.restore(restored.objects, restored.resource_version);
  const loop::Epoch epoch{restored.run.epoch_ns};
  loop::EventLoop loop{epoch};

  recording::RecordHeader header;
  header.role = recording::ProcessRole::ControlPlane;
  header.seed = restored.run.seed;
  header.built_at = loop.now();
  header.profile = options.profile;
  header.calendar_start_seconds = loop::calendar_start_ns(epoch) / 1'000'000'000;
  header.resource_version = restored.resource_version;
  header.snapshot = restored.objects;
  const auto record = recording::RecordFile::create(
      loop::record_path(options.record_directory, "control-plane", loop.now()), header);
  if (!record) return tl::unexpected{record.error()};

  StoreService service{loop, server, **journal, **record};
  NoNodePorts none;
  recording::RecordedProcess process{{loop, service, none, none, none}, **record};
  if (Result<void> added = recording::add_components(process, header); !added) return added;

  std::unique_ptr<ApiFront> front;
  FrontHooks hooks;
  hooks.called = [&](store::ClientId client, ports::OwnerId owner, ports::CallId id,
                     ports::ApiCall call) {
    service.call_from(client, front->common_name(client), owner, id, std::move(call));
  };
  hooks.closed = [&](store::ClientId client) { service.disconnect(client); };
  FrontConfig config;
  config.listen_address = options.listen_address;
  config.tls = *tls;
  config.epoch = epoch;
  config.seed = restored.run.seed;
  auto listening = ApiFront::listen(loop, std::move(config), kFirstSession, std::move(hooks));
  if (!listening) return tl::unexpected{listening.error()};
  front = std::move(*listening);
  service.send_to_sessions(
      [&](store::ClientId client, const ports::Event& event) { front->send(client, event); });
  loop.at_end_of_turn([&] {
    if ((*record)->failed()) loop.stop();
  });
  loop::StopSignals signals{loop};
  for (const ports::OwnerId owner : process.owners()) {
    loop.attach(owner, *process.component(owner));
    process.start(owner);
  }
  if (options.on_listening) options.on_listening(front->port());
  loop.run();
  front->stop();
  if (service.failed() || (*record)->failed()) {
    exit_code = loop::kExitIoError;
    return tl::unexpected{(*record)->failed() ? *(*record)->failed() : *service.failed()};
  }
  (*record)->end();
  return {};
}

}  // namespace

int run_control_plane(const ControlPlaneOptions& options) {
  int exit_code = loop::kExitBadOptions;
  const Result<void> result = serve(options, exit_code);
  return loop::exit_code_of("control plane", result, exit_code);
}

}  // namespace orrery::control
