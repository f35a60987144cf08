// /api/products, their stock, and /api/categories.
// Threading: constants.
#pragma once

#include "api/catalog/queries.h"
#include "api/catalog/types.h"
#include "api/operation/operation.h"

namespace souk::api {

// Fits a description of 10,000 characters, each escaped as a surrogate pair, and the rest.
inline constexpr std::size_t kMaxProductBytes = 128 * 1024;

inline constexpr Operation kListProducts{
    .name = "listProducts",
    .tag = Tag::kProducts,
    .summary = "List products that are for sale",
    .description =
        "Following `nextCursor` yields every product exactly once that exists all the time. A page "
        "of `sort=newest` with a price range may have fewer products than `limit`, or none, "
        "although more follow: only `nextCursor: null` is the end. If more than 5,000 products "
        "match `q`, only 5,000 of them are sorted and listed.",
    .path = "/api/products",
    .priority = http::Priority::kList,
    .statements = 3,
    .query = &kComponent<ProductListing>,
    .has_etag = true,
    .answers = {page<catalog::Product>("A page.", {.etag = true})}};

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
    .method = http::Method::kPut,
    .path = "/api/products/{id}",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .statements = 3,
    .takes = body<catalog::ProductDraft>(kMaxProductBytes),
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

}  // namespace souk::api
