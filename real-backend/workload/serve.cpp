// The service. A thread per connection, because work is either sleeping or spinning and both are
// plainest when they block; at most --concurrency requests work at a time, the rest wait in order.

#include <signal.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "real-backend/workload/modes.h"

namespace orrery::workload {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

struct ServiceConfig {
  std::uint16_t port = 8080;
  Duration service_time;
  bool spins = false;  ///< Uses CPU for the service time; otherwise sleeps.
  std::int64_t concurrency_max = 64;
  std::int64_t queue_max = 1024;
  Duration start_delay;
  bool drains = false;
  std::string version;
};

timespec add(timespec time, Duration duration) {
  constexpr std::int64_t kSecond = Duration::seconds(1).count_ns();
  const std::int64_t ns = time.tv_nsec + duration.count_ns() % kSecond;
  return {time.tv_sec + duration.count_ns() / kSecond + ns / kSecond, ns % kSecond};
}

bool is_before(const timespec& a, const timespec& b) {
  return std::pair{a.tv_sec, a.tv_nsec} < std::pair{b.tv_sec, b.tv_nsec};
}

void sleep_for(Duration duration) {
  timespec until{};
  clock_gettime(CLOCK_MONOTONIC, &until);
  until = add(until, duration);
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

/// Uses `duration` of this thread's CPU time, however long that takes.
void spin_for(Duration duration) {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  const timespec until = add(now, duration);
  while (is_before(now, until)) clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
}

class Service {
 public:
  explicit Service(ServiceConfig config) : config_{std::move(config)} {}

  [[nodiscard]] int run();

 private:
  /// A place in the queue, on the stack of the thread that waits for it.
  struct Turn {
    std::condition_variable called;
    bool has_come = false;
  };

  void accept_next();
  void accepted(tcp::socket socket);
  void converse(tcp::socket& socket);
  [[nodiscard]] Response respond(const Request& request);
  [[nodiscard]] bool work();
  void terminate();

  ServiceConfig config_;
  asio::io_context loop_{1};
  tcp::acceptor acceptor_{loop_};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::int64_t answering_ = 0;  ///< Connections that were accepted or sent a request, unanswered.
  bool draining_ = false;
  bool hung_ = false;
  std::int64_t working_ = 0;
  std::deque<Turn*> queue_;  ///< Requests that wait for work to end, in order of arrival.
};

int Service::run() {
  // The kernel may wake sleepers late to batch wake-ups, by 50 us as it comes.
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  asio::signal_set signals{loop_, SIGTERM, SIGINT};
  signals.async_wait([this](boost::system::error_code cancelled, int) {
    if (!cancelled) terminate();
  });
  asio::steady_timer start{loop_, std::chrono::nanoseconds{config_.start_delay.count_ns()}};
  start.async_wait([this](boost::system::error_code) {
    const tcp::endpoint any{tcp::v4(), config_.port};
    boost::system::error_code failed;
    acceptor_.open(any.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address{true});
    acceptor_.bind(any, failed);
    if (!failed) acceptor_.listen(tcp::acceptor::max_listen_connections, failed);
    if (failed) {
      std::fprintf(stderr, "cannot listen on port %u: %s\n", unsigned{config_.port},
                   failed.message().c_str());
      std::_Exit(1);
    }
    accept_next();
  });
  loop_.run();
  return 0;
}

void Service::accept_next() {
  acceptor_.async_accept([this](boost::system::error_code failed, tcp::socket socket) {
    if (failed == asio::error::operation_aborted) return;
    if (!failed) accepted(std::move(socket));
    accept_next();
  });
}

void Service::accepted(tcp::socket socket) {
  {
    const std::lock_guard lock{mutex_};
    ++answering_;
  }
  try {
    std::thread{[this, peer = std::make_shared<tcp::socket>(std::move(socket))] {
      converse(*peer);
      const std::lock_guard lock{mutex_};
      --answering_;
      changed_.notify_all();
    }}.detach();
  } catch (const std::system_error&) {  // No more threads: the peer sees its connection closed.
    const std::lock_guard lock{mutex_};
    --answering_;
  }
}

void Service::converse(tcp::socket& socket) {
  boost::beast::flat_buffer buffer;
  boost::system::error_code failed;
  socket.set_option(tcp::no_delay{true}, failed);
  bool idle = false;  // Kept alive between two requests.
  while (true) {
    Request request;
    http::read(socket, buffer, request, failed);
    {
      std::unique_lock lock{mutex_};
      if (std::exchange(idle, false)) ++answering_;
      if (failed) return;
      changed_.wait(lock, [this] { return !hung_; });  // For ever.
    }
    Response response = respond(request);
    {
      const std::lock_guard lock{mutex_};
      response.keep_alive(request.keep_alive() && !draining_);
    }
    response.prepare_payload();
    http::write(socket, response, failed);
    if (failed || !response.keep_alive()) return;
    const std::lock_guard lock{mutex_};
    if (draining_) return;
    idle = true;
    --answering_;
  }
}

Response Service::respond(const Request& request) {
  Response response{http::status::ok, request.version()};
  const auto target = request.target();
  if (target == "/healthz") {
    response.body() = "ok\n";
  } else if (target == "/work") {
    if (!work()) response.result(http::status::service_unavailable);
    response.body() = config_.version + "\n";
  } else if (target == "/crash") {
    std::_Exit(1);
  } else if (target == "/hang") {
    std::unique_lock lock{mutex_};
    hung_ = true;
    changed_.wait(lock, [this] { return !hung_; });
  } else {
    response.result(http::status::not_found);
  }
  return response;
}

/// One request's work, when its turn has come. False: too many wait already.
bool Service::work() {
  {
    std::unique_lock lock{mutex_};
    if (working_ < config_.concurrency_max) {
      ++working_;
    } else if (static_cast<std::int64_t>(queue_.size()) >= config_.queue_max) {
      return false;
    } else {
      Turn turn;
      queue_.push_back(&turn);
      turn.called.wait(lock, [&] { return turn.has_come; });
    }
  }
  if (config_.spins) {
    spin_for(config_.service_time);
  } else {
    sleep_for(config_.service_time);
  }
  const std::lock_guard lock{mutex_};
  if (queue_.empty()) {
    --working_;
  } else {  // The next in line takes this one's place.
    queue_.front()->has_come = true;
    queue_.front()->called.notify_one();
    queue_.pop_front();
  }
  return true;
}

void Service::terminate() {
  if (!config_.drains) std::_Exit(0);  // The kernel closes what is open.
  // What the kernel has accepted counts as accepted.
  boost::system::error_code failed;
  acceptor_.cancel(failed);
  acceptor_.non_blocking(true, failed);
  while (!failed) {
    tcp::socket socket{loop_};
    acceptor_.accept(socket, failed);
    if (!failed) accepted(std::move(socket));
  }
  acceptor_.close(failed);
  std::unique_lock lock{mutex_};
  draining_ = true;
  changed_.wait(lock, [this] { return answering_ == 0; });
  std::_Exit(0);
}

}  // namespace

int serve(Flags flags) {
  ServiceConfig config;
  const std::int64_t port = flags.count("port", 8080);
  config.service_time = flags.duration("service-time", Duration::milliseconds(2));
  config.spins = flags.is_set("spin");
  config.concurrency_max = flags.count("concurrency", 64);
  config.queue_max = flags.count("queue", 1024);
  config.start_delay = flags.duration("start-delay", Duration{});
  config.drains = flags.is_set("drain");
  const char* version = std::getenv("ORRERY_VERSION");
  config.version = version == nullptr ? "" : version;
  if (!accept(flags)) return kExitBadInput;
  if (config.concurrency_max == 0 || port == 0 || port > UINT16_MAX) {
    std::fprintf(stderr, "serve: expected --concurrency of at least 1, and --port 1 to 65535\n");
    return kExitBadInput;
  }
  config.port = static_cast<std::uint16_t>(port);
  Service service{std::move(config)};
  return service.run();
}

}  // namespace orrery::workload
