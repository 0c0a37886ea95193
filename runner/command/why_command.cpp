#include <fmt/format.h>

#include <algorithm>

#include "runner/command/commands.h"
#include "runner/command/terminal.h"
#include "runner/scenario/fields.h"
#include "runner/why/chains.h"
#include "runner/why/policy_lines.h"
#include "runner/why/run_folder.h"

namespace orrery::command {

int why(const WhyOptions& options) {
  why::Question question{std::nullopt, options.what};
  if (!options.at.empty()) {
    const std::optional<Duration> at = parse_duration(options.at);
    if (!at) return bad_input({"--at: expected a time such as 90s; found " + options.at, ""});
    question.at = Instant::at(*at);
  }
  const auto evidence = why::read_run_folder(options.run, options.seed);
  if (!evidence) return bad_input(evidence.error());
  if (question.at && evidence->duration && *question.at > Instant::at(*evidence->duration)) {
    return bad_input({fmt::format("--at: the run is over after {}; found {}",
                                  to_string(*evidence->duration), options.at),
                      ""});
  }
  if (!question.what.empty()) {
    const auto& known = evidence->services;
    const std::string full =
        question.what.find('/') == std::string::npos ? "default/" + question.what : question.what;
    if (std::find(known.begin(), known.end(), full) == known.end()) {
      return bad_input({fmt::format("--what: no service \"{}\" in this run", question.what),
                        scenario::did_you_mean(full, known)});
    }
    question.what = full;
  }
  print(why::in_full(why::chains_of(evidence->log, evidence->failures, question), question));
  const std::vector<std::string> lines = why::policy_lines(evidence->policies);
  if (!lines.empty()) {
    print(fmt::format("\nWhat policies did in the whole run:\n   {}\n", fmt::join(lines, "\n   ")));
  }
  return 0;
}

}  // namespace orrery::command
