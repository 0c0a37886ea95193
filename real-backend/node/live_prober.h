/// @file
/// The Prober port on a real node: HTTP, TCP and gRPC over the network, exec through the runtime.
///
/// Probes go to pods as a kubelet's do: without authentication, and over HTTPS without looking at
/// the certificate. They are checks of liveness, not of identity. A redirect counts as passed and
/// is not followed; a kubelet would follow it within the host.
///
/// Source: Kubernetes pkg/probe (http, tcp, grpc, exec).
#pragma once

#include <map>
#include <memory>

#include "models/ports/container_runtime.h"
#include "models/ports/prober.h"
#include "real-backend/loop/event_loop.h"

namespace orrery::node {

class LiveProber final : public ports::Prober, public ports::Component {
 public:
  /// `self` is the owner of its own calls on `runtime`; it attaches itself to `loop`. Both must
  /// outlive it. Results of probes that are open when it is destroyed do not come.
  LiveProber(loop::EventLoop& loop, ports::OwnerId self, ports::ContainerRuntime& runtime);
  ~LiveProber() override;

  void probe(ports::OwnerId owner, ports::CallId id, const ports::ProbeRequest& request) override;

  /// Takes the replies to its exec calls.
  void on_event(const ports::Event& event) override;

  /// Waits for what gRPC still holds. Call it when the loop does not run.
  void stop();

 private:
  struct Asker {
    ports::OwnerId owner{};
    ports::CallId id = 0;
  };
  class Check;
  class HttpCheck;
  class TcpCheck;
  class GrpcCheck;

  void finish(Asker asker, ports::Outcome outcome, std::int32_t value);

  loop::EventLoop& loop_;
  ports::OwnerId self_;
  ports::ContainerRuntime& runtime_;
  ports::CallId next_call_ = 1;
  std::map<ports::CallId, Asker> execs_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< Checks outlive us by a turn.
  long open_grpc_ = 0;
};

}  // namespace orrery::node
