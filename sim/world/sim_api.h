/// @file
/// The simulated API server and the ApiClient port of simulated processes.
///
/// A call travels to the server, waits its turn nowhere (the server is not a bottleneck here),
/// takes effect there once the store behind it has it on disk, and its deliveries travel back in
/// order per client, as on one connection. What can go wrong on this way can be made to.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/base/time_types.h"
#include "models/ports/api_client.h"
#include "models/recording/event_log.h"
#include "models/store/api_server.h"
#include "sim/world/dispatcher.h"
#include "sim/world/store_quorum.h"

namespace orrery::sim {

struct ApiLatency {
  Duration request;  ///< From the client's call to its effect.
  Duration reply;    ///< From the effect to the client, replies and watch events alike.
};

/// What is wrong between a client and the API server.
struct ApiFault {
  Duration slow;             ///< Added to each way of calls and replies.
  Duration stale;            ///< Added to watch events: what the client sees is old.
  bool refuses = false;      ///< Every call and new watch is answered with Refused.
  bool unreachable = false;  ///< Nobody is there: calls fail at once, watches end.
  /// The network swallows everything, and it takes SimApiConfig::cut_noticed until that is noticed.
  bool cut = false;
};

struct SimApiConfig {
  store::StoreConfig server;
  StoreQuorumConfig store;
  /// From the last sign of life until a connection is taken for broken, and of an attempt to open
  /// one.
  Duration cut_noticed = Duration::seconds(10);
};

/// Told of every write, after it is in the store and in the log.
class WriteObserver {
 public:
  virtual ~WriteObserver() = default;
  virtual void on_write(Instant now, const store::Write& write, ports::CauseId cause) = 0;
};

class SimApi {
 public:
  /// References must outlive it. `observer` may be null.
  SimApi(Kernel& kernel, Dispatcher& dispatcher, recording::EventLog& log, std::uint64_t seed,
         WriteObserver* observer, const SimApiConfig& config = {});

  /// A new client; its calls take `latency`. Faults know it by its name.
  [[nodiscard]] store::ClientId connect(ApiLatency latency, std::string name = {});
  /// Ends the client's watches. Calls it has sent still take effect; nobody hears of them.
  void disconnect(store::ClientId client);

  void call(store::ClientId client, ports::OwnerId owner, ports::CallId id, ports::ApiCall call);

  /// The server's process has ended: watches close, calls on their way have an unknown outcome, and
  /// later ones find nobody. What was written is not lost.
  void go_down();
  /// Its successor knows the objects, and nothing of what happened to them.
  void come_up();

  /// Carries out a call at once, as the person at the keyboard; returns the outcome, Unreachable
  /// while the server is down.
  ports::Outcome call_now(const ports::ApiCall& call, ports::CauseId cause);

  // Faults. A name is that of a client, also of one that connects later; empty: of all clients.
  [[nodiscard]] bool is_connected(const std::string& name) const;
  void set_fault(const std::string& name, const ApiFault& fault);
  void clear_fault(const std::string& name);
  /// Why a node says nothing of itself; 0: it does. Others notice: what they write about it, with
  /// no other cause, has this one.
  void set_silence(const std::string& node, ports::CauseId cause) { silences_[node] = cause; }
  /// The next watch event to the client is lost.
  void drop_next_event(const std::string& name) { drops_.insert_or_assign(name, true); }
  /// The next watch event to the client comes `late`; later ones of its watch wait behind it.
  void hold_next_event(const std::string& name, Duration late) {
    holds_.insert_or_assign(name, late);
  }
  /// Whether an event was lost (or held) since, and no longer waits to be: ends the waiting.
  [[nodiscard]] bool take_event_fault(const std::string& name);
  /// Makes the client list again: its watches are closed as Expired.
  void expire_watches(const std::string& name);
  /// Announces the client after its `writes`-th write from now on, through take_crashed().
  void crash_after(const std::string& name, std::uint32_t writes) { crashes_[name] = writes; }
  /// Whether it still waited to be announced: ends the waiting.
  [[nodiscard]] bool cancel_crash(const std::string& name) { return crashes_.erase(name) == 1; }
  [[nodiscard]] std::vector<store::ClientId> take_crashed() { return std::exchange(crashed_, {}); }
  [[nodiscard]] StoreQuorum& store() { return store_; }

  /// Says `what` at `when`, through take_reminders(): for who has no component to set a timer.
  void remind(Instant when, std::uint32_t what);
  [[nodiscard]] std::vector<std::uint32_t> take_reminders() {
    return std::exchange(reminders_, {});
  }

  /// Whether take_reminders() or take_crashed() would give anything.
  [[nodiscard]] bool has_notices() const { return !reminders_.empty() || !crashed_.empty(); }

  /// Says `what` in the same way whenever a fault has kept the client from being served for so
  /// long.
  void remind_of_silence(store::ClientId client, Duration lasting, std::uint32_t what);

  /// Handles ApiRequest events; returns false for all others.
  bool dispatch(KernelEvent event);

  [[nodiscard]] const store::ApiServer& server() const { return server_; }

 private:
  enum class What : std::uint8_t { Call, CutNoticed, Reminder, Silence };
  struct Request {
    store::ClientId client{};
    ports::OwnerId owner{};
    ports::CallId id = 0;
    ports::ApiCall call;
    ports::CauseId cause = 0;
    bool sent = true;      ///< The server was there when the call was made.
    bool durable = false;  ///< The store has it on disk.
    What what = What::Call;
    std::uint32_t number = 0;  ///< Reminder, Silence: of what.
  };
  struct Client {
    ApiLatency latency;
    std::string name;
    Instant last_reply;
    Instant last_event;
    bool connected = true;
    bool cut_noticed = false;
    std::optional<Instant> unserved_since;
    std::optional<std::pair<Duration, std::uint32_t>> silence;  ///< How long, and what to say then.
    std::vector<Request> held_requests;  ///< Swallowed by a cut that nobody has noticed yet.
    std::vector<ports::Event> held_events;
    std::map<std::pair<ports::OwnerId, ports::CallId>, Instant> late_watches;  ///< Not before.
  };

  [[nodiscard]] ApiFault fault_of(const Client& client) const;
  void note_service(store::ClientId id);
  void await_silence(store::ClientId id);
  void arrive(Request request);
  void log_refusal(const Request& request, const ports::Event& reply);
  ports::Outcome carry_out(const Request& request);
  void fail(const Request& request, ports::Outcome outcome, Duration after = {});
  void deliver(store::ClientId client, ports::Event event);
  void travel_back(Client& client, ports::Event event, Duration slow, Duration stale);
  void end_watches(store::ClientId client, ports::Outcome why);
  void notice_cut(store::ClientId client);
  template <class Visit>
  void each_client(const std::string& name, Visit visit);

  Kernel& kernel_;
  Dispatcher& dispatcher_;
  recording::EventLog& log_;
  WriteObserver* observer_;
  SimApiConfig config_;
  store::ApiServer server_;
  StoreQuorum store_;
  bool up_ = true;
  std::vector<Client> clients_;
  Slab<Request> requests_;
  std::map<std::string, ApiFault> faults_;          ///< By client name; empty: of all.
  std::map<std::string, bool> drops_;               ///< False: done.
  std::map<std::string, ports::CauseId> silences_;  ///< By node.
  std::map<std::string, Duration> holds_;           ///< Zero: done.
  std::map<std::string, std::uint32_t> crashes_;
  std::vector<store::ClientId> crashed_;
  std::vector<std::uint32_t> reminders_;
};

/// The ApiClient port of one process.
class SimApiClient final : public ports::ApiClient {
 public:
  SimApiClient(SimApi& api, store::ClientId client) : api_{api}, client_{client} {}

  void call(ports::OwnerId owner, ports::CallId id, ports::ApiCall call) override {
    api_.call(client_, owner, id, std::move(call));
  }
  [[nodiscard]] store::ClientId client() const { return client_; }

 private:
  SimApi& api_;
  store::ClientId client_;
};

}  // namespace orrery::sim
