#include "models/controllers/template_hash.h"

#include <string_view>

#include "models/api/reading.h"

namespace orrery::controllers {

std::string template_hash(const api::PodTemplate& pod_template,
                          std::optional<std::int32_t> collision_count) {
  // A pod with nothing but the template has the canonical text of the template.
  api::Pod pod;
  pod.meta.labels = pod_template.labels;
  pod.meta.annotations = pod_template.annotations;
  pod.spec = pod_template.spec;
  const std::string text = api::to_json_text(pod);

  std::uint32_t hash = 0x811c9dc5U;
  const auto add = [&](std::uint8_t byte) { hash = (hash ^ byte) * 0x01000193U; };
  for (const char c : text) add(static_cast<std::uint8_t>(c));
  if (collision_count) {
    const auto count = static_cast<std::uint32_t>(*collision_count);
    for (unsigned shift = 0; shift < 64; shift += 8) {
      add(shift < 32 ? static_cast<std::uint8_t>(count >> shift) : std::uint8_t{0});
    }
  }

  static constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::string safe;
  for (const char digit : std::to_string(hash)) {
    safe += kAlphabet[static_cast<unsigned char>(digit) % kAlphabet.size()];
  }
  return safe;
}

}  // namespace orrery::controllers
