#include "http/incoming_body.h"

#include <algorithm>
#include <utility>

#include "http/error_codes.h"

namespace souk::http {
namespace {

constexpr Refusal kInflatesTooFar{413, "the body inflates to more than the server allows"};
constexpr Refusal kInvalidContent{400, "the body is not valid in its Content-Encoding"};
constexpr Refusal kCutContent{400, "the body ends before its Content-Encoding does"};
constexpr Refusal kTrailingBytes{400, "bytes follow the end of the body's Content-Encoding"};

}  // namespace

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
  received_ = 0;
  refusal_ = {};
  whole_ = {};
  due_ = Time::max();
  decoder_.reset();
  coded_ = {};
  decoded_bytes_ = 0;
}

void IncomingBody::begin_empty() {
  begin(0);
  ended_ = true;
}

void IncomingBody::recycle() {
  held_.recycle(kRetainedBytes);
  taken_.recycle(kRetainedBytes);
  decoder_.reset();
  decoded_.recycle(kRetainedBytes);
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
  if (decoder_ && !failed()) {
    coded_ = whole();
    const auto status = decode(max_bytes_ + 1);
    if (status == Decoder::Status::kNeedsMore) refusal_ = kCutContent;
    if (status == Decoder::Status::kEnded && !coded_.empty()) refusal_ = kTrailingBytes;
    std::swap(held_, decoded_);
    whole_ = {};
  }
  if (failed()) co_return std::unexpected(refusal_);
  co_return whole();
}

runtime::Task<std::expected<std::string_view, Refusal>> IncomingBody::next_received() {
  if (!ready()) co_await source_->more(*this);
  if (failed()) co_return std::unexpected(refusal_);
  if (!whole_.empty()) co_return std::exchange(whole_, {});
  taken_.clear();
  std::swap(taken_, held_);
  co_return taken_.view();
}

runtime::Task<std::expected<std::string_view, Refusal>> IncomingBody::next() {
  if (!decoder_) co_return co_await next_received();
  decoded_.clear();
  for (;;) {
    const auto status = decode(kWindowBytes);
    if (failed()) co_return std::unexpected(refusal_);
    if (!decoded_.empty()) co_return decoded_.view();
    const auto received = co_await next_received();
    if (!received) co_return received;
    if (received->empty() && status == Decoder::Status::kNeedsMore) refusal_ = kCutContent;
    if (status == Decoder::Status::kEnded) {
      if (received->empty() && coded_.empty()) co_return std::string_view();
      refusal_ = kTrailingBytes;
    }
    coded_ = *received;
  }
}

// One byte beyond the limit shows that it inflates to more.
Decoder::Status IncomingBody::decode(std::size_t room) {
  const auto allowed = max_bytes_ + 1 - decoded_bytes_;
  const auto before = decoded_.size();
  const auto status = decoder_->decode(coded_, decoded_, std::min(room, allowed));
  decoded_bytes_ += decoded_.size() - before;
  if (decoded_bytes_ > max_bytes_) refusal_ = kInflatesTooFar;
  if (status == Decoder::Status::kInvalid) refusal_ = kInvalidContent;
  return status;
}

}  // namespace souk::http
