/// @file
/// The fuzz targets, as functions of their input: run by libFuzzer in a build of their own
/// (`./dev fuzz`), and over a fixed corpus as a test in every build.
#pragma once

#include <cstddef>
#include <string_view>

namespace orrery::fuzz {

/// Manifests: no input may crash the reader, hang it, or make a message of several lines; what it
/// accepts must survive being stored.
void read_as_manifests(std::string_view text);

/// Scenarios, JSON or YAML by their first character: the same, and what is accepted must be usable.
/// They stand in tests/fuzz/beside, and find manifests, a program and a CSV file there.
void read_as_scenario(std::string_view text);

/// The CSV file of an external metric: the same; times rise.
void read_as_series(std::string_view text);

/// A recording, and all that can be asked of one: no input may crash the reader or hang it.
void read_as_recording(std::string_view bytes);

/// What comes in at the socket of a run in somebody's hand, whatever its lines: no input may crash
/// or hang it, what is accepted has entries, and what is kept of it is a scenario again. Returns
/// the number of these entries.
std::size_t read_as_orders(std::string_view lines);

}  // namespace orrery::fuzz
