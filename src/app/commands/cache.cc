#include <fmt/format.h>

#include "app/commands/commands.h"
#include "app/commands/operator.h"
#include "base/json_writer.h"
#include "http/uri.h"

namespace souk::app {
namespace {

constexpr auto kExamples = R"(Examples:
  souk cache show categories                 what memory and Redis hold under a key
  souk cache drop --tag prices               every list that depends on prices, on all nodes
  souk cache drop --pattern 'products:all:*'

Keys are product:ID, stock:ID, categories, currencies, products:all:..., products:category:ID:...,
product_with_stock:ID and products_with_stock:...; tags are product:ID, products, category:ID, prices,
search and categories. A terminal shows lines for people; into a pipe or a file, and with --json, the
answer is JSON.)";

struct CacheArguments : OperatorArguments {
  std::string shown;
  std::string name;  // what to drop: key, tag or pattern
  std::string dropped;
};

OperatorRequest show_request(const CacheArguments& arguments) {
  return {.path_and_query = "/api/cache/entries/" + http::percent_encode(arguments.shown)};
}

OperatorRequest drop_request(const CacheArguments& arguments) {
  Buffer out(256);
  JsonWriter json(out);
  json.begin_object();
  json.member(arguments.name, arguments.dropped);
  json.end_object();
  return {.method = http::Method::kPost,
          .path_and_query = "/api/cache/drops",
          .json = std::string(out.view())};
}

}  // namespace

void add_cache(CLI::App& app, Invocation& invocation) {
  auto& cache = *app.add_subcommand("cache", "Look into a running shop's cache, or drop from it.");
  cache.footer(kExamples);
  cache.require_subcommand(1);
  const auto arguments = std::make_shared<CacheArguments>();
  add_operator_command(cache, invocation, "show", "What memory and Redis hold under a key.",
                       arguments, [arguments] { return show_request(*arguments); })
      .add_option("KEY", arguments->shown, "The key.")
      ->required();
  auto& drop = add_operator_command(cache, invocation, "drop", "Drop entries on all nodes.",
                                    arguments, [arguments] { return drop_request(*arguments); });
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
