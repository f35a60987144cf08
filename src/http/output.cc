#include "http/output.h"

#include <algorithm>

namespace souk::http {

void Output::append(Body&& body) {
  const auto bytes = body.bytes();
  if (bytes.size() <= kCopiedBodyBytes) {
    text_.append(bytes);
    body = {};
    return;
  }
  size_ += bytes.size();
  bodies_.push_back({text_.size(), std::move(body)});
}

std::span<const iovec> Output::pieces(Pieces& into) const {
  std::size_t count = 0;
  std::size_t skip = sent_;
  const auto add = [&](std::string_view piece) {
    const auto skipped = std::min(skip, piece.size());
    skip -= skipped;
    piece.remove_prefix(skipped);
    if (!piece.empty()) into[count++] = {const_cast<char*>(piece.data()), piece.size()};
  };
  std::size_t from = 0;
  for (const auto& [at, body] : bodies_) {
    add(text_.view().substr(from, at - from));
    add(body.bytes());
    from = at;
  }
  add(text_.view().substr(from));
  return {into.data(), count};
}

void Output::sent(std::size_t n) {
  sent_ += n;
  if (!empty()) return;
  text_.clear();
  bodies_.clear();
  size_ = sent_ = 0;
}

void Output::recycle() {
  text_.recycle(kRetainedBytes);
  bodies_.clear();
  size_ = sent_ = 0;
}

}  // namespace souk::http
