/// @file
/// Events in words of the window's language.
#pragma once

#include <QString>
#include <string>

#include "gui/theme/state.h"

namespace orrery::gui {

/// "begins to fail" of "failing".
[[nodiscard]] QString event_kind_text(const std::string& what);
/// The mark that an event has in lists.
[[nodiscard]] State event_state(const std::string& what);
/// "from cart: time out" of "calls from shop/cart: timeout"; otherwise as it was recorded.
[[nodiscard]] QString event_detail_text(const std::string& what, const std::string& detail);

}  // namespace orrery::gui
