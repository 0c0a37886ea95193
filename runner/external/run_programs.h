/// @file
/// The programs that a scenario names, for one run: in place of an autoscaler's metrics, and as
/// plug-ins of schedulers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/base/fingerprint.h"
#include "models/base/result.h"
#include "models/controllers/scaling_advisor.h"
#include "models/scheduler/external_plugin.h"
#include "runner/run_result.h"
#include "runner/scenario/scenario.h"

namespace orrery::external {

using runner::ProgramVersion;

/// The programs of a scenario, autoscalers first, each by name. Starts nothing. A Failure names a
/// file that cannot be read.
[[nodiscard]] Result<std::vector<ProgramVersion>> program_versions(
    const scenario::Scenario& scenario);

/// Adds what the programs are and their files hold.
void add_to(Fingerprint& fingerprint, const std::vector<ProgramVersion>& versions);

/// The programs of one run, running. They are ended with it.
class RunPrograms {
 public:
  /// A Failure says which of them cannot take part, and why.
  [[nodiscard]] static Result<std::unique_ptr<RunPrograms>> start(
      const scenario::Scenario& scenario, std::uint64_t seed);
  virtual ~RunPrograms() = default;

  /// Null: no autoscaler has a program.
  [[nodiscard]] virtual controllers::ScalingAdvisor* advisor() = 0;
  /// Null: the scheduler of that name has none.
  [[nodiscard]] virtual scheduler::ExternalPlugin* plugin(const std::string& scheduler) = 0;

  /// Why the run cannot go on: a program crashed, or answered wrongly or not in time.
  [[nodiscard]] virtual std::optional<Failure> broken() const = 0;
};

}  // namespace orrery::external
