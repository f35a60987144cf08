// A place among a bounded number of things that exist at a time; its destructor frees the place.
// Threading: one thread. Ownership: borrows the counter, which outlives it.
#pragma once

#include <cstddef>
#include <utility>

namespace souk::http {

class Slot {
 public:
  explicit Slot(std::size_t& used) : used_(&used) { ++used; }
  Slot(Slot&& other) noexcept : used_(std::exchange(other.used_, nullptr)) {}
  Slot& operator=(Slot&&) = delete;
  ~Slot() {
    if (used_ != nullptr) --*used_;
  }

 private:
  std::size_t* used_;
};

}  // namespace souk::http
