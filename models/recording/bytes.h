/// @file
/// Bytes of a recording: little-endian numbers, numbers of 7 bits a byte, texts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace orrery::recording {

/// Appends to `out`.
class ByteWriter {
 public:
  void byte(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  /// The lowest `bytes` bytes of the value, lowest first.
  void fixed(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) byte(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  /// Seven bits a byte, lowest first; the eighth says that more follow.
  void number(std::uint64_t value) {
    if (value < 0x80) {
      byte(static_cast<std::uint8_t>(value));
      return;
    }
    std::array<char, 10> digits{};
    std::size_t size = 0;
    for (; value >= 0x80; value >>= 7) digits[size++] = static_cast<char>(value | 0x80);
    digits[size++] = static_cast<char>(value);
    out_.append(digits.data(), size);
  }
  /// 0, -1, 1, -2, … as 0, 1, 2, 3, …
  void whole(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    number((bits << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0));
  }
  void text(std::string_view value) {
    number(value.size());
    out_.append(value);
  }
  [[nodiscard]] std::string& bytes() { return out_; }
  [[nodiscard]] const std::string& bytes() const { return out_; }

 private:
  std::string out_;
};

/// Reads what a ByteWriter wrote. Past the end, and after anything that cannot be, it has failed:
/// every further value is 0.
class ByteReader {
 public:
  explicit ByteReader(std::string_view in) : in_{in} {}

  [[nodiscard]] std::uint8_t byte() {
    if (in_.empty()) {
      failed_ = true;
      return 0;
    }
    const auto value = static_cast<std::uint8_t>(in_.front());
    in_.remove_prefix(1);
    return value;
  }
  [[nodiscard]] std::uint64_t fixed(int bytes) {
    std::uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value |= std::uint64_t{byte()} << (8 * i);
    return value;
  }
  [[nodiscard]] std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      value |= std::uint64_t{next & 0x7fU} << shift;
      if ((next & 0x80U) == 0) return failed_ ? 0 : value;
    }
    fail();
    return 0;
  }
  [[nodiscard]] std::int64_t whole() {
    const std::uint64_t bits = number();
    return static_cast<std::int64_t>((bits >> 1) ^ ((bits & 1) != 0 ? ~std::uint64_t{0} : 0));
  }
  [[nodiscard]] std::uint32_t small() {
    const std::uint64_t value = number();
    if (value > 0xffff'ffffULL) fail();
    return failed_ ? 0 : static_cast<std::uint32_t>(value);
  }
  [[nodiscard]] std::string_view text() { return bytes(number()); }
  [[nodiscard]] std::string_view bytes(std::uint64_t size) {
    if (size > in_.size()) {
      fail();
      return {};
    }
    const std::string_view value = in_.substr(0, static_cast<std::size_t>(size));
    in_.remove_prefix(value.size());
    return value;
  }
  /// How many things follow that take at least `least` bytes each.
  [[nodiscard]] std::size_t count(std::size_t least) {
    const std::uint64_t value = number();
    if (value > in_.size() / least) fail();
    return failed_ ? 0 : static_cast<std::size_t>(value);
  }
  [[nodiscard]] std::size_t left() const { return in_.size(); }
  [[nodiscard]] bool failed() const { return failed_; }
  void fail() {
    failed_ = true;
    in_ = {};
  }

 private:
  std::string_view in_;
  bool failed_ = false;
};

}  // namespace orrery::recording
