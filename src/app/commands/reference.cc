#include "app/reference.h"

#include <memory>

#include "api/document/openapi.h"
#include "api/operations.h"
#include "api/webhooks/events.h"
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
  const auto scale = std::make_shared<double>(1);
  auto& rules = *command.add_subcommand("rules", "Prometheus' rules.");
  rules
      .add_option("--scale", *scale,
                  "How many times as long each window and interval is: for tests of alerts.")
      ->check(CLI::PositiveNumber);
  rules.callback([&invocation, scale] {
    invocation.run = [&invocation, scale] {
      const auto text = alert_rules(*scale);
      (text ? invocation.out : invocation.err) << (text ? *text : text.error() + "\n");
      return text ? kExitOk : kExitFailure;
    };
  });
  command.add_subcommand("dashboard", "Grafana's dashboard.")->callback([&invocation] {
    invocation.run = [&invocation] {
      const auto text = grafana_dashboard();
      (text ? invocation.out : invocation.err) << (text ? *text : text.error() + "\n");
      return text ? kExitOk : kExitFailure;
    };
  });
  command.add_subcommand("openapi", "")->callback([&invocation] {
    invocation.run = [&invocation] {
      invocation.out << api::openapi_document(api::all_operations(), api::kWebhookEvents) << '\n';
      return kExitOk;
    };
  });
}

}  // namespace souk::app
