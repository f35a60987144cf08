// A growable byte buffer that is cheap to append to and to reuse: for responses, SQL parameters and
// log lines. Its memory comes from the thread's BufferPool, if there is one.
// Threading: one thread at a time. Ownership: owns its bytes; view() is valid until the next write.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/buffer_pool.h"

namespace souk {

class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t capacity) { reserve(capacity); }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    if (this == &other) return *this;
    release();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }
  ~Buffer() { release(); }

  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  const char* data() const { return data_; }
  char* data() { return data_; }
  std::string_view view() const { return {data_, size_}; }

  void clear() { size_ = 0; }
  // Discards the bytes and, if the capacity exceeds `retained`, the memory too.
  void recycle(std::size_t retained) {
    size_ = 0;
    if (capacity_ > retained) release();
  }

  void append(std::string_view text) {
    if (text.empty()) return;
    std::memcpy(prepare(text.size()), text.data(), text.size());
    size_ += text.size();
  }
  void append(char c) {
    *prepare(1) = c;
    ++size_;
  }
  void append_integer(std::int64_t number) { append_number(number); }
  void append_unsigned(std::uint64_t number) { append_number(number); }

  // Returns room for `n` more bytes. Call commit() after writing them.
  char* prepare(std::size_t n) {
    if (capacity_ - size_ < n) grow(n);
    return data_ + size_;
  }
  void commit(std::size_t n) { size_ += n; }
  // Removes the first n bytes; the rest moves to the front.
  void consume(std::size_t n) {
    size_ -= n;
    if (size_ > 0) std::memmove(data_, data_ + n, size_);
  }
  void truncate(std::size_t size) { size_ = size; }
  void reserve(std::size_t capacity) {
    if (capacity > capacity_) grow(capacity - size_);
  }

 private:
  template <class T>
  void append_number(T number) {
    char* at = prepare(20);
    size_ += static_cast<std::size_t>(std::to_chars(at, at + 20, number).ptr - at);
  }
  void grow(std::size_t n);
  void release() noexcept {
    if (data_ != nullptr) BufferPool::give_back({std::exchange(data_, nullptr), capacity_});
    capacity_ = 0;
  }

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace souk
