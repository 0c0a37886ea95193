#include "models/recording/secret_mask.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "models/api/base64.h"
#include "models/recording/port_codec.h"
#include "models/recording/port_record.h"

namespace orrery::recording {
namespace {

constexpr const char* kPlain = "hunter2-in-plain-text";

api::ObjectPtr secret(const std::string& value) {
  api::Secret made;
  made.meta.name = "s";
  made.meta.namespace_name = "default";
  made.data = {{"password", value}, {"user", "admin"}};
  return std::make_shared<const api::Object>(made);
}

std::string password_of(const api::ObjectPtr& object) {
  return std::get<api::Secret>(*object).data.at("password");
}

TEST(SecretMask, KeepsEqualValuesEqualAndDifferentOnesDifferent) {
  SecretMask mask;
  const std::string first = password_of(mask.object(secret(kPlain)));
  EXPECT_EQ(first.find(kPlain), std::string::npos);
  EXPECT_EQ(password_of(mask.object(secret(kPlain))), first);
  EXPECT_NE(password_of(mask.object(secret("another"))), first);
  // Neither length nor content can be told from it.
  EXPECT_EQ(first.size(), password_of(mask.object(secret("x"))).size());
}

TEST(SecretMask, LeavesWhatIsMaskedAlready) {
  SecretMask live;
  SecretMask replay;
  const api::ObjectPtr masked = live.object(secret(kPlain));
  EXPECT_EQ(replay.object(masked) == nullptr, false);
  EXPECT_EQ(password_of(replay.object(masked)), password_of(masked));
}

TEST(SecretMask, CoversCallsEventsVariablesAndFiles) {
  SecretMask mask;
  ports::ApiCall write;
  write.verb = ports::Verb::Create;
  write.key = api::key_of(*secret(kPlain));
  write.object = secret(kPlain);
  std::string text = encode(mask.call(write));
  ports::Event event;
  for (const ports::EventBody& body :
       {ports::EventBody{ports::ApiObject{secret(kPlain)}},
        ports::EventBody{ports::ApiList{{secret(kPlain)}, 1}},
        ports::EventBody{ports::WatchDelta{ports::DeltaKind::Added, secret(kPlain)}}}) {
    event.body = std::make_shared<const ports::EventBody>(body);
    text += encode(mask.event(event));
  }
  ports::RuntimeCall create;
  create.verb = ports::RuntimeVerb::CreateContainer;
  api::EnvVar variable;
  variable.name = "PW";
  variable.value = kPlain;
  variable.secret = "s";
  create.env.push_back(variable);
  variable.secret.clear();
  variable.value = "shown";
  create.env.push_back(variable);
  text += encode(mask.call(create));
  ports::RuntimeCall mount;
  mount.verb = ports::RuntimeVerb::PrepareVolume;
  mount.volume.emplace().secret = true;
  mount.volume->files = {{"password", kPlain}};
  text += encode(mask.call(mount));
  EXPECT_EQ(text.find(kPlain), std::string::npos) << text;
  EXPECT_EQ(text.find("aHVudGVyMi1pbi1wbGFpbi10ZXh0"), std::string::npos) << "base64 of it";
  EXPECT_NE(text.find("shown"), std::string::npos);
}

TEST(SecretMask, KeepsSecretsOutOfARecordOnDisk) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("orrery-mask-" + std::to_string(::getpid())))
          .string();
  RecordHeader header;
  header.snapshot.push_back(secret(kPlain));
  {
    auto file = RecordFile::create(path, header);
    ASSERT_TRUE(file.has_value());
    store::ApiServer server{1};
    RecordedApiServer recorded{server, **file};
    ports::ApiCall watch;
    watch.verb = ports::Verb::Watch;
    watch.key.kind = api::Kind::Secret;
    (void)recorded.handle(store::ClientId{1}, ports::OwnerId{1}, 1, watch, Instant{});
    ports::ApiCall write;
    write.verb = ports::Verb::Create;
    write.key = api::key_of(*secret(kPlain));
    write.object = secret(kPlain);
    const store::Handled handled =
        recorded.handle(store::ClientId{1}, ports::OwnerId{1}, 2, write, Instant{});
    ASSERT_EQ(handled.writes.size(), 1U);
    EXPECT_EQ(password_of(handled.writes[0].after), kPlain);  // What is stored is not masked.
    (*file)->end();
  }
  std::ifstream stream{path};
  const std::string text{std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
  std::filesystem::remove(path);
  EXPECT_NE(text.find(api::base64_of("(masked 1)")), std::string::npos);
  EXPECT_EQ(text.find(kPlain), std::string::npos);
  EXPECT_EQ(text.find("aHVudGVyMi1pbi1wbGFpbi10ZXh0"), std::string::npos);
}

}  // namespace
}  // namespace orrery::recording
