/// @file
/// Informer: a process's own, possibly stale, copy of all objects of one kind.
///
/// Lists once, then follows a watch. A watch that breaks off is taken up again where it ended; one
/// that has Expired makes it list again. Either is tried later and later. Readers see shared
/// immutable objects and never wait.
///
/// Source: Kubernetes client-go tools/cache (Reflector, Indexer).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "models/api/name_order.h"
#include "models/api/objects.h"
#include "models/ports/api_client.h"
#include "models/ports/executor.h"

namespace orrery::controllers {

/// What a component needs of its world. Both references must outlive it.
struct Ports {
  ports::Executor& executor;
  ports::ApiClient& api;
  ports::OwnerId owner{};
};

/// Calls and timers of one component are told apart by the part of it that made them: its slot, in
/// the upper half of the id.
[[nodiscard]] constexpr ports::CallId call_id(std::uint32_t slot, std::uint32_t sequence) {
  return (std::uint64_t{slot} << 32) | sequence;
}
[[nodiscard]] constexpr std::uint32_t slot_of(std::uint64_t id) {
  return static_cast<std::uint32_t>(id >> 32);
}

/// Defaults: client-go Reflector (NewReflectorWithOptions), without its jitter.
struct InformerConfig {
  Duration backoff_base = Duration::milliseconds(800);
  Duration backoff_max = Duration::seconds(30);
  Duration backoff_reset =
      Duration::minutes(2);  ///< A watch that lived this long clears the back-off.
};

/// One difference between the cache before and after an event.
struct Change {
  api::ObjectPtr before;  ///< Null: appeared.
  api::ObjectPtr after;   ///< Null: gone.

  [[nodiscard]] const api::Object& latest() const { return after ? *after : *before; }
};

class Informer {
 public:
  Informer(const Ports& ports, std::uint32_t slot, api::Kind kind, const InformerConfig& config);

  [[nodiscard]] api::Kind kind() const { return kind_; }

  /// Sends the first list.
  void start() { list(); }

  /// Takes an event whose id has this informer's slot, and says what changed, in key order for a
  /// list.
  [[nodiscard]] std::vector<Change> on_event(const ports::Event& event);

  /// The first list has arrived.
  [[nodiscard]] bool synced() const { return synced_; }

  /// The object of that name, or nullptr. Pointers stay good until the next event.
  template <class T>
  [[nodiscard]] const T* find(std::string_view namespace_name, std::string_view name) const {
    const api::ObjectPtr* found = find_object(namespace_name, name);
    return found == nullptr ? nullptr : &std::get<T>(**found);
  }

  /// As find, of whatever kind; null if there is none.
  [[nodiscard]] api::ObjectPtr find_any(std::string_view namespace_name,
                                        std::string_view name) const {
    const api::ObjectPtr* found = find_object(namespace_name, name);
    return found == nullptr ? nullptr : *found;
  }

  /// By namespace and name, as all that follow.
  template <class T>
  [[nodiscard]] std::vector<const T*> all() const {
    std::vector<const T*> found;
    found.reserve(objects_.size());
    for (const auto& [key, object] : objects_) found.push_back(&std::get<T>(*object));
    return found;
  }
  /// As all, of whatever kind.
  [[nodiscard]] std::vector<api::ObjectPtr> any() const {
    std::vector<api::ObjectPtr> found;
    found.reserve(objects_.size());
    for (const auto& [key, object] : objects_) found.push_back(object);
    return found;
  }
  template <class T>
  [[nodiscard]] std::vector<const T*> in_namespace(std::string_view namespace_name) const {
    std::vector<const T*> found;
    for (auto it = first_in(namespace_name);
         it != objects_.end() && it->first.first == namespace_name; ++it) {
      found.push_back(&std::get<T>(*it->second));
    }
    return found;
  }
  [[nodiscard]] std::vector<api::ObjectPtr> any_in(std::string_view namespace_name) const {
    std::vector<api::ObjectPtr> found;
    for (auto it = first_in(namespace_name);
         it != objects_.end() && it->first.first == namespace_name; ++it) {
      found.push_back(it->second);
    }
    return found;
  }
  /// Those that the object with this uid controls.
  template <class T>
  [[nodiscard]] std::vector<const T*> controlled_by(const std::string& uid) const {
    return indexed<T>(by_controller_, uid);
  }
  /// Those in the namespace that nobody controls.
  template <class T>
  [[nodiscard]] std::vector<const T*> orphans_in(const std::string& namespace_name) const {
    return indexed<T>(orphans_, namespace_name);
  }
  /// Pods of the namespace that have an address.
  [[nodiscard]] std::vector<const api::Pod*> addressed_in(const std::string& namespace_name) const {
    return indexed<api::Pod>(addressed_, namespace_name);
  }
  /// Pods bound to the node.
  [[nodiscard]] std::vector<const api::Pod*> pods_on(const std::string& node_name) const {
    return indexed<api::Pod>(by_node_, node_name);
  }

 private:
  using Name = std::pair<std::string, std::string>;  ///< Namespace and name.
  using Objects = std::map<Name, api::ObjectPtr, api::NameLess>;
  using Entry = Objects::value_type;
  /// By namespace and name. Entries stay where they are while what they hold changes, so that an
  /// object's new version needs no new place.
  using Group = std::vector<const Entry*>;
  using Index = std::map<std::string, Group>;

  template <class T>
  [[nodiscard]] std::vector<const T*> indexed(const Index& index, const std::string& value) const {
    std::vector<const T*> found;
    const auto group = index.find(value);
    if (group == index.end()) return found;
    found.reserve(group->second.size());
    for (const Entry* entry : group->second) found.push_back(&std::get<T>(*entry->second));
    return found;
  }

  [[nodiscard]] Objects::const_iterator first_in(std::string_view namespace_name) const {
    return objects_.lower_bound(api::NameView{namespace_name, {}});
  }
  [[nodiscard]] const api::ObjectPtr* find_object(std::string_view namespace_name,
                                                  std::string_view name) const;
  void list();
  /// After the back-off: takes the watch up again, or lists.
  void begin_later(bool resumes);
  /// From `seen_`.
  void watch();
  [[nodiscard]] std::vector<Change> replace_all(const std::vector<api::ObjectPtr>& objects);
  [[nodiscard]] Change put(const api::ObjectPtr& object);
  [[nodiscard]] Change remove(const api::NameView& name);
  static void add_to(Index& index, const std::string& value, const Entry& entry);
  static void remove_from(Index& index, const std::string& value, const Entry& entry);
  /// Moves the entry from where `before` belongs to where `after` does; either may be null.
  void reindex(const Entry& entry, const api::Object* before, const api::Object* after);

  Ports ports_;
  std::uint32_t slot_;
  api::Kind kind_;
  InformerConfig config_;
  ports::Timer relist_;
  std::uint32_t sequence_ = 0;
  ports::CallId open_call_ = 0;  ///< The list or watch whose events count; others are late.
  Instant watching_since_;
  Duration backoff_;
  bool resumes_ = false;    ///< The watch is taken up where it ended; else it lists.
  std::uint64_t seen_ = 0;  ///< The version up to which everything has been seen.
  bool synced_ = false;
  Objects objects_;
  Index by_controller_;  ///< Uid of the controller.
  Index orphans_;        ///< Namespace.
  Index by_node_;        ///< Bound pods only.
  Index addressed_;      ///< Pods with an address, by namespace.
};

}  // namespace orrery::controllers
