/// @file
/// A small world in memory around a RecordedProcess: enough of every port to make a record.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "models/recording/recorded_process.h"

namespace orrery::recording {

/// Everything answers at once, in the order of the calls; time jumps to the next timer.
class MemoryWorld final : public ports::Executor,
                          public ports::ApiClient,
                          public ports::ContainerRuntime,
                          public ports::Prober,
                          public ports::DataPlane {
 public:
  MemoryWorld(RecordSink& sink, const RecordHeader& header)
      : server_{header.seed},
        recorded_server_{server_, sink},
        process_{{*this, *this, *this, *this, *this}, sink} {
    now_ = header.built_at;
  }

  RecordedProcess& process() { return process_; }
  store::ApiServer& server() { return server_; }

  void start() {
    for (const ports::OwnerId owner : process_.owners()) process_.start(owner);
  }
  /// A request of a client that is not the process itself.
  void request(ports::ApiCall call) {
    requests_.push_back({store::ClientId{2}, ports::OwnerId{1}, next_request_++, std::move(call)});
  }
  void run(Instant until) {
    for (;;) {
      carry_out_requests();
      while (!queue_.empty()) {
        const ports::Event event = std::move(queue_.front());
        queue_.pop_front();
        if (ports::Component* c = process_.component(event.owner)) c->on_event(event);
        carry_out_requests();
      }
      const auto first = armed_.begin();
      if (first == armed_.end() || first->first.first > until) break;
      now_ = std::max(now_, first->first.first);
      const Slot slot = slots_[first->second];
      armed_.erase(first);
      queue_.push_back({.owner = slot.owner, .id = slot.id, .body = nullptr});
    }
    now_ = until;
  }

  [[nodiscard]] Instant now() const override { return now_; }
  ports::TimerId create_timer(ports::OwnerId owner, std::uint64_t id) override {
    slots_.push_back({owner, id});
    return ports::TimerId{static_cast<std::uint32_t>(slots_.size() - 1)};
  }
  void arm(ports::TimerId timer, Instant when) override {
    disarm(timer);
    armed_.emplace(std::pair{when, next_arm_++}, static_cast<std::size_t>(timer));
  }
  void disarm(ports::TimerId timer) override {
    std::erase_if(armed_,
                  [&](const auto& a) { return a.second == static_cast<std::size_t>(timer); });
  }
  void destroy_timer(ports::TimerId timer) override { disarm(timer); }

  void call(ports::OwnerId owner, ports::CallId id, ports::ApiCall call) override {
    requests_.push_back({store::ClientId{1}, owner, id, std::move(call)});
  }
  void call(ports::OwnerId owner, ports::CallId id, ports::RuntimeCall call) override {
    ports::RuntimeResult result;
    result.id = "made-" + std::to_string(id);
    result.message = to_string(call.verb);
    answer({.owner = owner,
            .kind = ports::EventKind::RuntimeReply,
            .id = id,
            .body = std::make_shared<const ports::EventBody>(std::move(result))});
  }
  void probe(ports::OwnerId owner, ports::CallId id, const ports::ProbeRequest&) override {
    answer({.owner = owner,
            .kind = ports::EventKind::ProbeResult,
            .value = 200,
            .id = id,
            .body = nullptr});
  }
  void publish(ports::OwnerId, ports::EndpointTable) override {}

 private:
  struct Slot {
    ports::OwnerId owner{};
    std::uint64_t id = 0;
  };

  void answer(ports::Event event) { queue_.push_back(std::move(event)); }
  struct Request {
    store::ClientId client{};
    ports::OwnerId owner{};
    ports::CallId id = 0;
    ports::ApiCall call;
  };
  /// As live: never from inside a component's call.
  void carry_out_requests() {
    for (; !requests_.empty(); requests_.pop_front()) {
      const Request& r = requests_.front();
      for (store::Delivery& d :
           recorded_server_.handle(r.client, r.owner, r.id, r.call, now_).deliveries) {
        if (d.client == store::ClientId{1}) answer(std::move(d.event));
      }
    }
  }

  Instant now_;
  store::ApiServer server_;
  RecordedApiServer recorded_server_;
  std::deque<ports::Event> queue_;
  std::deque<Request> requests_;
  std::vector<Slot> slots_;
  std::map<std::pair<Instant, std::uint64_t>, std::size_t> armed_;
  std::uint64_t next_arm_ = 0;
  ports::CallId next_request_ = 1;
  RecordedProcess process_;
};

}  // namespace orrery::recording
