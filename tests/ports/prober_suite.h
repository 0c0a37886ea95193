/// @file
/// What every adapter of ports::Prober promises, as one suite.
///
/// Instantiate with a world type that has
///   ports::Prober& prober();
///   void attach(ports::OwnerId, ports::Component&);   // before run
///   bool run(std::function<bool()> done);             // lets time pass until done; false: gave up
///   /// The HTTP answers and the failing exit code that its processes can give.
///   static constexpr std::array kHttpAnswers; static constexpr int kFailingExit;
///   /// A place where HTTP answers with `status` (0: accepts and never answers): address and port.
///   std::pair<std::string, std::int32_t> http_place(int status);
///   /// A place where nothing listens.
///   std::pair<std::string, std::int32_t> dead_place();
///   /// A container whose exec probes end with `exit_code` (-1: hangs).
///   std::string container(int exit_code);
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "models/ports/prober.h"

namespace orrery::ports_suite {

struct ProbeListener : ports::Component {
  std::vector<ports::Event> events;
  bool inside_call = false;

  void on_event(const ports::Event& event) override {
    EXPECT_FALSE(inside_call) << "answered from inside the call";
    events.push_back(event);
  }
};

template <class World>
class ProberSuite : public testing::Test {
 protected:
  static constexpr ports::OwnerId kOwner{50};
  ProberSuite() { world_.attach(kOwner, listener_); }

  /// The one result of the probe.
  ports::Event result_of(const api::ProbeAction& action,
                         const std::pair<std::string, std::int32_t>& place, Duration timeout,
                         const std::string& container = {}) {
    const ports::CallId id = next_id_++;
    const std::size_t before = listener_.events.size();
    listener_.inside_call = true;
    world_.prober().probe(kOwner, id, {&action, place.first, place.second, container, timeout});
    listener_.inside_call = false;
    EXPECT_TRUE(world_.run([&] { return listener_.events.size() > before; }));
    if (listener_.events.size() != before + 1) {
      ADD_FAILURE() << listener_.events.size() - before << " results";
      return {};
    }
    EXPECT_EQ(listener_.events.back().kind, ports::EventKind::ProbeResult);
    EXPECT_EQ(listener_.events.back().id, id);
    return listener_.events.back();
  }

  World world_;
  ProbeListener listener_;
  ports::CallId next_id_ = 1;
};

TYPED_TEST_SUITE_P(ProberSuite);

TYPED_TEST_P(ProberSuite, HttpPassesFrom200To399) {
  for (const int status : TypeParam::kHttpAnswers) {
    const ports::Event event =
        this->result_of(api::HttpGetAction{}, this->world_.http_place(status), 10_s);
    const bool passes = status >= 200 && status <= 399;
    EXPECT_EQ(event.outcome, passes ? ports::Outcome::Ok : ports::Outcome::Refused) << status;
    EXPECT_EQ(event.value, status);
  }
}

TYPED_TEST_P(ProberSuite, NobodyThereIsRefused) {
  EXPECT_EQ(this->result_of(api::HttpGetAction{}, this->world_.dead_place(), 10_s).outcome,
            ports::Outcome::Refused);
  EXPECT_EQ(this->result_of(api::TcpSocketAction{}, this->world_.dead_place(), 10_s).outcome,
            ports::Outcome::Refused);
}

TYPED_TEST_P(ProberSuite, NoAnswerInTimeIsATimeout) {
  EXPECT_EQ(this->result_of(api::HttpGetAction{}, this->world_.http_place(0), 20_ms).outcome,
            ports::Outcome::Timeout);
}

TYPED_TEST_P(ProberSuite, TcpPassesWhereSomebodyAccepts) {
  EXPECT_EQ(this->result_of(api::TcpSocketAction{}, this->world_.http_place(0), 10_s).outcome,
            ports::Outcome::Ok);
}

TYPED_TEST_P(ProberSuite, ExecPassesWithExitCodeZero) {
  const api::ProbeAction exec = api::ExecAction{{"check"}};
  const std::pair<std::string, std::int32_t> nowhere;
  EXPECT_EQ(this->result_of(exec, nowhere, 10_s, this->world_.container(0)).outcome,
            ports::Outcome::Ok);
  const int failing = TypeParam::kFailingExit;
  const ports::Event failed = this->result_of(exec, nowhere, 10_s, this->world_.container(failing));
  EXPECT_EQ(failed.outcome, ports::Outcome::Refused);
  EXPECT_EQ(failed.value, failing);
  EXPECT_EQ(this->result_of(exec, nowhere, 20_ms, this->world_.container(-1)).outcome,
            ports::Outcome::Timeout);
}

REGISTER_TYPED_TEST_SUITE_P(ProberSuite, HttpPassesFrom200To399, NobodyThereIsRefused,
                            NoAnswerInTimeIsATimeout, TcpPassesWhereSomebodyAccepts,
                            ExecPassesWithExitCodeZero);

}  // namespace orrery::ports_suite
