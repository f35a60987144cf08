#include "redis/protocol.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include "base/assert.h"

namespace souk::redis {
namespace {

// hiredis' functions that build replies, with a limit on the length that a peer announces.
redisReplyObjectFunctions bounded(const redisReplyObjectFunctions& own) {
  static const auto create_array = own.createArray;
  auto functions = own;
  functions.createArray = [](const redisReadTask* task, int elements) -> void* {
    return elements > kMaxArrayElements ? nullptr : create_array(task, elements);
  };
  return functions;
}

}  // namespace

void encode_command(Buffer& out, std::span<const std::string_view> words) {
  out.append('*');
  out.append_unsigned(words.size());
  for (const auto word : words) {
    out.append("\r\n$");
    out.append_unsigned(word.size());
    out.append("\r\n");
    out.append(word);
  }
  out.append("\r\n");
}

void Decoder::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

Decoder::Decoder(std::size_t max_reply_bytes)
    : max_reply_bytes_(max_reply_bytes), reader_(redisReaderCreate()) {
  SOUK_ASSERT(reader_ != nullptr);
  static auto functions = bounded(*reader_->fn);
  reader_->fn = &functions;
}

void Decoder::feed(std::string_view piece) {
  SOUK_ASSERT(piece.size() <= kDecoderPieceBytes);
  pending_bytes_ += piece.size();
  redisReaderFeed(reader_.get(), piece.data(),
                  piece.size());  // an error is reported with the next reply
}

std::expected<std::optional<Reply>, std::string> Decoder::next() {
  void* reply = nullptr;
  if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
    return std::unexpected(std::string(reader_->errstr));
  }
  if (reply != nullptr) {
    pending_bytes_ = reader_->len - reader_->pos;
    return Reply(static_cast<redisReply*>(reply));
  }
  if (pending_bytes_ > max_reply_bytes_) {
    return std::unexpected(fmt::format("a reply of more than {} bytes", max_reply_bytes_));
  }
  return std::nullopt;
}

}  // namespace souk::redis
