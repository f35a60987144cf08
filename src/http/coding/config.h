// How much is compressed, and how well.
// Threading: plain values.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace souk::http {

// One level for each coding, on the library's own scale.
struct CodingLevels {
  int gzip;    // 1 to 12 (libdeflate)
  int brotli;  // 0 to 11
  int zstd;    // 1 to 19
};

struct CodingConfig {
  std::size_t min_bytes = 512;  // smaller bodies are sent as they are
  // Media types that are compressed, without parameters; "text/*" names all texts.
  std::vector<std::string> types = {"text/*",
                                    "application/json",
                                    "application/problem+json",
                                    "application/x-ndjson",
                                    "application/javascript",
                                    "application/manifest+json",
                                    "application/wasm",
                                    "application/xml",
                                    "image/svg+xml"};
  // Of what is made once and sent many times: the best ratio for about a millisecond a page.
  CodingLevels stored{.gzip = 9, .brotli = 5, .zstd = 9};
  // Of what is made for one response: the least time.
  CodingLevels live{.gzip = 1, .brotli = 1, .zstd = 1};
};

}  // namespace souk::http
