/// @file
/// YAML and JSON text as one kind of tree, whose values know their line.
///
/// The tree is shared and immutable, so that an alias is a second reference and not a copy: text
/// that would expand to a million-fold is refused by counting, never built.
///
/// Source: YAML 1.2.2; scalars are resolved as Kubernetes does (go-yaml v2: `yes`, `on` are
/// booleans, `0x1f`, `0o17`, `1_000` are numbers), merge keys `<<` are followed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/api/reading.h"

namespace orrery::api {

struct Member;
struct Value;
using ValuePtr = std::shared_ptr<const Value>;

struct Value {
  enum class Type : std::uint8_t { Null, Bool, Integer, Decimal, Text, List, Map };

  Type type = Type::Null;
  int line = 0;
  std::int64_t integer = 0;  ///< Integer: the value. Bool: 0 or 1.
  /// Text: the content. Decimal: a number that is no 64-bit integer, in decimal digits. Otherwise
  /// as written, or empty.
  std::string text;
  std::vector<ValuePtr> items;  ///< List.
  std::vector<Member> members;  ///< Map: in the order of the input, keys differ.
  /// The file it stands in, if that is not the one that is read: the values of a patch.
  std::shared_ptr<const std::string> file = nullptr;
};

struct Member {
  std::string key;
  int line = 0;
  ValuePtr value;
};

/// The member with this key, or nullptr.
[[nodiscard]] const Member* find_member(const Value& map, std::string_view key);

/// What a value is, in a few words for a message: `"latest"`, `3`, `a list`, `nothing`.
[[nodiscard]] std::string describe(const Value& value);

/// The key as one token of a JSON Pointer (RFC 6901).
[[nodiscard]] std::string pointer_token(std::string_view key);

inline constexpr std::size_t kDocumentBytesMax = std::size_t{64} << 20;
inline constexpr std::size_t kDocumentNodesMax = 1'000'000;
inline constexpr std::size_t kDocumentLevelsMax = 64;

struct Documents {
  std::vector<ValuePtr> roots;  ///< Empty documents are left out.
  std::vector<Problem> problems;
};

/// All YAML documents of `text`; a document that is JSON is read as JSON. A broken document does
/// not hide those behind the next `---`. Never throws.
[[nodiscard]] Documents read_documents(std::string_view text, const std::string& file);

/// One JSON value. Never throws.
[[nodiscard]] Documents read_json_document(std::string_view text, const std::string& file);

}  // namespace orrery::api
