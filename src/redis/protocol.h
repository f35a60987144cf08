// RESP2 (https://redis.io/docs/reference/protocol-spec) without a socket: encodes commands, decodes
// replies. Uses hiredis' reader, with limits. Threading: a Decoder belongs to one connection.
// Ownership: replies own their bytes.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/buffer.h"
#include "redis/reply.h"

struct redisReader;

namespace souk::redis {

inline constexpr int kMaxArrayElements = 1 << 20;
// The most bytes fed at once: the reader moves the remaining bytes after each reply.
inline constexpr std::size_t kDecoderPieceBytes = 16 * 1024;

void encode_command(Buffer& out, std::span<const std::string_view> words);

class Decoder {
 public:
  // A reply may have `max` bytes on the wire, plus one piece.
  explicit Decoder(std::size_t max_reply_bytes);

  // REQUIRES: at most kDecoderPieceBytes, and next() has returned nothing.
  void feed(std::string_view piece);
  // The next complete reply, or nothing until more is fed. After an error, a sentence for the log,
  // nothing more can be read.
  std::expected<std::optional<Reply>, std::string> next();

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };

  const std::size_t max_reply_bytes_;
  std::size_t pending_bytes_ = 0;  // fed since the last whole reply
  std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace souk::redis
