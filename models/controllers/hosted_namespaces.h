/// @file
/// The namespace controller: empties a namespace that is being deleted, then lets it go.
///
/// Source: Kubernetes pkg/controller/namespace/deletion. It asks the API server what is left, kind
/// by kind, so that nothing it does not watch is forgotten.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/controllers/caches.h"
#include "models/controllers/controller.h"

namespace orrery::controllers {

/// Keys: Namespaces.
class NamespaceController : public Controller {
 public:
  explicit NamespaceController(const Caches& caches) : caches_{caches} {}
  void observe(const Change& change, WorkQueue& queue, Instant now) override;
  Plan reconcile(const api::ObjectKey& key, const std::optional<CallFailure>& last_failure,
                 Instant now) override;
  void on_answer(const api::ObjectKey& key, const ports::ApiCall& call,
                 const ports::Event& reply) override;

 private:
  const Caches& caches_;
  /// What the last round of lists found, by namespace; absent: not asked yet.
  std::map<std::string, std::vector<api::ObjectPtr>> found_;
};

}  // namespace orrery::controllers
