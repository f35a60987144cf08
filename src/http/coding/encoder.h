// Compresses a body in pieces. The client can decode each piece as soon as it has arrived.
//
// Threading: one thread. Ownership: owns the library's state, up to half a mebibyte.
#pragma once

#include <memory>
#include <string_view>

#include "base/buffer.h"
#include "http/coding/coding.h"
#include "http/coding/config.h"

namespace souk::http {

class Encoder {
 public:
  // REQUIRES: not the identity. Throws std::bad_alloc.
  static std::unique_ptr<Encoder> make(ContentCoding coding, const CodingLevels& levels);

  Encoder() = default;
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;
  virtual ~Encoder() = default;

  // Appends the coded form of the piece, all of it. REQUIRES: not empty.
  virtual void write(std::string_view piece, Buffer& out) = 0;
  // Appends the end. Call it once, last.
  virtual void finish(Buffer& out) = 0;
};

}  // namespace souk::http
