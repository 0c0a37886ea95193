#include "gui/model/scenario_values.h"

#include <algorithm>

namespace orrery::gui {
namespace {

/// Behind the text that begins with a quotation mark at `at`; the line's end, if it has none.
qsizetype behind_quoted(const QString& line, qsizetype at) {
  const QChar mark = line[at++];
  while (at < line.size() && line[at] != mark) at += mark == '"' && line[at] == '\\' ? 2 : 1;
  return std::min(at + 1, line.size());
}

bool is_key(const QString& line, qsizetype behind) {
  while (behind < line.size() && line[behind].isSpace()) ++behind;
  return behind < line.size() && line[behind] == ':';
}

/// Of JSON, and of the part of a line of YAML that is written like it.
class FlowValues {
 public:
  FlowValues(int line, std::vector<ValuePlace>& into) : line_{line}, into_{into} {}

  /// `in_comment`: a comment of several lines is open at the beginning, and at the end.
  void read(const QString& line, qsizetype at, bool yaml, bool& in_comment) {
    while (at < line.size()) {
      if (in_comment) {
        const qsizetype end = line.indexOf("*/", at);
        if (end < 0) return;
        in_comment = false;
        at = end + 2;
        continue;
      }
      const QChar c = line[at];
      if (yaml ? c == '#' : line.mid(at, 2) == "//") return;
      if (!yaml && line.mid(at, 2) == "/*") {
        in_comment = true;
        at += 2;
        continue;
      }
      if (c.isSpace() || QStringLiteral("{}[],:").contains(c)) {
        ++at;
        continue;
      }
      const qsizetype from = at;
      if (c == '"' || (yaml && c == '\'')) {
        at = behind_quoted(line, at);
      } else {
        at = behind_word(line, at, yaml);
      }
      if (!is_key(line, at)) into_.push_back({line_, from, at - from});
    }
  }

 private:
  static qsizetype behind_word(const QString& line, qsizetype at, bool yaml) {
    const qsizetype from = at;
    for (; at < line.size(); ++at) {
      const QChar c = line[at];
      if (QStringLiteral("{}[],").contains(c)) break;
      if (c == ':' && (!yaml || at + 1 == line.size() || line[at + 1].isSpace())) break;
      if (!yaml && (c.isSpace() || c == '/')) break;
      if (yaml && c == '#' && line[at - 1].isSpace()) break;
    }
    while (at > from + 1 && line[at - 1].isSpace()) --at;
    return std::max(at, from + 1);
  }

  int line_;
  std::vector<ValuePlace>& into_;
};

qsizetype indent_of(const QString& line) {
  const auto first = std::find_if(line.begin(), line.end(), [](QChar c) { return !c.isSpace(); });
  return first - line.begin();
}

/// Behind "- " and "key: " of a line of YAML; nothing follows them: the line's end.
qsizetype begin_of_value(const QString& line, bool& has_key) {
  qsizetype at = indent_of(line);
  while (line.mid(at, 2) == "- ") {
    ++at;
    while (at < line.size() && line[at].isSpace()) ++at;
  }
  has_key = false;
  if (at >= line.size() || QStringLiteral("{[#").contains(line[at])) return at;
  qsizetype colon = line[at] == '"' || line[at] == '\'' ? behind_quoted(line, at) : at;
  while (colon < line.size()) {
    const bool ends = colon + 1 == line.size() || line[colon + 1].isSpace();
    if (line[colon] == ':' && ends) break;
    if (line[colon] == '#' && colon > 0 && line[colon - 1].isSpace()) return at;
    ++colon;
  }
  if (colon >= line.size()) return at;
  has_key = true;
  ++colon;
  while (colon < line.size() && line[colon].isSpace()) ++colon;
  return colon;
}

void read_yaml_line(const QString& line, int number, std::vector<ValuePlace>& values,
                    bool& begins_block) {
  bool has_key = false;
  const qsizetype at = begin_of_value(line, has_key);
  begins_block = false;
  if (at >= line.size() || line.startsWith("---")) return;
  const QChar first = line[at];
  begins_block = first == '|' || first == '>';
  if (begins_block || QStringLiteral("#&*!").contains(first)) return;
  if (!has_key && line[at] == '-' && at + 1 == line.size()) return;
  bool no_comment = false;
  if (first == '{' || first == '[') {
    FlowValues{number, values}.read(line, at, true, no_comment);
    return;
  }
  qsizetype end = line.size();
  if (first == '"' || first == '\'') {
    end = behind_quoted(line, at);
  } else if (const qsizetype comment = line.indexOf(" #", at); comment >= 0) {
    end = comment;
  }
  while (end > at + 1 && line[end - 1].isSpace()) --end;
  values.push_back({number, at, end - at});
}

}  // namespace

std::vector<ValuePlace> values_of(const QStringList& lines, bool is_json) {
  std::vector<ValuePlace> values;
  bool in_comment = false;
  qsizetype block = -1;  // The indent of the key of a text over several lines.
  for (qsizetype i = 0; i < lines.size(); ++i) {
    const int number = static_cast<int>(i) + 1;
    const QString& line = lines[i];
    if (is_json) {
      FlowValues{number, values}.read(line, 0, false, in_comment);
      continue;
    }
    const qsizetype indent = indent_of(line);
    if (block >= 0 && (indent == line.size() || indent > block)) continue;
    bool begins_block = false;
    read_yaml_line(line, number, values, begins_block);
    block = begins_block ? indent : -1;
  }
  return values;
}

}  // namespace orrery::gui
