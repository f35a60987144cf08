// A circuit breaker: stops requests to a server after failures in a row (Nygard, "Release It!").
// Threading: loop thread only.
#pragma once

namespace souk::runtime {

class Breaker {
 public:
  explicit Breaker(int threshold) : threshold_(threshold) {}

  bool open() const { return failures_ >= threshold_; }
  // Counts a failure. True when this one opened the breaker.
  bool failed() { return !open() && ++failures_ == threshold_; }
  // After an ordinary command: an open breaker is closed only by a probe, with close().
  void succeeded() {
    if (!open()) failures_ = 0;
  }
  void close() { failures_ = 0; }

 private:
  const int threshold_;
  int failures_ = 0;  // in a row
};

}  // namespace souk::runtime
