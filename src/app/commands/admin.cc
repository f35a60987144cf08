#include <fmt/ostream.h>

#include <algorithm>

#include "accounts/administrators.h"
#include "app/commands/commands.h"
#include "app/commands/password_input.h"
#include "app/commands/shop_database.h"
#include "postgres/migrator.h"

namespace souk::app {
namespace {

constexpr auto kExamples = R"(Examples:
  souk admin create ada@example.com                 asks for the password
  souk admin create ada@example.com --password-file password.txt
  souk admin create ada@example.com --reset         a new password, for a disabled one too
  souk admin list --database-url postgresql:///souk
  souk admin disable ada@example.com --data /srv/shop
  souk admin tokens                                 who can act without a password, and until when
  souk admin revoke 018f3d2a-7c1e-7b60-9a53-2f6c1d8e4b01)";

struct CreateArguments {
  accounts::Registration who{.email = {}, .password = {}, .name = "Administrator"};
  PasswordArguments password;
  bool reset = false;
};

// Errors: a remedy, also when the tables are not there.
Result<postgres::BlockingConnection> connect(const ShopDatabase& shop) {
  auto database = postgres::BlockingConnection::open(shop.conninfo(), "souk admin");
  if (!database) return database;
  const auto checked = postgres::check_schema(*database, postgres::embedded_migrations());
  if (!checked) return std::unexpected(checked.error());
  return database;
}

// Before a password is asked for. Errors: a remedy.
Result<> check_presence(postgres::BlockingConnection& database, const CreateArguments& arguments) {
  const auto all = accounts::administrators(database);
  if (!all) return std::unexpected(all.error());
  const auto& email = arguments.who.email;
  const bool is_there =
      std::ranges::any_of(*all, [&](const auto& one) { return one.email == email; });
  if (is_there && !arguments.reset) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("{} is an administrator already; --reset sets a new password", email));
  }
  if (!is_there && arguments.reset) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("there is no administrator {}; without --reset one is made", email));
  }
  return {};
}

Result<NewPassword> create(const ShopDatabase& shop, CreateArguments arguments) {
  auto database = connect(shop);
  if (!database) return std::unexpected(database.error());
  if (auto checked = check_presence(*database, arguments); !checked) {
    return std::unexpected(checked.error());
  }
  auto password = new_password(arguments.password);
  if (!password) return password;
  arguments.who.password = password->text;
  const auto done = arguments.reset
                        ? accounts::reset_administrator(*database, std::move(arguments.who))
                        : accounts::add_administrator(*database, std::move(arguments.who));
  if (!done) return std::unexpected(done.error());
  return password;
}

int list(const Invocation& invocation, const ShopDatabase& shop) {
  auto database = connect(shop);
  if (!database) return report_failure(invocation, database.error());
  const auto all = accounts::administrators(*database);
  if (!all) return report_failure(invocation, all.error());
  std::size_t width = 0;
  for (const auto& one : *all) width = std::max(width, one.email.size());
  for (const auto& one : *all) {
    fmt::print(invocation.out, "{:<{}}  {}  since {}  {}\n", one.email, width,
               one.is_active ? "active  " : "disabled", one.created_on, one.name);
  }
  if (std::ranges::none_of(*all, &accounts::Administrator::is_active)) {
    fmt::print(invocation.err, "souk: nobody can sign in as administrator: souk admin create\n");
  }
  return kExitOk;
}

void add_create(CLI::App& admin, Invocation& invocation) {
  auto& command = *admin.add_subcommand("create", "Add an administrator, or replace a password.");
  const auto arguments = std::make_shared<CreateArguments>();
  command.add_option("EMAIL", arguments->who.email, "Address to sign in with.")
      ->required()
      ->transform([](const std::string& email) { return CLI::detail::to_lower(email); });
  command.add_option("--name", arguments->who.name, "Name.")
      ->type_name("TEXT")
      ->capture_default_str();
  command.add_flag("--reset", arguments->reset,
                   "Replace the password of an existing one, end all sessions, and let a disabled "
                   "one in again.");
  add_password_options(command, arguments->password);
  run_with_shop_database(command, invocation, WhereNoneIs::kRefuse,
                         [&invocation, arguments](const auto&, const ShopDatabase& database) {
                           const auto password = create(database, *arguments);
                           if (!password) return report_failure(invocation, password.error());
                           fmt::print(invocation.out, "{} {}\n", arguments->who.email,
                                      arguments->reset
                                          ? "has a new password; all sessions have ended"
                                          : "is an administrator");
                           if (password->is_made)
                             fmt::print(invocation.out, "password: {}\n", password->text);
                           return kExitOk;
                         });
}

void add_disable(CLI::App& admin, Invocation& invocation) {
  auto& command =
      *admin.add_subcommand("disable", "End an administrator's sessions, and let none begin.");
  const auto email = std::make_shared<std::string>();
  command.add_option("EMAIL", *email, "The administrator's address.")->required();
  run_with_shop_database(command, invocation, WhereNoneIs::kRefuse,
                         [&invocation, email](const auto&, const ShopDatabase& shop) {
                           auto database = connect(shop);
                           if (!database) return report_failure(invocation, database.error());
                           const auto done = accounts::disable_administrator(*database, *email);
                           if (!done) return report_failure(invocation, done.error());
                           fmt::print(invocation.out,
                                      "{} is disabled; `souk admin create --reset` enables it\n",
                                      *email);
                           return kExitOk;
                         });
}

int list_tokens(const Invocation& invocation, const ShopDatabase& shop) {
  auto database = connect(shop);
  if (!database) return report_failure(invocation, database.error());
  const auto tokens = accounts::administrator_tokens(*database);
  if (!tokens) return report_failure(invocation, tokens.error());
  std::size_t width = 0;
  for (const auto& one : *tokens) width = std::max(width, one.email.size());
  for (const auto& one : *tokens) {
    fmt::print(invocation.out, "{}  {:<{}}  made {}  used {}  until {}  {}\n", one.id, one.email,
               width, one.created_at, one.last_used_at, one.expires_at, one.client);
  }
  return kExitOk;
}

void add_revoke(CLI::App& admin, Invocation& invocation) {
  auto& command = *admin.add_subcommand("revoke", "End an administrator's token, at once.");
  const auto id = std::make_shared<std::string>();
  command.add_option("ID", *id, "The token's id, as `souk admin tokens` shows it.")->required();
  run_with_shop_database(
      command, invocation, WhereNoneIs::kRefuse,
      [&invocation, id](const auto&, const ShopDatabase& shop) {
        const auto token = Uuid::parse(*id);
        if (!token) {
          return report_failure(
              invocation, {ErrorCode::kInvalidRequest, fmt::format("{} is no id of a token", *id)});
        }
        auto database = connect(shop);
        if (!database) return report_failure(invocation, database.error());
        const auto owner = accounts::revoke_administrator_token(*database, *token);
        if (!owner) return report_failure(invocation, owner.error());
        fmt::print(invocation.out, "the token of {} is revoked\n", *owner);
        return kExitOk;
      });
}

}  // namespace

void add_admin(CLI::App& app, Invocation& invocation) {
  auto& admin = *app.add_subcommand("admin", "Administrators of a shop, and their tokens.");
  admin.footer(kExamples);
  admin.require_subcommand(1);
  add_create(admin, invocation);
  run_with_shop_database(*admin.add_subcommand("list", "List all."), invocation,
                         WhereNoneIs::kRefuse,
                         [&invocation](const auto&, const ShopDatabase& database) {
                           return list(invocation, database);
                         });
  add_disable(admin, invocation);
  run_with_shop_database(
      *admin.add_subcommand("tokens",
                            "List the tokens of all administrators, the last used first; "
                            "times are UTC."),
      invocation, WhereNoneIs::kRefuse, [&invocation](const auto&, const ShopDatabase& database) {
        return list_tokens(invocation, database);
      });
  add_revoke(admin, invocation);
}

}  // namespace souk::app
