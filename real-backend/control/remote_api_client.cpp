#include "real-backend/control/remote_api_client.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <utility>

#include "models/recording/port_codec.h"
#include "real-backend/control/api_wire.grpc.pb.h"
#include "real-backend/loop/handover.h"

namespace orrery::control {
namespace {

namespace wire = ::orrery::api::v1;

constexpr int kMessageMax = 256 << 20;  // A list of everything comes as one line.

std::chrono::nanoseconds to_chrono(Duration d) { return std::chrono::nanoseconds{d.count_ns()}; }

std::shared_ptr<grpc::Channel> channel_to(const std::string& address, const TlsTexts& tls) {
  keep_openssl_at_exit();
  grpc::ChannelArguments arguments;
  // A channel of its own for every attempt: a shared one would hand out a connection that a
  // partition has already swallowed.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(kMessageMax);
  return grpc::CreateCustomChannel(
      address, grpc::SslCredentials({tls.ca, tls.key, tls.certificate}), arguments);
}

}  // namespace

class RemoteApiClient::Impl {
 public:
  Impl(loop::EventLoop& loop, RemoteApiConfig config)
      : loop_{loop},
        config_{std::move(config)},
        retry_delay_{config_.retry_initial},
        timer_{loop.io()} {
    connect();
  }

  void call(ports::OwnerId owner, ports::CallId id, ports::ApiCall call) {
    if (call.verb == ports::Verb::Unwatch) {
      const auto watch = std::find_if(open_.begin(), open_.end(), [&](const auto& open) {
        return open.second.watch && open.second.owner == owner && open.second.id == id;
      });
      if (watch == open_.end()) return;
      if (watch->second.sent) {
        send(watch->first, owner, call);
      } else {
        std::erase_if(outbox_, [&](const wire::ClientLine& l) { return l.id() == watch->first; });
      }
      open_.erase(watch);
      return;
    }
    const OpenCall open{owner, id, call.verb == ports::Verb::Watch, false};
    if (session_ == nullptr || lost_) {
      tell_lost(open);
      return;
    }
    // Ids on the wire are never used twice, so a late answer to a forgotten call cannot be taken
    // for the answer to a later one.
    const std::uint64_t wire_id = next_wire_id_++;
    open_.emplace(wire_id, open);
    send(wire_id, owner, call);
  }

  [[nodiscard]] bool connected() const { return established_; }

  void stop() {
    stopping_ = true;
    open_.clear();
    lose_session();
    timer_.cancel();
    loop_.drain([this] { return session_ == nullptr; });
  }

 private:
  struct OpenCall {
    ports::OwnerId owner{};
    ports::CallId id = 0;
    bool watch = false;
    bool sent = false;  ///< Handed to gRPC.
  };

  /// One attempt and the stream it became. On…() are called by gRPC's threads; the rest on the
  /// loop.
  class Session final : public grpc::ClientBidiReactor<wire::ClientLine, wire::ServerLine> {
   public:
    explicit Session(Impl& client)
        : client_{client},
          channel_{channel_to(client.config_.address, client.config_.tls)},
          stub_{wire::ApiServer::NewStub(channel_)} {
      context_.set_wait_for_ready(true);  // Our own deadline ends the attempt.
      stub_->async()->Session(&context_, this);
      AddHold();  // Writes are started outside of reactions.
      StartRead(&incoming_);
      loop::hand_over(this);
      StartCall();
    }

    void write(wire::ClientLine line) {
      outgoing_ = std::move(line);
      StartWrite(&outgoing_);
    }
    void read_next() { StartRead(&incoming_); }
    [[nodiscard]] const wire::ServerLine& incoming() const { return incoming_; }

    /// Nothing is started after this; OnDone follows.
    void let_go() {
      if (std::exchange(let_go_, true)) return;
      context_.TryCancel();
      RemoveHold();
    }

    void OnReadInitialMetadataDone(bool ok) override {
      loop::take_over(this);
      if (ok) client_.loop_.post([c = &client_] { c->on_established(); });
    }
    void OnReadDone(bool ok) override {
      loop::take_over(this);
      client_.loop_.post([c = &client_, ok] { ok ? c->on_line() : c->lose_session(); });
    }
    void OnWriteDone(bool ok) override {
      loop::take_over(this);
      client_.loop_.post([c = &client_, ok] { ok ? c->on_written() : c->lose_session(); });
    }
    void OnDone(const grpc::Status&) override {
      loop::take_over(this);
      client_.loop_.post([c = &client_] { c->on_done(); });
    }

   private:
    Impl& client_;
    std::shared_ptr<grpc::Channel> channel_;
    std::unique_ptr<wire::ApiServer::Stub> stub_;
    grpc::ClientContext context_;
    wire::ClientLine outgoing_;
    wire::ServerLine incoming_;
    bool let_go_ = false;
  };

  void connect() {
    established_ = false;
    writing_ = false;
    lost_ = false;
    heard_at_ = loop_.now();
    session_ = std::make_unique<Session>(*this);
    wait(config_.connect_deadline, [this] { lose_session(); });
  }

  void on_established() {
    if (lost_) return;
    established_ = true;
    heard_at_ = loop_.now();
    retry_delay_ = config_.retry_initial;
    write_next();
    beat();
  }

  void beat() {
    wait(config_.beat_period, [this] {
      if (loop_.now() - heard_at_ > config_.silence_max) {
        lose_session();
        return;
      }
      outbox_.emplace_back();
      write_next();
      beat();
    });
  }

  void on_line() {
    if (lost_) return;
    heard_at_ = loop_.now();
    if (!session_->incoming().event().empty()) take(session_->incoming().event());
    if (!lost_) session_->read_next();
  }

  void take(const std::string& text) {
    Result<ports::Event> event = recording::decode_event(text);
    if (!event) {
      // A server of another version: nothing it says can be relied on.
      lose_session();
      return;
    }
    const auto open = open_.find(event->id);
    if (open == open_.end()) return;  // Unwatched meanwhile.
    event->id = open->second.id;
    event->owner = open->second.owner;
    if (!open->second.watch || event->kind == ports::EventKind::WatchClosed) open_.erase(open);
    loop_.deliver(std::move(*event));
  }

  void on_written() {
    writing_ = false;
    write_next();
  }

  void send(std::uint64_t wire_id, ports::OwnerId owner, const ports::ApiCall& call) {
    wire::ClientLine line;
    line.set_owner(static_cast<std::uint32_t>(owner));
    line.set_id(wire_id);
    line.set_call(recording::encode(call));
    outbox_.push_back(std::move(line));
    write_next();
  }

  void write_next() {
    if (!established_ || writing_ || lost_ || outbox_.empty()) return;
    writing_ = true;
    wire::ClientLine line = std::move(outbox_.front());
    outbox_.pop_front();
    if (const auto open = open_.find(line.id()); open != open_.end()) open->second.sent = true;
    session_->write(std::move(line));
  }

  /// Idempotent: failures of reads, writes and deadlines may all report the same end.
  void lose_session() {
    if (session_ == nullptr || std::exchange(lost_, true)) return;
    established_ = false;
    timer_.cancel();
    outbox_.clear();
    for (const auto& [wire_id, open] : std::exchange(open_, {})) tell_lost(open);
    session_->let_go();
  }

  void tell_lost(const OpenCall& open) {
    loop_.deliver({.owner = open.owner,
                   .kind = open.watch ? ports::EventKind::WatchClosed : ports::EventKind::ApiReply,
                   .outcome = open.sent && !open.watch ? ports::Outcome::Unknown
                                                       : ports::Outcome::Unreachable,
                   .id = open.id,
                   .body = nullptr});
  }

  void on_done() {
    lose_session();
    session_.reset();
    if (stopping_) return;
    wait(retry_delay_, [this] { connect(); });
    retry_delay_ = std::min(retry_delay_ * 2, config_.retry_max);
  }

  template <class Then>
  void wait(Duration delay, Then then) {
    timer_.expires_after(to_chrono(delay));
    timer_.async_wait([this, then](const boost::system::error_code& error) {
      if (error || stopping_) return;
      loop_.refresh_now();
      then();
    });
  }

  loop::EventLoop& loop_;
  RemoteApiConfig config_;
  Duration retry_delay_;
  boost::asio::steady_timer timer_;
  std::unique_ptr<Session> session_;
  bool established_ = false;
  bool writing_ = false;
  bool lost_ = false;
  bool stopping_ = false;
  Instant heard_at_;
  std::uint64_t next_wire_id_ = 1;
  std::map<std::uint64_t, OpenCall> open_;  ///< By wire id: in the order of the calls.
  std::deque<wire::ClientLine> outbox_;
};

RemoteApiClient::RemoteApiClient(loop::EventLoop& loop, RemoteApiConfig config)
    : impl_{std::make_unique<Impl>(loop, std::move(config))} {}
RemoteApiClient::~RemoteApiClient() = default;

void RemoteApiClient::call(ports::OwnerId owner, ports::CallId id, ports::ApiCall call) {
  impl_->call(owner, id, std::move(call));
}
bool RemoteApiClient::connected() const { return impl_->connected(); }
void RemoteApiClient::stop() { impl_->stop(); }

Result<RunFacts> ask_run_facts(const std::string& address, const TlsTexts& tls, Duration deadline) {
  const auto stub = wire::ApiServer::NewStub(channel_to(address, tls));
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::duration_cast<std::chrono::milliseconds>(to_chrono(deadline)));
  wire::EpochReply reply;
  const grpc::Status status = stub->Epoch(&context, wire::EpochRequest{}, &reply);
  if (!status.ok()) {
    return failure(
        "the control plane at " + address + " does not answer: " + status.error_message(),
        "is it running, and do both certificates come from one CA?");
  }
  return RunFacts{loop::Epoch{reply.epoch_ns()}, reply.seed()};
}

}  // namespace orrery::control
