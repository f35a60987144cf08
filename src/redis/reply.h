// Redis' answer: nil, a string, an integer, an array of these, or an error. Accessing it as another
// type returns nothing, so that an unexpected value is a cache miss. Threading: plain values.
// Ownership: a Reply owns its bytes; views and Values borrow from it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <utility>

struct redisReply;

namespace souk::redis {

// One value of a reply, valid as long as its Reply.
class Value {
 public:
  explicit Value(const redisReply* reply) : reply_(reply) {}

  bool is_nil() const;
  // A bulk or a simple string; any bytes.
  std::optional<std::string_view> text() const;
  std::optional<std::int64_t> integer() const;
  // The error of a refused command, e.g. "WRONGTYPE Operation against ...".
  std::optional<std::string_view> error() const;
  bool is_array() const;
  // The number of elements of an array; 0 for other types.
  std::size_t size() const;
  Value operator[](std::size_t i) const;  // REQUIRES: i < size()

 protected:
  const redisReply* reply_;
};

class Reply : public Value {
 public:
  explicit Reply(redisReply* owned) : Value(owned) {}
  Reply(Reply&& other) noexcept : Value(std::exchange(other.reply_, nullptr)) {}
  Reply& operator=(Reply&& other) noexcept {
    std::swap(reply_, other.reply_);
    return *this;
  }
  ~Reply();
};

// Why there is no reply. The command may have taken effect or not.
enum class Unavailable : std::uint8_t {
  kAway,         // no connection, or it was lost
  kTimeout,      // no reply in time
  kBreakerOpen,  // the breaker is open until a probe is answered
  kOverloaded,   // too many commands or bytes are queued
};
inline constexpr std::array<std::string_view, 4> kUnavailableNames = {"away", "timeout",
                                                                      "breaker_open", "overloaded"};

using Answer = std::expected<Reply, Unavailable>;

}  // namespace souk::redis
