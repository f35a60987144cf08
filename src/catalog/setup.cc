#include "catalog/setup.h"

#include <fmt/format.h>

#include "base/iso4217.h"
#include "catalog/error_codes.h"
#include "catalog/rules.h"
#include "catalog/slug.h"
#include "postgres/server_time.h"

namespace souk::catalog {
namespace {

using postgres::BlockingConnection;

constexpr auto kSetCurrency =
    "INSERT INTO shop (currency) VALUES ($1) ON CONFLICT (is_only) DO UPDATE SET currency = $1";

constexpr auto kFindAtTop = "SELECT FROM categories WHERE parent_id IS NULL AND name = $1";

constexpr auto kAddAtTop =
    "INSERT INTO categories (id, name, slug, position) "
    "SELECT $1, $2, $3, least(1 + coalesce(max(position::bigint), -1), 1000000) "
    "FROM categories WHERE parent_id IS NULL ON CONFLICT DO NOTHING RETURNING id";
static_assert(kMaxPosition == 1'000'000, "the statement says so too");

constexpr auto kLanguages =
    "SELECT coalesce(bool_or(cfgname = $1), false), string_agg(cfgname, ', ' ORDER BY cfgname) "
    "FROM pg_ts_config WHERE pg_ts_config_is_visible(oid)";
constexpr auto kSetLanguage =
    "UPDATE search_settings SET language = $1, indexed_to = "
    "'00000000-0000-0000-0000-000000000000' WHERE language <> $1";

}  // namespace

Result<std::optional<std::string>> shop_currency(BlockingConnection& database) {
  const auto rows = database.run("SELECT currency FROM shop");
  if (!rows) return std::unexpected(rows.error());
  if (rows->size() == 0) return std::nullopt;
  return std::string(rows->text(0, 0));
}

Result<> set_shop_currency(BlockingConnection& database, const std::string& currency) {
  if (!iso4217_digits(currency)) {
    return fail(ErrorCode::kValidationFailed,
                fmt::format("{} is not the code of a currency in use (ISO 4217)", currency));
  }
  return database.execute(kSetCurrency, {currency});
}

Result<bool> has_category(BlockingConnection& database) {
  const auto rows = database.run("SELECT EXISTS (SELECT FROM categories)");
  if (!rows) return std::unexpected(rows.error());
  return rows->text(0, 0) == "t";
}

Result<bool> add_category(BlockingConnection& database, const std::string& name) {
  if (auto valid = rules::check(CategoryDraft{.name = name}); !valid) {
    return std::unexpected(valid.error());
  }
  const auto there = database.run(kFindAtTop, {name});
  if (!there) return std::unexpected(there.error());
  if (there->size() > 0) return false;
  const auto id = postgres::new_id(database);
  if (!id) return std::unexpected(id.error());
  const auto slug = slug_of(name);
  const auto added = database.run(kAddAtTop, {id->to_string(), name, slug});
  if (!added) return std::unexpected(added.error());
  if (added->size() == 1) return true;
  return fail(errors::kCategoryTaken, fmt::format("another category has the slug {}", slug));
}

Result<> set_search_language(BlockingConnection& database, const std::string& language) {
  if (!language.empty()) {
    const auto languages = database.run(kLanguages, {language});
    if (!languages) return std::unexpected(languages.error());
    if (languages->text(0, 0) != "t") {
      return fail(ErrorCode::kValidationFailed,
                  fmt::format("search.language is \"{}\", but the server's text search knows: {}",
                              language, languages->text(0, 1)));
    }
    if (auto set = database.execute(kSetLanguage, {language}); !set) return set;
  }
  return database.execute("CALL index_products()");
}

}  // namespace souk::catalog
