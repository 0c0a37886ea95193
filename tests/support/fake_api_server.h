/// @file
/// The real store behind a fake network: calls and deliveries take `latency`, and can be made to
/// fail.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "models/ports/api_client.h"
#include "models/store/api_server.h"
#include "tests/support/fake_executor.h"

namespace orrery::testing {

/// Every owner is a client of its own.
class FakeApiServer : public ports::ApiClient {
 public:
  struct Logged {
    Instant at;
    ports::ApiCall call;
    ports::Outcome outcome = ports::Outcome::Ok;  ///< Of a watch: Ok.
  };
  /// What becomes of a call, other than what the store says. `done`: the store carries it out,
  /// whatever the caller is told.
  struct Verdict {
    ports::Outcome outcome = ports::Outcome::Unreachable;
    bool done = false;
  };

  explicit FakeApiServer(FakeExecutor& executor, std::uint64_t seed = 1)
      : executor_{executor}, store_{seed} {}

  void call(ports::OwnerId owner, ports::CallId id, ports::ApiCall call) override;

  /// While unreachable, calls end as Unreachable; going down closes every watch.
  void set_reachable(bool reachable);
  /// Asked about every call; nothing: the call goes through.
  void set_interposer(std::function<std::optional<Verdict>(const ports::ApiCall&)> interposer) {
    interposer_ = std::move(interposer);
  }
  void close_watches();

  // What a user or another component does, at once and without failing. Returns the object.
  api::ObjectPtr create(api::Object object);
  api::ObjectPtr update(const api::Object& object);
  api::ObjectPtr update_status(const api::Object& object);
  void remove(const api::ObjectKey& key, std::optional<Duration> grace = std::nullopt);

  [[nodiscard]] api::ObjectPtr find(const api::ObjectKey& key) const { return store_.find(key); }
  /// The pod of that name in "default", or nullptr.
  [[nodiscard]] const api::Pod* pod(const std::string& name) const;

  [[nodiscard]] const std::vector<Logged>& log() const { return log_; }
  [[nodiscard]] store::ApiServer& store() { return store_; }

  Duration latency = Duration::milliseconds(1);

 private:
  api::ObjectPtr write(ports::ApiCall call);
  void send(store::Handled handled);

  FakeExecutor& executor_;
  store::ApiServer store_;
  bool reachable_ = true;
  std::function<std::optional<Verdict>(const ports::ApiCall&)> interposer_;
  std::vector<Logged> log_;
};

}  // namespace orrery::testing
