// Recycles coroutine frames per thread, so that a hot request allocates nothing: frames up to
// kLargestFrame bytes are kept on free lists of one size class each, at most kFramesKept per class.
// Threading: a frame may be freed on another thread than the one that allocated it; it then joins
// that thread's list. Disabled under AddressSanitizer, which must see every allocation.
#pragma once

#include <cstddef>

namespace souk::runtime {

inline constexpr std::size_t kLargestFrame = 4096;
inline constexpr std::size_t kFramesKept = 1024;

void* allocate_frame(std::size_t size);
void free_frame(void* frame, std::size_t size) noexcept;

}  // namespace souk::runtime
