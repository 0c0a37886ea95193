/// @file
/// The API server's core: typed tables, versions, conflicts, watches, admission. One thread, no
/// clock and no world: a request goes in, its reply and everything it told others come out.
///
/// The caller decides when deliveries arrive and makes writes durable before it lets any of them
/// go. Source: Kubernetes API concepts (resource versions, watches, deletion with grace).
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/api/objects.h"
#include "models/base/random.h"
#include "models/ports/api_client.h"
#include "models/ports/event.h"

namespace orrery::store {

/// A process that talks to the API server. A restarted process is a new client.
enum class ClientId : std::uint32_t {};

/// One change of the tables.
struct Write {
  ports::DeltaKind kind = ports::DeltaKind::Added;
  api::ObjectPtr before;  ///< Null for Added.
  api::ObjectPtr
      after;  ///< The new state; for Deleted the last one, with the version of the deletion.
  std::uint64_t resource_version = 0;
};

/// An event on its way to a component of a client.
struct Delivery {
  ClientId client{};
  ports::Event event;
};

struct Handled {
  std::vector<Write> writes;         ///< To be made durable before any delivery is sent.
  std::vector<Delivery> deliveries;  ///< The reply first, then watch events in order.
};

class ApiServer {
 public:
  /// Writes of one kind that a watch can still start from; older versions are Expired.
  static constexpr std::size_t kWatchHistory = 1024;

  /// `seed` makes uids and generated names.
  explicit ApiServer(std::uint64_t seed);

  /// Carries out one call. Deliveries carry `cause`.
  [[nodiscard]] Handled handle(ClientId client, ports::OwnerId owner, ports::CallId id,
                               const ports::ApiCall& call, Instant now, ports::CauseId cause);

  /// Ends all watches of a client that is gone, without telling it.
  void disconnect(ClientId client);

  /// Ends every watch with WatchClosed(Expired), as a restarted server does.
  [[nodiscard]] Handled close_all_watches();

  /// Takes over stored objects as of `resource_version`. Requires: the server is empty.
  void restore(const std::vector<api::ObjectPtr>& objects, std::uint64_t resource_version);

  [[nodiscard]] std::uint64_t resource_version() const { return resource_version_; }
  [[nodiscard]] api::ObjectPtr find(const api::ObjectKey& key) const;
  /// By kind, namespace, name.
  [[nodiscard]] std::vector<api::ObjectPtr> objects() const;
  [[nodiscard]] std::vector<api::ObjectPtr> objects_of(api::Kind kind) const;

 private:
  struct Watch {
    ClientId client{};
    ports::OwnerId owner{};
    ports::CallId id = 0;
    std::string namespace_name;
    std::string node_name;
  };
  using Table = std::map<std::pair<std::string, std::string>, api::ObjectPtr>;

  ports::Outcome create(const ports::ApiCall& call, Instant now, Handled& out,
                        api::ObjectPtr& reply);
  ports::Outcome update(const ports::ApiCall& call, bool status_only, Handled& out,
                        api::ObjectPtr& reply);
  ports::Outcome remove(const ports::ApiCall& call, Instant now, Handled& out,
                        api::ObjectPtr& reply);
  ports::Outcome bind(const ports::ApiCall& call, Instant now, Handled& out, api::ObjectPtr& reply);
  void commit(Handled& out, ports::DeltaKind kind, api::ObjectPtr before, api::Object after);
  static void notify_one(Handled& out, const Watch& watch, const Write& write,
                         ports::CauseId cause);
  void notify(Handled& out, const Write& write, ports::CauseId cause);
  [[nodiscard]] bool can_resume(api::Kind kind, std::uint64_t from_version) const;
  Table& table(api::Kind kind) { return tables_[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] const Table& table(api::Kind kind) const {
    return tables_[static_cast<std::size_t>(kind)];
  }

  Draws draws_;
  std::uint64_t resource_version_ = 0;
  std::array<Table, api::kKindCount> tables_;
  std::array<std::vector<Watch>, api::kKindCount> watches_;
  std::array<std::deque<Write>, api::kKindCount> history_;         ///< For watches from the past.
  std::array<std::uint64_t, api::kKindCount> oldest_watchable_{};  ///< Older versions are Expired.
};

}  // namespace orrery::store
