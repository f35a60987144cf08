#include "base/buffer_pool.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/buffer.h"

namespace souk {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SOUK_SKIP_WITHOUT_POOL() GTEST_SKIP() << "nothing is kept under AddressSanitizer"
#endif
#endif
#ifndef SOUK_SKIP_WITHOUT_POOL
#define SOUK_SKIP_WITHOUT_POOL() static_cast<void>(0)
#endif

TEST(BufferPool, GivesTheSameMemoryToTheNextBuffer) {
  SOUK_SKIP_WITHOUT_POOL();
  const BufferPool pool({});
  const void* first = nullptr;
  for (int i = 0; i < 10; ++i) {
    Buffer buffer;
    buffer.append("text");
    if (i == 0) first = buffer.data();
    EXPECT_EQ(buffer.data(), first);
    EXPECT_EQ(buffer.capacity(), 256u);
  }
  EXPECT_EQ(pool.counts().allocated, 1u);
  EXPECT_EQ(pool.counts().recycled, 9u);
  EXPECT_EQ(pool.counts().kept_bytes, 256u);
}

TEST(BufferPool, KeepsWhatHasGrownUpToWhatIsRetainedAndNoMore) {
  SOUK_SKIP_WITHOUT_POOL();
  const BufferPool pool({.initial = 100, .retained = 400});
  for (const std::size_t size : {90, 150, 390, 401, 100'000}) Buffer(size).append('x');
  EXPECT_EQ(pool.counts().kept_bytes, 100u + 200 + 400);
}

TEST(BufferPool, KeepsABoundedNumberOfEachSize) {
  SOUK_SKIP_WITHOUT_POOL();
  const BufferPool pool({.max_kept = 3});
  {
    std::vector<Buffer> buffers;
    for (int i = 0; i < 10; ++i) buffers.emplace_back(256);
  }
  EXPECT_EQ(pool.counts().kept_bytes, 3 * 256u);
}

TEST(BufferPool, BuffersMayOutliveItAndEndOnAnotherThread) {
  Buffer survivor;
  Buffer traveller;
  {
    const BufferPool pool({});
    survivor.append("text");
    traveller.append("text");
    std::thread([&] {
      const BufferPool other({});
      Buffer(std::move(traveller)).append("more");
    }).join();
    EXPECT_EQ(pool.counts().kept_bytes, 0u);
  }
  EXPECT_EQ(survivor.view(), "text");
}

TEST(BufferPool, AGrownBufferHasItsBytesAndGivesTheSmallerMemoryBack) {
  SOUK_SKIP_WITHOUT_POOL();
  const BufferPool pool({});
  Buffer buffer;
  const std::string text(200, 'a');
  for (int i = 0; i < 10; ++i) buffer.append(text);
  EXPECT_EQ(buffer.size(), 2'000u);
  EXPECT_EQ(buffer.view().find_first_not_of('a'), std::string_view::npos);
  EXPECT_EQ(pool.counts().kept_bytes, 256u + 512 + 1024);
}

}  // namespace
}  // namespace souk
