#include "http/body.h"

namespace souk::http {

std::string_view Body::bytes() const {
  if (const auto* buffer = std::get_if<Buffer>(&content_)) return buffer->view();
  if (const auto* text = std::get_if<std::string>(&content_)) return *text;
  if (const auto* shared = std::get_if<Shared>(&content_)) return **shared;
  return {};
}

std::optional<std::uint64_t> Body::size() const {
  if (const auto* source = stream()) return source->length();
  return bytes().size();
}

}  // namespace souk::http
