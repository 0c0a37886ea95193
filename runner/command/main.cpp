/// The `orrery` command.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "models/base/contract.h"
#include "runner/command/cli.h"
#include "runner/command/commands.h"

int main(int argc, char** argv) {
  using namespace orrery;
  CLI::App app;
  int status = 0;
  command::define_commands(app, status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : command::kExitBadInput;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "orrery: %s\nThis is a defect in Orrery; please report it.\n",
                 error.what());
    return kExitOurBug;
  }
  return status;
}
