/// @file
/// What each subcommand of `orrery` does. Every function returns the exit status.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace orrery::command {

inline constexpr int kExitBadInput = 2;

struct RunOptions {
  std::string scenario;
  std::string folder;  ///< Where names of files in it begin; empty: at its own.
  std::string seeds;   ///< "A..B" or "A"; empty: the scenario's.
  std::string world = "sim";
  std::string out = "out";
  unsigned jobs = 0;                  ///< 0: one per processor.
  std::vector<std::string> settings;  ///< "PATH=VALUE"
  std::string junit;                  ///< File; empty: none.
  std::string markdown;               ///< File, "-" for standard output; empty: none.
  std::string record;                 ///< File; empty: none.
  std::uint32_t record_traces = 20;   ///< A second; 0: none.
  std::string control;                ///< Socket; empty: nobody has the run in hand.
};

struct CompareOptions {
  std::string base;
  std::string head;  ///< Empty: the base with other manifests or settings.
  std::vector<std::string> base_manifests;
  std::vector<std::string> head_manifests;
  std::vector<std::string> settings;       ///< Of both.
  std::vector<std::string> head_settings;  ///< Of the head alone.
  std::string seeds;
  std::string tolerance = "1%";
  std::string out = "out";
  unsigned jobs = 0;
};

struct SweepOptions {
  std::string scenario;
  std::string results = "sweep.db";
  std::string seeds;
  std::vector<std::string> settings;
  std::vector<std::string> grid;  ///< "PATH=V1,V2": added to the scenario's.
  std::vector<std::string> zip;
  unsigned jobs = 0;
};

struct ExportOptions {
  std::string file;  ///< Of a sweep, or a recording.
  std::string format = "csv-long";
  std::string traces;           ///< "failed", "slowest:N"; empty: all.
  std::uint64_t max_bytes = 0;  ///< 0: without limit.
  std::string out = "-";
};

struct WhyOptions {
  std::string run;                    ///< Folder.
  std::string at;                     ///< "90s"; empty: all of the run.
  std::string what;                   ///< A service; empty: the users.
  std::optional<std::uint64_t> seed;  ///< Absent: the first.
};

[[nodiscard]] int run(const RunOptions& options);
[[nodiscard]] int check(const std::vector<std::string>& files,
                        const std::vector<std::string>& settings, const std::string& world,
                        const std::string& folder);
[[nodiscard]] int init(std::vector<std::string> files, const std::string& out);
[[nodiscard]] int replay(const std::vector<std::string>& records);
[[nodiscard]] int compare(const CompareOptions& options);
[[nodiscard]] int sweep(const SweepOptions& options);
[[nodiscard]] int why(const WhyOptions& options);
[[nodiscard]] int export_file(const ExportOptions& options);
/// Prints the schema of scenarios.
[[nodiscard]] int schema();
/// Prints the values of one profile, or of all side by side if `name` is empty.
[[nodiscard]] int show_profile(const std::string& name);

/// Adds the processes of the live world, `control` and `node`; without containerd support, adds
/// nothing. `status` gets the exit status of the one that is called.
void add_live_commands(CLI::App& app, int& status);

}  // namespace orrery::command
