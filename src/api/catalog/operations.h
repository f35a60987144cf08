// /api/products, their stock, and /api/categories.
// Threading: constants.
#pragma once

#include "api/catalog/queries.h"
#include "api/catalog/types.h"
#include "api/operation/operation.h"
#include "catalog/error_codes.h"

namespace souk::api {

// Fits a description of 10,000 characters, each escaped as a surrogate pair, and the rest.
inline constexpr std::size_t kMaxProductBytes = 128 * 1024;

inline constexpr std::size_t kMaxCategoryBytes = 8 * 1024;

inline constexpr Operation kListProducts{
    .name = "listProducts",
    .tag = Tag::kProducts,
    .summary = "List products that are for sale",
    .description =
        "Following `nextCursor` yields every product exactly once that exists all the time. What "
        "a request costs is limited, and an answer that stopped at a limit says so with `bounded: "
        "true`. In the orders `newest` and `price` no product is left out: such a page has fewer "
        "products than `limit`, or none, although more follow; only `nextCursor: null` is the end. "
        "By `relevance`, of more than 2,000 matches those with the words in their names and the "
        "newest are listed. The product whose whole name or SKU is `q` comes first.",
    .path = "/api/products",
    .priority = http::Priority::kList,
    .statements = 6,
    .query = &kComponent<ProductListing>,
    .has_etag = true,
    .answers = {page<catalog::Product>("A page.", {.etag = true})},
    .refusals = {{catalog::errors::kSearchBusy, "too many searches are running."},
                 {catalog::errors::kSearchTooLong, "the search took longer than searches may."}}};

inline constexpr Operation kCreateProduct{
    .name = "createProduct",
    .tag = Tag::kProducts,
    .summary = "Add a product",
    .method = http::Method::kPost,
    .path = "/api/products",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 3,
    .takes = body<catalog::ProductDraft>(kMaxProductBytes),
    .answers = {one<catalog::Product>(201, "Added.", {.location = true, .etag = true})}};

inline constexpr Operation kGetProduct{
    .name = "getProduct",
    .tag = Tag::kProducts,
    .summary = "Read a product",
    .path = "/api/products/{id}",
    .statements = 2,
    .query = &kComponent<ProductView>,
    .has_etag = true,
    .answers = {one<catalog::Product>(200, "The product, even if it is no longer for sale.",
                                      {.etag = true})}};

inline constexpr Operation kReplaceProduct{
    .name = "replaceProduct",
    .tag = Tag::kProducts,
    .summary = "Replace a product",
    .description = "Takes what a GET gave, with or without the members that it adds.",
    .method = http::Method::kPut,
    .path = "/api/products/{id}",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 3,
    .takes = body<ProductReplacement>(kMaxProductBytes),
    .has_etag = true,
    .answers = {one<catalog::Product>(200, "The product as it is now.", {.etag = true})}};

inline constexpr Operation kChangeProduct{
    .name = "changeProduct",
    .tag = Tag::kProducts,
    .summary = "Change members of a product",
    .method = http::Method::kPatch,
    .path = "/api/products/{id}",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 3,
    .takes = body<catalog::ProductPatch>(kMaxProductBytes),
    .has_etag = true,
    .answers = {one<catalog::Product>(200, "The product as it is now.", {.etag = true})}};

inline constexpr Operation kDeactivateProduct{
    .name = "deactivateProduct",
    .tag = Tag::kProducts,
    .summary = "Stop selling a product",
    .method = http::Method::kDelete,
    .path = "/api/products/{id}",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 3,
    .has_etag = true,
    .answers = {nothing("No longer for sale; orders still show it.")}};

inline constexpr Operation kGetStock{
    .name = "getStock",
    .tag = Tag::kProducts,
    .summary = "Read the stock of a product",
    .path = "/api/products/{id}/stock",
    .statements = 2,
    .has_etag = true,
    .answers = {one<inventory::Stock>(200, "Its stock.", {.etag = true})}};

inline constexpr Operation kSetStock{
    .name = "setStock",
    .tag = Tag::kProducts,
    .summary = "Set the units on hand",
    .method = http::Method::kPut,
    .path = "/api/products/{id}/stock",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 2,
    .takes = body<StockLevel>(kMaxProductBytes),
    .has_etag = true,
    .answers = {one<inventory::Stock>(200, "The stock as it is now.", {.etag = true})}};

inline constexpr Operation kListCategories{
    .name = "listCategories",
    .tag = Tag::kProducts,
    .summary = "Read the tree of categories",
    .path = "/api/categories",
    .statements = 1,
    .has_etag = true,
    .answers = {all<CategoryTree>("The whole tree.", {.etag = true})}};

inline constexpr Operation kGetCategory{
    .name = "getCategory",
    .tag = Tag::kProducts,
    .summary = "Read a category",
    .path = "/api/categories/{id}",
    .statements = 1,
    .has_etag = true,
    .answers = {one<catalog::Category>(200, "The category.", {.etag = true})}};

inline constexpr Refusal kCategoryIsTaken{
    catalog::errors::kCategoryTaken, "another category has the slug, or a sibling has the name."};
inline constexpr Refusal kCategoryLoops{catalog::errors::kCategoryLoop,
                                        "the category would be below itself, or too deep."};
inline constexpr Refusal kCategoryParentIsUnknown{catalog::errors::kUnknownCategory,
                                                  "`parentId` names no category."};

inline constexpr Operation kCreateCategory{
    .name = "createCategory",
    .tag = Tag::kProducts,
    .summary = "Add a category",
    .method = http::Method::kPost,
    .path = "/api/categories",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 4,
    .takes = body<catalog::CategoryDraft>(kMaxCategoryBytes),
    .answers = {one<catalog::Category>(201, "Added.", {.location = true, .etag = true})},
    .refusals = {kCategoryIsTaken,
                 kCategoryLoops,
                 kCategoryParentIsUnknown,
                 {ErrorCode::kLimitReached, "a shop has at most 10,000 categories."}}};

inline constexpr Operation kChangeCategory{
    .name = "changeCategory",
    .tag = Tag::kProducts,
    .summary = "Rename or move a category",
    .description = "The slug stays as it is unless it is given.",
    .method = http::Method::kPatch,
    .path = "/api/categories/{id}",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 4,
    .takes = body<catalog::CategoryPatch>(kMaxCategoryBytes),
    .has_etag = true,
    .answers = {one<catalog::Category>(200, "The category as it is now.", {.etag = true})},
    .refusals = {kCategoryIsTaken, kCategoryLoops, kCategoryParentIsUnknown}};

inline constexpr Operation kDeleteCategory{
    .name = "deleteCategory",
    .tag = Tag::kProducts,
    .summary = "Delete an empty category",
    .method = http::Method::kDelete,
    .path = "/api/categories/{id}",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 4,
    .has_etag = true,
    .answers = {nothing("Deleted.")},
    .refusals = {{catalog::errors::kCategoryNotEmpty,
                  "the category has products, for sale or not, or subcategories."}}};

}  // namespace souk::api
