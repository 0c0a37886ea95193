/// @file
/// The open watches of one kind, found by what they select, and the writes they can start from.
///
/// A thousand kubelets each watch the pods of their own node: a write looks up who watches its node
/// and its name, and asks only the others one by one. All that are told the same share one body.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "models/base/time_types.h"
#include "models/ports/event.h"
#include "models/store/selection.h"
#include "models/store/store_types.h"

namespace orrery::store {

struct Watch {
  ClientId client{};
  ports::OwnerId owner{};
  ports::CallId id = 0;
  Selection selection;
  bool bookmarks = false;
  std::uint64_t told = 0;  ///< The version of what it was told last.
};

class Watches {
 public:
  /// Remembers `history_max` writes, >= 1; a watch from before them is Expired.
  explicit Watches(std::size_t history_max) : history_max_{history_max} {}

  /// Whether a watch can start after `version`, given that the store stands at `newest`.
  [[nodiscard]] bool can_start(std::uint64_t version, std::uint64_t newest) const;

  /// Tells `watch` what happened after `watch.told`, and of every write from now on.
  void add(Watch watch, ports::CauseId cause, std::vector<Delivery>& out);
  void remove(ClientId client, ports::OwnerId owner, ports::CallId id);
  void remove_all_of(ClientId client);

  /// Remembers the write.
  void record(const Write& write);
  /// Tells everybody whose selection the write's object is in, enters or leaves.
  void notify(const Write& write, ports::CauseId cause, std::vector<Delivery>& out);
  /// Tells who asked for bookmarks and is behind that there is nothing up to `version`.
  void send_bookmarks(std::uint64_t version, std::vector<Delivery>& out);

  /// Ends all watches with WatchClosed(Expired).
  void close_all(std::vector<Delivery>& out);
  /// As close_all, those of one client.
  void close_all_of(ClientId client, std::vector<Delivery>& out);
  /// Forgets the writes: watches start at `version` or later.
  void forget_history(std::uint64_t version);

 private:
  using Group = std::vector<Watch>;
  using Groups = std::map<std::string, Group, std::less<>>;

  void each_group(const std::function<void(Group&)>& visit);

  std::size_t history_max_;
  std::deque<Write> history_;
  std::uint64_t oldest_ = 0;  ///< Older versions are Expired.
  Group others_;
  Groups by_node_;
  Groups by_name_;
};

}  // namespace orrery::store
