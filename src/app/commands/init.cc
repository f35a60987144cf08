#include <fmt/ostream.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iostream>

#include "accounts/administrators.h"
#include "app/commands/commands.h"
#include "app/commands/init_database.h"
#include "app/commands/password_input.h"
#include "app/commands/shop_database.h"
#include "catalog/setup.h"
#include "postgres/migrator.h"

namespace souk::app {
namespace {

constexpr auto kExamples = R"(Examples:
  souk init --database-url postgresql://souk@db/souk      asks for what is missing
  souk init --admin ada@example.com --password-file password.txt --currency EUR --category Tea
  souk init --data /srv/shop                              the shop of `souk up --empty`)";

struct InitArguments {
  std::string admin;
  std::string name = "Administrator";
  PasswordArguments password;
  std::string currency;
  std::string category;
};

using Database = postgres::BlockingConnection;

// Goes through the steps one by one. Each reports what stands, and does what is missing with the
// answer of an option or of the terminal; without an answer it is noted as missing.
class Opening {
 public:
  Opening(const Invocation& invocation, const Settings& settings, InitArguments arguments)
      : out_(invocation.out), settings_(settings), arguments_(std::move(arguments)) {}

  Result<> run(const std::string& conninfo) {
    if (auto done = database(conninfo); !done) return done;
    auto connected = Database::open(conninfo, "souk init");
    if (!connected) return std::unexpected(connected.error());
    if (auto done = administrator(*connected); !done) return done;
    if (auto done = currency(*connected); !done) return done;
    return category(*connected);
  }

  // The options of the answers that are missing.
  const std::vector<std::string>& missing() const { return missing_; }

 private:
  void say(std::string_view step, std::string_view what) {
    fmt::print(out_, "{:<14} {}\n", fmt::format("{}:", step), what);
    out_.flush();
  }

  // Empty: there is none.
  std::string answer(const std::string& option, std::string_view question) {
    std::string line = option;
    if (line.empty() && has_terminal()) {
      fmt::print(out_, "{}: ", question);
      out_.flush();
      std::getline(std::cin, line);
    }
    return line;
  }

  void lacks(std::string_view step, const std::string& option) {
    say(step, "missing");
    missing_.push_back(option);
  }

  Result<> database(const std::string& conninfo) {
    const auto created = ensure_database(conninfo);
    if (!created) return std::unexpected(created.error());
    say("database", *created ? "created" : "is there");
    const auto applied = migrate_shop(conninfo, settings_, {});
    if (!applied) return std::unexpected(applied.error());
    say("tables", applied->empty() ? "are up to date"
                                   : fmt::format("{} migrations applied", applied->size()));
    return {};
  }

  Result<> administrator(Database& connected) {
    const auto all = accounts::administrators(connected);
    if (!all) return std::unexpected(all.error());
    const auto stands = std::ranges::find_if(*all, [this](const auto& one) {
      return arguments_.admin.empty() ? one.is_active : one.email == arguments_.admin;
    });
    if (stands != all->end()) {
      say("administrator",
          fmt::format("{} is there{}", stands->email, stands->is_active ? "" : ", but disabled"));
      return {};
    }
    const auto email = answer(arguments_.admin, "E-mail address of the administrator");
    if (email.empty()) {
      lacks("administrator", "--admin");
      return {};
    }
    auto password = new_password(arguments_.password);
    if (!password) return std::unexpected(password.error());
    const auto added = accounts::add_administrator(
        connected, {.email = email, .password = password->text, .name = arguments_.name});
    if (!added) return added;
    say("administrator", email + " added");
    if (password->is_made) say("password", password->text);
    return {};
  }

  Result<> currency(Database& connected) {
    const auto chosen = catalog::shop_currency(connected);
    if (!chosen) return std::unexpected(chosen.error());
    const auto& given = arguments_.currency;
    if (*chosen && (given.empty() || given == **chosen)) {
      say("currency", **chosen + " is chosen");
      return {};
    }
    const auto code = answer(given, "Currency (ISO 4217, like EUR)");
    if (code.empty()) {
      lacks("currency", "--currency");
      return {};
    }
    if (auto set = catalog::set_shop_currency(connected, code); !set) return set;
    say("currency", *chosen ? fmt::format("{} instead of {}", code, **chosen) : code);
    return {};
  }

  Result<> category(Database& connected) {
    const auto any = catalog::has_category(connected);
    if (!any) return std::unexpected(any.error());
    if (*any && arguments_.category.empty()) {
      say("category", "there are some");
      return {};
    }
    const auto name = answer(arguments_.category, "First category (none: later)");
    if (name.empty()) {
      say("category", "none yet: POST /api/categories adds one");
      return {};
    }
    const auto added = catalog::add_category(connected, name);
    if (!added) return std::unexpected(added.error());
    say("category", name + (*added ? " added" : " is there"));
    return {};
  }

  std::ostream& out_;
  const Settings& settings_;
  const InitArguments arguments_;
  std::vector<std::string> missing_;
};

int init(Invocation& invocation, const Settings& settings, const ShopDatabase& shop,
         const InitArguments& arguments) {
  Opening opening(invocation, settings, arguments);
  if (const auto done = opening.run(shop.conninfo()); !done) {
    return report_failure(invocation, done.error());
  }
  if (!opening.missing().empty()) {
    fmt::print(invocation.err, "souk: not open yet: give {}, or run it on a terminal\n",
               fmt::join(opening.missing(), " and "));
    return kExitFailure;
  }
  fmt::print(invocation.out, "The shop can be opened: souk {}\n",
             shop.is_private() ? "up --empty" : "serve");
  return kExitOk;
}

}  // namespace

void add_init(CLI::App& app, Invocation& invocation) {
  auto& command = *app.add_subcommand(
      "init", "Open a shop: database, tables, administrator, currency, first category.");
  const auto arguments = std::make_shared<InitArguments>();
  command.add_option("--admin", arguments->admin, "The administrator's e-mail address.")
      ->type_name("EMAIL")
      ->transform([](const std::string& email) { return CLI::detail::to_lower(email); });
  command.add_option("--admin-name", arguments->name, "The administrator's name.")
      ->type_name("TEXT")
      ->capture_default_str();
  add_password_options(command, arguments->password);
  command.add_option("--currency", arguments->currency, "Compares prices unless another is named.")
      ->type_name("CODE");
  command.add_option("--category", arguments->category, "A first category.")->type_name("NAME");
  command.footer(kExamples);
  run_with_shop_database(command, invocation, WhereNoneIs::kCreate,
                         [&invocation, arguments](const auto& settings, const ShopDatabase& shop) {
                           return init(invocation, settings.values, shop, *arguments);
                         });
}

}  // namespace souk::app
