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
  std::size_t value_width = 16;
  for (const profile::Row& row : rows) {
    name_width = std::max(name_width, std::string_view{row.name}.size());
    for (const profile::Profile& one : shown) {
      value_width = std::max(value_width, row.value(one).size());
    }
  }
  std::string text = fmt::format("  {:<{}}", "name", name_width);
  for (const profile::Profile& one : shown) text += fmt::format("  {:<{}}", one.name, value_width);
  text += "  source\n";
  for (const profile::Row& row : rows) {
    const std::string first = row.value(shown.front());
    const bool differs = std::any_of(shown.begin(), shown.end(), [&](const profile::Profile& one) {
      return row.value(one) != first;
    });
    text += fmt::format("{} {:<{}}", differs ? "*" : " ", row.name, name_width);
    for (const profile::Profile& one : shown) {
      text += fmt::format("  {:<{}}", row.value(one), value_width);
    }
    text += fmt::format("  {}\n", row.source);
  }
  if (shown.size() > 1) text += "* differs between the profiles\n";
  print(text);
  return 0;
}

}  // namespace orrery::command
