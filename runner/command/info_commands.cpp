#include <fmt/format.h>

#include <algorithm>

#include "models/profile/profile.h"
#include "models/profile/profile_table.h"
#include "runner/command/commands.h"
#include "runner/command/schema_text.h"
#include "runner/command/terminal.h"
#include "runner/scenario/fields.h"

namespace orrery::command {

int schema() {
  print(std::string{kScenarioSchema});
  return 0;
}

namespace {

/// The source of the rows above it: indented, with at most 100 characters a line.
std::string in_lines(std::string_view source) {
  constexpr std::size_t kWidth = 100;
  constexpr std::string_view kIndent = "      ";
  std::string text;
  while (!source.empty()) {
    std::size_t end = source.size();
    if (kIndent.size() + end > kWidth) {
      end = source.rfind(' ', kWidth - kIndent.size());
      if (end == std::string_view::npos || end == 0)
        end = std::min(source.find(' '), source.size());
    }
    text.append(kIndent).append(source.substr(0, end)).append("\n");
    source.remove_prefix(std::min(end + 1, source.size()));
  }
  return text;
}

}  // namespace

int show_profile(const std::string& name) {
  std::vector<profile::Profile> shown;
  std::vector<std::string> names;
  for (const std::string_view known : profile::profile_names()) {
    names.emplace_back(known);
    if (name.empty() || name == known) shown.push_back(*profile::profile_named(known));
  }
  if (shown.empty()) {
    return bad_input({fmt::format("no profile \"{}\"", name), scenario::did_you_mean(name, names)});
  }
  const std::vector<profile::Row>& rows = profile::table();
  std::size_t name_width = 4;
  std::size_t value_width = 16;  // Of what is longer the columns behind move.
  for (const profile::Row& row : rows) {
    name_width = std::max(name_width, std::string_view{row.name}.size());
  }
  std::string text = fmt::format("  {:<{}}", "name", name_width);
  for (const profile::Profile& one : shown) text += fmt::format("  {:<{}}", one.name, value_width);
  text += "\n";
  std::string_view source;
  for (const profile::Row& row : rows) {
    if (row.source != source) text += in_lines(source);
    source = row.source;
    const std::string first = row.value(shown.front());
    const bool differs = std::any_of(shown.begin(), shown.end(), [&](const profile::Profile& one) {
      return row.value(one) != first;
    });
    text += fmt::format("{} {:<{}}", differs ? "*" : " ", row.name, name_width);
    if (differs || first.size() <= value_width) {
      for (const profile::Profile& one : shown) {
        text += fmt::format("  {:<{}}", row.value(one), value_width);
      }
    } else {
      text += "  " + first;
    }
    while (text.back() == ' ') text.pop_back();
    text += "\n";
  }
  text += in_lines(source);
  if (shown.size() > 1) text += "* differs between the profiles\n";
  print(text);
  return 0;
}

}  // namespace orrery::command
