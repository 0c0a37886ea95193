/// @file
/// What a controller wants done: ordered batches of API calls.
///
/// A reconcile function looks at views and answers with a Plan; it changes nothing itself. The loop
/// carries out one batch, its calls side by side, and the next one after all of them succeeded. So
/// a slow start is a row of growing batches, and whatever a failure leaves undone is planned anew
/// from what is then observed.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/ports/api_client.h"

namespace orrery::controllers {

using Batch = std::vector<ports::ApiCall>;

struct Plan {
  std::vector<Batch> batches;
  std::optional<Duration> look_again_after;  ///< From the end of the last batch.

  /// Adds a batch of one call.
  void then(ports::ApiCall call) { batches.push_back({std::move(call)}); }
  /// Asks for another look after `wait`, unless an earlier one is asked for already.
  void look_again(Duration wait) {
    if (!look_again_after || wait < *look_again_after) look_again_after = wait;
  }
};

/// How the previous plan of the same key ended, if it failed.
struct CallFailure {
  ports::Verb verb = ports::Verb::Get;
  ports::Outcome outcome = ports::Outcome::Ok;
  std::string message{};  ///< The API server's reason, if it gave one.

  friend bool operator==(const CallFailure&, const CallFailure&) = default;
};

/// The reference of what `owner` controls and, deleted in the foreground, waits for.
[[nodiscard]] api::OwnerReference controller_reference(api::Kind kind,
                                                       const api::ObjectMeta& owner);

/// Calls in the form every controller uses them: versions checked, identities pinned by uid.
[[nodiscard]] ports::ApiCall create_call(api::Object object);
[[nodiscard]] ports::ApiCall update_call(api::Object object);
[[nodiscard]] ports::ApiCall update_status_call(api::Object object);
[[nodiscard]] ports::ApiCall delete_call(const api::ObjectMeta& meta, api::Kind kind,
                                         std::optional<Duration> grace = std::nullopt);

/// A call that ended in what it was made for: also one that found nothing to delete, or that
/// learned that there is nothing.
[[nodiscard]] bool succeeded(ports::Verb verb, ports::Outcome outcome);

}  // namespace orrery::controllers
