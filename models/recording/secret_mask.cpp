#include "models/recording/secret_mask.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace orrery::recording {
namespace {

constexpr std::string_view kMark = "(masked ";

bool is_secret(const api::ObjectPtr& object) {
  return object != nullptr && std::holds_alternative<api::Secret>(*object);
}

}  // namespace

std::string SecretMask::value(const std::string& plain) {
  if (plain.starts_with(kMark)) return plain;
  const auto [entry, is_new] = masks_.try_emplace(plain);
  if (is_new) entry->second = std::string{kMark} + std::to_string(masks_.size()) + ")";
  return entry->second;
}

api::ObjectPtr SecretMask::object(const api::ObjectPtr& object) {
  if (!is_secret(object)) return object;
  api::Secret secret = std::get<api::Secret>(*object);
  for (auto& [key, content] : secret.data) content = value(content);
  return std::make_shared<const api::Object>(std::move(secret));
}

ports::ApiCall SecretMask::call(const ports::ApiCall& call) {
  if (!is_secret(call.object)) return call;
  ports::ApiCall masked = call;
  masked.object = object(call.object);
  return masked;
}

ports::Event SecretMask::event(const ports::Event& event) {
  if (event.body == nullptr) return event;
  const auto with = [&](ports::EventBody body) {
    ports::Event masked = event;
    masked.body = std::make_shared<const ports::EventBody>(std::move(body));
    return masked;
  };
  if (const auto* reply = std::get_if<ports::ApiObject>(event.body.get())) {
    if (!is_secret(reply->object)) return event;
    ports::ApiObject masked = *reply;
    masked.object = object(reply->object);
    return with(std::move(masked));
  }
  if (const auto* delta = std::get_if<ports::WatchDelta>(event.body.get())) {
    if (!is_secret(delta->object)) return event;
    ports::WatchDelta masked = *delta;
    masked.object = object(delta->object);
    return with(std::move(masked));
  }
  if (const auto* list = std::get_if<ports::ApiList>(event.body.get())) {
    if (!std::any_of(list->objects.begin(), list->objects.end(), is_secret)) return event;
    ports::ApiList masked = *list;
    for (api::ObjectPtr& entry : masked.objects) entry = object(entry);
    return with(std::move(masked));
  }
  return event;
}

ports::RuntimeCall SecretMask::call(const ports::RuntimeCall& call) {
  ports::RuntimeCall masked = call;
  for (api::EnvVar& variable : masked.env) {
    if (!variable.secret.empty()) variable.value = value(variable.value);
  }
  if (masked.volume && masked.volume->secret) {
    for (auto& [path, content] : masked.volume->files) content = value(content);
  }
  return masked;
}

}  // namespace orrery::recording
