/// @file
/// Pages made from the definition of the command line: shell completion and the manual page.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace orrery::command {

/// A script for bash: `source <(orrery completion bash)`.
[[nodiscard]] std::string bash_completion(const CLI::App& app);

/// A script for zsh, to be saved as `_orrery` in a folder of $fpath.
[[nodiscard]] std::string zsh_completion(const CLI::App& app);

/// The manual page orrery(1) in man's own language.
[[nodiscard]] std::string manual_page(const CLI::App& app, const std::string& version);

}  // namespace orrery::command
