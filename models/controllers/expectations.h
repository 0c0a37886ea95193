/// @file
/// Expectations: what a controller has asked for and not yet seen in its cache.
///
/// A ReplicaSet's pods get generated names, so asking twice makes two. Until the cache shows what
/// was asked for, the set is left alone.
///
/// Source: Kubernetes pkg/controller/controller_utils.go (ControllerExpectations,
/// UIDTrackingControllerExpectations).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "models/api/meta.h"
#include "models/base/time_types.h"

namespace orrery::controllers {

class Expectations {
 public:
  explicit Expectations(Duration timeout) : timeout_{timeout} {}

  /// A create was sent for `owner`; it will show, or fail.
  void expect_create(const api::ObjectKey& owner, Instant now);
  /// The delete of the object with this uid was sent.
  void expect_delete(const api::ObjectKey& owner, const std::string& uid, Instant now);

  /// A create showed in the cache, or failed. Does nothing if none is awaited.
  void create_settled(const api::ObjectKey& owner);
  /// The deletion showed in the cache, or failed.
  void delete_settled(const api::ObjectKey& owner, const std::string& uid);

  /// Nothing is awaited, or the last request was sent more than the timeout ago.
  [[nodiscard]] bool satisfied(const api::ObjectKey& owner, Instant now) const;

  /// When waiting ends even if nothing is seen; nothing if nothing is awaited.
  [[nodiscard]] std::optional<Instant> expiry(const api::ObjectKey& owner) const;

  /// The owner is gone.
  void forget(const api::ObjectKey& owner) { awaited_.erase(owner); }

 private:
  struct Awaited {
    int creates = 0;
    std::set<std::string> deletes;
    Instant since;
  };
  void drop_if_settled(std::map<api::ObjectKey, Awaited>::iterator entry);

  Duration timeout_;
  std::map<api::ObjectKey, Awaited> awaited_;
};

}  // namespace orrery::controllers
