// orrery-workload: the one static program that runs in live pods, and the load that is put on them.

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "models/base/contract.h"
#include "real-backend/workload/modes.h"

namespace {

constexpr char kUsage[] =
    "usage: orrery-workload MODE [--flag=value ...]\n"
    "  pause                        wait for TERM\n"
    "  serve                        answer HTTP: /work /healthz /crash /hang\n"
    "    --port=8080 --service-time=2ms [--spin] --concurrency=64 --queue=1024\n"
    "    --start-delay=0s [--drain]\n"
    "  load                         send Poisson requests, whatever becomes of them\n"
    "    --rate=50 --seed=1 --load-index=0 --duration=30s --timeout=1s --path=/work\n"
    "    --endpoints=unix:/SOCKET --service=NAMESPACE/NAME [--port-name=NAME] --out=FILE\n"
    "    [--start-at=MONOTONIC_NS]\n"
    "  exec-true                    exit with 0\n"
    "  sleep --for=1s --code=0      exit with a code after a while\n"
    "  probe --address=127.0.0.1:8080 --path=/healthz --timeout=1s\n";

}  // namespace

namespace orrery::workload {

bool accept(const Flags& flags) {
  const auto checked = flags.check();
  if (!checked) std::fprintf(stderr, "%s\n", checked.error().what.c_str());
  return checked.has_value();
}

}  // namespace orrery::workload

int main(int argc, char** argv) {
  using namespace orrery::workload;
  try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const std::string mode = arguments.empty() ? "" : arguments.front();
    Flags flags{arguments.empty()
                    ? arguments
                    : std::vector<std::string>(arguments.begin() + 1, arguments.end())};
    if (mode == "pause") return accept(flags) ? pause() : kExitBadInput;
    if (mode == "serve") return serve(std::move(flags));
    if (mode == "load") return load(std::move(flags));
    if (mode == "sleep") return sleep(std::move(flags));
    if (mode == "probe") return probe(std::move(flags));
    if (mode == "exec-true") return accept(flags) ? 0 : kExitBadInput;
    std::fputs(kUsage, stderr);
    return kExitBadInput;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "orrery-workload: %s\n", error.what());
    return orrery::kExitOurBug;
  }
}
