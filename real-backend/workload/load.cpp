// Open-loop load: requests are sent when the arrival process says so, whatever became of the
// earlier ones, and their response time counts from that intended moment (so a stalled generator or
// a full service cannot hide its own delay: "coordinated omission").

#include <signal.h>
#include <time.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "models/base/random.h"
#include "models/ports/data_plane.h"
#include "real-backend/workload/endpoint_table.h"
#include "real-backend/workload/modes.h"

namespace orrery::workload {

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;  // CLOCK_MONOTONIC, as the epoch of a live run.

struct LoadConfig {
  double rate_per_second = 50;
  std::uint64_t seed = 1;
  std::uint64_t load_index = 0;
  Duration duration;
  Duration timeout;
  std::string path;
  std::string socket_path;
  std::string service;
  std::string port_name;
  std::optional<std::int64_t> start_monotonic_ns;
  std::FILE* out = nullptr;
};

Clock::time_point at(std::int64_t monotonic_ns) {
  return Clock::time_point{std::chrono::nanoseconds{monotonic_ns}};
}
std::int64_t monotonic_ns(Clock::time_point time) {
  return std::chrono::nanoseconds{time.time_since_epoch()}.count();
}

/// What became of a connection attempt or a request that failed.
const char* outcome_of(error_code failed) {
  if (failed == boost::beast::error::timeout) return "timeout";
  if (failed == asio::error::connection_refused || failed == asio::error::host_unreachable ||
      failed == asio::error::network_unreachable) {
    return "refused";
  }
  return "reset";
}

class LoadGenerator {
 public:
  explicit LoadGenerator(const LoadConfig& config)
      : config_{config}, draws_{config.seed}, tables_{loop_, config.socket_path, [this] {
                                                        table_came();
                                                      }} {}

  void run();

 private:
  /// One request on a connection of its own. Lives while an operation of it is open.
  struct Exchange {
    explicit Exchange(asio::io_context& loop) : stream{loop} {}

    std::uint64_t ordinal = 0;
    Clock::time_point intended;
    tcp::endpoint endpoint;
    std::uint64_t table_version = 0;
    boost::beast::tcp_stream stream;
    boost::beast::flat_buffer buffer;
    http::request<http::empty_body> request;
    http::response<http::string_body> response;
  };

  void table_came();
  void begin(Clock::time_point start);
  void arm_arrival();
  [[nodiscard]] std::size_t choose(const EndpointTable& table, std::uint64_t ordinal) const;
  void send(std::uint64_t ordinal, Clock::time_point intended);
  void finished(const Exchange& exchange, const char* outcome);
  void flush_often();
  void end_if_done();

  const LoadConfig& config_;
  Draws draws_;
  asio::io_context loop_{1};
  asio::signal_set signals_{loop_, SIGTERM, SIGINT};
  asio::steady_timer arrival_{loop_};
  asio::steady_timer flush_{loop_};
  EndpointTables tables_;
  bool begun_ = false;
  bool sending_ = true;
  Clock::time_point end_;
  Clock::time_point next_arrival_;
  std::uint64_t ordinal_ = 0;
  std::uint64_t open_ = 0;
};

void LoadGenerator::run() {
  signals_.async_wait([this](error_code cancelled, int) {
    if (cancelled) return;
    sending_ = false;
    arrival_.cancel();
    end_if_done();
  });
  flush_often();
  if (config_.start_monotonic_ns) begin(at(*config_.start_monotonic_ns));
  loop_.run();
  std::fflush(config_.out);
}

void LoadGenerator::table_came() {
  const bool is_ours = tables_.find(config_.service, config_.port_name) != nullptr;
  if (!begun_ && sending_ && is_ours) begin(Clock::now());
}

void LoadGenerator::begin(Clock::time_point start) {
  begun_ = true;
  next_arrival_ = start;
  end_ = start + std::chrono::nanoseconds{config_.duration.count_ns()};
  std::fprintf(config_.out, "{\"start\":%lld,\"rate\":%.17g,\"seed\":%llu,\"service\":\"%s\"}\n",
               static_cast<long long>(monotonic_ns(start)), config_.rate_per_second,
               static_cast<unsigned long long>(config_.seed), config_.service.c_str());
  arm_arrival();
}

// The same draws as the simulated arrivals of the same seed and load: the same instants.
void LoadGenerator::arm_arrival() {
  const Duration unit =
      draws_.exponential(Purpose::Arrival, Duration::seconds(1), config_.load_index, ordinal_);
  const auto gap = static_cast<std::int64_t>(static_cast<double>(unit.count_ns()) *
                                             (1.0 / config_.rate_per_second));
  next_arrival_ += std::chrono::nanoseconds{gap};
  if (next_arrival_ >= end_) {
    sending_ = false;
    return end_if_done();
  }
  arrival_.expires_at(next_arrival_);
  arrival_.async_wait([this](error_code cancelled) {
    if (cancelled || !sending_) return;
    send(ordinal_++, next_arrival_);
    arm_arrival();
  });
}

std::size_t LoadGenerator::choose(const EndpointTable& table, std::uint64_t ordinal) const {
  if (table.node_ends.empty()) {
    return draws_.index(Purpose::EndpointChoice, table.endpoints.size(), config_.load_index,
                        ordinal);
  }
  return ports::endpoint_by_node(
      table.node_ends, draws_.uniform(Purpose::EndpointChoice, config_.load_index, ordinal));
}

void LoadGenerator::send(std::uint64_t ordinal, Clock::time_point intended) {
  ++open_;
  std::fprintf(config_.out, "{\"due\":%llu,\"at\":%lld}\n",
               static_cast<unsigned long long>(ordinal),
               static_cast<long long>(monotonic_ns(intended)));
  const auto exchange = std::make_shared<Exchange>(loop_);
  exchange->ordinal = ordinal;
  exchange->intended = intended;
  const EndpointTable* table = tables_.find(config_.service, config_.port_name);
  if (table != nullptr) exchange->table_version = table->version;
  if (table == nullptr || table->endpoints.empty()) return finished(*exchange, "no-endpoints");
  exchange->endpoint = table->endpoints[choose(*table, ordinal)];
  exchange->request = {http::verb::get, config_.path, 11};
  exchange->request.set(http::field::host, config_.service);
  exchange->request.set(http::field::connection, "close");
  exchange->stream.expires_at(intended + std::chrono::nanoseconds{config_.timeout.count_ns()});
  exchange->stream.async_connect(exchange->endpoint, [this, exchange](error_code failed) {
    if (failed) return finished(*exchange, outcome_of(failed));
    error_code ignored;
    exchange->stream.socket().set_option(tcp::no_delay{true}, ignored);
    http::async_write(
        exchange->stream, exchange->request, [this, exchange](error_code unsent, std::size_t) {
          if (unsent) return finished(*exchange, outcome_of(unsent));
          http::async_read(exchange->stream, exchange->buffer, exchange->response,
                           [this, exchange](error_code unanswered, std::size_t) {
                             if (unanswered) return finished(*exchange, outcome_of(unanswered));
                             const bool ok = exchange->response.result_int() / 100 == 2;
                             finished(*exchange, ok ? "ok" : "error");
                           });
        });
  });
}

void LoadGenerator::finished(const Exchange& exchange, const char* outcome) {
  const auto response_time = std::chrono::nanoseconds{Clock::now() - exchange.intended};
  std::string endpoint;
  if (exchange.endpoint.port() != 0) {
    endpoint =
        exchange.endpoint.address().to_string() + ":" + std::to_string(exchange.endpoint.port());
  }
  std::fprintf(config_.out,
               "{\"n\":%llu,\"at\":%lld,\"responseTime\":%lld,\"outcome\":\"%s\",\"status\":%u,"
               "\"endpoint\":\"%s\",\"table\":%llu}\n",
               static_cast<unsigned long long>(exchange.ordinal),
               static_cast<long long>(monotonic_ns(exchange.intended)),
               static_cast<long long>(response_time.count()), outcome,
               std::strcmp(outcome, "ok") == 0 || std::strcmp(outcome, "error") == 0
                   ? exchange.response.result_int()
                   : 0U,
               endpoint.c_str(), static_cast<unsigned long long>(exchange.table_version));
  --open_;
  end_if_done();
}

// Whoever records the run reads along.
void LoadGenerator::flush_often() {
  std::fflush(config_.out);
  flush_.expires_after(std::chrono::milliseconds{200});
  flush_.async_wait([this](error_code cancelled) {
    if (!cancelled) flush_often();
  });
}

void LoadGenerator::end_if_done() {
  if (sending_ || open_ > 0) return;
  signals_.cancel();
  flush_.cancel();
  tables_.stop();
}

}  // namespace

int load(Flags flags) {
  LoadConfig config;
  config.rate_per_second = flags.rate("rate", 50);
  config.seed = static_cast<std::uint64_t>(flags.count("seed", 1));
  config.load_index = static_cast<std::uint64_t>(flags.count("load-index", 0));
  config.duration = flags.duration("duration", Duration::seconds(30));
  config.timeout = flags.duration("timeout", Duration::seconds(1));
  config.path = flags.text("path", "/work");
  config.service = flags.text("service", "");
  config.port_name = flags.text("port-name", "");
  const std::string endpoints = flags.text("endpoints", "");
  const std::string out = flags.text("out", "");
  const std::int64_t start_at = flags.count("start-at", 0);
  if (start_at > 0) config.start_monotonic_ns = start_at;
  if (!accept(flags)) return kExitBadInput;
  constexpr std::string_view kUnix = "unix:";
  if (!endpoints.starts_with(kUnix) || config.service.empty() || out.empty()) {
    std::fprintf(stderr,
                 "load: expected --endpoints=unix:/SOCKET --service=NAMESPACE/NAME --out=FILE\n");
    return kExitBadInput;
  }
  config.socket_path = endpoints.substr(kUnix.size());
  config.out = std::fopen(out.c_str(), "w");
  if (config.out == nullptr) {
    std::fprintf(stderr, "--out: cannot write %s: %s\n", out.c_str(), std::strerror(errno));
    return 1;
  }
  LoadGenerator generator{config};
  generator.run();
  return std::fclose(config.out) == 0 ? 0 : 1;
}

}  // namespace orrery::workload
