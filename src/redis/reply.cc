#include "redis/reply.h"

#include <hiredis/hiredis.h>

#include <array>

#include "base/assert.h"

namespace souk::redis {

bool Value::is_nil() const { return reply_->type == REDIS_REPLY_NIL; }

std::optional<std::string_view> Value::text() const {
  if (reply_->type != REDIS_REPLY_STRING && reply_->type != REDIS_REPLY_STATUS) return std::nullopt;
  return std::string_view(reply_->str, reply_->len);
}

std::optional<std::int64_t> Value::integer() const {
  if (reply_->type != REDIS_REPLY_INTEGER) return std::nullopt;
  return reply_->integer;
}

std::optional<std::string_view> Value::error() const {
  if (reply_->type != REDIS_REPLY_ERROR) return std::nullopt;
  return std::string_view(reply_->str, reply_->len);
}

bool Value::is_array() const { return reply_->type == REDIS_REPLY_ARRAY; }

std::size_t Value::size() const { return is_array() ? reply_->elements : 0; }

Value Value::operator[](std::size_t i) const {
  SOUK_ASSERT(i < size());
  return Value(reply_->element[i]);
}

Reply::~Reply() { freeReplyObject(const_cast<redisReply*>(reply_)); }

}  // namespace souk::redis
