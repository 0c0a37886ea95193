/// @file
/// What the subcommands share: talking to the user's terminal, and loading a scenario as the
/// command line wants it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "runner/scenario/reading.h"

namespace orrery::command {

/// To standard output, and to standard error.
void print(const std::string& text);
void complain(const std::string& text);
/// Says what keeps a scenario from being run.
void refuse(const std::vector<api::Problem>& problems);

/// Says what is wrong and returns the exit status for it.
[[nodiscard]] int bad_input(const Failure& failure);

/// Progress on a terminal, in place; nothing when standard error is piped.
void show_progress(std::uint64_t done, std::uint64_t all);

[[nodiscard]] bool wants_colour();
[[nodiscard]] bool wants_unicode();

/// Writes a file, or standard output for "-".
[[nodiscard]] bool write_text(const std::string& path, const std::string& text);

/// `jobs`, or as many as there are processors for 0.
[[nodiscard]] unsigned jobs_or_all(unsigned jobs);

/// Each "PATH=VALUE"; `option` is what they were given with, for what is said of one that is wrong.
[[nodiscard]] Result<std::vector<scenario::Override>> parse_settings(
    const std::vector<std::string>& settings, const std::string& option = "--set");

/// The scenario with these settings ("PATH=VALUE") and seeds ("A..B"; empty: its own). Says what is
/// wrong otherwise.
[[nodiscard]] std::optional<scenario::Scenario> load_scenario(
    const std::string& path, const std::vector<std::string>& settings, const std::string& seeds,
    std::vector<scenario::Override> overrides = {}, const std::string& folder = {});

}  // namespace orrery::command
