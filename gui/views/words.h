/// @file
/// Numbers and names as the window writes them, short enough for a card.
#pragma once

#include <QString>
#include <string>

#include "models/base/time_types.h"

namespace orrery::gui {

/// "96/s", "1.8k/s"
[[nodiscard]] QString rate_text(double per_second);
/// "0.2%", "88%"; 0..1.
[[nodiscard]] QString percent_text(double share);
/// "84 ms", "3.0 s"; "–" for none.
[[nodiscard]] QString latency_text(Duration latency);
/// "2:21.4"
[[nodiscard]] QString clock_text(Instant t);
/// "2:21"
[[nodiscard]] QString minute_text(Instant t);
/// "+1.1 s"
[[nodiscard]] QString offset_text(Duration after);
/// "3,214"
[[nodiscard]] QString count_text(std::uint64_t count);
/// `one` if it is one, otherwise `many` with the count in place of its %1.
[[nodiscard]] QString counted_text(std::uint64_t count, const QString& one, const QString& many);
/// "3,214", "120k", "1.2M"
[[nodiscard]] QString amount_text(std::uint64_t count);
/// "zone b" of "zone/b", "cart" of "Deployment/shop/cart".
[[nodiscard]] QString subject_text(const std::string& subject);

/// "cart" of "shop/cart".
[[nodiscard]] QString short_name(const std::string& name);

}  // namespace orrery::gui
