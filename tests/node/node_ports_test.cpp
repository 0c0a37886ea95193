#include <grpcpp/grpcpp.h>
#include <sys/stat.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <filesystem>
#include <istream>
#include <map>
#include <memory>

#include "models/recording/port_codec.h"
#include "real-backend/node/data_plane_server.h"
#include "real-backend/node/health.grpc.pb.h"
#include "real-backend/node/live_prober.h"
#include "tests/ports/data_plane_suite.h"
#include "tests/ports/live_worlds.h"
#include "tests/ports/prober_suite.h"
#include "tests/support/temporary_folder.h"

namespace orrery::node {
namespace {

using boost::asio::ip::tcp;
using boost::asio::local::stream_protocol;
using boost::system::error_code;
using ports_suite::run_until;

// --- the data plane -----------------------------------------------------------------------------

using orrery::tests::TemporaryFolder;

/// A consumer of endpoint tables that keeps every line it read.
class Reader {
 public:
  Reader(loop::EventLoop& loop, const std::string& path) : socket_{loop.io()} {
    socket_.connect(stream_protocol::endpoint{path});
    read();
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { *alive_ = false; }

  std::vector<ports::EndpointTable> tables;
  bool ended = false;

 private:
  void read() {
    boost::asio::async_read_until(
        socket_, *buffer_, '\n',
        [this, alive = alive_, buffer = buffer_](const error_code& error, std::size_t) {
          if (!*alive) return;
          if (error) {
            ended = true;
            return;
          }
          std::istream stream{buffer.get()};
          std::string line;
          std::getline(stream, line);
          const auto table = recording::decode_endpoint_table(line);
          ASSERT_TRUE(table) << line;
          tables.push_back(*table);
          read();
        });
  }
  stream_protocol::socket socket_;
  /// Asio writes into it until the handler has run, which may be after our end.
  std::shared_ptr<boost::asio::streambuf> buffer_ = std::make_shared<boost::asio::streambuf>();
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

struct LiveDataPlaneWorld {
  TemporaryFolder folder;
  loop::EventLoop loop{loop::Epoch{loop::monotonic_ns()}};
  std::string path = folder.path() + "/tables.sock";
  std::unique_ptr<DataPlaneServer> server = std::move(*DataPlaneServer::listen(loop, path));
  Reader reader{loop, path};

  ports::DataPlane& data_plane() { return *server; }
  bool shows(const ports::EndpointTable& table) {
    const ports::EndpointTable* newest = nullptr;
    for (const ports::EndpointTable& t : reader.tables) {
      if (t.service == table.service && t.port_name == table.port_name) newest = &t;
    }
    return newest != nullptr && *newest == table;
  }
  bool run(const std::function<bool()>& done) { return run_until(loop, done); }
};

TEST(DataPlaneServer, ALateReaderGetsTheNewestTableOfEachServiceAndNoOlderOne) {
  LiveDataPlaneWorld world;
  for (std::uint64_t version = 1; version <= 5; ++version) {
    world.server->publish(ports::OwnerId{1}, {"default/web", "", 80, version, {}});
  }
  world.server->publish(ports::OwnerId{1}, {"default/cart", "", 80, 1, {}});
  Reader late{world.loop, world.path};
  ASSERT_TRUE(world.run([&] { return late.tables.size() == 2; }));
  EXPECT_EQ(late.tables[0].service, "default/cart");
  EXPECT_EQ(late.tables[1].version, 5U);
}

TEST(DataPlaneServer, OthersCannotConnectAndTheSocketGoesWithTheServer) {
  LiveDataPlaneWorld world;
  struct stat info {};
  ASSERT_EQ(::stat(world.path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0660U);
  world.server.reset();
  EXPECT_NE(::stat(world.path.c_str(), &info), 0);
  EXPECT_TRUE(world.run([&] { return world.reader.ended; }));
}

TEST(DataPlaneServer, TakesThePlaceOfADeadProcessAndSurvivesReadersThatLeave) {
  LiveDataPlaneWorld world;
  {
    Reader brief{world.loop, world.path};
    world.server->publish(ports::OwnerId{1}, {"default/web", "", 80, 1, {}});
    ASSERT_TRUE(world.run([&] { return !brief.tables.empty(); }));
  }
  world.server->publish(ports::OwnerId{1}, {"default/web", "", 80, 2, {}});
  ASSERT_TRUE(world.run([&] { return world.reader.tables.size() == 2; }));
  EXPECT_TRUE(DataPlaneServer::listen(world.loop, world.path));
}

TEST(DataPlaneServer, APathThatCannotBeIsAFailure) {
  loop::EventLoop loop{loop::Epoch{loop::monotonic_ns()}};
  for (const std::string& path :
       {std::string{}, std::string(200, 'x'), std::string{"/no/such/folder/s"}}) {
    EXPECT_FALSE(DataPlaneServer::listen(loop, path)) << path;
  }
}

// --- the prober ---------------------------------------------------------------------------------

/// Answers every HTTP request with one status; 0: never.
class HttpPlace {
 public:
  HttpPlace(loop::EventLoop& loop, int status)
      : status_{status}, acceptor_{loop.io(), {boost::asio::ip::address_v4::loopback(), 0}} {
    accept();
  }
  [[nodiscard]] int port() const { return acceptor_.local_endpoint().port(); }

 private:
  struct Connection {
    explicit Connection(tcp::socket s) : socket{std::move(s)} {}
    tcp::socket socket;
    boost::asio::streambuf buffer;
    std::string answer;
  };
  void accept() {
    acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
      if (error) return;
      auto c = std::make_shared<Connection>(std::move(socket));
      boost::asio::async_read_until(
          c->socket, c->buffer, "\r\n\r\n",
          [c, status = status_](const error_code& e, std::size_t) {
            if (e || status == 0) {
              // Keeps the connection until the other side leaves.
              boost::asio::async_read_until(c->socket, c->buffer, "never",
                                            [c](const error_code&, std::size_t) {});
              return;
            }
            c->answer = "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 0\r\n\r\n";
            boost::asio::async_write(c->socket, boost::asio::buffer(c->answer),
                                     [c](const error_code&, std::size_t) {});
          });
      accept();
    });
  }
  int status_;
  tcp::acceptor acceptor_;
};

/// Execs end with the exit code that the container's id names; "hang" as a runtime's own time-out.
class ExecRuntime final : public ports::ContainerRuntime {
 public:
  explicit ExecRuntime(loop::EventLoop& loop) : loop_{loop} {}
  void call(ports::OwnerId owner, ports::CallId id, ports::RuntimeCall call) override {
    ASSERT_EQ(call.verb, ports::RuntimeVerb::Exec);
    ports::Event reply{
        .owner = owner, .kind = ports::EventKind::RuntimeReply, .id = id, .body = nullptr};
    if (call.container_id == "hang") {
      reply.outcome = ports::Outcome::Timeout;
    } else if (call.container_id == "gone") {
      reply.outcome = ports::Outcome::NotFound;
    } else {
      ports::RuntimeResult result;
      result.exit_code = std::atoi(call.container_id.c_str());
      reply.body = std::make_shared<const ports::EventBody>(std::move(result));
    }
    loop_.deliver(std::move(reply));
  }

 private:
  loop::EventLoop& loop_;
};

struct LiveProberWorld {
  static constexpr std::array kHttpAnswers{200, 204, 302, 399, 400, 404, 503};
  static constexpr int kFailingExit = 3;

  loop::EventLoop loop{loop::Epoch{loop::monotonic_ns()}};
  ExecRuntime runtime{loop};
  LiveProber live{loop, ports::OwnerId{16}, runtime};
  std::map<int, HttpPlace> places;

  ~LiveProberWorld() { live.stop(); }
  ports::Prober& prober() { return live; }
  void attach(ports::OwnerId owner, ports::Component& component) { loop.attach(owner, component); }
  bool run(const std::function<bool()>& done) { return run_until(loop, done); }
  std::pair<std::string, std::int32_t> http_place(int status) {
    return {"127.0.0.1", places.try_emplace(status, loop, status).first->second.port()};
  }
  std::pair<std::string, std::int32_t> dead_place() {
    // Bound and closed again: nobody else gets it within the test.
    tcp::acceptor closed{loop.io(), {boost::asio::ip::address_v4::loopback(), 0}};
    return {"127.0.0.1", closed.local_endpoint().port()};
  }
  std::string container(int exit_code) {
    return exit_code < 0 ? "hang" : std::to_string(exit_code);
  }
};

struct HealthService final : grpc::health::v1::Health::Service {
  grpc::Status Check(grpc::ServerContext*, const grpc::health::v1::HealthCheckRequest* request,
                     grpc::health::v1::HealthCheckResponse* response) override {
    if (request->service() == "unknown") return {grpc::StatusCode::NOT_FOUND, ""};
    response->set_status(request->service() == "bad"
                             ? grpc::health::v1::HealthCheckResponse::NOT_SERVING
                             : grpc::health::v1::HealthCheckResponse::SERVING);
    return grpc::Status::OK;
  }
};

TEST(LiveProber, AGrpcProbePassesWhereTheServiceServes) {
  HealthService service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  LiveProberWorld world;
  ports_suite::ProbeListener listener;
  world.attach(ports::OwnerId{1}, listener);
  for (const auto& [name, outcome] : {std::pair{"", ports::Outcome::Ok},
                                      {"bad", ports::Outcome::Refused},
                                      {"unknown", ports::Outcome::Refused}}) {
    const api::ProbeAction action = api::GrpcAction{port, name};
    listener.events.clear();
    world.live.probe(ports::OwnerId{1}, 1, {&action, "127.0.0.1", port, {}, 10_s});
    ASSERT_TRUE(world.run([&] { return !listener.events.empty(); }));
    EXPECT_EQ(listener.events[0].outcome, outcome) << name;
  }
}

TEST(LiveProber, AnExecThatCouldNotBeMadeIsNoVerdict) {
  LiveProberWorld world;
  ports_suite::ProbeListener listener;
  world.attach(ports::OwnerId{1}, listener);
  const api::ProbeAction action = api::ExecAction{{"check"}};
  world.live.probe(ports::OwnerId{1}, 1, {&action, {}, 0, "gone", 1_s});
  ASSERT_TRUE(world.run([&] { return !listener.events.empty(); }));
  EXPECT_EQ(listener.events[0].outcome, ports::Outcome::Unreachable);
}

}  // namespace
}  // namespace orrery::node

namespace orrery::ports_suite {
INSTANTIATE_TYPED_TEST_SUITE_P(Live, DataPlaneSuite, node::LiveDataPlaneWorld);
INSTANTIATE_TYPED_TEST_SUITE_P(Live, ProberSuite, node::LiveProberWorld);
}  // namespace orrery::ports_suite
