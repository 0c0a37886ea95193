#include "real-backend/loop/process.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

namespace orrery::loop {

StopSignals::StopSignals(EventLoop& loop) : signals_{loop.io(), SIGTERM, SIGINT} {
  signals_.async_wait([&loop](const boost::system::error_code& error, int) {
    if (!error) loop.stop();
  });
}

std::string record_path(const std::string& directory, const std::string& who, Instant started) {
  return fmt::format("{}/{}-{:019d}-{}.jsonl", directory, who, started.count_ns(), ::getpid());
}

int exit_code_of(const char* who, const Result<void>& result, int failed_code) {
  if (result) return 0;
  const Failure& why = result.error();
  std::fprintf(stderr, "%s: %s%s%s\n", who, why.what.c_str(), why.hint.empty() ? "" : " (",
               why.hint.empty() ? "" : (why.hint + ")").c_str());
  return failed_code;
}

}  // namespace orrery::loop
