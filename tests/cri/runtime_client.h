/// @file
/// Drives a ContainerdRuntime as a test reads best: call, wait, look. For fakes and real hosts.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "real-backend/cri/containerd_runtime.h"

namespace orrery::cri {

inline constexpr ports::OwnerId kKubelet{7};
inline constexpr std::int64_t kEpochCalendarNs = 1'700'000'000'000'000'000;

/// A runtime adapter and its loop on a channel, for one owner; calls are awaited one by one. Node
/// h1.
class Client {
 public:
  explicit Client(std::shared_ptr<grpc::Channel> channel, ContainerdDeadlines deadlines = {})
      : runtime_{loop_, std::move(channel), ContainerdNode{"h1", "/orrery/h1", ""},
                 ContainerdHooks{
                     [this](ports::Event event) { events_.push_back(std::move(event)); },
                     [this] { return Instant::at(Duration::milliseconds(++readings_)); },
                     [](std::int64_t calendar_ns) {
                       return Instant::at(Duration::nanoseconds(calendar_ns - kEpochCalendarNs));
                     }},
                 deadlines} {}

  struct Answer {
    ports::Outcome outcome = ports::Outcome::Ok;
    ports::RuntimeResult result;
  };

  ports::CallId send(ports::RuntimeCall call) {
    runtime_.call(kKubelet, ++last_call_, std::move(call));
    return last_call_;
  }
  Answer await(ports::CallId id) {
    Answer answer;
    bool came = false;
    run_until([&] {
      for (auto event = events_.begin(); event != events_.end(); ++event) {
        if (event->kind != ports::EventKind::RuntimeReply || event->id != id) continue;
        EXPECT_EQ(event->owner, kKubelet);
        answer = {event->outcome, std::get<ports::RuntimeResult>(*event->body)};
        events_.erase(event);
        return came = true;
      }
      return false;
    });
    EXPECT_TRUE(came) << "no reply to call " << id;
    return answer;
  }
  Answer call(ports::RuntimeCall call) { return await(send(std::move(call))); }

  Answer list() {  // The verb of a new call.
    return call(ports::RuntimeCall{});
  }
  Answer run_sandbox(const std::shared_ptr<const api::Object>& pod, std::uint32_t attempt = 0) {
    ports::RuntimeCall run;
    run.verb = ports::RuntimeVerb::RunSandbox;
    run.pod = pod;
    run.attempt = attempt;
    return call(std::move(run));
  }
  Answer create_container(const std::shared_ptr<const api::Object>& pod, const std::string& sandbox,
                          std::uint32_t attempt = 0) {
    ports::RuntimeCall create;
    create.verb = ports::RuntimeVerb::CreateContainer;
    create.pod = pod;
    create.sandbox_id = sandbox;
    create.attempt = attempt;
    return call(std::move(create));
  }
  Answer on_container(ports::RuntimeVerb verb, const std::string& id, Duration timeout = {}) {
    ports::RuntimeCall on;
    on.verb = verb;
    on.container_id = id;
    on.timeout = timeout;
    return call(std::move(on));
  }
  Answer on_sandbox(ports::RuntimeVerb verb, const std::string& id) {
    ports::RuntimeCall on;
    on.verb = verb;
    on.sandbox_id = id;
    return call(std::move(on));
  }

  ports::RuntimeNotice await_notice() {
    ports::RuntimeNotice notice;
    bool came = false;
    run_until([&] {
      for (auto event = events_.begin(); event != events_.end(); ++event) {
        if (event->kind != ports::EventKind::RuntimeEvent) continue;
        EXPECT_EQ(event->owner, kKubelet);
        EXPECT_EQ(event->id, 0U);
        notice = std::get<ports::RuntimeNotice>(*event->body);
        events_.erase(event);
        return came = true;
      }
      return false;
    });
    EXPECT_TRUE(came) << "no notice";
    return notice;
  }
  [[nodiscard]] std::size_t waiting_events() const { return events_.size(); }

  /// Handles what comes until `done`; the generous end is for a test that would hang.
  void run_until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!done() && std::chrono::steady_clock::now() < end) {
      loop_.run_one_for(std::chrono::milliseconds{20});
    }
  }

 private:
  boost::asio::io_context loop_;
  std::deque<ports::Event> events_;
  std::int64_t readings_ = 0;
  ports::CallId last_call_ = 0;
  ContainerdRuntime runtime_;
};

}  // namespace orrery::cri
