/// @file
/// The DataPlane port of a node: hands endpoint tables to the load generators and proxies of the
/// node over a unix stream socket.
///
/// A client gets the newest table of every service port when it connects, and every newer one after
/// that, each as one line of JSON. A client that reads slowly skips versions, never the newest one.
#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "models/base/result.h"
#include "models/ports/data_plane.h"
#include "real-backend/loop/event_loop.h"

namespace orrery::node {

class DataPlaneServer final : public ports::DataPlane {
 public:
  /// Listens at `socket_path`, in place of what a dead process left there. Only the file's owner
  /// and group may connect. `loop` must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<DataPlaneServer>> listen(
      loop::EventLoop& loop, const std::string& socket_path);
  ~DataPlaneServer() override;

  void publish(ports::OwnerId owner, ports::EndpointTable table) override;

 private:
  using Socket = boost::asio::local::stream_protocol::socket;
  using TableName = std::pair<std::string, std::string>;  ///< Service, port name.

  /// What one client has still to be told. Lives as long as an operation on its socket does.
  struct Client {
    explicit Client(Socket s) : socket{std::move(s)} {}
    Socket socket;
    std::set<TableName> unsent;
    std::string writing;  ///< Empty: no write is going on.
    char ignored = 0;     ///< Clients say nothing; reading finds out when they leave.
  };

  DataPlaneServer(loop::EventLoop& loop, std::string socket_path);
  void accept();
  void watch_for_end(const std::shared_ptr<Client>& client);
  void write_next(const std::shared_ptr<Client>& client);
  void drop(const std::shared_ptr<Client>& client);

  std::string socket_path_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
  std::map<TableName, std::string> lines_;  ///< The newest table of each, as sent.
  std::set<std::shared_ptr<Client>> clients_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< For completions that come late.
};

}  // namespace orrery::node
