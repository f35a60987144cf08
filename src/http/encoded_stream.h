// A body whose content is compressed while it is sent. What the plain body yields at a time is one
// piece that the client can decode when it arrives: rows of an export arrive when they exist, and
// the loop is never occupied for longer than one piece takes.
//
// Threading: belongs to one worker. Ownership: owns the plain body; its slot borrows the counter.
#pragma once

#include "http/body.h"
#include "http/coding/encoder.h"
#include "http/slot.h"

namespace souk::http {

class EncodedStream final : public BodyStream {
 public:
  EncodedStream(Body plain, ContentCoding coding, const CodingLevels& levels, Slot slot)
      : plain_(std::move(plain)), coding_(coding), levels_(levels), slot_(std::move(slot)) {}

  runtime::Task<bool> next(Buffer& out) override;

 private:
  // The next bytes of the plain body; empty at its end.
  runtime::Task<std::string_view> next_plain();

  Body plain_;
  const ContentCoding coding_;
  const CodingLevels levels_;
  Slot slot_;
  std::unique_ptr<Encoder> encoder_;  // made for the first piece: HEAD needs none
  Buffer piece_;                      // of a stream
  std::size_t at_ = 0;                // in whole bytes
  bool ended_ = false;
};

}  // namespace souk::http
