// The times of the last kReads reads into a buffer: a pipelined request begins in a read that was
// made while the request before it was answered.
// Threading: a plain value.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

namespace souk::http::h1 {

class ReadTimes {
 public:
  static constexpr std::size_t kReads = 8;
  using Time = std::chrono::steady_clock::time_point;

  void add(std::size_t bytes, Time at) { reads_[newest_ = (newest_ + 1) % kReads] = {bytes, at}; }

  // The time of the read that brought the byte with `following` bytes behind it; of the oldest
  // known read where that one was earlier. REQUIRES: add() was called.
  Time of(std::size_t following) const {
    auto i = newest_;
    for (std::size_t older = 1; older < kReads && following >= reads_[i].bytes; ++older) {
      following -= reads_[i].bytes;
      i = (i + kReads - 1) % kReads;
    }
    return reads_[i].at;
  }

 private:
  struct Read {
    std::size_t bytes = 0;
    Time at{};
  };
  std::array<Read, kReads> reads_{};
  std::size_t newest_ = 0;
};

}  // namespace souk::http::h1
