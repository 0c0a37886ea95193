#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <sstream>

#include "models/api/text_parsers.h"

namespace orrery::api {
namespace {

constexpr std::string_view kPlainTag = "?";
constexpr std::string_view kQuotedTag = "!";
constexpr std::string_view kCoreTags = "tag:yaml.org,2002:";

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

/// go-yaml v2 reads these as booleans, so that `value: yes` is a mistake in a manifest.
std::optional<bool> boolean(std::string_view text) {
  static constexpr std::array<std::string_view, 11> kTrue{"true", "True", "TRUE", "y",  "Y", "yes",
                                                          "Yes",  "YES",  "on",   "On", "ON"};
  static constexpr std::array<std::string_view, 11> kFalse{
      "false", "False", "FALSE", "n", "N", "no", "No", "NO", "off", "Off", "OFF"};
  if (is_one_of(text, kTrue)) return true;
  if (is_one_of(text, kFalse)) return false;
  return std::nullopt;
}

bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// [digits][.digits][e[+-]digits] with at least one digit before the exponent.
bool is_decimal(std::string_view text) {
  const std::size_t exponent = text.find_first_of("eE");
  std::string_view mantissa = text.substr(0, exponent);
  if (exponent != std::string_view::npos) {
    std::string_view digits = text.substr(exponent + 1);
    if (!digits.empty() && (digits.front() == '+' || digits.front() == '-'))
      digits.remove_prefix(1);
    if (digits.empty() || !all_digits(digits)) return false;
  }
  const std::size_t point = mantissa.find('.');
  const std::string_view whole = mantissa.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view{} : mantissa.substr(point + 1);
  return !(whole.empty() && fraction.empty()) && all_digits(whole) && all_digits(fraction);
}

/// Fills type, number and text from a plain scalar.
void resolve_plain(const std::string& written, Value& value) {
  value.text = written;
  if (const auto truth = boolean(written)) {
    value.type = Value::Type::Bool;
    value.integer = *truth ? 1 : 0;
    return;
  }
  value.type = Value::Type::Text;
  static constexpr std::array<std::string_view, 7> kNotFinite{".inf",  ".Inf", ".INF", "+.inf",
                                                              "-.inf", ".nan", ".NaN"};
  if (is_one_of(std::string_view{written}, kNotFinite)) {
    value.type = Value::Type::Decimal;
    return;
  }
  if (written.empty() ||
      std::string_view{"+-.0123456789"}.find(written[0]) == std::string_view::npos)
    return;

  std::string digits;
  std::remove_copy(written.begin(), written.end(), std::back_inserter(digits), '_');
  const bool negative = digits[0] == '-';
  if (negative || digits[0] == '+') digits.erase(0, 1);
  int base = 10;
  std::size_t prefix = 0;
  if (digits.size() > 1 && digits[0] == '0') {
    const char mark = digits[1];
    base = mark == 'x' || mark == 'X' ? 16 : mark == 'b' || mark == 'B' ? 2 : 8;
    prefix = mark >= '0' && mark <= '9' ? 1 : 2;
    if (base == 8 && prefix == 2 && mark != 'o' && mark != 'O') prefix = digits.size();
  }
  const std::string number = (negative ? "-" : "") + digits.substr(prefix);
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), value.integer, base);
  const bool whole =
      end == number.data() + number.size() && digits.size() > prefix && digits[prefix] != '-';
  if (whole && error == std::errc{}) {
    value.type = Value::Type::Integer;
    return;
  }
  value.integer = 0;
  if ((whole && error == std::errc::result_out_of_range) || is_decimal(digits)) {
    value.type = Value::Type::Decimal;
    value.text = (negative ? "-" : "") + digits;
  }
}

/// Whether a tab stands in the indentation of that line, which YAML forbids and no eye sees.
bool tab_indents(std::string_view text, int line) {
  std::size_t at = 0;
  for (; line > 0 && at != std::string_view::npos; --line) {
    at = text.find('\n', at);
    if (at != std::string_view::npos) ++at;
  }
  if (at == std::string_view::npos) return false;
  const std::string_view rest = text.substr(at);
  const std::string_view indentation = rest.substr(0, rest.find_first_not_of(" \t"));
  return indentation.find('\t') != std::string_view::npos;
}

class YamlEvents : public YAML::EventHandler {
 public:
  YamlEvents(TreeBuilder& tree, std::vector<Problem>& problems, int first_line)
      : tree_{tree}, problems_{problems}, first_line_{first_line} {}

  void OnDocumentStart(const YAML::Mark& mark) override { start_ = mark; }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (tree_.wants_key()) {
      tree_.key("", line(mark));
      return;
    }
    tree_.scalar({Value::Type::Null, line(mark), 0, {}, {}, {}}, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    tree_.alias(anchor, line(mark));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    if (tree_.wants_key()) {
      if (tag == kPlainTag && text == "<<") {
        tree_.merge_key(line(mark));
      } else {
        tree_.key(text, line(mark));
      }
      return;
    }
    Value value;
    value.line = line(mark);
    const bool core = tag.compare(0, kCoreTags.size(), kCoreTags) == 0;
    const std::string kind = core ? tag.substr(kCoreTags.size()) : std::string{};
    if (tag == kPlainTag || tag.empty() || kind == "int" || kind == "float" || kind == "bool") {
      resolve_plain(text, value);
    } else if (kind != "null") {
      value.type = Value::Type::Text;
      value.text = text;
      if (tag != kQuotedTag && kind != "str") complain_about(tag, mark);
    }
    tree_.scalar(std::move(value), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin(Value::Type::List, mark, tag, anchor);
  }
  void OnSequenceEnd() override { tree_.end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin(Value::Type::Map, mark, tag, anchor);
  }
  void OnMapEnd() override { tree_.end(); }

  /// Of the last document; null_mark() before the first.
  [[nodiscard]] const YAML::Mark& start() const { return start_; }

 private:
  [[nodiscard]] int line(const YAML::Mark& mark) const { return first_line_ + mark.line; }

  void begin(Value::Type type, const YAML::Mark& mark, const std::string& tag,
             YAML::anchor_t anchor) {
    const bool usual = tag.empty() || tag == kPlainTag || tag == kQuotedTag ||
                       tag.compare(0, kCoreTags.size(), kCoreTags) == 0;
    if (!usual) complain_about(tag, mark);
    tree_.begin(type, line(mark), anchor);
  }

  void complain_about(const std::string& tag, const YAML::Mark& mark) {
    if (tree_.refused()) return;
    problems_.push_back({tree_.place(line(mark)), "a value without a tag", "the tag " + tag,
                         "Kubernetes knows no tags; write the plain value"});
  }

  TreeBuilder& tree_;
  std::vector<Problem>& problems_;
  int first_line_;
  YAML::Mark start_ = YAML::Mark::null_mark();
};

}  // namespace

Documents parse_yaml(std::string_view text, const std::string& file, int first_line,
                     Budget& budget) {
  Documents documents;
  // What was found in a document before it proved to be no YAML is mostly noise of the parser.
  std::size_t sound_count = 0;
  const auto broken = [&](int line, const std::string& what) {
    documents.problems.resize(sound_count);
    std::string hint;
    if (text.find("{{") != std::string_view::npos) {
      hint = "the text holds {{ ... }}: render the template first";
    } else if (tab_indents(text, line - first_line)) {
      hint = "a tab stands before the text; YAML indents with spaces";
    }
    documents.problems.push_back({{file, line, ""}, "YAML", what, hint});
  };
  try {
    std::istringstream stream{std::string{text}};
    YAML::Parser parser{stream};
    int previous_start = -1;
    for (bool more = true; more;) {
      TreeBuilder tree{file, budget, documents.problems};
      YamlEvents events{tree, documents.problems, first_line};
      more = parser.HandleNextDocument(events);
      if (more && events.start().pos == previous_start) {
        // The parser stands before something that begins no document, and would for ever.
        broken(first_line + events.start().line, "something behind the document's end");
        break;
      }
      previous_start = events.start().pos;
      ValuePtr root = tree.take_root();
      if (root && root->type != Value::Type::Null) documents.roots.push_back(std::move(root));
      more = more && !tree.refused();
      sound_count = documents.problems.size();
    }
  } catch (const YAML::Exception& error) {
    broken(first_line + std::max(error.mark.line, 0), error.msg);
  } catch (const std::exception& error) {
    broken(first_line, error.what());
  }
  return documents;
}

}  // namespace orrery::api
