/// @file
/// The API server's core: typed tables, versions, conflicts, watches, deletion. One thread, no
/// clock and no world: a request goes in, its reply and everything it told others come out.
///
/// The caller decides when deliveries arrive and makes writes durable before it lets any of them
/// go. Source: Kubernetes API concepts (resource versions, watches, deletion with grace).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/api/objects.h"
#include "models/base/random.h"
#include "models/ports/api_client.h"
#include "models/store/object_table.h"
#include "models/store/store_types.h"
#include "models/store/watches.h"

namespace orrery::store {

struct Handled {
  std::vector<Write> writes;         ///< To be made durable before any delivery is sent.
  std::vector<Delivery> deliveries;  ///< The reply first, then watch events in order.
};

struct StoreConfig {
  /// Writes of one kind that a watch can still start from; older versions are Expired.
  std::size_t watch_history = 1024;
  /// Between two rounds of bookmarks. They go out with the first call after it.
  Duration bookmark_period = Duration::minutes(1);  ///< apiserver cacher bookmarkFrequency
};

class ApiServer {
 public:
  /// `seed` makes uids and generated names.
  explicit ApiServer(std::uint64_t seed, const StoreConfig& config = {});

  /// Carries out one call. Deliveries carry `cause`.
  [[nodiscard]] Handled handle(ClientId client, ports::OwnerId owner, ports::CallId id,
                               const ports::ApiCall& call, Instant now, ports::CauseId cause);

  /// Ends all watches of a client that is gone, without telling it.
  void disconnect(ClientId client);

  /// Ends every watch with WatchClosed(Expired).
  [[nodiscard]] Handled close_all_watches();

  /// As close_all_watches, those of one client.
  [[nodiscard]] Handled close_watches_of(ClientId client);

  /// Forgets what watches could start from, as a restarted server has.
  void forget_history();

  /// Takes over stored objects as of `resource_version`. Requires: the server is empty.
  void restore(const std::vector<api::ObjectPtr>& objects, std::uint64_t resource_version);

  [[nodiscard]] std::uint64_t resource_version() const { return resource_version_; }
  [[nodiscard]] api::ObjectPtr find(const api::ObjectKey& key) const;
  /// By kind, namespace, name.
  [[nodiscard]] std::vector<api::ObjectPtr> objects() const;
  [[nodiscard]] std::vector<api::ObjectPtr> objects_of(api::Kind kind) const;

 private:
  /// How a call ended and what its reply carries.
  struct Answer {
    ports::Outcome outcome = ports::Outcome::Ok;
    api::ObjectPtr object;
    std::string message;
  };

  [[nodiscard]] bool begin_watch(ClientId client, ports::OwnerId owner, ports::CallId id,
                                 const ports::ApiCall& call, ports::CauseId cause, Handled& out);
  [[nodiscard]] ports::ApiList list(api::Kind kind, const Selection& selection) const;
  Answer create(const ports::ApiCall& call, Instant now, Handled& out);
  Answer update(const ports::ApiCall& call, Handled& out);
  Answer update_status(const ports::ApiCall& call, Handled& out);
  Answer remove(const ports::ApiCall& call, Instant now, Handled& out);
  Answer evict(const ports::ApiCall& call, Instant now, Handled& out);
  Answer bind(const ports::ApiCall& call, Instant now, Handled& out);
  api::ObjectPtr commit(Handled& out, ports::DeltaKind kind, api::ObjectPtr before,
                        std::shared_ptr<api::Object> after);
  [[nodiscard]] Watches& watches(api::Kind kind) {
    return watches_[static_cast<std::size_t>(kind)];
  }

  Draws draws_;
  StoreConfig config_;
  std::uint64_t resource_version_ = 0;
  Tables tables_;
  std::vector<Watches> watches_;  ///< By kind.
  Instant bookmarks_due_;
};

}  // namespace orrery::store
