/// @file
/// The garbage collector in its loop: which objects depend on which, and what that asks for.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/controllers/caches.h"
#include "models/controllers/controller.h"
#include "models/controllers/owner_garbage.h"

namespace orrery::controllers {

/// Keys: objects with owners, and owners that are being deleted in the foreground or orphaning.
///
/// An owner counts as gone once its deletion was seen or the API server has confirmed it: the own
/// cache may merely be behind. Owners of kinds that no controller watches count as present.
class OwnerGarbageController : public Controller {
 public:
  explicit OwnerGarbageController(const Caches& caches) : caches_{caches} {}
  void observe(const Change& change, WorkQueue& queue, Instant now) override;
  Plan reconcile(const api::ObjectKey& key, const std::optional<CallFailure>& last_failure,
                 Instant now) override;
  void on_answer(const api::ObjectKey& key, const ports::ApiCall& call,
                 const ports::Event& reply) override;

 private:
  /// Nothing: nobody knows, ask.
  [[nodiscard]] std::optional<OwnerState> state_of(const api::ObjectMeta& dependent,
                                                   const api::OwnerReference& owner) const;
  [[nodiscard]] api::ObjectPtr cached(const api::ObjectKey& key) const;
  [[nodiscard]] std::vector<const api::Object*> dependents_of(const std::string& uid) const;
  void index(const api::Object& object, bool present);

  const Caches& caches_;
  std::map<std::string, std::set<api::ObjectKey>> dependents_;  ///< By the owner's uid.
  std::set<std::string> gone_;  ///< Uids of owners known to be gone; they never come back.
};

}  // namespace orrery::controllers
