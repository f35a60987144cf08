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

namespace souk::cache {

// The dimensions by which the bytes of a value vary; numbered by the renderer. A language or a
// currency would be further members.
struct RenderingKey {
  std::uint8_t media_type = 0;
  std::uint8_t coding = 0;

  friend bool operator==(const RenderingKey&, const RenderingKey&) = default;
};

// Claims a task once among all threads.
class Once {
 public:
  Once() = default;
  Once(const Once& other) : taken_(other.taken_.load()) {}
  Once& operator=(const Once&) = delete;
  // True for the first caller.
  bool take() const { return !taken_.exchange(true); }
  // Makes take() return true once more.
  void reset() const { taken_ = false; }

 private:
  mutable std::atomic<bool> taken_{false};
};

// The bytes sent to clients, and their entity tag (RFC 9110 section 8.8.3).
struct Rendering {
  RenderingKey key;
  std::string bytes;
  std::string etag = {};  // with its quotes; empty: none
  Once compression = {};  // of these bytes
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

  mutable std::atomic<const Node*> first_{nullptr};  // the latest; nodes are only ever added
};

}  // namespace souk::cache
