/// @file
/// How long a container runtime takes, and how it was measured.
#pragma once

#include "models/base/distribution.h"

namespace orrery::sim {

/// Defaults: containerd 1.6.20, runc 1.1.5, CNI bridge on one idle two-core Debian 12 host, 20
/// calls each; the median and, as 99th percentile, the slowest.
struct RuntimeTimings {
  Distribution run_sandbox = lognormal(90'000, 108'000);
  Distribution create_container = lognormal(7'500, 17'000);
  Distribution create_after_exit =
      lognormal(17'000, 25'000);  ///< While the dead task is cleaned up.
  Distribution start_container = lognormal(57'000, 69'000);
  /// How long the process has been running when the runtime says that it was started: a program
  /// that listens 2 ms after its start has answered HTTP 0.5 ms after StartContainer's reply when
  /// it was asked at once, so it listened by then.
  Duration process_lead = Duration::microseconds(2'000);
  Distribution exec = lognormal(36'000, 53'000);
  Distribution stop_container =
      lognormal(44'000, 61'000);  ///< Beyond what the process itself takes.
  Distribution remove_container = lognormal(3'000, 9'000);
  Distribution stop_sandbox = lognormal(74'000, 98'000);
  Distribution remove_sandbox = lognormal(16'000, 24'000);
  Distribution list = lognormal(300, 2'500);
  Distribution image_status = lognormal(500, 4'500);
  /// Assumed: a folder and its files are made in 2 ms, a file system is mounted in 100 ms.
  Distribution prepare_volume = Distribution::constant(Duration::milliseconds(2));
  Distribution mount_disk = Distribution::constant(Duration::milliseconds(100));
  Distribution remove_volumes = Distribution::constant(Duration::milliseconds(5));
  Distribution exit_notice = lognormal(3'400, 15'000);  ///< From a process's death to the event.

 private:
  static Distribution lognormal(std::int64_t median_us, std::int64_t p99_us) {
    return Distribution::lognormal_from_median(Duration::microseconds(median_us),
                                               Duration::microseconds(p99_us));
  }
};

}  // namespace orrery::sim
