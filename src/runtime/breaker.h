// Decides when to stop asking a server that fails (Nygard, "Release It!": circuit breaker).
// Threading: loop thread only.
#pragma once

namespace souk::runtime {

class Breaker {
 public:
  explicit Breaker(int threshold) : threshold_(threshold) {}

  bool open() const { return failures_ >= threshold_; }
  // True when this failure opened it.
  bool failed() { return !open() && ++failures_ == threshold_; }
  // Of an ordinary command: only a probe closes a breaker that is open.
  void succeeded() {
    if (!open()) failures_ = 0;
  }
  void close() { failures_ = 0; }

 private:
  const int threshold_;
  int failures_ = 0;  // in a row
};

}  // namespace souk::runtime
