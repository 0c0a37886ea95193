/// @file
/// Where a client may send requests, as a node agent pushes it over a unix socket.
///
/// Protocol: the client connects and says nothing. The server sends the newest table of every
/// service at once, then each new table when it is published. A table is one line of JSON that ends
/// with a newline:
///
///     {"service":"default/web","portName":"","servicePort":80,"version":3,
///      "endpoints":[{"address":"10.91.1.2","port":8080,"pod":"web-abc"}]}
///
/// With "nodeEnds":[2,3] a client takes one of two nodes, then an endpoint on it: the first two are
/// on one node, the third is on the other.
///
/// A table takes the place of the one with the same service and port name and a lower version.
/// Versions are those of one connection: a server that was started anew counts from 1 again.
/// Fields that are not named here are skipped. A server that goes away leaves the tables as they
/// are.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/streambuf.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "models/base/result.h"

namespace orrery::workload {

struct EndpointTable {
  std::string service;
  std::string port_name;
  std::uint64_t version = 0;
  std::vector<boost::asio::ip::tcp::endpoint> endpoints;
  std::vector<std::uint32_t> node_ends;
};

/// Reads one line, without its newline.
[[nodiscard]] Result<EndpointTable> parse_endpoint_table(const std::string& line);

/// The newest tables of one server. Reconnects every 100 ms when the server is away.
class EndpointTables {
 public:
  /// `on_change` runs on the loop after a table was taken. The loop must outlive this object.
  EndpointTables(boost::asio::io_context& loop, std::string socket_path,
                 std::function<void()> on_change);

  /// The table of that service and port; with an empty port name, of its first port by name.
  [[nodiscard]] const EndpointTable* find(const std::string& service,
                                          const std::string& port_name) const;
  /// Closes the connection for good.
  void stop();

 private:
  void connect();
  void read_next();
  void reconnect_later();
  void take(const std::string& line);

  std::string socket_path_;
  std::function<void()> on_change_;
  boost::asio::local::stream_protocol::socket socket_;
  boost::asio::steady_timer retry_;
  boost::asio::streambuf incoming_;
  bool stopped_ = false;
  std::map<std::pair<std::string, std::string>, EndpointTable> tables_;
};

}  // namespace orrery::workload
