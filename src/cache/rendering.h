// The serialised bytes of a value, made once per key, and kept with its entry.
//
// Threading: any thread. Readers take no lock, and a rendering never changes.
// Ownership: renderings live as long as their entry.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/assert.h"

namespace souk::cache {

// The dimensions by which the bytes of a value vary; numbered by the renderer. A language or a
// currency would be further members.
struct RenderingKey {
  std::uint8_t media_type = 0;
  std::uint8_t coding = 0;

  friend bool operator==(const RenderingKey&, const RenderingKey&) = default;
};

// The bytes sent to clients, and their entity tag (RFC 9110 section 8.8.3).
struct Rendering {
  RenderingKey key;
  std::string bytes;
  std::string etag = {};  // with its quotes; empty: none
};

class Renderings {
 public:
  Renderings() = default;
  Renderings(const Renderings& /*other*/) {}  // a copy of an entry starts without renderings
  Renderings& operator=(const Renderings&) = delete;
  ~Renderings();

  // Null when there is none yet.
  const Rendering* find(RenderingKey key) const {
    const Node* node = first_.load(std::memory_order_acquire);
    while (node != nullptr && node->rendering.key != key) node = node->next;
    return node == nullptr ? nullptr : &node->rendering;
  }
  // Returns the rendering in effect: this, or the one another thread added before.
  const Rendering& add(Rendering rendering) const;

  // Claims the making of a rendering: true for the first caller, until give_up().
  bool claim(RenderingKey key) const { return (claimed_.fetch_or(bit(key)) & bit(key)) == 0; }
  void give_up(RenderingKey key) const { claimed_.fetch_and(~bit(key)); }

  // Its size in bytes, bookkeeping included.
  std::size_t memory() const;

  template <class Visit>
  void for_each(Visit visit) const {
    const Node* node = first_.load(std::memory_order_acquire);
    for (; node != nullptr; node = node->next) visit(node->rendering);
  }

 private:
  struct Node {
    Rendering rendering;
    const Node* next = nullptr;
  };

  static std::uint32_t bit(RenderingKey key) {
    constexpr std::uint8_t kCodings = 4;
    SOUK_ASSERT(key.coding < kCodings && key.media_type < 32 / kCodings);
    return 1u << (key.media_type * kCodings + key.coding);
  }

  mutable std::atomic<const Node*> first_{nullptr};  // the latest; nodes are only ever added
  mutable std::atomic<std::uint32_t> claimed_{0};
};

}  // namespace souk::cache
