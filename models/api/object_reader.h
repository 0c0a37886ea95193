/// @file
/// Reads the fields of one mapping of a document, and remembers everything that is wrong with them.
///
/// The same read functions serve manifests, where people make mistakes and documented defaults fill
/// the gaps, and stored objects, which Orrery wrote itself and which must come back unchanged.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "models/api/document.h"
#include "models/api/pod.h"
#include "models/api/reading.h"

namespace orrery::api {

/// A value and the way to it. Points to its parent, which must outlive it.
struct Cursor {
  const Value* value = nullptr;
  const Cursor* parent = nullptr;
  std::string_view key;   ///< In a mapping.
  std::size_t index = 0;  ///< In a list.
  bool in_list = false;
};

/// "/spec/ports/0/name"
[[nodiscard]] std::string pointer_to(const Cursor& at);
/// "spec.ports[].name": names the field, not the element.
[[nodiscard]] std::string field_path(const Cursor& at);

/// One pass over one input: what it is and what was found so far.
class Reading {
 public:
  enum class Source : std::uint8_t { Manifest, Stored };

  /// `file` must outlive the reading.
  Reading(const std::string& file, Source source) : file_{file}, source_{source} {}

  /// Only manifests are checked against the rules of the API, as only people break them.
  [[nodiscard]] bool manifest() const { return source_ == Source::Manifest; }
  [[nodiscard]] Place place(const Cursor& at) const;

  void problem(const Cursor& at, std::string expected, std::string found, std::string hint = {});
  void wrong(const Cursor& at, std::string expected, std::string hint = {}) {
    problem(at, std::move(expected), describe(*at.value), std::move(hint));
  }
  void not_modelled(const Cursor& at, std::string what);

  std::vector<Problem> problems;
  std::vector<NotModelled> not_modelled_here;
  /// Set: takes the path of every field that is asked for, present or not.
  std::set<std::string>* asked = nullptr;

 private:
  const std::string& file_;
  Source source_;
};

/// The fields of one mapping. A function that reads a field leaves its target as it is when the
/// field is absent, null or (with a Problem) of the wrong type; it returns whether it has set it.
class ObjectReader {
 public:
  /// A Problem if `at` is no mapping. `structure` names it in messages ("Container").
  ObjectReader(Reading& reading, const Cursor& at, const char* structure);

  [[nodiscard]] Reading& reading() { return reading_; }
  [[nodiscard]] bool manifest() const { return reading_.manifest(); }
  [[nodiscard]] const Cursor& here() const { return at_; }

  /// The field, unless absent or null. Every name asked for counts as a field of the structure.
  [[nodiscard]] std::optional<Cursor> field(const char* name);
  /// The field if present, otherwise the mapping itself: where to report what the field lacks.
  [[nodiscard]] Cursor field_or_here(const char* name);

  bool text(const char* name, std::string& out);
  bool texts(const char* name, std::vector<std::string>& out);
  bool labels(const char* name, Labels& out);
  bool flag(const char* name, bool& out);
  bool port(const char* name, PortReference& out);
  /// Whole seconds in a manifest; stored, with up to nine decimals.
  bool seconds(const char* name, Duration& out, std::int64_t min = 0);
  bool seconds(const char* name, std::optional<Duration>& out, std::int64_t min = 0);
  bool instant(const char* name, Instant& out);
  bool instant(const char* name, std::optional<Instant>& out);
  /// In a manifest within [min, max].
  template <class Int>
  bool integer(const char* name, Int& out, std::int64_t min = std::numeric_limits<Int>::min(),
               std::int64_t max = std::numeric_limits<Int>::max());
  /// One of `names`, whose positions are the values of the enumeration.
  template <class Enum, class Names>
  bool choice(const char* name, Enum& out, const Names& names);

  /// Visits each element of the list.
  bool each(const char* name, const std::function<void(const Cursor&)>& visit);
  /// `read(Cursor)` gives each element of the list.
  template <class List, class Read>
  bool list(const char* name, List& out, Read read);
  /// `read(ObjectReader&)` reads the mapping.
  template <class Read>
  bool object(const char* name, const char* structure, Read read);

  /// A Problem, in a manifest, if the field is absent, null, or an empty text, list or mapping.
  bool require(const char* name, const char* expected);
  /// Fields that the API server owns: a manifest's are passed over in silence.
  void pass_over(std::initializer_list<const char*> names);
  /// Notes every field not asked for: as not modelled if it is one of `known`, which are the other
  /// fields of the structure in Kubernetes, and as a Problem if it is none.
  void finish(std::initializer_list<const char*> known);

 private:
  [[nodiscard]] std::optional<std::int64_t> whole_number(const char* name, std::int64_t min,
                                                         std::int64_t max);
  [[nodiscard]] std::optional<std::size_t> position(const char* name, const char* const* names,
                                                    std::size_t count);

  Reading& reading_;
  Cursor at_;
  const char* structure_;
  std::vector<const char*> asked_;
};

template <class Int>
bool ObjectReader::integer(const char* name, Int& out, std::int64_t min, std::int64_t max) {
  static_assert(std::is_signed_v<Int>);
  if (!manifest()) {
    min = std::numeric_limits<Int>::min();
    max = std::numeric_limits<Int>::max();
  }
  const auto number = whole_number(name, min, max);
  if (number) out = static_cast<Int>(*number);
  return number.has_value();
}

template <class Enum, class Names>
bool ObjectReader::choice(const char* name, Enum& out, const Names& names) {
  const auto found = position(name, names.data(), names.size());
  if (found) out = static_cast<Enum>(*found);
  return found.has_value();
}

template <class List, class Read>
bool ObjectReader::list(const char* name, List& out, Read read) {
  return each(name, [&](const Cursor& element) { out.push_back(read(element)); });
}

template <class Read>
bool ObjectReader::object(const char* name, const char* structure, Read read) {
  const std::optional<Cursor> at = field(name);
  if (!at) return false;
  ObjectReader fields{reading_, *at, structure};
  read(fields);
  return true;
}

}  // namespace orrery::api
