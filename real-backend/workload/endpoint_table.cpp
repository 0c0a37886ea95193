#include "real-backend/workload/endpoint_table.h"

#include <boost/asio/read_until.hpp>
#include <boost/property_tree/json_parser.hpp>
#include <boost/property_tree/ptree.hpp>
#include <chrono>
#include <cstdio>
#include <istream>
#include <sstream>

namespace orrery::workload {

namespace asio = boost::asio;

Result<EndpointTable> parse_endpoint_table(const std::string& line) {
  try {
    boost::property_tree::ptree tree;
    std::istringstream text{line};
    boost::property_tree::read_json(text, tree);
    EndpointTable table;
    table.service = tree.get<std::string>("service");
    table.port_name = tree.get<std::string>("portName", "");
    table.version = tree.get<std::uint64_t>("version");
    for (const auto& [name, endpoint] : tree.get_child("endpoints")) {
      table.endpoints.emplace_back(asio::ip::make_address(endpoint.get<std::string>("address")),
                                   endpoint.get<std::uint16_t>("port"));
    }
    if (const auto ends = tree.get_child_optional("nodeEnds")) {
      for (const auto& [name, end] : *ends) {
        table.node_ends.push_back(end.get_value<std::uint32_t>());
        const std::uint32_t before = table.node_ends.size() == 1 ? 0 : *(table.node_ends.end() - 2);
        if (table.node_ends.back() <= before || table.node_ends.back() > table.endpoints.size()) {
          return failure(
              "an endpoint table cannot be read: nodeEnds do not grow up to the endpoints");
        }
      }
    }
    return table;
  } catch (const std::exception& error) {
    return failure(std::string{"an endpoint table cannot be read: "} + error.what());
  }
}

EndpointTables::EndpointTables(asio::io_context& loop, std::string socket_path,
                               std::function<void()> on_change)
    : socket_path_{std::move(socket_path)},
      on_change_{std::move(on_change)},
      socket_{loop},
      retry_{loop} {
  connect();
}

const EndpointTable* EndpointTables::find(const std::string& service,
                                          const std::string& port_name) const {
  const auto found = tables_.lower_bound({service, port_name});
  if (found == tables_.end() || found->first.first != service) return nullptr;
  return port_name.empty() || found->first.second == port_name ? &found->second : nullptr;
}

void EndpointTables::stop() {
  stopped_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
  retry_.cancel();
}

void EndpointTables::connect() {
  incoming_.consume(incoming_.size());
  boost::system::error_code failed;
  socket_.close(failed);
  socket_.async_connect(asio::local::stream_protocol::endpoint{socket_path_},
                        [this](boost::system::error_code refused) {
                          if (refused) return reconnect_later();
                          // The server may be another process, which counts from 1 again.
                          for (auto& [name, table] : tables_) table.version = 0;
                          read_next();
                        });
}

void EndpointTables::read_next() {
  asio::async_read_until(socket_, incoming_, '\n',
                         [this](boost::system::error_code lost, std::size_t length) {
                           if (lost) return reconnect_later();
                           take({static_cast<const char*>(incoming_.data().data()), length - 1});
                           incoming_.consume(length);
                           read_next();
                         });
}

void EndpointTables::reconnect_later() {
  if (stopped_) return;
  retry_.expires_after(std::chrono::milliseconds{100});
  retry_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled && !stopped_) connect();
  });
}

void EndpointTables::take(const std::string& line) {
  auto table = parse_endpoint_table(line);
  if (!table) {
    std::fprintf(stderr, "%s\n", table.error().what.c_str());
    return;
  }
  const auto [slot, is_new] = tables_.try_emplace({table->service, table->port_name});
  if (!is_new && slot->second.version >= table->version) return;
  slot->second = std::move(*table);
  on_change_();
}

}  // namespace orrery::workload
