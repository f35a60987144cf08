// The outcome of one attempt to read or write without waiting.
// Threading: plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace souk::runtime {

struct Io {
  enum class Status : std::uint8_t { kDone, kBlocked, kClosed };
  Status status = Status::kDone;
  bool drained = false;   // of a read: nothing more has arrived, as far as is known
  std::size_t bytes = 0;  // transferred, when kDone
  // Of a read: how long the last of these bytes lay in the kernel. Zero: unknown.
  std::chrono::nanoseconds waited{0};
};

}  // namespace souk::runtime
