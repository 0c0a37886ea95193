/// @file
/// A scenario file as a tree of values that remember where they stand.
///
/// JSON with comments and YAML give the same tree, so that everything after this reads one shape
/// and every problem can name a line, whichever the user wrote.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/api/reading.h"

namespace orrery::scenario {

struct Value {
  enum class Type : std::uint8_t { Null, Boolean, Number, Text, List, Object };

  Type type = Type::Null;
  api::Place where;             ///< For a member of an object, the line of its key.
  std::string key;              ///< Of a member of an object; empty otherwise.
  std::string text;             ///< Text as it reads; Number as written; "true" or "false".
  std::vector<Value> children;  ///< Items of a List, members of an Object, as written.

  /// The member with that key, or nullptr. Linear in the number of members.
  [[nodiscard]] const Value* find(std::string_view member) const;
};

/// The tree, unless the text is broken; then `problems` says where.
struct Document {
  std::optional<Value> root;
  std::vector<api::Problem> problems;
};

enum class Syntax : std::uint8_t { Json, Yaml };

/// JSON when the name ends in .json or .jsonc, YAML when it ends in .yaml or .yml; any other name:
/// JSON when the text starts with a brace, a bracket or a // comment.
[[nodiscard]] Syntax syntax_of(std::string_view file, std::string_view text);

/// Reads one document. Bounded: 4 MiB of text, 64 levels, 200,000 values with YAML aliases
/// followed; more is a Problem, and so is a key that stands twice in one object. Never throws.
[[nodiscard]] Document read_document(std::string_view text, const std::string& file, Syntax syntax);

/// The value as compact JSON, members in their order.
[[nodiscard]] std::string json_text(const Value& value);

/// `key` as one step of a JSON Pointer (RFC 6901): "a/b" -> "/a~1b".
[[nodiscard]] std::string pointer_step(std::string_view key);

/// Puts `text` where `pointer` leads; read as JSON where it is JSON, otherwise as text. Objects on
/// the way that are missing are made, and so is the item after the last of a list ("-" or its
/// index). Returns false when the way leads through something else.
[[nodiscard]] bool replace(Value& root, std::string_view pointer, std::string_view text);

}  // namespace orrery::scenario
