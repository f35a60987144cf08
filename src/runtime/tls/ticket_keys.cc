#include "runtime/tls/ticket_keys.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "base/files.h"

namespace souk::runtime {

static_assert(sizeof(TicketKeys::Key) == 80);

Result<std::vector<TicketKeys::Key>> TicketKeys::read(const std::string& file) {
  const auto bytes = read_file(file);
  if (!bytes) return fail(ErrorCode::kUnavailable, bytes.error());
  const auto count = bytes->size() / sizeof(Key);
  if (count == 0 || count > kMaxKeys || bytes->size() % sizeof(Key) != 0) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("{}: a file of ticket keys has 80 random bytes for each of 1 to {} "
                            "keys, the newest first",
                            file, kMaxKeys));
  }
  std::vector<Key> keys(count);
  std::memcpy(keys.data(), bytes->data(), bytes->size());
  return keys;
}

void TicketKeys::replace(std::vector<Key> keys) {
  const std::scoped_lock lock(mutex_);
  keys_ = std::move(keys);
  own_ = false;
}

// Under the lock.
void TicketKeys::rotate(Time now) {
  if (!own_ || (!keys_.empty() && now - made_ < kRotation)) return;
  // After twice the interval without a ticket, the last key is too old to open any.
  if (!keys_.empty() && now - made_ >= 2 * kRotation) keys_.clear();
  if (keys_.size() > 1) keys_.pop_back();
  Key key;
  if (::RAND_bytes(reinterpret_cast<unsigned char*>(&key), sizeof(key)) != 1)
    throw std::bad_alloc();
  keys_.insert(keys_.begin(), key);
  made_ = now;
}

TicketKeys::Key TicketKeys::sealing(Time now) {
  const std::scoped_lock lock(mutex_);
  rotate(now);
  return keys_.front();
}

std::optional<TicketKeys::Opening> TicketKeys::opening(std::span<const unsigned char> name,
                                                       Time now) {
  const std::scoped_lock lock(mutex_);
  rotate(now);
  for (const auto& key : keys_) {
    if (std::ranges::equal(key.name, name)) {
      return Opening{.key = key, .renew = &key != &keys_.front()};
    }
  }
  return std::nullopt;
}

}  // namespace souk::runtime
