/// @file
/// Keeps the counts that a scenario's expectations ask for, while objects come, change and go.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/api/objects.h"
#include "runner/run_result.h"
#include "runner/scenario/scenario.h"

namespace orrery::session {

/// The chains of controllers above every object: its own, that one's, and so on.
class OwnerChains {
 public:
  /// Learns of an object, which may be somebody's controller.
  void take(const api::Object& object);
  /// Nearest first. What was never seen ends the chain.
  [[nodiscard]] std::vector<api::ObjectKey> of(const api::ObjectMeta& meta) const;

 private:
  struct Owned {
    api::ObjectKey key;
    std::string controller_uid;
  };
  /// By uid. Kept after an object is gone, as what it owned may outlive it.
  std::map<std::string, Owned> owners_;
};

/// One count over time.
class ObjectCounter {
 public:
  explicit ObjectCounter(scenario::ObjectCount query);

  /// The object is now as `after` says, or gone. Cheap when it is of another kind.
  void take(const api::Object* before, const api::Object* after, const OwnerChains& owners);

  /// The count at this moment.
  [[nodiscard]] std::int64_t value() const;

  /// Appends the count if it differs from the last one.
  void sample(Instant now);

  [[nodiscard]] std::vector<runner::CountSample> take_samples() { return std::move(samples_); }

 private:
  struct Share {
    std::int64_t amount = 0;
    std::string node;
  };
  [[nodiscard]] std::optional<Share> share_of(const api::Object& object,
                                              const OwnerChains& owners) const;
  void add(const Share& share, std::int64_t sign);

  scenario::ObjectCount query_;
  std::map<std::string, Share> shares_;  ///< By uid.
  std::int64_t total_ = 0;
  std::map<std::string, std::int64_t> by_node_;
  std::vector<runner::CountSample> samples_;
  bool changed_ = false;
};

}  // namespace orrery::session
