// The data that the load tester needs to behave like customers: products, categories, usual prices
// and search words, read over the shop's API.
// Threading: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "http/client/target.h"

namespace souk::loadtest {

inline constexpr std::size_t kMaxSearchWords = 200;

struct Catalogue {
  std::vector<std::string> products;      // ids; never empty
  std::vector<std::string> items;         // what an order's line names of each; none: the products
  std::vector<std::string> categories;    // ids, of every depth
  std::vector<std::int64_t> prices;       // of the products, minor units, ascending
  std::vector<std::string> search_words;  // from product names
};

// Adds the words of a product's name, in lower case, up to kMaxSearchWords.
void collect_words(std::string_view name, std::set<std::string>& words);

// Pages through the newest `most` products.
// Errors: unavailable, with the answer if it violates the API contract; precondition_failed for a
// shop without products.
Result<Catalogue> read_catalogue(const http::Target& target, std::size_t most);

}  // namespace souk::loadtest
