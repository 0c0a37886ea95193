#include "real-backend/node/data_plane_server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>

#include "models/recording/port_codec.h"

namespace orrery::node {

using boost::asio::local::stream_protocol;
using boost::system::error_code;

DataPlaneServer::DataPlaneServer(loop::EventLoop& loop, std::string socket_path)
    : socket_path_{std::move(socket_path)}, acceptor_{loop.io()} {}

Result<std::unique_ptr<DataPlaneServer>> DataPlaneServer::listen(loop::EventLoop& loop,
                                                                 const std::string& socket_path) {
  const auto refused = [&](const std::string& why) {
    return failure("cannot serve endpoint tables at " + socket_path + ": " + why,
                   "is the path short (107 bytes), its folder there and writable?");
  };
  if (socket_path.empty() || socket_path.size() >= sizeof(sockaddr_un::sun_path)) {
    return refused("the path is empty or too long for a unix socket");
  }
  std::unique_ptr<DataPlaneServer> server{new DataPlaneServer(loop, socket_path)};
  ::unlink(socket_path.c_str());
  error_code error;
  server->acceptor_.open(stream_protocol{}, error);
  // The mode counts from the moment of binding, so it is set by the mask and not afterwards.
  const mode_t mask = ::umask(0117);
  if (!error) server->acceptor_.bind(stream_protocol::endpoint{socket_path}, error);
  ::umask(mask);
  if (!error) server->acceptor_.listen(boost::asio::socket_base::max_listen_connections, error);
  if (error) return refused(error.message());
  server->accept();
  return server;
}

DataPlaneServer::~DataPlaneServer() {
  *alive_ = false;
  error_code ignored;
  acceptor_.close(ignored);
  for (const auto& client : clients_) client->socket.close(ignored);
  ::unlink(socket_path_.c_str());
}

void DataPlaneServer::publish(ports::OwnerId, ports::EndpointTable table) {
  const TableName name{table.service, table.port_name};
  lines_[name] = recording::encode(table) + "\n";
  for (const auto& client : clients_) {
    client->unsent.insert(name);
    write_next(client);
  }
}

void DataPlaneServer::accept() {
  acceptor_.async_accept([this, alive = alive_](const error_code& error, Socket socket) {
    if (!*alive) return;
    if (!error) {
      auto client = std::make_shared<Client>(std::move(socket));
      for (const auto& [name, line] : lines_) client->unsent.insert(name);
      clients_.insert(client);
      watch_for_end(client);
      write_next(client);
    }
    accept();
  });
}

void DataPlaneServer::watch_for_end(const std::shared_ptr<Client>& client) {
  client->socket.async_read_some(
      boost::asio::buffer(&client->ignored, 1),
      [this, client, alive = alive_](const error_code& error, std::size_t) {
        if (!*alive) return;
        if (error) {
          drop(client);
        } else {
          watch_for_end(client);
        }
      });
}

void DataPlaneServer::write_next(const std::shared_ptr<Client>& client) {
  if (!client->writing.empty() || client->unsent.empty()) return;
  for (const TableName& name : client->unsent) client->writing += lines_.at(name);
  client->unsent.clear();
  boost::asio::async_write(client->socket, boost::asio::buffer(client->writing),
                           [this, client, alive = alive_](const error_code& error, std::size_t) {
                             if (!*alive) return;
                             if (error) {
                               drop(client);
                               return;
                             }
                             client->writing.clear();
                             write_next(client);
                           });
}

void DataPlaneServer::drop(const std::shared_ptr<Client>& client) {
  error_code ignored;
  client->socket.close(ignored);
  clients_.erase(client);
}

}  // namespace orrery::node
