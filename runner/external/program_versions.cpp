#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "models/base/random.h"
#include "runner/external/run_programs.h"

namespace orrery::external {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> sha256_of(const fs::path& path) {
  std::ifstream stream{path, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
  if (!stream) return std::nullopt;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
    return std::nullopt;
  }
  std::string hex;
  for (unsigned i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

Result<void> add_files(const scenario::Program& program, ProgramVersion& into) {
  for (const std::string& argument : program.exec) {
    const fs::path inside{argument};
    const fs::path normal = inside.lexically_normal();
    if (argument.empty() || inside.is_absolute() || *normal.begin() == "..") continue;
    const fs::path path = fs::path{program.folder} / normal;
    std::error_code error;
    if (!fs::is_regular_file(path, error)) continue;
    const auto hash = sha256_of(path);
    if (!hash) {
      return failure(fmt::format("{}: cannot read {}", into.title, path.string()));
    }
    into.files.push_back({argument, *hash});
  }
  return {};
}

}  // namespace

Result<std::vector<ProgramVersion>> program_versions(const scenario::Scenario& scenario) {
  std::vector<ProgramVersion> versions;
  for (const auto& [title, program] : scenario::programs_of(scenario)) {
    ProgramVersion version{title, program->exec, {}};
    if (const auto added = add_files(*program, version); !added) {
      return tl::unexpected{added.error()};
    }
    versions.push_back(std::move(version));
  }
  return versions;
}

void add_to(Fingerprint& fingerprint, const std::vector<ProgramVersion>& versions) {
  const auto key = [](const std::string& text) { return key_of(text.data(), text.size()); };
  for (const ProgramVersion& version : versions) {
    std::string exec;
    for (const std::string& argument : version.exec) exec += argument + '\0';
    fingerprint.add(Instant{}, key(version.title), key(exec));
    for (const runner::ProgramFile& file : version.files) {
      fingerprint.add(Instant{}, key(file.name), key(file.sha256));
    }
  }
}

}  // namespace orrery::external
