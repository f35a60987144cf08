#include "app/commands/operator.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <filesystem>
#include <fstream>

#include "http/client/blocking_request.h"

namespace souk::app {
namespace {

Result<std::string> read_token(const std::string& file) {
  std::ifstream in(file);
  std::string token;
  if (in >> token) return token;
  return fail(ErrorCode::kInvalidRequest,
              fmt::format("cannot read an admin's token from {}; name it by --token-file", file));
}

Result<std::string> ask(const OperatorArguments& arguments, const OperatorRequest& request) {
  const auto target = http::parse_target(arguments.url);
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
              fmt::format("{} answered {}: {}", arguments.url, response->status, response->body));
}

int run(const Invocation& invocation, const EffectiveSettings& settings,
        OperatorArguments arguments, const OperatorRequest& request) {
  if (arguments.token_file.empty()) {
    const std::filesystem::path data = settings.values.data.directory;
    arguments.token_file = data / "admin-token.txt";
  }
  const auto answer = ask(arguments, request);
  if (!answer) {
    fmt::print(invocation.err, "souk: {}\n", answer.error().detail);
    return kExitFailure;
  }
  if (!answer->empty()) fmt::print(invocation.out, "{}\n", *answer);
  return kExitOk;
}

}  // namespace

CLI::App& add_operator_command(CLI::App& group, Invocation& invocation, const std::string& name,
                               const std::string& help,
                               const std::shared_ptr<OperatorArguments>& arguments,
                               std::function<OperatorRequest()> request) {
  auto& command = *group.add_subcommand(name, help);
  command.add_option("--url", arguments->url, "The shop.")->type_name("URL")->capture_default_str();
  command
      .add_option("--token-file", arguments->token_file,
                  "File with an admin's session token. [default: admin-token.txt in --data]")
      ->type_name("FILE");
  run_with_settings(command, invocation, {"data.directory"},
                    [&invocation, arguments, request](const EffectiveSettings& settings) {
                      return run(invocation, settings, *arguments, request());
                    });
  return command;
}

}  // namespace souk::app
