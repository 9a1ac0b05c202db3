#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>

#include "base/error.hpp"
#include "base/version.hpp"
#include "program/output.hpp"
#include "program/parse_error.hpp"
#include "program/stop_signal.hpp"
#include "program/verbs.hpp"

namespace chandelier {
namespace {

constexpr const char* kDescription =
    "Chandelier: how do inhibitory circuits help a brain learn?\n"
    "Trains networks of separate excitatory and inhibitory populations (Dale's law)\n"
    "on images of variable luminosity, and compares where inhibition-mediated\n"
    "normalization acts: on activity alone, or also on the error signals.\n"
    "\nStart with:  chandelier study run studies/quick.toml";

int run(int argc, char** argv) {
  CLI::App app(kDescription, "chandelier");
  app.set_version_flag("--version", fmt::format("chandelier {} ({})", version(), commit()));
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  const Verbs verbs(app, argc > 0 ? argv[0] : "chandelier");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    app.exit(help);
    check_output();
    return static_cast<int>(ExitCode::finished);
  } catch (const CLI::ParseError& error) {
    throw explain_parse_error(app, error);
  }
  listen_for_stop_signals();
  const int code = verbs.run();
  if (code == static_cast<int>(ExitCode::finished)) check_output();  // any other code tells more
  return code;
}

}  // namespace
}  // namespace chandelier

int main(int argc, char** argv) {
  chandelier::prepare_output();
  try {
    return chandelier::run(argc, argv);
  } catch (const chandelier::UserError& error) {
    chandelier::print_error("chandelier: {}\n", error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    chandelier::print_error("chandelier: {}\n", chandelier::user_sentence(error));
    return static_cast<int>(chandelier::ExitCode::data);
  }
}
