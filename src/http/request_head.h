// The head of a request of HTTP/2 or HTTP/3: its fields as they arrive, within the server's limits,
// and the request made of them. The protocol's library has checked the number and order of the
// pseudo-fields, and the syntax of all names and values (RFC 9113 section 8.3, RFC 9114 section
// 4.3); what a method, a target and an authority may be is checked here.
//
// Threading: loop thread only. Ownership: the request's views point into it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/headers.h"
#include "http/message.h"
#include "http/refusal.h"
#include "http/server_config.h"

namespace souk::http {

class RequestHead {
 public:
  // A list beyond `max_header_bytes` is answered 431; one so many times larger is an attack.
  static constexpr std::size_t kMaxExcess = 8;

  // Takes a field of the head. False: the connection should end, for a list beyond kMaxExcess.
  [[nodiscard]] bool take(const ServerConfig& config, std::string_view name,
                          std::string_view value);
  // Counts a trailer, which nothing reads, as take() does.
  [[nodiscard]] bool take_trailer(const ServerConfig& config, std::string_view name,
                                  std::string_view value);
  // Fills the request from a complete head. Nothing, or why it is refused.
  Refusal bind(Request& request);

  // After bind(). Content-Length; it is of one number, or there is none.
  std::optional<std::uint64_t> content_length() const { return content_length_; }
  bool expects_continue() const { return expects_continue_; }

  // For another request; keeps memory.
  void clear();

 private:
  void read_special(std::string_view name, std::string_view value);

  HeaderList fields_;
  std::size_t bytes_ = 0;  // as RFC 9113 section 10.5.1 and RFC 9114 section 4.2.2 count them
  std::size_t count_ = 0;  // without pseudo-fields
  Refusal refusal_;        // the first reason
  std::optional<std::uint64_t> content_length_;
  std::string_view host_;
  bool expects_continue_ = false;
};

}  // namespace souk::http
