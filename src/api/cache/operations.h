// /api/cache: inspection and invalidation of the cache, for operators.
// Threading: constants.
#pragma once

#include "api/cache/types.h"
#include "api/operation/operation.h"

namespace souk::api {

inline constexpr std::size_t kMaxDropBytes = 4 * 1024;

inline constexpr Parameter kKey{
    .name = "key",
    .in = Parameter::In::kPath,
    .facets = {.meaning = "Of the entry.", .min_length = 1, .example = R"("categories")"}};

inline constexpr Operation kGetCacheEntry{
    .name = "getCacheEntry",
    .tag = Tag::kCache,
    .summary = "Look up a key of the cache",
    .description =
        "The entry in the answering node's memory, and the entry in Redis; null if there is none. "
        "Keys are product:ID, stock:ID, categories, products:all:..., products:category:ID:..., "
        "product_with_stock:ID and products_with_stock:...",
    .path = "/api/cache/entries/{key}",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .served_on = http::ServedOn::kOperator,
    .statements = 1,
    .parameters = {&kKey},
    .answers = {one<CacheCopies>(200, "The copies.")}};

inline constexpr Operation kDropFromCache{
    .name = "dropFromCache",
    .tag = Tag::kCache,
    .summary = "Drop entries of the cache on all nodes",
    .description =
        "By key, by tag (product:ID, products, category:ID, prices, search, categories), or by a "
        "Redis pattern of keys. This node has dropped them when it answers, the other nodes a "
        "moment later.",
    .method = http::Method::kPost,
    .path = "/api/cache/drops",
    .access = kAdmin,
    .priority = http::Priority::kOperator,
    .served_on = http::ServedOn::kOperator,
    .statements = 2,
    .takes = body<CacheDrop>(kMaxDropBytes),
    .answers = {one<CacheDropped>(
        200, "How many entries this node dropped, and for a pattern those in Redis.")}};

}  // namespace souk::api
