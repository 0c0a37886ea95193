#include "models/store/deletion.h"

#include <algorithm>
#include <string>
#include <vector>

namespace orrery::store {
namespace {

using api::ObjectMeta;
using api::Pod;
using ports::Propagation;

bool has(const std::vector<std::string>& finalizers, const char* name) {
  return std::find(finalizers.begin(), finalizers.end(), name) != finalizers.end();
}

/// The finalizers that make the garbage collector do what `propagation` says.
std::vector<std::string> with_propagation(std::vector<std::string> finalizers,
                                          Propagation propagation) {
  if (propagation == Propagation::Default) return finalizers;
  const bool orphans = propagation == Propagation::Orphan;
  const bool waits = propagation == Propagation::Foreground;
  std::erase_if(finalizers, [&](const std::string& name) {
    return (name == api::kOrphanFinalizer && !orphans) ||
           (name == api::kForegroundFinalizer && !waits);
  });
  if (orphans && !has(finalizers, api::kOrphanFinalizer)) {
    finalizers.emplace_back(api::kOrphanFinalizer);
  }
  if (waits && !has(finalizers, api::kForegroundFinalizer)) {
    finalizers.emplace_back(api::kForegroundFinalizer);
  }
  return finalizers;
}

Duration grace_of(const api::Object& object, std::optional<Duration> asked) {
  const auto* pod = std::get_if<Pod>(&object);
  if (pod == nullptr) return {};
  const bool nobody_runs_it = pod->spec.node_name.empty() || api::has_ended(*pod);
  return nobody_runs_it ? Duration{} : asked.value_or(pod->spec.termination_grace);
}

}  // namespace

std::shared_ptr<api::Object> marked_for_deletion(const api::Object& object,
                                                 std::optional<Duration> grace,
                                                 Propagation propagation, Instant now) {
  const ObjectMeta& old_meta = api::meta_of(object);
  const Duration wanted = grace_of(object, grace);
  std::vector<std::string> finalizers = with_propagation(old_meta.finalizers, propagation);
  const bool is_shorter = !old_meta.deletion_grace || wanted < *old_meta.deletion_grace;
  const bool goes_now = wanted == Duration{} && finalizers.empty();
  if (!is_shorter && !goes_now && finalizers == old_meta.finalizers) return nullptr;
  auto after = std::make_shared<api::Object>(object);
  ObjectMeta& meta = api::meta_of(*after);
  meta.finalizers = std::move(finalizers);
  if (is_shorter) {
    meta.deletion = now + wanted;
    meta.deletion_grace = wanted;
  }
  // A controller that counts generations has to see that something is asked of it.
  if (!goes_now && !old_meta.deletion && !std::holds_alternative<Pod>(object)) ++meta.generation;
  return after;
}

bool is_finished(const api::Object& object) {
  const ObjectMeta& meta = api::meta_of(object);
  return meta.deletion && meta.deletion_grace == Duration{} && meta.finalizers.empty();
}

bool adds_finalizer(const ObjectMeta& before, const ObjectMeta& after) {
  return std::any_of(after.finalizers.begin(), after.finalizers.end(), [&](const auto& name) {
    return std::find(before.finalizers.begin(), before.finalizers.end(), name) ==
           before.finalizers.end();
  });
}

}  // namespace orrery::store
