#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>

#include "models/recording/run_reader.h"
#include "runner/command/commands.h"
#include "runner/command/output_files.h"
#include "runner/command/terminal.h"
#include "runner/export/export.h"
#include "runner/sweep/sweep.h"

namespace orrery::command {
namespace {

/// The first bytes of the file; empty if it cannot be read.
std::string beginning_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::string bytes(16, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

int export_sweep(const ExportOptions& options) {
  if (options.format != "csv-long" || !options.traces.empty() || options.max_bytes != 0) {
    return bad_input(
        {options.file + " holds the results of a sweep, which are exported as csv-long",
         "leave --format, --traces and --max-bytes away"});
  }
  const auto text = sweep::csv_long(options.file);
  if (!text) return bad_input(text.error());
  if (!write_text(options.out, *text)) return bad_input({"cannot write " + options.out, ""});
  return 0;
}

}  // namespace

int export_file(const ExportOptions& options) {
  const auto choice = exporting::parse_trace_choice(options.traces);
  if (!choice) return bad_input(choice.error());
  std::error_code error;
  if (!std::filesystem::exists(options.file, error)) {
    return bad_input({options.file + " does not exist",
                      "orrery run --record and orrery sweep write such files"});
  }
  if (const auto writable =
          can_write_all({{"-o", options.out}}, {{"what is exported", options.file}});
      !writable) {
    return bad_input(writable.error());
  }
  const std::string beginning = beginning_of(options.file);
  if (!beginning.starts_with(recording::kFileMagic)) {
    if (!beginning.starts_with("SQLite format 3")) {
      return bad_input({options.file + " is neither a recording nor the results of a sweep",
                        "orrery run --record and orrery sweep write such files"});
    }
    return export_sweep(options);
  }
  if (!options.traces.empty() && (options.format == "csv-long" || options.format == "prometheus")) {
    return bad_input({"--traces: " + options.format + " has figures by the second, no requests",
                      "leave --traces away, or choose another --format"});
  }
  const auto run = recording::RunReader::open(options.file);
  if (!run) return bad_input(run.error());
  if (const auto& damage = (*run)->damage()) {
    complain(options.file + " is damaged at byte " + std::to_string(damage->offset) + ": " +
             damage->what + "; what stands before is exported\n");
  } else if (!(*run)->complete()) {
    complain(options.file + " was not finished: the run still goes on, or it ended suddenly\n");
  }
  exporting::ExportOrder order;
  order.format = options.format;
  order.traces = *choice;
  if (options.max_bytes != 0) order.max_bytes = options.max_bytes;
  Result<exporting::Exported> exported = failure("not exported");
  if (options.format == "sqlite") {
    if (options.out == "-") {
      return bad_input({"an SQLite file cannot go to standard output", "name one with -o FILE"});
    }
    exported = exporting::export_sqlite(**run, order, options.out);
  } else if (options.out == "-") {
    exported = exporting::export_text(**run, order, std::cout);
  } else {
    std::ofstream file{options.out, std::ios::binary};
    if (!file) return bad_input({"cannot write " + options.out, ""});
    exported = exporting::export_text(**run, order, file);
  }
  if (!exported) return bad_input(exported.error());
  if (exported->cut) {
    complain("--max-bytes: there was more than " + std::to_string(options.max_bytes) +
             " bytes; the rest is left out\n");
  }
  return 0;
}

}  // namespace orrery::command
