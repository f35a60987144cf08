// The files of the pages, built from src/site/page and compiled into the binary.
// Threading: constants.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace souk::site {

inline constexpr std::size_t kMaxAssetBytes = 4 * 1024 * 1024;  // when decoded

struct Asset {
  std::string_view path;  // "/dashboard/app.js"
  std::string_view content_type;
  std::string_view etag;  // of the file as it is, with its quotes
  std::string_view bytes;
  bool gzipped = false;
};

std::span<const Asset> dashboard_assets();
std::span<const Asset> reference_assets();

}  // namespace souk::site
