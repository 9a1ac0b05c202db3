#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>

#include "base/error.hpp"
#include "base/version.hpp"
#include "program/parse_error.hpp"
#include "program/stop_signal.hpp"
#include "program/verbs.hpp"

namespace chandelier {
namespace {

constexpr const char* kDescription =
    "Chandelier: how do inhibitory circuits help a brain learn?\n"
    "Trains networks of separate excitatory and inhibitory populations (Dale's law) on images under variable\n"
    "luminosity, and compares where normalization by inhibition acts: on activity alone, or also on the error "
    "signals.\n"
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
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    throw explain_parse_error(app, error);
  }
  listen_for_stop_signals();
  const int code = verbs.run();
  if (std::fflush(stdout) != 0) throw DataError(fmt::format("cannot write the output: {}", std::strerror(errno)));
  return code;
}

}  // namespace
}  // namespace chandelier

int main(int argc, char** argv) {
  try {
    return chandelier::run(argc, argv);
  } catch (const chandelier::UserError& error) {
    fmt::print(stderr, "chandelier: {}\n", error.what());
    return static_cast<int>(error.code());
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "chandelier: there is not enough memory for this; try a smaller --width or --batch\n");
    return static_cast<int>(chandelier::ExitCode::data);
  } catch (const std::exception& error) {
    fmt::print(stderr, "chandelier: {}\n", error.what());
    return static_cast<int>(chandelier::ExitCode::data);
  }
}
