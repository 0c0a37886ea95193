#include "runner/sweep/sweep.h"

namespace orrery::sweep {
namespace {

tl::unexpected<Failure> unavailable() {
  return failure("this orrery was built without SQLite, which keeps the results of sweeps",
                 "build with -DORRERY_SQLITE=ON and libsqlite3-dev");
}

}  // namespace

Result<void> run_sweep(const SweepOrder& /*order*/, const scenario::Scenario& /*scenario*/,
                       std::vector<api::Problem>& /*problems*/) {
  return unavailable();
}

Result<std::string> sweep_table(const std::string& /*results*/) { return unavailable(); }

Result<std::string> csv_long(const std::string& /*results*/) { return unavailable(); }

}  // namespace orrery::sweep
