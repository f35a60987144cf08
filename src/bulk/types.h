// Many products at once: rows as they are wanted, and what became of each.
// Threading: plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "catalog/types.h"

namespace souk::bulk {

// One transaction's share of an import. Above 1,000 products the change log tells caches to drop
// everything, instead of a row for each.
inline constexpr std::size_t kMaxBatchRows = 2'000;
inline constexpr std::size_t kMaxBatchBytes = 4 * 1024 * 1024;
inline constexpr std::size_t kMaxImportRows = 1'000'000;
// Fits a description of 10,000 characters, each of four bytes or escaped, and the rest.
inline constexpr std::size_t kMaxRowBytes = 128 * 1024;
// As deep as categories may be.
inline constexpr std::size_t kMaxPathParts = 100;
inline constexpr std::size_t kMaxChanges = 1'000;  // of one request

// What is wrong, and in which column; an empty name is the row as a whole.
struct Problem {
  std::string column;
  std::string reason;
};

// A product as it is to be, found by its id or else by its SKU. Absent members stay as they are.
struct Row {
  std::size_t number = 0;  // in its file
  std::optional<ProductId> id;
  std::string sku;
  catalog::ProductPatch patch;
  std::optional<std::string> category;  // a path: "Kitchen/Kettles"
  std::optional<std::int64_t> stock;    // units on hand
  std::optional<Problem> problem;       // found before; the rest may be incomplete
};

enum class Outcome : std::uint8_t { kCreated, kUpdated, kUnchanged, kRefused };
inline constexpr std::array<std::string_view, 4> kOutcomeNames = {"created", "updated", "unchanged",
                                                                  "refused"};

struct Verdict {
  Outcome outcome = Outcome::kUnchanged;
  std::optional<ProductId> id;
  Problem problem;  // where it was refused
};

struct Mode {
  bool creates = true;              // products with unknown SKUs
  bool creates_categories = false;  // at paths that lead to none
  bool dry_run = false;             // decides and writes nothing
};

// A product as an export shows it.
struct Shown {
  catalog::Product product;
  std::string category;
  std::int64_t stock = 0;
};

}  // namespace souk::bulk
