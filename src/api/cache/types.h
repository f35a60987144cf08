// What operators see of the cache, as it looks on the wire.
// Threading: constants.
#pragma once

#include "api/wire/describe.h"

namespace souk::api {

// What one level has of a key.
struct CacheCopy {
  bool is_absent = false;
  std::int64_t version = 0;
  std::string etag;
  Timestamp made_at;
  std::int64_t age_seconds = 0;
  bool is_fresh = false;
  std::int64_t bytes = 0;
  std::int64_t gzip_bytes = 0;
  std::int64_t brotli_bytes = 0;
  std::int64_t tags = 0;
};

struct CacheCopies {
  std::string key;
  std::optional<CacheCopy> memory;
  std::optional<CacheCopy> redis;
};

// One of them.
struct CacheDrop {
  std::optional<std::string> key;
  std::optional<std::string> tag;
  std::optional<std::string> pattern;
};

struct CacheDropped {
  std::int64_t dropped = 0;
};

template <>
inline constexpr auto describe<CacheCopy> =
    object({.name = "CacheCopy", .meaning = "What one level of the cache has of a key."},
           field("isAbsent", &CacheCopy::is_absent, {.meaning = "Known not to exist."}),
           field("version", &CacheCopy::version,
                 {.meaning = "Of the row behind it; 0: of no single row."}),
           field("etag", &CacheCopy::etag), field("madeAt", &CacheCopy::made_at),
           field("ageSeconds", &CacheCopy::age_seconds),
           field("isFresh", &CacheCopy::is_fresh,
                 {.meaning = "Whether this node would serve it as it is."}),
           field("bytes", &CacheCopy::bytes), field("gzipBytes", &CacheCopy::gzip_bytes),
           field("brotliBytes", &CacheCopy::brotli_bytes), field("tags", &CacheCopy::tags));

template <>
inline constexpr auto describe<CacheCopies> =
    object({.name = "CacheCopies", .meaning = "What each level of the cache has of a key."},
           field("key", &CacheCopies::key), field("memory", &CacheCopies::memory),
           field("redis", &CacheCopies::redis));

template <>
inline constexpr auto describe<CacheDrop> =
    object({.name = "CacheDrop",
            .meaning = "What to drop: one of them.",
            .example = R"({"tag":"prices"})",
            .exactly_one = true},
           field("key", &CacheDrop::key, {.presence = Presence::kOptional}),
           field("tag", &CacheDrop::tag, {.presence = Presence::kOptional}),
           field("pattern", &CacheDrop::pattern, {.presence = Presence::kOptional}));

template <>
inline constexpr auto describe<CacheDropped> =
    object({.name = "CacheDropped", .meaning = "What a drop did."},
           field("dropped", &CacheDropped::dropped, {.meaning = "Entries.", .minimum = 0}));

}  // namespace souk::api
