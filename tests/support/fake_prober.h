/// @file
/// A prober that answers as it is told and remembers what it was asked.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/ports/prober.h"
#include "tests/support/fake_executor.h"

namespace orrery::testing {

class FakeProber : public ports::Prober {
 public:
  struct Answer {
    ports::Outcome outcome = ports::Outcome::Ok;
    Duration delay = Duration::milliseconds(1);  ///< Beyond the probe's timeout: Timeout.
    std::int32_t value = 0;
  };
  struct Logged {
    Instant at;
    std::string target;
    std::string address;
    std::string container_id;
    Duration timeout;
  };

  explicit FakeProber(FakeExecutor& executor) : executor_{executor} {}

  void probe(ports::OwnerId owner, ports::CallId id, const ports::ProbeRequest& request) override;

  /// "http:8080/healthz", "tcp:5432", "grpc:50051", "exec:cat /tmp/ok"
  [[nodiscard]] static std::string target_of(const ports::ProbeRequest& request);

  [[nodiscard]] const std::vector<Logged>& log() const { return log_; }
  /// When `target` was probed.
  [[nodiscard]] std::vector<Instant> times_of(const std::string& target) const;

  std::map<std::string, Answer> answers;  ///< By target; the others pass.

 private:
  FakeExecutor& executor_;
  std::vector<Logged> log_;
};

}  // namespace orrery::testing
