/// @file
/// A live API server for tests: real SQLite, real gRPC over loopback, real certificates, in a
/// folder that is removed again.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "real-backend/control/api_front.h"
#include "real-backend/control/journal.h"
#include "real-backend/control/remote_api_client.h"
#include "real-backend/control/store_service.h"
#include "tests/ports/live_worlds.h"
#include "tests/support/temporary_folder.h"

namespace orrery::control {

using orrery::tests::TemporaryFolder;

/// A certificate authority and what it signed, made by the openssl program.
class TestPki {
 public:
  TestPki() {
    run("openssl ecparam -name prime256v1 -genkey -noout -out ca.key && "
        "openssl req -x509 -new -key ca.key -subj /CN=test-ca -days 2 -out ca.crt");
  }
  /// Files for a process whose certificate says CN=`name`; good for servers on 127.0.0.1.
  TlsFiles sign(const std::string& name) {
    run("openssl ecparam -name prime256v1 -genkey -noout -out " + name + ".key && " +
        "openssl req -new -key " + name + ".key -subj /CN=" + name + " -out " + name + ".csr && " +
        "printf 'subjectAltName=IP:127.0.0.1\\nextendedKeyUsage=serverAuth,clientAuth\\n' > ext "
        "&& " +
        "openssl x509 -req -in " + name + ".csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 " +
        "-extfile ext -out " + name + ".crt");
    return {file("ca.crt"), file(name + ".crt"), file(name + ".key")};
  }
  TlsTexts texts(const std::string& name) { return *read_tls_files(sign(name)); }

 private:
  [[nodiscard]] std::string file(const std::string& name) const {
    return folder_.path() + "/" + name;
  }
  void run(const std::string& commands) const {
    const std::string all = "cd " + folder_.path() + " && ( " + commands + " ) >log 2>&1";
    EXPECT_EQ(std::system(all.c_str()), 0) << all;
  }
  TemporaryFolder folder_;
};

/// One authority and the usual certificates for all tests of a program.
inline TestPki& pki() {
  static TestPki all;
  return all;
}
inline const TlsTexts& tls_of(const std::string& name) {
  static std::map<std::string, TlsTexts> made;
  auto found = made.find(name);
  if (found == made.end()) found = made.emplace(name, pki().texts(name)).first;
  return found->second;
}

struct NoRecord final : recording::RecordSink {
  void in(std::string) override {}
  void out(std::string) override {}
  bool before_effect() override { return writable; }
  bool writable = true;
};

/// Store, journal and service on a loop of their own.
struct LiveStore {
  explicit LiveStore(const std::string& folder)
      : journal{std::move(*Journal::open(folder + "/store.sqlite", 7))},
        loop{loop::Epoch{journal->restored().run.epoch_ns}},
        server{journal->restored().run.seed} {
    if (journal->restored().resource_version != 0) {
      server.restore(journal->restored().objects, journal->restored().resource_version);
    }
    service = std::make_unique<StoreService>(loop, server, *journal, record);
  }
  ~LiveStore() {
    if (front != nullptr) front->stop();
  }

  void listen(const TlsTexts& tls, int port = 0) {
    FrontConfig config;
    config.listen_address = "127.0.0.1:" + std::to_string(port);
    config.tls = tls;
    config.epoch = loop::Epoch{journal->restored().run.epoch_ns};
    config.seed = 7;
    FrontHooks hooks;
    hooks.called = [this](store::ClientId client, ports::OwnerId owner, ports::CallId id,
                          ports::ApiCall call) {
      service->call_from(client, front->common_name(client), owner, id, std::move(call));
    };
    hooks.closed = [this](store::ClientId client) { service->disconnect(client); };
    auto listening = ApiFront::listen(loop, std::move(config), kFirstSession, std::move(hooks));
    ASSERT_TRUE(listening) << listening.error().what;
    front = std::move(*listening);
    service->send_to_sessions(
        [this](store::ClientId client, const ports::Event& event) { front->send(client, event); });
  }

  NoRecord record;
  std::unique_ptr<Journal> journal;
  loop::EventLoop loop;
  store::ApiServer server;
  std::unique_ptr<StoreService> service;
  std::unique_ptr<ApiFront> front;
};

}  // namespace orrery::control
