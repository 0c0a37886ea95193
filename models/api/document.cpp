#include "models/api/document.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "models/api/text_parsers.h"
#include "models/api/unicode.h"

namespace orrery::api {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::size_t kDescriptionMax = 60;

/// The first byte sequence that neither YAML nor JSON allows in a text.
std::optional<Problem> forbidden_character(std::string_view text, const std::string& file) {
  int line = 1;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    const std::optional<char32_t> code = next_code_point(text, at);
    if (!code) {
      return Problem{{file, line, ""},
                     "text in UTF-8",
                     fmt::format("byte {}", one_line(text.substr(start, 1), 1)),
                     "save the file as UTF-8"};
    }
    if ((*code < 0x20 && *code != '\t' && *code != '\n' && *code != '\r') || *code == 0x7f) {
      return Problem{{file, line, ""},
                     "text without control characters",
                     one_line(text.substr(start, 1), 1),
                     "inside double quotes, write it as an escape"};
    }
    if (*code == '\n') ++line;
  }
  return std::nullopt;
}

/// True at a `---` line, which ends a document whatever that document holds.
bool starts_document(std::string_view rest) {
  return rest.substr(0, 3) == "---" &&
         (rest.size() == 3 || std::string_view{" \t\r\n"}.find(rest[3]) != std::string_view::npos);
}

std::size_t end_of_document(std::string_view text, std::size_t start) {
  for (std::size_t at = text.find('\n', start); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    if (starts_document(text.substr(at + 1))) return at + 1;
  }
  return text.size();
}

bool looks_like_json(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

std::optional<Problem> too_long(std::string_view text, const std::string& file) {
  if (text.size() <= kDocumentBytesMax) return std::nullopt;
  return Problem{{file, 0, ""},
                 fmt::format("at most {} MiB of text", kDocumentBytesMax >> 20),
                 fmt::format("{} bytes", text.size()),
                 "split the file"};
}

}  // namespace

const Member* find_member(const Value& map, std::string_view key) {
  const auto found = std::find_if(map.members.begin(), map.members.end(),
                                  [&](const Member& m) { return m.key == key; });
  return found == map.members.end() ? nullptr : &*found;
}

std::string describe(const Value& value) {
  switch (value.type) {
    case Value::Type::Null:
      return "nothing";
    case Value::Type::Bool:
      if (!value.text.empty()) return value.text;
      return value.integer != 0 ? "true" : "false";
    case Value::Type::Integer:
      return value.text.empty() ? std::to_string(value.integer)
                                : one_line(value.text, kDescriptionMax);
    case Value::Type::Decimal:
      return one_line(value.text, kDescriptionMax);
    case Value::Type::Text:
      return "\"" + one_line(value.text, kDescriptionMax) + "\"";
    case Value::Type::List:
      return "a list";
    case Value::Type::Map:
      return "a mapping";
  }
  contract_violation("a value has one of the known types");
}

std::string pointer_token(std::string_view key) {
  std::string token;
  for (const char c : key) {
    if (c == '~') {
      token += "~0";
    } else if (c == '/') {
      token += "~1";
    } else {
      token += c;
    }
  }
  return token;
}

Documents read_documents(std::string_view text, const std::string& file) {
  Documents documents;
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  std::optional<Problem> unreadable = too_long(text, file);
  if (!unreadable) unreadable = forbidden_character(text, file);
  if (unreadable) {
    documents.problems.push_back(std::move(*unreadable));
    return documents;
  }
  Budget budget;
  int line = 1;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = end_of_document(text, start);
    const std::string_view chunk = text.substr(start, end - start);
    // A flow mapping starts like JSON, so that failing as JSON says nothing yet.
    Documents parsed;
    bool is_json = false;
    if (looks_like_json(chunk)) {
      Budget tried = budget;
      parsed = parse_json(chunk, file, line, tried);
      is_json = parsed.problems.empty();
      if (is_json) budget = tried;
    }
    if (!is_json) parsed = parse_yaml(chunk, file, line, budget);
    std::move(parsed.roots.begin(), parsed.roots.end(), std::back_inserter(documents.roots));
    std::move(parsed.problems.begin(), parsed.problems.end(),
              std::back_inserter(documents.problems));
    line += static_cast<int>(std::count(chunk.begin(), chunk.end(), '\n'));
    start = end;
  }
  return documents;
}

Documents read_json_document(std::string_view text, const std::string& file) {
  if (std::optional<Problem> problem = too_long(text, file)) return {{}, {std::move(*problem)}};
  Budget budget;
  return parse_json(text, file, 1, budget);
}

}  // namespace orrery::api
