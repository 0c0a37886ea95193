/// @file
/// Containers and sandboxes that nobody needs any more, on their way out of the runtime.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "models/kubelet/back_off.h"
#include "models/kubelet/node_services.h"

namespace orrery::kubelet {

/// Stops and removes them, containers before their sandbox, and repeats what fails until the
/// runtime says that it is done or knows of no such thing.
class Leftovers {
 public:
  /// `node` must outlive it.
  explicit Leftovers(const NodeServices& node) : node_{node} {}

  /// `pod_uid` may be empty: the pod is not known. A running container gets the minimum grace.
  /// Does nothing for an id that is here already.
  void add_container(const std::string& pod_uid, const std::string& id,
                     const std::string& sandbox_id, bool running);
  void add_sandbox(const std::string& pod_uid, const std::string& id);

  [[nodiscard]] bool contains(std::string_view id) const;
  /// Anything of this pod still here.
  [[nodiscard]] bool any_of(std::string_view pod_uid) const;
  /// Anything of this pod that is not known to have stopped.
  [[nodiscard]] bool any_running_of(std::string_view pod_uid) const;

  /// A reply or the timer of an item. Returns the uid of the pod it belongs to.
  std::string on_event(const ports::Event& event);

 private:
  enum class Step : std::uint8_t { Waiting, Stop, Remove };
  struct Item {
    std::string pod_uid;
    std::string id;
    std::string sandbox_id;  ///< Of a container; empty: this is a sandbox.
    Step step = Step::Waiting;
    std::uint32_t sequence = 0;
    RetryDelay retry;
    ports::Timer timer;
  };
  [[nodiscard]] static bool is_sandbox(const Item& item) { return item.sandbox_id.empty(); }
  [[nodiscard]] bool holds_containers_of(std::string_view sandbox_id) const;
  void add(std::string pod_uid, std::string id, std::string sandbox_id, Step step);
  void send(std::uint32_t serial, Item& item);

  const NodeServices& node_;
  std::map<std::uint32_t, Item> items_;  ///< By serial number: the order in which they came.
  std::uint32_t next_serial_ = 0;
};

}  // namespace orrery::kubelet
