# Writes the files of the pages as bytes into a C++ source. Run by CMakeLists.txt.
set(arrays)
set(rows)
set(number 0)
function(embed path type source)
  file(READ ${source} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  set(arrays "${arrays}constexpr unsigned char kFile${number}[] = {${bytes}};\n" PARENT_SCOPE)
  set(rows
    "${rows}    {\"${path}\", \"${type}\", {reinterpret_cast<const char*>(kFile${number}), sizeof(kFile${number})}},\n"
    PARENT_SCOPE)
  math(EXPR number "${number} + 1")
  set(number ${number} PARENT_SCOPE)
endfunction()

embed(/dashboard "text/html; charset=utf-8" ${page}/index.html)
embed(/dashboard/icon.svg image/svg+xml ${page}/icon.svg)
embed(/dashboard/app.js text/javascript ${bundled}/app.js)
embed(/dashboard/app.css text/css ${bundled}/app.css)
file(WRITE ${out} "// Made by src/site/embed.cmake.
#include <array>

#include \"site/assets.h\"

namespace souk::site {
namespace {
${arrays}}  // namespace

std::span<const Asset> assets() {
  static const std::array<Asset, ${number}> kAssets = {{
${rows}  }};
  return kAssets;
}

}  // namespace souk::site
")
