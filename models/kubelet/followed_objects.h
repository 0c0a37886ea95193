/// @file
/// The single objects that one node refers to: its own, and the ConfigMaps, Secrets, claims,
/// volumes and attachments of its pods. Each is listed once and then watched for as long as it is
/// needed.
///
/// Source: Kubernetes pkg/kubelet/util/manager/watch_based_manager.go.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "models/api/objects.h"
#include "models/kubelet/back_off.h"
#include "models/kubelet/node_services.h"

namespace orrery::kubelet {

class FollowedObjects {
 public:
  struct Sight {
    bool known = false;     ///< The API server has answered once.
    api::ObjectPtr object;  ///< As last seen; null: it does not exist.
  };

  /// `node` must outlive it.
  explicit FollowedObjects(const NodeServices& node) : node_{node} {}

  /// Counted: one more user.
  void follow(const api::ObjectKey& key);
  /// One user less; nobody's objects are forgotten.
  void unfollow(const api::ObjectKey& key);

  /// While the API server cannot be reached, the last sight stays. An immutable ConfigMap or Secret
  /// is not looked at again.
  [[nodiscard]] Sight see(const api::ObjectKey& key) const;

  /// Takes a reply, watch event or timer whose topic is Follow; says of what the sight changed.
  [[nodiscard]] std::optional<api::ObjectKey> on_event(const ports::Event& event);

 private:
  struct Entry {
    Entry(api::ObjectKey followed, RetryDelay delay) : key{std::move(followed)}, retry{delay} {}

    api::ObjectKey key;
    std::uint32_t users = 0;
    Sight sight;
    std::uint64_t call = 0;  ///< The list or watch whose events count.
    bool watching = false;
    std::uint32_t sequence = 0;
    RetryDelay retry;
    std::optional<ports::Timer> timer;
  };

  [[nodiscard]] CallTag next_tag(std::uint32_t serial, Entry& entry);
  void list(std::uint32_t serial, Entry& entry);
  void watch(std::uint32_t serial, Entry& entry, std::uint64_t resource_version);
  void unwatch(std::uint32_t serial, Entry& entry);
  void list_later(std::uint32_t serial, Entry& entry);

  const NodeServices& node_;
  std::uint32_t next_serial_ = 0;
  std::map<std::uint32_t, Entry> entries_;
  std::map<api::ObjectKey, std::uint32_t> serial_of_;
};

}  // namespace orrery::kubelet
