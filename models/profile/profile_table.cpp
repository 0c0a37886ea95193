#include "models/profile/profile_table.h"

#include <fmt/format.h>

namespace orrery::profile {

std::string number_text(double value) { return fmt::format("{:.6g}", value); }

}  // namespace orrery::profile
