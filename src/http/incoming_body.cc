#include "http/incoming_body.h"

#include <utility>

#include "http/error_codes.h"

namespace souk::http {

ErrorCode code_of_refusal(int status) {
  switch (status) {
    case 408:
      return errors::kRequestTimeout;
    case 413:
    case 414:
    case 431:
      return errors::kRequestTooLarge;
    default:
      return ErrorCode::kInvalidRequest;
  }
}

void IncomingBody::begin(std::optional<std::uint64_t> length) {
  source_ = nullptr;
  length_ = length;
  wanted_ = gathering_ = begun_ = ended_ = false;
  refusal_ = {};
  whole_ = {};
  due_ = Time::max();
}

void IncomingBody::begin_empty() {
  begin(0);
  ended_ = true;
}

void IncomingBody::recycle() {
  held_.recycle(kRetainedBytes);
  taken_.recycle(kRetainedBytes);
}

void IncomingBody::want(std::size_t max_bytes) {
  max_bytes_ = max_bytes;
  wanted_ = true;
  if (ended_ && held_.size() > max_bytes) {
    ended_ = false;  // all of it came before its limit was known
    fail(kBodyTooLarge);
  }
  if (!ended_ && !failed()) source_->wanted();
}

runtime::Task<std::expected<std::string_view, Refusal>> IncomingBody::gather() {
  gathering_ = true;
  while (!ended_ && !failed()) co_await source_->more(*this);
  if (failed()) co_return std::unexpected(refusal_);
  co_return whole();
}

runtime::Task<std::expected<std::string_view, Refusal>> IncomingBody::next() {
  if (!ready()) co_await source_->more(*this);
  if (failed()) co_return std::unexpected(refusal_);
  if (!whole_.empty()) co_return std::exchange(whole_, {});
  taken_.clear();
  std::swap(taken_, held_);
  co_return taken_.view();
}

}  // namespace souk::http
