/// @file
/// gRPC calls and streams whose outcomes are handled on one Asio loop.
///
/// gRPC completes calls on threads of its own. Everything of ours is single-threaded, so the only
/// thing done on those threads is to post the outcome to the loop.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_callback.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "models/base/time_types.h"
#include "real-backend/loop/handover.h"

namespace orrery::cri {

/// A call that fails when `deadline` has passed, and at once if the peer is away; or one that waits
/// for the peer and its answer for as long as it takes.
[[nodiscard]] std::shared_ptr<grpc::ClientContext> make_context(std::optional<Duration> deadline);

/// The open calls and streams of one client.
///
/// Made, used and destroyed on the loop's thread, or while the loop does not run. The destructor
/// cancels what is open and blocks, some milliseconds, until gRPC has let go of it; no handler runs
/// afterwards, even if the loop does. The loop must outlive it.
class GrpcCalls {
 public:
  explicit GrpcCalls(boost::asio::io_context& loop) : shared_{std::make_shared<Shared>(loop)} {}
  ~GrpcCalls();
  GrpcCalls(const GrpcCalls&) = delete;
  GrpcCalls& operator=(const GrpcCalls&) = delete;

  /// Calls `method` of `stub`; `done(status, response)` runs on the loop, exactly once. `deadline`
  /// as in make_context.
  template <class Stub, class Request, class Response, class Done>
  void start(Stub& stub,
             void (Stub::async_interface::*method)(grpc::ClientContext*, const Request*, Response*,
                                                   grpc::ClientUnaryReactor*),
             Request request, std::optional<Duration> deadline, Done done) {
    struct Call final : grpc::ClientUnaryReactor {
      Call(std::shared_ptr<Shared> shared_in, std::shared_ptr<grpc::ClientContext> context_in,
           Request request_in, Done done_in)
          : shared{std::move(shared_in)},
            context{std::move(context_in)},
            request{std::move(request_in)},
            done{std::move(done_in)} {}

      void OnDone(const grpc::Status& status) override {
        loop::take_over(this);
        Shared::finish(std::move(self), [status](Call& call) { call.done(status, call.response); });
      }

      std::shared_ptr<Shared> shared;
      std::shared_ptr<grpc::ClientContext> context;
      Request request;
      Response response;
      Done done;
      std::shared_ptr<Call> self;  // While gRPC may still call us.
    };
    auto call = std::make_shared<Call>(shared_, make_context(deadline), std::move(request),
                                       std::move(done));
    Call& started = *call;
    started.self = std::move(call);
    shared_->opened(started.context);
    (stub.async()->*method)(started.context.get(), &started.request, &started.response, &started);
    loop::hand_over(&started);
    started.StartCall();
  }

  /// Opens a stream, once the peer is there; `received(message)` runs on the loop for each message
  /// and `ended(status)` last. `open` is `stub.async()->Method(context, request, reactor)` for that
  /// stub and method. Returns the context, with which the stream can be cancelled.
  template <class Response, class Open, class Received, class Ended>
  std::shared_ptr<grpc::ClientContext> read_stream(Open open, Received received, Ended ended) {
    struct Stream final : grpc::ClientReadReactor<Response> {
      Stream(std::shared_ptr<Shared> shared_in, std::shared_ptr<grpc::ClientContext> context_in,
             Received received_in, Ended ended_in)
          : shared{std::move(shared_in)},
            context{std::move(context_in)},
            received{std::move(received_in)},
            ended{std::move(ended_in)} {}

      void OnReadDone(bool ok) override {
        loop::take_over(this);
        if (!ok) return;
        boost::asio::post(shared->loop, [stream = self, message = std::move(incoming)] {
          if (!stream->shared->abandoned) stream->received(message);
        });
        incoming = Response{};
        loop::hand_over(this);
        this->StartRead(&incoming);
      }
      void OnDone(const grpc::Status& status) override {
        loop::take_over(this);
        Shared::finish(std::move(self), [status](Stream& stream) { stream.ended(status); });
      }

      std::shared_ptr<Shared> shared;
      std::shared_ptr<grpc::ClientContext> context;
      Response incoming;
      Received received;
      Ended ended;
      std::shared_ptr<Stream> self;  // While gRPC may still call us.
    };
    auto context = make_context(std::nullopt);
    auto stream = std::make_shared<Stream>(shared_, context, std::move(received), std::move(ended));
    stream->self = stream;
    shared_->opened(context);
    open(context.get(), stream.get());
    stream->StartRead(&stream->incoming);
    loop::hand_over(stream.get());
    stream->StartCall();
    return context;
  }

 private:
  struct Shared {
    explicit Shared(boost::asio::io_context& loop_in) : loop{loop_in} {}

    void opened(const std::shared_ptr<grpc::ClientContext>& context);

    /// On a gRPC thread that will not touch `call` again: posts `handler(call)`, frees the context,
    /// and counts the call as closed. In this order, so that neither the loop nor gRPC is used by a
    /// call once GrpcCalls is gone. The loop frees the call.
    template <class Call, class Handler>
    static void finish(std::shared_ptr<Call> call, Handler handler) {
      const std::shared_ptr<Shared> shared = call->shared;
      std::shared_ptr<grpc::ClientContext> context = std::move(call->context);
      boost::asio::post(shared->loop, [call = std::move(call), handler = std::move(handler)] {
        if (!call->shared->abandoned) handler(*call);
      });
      const std::lock_guard lock{shared->mutex};
      shared->open.erase(context);
      context.reset();
      if (shared->open.empty()) shared->all_closed.notify_all();
    }

    boost::asio::io_context& loop;
    bool abandoned = false;  // Loop thread only: handlers that are still queued do nothing.
    std::mutex mutex;
    std::condition_variable all_closed;
    std::set<std::shared_ptr<grpc::ClientContext>> open;
  };

  std::shared_ptr<Shared> shared_;
};

}  // namespace orrery::cri
