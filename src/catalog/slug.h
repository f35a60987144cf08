// Slugs: names of categories as a part of a URL.
// Threading: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace souk::catalog {

// Whether it is lower-case ASCII letters and digits in words joined by single hyphens, not too
// long, and not a UUID: wherever a slug is accepted, an id is, too.
bool is_slug(std::string_view text);

// "Größe & Co." becomes "grosse-co". A name without Latin letters or digits: "category".
// REQUIRES: UTF-8.
std::string slug_of(std::string_view name);

}  // namespace souk::catalog
