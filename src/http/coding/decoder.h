// Decompresses the content of a request, in pieces of bounded size whatever it inflates to.
//
// Threading: one thread. Ownership: owns the library's state; zstd's window is at most 8 MiB
// (RFC 9659), of which only what is written becomes resident.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/buffer.h"
#include "http/coding/coding.h"

namespace souk::http {

class Decoder {
 public:
  enum class Status : std::uint8_t {
    kNeedsMore,  // everything was taken, and everything that it yields was appended
    kIsFull,     // there is no room for what may follow
    kEnded,      // the end was reached; `coded` is what follows it
    kInvalid,
  };

  // REQUIRES: not the identity. Throws std::bad_alloc.
  static std::unique_ptr<Decoder> make(ContentCoding coding);

  Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  virtual ~Decoder() = default;

  // Removes from the front of `coded` what it takes, and appends at most `room` bytes. May be
  // called again after kEnded, which it then returns again. Of several gzip members or zstd frames
  // in a row only the first is decoded.
  Status decode(std::string_view& coded, Buffer& out, std::size_t room);

 protected:
  // One step into `room` > 0 bytes at `at`; advances both views. kIsFull when it used all of them.
  virtual Status step(std::string_view& coded, char*& at, std::size_t& room) = 0;

 private:
  bool ended_ = false;
};

}  // namespace souk::http
