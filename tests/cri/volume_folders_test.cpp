#include "real-backend/cri/volume_folders.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace orrery::cri {
namespace {

namespace fs = std::filesystem;
using ports::Outcome;
using ports::VolumeOrder;

class Folders : public testing::Test {
 protected:
  Folders() : root_{fs::temp_directory_path() / ("orrery-volumes-" + std::to_string(::getpid()))} {}
  ~Folders() override { fs::remove_all(root_); }

  static VolumeOrder order(VolumeOrder::Kind kind, api::Labels files = {}) {
    VolumeOrder made;
    made.pod_uid = "uid-1";
    made.name = "v";
    made.kind = kind;
    made.files = std::move(files);
    return made;
  }
  VolumeOrder at(VolumeOrder::Kind kind, const std::string& path, const std::string& type) const {
    VolumeOrder made = order(kind);
    made.path = (root_ / path).string();
    made.type = type;
    return made;
  }
  [[nodiscard]] std::string read(const std::string& path) const {
    std::ifstream stream{root_ / "uid-1" / "v" / path};
    return {std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
  }

  fs::path root_;
  VolumeFolders folders_{root_.string()};
};

TEST_F(Folders, ReplaceTheirFilesAllAtOnceThroughOneLink) {
  ASSERT_EQ(folders_.prepare(order(VolumeOrder::Kind::Files, {{"a", "1"}, {"dir/b", "1"}})).outcome,
            Outcome::Ok);
  EXPECT_EQ(read("a"), "1");
  EXPECT_EQ(read("dir/b"), "1");
  const fs::path volume = root_ / "uid-1" / "v";
  EXPECT_TRUE(fs::is_symlink(volume / "..data"));
  EXPECT_EQ(fs::read_symlink(volume / "a"), fs::path{"..data/a"});
  std::ifstream open_before{volume / "a"};
  ASSERT_EQ(folders_.prepare(order(VolumeOrder::Kind::Files, {{"a", "2"}, {"c", "2"}})).outcome,
            Outcome::Ok);
  EXPECT_EQ(read("a"), "2");
  EXPECT_EQ(read("c"), "2");
  EXPECT_FALSE(fs::exists(fs::symlink_status(volume / "dir")));
  // Who has the old file open reads it to its end.
  EXPECT_EQ(open_before.get(), '1');
  // Only one generation stays.
  int generations = 0;
  for (const auto& entry : fs::directory_iterator{volume}) {
    generations += entry.path().filename().string().starts_with("..d") && entry.is_directory() &&
                           !entry.is_symlink()
                       ? 1
                       : 0;
  }
  EXPECT_EQ(generations, 1);
}

TEST_F(Folders, LetNoFileOutOfThem) {
  for (const char* path : {"../x", "a/../../x", "/etc/x"}) {
    EXPECT_EQ(folders_.prepare(order(VolumeOrder::Kind::Files, {{path, "1"}})).outcome,
              Outcome::Invalid);
  }
  VolumeOrder escaping = order(VolumeOrder::Kind::Directory);
  escaping.name = "../../x";
  EXPECT_EQ(folders_.prepare(escaping).outcome, Outcome::Invalid);
}

TEST_F(Folders, KeepWhatContainersWroteUntilThePodIsGone) {
  ASSERT_EQ(folders_.prepare(order(VolumeOrder::Kind::Directory)).outcome, Outcome::Ok);
  std::ofstream{root_ / "uid-1" / "v" / "written"} << "by a container";
  ASSERT_EQ(folders_.prepare(order(VolumeOrder::Kind::Directory)).outcome, Outcome::Ok);
  EXPECT_EQ(read("written"), "by a container");
  EXPECT_EQ(folders_.remove("uid-1").outcome, Outcome::Ok);
  EXPECT_FALSE(fs::exists(root_ / "uid-1"));
  EXPECT_EQ(folders_.remove("uid-1").outcome, Outcome::Ok);
}

TEST_F(Folders, CheckTheTypeOfAHostPath) {
  fs::create_directories(root_ / "dir");
  std::ofstream{root_ / "file"} << "";
  struct Case {
    const char* path;
    const char* type;
    Outcome outcome;
  };
  for (const Case& c :
       {Case{"dir", "Directory", Outcome::Ok}, Case{"dir", "", Outcome::Ok},
        Case{"dir", "File", Outcome::NotFound}, Case{"none", "Directory", Outcome::NotFound},
        Case{"file", "File", Outcome::Ok}, Case{"file", "Socket", Outcome::NotFound},
        Case{"file", "DirectoryOrCreate", Outcome::NotFound},
        Case{"new-file", "FileOrCreate", Outcome::Ok},
        Case{"new-dir", "DirectoryOrCreate", Outcome::Ok}, Case{"plain", "", Outcome::Ok}}) {
    EXPECT_EQ(folders_.prepare(at(VolumeOrder::Kind::HostPath, c.path, c.type)).outcome, c.outcome)
        << c.path << " as " << c.type;
  }
  EXPECT_TRUE(fs::is_regular_file(root_ / "new-file"));
  EXPECT_TRUE(fs::is_directory(root_ / "new-dir"));
  EXPECT_TRUE(fs::is_directory(root_ / "plain"));
}

TEST_F(Folders, RefuseADiskThatTheHostDoesNotHave) {
  VolumeOrder disk = order(VolumeOrder::Kind::Disk);
  disk.disk = "pv-1";
  EXPECT_EQ(folders_.prepare(disk).outcome, Outcome::Refused);
  EXPECT_EQ(folders_.prepare(at(VolumeOrder::Kind::Disk, "local-disk", "")).outcome, Outcome::Ok);
  EXPECT_EQ(VolumeFolders{""}.prepare(order(VolumeOrder::Kind::Directory)).outcome,
            Outcome::Refused);
}

TEST_F(Folders, AreWhereTheMountSays) {
  ports::Mount mount;
  mount.volume = "v";
  EXPECT_EQ(host_path_of("/r", "uid-1", mount), "/r/uid-1/v");
  mount.sub_path = "a/b";
  EXPECT_EQ(host_path_of("/r", "uid-1", mount), "/r/uid-1/v/a/b");
  mount.host_path = "/data";
  EXPECT_EQ(host_path_of("/r", "uid-1", mount), "/data/a/b");
  mount.host_path.clear();
  ASSERT_EQ(folders_.prepare(order(VolumeOrder::Kind::Directory)).outcome, Outcome::Ok);
  make_sub_path(root_.string(), "uid-1", mount);
  EXPECT_TRUE(fs::is_directory(root_ / "uid-1" / "v" / "a" / "b"));
}

TEST_F(Folders, InMemoryAreMountedAndUnmounted) {
  if (::geteuid() != 0) GTEST_SKIP() << "mounting needs root";
  if (folders_.prepare(order(VolumeOrder::Kind::Memory)).outcome != Outcome::Ok) {
    GTEST_SKIP() << "mounting is not allowed here";
  }
  std::ofstream{root_ / "uid-1" / "v" / "written"} << "in memory";
  EXPECT_EQ(folders_.prepare(order(VolumeOrder::Kind::Memory)).outcome, Outcome::Ok);
  EXPECT_EQ(read("written"), "in memory");
  EXPECT_EQ(folders_.remove("uid-1").outcome, Outcome::Ok);
  EXPECT_FALSE(fs::exists(root_ / "uid-1"));
}

}  // namespace
}  // namespace orrery::cri
