// Media types by file name extension.
// Threading: pure functions; static text.
#pragma once

#include <string_view>

namespace souk::http {

// application/octet-stream for an unknown extension.
std::string_view media_type_of(std::string_view path);

// Whether the name contains a hash of the content, as build tools write it: after the last '-' or
// '.' before the extension, eight or more letters, digits and '_', with a letter behind a digit:
// app-5f3a9c1e.js, index.D1wrgTda.css. Such a file never changes. A hash that does not look like
// one (three in ten of eight characters in base64) only costs a request for revalidation.
bool has_hashed_name(std::string_view path);

}  // namespace souk::http
