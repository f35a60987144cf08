// A response's body: nothing, whole bytes (owned or shared), or a stream that is pulled.
//
// Threading: belongs to one worker; shared bytes are immutable and may be shared by all.
// Ownership: owns its content; a stream is destroyed when it has ended or its client has
// disconnected.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/buffer.h"
#include "runtime/task.h"

namespace souk::http {

// The size of a stream's pieces: large enough to be worth a system call.
inline constexpr std::size_t kStreamPieceBytes = 16 * 1024;

// A body produced while it is sent. The server pulls the next piece only when the socket has
// accepted the previous one, so a slow client holds one piece in memory, not the whole result.
class BodyStream {
 public:
  BodyStream() = default;
  BodyStream(const BodyStream&) = delete;
  BodyStream& operator=(const BodyStream&) = delete;
  virtual ~BodyStream() = default;

  // Appends the next piece, about kStreamPieceBytes and at least one byte, to `out`, which is
  // empty. False, with nothing appended, when the body is complete. An exception closes the
  // connection without an end of body, so that a client cannot mistake the part for the whole.
  virtual runtime::Task<bool> next(Buffer& out) = 0;

  // The total size, where it is known beforehand; next() must then append exactly so many bytes.
  virtual std::optional<std::uint64_t> length() const { return std::nullopt; }
};

class Body {
 public:
  using Shared = std::shared_ptr<const std::string>;

  Body() = default;
  explicit Body(Buffer bytes) : content_(std::move(bytes)) {}
  explicit Body(std::string bytes) : content_(std::move(bytes)) {}
  explicit Body(Shared bytes) : content_(std::move(bytes)) {}
  // A part of what somebody owns.
  Body(std::shared_ptr<const void> owner, std::string_view bytes)
      : content_(Part{std::move(owner), bytes}) {}
  explicit Body(std::unique_ptr<BodyStream> stream) : content_(std::move(stream)) {}

  // Null where the body is whole bytes.
  BodyStream* stream() const {
    const auto* stream = std::get_if<std::unique_ptr<BodyStream>>(&content_);
    return stream == nullptr ? nullptr : stream->get();
  }
  // Empty for a stream. Valid as long as the body, and not across a move of it.
  std::string_view bytes() const;
  // The owner of bytes(), which stay where they are when the body is moved or destroyed. REQUIRES:
  // not a stream.
  std::shared_ptr<const void> share();
  // Nothing for a stream of unknown length.
  std::optional<std::uint64_t> size() const;

 private:
  struct Part {
    std::shared_ptr<const void> owner;
    std::string_view bytes;
  };
  std::variant<std::monostate, Buffer, std::string, Shared, Part, std::unique_ptr<BodyStream>>
      content_;
};

}  // namespace souk::http
