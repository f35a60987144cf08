// What another make's shop sells, read over its public API.
// Threading: blocks; any thread. Ownership: plain values.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "http/client/target.h"
#include "loadtest/catalogue.h"
#include "rivals/driver.h"

namespace souk::rivals {

inline constexpr std::size_t kMaxProducts = 20'000;
inline constexpr std::size_t kMaxCategories = 1'000;
// Two pages, so that each shop has a next one, and some that Souk's demo does not sell.
inline constexpr std::size_t kFewestProducts = 50;

struct Shop {
  loadtest::Catalogue catalogue;                               // without prices
  std::vector<std::pair<std::string, std::string>> constants;  // by name, values filled in
};

// `key` is sent as the driver wants it; empty: none. Errors: unavailable, naming the request, when
// an answer is not what the driver expects; precondition_failed for too few products.
Result<Shop> read_shop(const Driver& driver, const http::Target& target, const std::string& key);

// With the constants' values instead of their names.
std::string fill_in(std::string_view text, const Shop& shop);

}  // namespace souk::rivals
