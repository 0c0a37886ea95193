/// The `orrery` command.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <iostream>

#include "models/base/contract.h"
#include "runner/command/cli.h"
#include "runner/command/commands.h"

namespace {

/// `status`, unless what was printed did not reach its reader: a draft that is cut off is none.
int after_output(int status) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.flush()) return status;
  std::fputs("orrery: standard output could not be written (is the disk full?)\n", stderr);
  return status == 0 ? orrery::command::kExitBadInput : status;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace orrery;
  CLI::App app;
  int status = 0;
  command::define_commands(app, status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return after_output(app.exit(error) == 0 ? 0 : command::kExitBadInput);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "orrery: %s\nThis is a defect in Orrery; please report it.\n",
                 error.what());
    return kExitOurBug;
  }
  return after_output(status);
}
