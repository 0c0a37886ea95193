/// @file
/// A container runtime that works: images, sandboxes, containers, their states, delays and exits.
///
/// Behaves as containerd was seen to behave, and can be told to fail any call, to lose its event
/// stream, and to let containers and sandboxes die.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/ports/container_runtime.h"
#include "tests/support/fake_executor.h"

namespace orrery::testing {

class FakeRuntime : public ports::ContainerRuntime {
 public:
  /// What a container of an image does.
  struct Program {
    std::optional<Duration> exits_after;  ///< Since its start; absent: runs until stopped.
    std::int32_t exit_code = 0;
    std::optional<Duration> term_time = Duration::milliseconds(10);  ///< Absent: ignores TERM.
    Duration exec_time = Duration::milliseconds(5);
    std::int32_t exec_exit_code = 0;
    std::int64_t memory_bytes = 0;
    std::int64_t disk_bytes = 0;
    std::int64_t processes = 0;
    std::int64_t cpu_milli = 0;  ///< Busy all the time, in thousandths of a core.
  };
  struct Delays {
    Duration list = Duration::milliseconds(2);
    Duration image_status = Duration::milliseconds(1);
    Duration pull = Duration::milliseconds(500);
    Duration run_sandbox = Duration::milliseconds(90);
    Duration create = Duration::milliseconds(8);
    Duration start = Duration::milliseconds(57);
    Duration remove = Duration::milliseconds(3);
    Duration stop_sandbox = Duration::milliseconds(74);
    Duration notice = Duration::milliseconds(2);
    Duration volume = Duration::milliseconds(1);
  };
  /// What becomes of a call, other than what should. `done`: it takes effect none the less.
  struct Verdict {
    ports::Outcome outcome = ports::Outcome::Refused;
    bool done = false;
  };
  struct Logged {
    Instant at;
    ports::RuntimeCall call;
  };

  explicit FakeRuntime(FakeExecutor& executor) : executor_{executor} {}

  void call(ports::OwnerId owner, ports::CallId id, ports::RuntimeCall call) override;

  /// Asked about every call, with its number (0, 1, …); nothing: the call goes through.
  void set_interposer(
      std::function<std::optional<Verdict>(std::uint64_t, const ports::RuntimeCall&)> interposer) {
    interposer_ = std::move(interposer);
  }
  /// Calls under way are cut off: they have no effect any more and no reply.
  void cut_connections() { ++connection_; }

  /// The container ends by itself.
  void exit_container(const std::string& id, std::int32_t exit_code, std::string reason = "");
  /// The sandbox's own process dies; its containers keep running.
  void exit_sandbox(const std::string& id);
  /// Everything on the host dies and nobody is told.
  void crash_host();
  /// While lost, nobody is told of exits.
  void lose_stream();
  void restore_stream();

  /// The running container of that name, or nullptr.
  [[nodiscard]] const ports::ContainerInfo* running(const std::string& name) const;
  /// Ids as listed, in order of creation.
  [[nodiscard]] std::vector<ports::SandboxInfo> sandboxes() const;
  [[nodiscard]] std::vector<ports::ContainerInfo> containers() const;
  /// True when neither sandbox nor container is held.
  [[nodiscard]] bool empty() const { return sandboxes_.empty() && containers_.empty(); }

  /// Containers and sandboxes that the runtime has, made directly.
  void put(ports::SandboxInfo sandbox);
  void put(ports::ContainerInfo container);

  [[nodiscard]] const std::vector<Logged>& log() const { return log_; }
  /// The calls of one verb.
  [[nodiscard]] std::vector<Logged> log_of(ports::RuntimeVerb verb) const;

  Delays delays;
  std::map<std::string, Program> programs;          ///< By image; others run for ever.
  std::set<std::string> images;                     ///< Present on the node.
  std::set<std::string> missing_images;             ///< No registry has them.
  std::map<std::string, std::int64_t> image_bytes;  ///< Of images whose size matters.
  /// What the node has: capacities, and what is left of them with no image and no container. Uses
  /// of memory, of disk and of processes are taken off. Nothing is measured where it is absent.
  ports::NodeStats node;
  std::vector<ports::VolumeStats> volume_stats;  ///< What volumes hold.
  std::set<std::string> missing_paths;              ///< Host paths whose check fails.
  /// What is prepared, by pod and volume name.
  std::map<std::pair<std::string, std::string>, ports::VolumeOrder> volumes;

 private:
  using Reply = std::function<void(ports::Outcome, ports::RuntimeResult)>;

  [[nodiscard]] Duration delay_of(const ports::RuntimeCall& call) const;
  ports::Outcome execute(const ports::RuntimeCall& call, ports::RuntimeResult& result);
  ports::Outcome run_sandbox(const ports::RuntimeCall& call, ports::RuntimeResult& result);
  ports::Outcome create(const ports::RuntimeCall& call, ports::RuntimeResult& result);
  ports::Outcome start(const ports::RuntimeCall& call);
  ports::Outcome remove(const ports::RuntimeCall& call);
  ports::Outcome remove_image(const std::string& image);
  void measure(ports::RuntimeResult& result) const;
  void stop(const ports::RuntimeCall& call, const Reply& reply);
  void end(const std::string& id, std::int32_t exit_code, std::string reason);
  void notify(ports::RuntimeNotice notice);
  [[nodiscard]] Program program_of(const ports::ContainerInfo& container) const;

  FakeExecutor& executor_;
  std::function<std::optional<Verdict>(std::uint64_t, const ports::RuntimeCall&)> interposer_;
  std::uint64_t connection_ = 0;
  std::uint64_t next_id_ = 1;
  bool stream_lost_ = false;
  std::optional<ports::OwnerId> listener_;
  std::map<std::uint64_t, ports::SandboxInfo> sandboxes_;  ///< By the number in the id.
  std::map<std::uint64_t, ports::ContainerInfo> containers_;
  std::vector<Logged> log_;
};

}  // namespace orrery::testing
