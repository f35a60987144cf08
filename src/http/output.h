// The bytes on their way to one client: heads and small bodies gathered in one buffer, large bodies
// left where they are, all leaving in as few system calls as the socket allows.
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
  // A body up to this size is copied: cheaper than one more piece for the kernel.
  static constexpr std::size_t kCopiedBodyBytes = 4096;
  static constexpr std::size_t kMaxBodies = 16;
  using Pieces = std::array<iovec, 2 * kMaxBodies + 1>;

  // Text is appended here.
  Buffer& text() { return text_; }
  // Whole bytes, not a stream; taken over.
  void append(Body&& body);

  // Better sent before more is appended.
  bool full() const { return size_ + text_.size() >= kFullBytes || bodies_.size() == kMaxBodies; }
  bool empty() const { return size() == 0; }
  std::size_t size() const { return text_.size() + size_ - sent_; }

  // What is left, as views that hold until the next change.
  std::span<const iovec> pieces(Pieces& into) const;
  void sent(std::size_t n);
  // Forgets everything, and large memory too.
  void recycle();

 private:
  static constexpr std::size_t kFullBytes = 64 * 1024;
  static constexpr std::size_t kRetainedBytes = 16 * 1024;
  struct Attached {
    std::size_t at;  // in text_, before which byte it goes
    Body body;
  };

  Buffer text_;
  std::vector<Attached> bodies_;
  std::size_t size_ = 0;  // of the bodies
  std::size_t sent_ = 0;  // of everything
};

}  // namespace souk::http
