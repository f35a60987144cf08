// What Redis answered: nil, a string, an integer, an array of these, or an error. Asking for
// another kind than it is yields nothing, so that a value which is not what the caller stored is a
// miss. Threading: plain values. Ownership: a Reply owns its bytes; views and Values borrow from
// it.
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

// One value of a reply, valid as long as the Reply it came from.
class Value {
 public:
  explicit Value(const redisReply* reply) : reply_(reply) {}

  bool is_nil() const;
  // A bulk or a simple string; any bytes.
  std::optional<std::string_view> text() const;
  std::optional<std::int64_t> integer() const;
  // What Redis refused the command with, as in "WRONGTYPE Operation against ...".
  std::optional<std::string_view> error() const;
  bool is_array() const;
  // Elements of an array; 0 for everything else.
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

// Why there is no reply. The command may have been carried out or not.
enum class Unavailable : std::uint8_t {
  kAway,         // no connection, or it was lost
  kTimeout,      // no reply in time
  kBreakerOpen,  // it failed too often: not asked until it has answered a probe
  kOverloaded,   // too many commands, or bytes, wait already
};
inline constexpr std::array<std::string_view, 4> kUnavailableNames = {"away", "timeout",
                                                                      "breaker_open", "overloaded"};

using Answer = std::expected<Reply, Unavailable>;

}  // namespace souk::redis
