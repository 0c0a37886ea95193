#include "real-backend/node/node_agent.h"

#include <memory>
#include <utility>

#include "models/recording/recorded_process.h"
#include "real-backend/control/remote_api_client.h"
#include "real-backend/cri/containerd_runtime.h"
#include "real-backend/loop/process.h"
#include "real-backend/node/data_plane_server.h"
#include "real-backend/node/live_prober.h"

namespace orrery::node {
namespace {

/// Owner of the prober's own calls: execs.
constexpr ports::OwnerId kProber{recording::kFirstFreeOwner};

/// Turns calendar times into Instants with one look at both clocks, so that dates of one process
/// stay in order when the calendar is set.
std::function<Instant(std::int64_t)> calendar_reader(loop::Epoch epoch) {
  const std::int64_t start_ns = loop::calendar_start_ns(epoch);
  return [start_ns](std::int64_t calendar) {
    return Instant::at(Duration::nanoseconds(calendar - start_ns));
  };
}

Result<void> serve(const NodeAgentOptions& options, int& exit_code) {
  const Result<control::TlsTexts> tls = control::read_tls_files(options.tls);
  if (!tls) return tl::unexpected{tls.error()};
  const Result<control::RunFacts> facts =
      control::ask_run_facts(options.control_plane_address, *tls, options.control_plane_wait);
  if (!facts) return tl::unexpected{facts.error()};
  loop::EventLoop loop{facts->epoch};

  recording::RecordHeader header;
  header.role = recording::ProcessRole::NodeAgent;
  header.seed = facts->seed;
  header.built_at = loop.now();
  header.profile = options.profile;
  header.node_name = options.node_name;
  header.node_address = options.node_address;
  header.node_resources = options.resources;
  header.node_labels = options.labels;
  header.node_taints = options.taints;
  header.reports_metrics = options.reports_metrics;
  const auto record = recording::RecordFile::create(
      loop::record_path(options.record_directory, options.node_name, loop.now()), header);
  if (!record) return tl::unexpected{record.error()};

  cri::ContainerdHooks hooks;
  hooks.sink = [&loop](ports::Event event) { loop.deliver(std::move(event)); };
  hooks.now = [&loop] { return loop.now(); };
  hooks.instant_of_calendar = calendar_reader(facts->epoch);
  cri::ContainerdRuntime runtime{loop.io(),
                                 cri::connect_containerd(options.containerd_socket),
                                 {options.node_name, options.cgroup_parent,
                                  options.pod_log_directory, options.volume_directory},
                                 std::move(hooks)};
  LiveProber prober{loop, kProber, runtime};
  const auto data_plane = DataPlaneServer::listen(loop, options.data_plane_socket);
  if (!data_plane) return tl::unexpected{data_plane.error()};
  control::RemoteApiConfig remote;
  remote.address = options.control_plane_address;
  remote.tls = *tls;
  control::RemoteApiClient api{loop, std::move(remote)};

  // From here on the client has a session, so every way out goes past the end of the function.
  recording::RecordedProcess process{{loop, api, runtime, prober, **data_plane}, **record};
  Result<void> result = recording::add_components(process, header);
  if (result) {
    loop.at_end_of_turn([&] {
      if ((*record)->failed()) loop.stop();
    });
    loop::StopSignals signals{loop};
    for (const ports::OwnerId owner : process.owners()) {
      loop.attach(owner, *process.component(owner));
      process.start(owner);
    }
    if (options.on_started) options.on_started();
    loop.run();
  }
  api.stop();
  prober.stop();
  if ((*record)->failed()) {
    exit_code = loop::kExitIoError;
    return tl::unexpected{*(*record)->failed()};
  }
  (*record)->end();
  return result;
}

}  // namespace

int run_node_agent(const NodeAgentOptions& options) {
  int exit_code = loop::kExitBadOptions;
  const Result<void> result = serve(options, exit_code);
  return loop::exit_code_of(("node agent " + options.node_name).c_str(), result, exit_code);
}

}  // namespace orrery::node
