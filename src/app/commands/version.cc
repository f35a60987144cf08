#include <fmt/format.h>
#include <fmt/ostream.h>

#include "app/commands/commands.h"

namespace souk::app {

void add_version(CLI::App& app, Invocation& invocation) {
  auto& command =
      *app.add_subcommand("version", "Print the version and what this binary is made of.");
  command.footer("Example:\n  souk version");
  command.callback([&invocation] {
    invocation.run = [&invocation] {
      fmt::print(invocation.out, "souk {}\ncompiler   {}\nbuild type {}\nlibraries  {}\n",
                 SOUK_VERSION, __VERSION__, SOUK_BUILD_TYPE, SOUK_LIBRARIES);
      return kExitOk;
    };
  });
}

}  // namespace souk::app
