#include "models/api/object_patch.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "models/api/kind_readers.h"
#include "models/api/manifest_patch.h"

namespace orrery::api {
namespace {

const std::string kFile = "patched object";

struct Read {
  Object object;
  Reading reading;
};

/// `object` as text and back, with `patch` merged in between.
Read read_merged(const Object& object, const ValuePtr& patch, Reading::Source source) {
  const Documents documents = read_json_document(to_json_text(object), kFile);
  expects(documents.problems.empty(), "what was written as JSON reads as JSON");
  const ValuePtr merged = patched(documents.roots.front(), patch);
  Read read{{}, Reading{kFile, source}};
  const Cursor at{merged.get(), nullptr, {}, 0, false};
  ObjectReader root{read.reading, at, "object"};
  read.object = read_object(kind_of(object), root);
  return read;
}

/// Problems that name no value of the patch stand where the patch does.
void place(std::vector<Problem>& problems, const Place& where) {
  for (Problem& problem : problems) {
    if (problem.where.file != kFile) continue;
    if (!problem.where.pointer.empty()) problem.expected += " at " + problem.where.pointer;
    problem.where = where;
  }
}

}  // namespace

PatchedObject check_patch(const Object& object, const ValuePtr& patch, const Place& where) {
  Value nothing;
  nothing.type = Value::Type::Map;
  Read before =
      read_merged(object, std::make_shared<const Value>(nothing), Reading::Source::Manifest);
  Read after = read_merged(object, patch, Reading::Source::Manifest);
  PatchedObject out{std::move(after.object), {}, {}};
  // The text of an object is richer than a manifest; what that amounts to is not the patch's fault.
  for (Problem& problem : after.reading.problems) {
    const auto& known = before.reading.problems;
    if (std::find(known.begin(), known.end(), problem) == known.end()) {
      out.problems.push_back(std::move(problem));
    }
  }
  for (NotModelled& one : after.reading.not_modelled_here) {
    if (one.where.file != kFile) out.not_modelled.push_back(std::move(one));
  }
  place(out.problems, where);
  if (out.problems.empty() && key_of(out.object) != key_of(object)) {
    out.problems.push_back({where, "the name and namespace of " + to_string(key_of(object)),
                            to_string(key_of(out.object)), "a patch cannot rename"});
  }
  return out;
}

Result<Object> patched(const Object& stored, const ValuePtr& patch) {
  // A Secret's stringData is known to manifests alone, and it has nothing that they lack.
  const auto source =
      kind_of(stored) == Kind::Secret ? Reading::Source::Manifest : Reading::Source::Stored;
  Read read = read_merged(stored, patch, source);
  if (!read.reading.problems.empty()) {
    return failure("cannot patch " + to_string(key_of(stored)) + ": " +
                   to_string(read.reading.problems.front()));
  }
  return std::move(read.object);
}

}  // namespace orrery::api
