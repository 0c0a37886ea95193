/// @file
/// Leader election among replicas of one component through a Lease: one works, the others wait.
///
/// Source: Kubernetes client-go tools/leaderelection, as kube-controller-manager and kube-scheduler
/// use it, without the jitter of its retries. Dates of another process are never compared with the
/// own clock: a lease is held as long as it keeps changing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "models/api/objects.h"
#include "models/ports/api_client.h"
#include "models/ports/executor.h"

namespace orrery::controllers {

struct LeaderElectionConfig {
  Duration lease_duration = Duration::seconds(15);  ///< --leader-elect-lease-duration
  Duration renew_deadline = Duration::seconds(10);  ///< --leader-elect-renew-deadline
  Duration retry_period = Duration::seconds(2);     ///< --leader-elect-retry-period
};

class LeaderElector : public ports::Component {
 public:
  struct Candidate {
    ports::OwnerId owner{};
    std::string lease;     ///< In namespace kube-system.
    std::string identity;  ///< Of this replica; no other has it, nor had before.
  };

  /// `changed(true)` is called once it leads. `changed(false)`: it could not renew in time; the
  /// process has to end, as another may lead already. The ports must outlive it.
  LeaderElector(Candidate candidate, ports::Executor& executor, ports::ApiClient& api,
                const LeaderElectionConfig& config, std::function<void(bool leads)> changed);

  /// Asks for the lease, and keeps asking.
  void start() { ask(); }

  void on_event(const ports::Event& event) override;

  [[nodiscard]] bool leads() const { return leads_; }

 private:
  enum class Step : std::uint8_t { Idle, Getting, Writing };

  void ask();
  void take_or_renew(const api::Lease* present);
  void on_lease(const api::Lease& lease);
  void on_written(const ports::Event& reply);
  void lose();

  Candidate candidate_;
  ports::Executor& executor_;
  ports::ApiClient& api_;
  LeaderElectionConfig config_;
  std::function<void(bool)> changed_;
  ports::Timer timer_;
  Step step_ = Step::Idle;
  std::uint64_t sequence_ = 0;  ///< Of the open call.
  std::optional<api::Lease> observed_;
  Instant observed_at_;  ///< When the lease was last seen to have changed.
  bool leads_ = false;
  bool lost_ = false;
};

}  // namespace orrery::controllers
