/// @file
/// The components of one live process with every port recorded: one wiring for the process itself
/// and for its replay, so that the two cannot differ in it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "models/base/result.h"
#include "models/recording/port_record.h"

namespace orrery::recording {

/// Owners of a control plane's components and of a node agent's.
inline constexpr ports::OwnerId kControllerManager{1};
inline constexpr ports::OwnerId kScheduler{2};
inline constexpr ports::OwnerId kKubelet{1};
inline constexpr ports::OwnerId kNodeProxy{2};
/// For what a process needs beside the recorded components.
inline constexpr std::uint32_t kFirstFreeOwner = 16;

/// The adapters of a process, all of which outlive its components.
struct PortSet {
  ports::Executor& executor;
  ports::ApiClient& api;
  ports::ContainerRuntime& runtime;
  ports::Prober& prober;
  ports::DataPlane& data_plane;
};

class RecordedProcess {
 public:
  /// `ports` and `sink` must outlive it.
  RecordedProcess(const PortSet& ports, RecordSink& sink);
  RecordedProcess(const RecordedProcess&) = delete;
  RecordedProcess& operator=(const RecordedProcess&) = delete;

  /// The decorated ports, for building components.
  [[nodiscard]] const PortSet& ports() const { return recorded_; }

  /// Takes a component that was built on `ports()`. `start` is what starts it.
  void add(ports::OwnerId owner, std::unique_ptr<ports::Component> component,
           std::function<void()> start);

  [[nodiscard]] std::vector<ports::OwnerId> owners() const;

  /// Records that the component is started, and starts it. Requires: `owner` was added.
  void start(ports::OwnerId owner);

  /// What records the events of `owner` and hands them on; nullptr if it was not added.
  [[nodiscard]] ports::Component* component(ports::OwnerId owner);

 private:
  struct Part {
    ports::OwnerId owner{};
    std::unique_ptr<ports::Component> component;
    std::function<void()> start;
    std::unique_ptr<RecordedComponent> recorded;
  };

  RecordSink& sink_;
  RecordedExecutor executor_;
  RecordedApiClient api_;
  RecordedRuntime runtime_;
  RecordedProber prober_;
  RecordedDataPlane data_plane_;
  PortSet recorded_;
  std::vector<Part> parts_;
};

/// Adds what a process with this header consists of: controllers and scheduler, or kubelet and node
/// proxy. Fails if this program does not know the profile.
[[nodiscard]] Result<void> add_components(RecordedProcess& process, const RecordHeader& header);

}  // namespace orrery::recording
