# Writes the files of the pages as bytes into a C++ source. Run by CMakeLists.txt.
set(arrays)
set(number 0)
# `gzipped`: the source is compressed.
function(embed list path type source gzipped)
  file(READ ${source} bytes HEX)
  string(MD5 etag "${bytes}")
  string(SUBSTRING ${etag} 0 16 etag)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  set(arrays "${arrays}constexpr unsigned char kFile${number}[] = {${bytes}};\n" PARENT_SCOPE)
  set(${list} "${${list}}    {\"${path}\", \"${type}\", \"\\\"${etag}\\\"\",
     {reinterpret_cast<const char*>(kFile${number}), sizeof(kFile${number})}, ${gzipped}},\n" PARENT_SCOPE)
  math(EXPR number "${number} + 1")
  set(number ${number} PARENT_SCOPE)
endfunction()

set(html "text/html; charset=utf-8")
embed(dashboard /dashboard "${html}" ${page}/index.html false)
embed(dashboard /dashboard/icon.svg image/svg+xml ${page}/icon.svg false)
embed(dashboard /dashboard/app.js text/javascript ${bundled}/app.js false)
embed(dashboard /dashboard/app.css text/css ${bundled}/app.css false)
embed(reference /docs "${html}" ${page}/reference.html false)
embed(reference /docs/icon.svg image/svg+xml ${page}/icon.svg false)
embed(reference /docs/reference.js text/javascript ${bundled}/reference.js.gz true)
embed(reference /docs/reference.css text/css ${bundled}/reference.css.gz true)
file(WRITE ${out} "// Made by src/site/embed.cmake.
#include <array>

#include \"site/assets.h\"

namespace souk::site {
namespace {
${arrays}}  // namespace

std::span<const Asset> dashboard_assets() {
  static const auto kAssets = std::to_array<Asset>({
${dashboard}  });
  return kAssets;
}

std::span<const Asset> reference_assets() {
  static const auto kAssets = std::to_array<Asset>({
${reference}  });
  return kAssets;
}

}  // namespace souk::site
")
