/// @file
/// The texts that every report carries with it.
#pragma once

#include <string_view>

namespace orrery::report {

extern const std::string_view kUplotScript;  ///< uPlot 1.6, MIT licence.
extern const std::string_view kUplotStyle;
extern const std::string_view kReportStyle;
extern const std::string_view kReportScript;

}  // namespace orrery::report
