// A response's header section as nghttp3 takes it: names in lower case, no framing.
//
// Threading: one per worker. Ownership: the result of of() is valid until its next call; nghttp3
// copies it.
#pragma once

#include <nghttp3/nghttp3.h>

#include <span>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "base/uuid.h"
#include "http/message.h"
#include "runtime/context.h"

namespace souk::http::h3 {

// With views that outlive its use.
nghttp3_nv field(std::string_view name, std::string_view value);

class ResponseFields {
 public:
  struct Envelope {
    std::string_view date;
    const Uuid* request_id = nullptr;          // null: none
    const runtime::Context* timing = nullptr;  // null: without Server-Timing
  };

  std::span<const nghttp3_nv> of(const Response& response, const Envelope& envelope);

 private:
  void add(const HeaderList& list);
  void add_number(std::string_view name, std::uint64_t number);
  void add_timing(const runtime::Context& context);

  std::vector<nghttp3_nv> fields_;
  Buffer text_;
};

}  // namespace souk::http::h3
