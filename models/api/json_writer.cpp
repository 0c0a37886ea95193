#include "models/api/json_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "models/api/unicode.h"

namespace orrery::api {
namespace {

bool needs_care(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte >= 0x80 || c == '"' || c == '\\';
}

}  // namespace

void JsonWriter::flag(std::string_view name, bool value, bool omitted) {
  if (value == omitted) return;
  key(name);
  put(value ? "true" : "false");
}

void JsonWriter::seconds_in_full(std::string_view name, Duration value) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t whole = value.count_ns() / kSecond;
  const std::int64_t rest = value.count_ns() % kSecond;
  key(name);
  if (rest < 0 && whole == 0) text_ += '-';
  put_number(whole);
  if (rest == 0) return;
  std::string decimals = fmt::format("{:09}", rest < 0 ? -rest : rest);
  decimals.erase(decimals.find_last_not_of('0') + 1);
  text_ += '.';
  text_ += decimals;
}

void JsonWriter::open(char bracket) {
  text_ += bracket;
  first_ = true;
}

void JsonWriter::close(char bracket) {
  text_ += bracket;
  first_ = false;
}

void JsonWriter::separate() {
  if (!first_) text_ += ',';
  first_ = false;
}

void JsonWriter::key(std::string_view name) {
  separate();
  put_text(name);
  text_ += ':';
}

void JsonWriter::put_text(std::string_view value) {
  text_ += '"';
  if (std::none_of(value.begin(), value.end(), needs_care)) {
    text_ += value;
    text_ += '"';
    return;
  }
  for (std::size_t at = 0; at < value.size();) {
    const std::size_t start = at;
    const std::optional<char32_t> code = next_code_point(value, at);
    if (!code) {
      text_ += "\xef\xbf\xbd";  // U+FFFD: JSON cannot carry broken UTF-8.
    } else if (*code == U'"' || *code == U'\\') {
      text_ += '\\';
      text_ += value[start];
    } else if (*code < 0x20) {
      text_ += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(*code));
    } else {
      text_ += value.substr(start, at - start);
    }
  }
  text_ += '"';
}

void JsonWriter::put_number(std::int64_t value) {
  std::array<char, 24> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  expects(error == std::errc{}, "a 64-bit number has at most 20 digits");
  text_.append(digits.data(), end);
}

}  // namespace orrery::api
