#include <signal.h>
#include <time.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstdio>

#include "real-backend/workload/http_address.h"
#include "real-backend/workload/modes.h"

namespace orrery::workload {

namespace {

sigset_t termination_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

int pause() {
  const sigset_t signals = termination_signals();
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  // Ignored, so that orphans which are handed to the first process of the sandbox leave no zombies.
  signal(SIGCHLD, SIG_IGN);
  int received = 0;
  sigwait(&signals, &received);
  return 0;
}

int sleep(Flags flags) {
  const Duration length = flags.duration("for", Duration::seconds(1));
  const std::int64_t code = flags.count("code", 0);
  if (!accept(flags)) return kExitBadInput;
  constexpr std::int64_t kSecond = Duration::seconds(1).count_ns();
  const timespec wait{length.count_ns() / kSecond, length.count_ns() % kSecond};
  const sigset_t signals = termination_signals();
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  sigtimedwait(&signals, nullptr, &wait);
  return static_cast<int>(code);
}

int probe(Flags flags) {
  const auto address = parse_http_address(flags.text("address", "127.0.0.1:8080"));
  const std::string path = flags.text("path", "/healthz");
  const Duration timeout = flags.duration("timeout", Duration::seconds(1));
  if (!accept(flags)) return kExitBadInput;
  if (!address) {
    std::fprintf(stderr, "--address: %s\n", address.error().what.c_str());
    return kExitBadInput;
  }
  namespace http = boost::beast::http;
  boost::asio::io_context loop;
  boost::beast::tcp_stream stream{loop};
  stream.expires_after(std::chrono::nanoseconds{timeout.count_ns()});
  http::request<http::empty_body> request{http::verb::get, path, 11};
  request.set(http::field::host, "probe");
  request.set(http::field::connection, "close");
  http::response<http::string_body> response;
  boost::beast::flat_buffer buffer;
  bool passed = false;
  stream.async_connect(*address, [&](boost::system::error_code failed) {
    if (failed) return;
    http::async_write(stream, request, [&](boost::system::error_code write_failed, std::size_t) {
      if (write_failed) return;
      http::async_read(stream, buffer, response,
                       [&](boost::system::error_code read_failed, std::size_t) {
                         passed = !read_failed && response.result_int() / 100 == 2;
                       });
    });
  });
  loop.run();
  return passed ? 0 : 1;
}

}  // namespace orrery::workload
