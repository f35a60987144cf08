#include "http/encoded_stream.h"

namespace souk::http {

runtime::Task<std::string_view> EncodedStream::next_plain() {
  auto* const stream = plain_.stream();
  if (stream == nullptr) {
    const auto piece = plain_.bytes().substr(at_, kStreamPieceBytes);
    at_ += piece.size();
    co_return piece;
  }
  piece_.clear();
  co_return co_await stream->next(piece_) ? piece_.view() : std::string_view();
}

runtime::Task<bool> EncodedStream::next(Buffer& out) {
  if (ended_) co_return false;
  if (!encoder_) encoder_ = Encoder::make(coding_, levels_);
  if (const auto piece = co_await next_plain(); !piece.empty()) {
    encoder_->write(piece, out);
  } else {
    encoder_->finish(out);
    ended_ = true;
  }
  co_return true;
}

}  // namespace souk::http
