#include "app/reference.h"

#include "api/document/openapi.h"
#include "api/operations.h"
#include "app/commands/commands.h"

namespace souk::app {

void add_reference(CLI::App& app, Invocation& invocation) {
  auto& command =
      *app.add_subcommand("reference", "Print a page of docs/reference/, from the code's tables.");
  command.group("");  // for developers: not in the overview
  for (const auto& page : reference_pages()) {
    command.add_subcommand(std::string(page.name), "")->callback([&invocation, &page] {
      invocation.run = [&invocation, &page] {
        invocation.out << page.write();
        return kExitOk;
      };
    });
  }
  command.add_subcommand("openapi", "")->callback([&invocation] {
    invocation.run = [&invocation] {
      invocation.out << api::openapi_document(api::all_operations()) << '\n';
      return kExitOk;
    };
  });
}

}  // namespace souk::app
