#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "models/api/istio_reader.h"
#include "models/api/kind_readers.h"
#include "models/api/manifest_kinds.h"
#include "models/api/manifest_patch.h"
#include "models/api/manifest_sources.h"
#include "models/api/unicode.h"

namespace orrery::api {
namespace {

constexpr std::size_t kMessagePartMax = 160;

/// What a List says of the kind of its items, which may leave it out.
struct Inherited {
  std::string api_version;
  std::string kind;
};

/// The kind with this name, if it is one that manifests hold.
std::optional<Kind> manifest_kind_named(std::string_view name) {
  const std::optional<Kind> kind = kind_named(name);
  return kind && is_read_from_manifests(*kind) ? kind : std::nullopt;
}

/// "PodList" -> Pod, for the kinds Orrery reads.
std::optional<Kind> listed_kind(const std::string& kind) {
  constexpr std::string_view kSuffix = "List";
  if (kind.size() <= kSuffix.size()) return std::nullopt;
  const std::string_view text{kind};
  if (text.substr(text.size() - kSuffix.size()) != kSuffix) return std::nullopt;
  return manifest_kind_named(text.substr(0, text.size() - kSuffix.size()));
}

class ManifestReader {
 public:
  ManifestReader(const std::string& file, istio::Rules& rules)
      : file_{file}, reading_{file, Reading::Source::Manifest}, rules_{rules} {}

  void read(const Cursor& at, const Inherited& inherited);
  [[nodiscard]] Manifests take(std::vector<Problem> syntax_problems,
                               const ManifestSources& sources);

 private:
  void read_list(ObjectReader& root, const Inherited& inherited);
  void read_kind(Kind kind, ObjectReader& root, const std::string& api_version);

  const std::string& file_;
  Reading reading_;
  istio::Rules& rules_;
  std::vector<ManifestObject> objects_;
};

void ManifestReader::read(const Cursor& at, const Inherited& inherited) {
  ObjectReader root{reading_, at, "the object"};
  if (at.value->type != Value::Type::Map) return;
  std::string kind = inherited.kind;
  std::string api_version = inherited.api_version;
  root.text("kind", kind);
  root.text("apiVersion", api_version);
  if (kind.empty()) {
    reading_.problem(at, "a Kubernetes object", "no field \"kind\"");
    return;
  }
  if (api_version.empty()) {
    const std::optional<Kind> known = manifest_kind_named(kind);
    reading_.problem(at, "a Kubernetes object", "no field \"apiVersion\"",
                     known ? fmt::format("add apiVersion: {}", api_version_of(*known)) : "");
    return;
  }
  const std::optional<Kind> known = manifest_kind_named(kind);
  if (known && is_kubernetes_group(api_version)) {
    read_kind(*known, root, api_version);
  } else if (istio::is_networking_group(api_version)) {
    istio::read_rule(api_version, kind, root, rules_);
  } else if (kind == "List" && api_version == "v1") {
    read_list(root, {});
  } else if (const auto listed = listed_kind(kind); listed && is_kubernetes_group(api_version)) {
    read_list(root, {api_version, to_string(*listed)});
  } else if (const auto meant = misspelt_kind(api_version, kind)) {
    reading_.wrong(root.field_or_here("kind"), "a kind of " + api_version,
                   "did you mean \"" + *meant + "\"?");
  } else {
    reading_.not_modelled(at,
                          known ? fmt::format("kind {} of {}", kind, api_version) : "kind " + kind);
  }
}

void ManifestReader::read_list(ObjectReader& root, const Inherited& inherited) {
  root.each("items", [&](const Cursor& item) { read(item, inherited); });
  root.pass_over({"metadata"});
  root.finish({});
}

void ManifestReader::read_kind(Kind kind, ObjectReader& root, const std::string& api_version) {
  if (api_version != api_version_of(kind)) {
    reading_.problem(root.field_or_here("apiVersion"),
                     fmt::format("apiVersion {} for a {}", api_version_of(kind), to_string(kind)),
                     "\"" + api_version + "\"");
  }
  objects_.push_back({read_object(kind, root), reading_.place(root.here())});
}

Problem repeated(const ObjectKey& key, const Place& where, const Place& first) {
  return {where, fmt::format("{} once", to_string(key)),
          fmt::format("a second one; the first is at {}:{}", first.file, first.line),
          "keep one of them"};
}

/// Where each object stands first; Problems for those that come again.
std::map<ObjectKey, Place> first_places(const std::vector<ManifestObject>& objects,
                                        std::vector<Problem>& problems) {
  std::map<ObjectKey, Place> places;
  for (const ManifestObject& entry : objects) {
    const ObjectKey key = key_of(entry.object);
    if (key.name.empty()) continue;  // named by the server, or a Problem already
    const auto [first, is_new] = places.emplace(key, entry.where);
    if (!is_new) problems.push_back(repeated(key, entry.where, first->second));
  }
  return places;
}

template <class T>
void sort_by_place(std::vector<T>& entries) {
  std::stable_sort(entries.begin(), entries.end(), [](const T& a, const T& b) {
    return std::tie(a.where.file, a.where.line) < std::tie(b.where.file, b.where.line);
  });
}

Manifests ManifestReader::take(std::vector<Problem> syntax_problems,
                               const ManifestSources& sources) {
  Manifests manifests{std::move(objects_), std::move(syntax_problems),
                      std::move(reading_.not_modelled_here)};
  std::move(reading_.problems.begin(), reading_.problems.end(),
            std::back_inserter(manifests.problems));
  for (ManifestObject& object : manifests.objects) sources.name(file_, object.where);
  for (NotModelled& one : manifests.not_modelled) sources.name(file_, one.where);
  first_places(manifests.objects, manifests.problems);
  for (Problem& problem : manifests.problems) sources.name(file_, problem.where);
  sort_by_place(manifests.problems);
  sort_by_place(manifests.not_modelled);
  return manifests;
}

}  // namespace

Manifests read_manifests(std::string_view text, const std::string& file) {
  ManifestPatches none;
  istio::Rules rules;
  return read_manifests(text, file, none, rules);
}

Manifests read_manifests(std::string_view text, const std::string& file, ManifestPatches& patches,
                         istio::Rules& rules) {
  Documents documents = read_documents(text, file);
  ManifestReader reader{file, rules};
  for (ValuePtr& root : documents.roots) {
    root = patches.apply(root);
    reader.read({root.get(), nullptr, {}, 0, false}, {});
  }
  return reader.take(std::move(documents.problems), ManifestSources{text});
}

Manifests join(std::vector<Manifests> parts) {
  Manifests all;
  const auto append = [](auto& to, auto& from) {
    std::move(from.begin(), from.end(), std::back_inserter(to));
  };
  std::map<ObjectKey, Place> places;
  for (Manifests& part : parts) {
    std::vector<Problem> known_already;
    for (const auto& [key, where] : first_places(part.objects, known_already)) {
      const auto [first, is_new] = places.emplace(key, where);
      if (!is_new) all.problems.push_back(repeated(key, where, first->second));
    }
    append(all.objects, part.objects);
    append(all.problems, part.problems);
    append(all.not_modelled, part.not_modelled);
  }
  sort_by_place(all.problems);
  sort_by_place(all.not_modelled);
  return all;
}

std::string to_string(const Problem& problem) {
  const auto part = [](const std::string& text) { return one_line(text, kMessagePartMax); };
  std::string line = one_line(problem.where.file, 1024);
  if (problem.where.line > 0) line += fmt::format(":{}", problem.where.line);
  line += ": ";
  if (!problem.where.pointer.empty()) line += part(problem.where.pointer) + ": ";
  line += fmt::format("expected {}; found {}", part(problem.expected), part(problem.found));
  if (!problem.hint.empty()) line += fmt::format(" ({})", part(problem.hint));
  return line;
}

}  // namespace orrery::api
