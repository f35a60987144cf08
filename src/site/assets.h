// The files of the pages, built from src/site/page and compiled into the binary.
// Threading: constants.
#pragma once

#include <span>
#include <string_view>

namespace souk::site {

struct Asset {
  std::string_view path;  // "/dashboard/app.js"
  std::string_view content_type;
  std::string_view bytes;
};

std::span<const Asset> assets();

}  // namespace souk::site
