#include "runner/scenario/manifest_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace orrery::scenario {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kFileMax = std::uintmax_t{64} << 20;
constexpr std::size_t kFilesMax = 10'000;
constexpr int kFolderDepthMax = 16;

bool is_manifest_name(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".yaml" || extension == ".yml" || extension == ".json";
}

std::vector<std::string> neighbours(const fs::path& missing) {
  std::vector<std::string> names;
  std::error_code error;
  const fs::path folder = missing.has_parent_path() ? missing.parent_path() : fs::path{"."};
  for (fs::directory_iterator at{folder, error}, end; !error && at != end; at.increment(error)) {
    names.push_back(at->path().filename().string());
    if (names.size() == kFilesMax) break;
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::optional<std::string> read_file(const std::string& path, const api::Place& at,
                                     Report& report) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  const fs::path as_path{path};
  if (!fs::exists(status)) {
    report.add(at, "a file that exists", fmt::format("\"{}\"", path),
               did_you_mean(as_path.filename().string(), neighbours(as_path)));
    return std::nullopt;
  }
  if (fs::is_directory(status)) {
    report.add(at, "a file", fmt::format("the folder \"{}\"", path));
    return std::nullopt;
  }
  if (fs::is_regular_file(status) && fs::file_size(path, error) > kFileMax) {
    report.add(at, "a file of at most 64 MiB", fmt::format("\"{}\"", path));
    return std::nullopt;
  }
  std::ifstream stream{path, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
  if (!stream.is_open() || stream.bad()) {
    report.add(at, "a file that can be read", fmt::format("\"{}\"", path), "check its permissions");
    return std::nullopt;
  }
  return text;
}

std::vector<std::string> manifest_files(const std::string& path, const api::Place& at,
                                        Report& report) {
  std::error_code error;
  const fs::path named{path};
  if (!fs::exists(named, error)) {
    const fs::path plain = named.has_filename() ? named : named.parent_path();
    report.add(at, "a file or folder that exists", fmt::format("\"{}\"", path),
               did_you_mean(plain.filename().string(), neighbours(plain)));
    return {};
  }
  if (!fs::is_directory(named, error)) return {path};
  std::vector<std::string> files;
  bool broken = false;
  // Links to folders are not followed: they may lead in a circle.
  for (fs::recursive_directory_iterator entry{named, error}, end; !error && entry != end;
       entry.increment(error)) {
    if (entry.depth() >= kFolderDepthMax && entry->is_directory(error)) {
      report.add(at, fmt::format("at most {} folders inside one another", kFolderDepthMax),
                 fmt::format("\"{}\"", entry->path().lexically_normal().string()));
      return {};
    }
    if (is_manifest_name(entry->path())) {
      const std::string file = entry->path().lexically_normal().string();
      if (entry->is_regular_file(error)) {
        files.push_back(file);
      } else if (entry->is_symlink(error) && !entry->exists(error) &&
                 !entry->path().filename().string().starts_with('.')) {  // Locks of editors.
        report.add(at, "links that lead to a file", fmt::format("\"{}\"", file));
        broken = true;
      }
    }
    if (files.size() > kFilesMax) break;
  }
  if (error) {
    report.add(at, "a folder that can be read", fmt::format("\"{}\"", path), error.message());
    return {};
  }
  std::sort(files.begin(), files.end());
  if (files.empty() && !broken) {
    report.add(at, "a folder with files that end in .yaml, .yml or .json",
               fmt::format("none in \"{}\"", path));
  }
  if (files.size() > kFilesMax) {
    report.add(at, fmt::format("at most {} files", kFilesMax), fmt::format("more in \"{}\"", path));
    files.clear();
  }
  return files;
}

void report_duplicates(const std::vector<api::ManifestObject>& objects, Report& report) {
  std::map<api::ObjectKey, const api::Place*> first;
  for (const api::ManifestObject& manifest : objects) {
    const api::ObjectKey key = api::key_of(manifest.object);
    if (key.name.empty()) continue;  // generateName: each gets a name of its own.
    const auto [at, inserted] = first.emplace(key, &manifest.where);
    if (inserted) continue;
    report.add(manifest.where, "every object once", fmt::format("{} again", api::to_string(key)),
               fmt::format("it also stands at {}:{}", at->second->file, at->second->line));
  }
}

void report_duplicates(const api::istio::Rules& rules, Report& report) {
  std::map<std::string, const api::Place*> first;
  const auto check = [&](const char* kind, const auto& all) {
    for (const auto& rule : all) {
      const std::string key =
          fmt::format("{}/{}/{}", kind, rule.meta.namespace_name, rule.meta.name);
      const auto [at, inserted] = first.emplace(key, &rule.meta.where);
      if (inserted) continue;
      report.add(rule.meta.where, "every object once", key + " again",
                 fmt::format("it also stands at {}:{}", at->second->file, at->second->line));
    }
  };
  check("DestinationRule", rules.destination_rules);
  check("VirtualService", rules.virtual_services);
}

api::Manifests read_manifest_files(const std::vector<std::string>& files, const api::Place& at,
                                   Report& report, api::ManifestPatches& patches,
                                   api::istio::Rules& rules) {
  api::Manifests all;
  for (const std::string& file : files) {
    const auto text = read_file(file, at, report);
    if (!text) continue;
    api::Manifests some = api::read_manifests(*text, file, patches, rules);
    report.append(some.problems);
    std::move(some.objects.begin(), some.objects.end(), std::back_inserter(all.objects));
    std::move(some.not_modelled.begin(), some.not_modelled.end(),
              std::back_inserter(all.not_modelled));
  }
  report_duplicates(all.objects, report);
  report_duplicates(rules, report);
  return all;
}

}  // namespace orrery::scenario
