#include "models/api/tree_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

namespace orrery::api {

void TreeBuilder::key(std::string name, int line) {
  if (refused_) return;
  Open& map = open_.back();
  map.key = std::move(name);
  map.key_line = line;
  map.has_key = true;
}

void TreeBuilder::merge_key(int line) {
  key("<<", line);
  if (!refused_) open_.back().key_is_merge = true;
}

void TreeBuilder::scalar(Value value, Anchor anchor) {
  if (refused_) return;
  const Extent extent{1, value.text.size(), 0};
  if (!spend(extent, value.line)) return;
  auto shared = std::make_shared<const Value>(std::move(value));
  if (anchor != 0) anchors_[anchor] = {shared, extent};
  attach(shared, extent);
}

void TreeBuilder::begin(Value::Type list_or_map, int line, Anchor anchor) {
  if (refused_) return;
  const bool stands_as_key = wants_key();
  if (stands_as_key) {
    problems_.push_back(
        {place(line), "a text as key of a mapping",
         list_or_map == Value::Type::List ? "a list" : "a mapping",
         "put a template expression such as {{ ... }} in quotes, or render it first"});
  }
  if (open_.size() == kDocumentLevelsMax) {
    refuse(line, fmt::format("at most {} levels", kDocumentLevelsMax), "one more", "");
    return;
  }
  if (!spend({1, 0, 0}, line)) return;
  Open& next = open_.emplace_back();
  next.value.type = list_or_map;
  next.value.line = line;
  next.anchor = anchor;
  next.is_key = stands_as_key;
}

void TreeBuilder::end() {
  if (refused_) return;
  Open done = std::move(open_.back());
  open_.pop_back();
  if (done.value.type == Value::Type::Map) finish_map(done);
  auto shared = std::make_shared<const Value>(std::move(done.value));
  if (done.anchor != 0) anchors_[done.anchor] = {shared, done.extent};
  if (done.is_key) {
    open_.back().has_key = true;
    open_.back().key_is_unfit = true;
    return;
  }
  attach(shared, done.extent);
}

void TreeBuilder::alias(Anchor anchor, int line) {
  if (refused_) return;
  if (wants_key()) {
    problems_.push_back({place(line), "a text as key of a mapping", "an alias", ""});
    open_.back().has_key = true;
    open_.back().key_is_unfit = true;
    return;
  }
  const auto known = anchors_.find(anchor);
  if (known == anchors_.end()) {
    refuse(line, "an alias of a value that is complete", "an alias inside the value it names", "");
    return;
  }
  const auto& [value, extent] = known->second;
  if (open_.size() + extent.levels > kDocumentLevelsMax) {
    refuse(line, fmt::format("at most {} levels after aliases are followed", kDocumentLevelsMax),
           "more", "");
    return;
  }
  if (spend(extent, line)) attach(value, extent);
}

bool TreeBuilder::wants_key() const {
  return !open_.empty() && open_.back().value.type == Value::Type::Map && !open_.back().has_key;
}

Place TreeBuilder::place(int line) const {
  std::string pointer;
  for (const Open& level : open_) {
    if (level.value.type == Value::Type::List) {
      pointer += "/" + std::to_string(level.value.items.size());
    } else if (level.has_key) {
      pointer += "/" + pointer_token(level.key);
    }
  }
  return {file_, line, pointer};
}

ValuePtr TreeBuilder::take_root() { return refused_ ? nullptr : std::exchange(root_, nullptr); }

void TreeBuilder::attach(const ValuePtr& value, const Extent& extent) {
  if (open_.empty()) {
    root_ = value;
    return;
  }
  Open& parent = open_.back();
  parent.extent.nodes += extent.nodes;
  parent.extent.bytes += extent.bytes + parent.key.size();
  parent.extent.levels = std::max(parent.extent.levels, extent.levels + 1);
  if (parent.value.type == Value::Type::List) {
    parent.value.items.push_back(value);
    return;
  }
  if (parent.key_is_merge) {
    merge(parent, value);
  } else if (!parent.key_is_unfit) {
    parent.value.members.push_back({std::move(parent.key), parent.key_line, value});
  }
  parent.key.clear();
  parent.has_key = false;
  parent.key_is_merge = false;
  parent.key_is_unfit = false;
}

void TreeBuilder::merge(Open& map, const ValuePtr& value) {
  const auto is_map = [](const ValuePtr& v) { return v->type == Value::Type::Map; };
  if (is_map(value)) {
    map.merged.push_back(value);
  } else if (value->type == Value::Type::List &&
             std::all_of(value->items.begin(), value->items.end(), is_map)) {
    map.merged.insert(map.merged.end(), value->items.begin(), value->items.end());
  } else {
    problems_.push_back(
        {place(value->line), "a mapping, or a list of mappings, to merge", describe(*value), ""});
  }
}

void TreeBuilder::finish_map(Open& map) {
  std::vector<Member>& members = map.value.members;
  const auto by_key = [&](std::size_t a, std::size_t b) { return members[a].key < members[b].key; };
  std::vector<std::size_t> order(members.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), by_key);
  std::vector<bool> repeated(members.size(), false);
  for (std::size_t i = 1; i < order.size(); ++i) {
    const Member& earlier = members[order[i - 1]];
    const Member& later = members[order[i]];
    if (earlier.key != later.key) continue;
    Place where = place(later.line);
    where.pointer += "/" + pointer_token(later.key);
    problems_.push_back({std::move(where), "each key once in a mapping",
                         fmt::format("a second one; another is on line {}", earlier.line),
                         "keep one of them"});
    repeated[order[i]] = true;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (repeated[i]) continue;
    if (kept != i) members[kept] = std::move(members[i]);
    ++kept;
  }
  members.resize(kept);
  if (map.merged.empty()) return;
  // Keys of the map itself win, then those of the mapping merged first.
  std::set<std::string_view> taken;
  for (const Member& member : members) taken.insert(member.key);
  std::vector<Member> inherited;
  for (const ValuePtr& source : map.merged) {
    for (const Member& member : source->members) {
      if (taken.insert(member.key).second) inherited.push_back(member);
    }
  }
  members.insert(members.end(), inherited.begin(), inherited.end());
}

bool TreeBuilder::spend(const Extent& extent, int line) {
  budget_.nodes += extent.nodes;
  budget_.bytes += extent.bytes;
  if (!open_.empty()) budget_.bytes += open_.back().key.size();
  if (budget_.nodes > kDocumentNodesMax) {
    refuse(line, fmt::format("at most {} values after aliases are followed", kDocumentNodesMax),
           "more", "split the file");
    return false;
  }
  if (budget_.bytes > kDocumentBytesMax) {
    refuse(line, fmt::format("at most {} MiB after aliases are followed", kDocumentBytesMax >> 20),
           "more", "split the file");
    return false;
  }
  return true;
}

void TreeBuilder::refuse(int line, std::string expected, std::string found, std::string hint) {
  problems_.push_back({place(line), std::move(expected), std::move(found), std::move(hint)});
  refused_ = true;
  open_.clear();
  anchors_.clear();
}

}  // namespace orrery::api
