#include "tests/support/fake_prober.h"

namespace orrery::testing {

std::string FakeProber::target_of(const ports::ProbeRequest& request) {
  const std::string port = std::to_string(request.port);
  if (const auto* http = std::get_if<api::HttpGetAction>(request.action)) {
    return "http:" + port + http->path;
  }
  if (const auto* exec = std::get_if<api::ExecAction>(request.action)) {
    std::string text = "exec:";
    for (const std::string& word : exec->command) {
      if (text.back() != ':') text += ' ';
      text += word;
    }
    return text;
  }
  return (std::holds_alternative<api::TcpSocketAction>(*request.action) ? "tcp:" : "grpc:") + port;
}

void FakeProber::probe(ports::OwnerId owner, ports::CallId id, const ports::ProbeRequest& request) {
  const std::string target = target_of(request);
  log_.push_back({executor_.now(), target, std::string{request.address},
                  std::string{request.container_id}, request.timeout});
  const auto told = answers.find(target);
  const Answer answer = told == answers.end() ? Answer{} : told->second;
  const bool late = answer.delay > request.timeout;
  executor_.post(late ? request.timeout : answer.delay,
                 {.owner = owner,
                  .kind = ports::EventKind::ProbeResult,
                  .outcome = late ? ports::Outcome::Timeout : answer.outcome,
                  .value = answer.value,
                  .id = id,
                  .body = nullptr});
}

std::vector<Instant> FakeProber::times_of(const std::string& target) const {
  std::vector<Instant> times;
  for (const Logged& logged : log_) {
    if (logged.target == target) times.push_back(logged.at);
  }
  return times;
}

}  // namespace orrery::testing
