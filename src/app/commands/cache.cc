#include <fmt/format.h>
#include <fmt/ostream.h>

#include <filesystem>
#include <fstream>

#include "app/commands/commands.h"
#include "base/json_writer.h"
#include "http/client/blocking_request.h"
#include "http/uri.h"

namespace souk::app {
namespace {

constexpr auto kExamples = R"(Examples:
  souk cache show categories                 what memory and Redis hold under a key
  souk cache drop --tag prices               every list that depends on prices, on all nodes
  souk cache drop --pattern 'products:all:*'

Keys are product:ID, stock:ID, categories, products:all:... and products:category:ID:...; tags are
product:ID, products, category:ID, prices, search and categories.)";

struct CacheArguments {
  std::string url = "http://127.0.0.1:8080";
  std::string token_file;
  std::string shown;
  std::string name;  // of what is dropped: key, tag or pattern
  std::string dropped;
};

Result<std::string> read_token(const std::string& file) {
  std::ifstream in(file);
  std::string token;
  if (in >> token) return token;
  return fail(ErrorCode::kInvalidRequest,
              fmt::format("cannot read an admin's token from {}; name it by --token-file", file));
}

std::string drop_body(const CacheArguments& arguments) {
  Buffer out(256);
  JsonWriter json(out);
  json.begin_object();
  json.member(arguments.name, arguments.dropped);
  json.end_object();
  return std::string(out.view());
}

Result<std::string> ask(const CacheArguments& arguments) {
  const auto target = http::parse_target(arguments.url);
  if (!target) return std::unexpected(target.error());
  const auto token = read_token(arguments.token_file);
  if (!token) return std::unexpected(token.error());
  const bool drops = !arguments.name.empty();
  const auto path = drops ? std::string("/api/cache/drops")
                          : "/api/cache/entries/" + http::percent_encode(arguments.shown);
  const auto body = drops ? drop_body(arguments) : std::string();
  auto response =
      http::request_blocking(*target, {.method = drops ? http::Method::kPost : http::Method::kGet,
                                       .path_and_query = path,
                                       .token = *token,
                                       .json = body});
  if (!response) return std::unexpected(response.error());
  if (response->status == 200) return std::move(response->body);
  return fail(ErrorCode::kUnavailable,
              fmt::format("{} answered {}: {}", arguments.url, response->status, response->body));
}

int run(const Invocation& invocation, const EffectiveSettings& settings, CacheArguments arguments) {
  if (arguments.token_file.empty()) {
    const std::filesystem::path data = settings.values.data.directory;
    arguments.token_file = data / "admin-token.txt";
  }
  const auto answer = ask(arguments);
  if (!answer) {
    fmt::print(invocation.err, "souk: {}\n", answer.error().detail);
    return kExitFailure;
  }
  fmt::print(invocation.out, "{}\n", *answer);
  return kExitOk;
}

CLI::App& add_action(CLI::App& cache, Invocation& invocation, const std::string& name,
                     const std::string& help, const std::shared_ptr<CacheArguments>& arguments) {
  auto& command = *cache.add_subcommand(name, help);
  command.add_option("--url", arguments->url, "The shop.")->type_name("URL")->capture_default_str();
  command
      .add_option("--token-file", arguments->token_file,
                  "File with an admin's session token. [default: admin-token.txt in --data]")
      ->type_name("FILE");
  run_with_settings(command, invocation, {"data.directory"},
                    [&invocation, arguments](const EffectiveSettings& settings) {
                      return run(invocation, settings, *arguments);
                    });
  return command;
}

}  // namespace

void add_cache(CLI::App& app, Invocation& invocation) {
  auto& cache = *app.add_subcommand("cache", "Look into a running shop's cache, or drop from it.");
  cache.footer(kExamples);
  cache.require_subcommand(1);
  const auto arguments = std::make_shared<CacheArguments>();
  add_action(cache, invocation, "show", "What memory and Redis hold under a key, as JSON.",
             arguments)
      .add_option("KEY", arguments->shown, "The key.")
      ->required();
  auto& drop = add_action(cache, invocation, "drop", "Drop entries on all nodes.", arguments);
  auto& what = *drop.add_option_group("what", "What to drop; one of them.");
  what.require_option(1);
  for (const std::string name : {"key", "tag", "pattern"}) {
    what.add_option_function<std::string>(
            "--" + name,
            [arguments, name](const std::string& value) {
              arguments->name = name;
              arguments->dropped = value;
            },
            fmt::format("The {}.", name))
        ->type_name("TEXT");
  }
}

}  // namespace souk::app
