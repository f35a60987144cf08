#include "runtime/frame_pool.h"

#include <array>
#include <new>

namespace souk::runtime {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SOUK_KEEPS_FRAMES 0
#endif
#endif
#ifndef SOUK_KEEPS_FRAMES
#define SOUK_KEEPS_FRAMES 1
#endif

constexpr std::size_t kClassBytes = 64;
constexpr std::size_t kClasses = kLargestFrame / kClassBytes;

struct FreeFrame {
  FreeFrame* next;
};

struct FreeLists {
  struct List {
    FreeFrame* head = nullptr;
    std::size_t count = 0;
  };
  std::array<List, kClasses> lists;

  ~FreeLists() {
    for (auto& list : lists) {
      while (list.head != nullptr) ::operator delete(std::exchange(list.head, list.head->next));
    }
  }
};

thread_local FreeLists free_lists;

constexpr std::size_t size_class(std::size_t size) { return (size - 1) / kClassBytes; }

}  // namespace

void* allocate_frame(std::size_t size) {
  if (SOUK_KEEPS_FRAMES == 0 || size > kLargestFrame) return ::operator new(size);
  auto& list = free_lists.lists[size_class(size)];
  if (list.head == nullptr) return ::operator new((size_class(size) + 1) * kClassBytes);
  --list.count;
  return std::exchange(list.head, list.head->next);
}

void free_frame(void* frame, std::size_t size) noexcept {
  if (SOUK_KEEPS_FRAMES == 0 || size > kLargestFrame) return ::operator delete(frame);
  auto& list = free_lists.lists[size_class(size)];
  if (list.count == kFramesKept) return ::operator delete(frame);
  ++list.count;
  list.head = ::new (frame) FreeFrame{list.head};
}

}  // namespace souk::runtime
