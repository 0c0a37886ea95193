#include "real-backend/control/api_front.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "models/recording/port_codec.h"
#include "real-backend/control/api_wire.grpc.pb.h"
#include "real-backend/loop/handover.h"

namespace orrery::control {
namespace {

namespace wire = ::orrery::api::v1;

constexpr std::chrono::seconds kSilenceCheckPeriod{1};

}  // namespace

class ApiFront::Impl {
 public:
  Impl(loop::EventLoop& loop, FrontConfig config, std::uint32_t first_client, FrontHooks hooks)
      : loop_{loop},
        config_{std::move(config)},
        next_client_{first_client},
        hooks_{std::move(hooks)},
        service_{*this},
        silence_check_{loop.io()} {}

  Result<void> listen() {
    keep_openssl_at_exit();
    grpc::SslServerCredentialsOptions tls{
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY};
    tls.pem_root_certs = config_.tls.ca;
    tls.pem_key_cert_pairs.push_back({config_.tls.key, config_.tls.certificate});
    grpc::ServerBuilder builder;
    // Two control planes on one port would share the clients between them.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.SetMaxReceiveMessageSize(kMessageMax);
    builder.AddListeningPort(config_.listen_address, grpc::SslServerCredentials(tls), &port_);
    builder.RegisterService(&service_);
    loop::hand_over(&service_);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port_ == 0) {
      return failure(
          "cannot listen on " + config_.listen_address,
          "is the address this machine's, the port free, the certificate and key a pair?");
    }
    check_silence();
    return {};
  }

  [[nodiscard]] int port() const { return port_; }

  [[nodiscard]] std::string common_name(store::ClientId client) const {
    const auto session = sessions_.find(client);
    return session == sessions_.end() ? std::string{} : session->second->common_name();
  }

  void send(store::ClientId client, const ports::Event& event) {
    const auto session = sessions_.find(client);
    if (session != sessions_.end()) session->second->send(recording::encode(event));
  }

  void stop() {
    silence_check_.cancel();
    bool down = false;
    // Shutdown waits for the sessions to be finished, which is done on this thread.
    std::thread closer{[this, &down] {
      server_->Shutdown(std::chrono::system_clock::now());
      boost::asio::post(loop_.io(), [&down] { down = true; });
    }};
    loop_.drain([&] { return down && sessions_.empty(); });
    closer.join();
    server_.reset();
  }

 private:
  static constexpr int kMessageMax = 16 << 20;

  /// One client's stream. On…() are called by gRPC's threads, the rest on the loop.
  class Session final : public grpc::ServerBidiReactor<wire::ClientLine, wire::ServerLine> {
   public:
    Session(Impl& front, grpc::CallbackServerContext& context) : front_{front} {
      const auto names = context.auth_context()->FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME);
      if (names.size() == 1) common_name_.assign(names.front().data(), names.front().size());
      loop::hand_over(this);
    }

    [[nodiscard]] const std::string& common_name() const { return common_name_; }
    [[nodiscard]] Instant heard_at() const { return heard_at_; }

    void open(store::ClientId client) {
      client_ = client;
      heard_at_ = front_.loop_.now();
      loop::hand_over(this);
      StartSendInitialMetadata();
      StartRead(&incoming_);
    }

    void send(std::string event) {
      if (closing_) return;
      if (outbox_.size() >= front_.config_.backlog_max) {
        close({grpc::StatusCode::RESOURCE_EXHAUSTED, "the client does not keep up"});
        return;
      }
      outbox_.push_back(std::move(event));
      write_next();
    }

    /// Ends the stream as soon as gRPC has no write of ours any more.
    void close(grpc::Status why) {
      if (!closing_) {
        closing_ = std::move(why);
        front_.hooks_.closed(client_);
      }
      if (!writing_ && !std::exchange(finished_, true)) Finish(*closing_);
    }

    void OnReadDone(bool ok) override {
      loop::take_over(this);
      if (!ok) {
        front_.loop_.post([this] { close(grpc::Status::OK); });
        return;
      }
      front_.loop_.post([this, line = std::move(incoming_)] { take(line); });
      // Reading ahead lets the lines of a burst share a turn, and so a commit; the bound leaves a
      // flood in the client's socket.
      incoming_.Clear();
      loop::hand_over(this);
      if (lines_ahead_.fetch_add(1) + 1 < kLinesAheadMax) StartRead(&incoming_);
    }
    void OnWriteDone(bool ok) override {
      loop::take_over(this);
      front_.loop_.post([this, ok] {
        writing_ = false;
        if (closing_) {
          close(*closing_);
        } else if (ok) {
          write_next();
        } else {
          close(grpc::Status::CANCELLED);
        }
      });
    }
    void OnCancel() override {
      loop::take_over(this);
      front_.loop_.post([this] { close(grpc::Status::CANCELLED); });
    }
    void OnDone() override {
      loop::take_over(this);
      // gRPC's last use of this object; posts before this one have been made before.
      front_.loop_.post([this] { front_.forget(client_); });
    }

   private:
    void take(const wire::ClientLine& line) {
      heard_at_ = front_.loop_.now();
      if (closing_) return;
      if (line.call().empty()) {
        send({});
      } else {
        Result<ports::ApiCall> call = recording::decode_api_call(line.call());
        if (!call) {
          close({grpc::StatusCode::INVALID_ARGUMENT, call.error().what});
          return;
        }
        front_.hooks_.called(client_, ports::OwnerId{line.owner()}, line.id(), std::move(*call));
      }
      if (lines_ahead_.fetch_sub(1) == kLinesAheadMax) StartRead(&incoming_);
    }

    void write_next() {
      if (writing_ || closing_ || outbox_.empty()) return;
      outgoing_.set_event(std::move(outbox_.front()));
      outbox_.pop_front();
      writing_ = true;
      StartWrite(&outgoing_);
    }

    Impl& front_;
    std::string common_name_;
    store::ClientId client_{};
    Instant heard_at_;
    static constexpr int kLinesAheadMax = 256;

    std::atomic<int> lines_ahead_ = 0;  ///< Read and not yet taken; at the bound nobody reads.
    wire::ClientLine incoming_;
    wire::ServerLine outgoing_;
    std::deque<std::string> outbox_;
    bool writing_ = false;
    bool finished_ = false;
    std::optional<grpc::Status> closing_;
  };

  class Service final : public wire::ApiServer::CallbackService {
   public:
    explicit Service(Impl& front) : front_{front} {}

    grpc::ServerUnaryReactor* Epoch(grpc::CallbackServerContext* context, const wire::EpochRequest*,
                                    wire::EpochReply* reply) override {
      loop::take_over(this);
      reply->set_epoch_ns(static_cast<std::int64_t>(front_.config_.epoch));
      reply->set_seed(front_.config_.seed);
      grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
      reactor->Finish(grpc::Status::OK);
      return reactor;
    }

    grpc::ServerBidiReactor<wire::ClientLine, wire::ServerLine>* Session(
        grpc::CallbackServerContext* context) override {
      loop::take_over(this);
      // Handed to gRPC here, and back to us with OnDone; the map owns it in between.
      auto* session = new Impl::Session(front_, *context);
      front_.loop_.post([front = &front_, session] {
        const store::ClientId client{front->next_client_++};
        front->sessions_.emplace(client, std::unique_ptr<Impl::Session>(session));
        session->open(client);
      });
      return session;
    }

   private:
    Impl& front_;
  };

  void forget(store::ClientId client) { sessions_.erase(client); }

  void check_silence() {
    silence_check_.expires_after(kSilenceCheckPeriod);
    silence_check_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      loop_.refresh_now();
      for (auto& [client, session] : sessions_) {
        if (loop_.now() - session->heard_at() > config_.silence_max) {
          session->close({grpc::StatusCode::DEADLINE_EXCEEDED, "nothing was heard of the client"});
        }
      }
      check_silence();
    });
  }

  loop::EventLoop& loop_;
  FrontConfig config_;
  std::uint32_t next_client_;
  FrontHooks hooks_;
  std::map<store::ClientId, std::unique_ptr<Session>> sessions_;
  Service service_;
  boost::asio::steady_timer silence_check_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

ApiFront::ApiFront(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
ApiFront::~ApiFront() = default;

Result<std::unique_ptr<ApiFront>> ApiFront::listen(loop::EventLoop& loop, FrontConfig config,
                                                   std::uint32_t first_client, FrontHooks hooks) {
  auto impl = std::make_unique<Impl>(loop, std::move(config), first_client, std::move(hooks));
  if (Result<void> listening = impl->listen(); !listening) {
    return tl::unexpected{listening.error()};
  }
  return std::unique_ptr<ApiFront>{new ApiFront(std::move(impl))};
}

int ApiFront::port() const { return impl_->port(); }
std::string ApiFront::common_name(store::ClientId client) const {
  return impl_->common_name(client);
}
void ApiFront::send(store::ClientId client, const ports::Event& event) {
  impl_->send(client, event);
}
void ApiFront::stop() { impl_->stop(); }

}  // namespace orrery::control
