// The secret shared by a shop's nodes and unknown to Redis, a row of the database: values stored by
// a node carry a MAC made with it, and names made with it tell nobody else what they are of.
//
// SipHash-2-4 with 128 bits: the fastest in libsodium and OpenSSL for values of this size (0.3 us
// for 1 KB; BLAKE2b 0.9, HMAC-SHA-256 0.8 to 2.6).
//
// Threading: any thread. Ownership: owns its memory.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace souk::redis {

using Secret = std::array<std::uint8_t, 16>;
using Mac = std::array<std::uint8_t, 16>;

// The MAC of the bytes, bound to this key.
Mac mac_of(const Secret& secret, std::string_view key, std::string_view bytes);
// A name that starts with `kind` and is the same on all nodes of this shop only: two shops on one
// Redis share nothing by it, and no guess of what it is of can be checked without the secret.
std::string secret_name(const Secret& secret, std::string_view kind, std::string_view of);
// Compares in constant time.
bool same_mac(const Mac& mac, std::string_view other);

// The secret once this node has read it.
class SharedSecret {
 public:
  std::optional<Secret> get() const {
    const std::lock_guard lock(mutex_);
    return secret_;
  }
  void set(const std::optional<Secret>& secret) {
    const std::lock_guard lock(mutex_);
    secret_ = secret;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<Secret> secret_;  // guarded by mutex_
};

}  // namespace souk::redis
