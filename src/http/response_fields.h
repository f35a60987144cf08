// The head of a response as the binary protocol versions send it: names in lower case, the status
// first (RFC 9113 section 8.3.2, RFC 9114 section 4.3.2). HTTP/1.1 has a writer of its own.
//
// Threading: plain values. Ownership: the fields are views into the response, its PreparedHeaders,
// and the ResponseFields.
#pragma once

#include <span>
#include <vector>

#include "base/buffer.h"
#include "base/uuid.h"
#include "http/message.h"
#include "runtime/context.h"

namespace souk::http {

// Writes the value of Server-Timing, the request's statements and database time; returns its end.
inline constexpr std::size_t kMaxServerTimingBytes = 80;
char* write_server_timing(char* at, const runtime::Context& context);

class ResponseFields {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
    bool is_unique = false;  // differs in every response: not worth a place in a dynamic table
  };
  // What the session adds.
  struct Envelope {
    std::string_view date = {};                // see DateCache
    const Uuid* request_id = nullptr;          // null before there is a request
    const runtime::Context* timing = nullptr;  // for Server-Timing; null: not sent
    bool has_length = true;                    // false: the status allows no length
  };

  // Valid until the next call and as long as the response is not changed.
  std::span<const Field> assign(const Response& response, const Envelope& envelope);

 private:
  std::string_view keep(std::string_view text);
  std::string_view keep_lower(std::string_view text);

  std::vector<Field> fields_;
  Buffer text_;  // what has no other place; never grows within assign()
};

}  // namespace souk::http
