// /api/products in bulk: imports, and changes of prices and stocks.
// Threading: constants.
#pragma once

#include "api/bulk/product_files.h"
#include "api/bulk/types.h"
#include "api/operation/operation.h"
#include "api/wire/query.h"
#include "bulk/error_codes.h"
#include "bulk/writer.h"

namespace souk::api {

inline constexpr std::size_t kMaxImportBytes = 64 * 1024 * 1024;
inline constexpr std::size_t kMaxBulkChangesBytes = 512 * 1024;
inline constexpr std::size_t kMaxReportedProblems = 1'000;
// Batches of kMaxImportBytes, in rows as short as they can be.
inline constexpr std::size_t kMaxImportBatches =
    bulk::kMaxImportRows / bulk::kMaxBatchRows + kMaxImportBytes / bulk::kMaxBatchBytes + 1;

struct ImportOptions {
  bool dry_run = false;
  bool create_categories = false;
};
template <>
inline constexpr auto describe<ImportOptions> = query_object(
    field("dryRun", &ImportOptions::dry_run,
          {.meaning = "Says what would become of the rows, and writes nothing.",
           .presence = Presence::kOptional}),
    field("createCategories", &ImportOptions::create_categories,
          {.meaning = "A path that leads to no category makes one, as soon as a product in it is "
                      "written.",
           .presence = Presence::kOptional}));

inline constexpr Operation kImportProducts{
    .name = "importProducts",
    .tag = Tag::kProducts,
    .summary = "Create and change products by a file",
    .description =
        "Products are found by their SKU; unknown ones are created. CSV (UTF-8, comma, semicolon "
        "or tab, a header of `sku` and any of `name`, `description`, `category`, `price`, "
        "`currency`, `isActive`, `stock`) or a JSON object a line. A row that is refused changes "
        "nothing and is reported; the others are written in batches of 2,000, so that what an "
        "interrupted import has written stays. A repetition changes nothing. Absent columns, and "
        "empty cells but those of `description`, leave what they stand for as it is. In CSV a "
        "price has its currency's decimals, `19.99`, and a leading apostrophe before what a "
        "spreadsheet takes for a formula is removed. A shop has one import at a time.",
    .method = http::Method::kPost,
    .path = "/api/products/import",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements =
        3 + catalog::kMaxCategories +
        (1 + bulk::Writer::kStatementsMax) * static_cast<std::uint32_t>(kMaxImportBatches),
    .query = &kComponent<ImportOptions>,
    .takes = pieces_of<ProductLine>(kFileTypes, kMaxImportBytes),
    .answers = {one<ImportReport>(200, "What became of the rows.")},
    .refusals = {{bulk::errors::kImportRunning, "another import is running."}}};

inline constexpr Operation kChangeProducts{
    .name = "changeProducts",
    .tag = Tag::kProducts,
    .summary = "Change prices and stocks of many products",
    .description =
        "Each change is made or refused for itself; the answer says which, in the order "
        "of the request. All are made in one transaction.",
    .method = http::Method::kPatch,
    .path = "/api/products",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 1 + bulk::Writer::kStatementsMax,
    .takes = body<BulkChanges>(kMaxBulkChangesBytes),
    .answers = {all<BulkResult>("What became of each change.")}};

}  // namespace souk::api
