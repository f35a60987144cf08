#include "http/body.h"

namespace souk::http {

std::string_view Body::bytes() const {
  if (const auto* buffer = std::get_if<Buffer>(&content_)) return buffer->view();
  if (const auto* text = std::get_if<std::string>(&content_)) return *text;
  if (const auto* shared = std::get_if<Shared>(&content_)) return **shared;
  if (const auto* part = std::get_if<Part>(&content_)) return part->bytes;
  return {};
}

std::shared_ptr<const void> Body::share() {
  if (const auto* shared = std::get_if<Shared>(&content_)) return *shared;
  if (auto* buffer = std::get_if<Buffer>(&content_)) {
    auto owner = std::make_shared<const Buffer>(std::move(*buffer));
    content_ = Part{owner, owner->view()};
  } else if (auto* text = std::get_if<std::string>(&content_)) {
    auto owner = std::make_shared<const std::string>(std::move(*text));
    content_ = Part{owner, *owner};
  }
  const auto* part = std::get_if<Part>(&content_);
  return part == nullptr ? nullptr : part->owner;
}

std::optional<std::uint64_t> Body::size() const {
  if (const auto* source = stream()) return source->length();
  return bytes().size();
}

}  // namespace souk::http
