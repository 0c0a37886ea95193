#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <string>

#include "models/base/contract.h"
#include "runner/control/run_control.h"
#include "runner/scenario/reading.h"
#include "tests/fuzz/targets.h"

namespace orrery::fuzz {
namespace {

/// What is played while orders come in.
constexpr const char* kOrdered = "tests/fuzz/beside/every-policy.json";

/// A run that stands still half a minute after its start.
class StandingRun final : public session::RunView {
 public:
  [[nodiscard]] Instant now() const override { return Instant::at(Duration::seconds(30)); }
  [[nodiscard]] std::size_t records() const override { return 7; }
  [[nodiscard]] std::size_t performed() const override { return 1; }
  [[nodiscard]] std::vector<std::string> would_hit(
      const scenario::TimelineEntry& entry) const override {
    return {entry.id};
  }
  void show() override {}
};

/// Connects to the socket, and says all of it and no more; to be closed when it has been heard, as
/// nobody is heard who has gone.
int say_at(const std::string& path, const std::string& text) {
  const int client = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int connected =
      ::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  expects(connected == 0, "whoever comes first is let in");
  // What does not fit into the socket is not said.
  (void)::send(client, text.data(), text.size(), MSG_NOSIGNAL);
  ::shutdown(client, SHUT_WR);
  return client;
}

}  // namespace

std::size_t read_as_orders(std::string_view lines) {
  static const scenario::ScenarioReading played = scenario::read_scenario(kOrdered);
  expects(played.scenario.has_value(), "there is something to play");
  const std::string path =
      (std::filesystem::temp_directory_path() / ("orrery-orders-" + std::to_string(getpid())))
          .string();
  const std::string kept = path + ".json";
  std::size_t entries = 0;
  {
    const auto control = control::RunControl::create({path, kOrdered, {}, kept}, *played.scenario);
    expects(control.has_value(), "nobody else listens there");
    const int client = say_at(path, std::string{lines} + "\n");
    StandingRun run;
    while (const auto order = (*control)->next(run)) entries += order->entries.size();
    ::close(client);
    expects((*control)->ordered().size() == entries, "what was ordered is known");
  }
  const scenario::ScenarioReading again = scenario::read_scenario(kept);
  std::filesystem::remove(kept);
  expects(again.scenario.has_value(), "what was done by hand is a scenario");
  return entries;
}

}  // namespace orrery::fuzz
