/// @file
/// The cloud of the simulated world: it has a fixed number of hosts for every group of nodes, of
/// which those are on that were asked for. A host that is turned on again is another machine.
///
/// Spoken to as an API server whose Nodes are machines (models/controllers/cluster_autoscaler.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/base/distribution.h"
#include "models/ports/api_client.h"
#include "sim/world/dispatcher.h"
#include "sim/world/sim_api.h"

namespace orrery::sim {

/// A group of nodes that are there when somebody asks for them.
struct MachineGroup {
  std::string name;
  std::int32_t min = 0;
  std::int32_t max = 0;                  ///< As many nodes of the world have the group's name.
  std::int32_t initial = 0;              ///< Of them are on at the start.
  Distribution start_time;               ///< From the request until the node's kubelet starts.
  std::optional<std::int32_t> priority;  ///< For the priority expander; absent: not in its list.
};

class SimCloud {
 public:
  /// References must outlive it. Every call takes `latency` each way.
  SimCloud(Dispatcher& dispatcher, SimApi& reminders, Draws draws, Duration latency,
           std::vector<MachineGroup> groups)
      : dispatcher_{dispatcher},
        reminders_{reminders},
        draws_{draws},
        latency_{latency},
        groups_{std::move(groups)} {}

  /// A host of the group, in the order in which they are turned on.
  void add_host(std::size_t host, const std::string& name, const std::string& group, bool is_on);

  void call(ports::OwnerId owner, ports::CallId id, const ports::ApiCall& call);

  /// Whether the host is not one of a group, or is turned on.
  [[nodiscard]] bool is_on(std::size_t host) const;

  /// What a reminder of this number is about: the world turns the host on or off now.
  struct Switch {
    std::size_t host = 0;
    bool on = false;
  };
  [[nodiscard]] static bool is_ours(std::uint32_t reminder) { return reminder >= kFirstReminder; }
  /// Nothing: overtaken by a later call.
  [[nodiscard]] std::optional<Switch> take_due(std::uint32_t reminder);

 private:
  static constexpr std::uint32_t kFirstReminder = 1U << 20;
  enum class State : std::uint8_t { Off, Starting, On, Stopping };
  struct Host {
    std::size_t index = 0;
    std::string name;
    std::string group;
    State state = State::Off;
    std::uint32_t started = 0;  ///< How often.
    Instant asked_for;
    Instant due;  ///< Of the change of state.
    Instant off_since;
  };

  ports::Outcome create(const ports::ApiCall& call, api::ObjectPtr& out);
  ports::Outcome remove(const std::string& name);
  [[nodiscard]] static api::ObjectPtr machine_of(const Host& host);

  Dispatcher& dispatcher_;
  SimApi& reminders_;
  Draws draws_;
  Duration latency_;
  std::vector<MachineGroup> groups_;
  std::vector<Host> hosts_;
};

/// The way of one process to the cloud.
class SimCloudClient final : public ports::ApiClient {
 public:
  explicit SimCloudClient(SimCloud& cloud) : cloud_{cloud} {}
  void call(ports::OwnerId owner, ports::CallId id, ports::ApiCall call) override {
    cloud_.call(owner, id, call);
  }

 private:
  SimCloud& cloud_;
};

}  // namespace orrery::sim
