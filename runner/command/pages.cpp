#include "runner/command/pages.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <vector>

namespace orrery::command {
namespace {

std::vector<const CLI::App*> subcommands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<const CLI::Option*> options_of(const CLI::App& app) {
  return app.get_options([](const CLI::Option*) { return true; });
}

/// "--seeds", "-o --out"; empty for positional arguments.
std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

std::string words_of(const CLI::App& app) {
  std::string words;
  for (const CLI::App* command : subcommands_of(app)) words += " " + command->get_name();
  for (const CLI::Option* option : options_of(app)) {
    for (const std::string& name : names_of(*option)) words += " " + name;
  }
  return words.empty() ? words : words.substr(1);
}

/// Every subcommand with the words that lead to it, the program itself first.
struct Place {
  std::string path;  ///< "orrery profile"
  const CLI::App* app;
};

void collect(const CLI::App& app, const std::string& path, std::vector<Place>& places) {
  places.push_back({path, &app});
  for (const CLI::App* command : subcommands_of(app)) {
    collect(*command, path + " " + command->get_name(), places);
  }
}

std::vector<Place> places_of(const CLI::App& app) {
  std::vector<Place> places;
  collect(app, "orrery", places);
  return places;
}

/// Text for roff: backslashes and dashes are escaped, and no line starts with a control character.
std::string roff(const std::string& text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    line_start = c == '\n';
  }
  return out;
}

/// Text inside single quotes of a zsh description.
std::string zsh_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else if (c == ':' || c == '[' || c == ']') {
      out += '\\';
      out += c;
    } else {
      out += c == '\n' ? ' ' : c;
    }
  }
  return out;
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::string text =
      "# bash completion of orrery; made by `orrery completion bash`.\n"
      "_orrery() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} path=orrery words= at\n"
      "  for ((at = 1; at < COMP_CWORD; ++at)); do\n"
      "    case \"$path ${COMP_WORDS[at]}\" in\n";
  for (const Place& place : places_of(app)) {
    if (place.path != "orrery") {
      text += fmt::format("      '{}') path='{}' ;;\n", place.path, place.path);
    }
  }
  text += "    esac\n  done\n  case \"$path\" in\n";
  for (const Place& place : places_of(app)) {
    text += fmt::format("    '{}') words='{}' ;;\n", place.path, words_of(*place.app));
  }
  text +=
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
      "  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$word\"))\n"
      "}\n"
      "complete -o filenames -F _orrery orrery\n";
  return text;
}

std::string zsh_completion(const CLI::App& app) {
  std::string text =
      "#compdef orrery\n"
      "# zsh completion of orrery; made by `orrery completion zsh`.\n"
      "_orrery() {\n"
      "  local path=orrery at\n"
      "  for ((at = 2; at < CURRENT; ++at)); do\n"
      "    case \"$path ${words[at]}\" in\n";
  for (const Place& place : places_of(app)) {
    if (place.path != "orrery") {
      text += fmt::format("      '{}') path='{}' ;;\n", place.path, place.path);
    }
  }
  text += "    esac\n  done\n  local -a known\n  case \"$path\" in\n";
  for (const Place& place : places_of(app)) {
    text += fmt::format("    '{}') known=(", place.path);
    for (const CLI::App* command : subcommands_of(*place.app)) {
      text += fmt::format(" '{}:{}'", command->get_name(), zsh_text(command->get_description()));
    }
    for (const CLI::Option* option : options_of(*place.app)) {
      for (const std::string& name : names_of(*option)) {
        text += fmt::format(" '{}:{}'", name, zsh_text(option->get_description()));
      }
    }
    text += " ) ;;\n";
  }
  text +=
      "  esac\n"
      "  _describe 'orrery' known || _files\n"
      "}\n"
      "_orrery \"$@\"\n";
  return text;
}

std::string manual_page(const CLI::App& app, const std::string& version) {
  std::string text = fmt::format(".TH ORRERY 1 \"\" \"orrery {}\" \"User Commands\"\n", version);
  text += ".SH NAME\norrery \\- a wind tunnel for orchestration\n";
  text += ".SH SYNOPSIS\n.B orrery\n.I COMMAND\n[options]\n";
  text += ".SH DESCRIPTION\n" + roff(app.get_description()) + "\n";
  text += ".SH COMMANDS\n";
  for (const Place& place : places_of(app)) {
    if (place.app == &app) continue;
    text += fmt::format(".SS {}\n{}.\n", roff(place.path), roff(place.app->get_description()));
    for (const CLI::Option* option : options_of(*place.app)) {
      std::string names;
      for (const std::string& name : names_of(*option)) {
        names += (names.empty() ? "" : ", ") + name;
      }
      if (names.empty()) names = option->get_name(true);
      if (option->get_expected_max() != 0 && !names_of(*option).empty()) names += " VALUE";
      text += fmt::format(".TP\n.B {}\n{}\n", roff(names), roff(option->get_description()));
    }
  }
  std::string footer = app.get_footer();
  std::string status;
  if (const auto at = footer.find("Exit status:"); at != std::string::npos) {
    status = footer.substr(at + 13);
    footer.resize(at);
  }
  text += ".SH EXAMPLES\n.nf\n" + roff(footer) + ".fi\n";
  text += ".SH EXIT STATUS\n" + roff(status) + "\n";
  return text;
}

}  // namespace orrery::command
