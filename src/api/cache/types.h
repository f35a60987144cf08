// An operator's view of the cache, as JSON.
// Threading: constants.
#pragma once

#include "api/wire/describe.h"
#include "http/coding/coding.h"

namespace souk::api {

struct CacheRendering {
  std::string_view coding;
  std::string etag;
  std::int64_t bytes = 0;
};

// One cache level's copy of a key.
struct CacheCopy {
  bool is_absent = false;
  std::int64_t version = 0;
  Timestamp made_at;
  std::int64_t age_seconds = 0;
  bool is_fresh = false;
  std::int64_t tags = 0;
  std::vector<CacheRendering> renderings = {};
};

struct CacheCopies {
  std::string key;
  std::optional<CacheCopy> memory;
  std::optional<CacheCopy> redis;
};

// Exactly one of the members is set.
struct CacheDrop {
  std::optional<std::string> key;
  std::optional<std::string> tag;
  std::optional<std::string> pattern;
};

struct CacheDropped {
  std::int64_t dropped = 0;
};

template <>
inline constexpr auto describe<CacheRendering> =
    object({.name = "CacheRendering", .meaning = "A cached value rendered as bytes."},
           field("coding", &CacheRendering::coding, http::kCodingNames),
           field("etag", &CacheRendering::etag), field("bytes", &CacheRendering::bytes));

template <>
inline constexpr auto describe<CacheCopy> =
    object({.name = "CacheCopy", .meaning = "The entry of a key in one level of the cache."},
           field("isAbsent", &CacheCopy::is_absent, {.meaning = "Known not to exist."}),
           field("version", &CacheCopy::version,
                 {.meaning = "The version of its row; 0: it has no single row."}),
           field("madeAt", &CacheCopy::made_at), field("ageSeconds", &CacheCopy::age_seconds),
           field("isFresh", &CacheCopy::is_fresh,
                 {.meaning = "Whether this node would serve it without revalidation."}),
           field("tags", &CacheCopy::tags),
           field("renderings", &CacheCopy::renderings,
                 {.meaning = "The renderings made so far; none in Redis."}));

template <>
inline constexpr auto describe<CacheCopies> =
    object({.name = "CacheCopies", .meaning = "The entry of a key in each level of the cache."},
           field("key", &CacheCopies::key), field("memory", &CacheCopies::memory),
           field("redis", &CacheCopies::redis));

template <>
inline constexpr auto describe<CacheDrop> =
    object({.name = "CacheDrop",
            .meaning = "What to drop: exactly one of the members.",
            .example = R"({"tag":"prices"})",
            .exactly_one = true},
           field("key", &CacheDrop::key, {.presence = Presence::kOptional}),
           field("tag", &CacheDrop::tag, {.presence = Presence::kOptional}),
           field("pattern", &CacheDrop::pattern, {.presence = Presence::kOptional}));

template <>
inline constexpr auto describe<CacheDropped> =
    object({.name = "CacheDropped", .meaning = "The result of a drop."},
           field("dropped", &CacheDropped::dropped, {.meaning = "Entries.", .minimum = 0}));

}  // namespace souk::api
