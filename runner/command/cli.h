/// @file
/// The command line: every subcommand and option, defined once. Help, completion and the manual
/// page are made from it.
#pragma once

namespace CLI {
class App;
}

namespace orrery::command {

/// Adds all subcommands to `app`; the one that is called leaves its exit status in `status`.
void define_commands(CLI::App& app, int& status);

}  // namespace orrery::command
