// The bytes queued for one client: heads and small bodies in one buffer, large bodies by reference,
// sent in as few system calls as the socket allows.
//
// Threading: loop thread only. Ownership: owns the bodies until they are sent.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "base/buffer.h"
#include "http/body.h"

namespace souk::http {

class Output {
 public:
  // A body up to this size is copied, which is cheaper than another piece for the kernel.
  static constexpr std::size_t kCopiedBodyBytes = 4096;
  static constexpr std::size_t kMaxBodies = 16;
  using Pieces = std::array<iovec, 2 * kMaxBodies + 1>;

  // Text is appended here.
  Buffer& text() { return text_; }
  // Takes ownership. REQUIRES: not a stream.
  void append(Body&& body);

  // Should be sent before more is appended.
  bool full() const { return size_ + text_.size() >= kFullBytes || bodies_.size() == kMaxBodies; }
  bool empty() const { return size() == 0; }
  std::size_t size() const { return text_.size() + size_ - sent_; }

  // The unsent bytes, as views that are valid until the next change.
  std::span<const iovec> pieces(Pieces& into) const;
  void sent(std::size_t n);
  // Discards everything, and frees large buffers.
  void recycle();

 private:
  static constexpr std::size_t kFullBytes = 64 * 1024;
  static constexpr std::size_t kRetainedBytes = 16 * 1024;
  struct Attached {
    std::size_t at;  // position in text_ before which it is sent
    Body body;
  };

  Buffer text_;
  std::vector<Attached> bodies_;
  std::size_t size_ = 0;  // of the bodies
  std::size_t sent_ = 0;  // of everything
};

}  // namespace souk::http
