#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "models/api/text_parsers.h"

namespace orrery::api {
namespace {

/// Walks a text and tells a bystander how far the parser has read: its events carry no position.
class Reported {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Reported(const char* at, const char** read_to) : at_{at}, read_to_{read_to} {}

  reference operator*() const { return *at_; }
  Reported& operator++() {
    ++at_;
    *read_to_ = at_;
    return *this;
  }
  Reported operator++(int) {
    const Reported before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const Reported& a, const Reported& b) { return a.at_ == b.at_; }

 private:
  const char* at_;
  const char** read_to_;
};

class JsonEvents {
 public:
  JsonEvents(TreeBuilder& tree, const char* start, int first_line)
      : tree_{tree}, read_to_{start}, counted_to_{start}, line_{first_line} {}

  [[nodiscard]] const char** read_to() { return &read_to_; }
  [[nodiscard]] const std::string& error() const { return error_; }

  /// The parser looks at most one character beyond a token, so the last one read is not counted.
  int line() {
    if (read_to_ > counted_to_) {
      line_ += static_cast<int>(std::count(counted_to_, read_to_ - 1, '\n'));
      counted_to_ = read_to_ - 1;
    }
    return line_;
  }

  bool null() { return scalar(Value::Type::Null, 0, {}); }
  bool boolean(bool value) { return scalar(Value::Type::Bool, value ? 1 : 0, {}); }
  bool number_integer(std::int64_t value) { return scalar(Value::Type::Integer, value, {}); }
  bool number_unsigned(std::uint64_t value) {
    if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return number_integer(static_cast<std::int64_t>(value));
    }
    return scalar(Value::Type::Decimal, 0, std::to_string(value));
  }
  bool number_float(double, const std::string& written) {
    return scalar(Value::Type::Decimal, 0, written);
  }
  bool string(std::string& value) { return scalar(Value::Type::Text, 0, std::move(value)); }
  bool binary(std::vector<std::uint8_t>&) { return false; }
  bool start_object(std::size_t) { return begin(Value::Type::Map); }
  bool start_array(std::size_t) { return begin(Value::Type::List); }
  bool end_object() { return end(); }
  bool end_array() { return end(); }
  bool key(std::string& name) {
    tree_.key(std::move(name), line());
    return !tree_.refused();
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: what happened"
    error_ = error.what();
    const std::size_t where = error_.find("column ");
    const std::size_t what = error_.find(": ", where == std::string::npos ? 0 : where);
    if (what != std::string::npos) error_.erase(0, what + 2);
    return false;
  }

 private:
  bool scalar(Value::Type type, std::int64_t integer, std::string text) {
    tree_.scalar({type, line(), integer, std::move(text), {}, {}});
    return !tree_.refused();
  }
  bool begin(Value::Type type) {
    tree_.begin(type, line());
    return !tree_.refused();
  }
  bool end() {
    tree_.end();
    return !tree_.refused();
  }

  TreeBuilder& tree_;
  const char* read_to_;
  const char* counted_to_;
  int line_;
  std::string error_;
};

}  // namespace

Documents parse_json(std::string_view text, const std::string& file, int first_line,
                     Budget& budget) {
  Documents documents;
  TreeBuilder tree{file, budget, documents.problems};
  JsonEvents events{tree, text.data(), first_line};
  bool complete = false;
  std::string error;
  try {
    const Reported first{text.data(), events.read_to()};
    const Reported last{text.data() + text.size(), events.read_to()};
    complete = nlohmann::json::sax_parse(first, last, &events);
    error = events.error();
  } catch (const std::exception& thrown) {
    error = thrown.what();
  }
  if (!complete) {
    if (!tree.refused()) {
      documents.problems.push_back({{file, events.line(), ""}, "JSON", error, ""});
    }
    return documents;
  }
  if (ValuePtr root = tree.take_root()) documents.roots.push_back(std::move(root));
  return documents;
}

}  // namespace orrery::api
