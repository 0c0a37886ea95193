/// @file
/// Writes compact JSON, leaving out what has its default: the reader fills it in again.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "models/base/time_types.h"

namespace orrery::api {

/// Appends to one text. Fields whose value equals `omitted` are not written.
class JsonWriter {
 public:
  void begin_object() { separate(), open('{'); }
  void begin_object(std::string_view name) { key(name), open('{'); }
  void end_object() { close('}'); }
  void begin_list(std::string_view name) { key(name), open('['); }
  void end_list() { close(']'); }

  void text(std::string_view name, std::string_view value, std::string_view omitted = {}) {
    if (value != omitted) text_in_full(name, value);
  }
  void text_in_full(std::string_view name, std::string_view value) { key(name), put_text(value); }
  void flag(std::string_view name, bool value, bool omitted = false);
  template <std::signed_integral Int>
  void number(std::string_view name, Int value, Int omitted = 0) {
    if (value != omitted) key(name), put_number(value);
  }
  /// Always written.
  template <std::signed_integral Int>
  void number_in_full(std::string_view name, Int value) {
    key(name), put_number(value);
  }
  void null(std::string_view name) { key(name), put("null"); }
  /// In seconds, exactly.
  void seconds(std::string_view name, Duration value, Duration omitted = {}) {
    if (value != omitted) seconds_in_full(name, value);
  }
  void seconds_in_full(std::string_view name, Duration value);
  void instant(std::string_view name, Instant value) { number(name, value.count_ns()); }
  void instant_in_full(std::string_view name, Instant value) {
    number_in_full(name, value.count_ns());
  }
  void element(std::string_view text) { separate(), put_text(text); }
  void element(std::int64_t number) { separate(), put_number(number); }

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void open(char bracket);
  void close(char bracket);
  void separate();
  void key(std::string_view name);
  void put(std::string_view raw) { text_ += raw; }
  void put_text(std::string_view value);
  void put_number(std::int64_t value);

  std::string text_;
  bool first_ = true;  ///< Nothing stands yet in the innermost object or list.
};

}  // namespace orrery::api
