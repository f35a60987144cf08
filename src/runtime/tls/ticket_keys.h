// The keys that session tickets are sealed with (RFC 5077), shared by all workers: made here and
// replaced at an interval, or those of a file that the nodes of a shop share.
// Threading: any thread. Ownership: plain value behind a lock.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"

namespace souk::runtime {

class TicketKeys {
 public:
  // 80 bytes, as in a file and in nginx.
  struct Key {
    std::array<unsigned char, 16> name;
    std::array<unsigned char, 32> mac;
    std::array<unsigned char, 32> cipher;
  };
  using Time = std::chrono::steady_clock::time_point;

  static constexpr std::size_t kMaxKeys = 8;
  // Of our own keys: how long each seals tickets; after it, it opens them for as long again.
  static constexpr std::chrono::hours kRotation{12};

  // The keys of a file. Errors: unavailable, naming the file.
  static Result<std::vector<Key>> read(const std::string& file);
  // Replaces the keys by such ones: the first seals, all open.
  void replace(std::vector<Key> keys);

  Key sealing(Time now);
  struct Opening {
    Key key;
    bool renew;  // no longer the sealing one
  };
  // Nothing: the ticket is not ours, or too old.
  std::optional<Opening> opening(std::span<const unsigned char> name, Time now);

 private:
  void rotate(Time now);

  std::mutex mutex_;
  std::vector<Key> keys_;  // the sealing one first
  bool own_ = true;
  Time made_{};  // the first of our own
};

}  // namespace souk::runtime
