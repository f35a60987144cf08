// What each level of each coding costs and yields, for a page of products and for one product of
// the demo shop. Run it from the repository's folder; README.md shows the result.
//   build/release/http_bench --benchmark_filter=compress
#include <benchmark/benchmark.h>

#include <fstream>
#include <iterator>

#include "http/coding/compress.h"

namespace souk::http {
namespace {

std::string read(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void compress_body(benchmark::State& state, const char* path, ContentCoding coding) {
  const auto body = read(path);
  if (body.empty()) return state.SkipWithError("run it from the repository's folder");
  const auto level = static_cast<int>(state.range(0));
  std::size_t size = 0;
  for (auto _ : state) {
    size = compress(body, coding, {.gzip = level, .brotli = level, .zstd = level}).size();
  }
  state.counters["plain"] = static_cast<double>(body.size());
  state.counters["bytes"] = static_cast<double>(size);
}

constexpr const char* kList = "bench/pages/products.json";
constexpr const char* kProduct = "bench/pages/product.json";

#define SOUK_COMPRESS(name, path, coding) \
  BENCHMARK_CAPTURE(compress_body, name, path, ContentCoding::coding)->Unit(benchmark::kMicrosecond)

SOUK_COMPRESS(list_gzip, kList, kGzip)->Arg(1)->Arg(6)->Arg(9)->Arg(12);
SOUK_COMPRESS(list_br, kList, kBrotli)->Arg(1)->Arg(4)->Arg(5)->Arg(6)->Arg(9)->Arg(11);
SOUK_COMPRESS(list_zstd, kList, kZstd)->Arg(1)->Arg(3)->Arg(9)->Arg(15)->Arg(19);
SOUK_COMPRESS(product_gzip, kProduct, kGzip)->Arg(1)->Arg(6)->Arg(9)->Arg(12);
SOUK_COMPRESS(product_br, kProduct, kBrotli)->Arg(1)->Arg(4)->Arg(5)->Arg(6)->Arg(9)->Arg(11);
SOUK_COMPRESS(product_zstd, kProduct, kZstd)->Arg(1)->Arg(3)->Arg(9)->Arg(15)->Arg(19);

#undef SOUK_COMPRESS

}  // namespace
}  // namespace souk::http
