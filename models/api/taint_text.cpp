#include "models/api/taint_text.h"

#include "models/api/name_rules.h"

namespace orrery::api {

std::optional<Taint> parse_taint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view pair = text.substr(0, colon);
  const std::size_t equals = pair.find('=');
  Taint taint;
  taint.key = pair.substr(0, equals);
  if (equals != std::string_view::npos) taint.value = pair.substr(equals + 1);
  taint.effect = text.substr(colon + 1);
  const bool known_effect = taint.effect == "NoSchedule" || taint.effect == "PreferNoSchedule" ||
                            taint.effect == "NoExecute";
  if (!known_effect || !is_label_key(taint.key) || !is_label_value(taint.value)) {
    return std::nullopt;
  }
  return taint;
}

std::string to_text(const Taint& taint) {
  const std::string value = taint.value.empty() ? "" : "=" + taint.value;
  return taint.key + value + ":" + taint.effect;
}

}  // namespace orrery::api
