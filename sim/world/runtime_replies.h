/// @file
/// Small parts that the files of the simulated runtime share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/base/random.h"
#include "models/base/time_types.h"
#include "models/ports/event.h"

namespace orrery::sim {

inline constexpr std::int32_t kExitKilled = 137;      ///< 128 + SIGKILL
inline constexpr std::int32_t kExitTerminated = 143;  ///< 128 + SIGTERM
inline constexpr std::int32_t kExitLost = 255;        ///< containerd's answer for a task it lost

[[nodiscard]] inline std::uint64_t key_of_text(const std::string& text) {
  return key_of(text.data(), text.size());
}

/// Why a call failed, for people.
[[nodiscard]] inline ports::RuntimeResult because(std::string message) {
  ports::RuntimeResult result;
  result.message = std::move(message);
  return result;
}

[[nodiscard]] inline ports::RuntimeResult with_id(std::string id) {
  ports::RuntimeResult result;
  result.id = std::move(id);
  return result;
}

/// How long `sleep N` takes, in the spellings that manifests use; nothing for other commands.
[[nodiscard]] std::optional<Duration> sleep_time(const std::vector<std::string>& command);

}  // namespace orrery::sim
