// What a shop's opening needs of the catalogue, for commands without an event loop. Running nodes
// learn of it by the change log.
// Threading: blocks; not for an event loop. Ownership: functions borrow the connection.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "postgres/blocking.h"

namespace souk::catalog {

// Errors of all: those of BlockingConnection.

// The currency in which prices are compared unless another is named; nothing: not chosen yet.
Result<std::optional<std::string>> shop_currency(postgres::BlockingConnection& database);
// Errors: validation_failed when it is not in use (ISO 4217).
Result<> set_shop_currency(postgres::BlockingConnection& database, const std::string& currency);

Result<bool> has_category(postgres::BlockingConnection& database);
// At the top, after the others, with a slug of its name. False: a category there has the name
// already. Errors: validation_failed; category_taken when another one has the slug.
Result<bool> add_category(postgres::BlockingConnection& database, const std::string& name);

// Searches stem words and leave out the ones that say little as this language does: the name of a
// configuration of PostgreSQL's text search. Indexes the products that are not, or in another
// language, in short transactions, while the shop is open; does nothing more where all are. Empty:
// keeps the language. Errors: validation_failed when the server has no such language.
Result<> set_search_language(postgres::BlockingConnection& database, const std::string& language);

}  // namespace souk::catalog
