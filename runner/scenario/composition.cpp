#include "runner/scenario/composition.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>

#include "runner/scenario/manifest_files.h"
#include "runner/scenario/scalars.h"

namespace orrery::scenario {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kIncludesDeepMax = 16;

bool is_by_id(std::string_view key) { return key == "timeline" || key == "expect"; }

const std::string* id_of(const Value& entry) {
  const Value* id = entry.find("id");
  return id == nullptr || id->type != Value::Type::Text ? nullptr : &id->text;
}

void merge_by_id(Value& under, Value&& over) {
  for (Value& entry : over.children) {
    const std::string* id = id_of(entry);
    const auto known =
        std::find_if(under.children.begin(), under.children.end(), [&](const Value& old) {
          const std::string* old_id = id_of(old);
          return id != nullptr && old_id != nullptr && *id == *old_id;
        });
    if (known == under.children.end()) {
      under.children.push_back(std::move(entry));
    } else {
      *known = std::move(entry);
    }
  }
}

/// Puts `over` on top of `under`. `level` 0 is the scenario itself.
void merge(Value& under, Value&& over, std::size_t level) {
  for (Value& member : over.children) {
    const auto known = std::find_if(under.children.begin(), under.children.end(),
                                    [&](const Value& old) { return old.key == member.key; });
    if (member.type == Value::Type::Null) {
      if (known != under.children.end()) under.children.erase(known);
    } else if (known == under.children.end()) {
      under.children.push_back(std::move(member));
    } else if (known->type == Value::Type::Object && member.type == Value::Type::Object) {
      merge(*known, std::move(member), level + 1);
    } else if (level == 0 && is_by_id(member.key) && known->type == Value::Type::List &&
               member.type == Value::Type::List) {
      merge_by_id(*known, std::move(member));
    } else if (level == 0 && member.key == "patch" && known->type == Value::Type::List &&
               member.type == Value::Type::List) {
      std::move(member.children.begin(), member.children.end(),
                std::back_inserter(known->children));
    } else {
      *known = std::move(member);
    }
  }
  under.where = over.where;
}

class Inclusion {
 public:
  Inclusion(Folders& folders, Report& report) : folders_{folders}, report_{report} {}

  void resolve(Value& root, std::vector<std::string> chain) {
    const Value* include = root.find("include");
    if (include == nullptr) return;
    std::optional<Value> base;
    for (const Value& name : items(*include, "a list of scenario files", report_)) {
      auto below = read(name, chain);
      if (!below) continue;
      if (base) {
        merge(*base, *std::move(below), 0);
      } else {
        base = std::move(below);
      }
    }
    std::erase_if(root.children, [](const Value& member) { return member.key == "include"; });
    if (!base) return;
    merge(*base, std::move(root), 0);
    root = *std::move(base);
  }

  std::vector<std::string> files;

 private:
  /// `item`: its name, or an object that says where names in it begin, too.
  std::optional<Value> read(const Value& item, std::vector<std::string> chain) {
    const Value* named = &item;
    const Value* folder = nullptr;
    if (item.type == Value::Type::Object) {
      const Fields fields{item, {"file", "folder"}, report_};
      named = fields.require("file", "a scenario file");
      folder = fields.require("folder", "where names of files in it begin");
      if (named == nullptr || folder == nullptr) return std::nullopt;
    }
    const Value& name = *named;
    const auto text = read_text(name, "a scenario file", report_);
    if (!text) return std::nullopt;
    const std::string path = folders_.path(item, *text);
    std::string begins = fs::path{path}.parent_path().string();
    if (folder != nullptr) {
      const auto given = read_text(*folder, "a folder", report_);
      if (!given) return std::nullopt;
      begins = folders_.path(item, *given);
    }
    if (std::find(chain.begin(), chain.end(), path) != chain.end()) {
      report_.add(name.where, "files that do not include themselves",
                  fmt::format("\"{}\" again", path));
      return std::nullopt;
    }
    if (chain.size() >= kIncludesDeepMax) {
      report_.add(name.where, fmt::format("at most {} includes in a chain", kIncludesDeepMax),
                  "more");
      return std::nullopt;
    }
    if (!folders_.give(path, begins)) {
      report_.add(item.where, "one folder for all that include a file",
                  fmt::format("another for \"{}\"", path));
      return std::nullopt;
    }
    chain.push_back(path);
    const auto content = read_file(path, name.where, report_);
    if (!content) return std::nullopt;
    files.push_back(path);
    Document document = read_document(*content, path, syntax_of(path, *content));
    report_.append(document.problems);
    if (!document.root) return std::nullopt;
    if (document.root->type != Value::Type::Object) {
      report_.add(*document.root, "an object with parts of a scenario");
      return std::nullopt;
    }
    resolve(*document.root, std::move(chain));
    return std::move(document.root);
  }

  Folders& folders_;
  Report& report_;
};

Value object_at(const api::Place& where) {
  Value value;
  value.type = Value::Type::Object;
  value.where = where;
  return value;
}

/// "Kind/name" or "Kind/namespace/name".
bool split_target(std::string_view text, api::ManifestPatch& patch) {
  const auto first = text.find('/');
  const auto last = text.rfind('/');
  if (first == std::string_view::npos || first == 0 || last + 1 == text.size()) return false;
  patch.kind = text.substr(0, first);
  patch.name = text.substr(last + 1);
  if (first != last) patch.namespace_name = text.substr(first + 1, last - first - 1);
  return patch.namespace_name.find('/') == std::string::npos;
}

/// {"target": ..., "merge": {...}} for a setting of a manifest. Steps "[web]" into a list name its
/// item: {"name": "web"}.
Value patch_entry(const Override& change, const api::Place& where) {
  Value entry = object_at(where);
  Value target;
  target.type = Value::Type::Text;
  target.key = "target";
  target.text = change.target;
  target.where = where;
  Value merge = object_at(where);
  merge.key = "merge";
  (void)replace(merge, change.pointer, change.value);
  entry.children.push_back(std::move(target));
  entry.children.push_back(std::move(merge));
  return entry;
}

/// Turns {"containers": {"web": {...}}} into {"containers": [{"name": "web", ...}]}, so that paths
/// may name the items of lists.
void name_list_items(Value& value) {
  static constexpr std::string_view kLists[] = {"containers", "initContainers", "env", "volumes"};
  for (Value& child : value.children) {
    name_list_items(child);
    const bool list =
        std::find(std::begin(kLists), std::end(kLists), child.key) != std::end(kLists);
    if (!list || value.type != Value::Type::Object || child.type != Value::Type::Object) continue;
    child.type = Value::Type::List;
    for (Value& item : child.children) {
      Value name;
      name.type = Value::Type::Text;
      name.text = std::exchange(item.key, {});
      name.key = "name";
      name.where = item.where;
      if (item.type == Value::Type::Object) item.children.insert(item.children.begin(), name);
    }
  }
}

}  // namespace

api::ValuePtr to_api(const Value& from) {
  api::Value value;
  value.line = from.where.line;
  value.file = std::make_shared<const std::string>(from.where.file);
  value.text = from.text;
  switch (from.type) {
    case Value::Type::Null:
      break;
    case Value::Type::Boolean:
      value.type = api::Value::Type::Bool;
      value.integer = from.text == "true" ? 1 : 0;
      break;
    case Value::Type::Number: {
      const char* end = from.text.data() + from.text.size();
      const auto [stopped, error] = std::from_chars(from.text.data(), end, value.integer);
      const bool whole = error == std::errc{} && stopped == end;
      value.type = whole ? api::Value::Type::Integer : api::Value::Type::Decimal;
      break;
    }
    case Value::Type::Text:
      value.type = api::Value::Type::Text;
      break;
    case Value::Type::List:
      value.type = api::Value::Type::List;
      for (const Value& item : from.children) value.items.push_back(to_api(item));
      break;
    case Value::Type::Object:
      value.type = api::Value::Type::Map;
      for (const Value& member : from.children) {
        value.members.push_back({member.key, member.where.line, to_api(member)});
      }
      break;
  }
  return std::make_shared<const api::Value>(std::move(value));
}

std::vector<std::string> include_files(Value& root, Folders& folders, Report& report) {
  Inclusion inclusion{folders, report};
  inclusion.resolve(root, {root.where.file});
  return inclusion.files;
}

void apply_overrides(Value& root, const std::vector<Override>& overrides, Report& report) {
  for (const Override& change : overrides) {
    const api::Place where{"--set", 0, change.pointer};
    if (change.target.empty()) {
      if (replace(root, change.pointer, change.value)) continue;
      report.add({root.where.file, 0, change.pointer}, "a path to a value of this file",
                 fmt::format("\"{}\"", change.pointer));
      continue;
    }
    Value entry = patch_entry(change, where);
    name_list_items(entry.children.back());
    if (root.find("patch") == nullptr) (void)replace(root, "/patch", "[]");
    for (Value& member : root.children) {
      if (member.key == "patch" && member.type == Value::Type::List) {
        member.children.push_back(entry);
      }
    }
  }
}

api::ManifestPatches read_patches(const Value* patches, Report& report) {
  api::ManifestPatches all;
  if (patches == nullptr) return all;
  for (const Value& value : items(*patches, "a list of patches", report)) {
    const Fields fields{value, {"target", "merge"}, report};
    const Value* target = fields.require("target", "the manifest to change: \"Kind/name\"");
    const Value* merge = fields.require("merge", "what to merge into it");
    if (target == nullptr || merge == nullptr) continue;
    api::ManifestPatch patch;
    patch.where = value.where;
    const auto name = read_text(*target, "\"Kind/name\"", report);
    if (name && !split_target(*name, patch)) {
      report.add(*target, "\"Kind/name\" or \"Kind/namespace/name\"");
      continue;
    }
    if (merge->type != Value::Type::Object) {
      report.add(*merge, "an object with the fields to change");
      continue;
    }
    patch.merge = to_api(*merge);
    if (name) all.add(std::move(patch));
  }
  return all;
}

}  // namespace orrery::scenario
