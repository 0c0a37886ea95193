#include "real-backend/node/live_prober.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "real-backend/loop/handover.h"
#include "real-backend/node/health.grpc.pb.h"

namespace orrery::node {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using ports::Outcome;

constexpr std::size_t kStatusLineMax = 10 * 1024;  // As much as a kubelet reads of a body.

std::chrono::nanoseconds to_chrono(Duration d) { return std::chrono::nanoseconds{d.count_ns()}; }

/// The status code of "HTTP/1.1 204 No Content", or nothing.
std::optional<std::int32_t> status_of(const std::string& line) {
  const std::size_t space = line.find(' ');
  if (!line.starts_with("HTTP/") || space == std::string::npos) return std::nullopt;
  std::int32_t code = 0;
  const auto [end, error] =
      std::from_chars(line.data() + space + 1, line.data() + line.size(), code);
  if (error != std::errc{} || code < 100 || code > 999) return std::nullopt;
  return code;
}

/// "HOST:PORT" with brackets around an IPv6 address.
std::string authority_of(const std::string& host, std::int32_t port) {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

std::string http_request(const api::HttpGetAction& action, const std::string& host,
                         std::int32_t port) {
  api::Labels headers = action.headers;
  const auto has = [&](std::string_view name) {
    for (const auto& [key, value] : headers) {
      if (key.size() == name.size() &&
          std::equal(key.begin(), key.end(), name.begin(), [](char a, char b) {
            return (a >= 'A' && a <= 'Z' ? a + 32 : a) == (b >= 'A' && b <= 'Z' ? b + 32 : b);
          })) {
        return true;
      }
    }
    return false;
  };
  if (!has("Host")) headers["Host"] = authority_of(host, port);
  if (!has("User-Agent")) headers["User-Agent"] = "orrery-probe";
  if (!has("Accept")) headers["Accept"] = "*/*";
  headers["Connection"] = "close";
  const bool rooted = action.path.starts_with('/');
  std::string text = fmt::format("GET {}{} HTTP/1.1\r\n", rooted ? "" : "/", action.path);
  for (const auto& [key, value] : headers) text += fmt::format("{}: {}\r\n", key, value);
  return text + "\r\n";
}

}  // namespace

/// One probe over a socket. Keeps itself alive through its handlers; tells its result once.
class LiveProber::Check : public std::enable_shared_from_this<Check> {
 public:
  Check(LiveProber& prober, Asker asker, Duration timeout)
      : prober_{prober},
        alive_{prober.alive_},
        asker_{asker},
        socket_{prober.loop_.io()},
        deadline_{prober.loop_.io(), to_chrono(timeout)} {}
  virtual ~Check() = default;

  void start(const std::string& host, std::int32_t port) {
    deadline_.async_wait([self = shared_from_this()](const error_code& error) {
      if (!error) self->finish(Outcome::Timeout);
    });
    error_code bad_address;
    const auto address = boost::asio::ip::make_address(host, bad_address);
    if (bad_address) {
      // A probe's host may be a name; pods' addresses never are.
      resolver_.emplace(prober_.loop_.io());
      resolver_->async_resolve(
          host, std::to_string(port),
          [self = shared_from_this()](const error_code& error, tcp::resolver::results_type found) {
            if (error || found.empty()) {
              self->finish(Outcome::Refused);
            } else {
              self->connect(found.begin()->endpoint());
            }
          });
    } else {
      connect({address, static_cast<std::uint_least16_t>(port)});
    }
  }

 protected:
  virtual void connected() = 0;

  void finish(Outcome outcome, std::int32_t value = 0) {
    if (std::exchange(finished_, true)) return;
    deadline_.cancel();
    if (resolver_) resolver_->cancel();
    error_code ignored;
    socket_.close(ignored);
    if (*alive_) prober_.finish(asker_, outcome, value);
  }

  template <class Self>
  std::shared_ptr<Self> self_as() {
    return std::static_pointer_cast<Self>(shared_from_this());
  }

  LiveProber& prober_;
  std::shared_ptr<bool> alive_;
  Asker asker_;
  tcp::socket socket_;
  bool finished_ = false;

 private:
  void connect(const tcp::endpoint& endpoint) {
    socket_.async_connect(endpoint, [self = shared_from_this()](const error_code& error) {
      if (self->finished_) return;
      if (error) {
        self->finish(Outcome::Refused);
      } else {
        self->connected();
      }
    });
  }

  boost::asio::steady_timer deadline_;
  std::optional<tcp::resolver> resolver_;
};

/// Passes when the connection is accepted.
class LiveProber::TcpCheck final : public Check {
 public:
  using Check::Check;

 private:
  void connected() override { finish(Outcome::Ok); }
};

/// Passes with a status of 200 to 399.
class LiveProber::HttpCheck final : public Check {
 public:
  HttpCheck(LiveProber& prober, Asker asker, Duration timeout, std::string request, bool https)
      : Check{prober, asker, timeout}, request_{std::move(request)}, https_{https} {}

 private:
  void connected() override {
    if (!https_) {
      ask(socket_);
      return;
    }
    tls_context_.emplace(boost::asio::ssl::context::tls_client);
    tls_context_->set_verify_mode(boost::asio::ssl::verify_none);
    tls_.emplace(socket_, *tls_context_);
    tls_->async_handshake(boost::asio::ssl::stream_base::client,
                          [self = self_as<HttpCheck>()](const error_code& error) {
                            if (self->finished_) return;
                            if (error) {
                              self->finish(Outcome::Refused);
                            } else {
                              self->ask(*self->tls_);
                            }
                          });
  }

  template <class Stream>
  void ask(Stream& stream) {
    boost::asio::async_write(
        stream, boost::asio::buffer(request_),
        [self = self_as<HttpCheck>(), &stream](const error_code& error, std::size_t) {
          if (self->finished_) return;
          if (error) {
            self->finish(Outcome::Refused);
          } else {
            self->read_status(stream);
          }
        });
  }

  template <class Stream>
  void read_status(Stream& stream) {
    boost::asio::async_read_until(
        stream, answer_, '\n',
        [self = self_as<HttpCheck>()](const error_code& error, std::size_t size) {
          if (self->finished_) return;
          std::optional<std::int32_t> status;
          if (!error) {
            const auto begin = boost::asio::buffers_begin(self->answer_.data());
            status = status_of({begin, begin + static_cast<std::ptrdiff_t>(size)});
          }
          const bool passed = status && *status >= 200 && *status < 400;
          self->finish(passed ? Outcome::Ok : Outcome::Refused, status.value_or(0));
        });
  }

  std::string request_;
  bool https_;
  std::optional<boost::asio::ssl::context> tls_context_;
  std::optional<boost::asio::ssl::stream<tcp::socket&>> tls_;
  boost::asio::streambuf answer_{kStatusLineMax};
};

/// Passes with SERVING. Everything a call needs is in one object until gRPC is done with it.
class LiveProber::GrpcCheck final : public grpc::ClientUnaryReactor {
 public:
  GrpcCheck(LiveProber& prober, Asker asker, const std::string& target, const std::string& service,
            Duration timeout)
      : prober_{prober},
        asker_{asker},
        channel_{grpc::CreateChannel(target, grpc::InsecureChannelCredentials())},
        stub_{grpc::health::v1::Health::NewStub(channel_)} {
    request_.set_service(service);
    context_.set_deadline(
        std::chrono::system_clock::now() +
        std::chrono::duration_cast<std::chrono::milliseconds>(to_chrono(timeout)));
  }

  static void start(std::shared_ptr<GrpcCheck> check) {
    GrpcCheck& c = *check;
    ++c.prober_.open_grpc_;
    c.self_ = std::move(check);
    c.stub_->async()->Check(&c.context_, &c.request_, &c.response_, &c);
    loop::hand_over(&c);
    c.StartCall();
  }

  void OnDone(const grpc::Status& status) override {
    loop::take_over(this);
    prober_.loop_.post([check = std::move(self_), status] { check->done(status); });
  }

 private:
  void done(const grpc::Status& status) {
    --prober_.open_grpc_;
    Outcome outcome = Outcome::Refused;
    if (status.ok() && response_.status() == grpc::health::v1::HealthCheckResponse::SERVING) {
      outcome = Outcome::Ok;
    } else if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
      outcome = Outcome::Timeout;
    }
    prober_.finish(asker_, outcome, 0);
  }

  LiveProber& prober_;
  Asker asker_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<grpc::health::v1::Health::Stub> stub_;
  grpc::ClientContext context_;
  grpc::health::v1::HealthCheckRequest request_;
  grpc::health::v1::HealthCheckResponse response_;
  std::shared_ptr<GrpcCheck> self_;  ///< While gRPC may still call us.
};

LiveProber::LiveProber(loop::EventLoop& loop, ports::OwnerId self, ports::ContainerRuntime& runtime)
    : loop_{loop}, self_{self}, runtime_{runtime} {
  loop_.attach(self, *this);
}

LiveProber::~LiveProber() {
  expects(open_grpc_ == 0, "a prober is stopped before it is destroyed");
  *alive_ = false;
}

void LiveProber::stop() {
  loop_.drain([this] { return open_grpc_ == 0; });
}

void LiveProber::finish(Asker asker, Outcome outcome, std::int32_t value) {
  loop_.deliver({asker.owner, ports::EventKind::ProbeResult, outcome, value, asker.id, 0, nullptr});
}

void LiveProber::probe(ports::OwnerId owner, ports::CallId id, const ports::ProbeRequest& request) {
  expects(request.action != nullptr, "a probe request names its action");
  const Asker asker{owner, id};
  const std::string host{request.address};
  if (const auto* http = std::get_if<api::HttpGetAction>(request.action)) {
    std::make_shared<HttpCheck>(*this, asker, request.timeout,
                                http_request(*http, host, request.port), http->https)
        ->start(host, request.port);
  } else if (std::holds_alternative<api::TcpSocketAction>(*request.action)) {
    std::make_shared<TcpCheck>(*this, asker, request.timeout)->start(host, request.port);
  } else if (const auto* rpc = std::get_if<api::GrpcAction>(request.action)) {
    GrpcCheck::start(std::make_shared<GrpcCheck>(*this, asker, authority_of(host, request.port),
                                                 rpc->service, request.timeout));
  } else {
    const ports::CallId call_id = next_call_++;
    execs_.emplace(call_id, asker);
    ports::RuntimeCall call;
    call.verb = ports::RuntimeVerb::Exec;
    call.container_id = request.container_id;
    call.command = std::get<api::ExecAction>(*request.action).command;
    call.timeout = request.timeout;
    runtime_.call(self_, call_id, std::move(call));
  }
}

void LiveProber::on_event(const ports::Event& event) {
  const auto open = execs_.find(event.id);
  if (event.kind != ports::EventKind::RuntimeReply || open == execs_.end()) return;
  const Asker asker = open->second;
  execs_.erase(open);
  Outcome outcome = event.outcome;
  std::int32_t exit_code = 0;
  if (outcome == Outcome::Ok && event.body != nullptr) {
    exit_code = std::get<ports::RuntimeResult>(*event.body).exit_code;
    if (exit_code != 0) outcome = Outcome::Refused;
  } else if (outcome != Outcome::Timeout) {
    // The check could not be made, which says nothing about the container.
    outcome = Outcome::Unreachable;
  }
  finish(asker, outcome, exit_code);
}

}  // namespace orrery::node
