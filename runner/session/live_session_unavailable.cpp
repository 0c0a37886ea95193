#include "runner/session/live_session.h"

namespace orrery::session {

Result<std::vector<runner::RunResult>> run_live(const scenario::Scenario& /*scenario*/,
                                                const std::string& /*out*/,
                                                const RecordOrder* /*record*/, RunHand* /*hand*/) {
  return failure("this program was built without the live world",
                 "build with ORRERY_CONTAINERD=ON, or use --world sim");
}

}  // namespace orrery::session
