#include "runner/scenario/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "models/api/document.h"

namespace orrery::scenario {
namespace {

constexpr std::size_t kTextMax = std::size_t{4} << 20;
constexpr std::size_t kValuesMax = 200'000;

/// The text with every comment blanked out, so that lines stay where they are. A comment without
/// end is left for the parser to stumble over.
std::string without_comments(std::string_view text) {
  std::string blank{text};
  bool in_text = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') in_text = !in_text;
    if (in_text && text[at] == '\\') ++at;
    if (in_text || at >= text.size() || text[at] != '/') continue;
    const std::string_view rest = text.substr(at);
    std::size_t end = at;
    if (rest.starts_with("//")) {
      end = std::min(text.find('\n', at), text.size());
    } else if (rest.starts_with("/*")) {
      const std::size_t close = text.find("*/", at + 2);
      end = close == std::string_view::npos ? at : close + 2;
    }
    for (std::size_t blanked = at; blanked < end; ++blanked) {
      if (blank[blanked] != '\n') blank[blanked] = ' ';
    }
    if (end > at) at = end - 1;
  }
  return blank;
}

/// Copies the shared tree of the parser into one of our own, in which every value knows its place.
class Conversion {
 public:
  explicit Conversion(const std::string& file) : file_{file} {}

  /// Nothing when aliases make it too large.
  std::optional<Value> convert(const api::Value& from) {
    Value root = copy(from, {file_, from.line, {}});
    return count_ > kValuesMax ? std::nullopt : std::optional{std::move(root)};
  }

 private:
  Value copy(const api::Value& from, const api::Place& where) {
    Value value;
    value.where = where;
    if (++count_ > kValuesMax) return value;
    switch (from.type) {
      case api::Value::Type::Null:
        break;
      case api::Value::Type::Bool:
        value.type = Value::Type::Boolean;
        value.text = from.integer != 0 ? "true" : "false";
        break;
      case api::Value::Type::Integer:
        value.type = Value::Type::Number;
        value.text = std::to_string(from.integer);
        break;
      case api::Value::Type::Decimal:
        value.type = Value::Type::Number;
        value.text = from.text;
        break;
      case api::Value::Type::Text:
        value.type = Value::Type::Text;
        value.text = from.text;
        break;
      case api::Value::Type::List:
        value.type = Value::Type::List;
        for (const api::ValuePtr& item : from.items) {
          const std::string step = pointer_step(std::to_string(value.children.size()));
          value.children.push_back(copy(*item, {file_, item->line, where.pointer + step}));
        }
        break;
      case api::Value::Type::Map:
        value.type = Value::Type::Object;
        for (const api::Member& member : from.members) {
          value.children.push_back(
              copy(*member.value, {file_, member.line, where.pointer + pointer_step(member.key)}));
          value.children.back().key = member.key;
        }
        break;
    }
    return value;
  }

  const std::string& file_;
  std::size_t count_ = 0;
};

/// The steps of a JSON Pointer with ~1 and ~0 undone.
std::vector<std::string> steps_of(std::string_view pointer) {
  std::vector<std::string> steps;
  for (std::size_t at = 0; at < pointer.size(); ++at) {
    if (pointer[at] == '/') {
      steps.emplace_back();
    } else if (!steps.empty()) {
      const bool escaped = pointer[at] == '~' && at + 1 < pointer.size();
      steps.back() += !escaped ? pointer[at] : pointer[at + 1] == '1' ? '/' : '~';
      if (escaped) ++at;
    }
  }
  return steps;
}

/// Moves a tree that was read on its own to where it now stands.
void move_to(Value& value, const api::Place& where) {
  value.where = where;
  for (std::size_t index = 0; index < value.children.size(); ++index) {
    Value& child = value.children[index];
    const bool member = value.type == Value::Type::Object;
    const std::string step = pointer_step(member ? child.key : std::to_string(index));
    move_to(child, {where.file, where.line, where.pointer + step});
  }
}

Value value_from(std::string_view text, const api::Place& where) {
  Document document = read_document(text, where.file, Syntax::Json);
  Value value;
  if (document.root && document.problems.empty()) {
    value = std::move(*document.root);
  } else {
    value.type = Value::Type::Text;
    value.text = std::string{text};
  }
  move_to(value, where);
  return value;
}

}  // namespace

const Value* Value::find(std::string_view member) const {
  for (const Value& child : children) {
    if (type == Type::Object && child.key == member) return &child;
  }
  return nullptr;
}

std::string json_text(const Value& value) {
  const auto quoted = [](const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  };
  switch (value.type) {
    case Value::Type::Null:
      return "null";
    case Value::Type::Boolean:
    case Value::Type::Number:
      return value.text;
    case Value::Type::Text:
      return quoted(value.text);
    case Value::Type::List:
    case Value::Type::Object:
      break;
  }
  const bool object = value.type == Value::Type::Object;
  std::string text = object ? "{" : "[";
  for (const Value& child : value.children) {
    if (text.size() > 1) text += ",";
    if (object) text += quoted(child.key) + ":";
    text += json_text(child);
  }
  return text + (object ? "}" : "]");
}

std::string pointer_step(std::string_view key) { return "/" + api::pointer_token(key); }

Syntax syntax_of(std::string_view file, std::string_view text) {
  if (file.ends_with(".json") || file.ends_with(".jsonc")) return Syntax::Json;
  if (file.ends_with(".yaml") || file.ends_with(".yml")) return Syntax::Yaml;
  const auto first = text.find_first_not_of(" \t\r\n");
  const bool json = first != std::string_view::npos &&
                    (text[first] == '{' || text[first] == '[' || text[first] == '/');
  return json ? Syntax::Json : Syntax::Yaml;
}

Document read_document(std::string_view text, const std::string& file, Syntax syntax) {
  Document document;
  if (text.size() > kTextMax) {
    document.problems.push_back(
        {{file, 0, {}}, "at most 4 MiB of text", fmt::format("{} bytes", text.size()), {}});
    return document;
  }
  api::Documents read = syntax == Syntax::Json
                            ? api::read_json_document(without_comments(text), file)
                            : api::read_documents(text, file);
  document.problems = std::move(read.problems);
  for (api::Problem& problem : document.problems) {
    if (problem.expected != "JSON") continue;
    problem.expected = "JSON with comments";
    problem.hint = "no comma stands before } or ], and text stands in double quotes";
  }
  if (read.roots.size() == 1) {
    document.root = Conversion{file}.convert(*read.roots.front());
    if (!document.root) {
      document.problems.push_back(
          {{file, 0, {}}, "at most 200,000 values", "more", "an alias may repeat a large part"});
    }
  } else if (document.problems.empty()) {
    document.problems.push_back(
        {{file, 0, {}},
         "one document",
         read.roots.empty() ? "nothing" : fmt::format("{}", read.roots.size()),
         read.roots.empty() ? "the file is empty, or all of it is comments"
                            : "--- begins another one"});
  }
  return document;
}

bool replace(Value& root, std::string_view pointer, std::string_view text) {
  const std::vector<std::string> steps = steps_of(pointer);
  if (steps.empty() || !pointer.starts_with('/')) return false;
  Value* at = &root;
  for (const std::string& step : steps) {
    const std::string inner = at->where.pointer + pointer_step(step);
    Value* next = nullptr;
    for (std::size_t index = 0; index < at->children.size(); ++index) {
      const bool named = at->type == Value::Type::Object ? at->children[index].key == step
                                                         : std::to_string(index) == step;
      if (named) next = &at->children[index];
    }
    const bool at_end = at->type == Value::Type::List &&
                        (step == "-" || step == std::to_string(at->children.size()));
    if (next == nullptr && (at->type == Value::Type::Object || at_end)) {
      at->children.emplace_back();
      next = &at->children.back();
      next->type = Value::Type::Object;
      if (!at_end) next->key = step;
      next->where = {at->where.file, 0, inner};
    }
    if (next == nullptr) return false;
    at = next;
  }
  Value value = value_from(text, at->where);
  value.key = at->key;
  *at = std::move(value);
  return true;
}

}  // namespace orrery::scenario
