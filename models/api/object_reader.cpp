#include "models/api/object_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "models/api/name_rules.h"

namespace orrery::api {
namespace {

constexpr std::int64_t kSecondsMax = std::numeric_limits<std::int32_t>::max();

/// "[-]1[.5]" with at most nine decimals, exactly.
std::optional<Duration> parse_seconds(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  std::string digits{text.substr(0, point)};
  std::string_view fraction =
      point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  if (digits.empty() || fraction.size() > 9) return std::nullopt;
  digits += fraction;
  digits.append(9 - fraction.size(), '0');
  if (negative) digits.insert(0, 1, '-');
  std::int64_t ns = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), ns);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return Duration::nanoseconds(ns);
}

std::string quote_hint(const Value& value) {
  const bool scalar = value.type == Value::Type::Bool || value.type == Value::Type::Integer ||
                      value.type == Value::Type::Decimal;
  if (!scalar) return "";
  // Who writes n, no or off rarely knows.
  const bool hidden =
      value.type == Value::Type::Bool && value.text != "true" && value.text != "false";
  if (!hidden) return "put it in quotes";
  return std::string{"YAML reads it as "} + (value.integer != 0 ? "true" : "false") +
         "; put it in quotes";
}

std::string choices(const char* const* names, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) text += i + 1 == count ? " or " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace

std::string pointer_to(const Cursor& at) {
  if (at.parent == nullptr) return {};
  std::string pointer = pointer_to(*at.parent) + "/";
  return pointer + (at.in_list ? std::to_string(at.index) : pointer_token(at.key));
}

std::string field_path(const Cursor& at) {
  if (at.parent == nullptr) return {};
  const std::string parent = field_path(*at.parent);
  if (at.in_list) return parent + "[]";
  return parent.empty() ? std::string{at.key} : parent + "." + std::string{at.key};
}

Place Reading::place(const Cursor& at) const {
  const std::string& file = at.value->file ? *at.value->file : file_;
  return {file, at.value->line, pointer_to(at)};
}

void Reading::problem(const Cursor& at, std::string expected, std::string found, std::string hint) {
  problems.push_back({place(at), std::move(expected), std::move(found), std::move(hint)});
}

void Reading::not_modelled(const Cursor& at, std::string what) {
  not_modelled_here.push_back({place(at), std::move(what)});
}

ObjectReader::ObjectReader(Reading& reading, const Cursor& at, const char* structure)
    : reading_{reading}, at_{at}, structure_{structure} {
  if (at.value->type != Value::Type::Map) reading.wrong(at, "a mapping");
}

std::optional<Cursor> ObjectReader::field(const char* name) {
  asked_.push_back(name);
  if (reading_.asked != nullptr) {
    reading_.asked->insert(field_path({at_.value, &at_, name, 0, false}));
  }
  const Member* member = find_member(*at_.value, name);
  if (member == nullptr || member->value->type == Value::Type::Null) return std::nullopt;
  return Cursor{member->value.get(), &at_, member->key, 0, false};
}

Cursor ObjectReader::field_or_here(const char* name) {
  const std::optional<Cursor> at = field(name);
  return at ? *at : at_;
}

bool ObjectReader::text(const char* name, std::string& out) {
  const std::optional<Cursor> at = field(name);
  if (!at) return false;
  if (at->value->type != Value::Type::Text) {
    reading_.wrong(*at, "a text", quote_hint(*at->value));
    return false;
  }
  out = at->value->text;
  return true;
}

bool ObjectReader::texts(const char* name, std::vector<std::string>& out) {
  return each(name, [&](const Cursor& element) {
    if (element.value->type == Value::Type::Text) {
      out.push_back(element.value->text);
    } else {
      reading_.wrong(element, "a text", quote_hint(*element.value));
    }
  });
}

bool ObjectReader::labels(const char* name, Labels& out) {
  const std::optional<Cursor> at = field(name);
  if (!at) return false;
  if (at->value->type != Value::Type::Map) {
    reading_.wrong(*at, "a mapping of texts");
    return false;
  }
  for (const Member& member : at->value->members) {
    const Value& value = *member.value;
    if (value.type == Value::Type::Text || value.type == Value::Type::Null) {
      out.insert_or_assign(member.key, value.text);
    } else {
      reading_.wrong({&value, &*at, member.key, 0, false}, "a text", quote_hint(value));
    }
  }
  return true;
}

bool ObjectReader::flag(const char* name, bool& out) {
  const std::optional<Cursor> at = field(name);
  if (!at) return false;
  if (at->value->type != Value::Type::Bool) {
    const bool quoted = at->value->text == "true" || at->value->text == "false";
    reading_.wrong(*at, "true or false", quoted ? "remove the quotes" : "");
    return false;
  }
  out = at->value->integer != 0;
  return true;
}

bool ObjectReader::port(const char* name, PortReference& out) {
  const std::optional<Cursor> at = field(name);
  if (!at) return false;
  if (at->value->type == Value::Type::Text) {
    if (manifest() && !is_port_name(at->value->text)) {
      const bool number = !at->value->text.empty() &&
                          at->value->text.find_first_not_of("0123456789") == std::string::npos;
      reading_.wrong(*at, "a port number, or a port name of at most 15 of a-z 0-9 -",
                     number ? "remove the quotes" : "");
      return false;
    }
    out = at->value->text;
    return true;
  }
  std::int32_t number = 0;
  if (!integer(name, number, 1, 65535)) return false;
  out = number;
  return true;
}

bool ObjectReader::seconds(const char* name, Duration& out, std::int64_t min) {
  const std::optional<Cursor> at = field(name);
  if (!at) return false;
  if (manifest()) {
    const auto count = whole_number(name, min, kSecondsMax);
    if (count) out = Duration::seconds(*count);
    return count.has_value();
  }
  const Value& value = *at->value;
  std::optional<Duration> read;
  if (value.type == Value::Type::Integer) read = parse_seconds(std::to_string(value.integer));
  if (value.type == Value::Type::Decimal) read = parse_seconds(value.text);
  if (!read) {
    reading_.wrong(*at, "seconds with at most nine decimals");
    return false;
  }
  out = *read;
  return true;
}

bool ObjectReader::seconds(const char* name, std::optional<Duration>& out, std::int64_t min) {
  Duration read;
  if (!seconds(name, read, min)) return false;
  out = read;
  return true;
}

bool ObjectReader::instant(const char* name, Instant& out) {
  std::int64_t ns = 0;
  if (!integer(name, ns)) return false;
  out = Instant::at(Duration::nanoseconds(ns));
  return true;
}

bool ObjectReader::instant(const char* name, std::optional<Instant>& out) {
  Instant read;
  if (!instant(name, read)) return false;
  out = read;
  return true;
}

bool ObjectReader::require(const char* name, const char* expected) {
  const std::optional<Cursor> at = field(name);
  if (!manifest()) return true;
  if (!at) {
    reading_.problem(at_, expected, fmt::format("no field \"{}\"", name));
    return false;
  }
  const Value& value = *at->value;
  const bool empty = (value.type == Value::Type::Text && value.text.empty()) ||
                     (value.type == Value::Type::List && value.items.empty()) ||
                     (value.type == Value::Type::Map && value.members.empty());
  if (empty) {
    reading_.problem(*at, expected,
                     value.type == Value::Type::Text   ? "an empty text"
                     : value.type == Value::Type::List ? "an empty list"
                                                       : "an empty mapping");
  }
  return !empty;
}

void ObjectReader::pass_over(std::initializer_list<const char*> names) {
  asked_.insert(asked_.end(), names.begin(), names.end());
}

void ObjectReader::finish(std::initializer_list<const char*> known) {
  const auto is_in = [](const auto& names, const std::string& name) {
    return std::any_of(names.begin(), names.end(),
                       [&](const char* candidate) { return name == candidate; });
  };
  for (const Member& member : at_.value->members) {
    if (is_in(asked_, member.key)) continue;
    const Cursor at{member.value.get(), &at_, member.key, 0, false};
    if (is_in(known, member.key)) {
      reading_.not_modelled(at, "field " + field_path(at));
      continue;
    }
    std::vector<const char*> names = asked_;
    names.insert(names.end(), known.begin(), known.end());
    const std::optional<std::string> meant = nearest(member.key, names);
    Place where = reading_.place(at);
    where.line = member.line;
    if (member.value->file) where.file = *member.value->file;
    reading_.problems.push_back({std::move(where), fmt::format("a field of {}", structure_),
                                 "\"" + member.key + "\"",
                                 meant ? fmt::format("did you mean \"{}\"?", *meant) : ""});
  }
}

std::optional<std::int64_t> ObjectReader::whole_number(const char* name, std::int64_t min,
                                                       std::int64_t max) {
  const std::optional<Cursor> at = field(name);
  if (!at) return std::nullopt;
  const Value& value = *at->value;
  if (value.type == Value::Type::Integer && value.integer >= min && value.integer <= max) {
    return value.integer;
  }
  const bool quoted = value.type == Value::Type::Text && !value.text.empty() &&
                      value.text.find_first_not_of("0123456789") == std::string::npos;
  const bool bounded_above = max != std::numeric_limits<std::int32_t>::max() &&
                             max != std::numeric_limits<std::int64_t>::max();
  reading_.wrong(*at,
                 bounded_above ? fmt::format("a whole number from {} to {}", min, max)
                               : fmt::format("a whole number, at least {}", min),
                 quoted ? "remove the quotes" : "");
  return std::nullopt;
}

std::optional<std::size_t> ObjectReader::position(const char* name, const char* const* names,
                                                  std::size_t count) {
  std::string written;
  if (!text(name, written)) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) {
    if (written == names[i]) return i;
  }
  const std::optional<std::string> meant = nearest(written, {names, names + count});
  reading_.wrong(*field(name), choices(names, count),
                 meant ? fmt::format("did you mean \"{}\"?", *meant) : "");
  return std::nullopt;
}

bool ObjectReader::each(const char* name, const std::function<void(const Cursor&)>& visit) {
  const std::optional<Cursor> at = field(name);
  if (!at) return false;
  if (at->value->type != Value::Type::List) {
    reading_.wrong(*at, "a list");
    return false;
  }
  for (std::size_t i = 0; i < at->value->items.size(); ++i) {
    visit({at->value->items[i].get(), &*at, {}, i, true});
  }
  return true;
}

}  // namespace orrery::api
