// The bytes that are made of a value, once for each key, and kept with its entry.
//
// Threading: any thread. A reader takes no lock, and what it has found never changes.
// Ownership: renderings live as long as the entry that has them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace souk::cache {

// Whatever the bytes of one value vary by; numbered by whoever renders. A language or a currency
// would be members too.
struct RenderingKey {
  std::uint8_t media_type = 0;
  std::uint8_t coding = 0;

  friend bool operator==(const RenderingKey&, const RenderingKey&) = default;
};

// Something to be done once, whichever thread comes first.
class Once {
 public:
  Once() = default;
  Once(const Once& other) : taken_(other.taken_.load()) {}
  Once& operator=(const Once&) = delete;
  // True for the first.
  bool take() const { return !taken_.exchange(true); }
  // The next to come is the first again.
  void reset() const { taken_ = false; }

 private:
  mutable std::atomic<bool> taken_{false};
};

// Finished bytes as a client gets them, and what tells them from others (RFC 9110 section 8.8.3).
struct Rendering {
  RenderingKey key;
  std::string bytes;
  std::string etag = {};  // with its quotes; empty: none
  Once compression = {};  // of these bytes
};

class Renderings {
 public:
  Renderings() = default;
  Renderings(const Renderings& /*other*/) {}  // a copy of an entry begins without any
  Renderings& operator=(const Renderings&) = delete;
  ~Renderings();

  // Null where none is made yet.
  const Rendering* find(RenderingKey key) const {
    const Node* node = first_.load(std::memory_order_acquire);
    while (node != nullptr && node->rendering.key != key) node = node->next;
    return node == nullptr ? nullptr : &node->rendering;
  }
  // The one that is kept under its key: this, or what another thread added before.
  const Rendering& add(Rendering rendering) const;

  // Bytes, bookkeeping included.
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

  mutable std::atomic<const Node*> first_{nullptr};  // the latest; nodes are only ever added
};

}  // namespace souk::cache
