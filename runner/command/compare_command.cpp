#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "runner/command/commands.h"
#include "runner/command/terminal.h"
#include "runner/report/comparison_report.h"
#include "runner/scenario/scalars.h"
#include "runner/session/sim_session.h"
#include "runner/verdict/comparison.h"

namespace orrery::command {
namespace {

using scenario::Scenario;

/// The override that names other manifests; paths count from where the command was called.
std::vector<scenario::Override> manifests_override(const std::vector<std::string>& manifests) {
  if (manifests.empty()) return {};
  nlohmann::json list = nlohmann::json::array();
  for (const std::string& path : manifests) {
    list.push_back(std::filesystem::absolute(path).lexically_normal().string());
  }
  return {{"/manifests", list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), {}}};
}

/// Exactly what was asked of the two; each side's own seeds would compare luck.
bool same_seeds(const Scenario& base, const Scenario& head) {
  return base.first_seed == head.first_seed && base.last_seed == head.last_seed;
}

Result<std::vector<runner::RunResult>> results_of(const Scenario& scenario, unsigned jobs,
                                                  std::uint64_t before, std::uint64_t all) {
  if (const auto can = session::can_simulate(scenario); !can) {
    return tl::unexpected{can.error()};
  }
  auto runs = session::simulate_all(scenario, jobs,
                                    [&](std::uint64_t done) { show_progress(before + done, all); });
  if (!runs) return tl::unexpected<Failure>{runs.error()};
  return *std::move(runs);
}

}  // namespace

int compare(const CompareOptions& options) {
  const bool two_files = !options.head.empty();
  const bool varied = !options.head_manifests.empty() || !options.head_settings.empty() ||
                      !options.base_manifests.empty();
  if (!two_files && !varied) {
    return bad_input(
        {"compare needs two variants: a second scenario, --head-manifests or --head-set",
         "such as: orrery compare old.json new.json"});
  }
  const auto tolerance = scenario::parse_percent(options.tolerance);
  if (!tolerance) {
    return bad_input(
        {"--tolerance: expected a percentage, such as 1%; found " + options.tolerance, ""});
  }
  if (const auto set = parse_settings(options.head_settings, "--head-set"); !set) {
    return bad_input(set.error());
  }
  const std::string& head_file = two_files ? options.head : options.base;
  std::vector<std::string> head_settings = options.settings;
  head_settings.insert(head_settings.end(), options.head_settings.begin(),
                       options.head_settings.end());
  const auto base = load_scenario(options.base, options.settings, options.seeds,
                                  manifests_override(options.base_manifests));
  auto head = load_scenario(head_file, head_settings, options.seeds,
                            manifests_override(options.head_manifests));
  if (!base || !head) return kExitBadInput;
  if (!same_seeds(*base, *head)) {
    return bad_input(
        {fmt::format("the scenarios have different seeds, {}..{} and {}..{}", base->first_seed,
                     base->last_seed, head->first_seed, head->last_seed),
         "name those of both with --seeds"});
  }
  std::error_code error;
  std::filesystem::create_directories(options.out, error);
  if (error) {
    return bad_input({"--out: cannot make the folder " + options.out + ": " + error.message(), ""});
  }
  const unsigned jobs = jobs_or_all(options.jobs);
  const std::uint64_t runs = base->last_seed - base->first_seed + 1;
  const auto base_results = results_of(*base, jobs, 0, 2 * runs);
  if (!base_results) return bad_input(base_results.error());
  const auto head_results = results_of(*head, jobs, runs, 2 * runs);
  if (!head_results) return bad_input(head_results.error());
  const verdict::Judgement base_judgement = verdict::judge(*base, *base_results);
  const verdict::Judgement head_judgement = verdict::judge(*head, *head_results);
  const verdict::Comparison comparison =
      verdict::compare({*base, *base_results, base_judgement},
                       {*head, *head_results, head_judgement}, base->confidence, *tolerance);
  report::ComparisonTitle title{options.base, head_file, base->first_seed, base->last_seed};
  if (!two_files) {
    title.base = "base";
    title.head = "head of " + options.base;
  }
  const std::filesystem::path folder{options.out};
  if (!write_text((folder / "compare.json").string(), comparison_json(comparison, title)) ||
      !write_text((folder / "compare.html").string(), comparison_html(comparison, title))) {
    return bad_input({"--out: cannot write into " + options.out, ""});
  }
  print(comparison_text(comparison, title, wants_colour()));
  return comparison.regression ? 1 : 0;
}

}  // namespace orrery::command
