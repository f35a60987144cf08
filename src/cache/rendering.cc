#include "cache/rendering.h"

#include <memory>

namespace souk::cache {

Renderings::~Renderings() {
  const Node* node = first_.load(std::memory_order_relaxed);
  while (node != nullptr) delete std::exchange(node, node->next);
}

const Rendering& Renderings::add(Rendering rendering) const {
  rendering.bytes.shrink_to_fit();  // a compressor had room for as much as it was given
  auto node = std::make_unique<Node>(Node{.rendering = std::move(rendering)});
  node->next = first_.load(std::memory_order_acquire);
  do {
    // After a failed exchange, `next` is the node added meanwhile.
    if (const auto* const kept = find(node->rendering.key)) return *kept;
  } while (!first_.compare_exchange_weak(node->next, node.get(), std::memory_order_acq_rel));
  return node.release()->rendering;
}

std::size_t Renderings::memory() const {
  std::size_t bytes = 0;
  for_each([&bytes](const Rendering& each) {
    bytes += sizeof(Node) + each.bytes.capacity() + each.etag.capacity();
  });
  return bytes;
}

}  // namespace souk::cache
