#include "app/commands/operator.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "app/commands/json_table.h"
#include "base/files.h"
#include "http/client/blocking_request.h"

namespace souk::app {
namespace {

Result<std::string> read_token(const std::string& file) {
  const auto text = read_file(file);
  if (!text) {
    return fail(
        ErrorCode::kInvalidRequest,
        fmt::format("{}; name the file of an admin's token by --token-file, or its folder by "
                    "--data",
                    text.error()));
  }
  std::istringstream in(*text);
  std::string token;
  if (in >> token) return token;
  return fail(ErrorCode::kInvalidRequest, fmt::format("{} holds no token", file));
}

Result<std::string> ask(const Settings& settings, const OperatorArguments& arguments,
                        const OperatorRequest& request) {
  const auto urls = find_shop(settings, arguments.urls);
  if (!urls) return std::unexpected(urls.error());
  const auto target = http::parse_target(urls->operators, urls->ca_file);
  if (!target) return std::unexpected(target.error());
  const auto token = read_token(arguments.token_file);
  if (!token) return std::unexpected(token.error());
  auto response = http::request_blocking(*target, {.method = request.method,
                                                   .path_and_query = request.path_and_query,
                                                   .token = *token,
                                                   .json = request.json});
  if (!response) return std::unexpected(response.error());
  if (response->status == 200 || response->status == 204) return std::move(response->body);
  return fail(ErrorCode::kUnavailable,
              fmt::format("{} answered {}: {}", urls->operators, response->status, response->body));
}

int run(const Invocation& invocation, const EffectiveSettings& settings,
        OperatorArguments arguments, const OperatorRequest& request) {
  const std::filesystem::path data = settings.values.data.directory;
  if (arguments.token_file.empty()) arguments.token_file = data / "admin-token.txt";
  const auto answer = ask(settings.values, arguments, request);
  if (!answer) {
    fmt::print(invocation.err, "souk: {}\n", answer.error().detail);
    return kExitFailure;
  }
  const bool for_people = !arguments.json && isatty(STDOUT_FILENO) == 1;
  if (for_people) {
    fmt::print(invocation.out, "{}", table_of(*answer));
  } else if (!answer->empty()) {
    fmt::print(invocation.out, "{}\n", *answer);
  }
  return kExitOk;
}

}  // namespace

CLI::App& add_operator_command(CLI::App& group, Invocation& invocation, const std::string& name,
                               const std::string& help,
                               const std::shared_ptr<OperatorArguments>& arguments,
                               std::function<OperatorRequest()> request) {
  auto& command = *group.add_subcommand(name, help);
  add_shop_url(command, arguments->urls.shop);
  add_operator_url(command, arguments->urls.operators);
  add_ca_file(command, arguments->urls.ca_file);
  command
      .add_option("--token-file", arguments->token_file,
                  "File with an admin's session token. [default: admin-token.txt in --data]")
      ->type_name("FILE");
  command.add_flag("--json", arguments->json, "Print JSON on a terminal, too.");
  run_with_settings(command, invocation, {"data.directory"},
                    [&invocation, arguments, request](const EffectiveSettings& settings) {
                      return run(invocation, settings, *arguments, request());
                    });
  return command;
}

}  // namespace souk::app
